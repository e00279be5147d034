//! `unknown-template-name`: `:NAME` in SQL that `params` does not give.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Action, Pipeline, Scope};
use crate::spec::decode::Map;

pub(super) fn check(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        let (scripts, given) = match &task.action {
            Action::Sql { step, script, .. } => (std::slice::from_ref(script), step.params.as_ref()),
            Action::Check { queries, .. } => (queries.as_slice(), None),
            _ => continue,
        };
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
