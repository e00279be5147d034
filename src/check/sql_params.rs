//! `unknown-template-name`: `:NAME` in SQL that `params` does not give, or gives as an empty text, which Redshift's Data
//! API refuses; `unused-param`: values that no statement names.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::decode::Map;
use crate::resolve::{Action, Pipeline, Scope, Script};
use crate::template::Template;
use crate::text::Spanned;

pub(super) fn check(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        let (scripts, given) = match &task.action {
            Action::Sql { step, script, .. } => (std::slice::from_ref(script), step.params.as_ref()),
            Action::Check { queries, .. } => (queries.as_slice(), None),
            _ => continue,
        };
        let empty =
            given.into_iter().flat_map(|given| &given.0).filter(|(_, value)| value.as_text() == Some(""));
        for (name, value) in empty {
            let message = format!("`:{}` has no value: Redshift's Data API takes no empty text", name.value);
            diagnostics.push(
                Diagnostic::new(Code::UnknownTemplateName, value.span, message)
                    .help(format!("write `''` into the SQL in place of `:{}`", name.value)),
            );
        }
        if !task.incomplete {
            for finding in unused(task.name, given, scripts) {
                diagnostics.push(finding);
            }
        }
        let known: Vec<&str> = given.into_iter().flat_map(Map::names).collect();
        for script in scripts {
            for (name, range) in script.script.statements.iter().flat_map(|statement| &statement.params) {
                if known.contains(&name.as_str()) {
                    continue;
                }
                let span = script.locate(scope.files.sources(), range.clone());
                let message = format!("`:{name}` has no value: step `{}` has no such param", task.name);
                let diagnostic = Diagnostic::new(Code::UnknownTemplateName, span, message);
                diagnostics.push(if known.is_empty() {
                    diagnostic.help(format!("add `params: {{{name}: ...}}` to the step's `redshift_sql`"))
                } else {
                    diagnostic.suggest(name, known.iter().copied())
                });
            }
        }
    }
}

/// The params of a step that none of its statements names.
fn unused(step: &str, given: Option<&Map<Spanned<Template>>>, scripts: &[Script<'_>]) -> Vec<Diagnostic> {
    let statements = || scripts.iter().flat_map(|script| &script.script.statements);
    let is_named =
        |name: &str| statements().any(|statement| statement.params.iter().any(|(known, _)| known == name));
    let declared = given.into_iter().flat_map(|given| &given.0).map(|(name, _)| name);
    let unused = declared.filter(|name| !is_named(name));
    let unused = unused.map(|name| {
        let message = format!("param `{}` is not named in the SQL of step `{step}`", name.value);
        Diagnostic::new(Code::UnusedParam, name.span, message)
            .label("not used")
            .help(format!("write `:{}` where its value belongs, or take it away", name.value))
    });
    unused.collect()
}
