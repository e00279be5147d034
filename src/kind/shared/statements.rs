//! What the Redshift Data API takes of statements: how many, how long, with which params.
//!
//! The value of a param is not empty.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::lang::decode::Map;
use crate::scope::{Scope, Script};
use crate::service::redshift::job::{LONGEST_STATEMENT, MOST_STATEMENTS};
use crate::sql::Verb;
use crate::template::Template;
use crate::text::Spanned;

/// What to do with a statement that can stand in no transaction.
pub const ALONE: &str = "put it into a step of its own: one statement by itself is in no transaction";

/// Says that a batch has too many statements.
pub fn most(scope: &Scope<'_>, step: &str, script: &Script<'_>, diagnostics: &mut Diagnostics) {
    let statements = &script.script.statements;
    if let Some(first) = statements.get(MOST_STATEMENTS) {
        let span = script.locate(scope.files.sources(), first.range.clone());
        diagnostics.push(
            Diagnostic::new(
                Code::SqlLimit,
                span,
                format!(
                    "step `{step}` has {} statements; Redshift's Data API takes {MOST_STATEMENTS}",
                    statements.len()
                ),
            )
            .label(format!("statement {}", MOST_STATEMENTS + 1))
            .help("make two steps of it"),
        );
    }
}

/// Says which statements are too long.
pub fn longest(scope: &Scope<'_>, script: &Script<'_>, diagnostics: &mut Diagnostics) {
    let statements = &script.script.statements;
    for statement in statements.iter().filter(|statement| statement.text.len() > LONGEST_STATEMENT) {
        diagnostics.push(
            Diagnostic::new(
                Code::SqlLimit,
                script.locate(scope.files.sources(), statement.range.start..statement.range.start + 1),
                format!(
                    "this statement has {} bytes; Redshift's Data API takes {LONGEST_STATEMENT}",
                    statement.text.len()
                ),
            )
            .help("load long lists of values from a file"),
        );
    }
}

/// Says that SQL is not one query. `what` is said of what needs one.
pub fn one_query(query: &Script<'_>, what: &str, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let wrong = match query.script.statements.as_slice() {
        _ if !query.complete => return,
        [one] if one.verb == Verb::Query => return,
        [one] => (one, "is no query"),
        [_, second, ..] => (second, "is a second statement"),
        [] => return,
    };
    let span = query.locate(cx.scope.files.sources(), wrong.0.range.clone());
    diagnostics.push(
        Diagnostic::new(Code::SqlSyntax, span, format!("{what}; this {}", wrong.1)).help("write one SELECT"),
    );
}

/// Says that a query names values that cannot be sent beside it. `why` says it of the query.
pub fn no_params(
    query: &Script<'_>,
    why: &str,
    instead: &str,
    cx: &Checking<'_, '_>,
    diagnostics: &mut Diagnostics,
) {
    for (name, range) in query.script.statements.iter().flat_map(|statement| &statement.params) {
        let span = query.locate(cx.scope.files.sources(), range.clone());
        let message = format!("`:{name}` has no value: {why}");
        diagnostics.push(Diagnostic::new(Code::UnknownTemplateName, span, message).help(instead));
    }
}

/// Looks at the params of a step: those that have no value or an empty one, and those that no statement names.
pub fn params(given: Option<&Map<Spanned<Template>>>, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let (task, scripts) = (cx.task, cx.task.scripts.as_slice());
    let empty = given.into_iter().flat_map(|given| &given.0).filter(|(_, value)| value.as_text() == Some(""));
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
            let span = script.locate(cx.scope.files.sources(), range.clone());
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
