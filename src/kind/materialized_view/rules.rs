//! `materialized_view`: one query that is the same in every run, and what Redshift takes of it.
//!
//! What Redshift takes in no such query, however the view is made, and which views it reads and which depend on it lies
//! between steps.

use super::MaterializedViewStep;
use crate::columns::is_same;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::columns;
use crate::kind::shared::keys::not_both;
use crate::kind::shared::statements::{longest, no_params, one_query};
use crate::scope::Script;
use crate::sql;

pub(super) fn check(step: &MaterializedViewStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    for query in &cx.task.scripts {
        one_query(query, "a materialized view is one query", cx, diagnostics);
        longest(cx.scope, query, diagnostics);
        no_params(
            query,
            "a view keeps its query, and no values beside it",
            "write the value itself",
            cx,
            diagnostics,
        );
        same_in_every_run(query, cx, diagnostics);
    }
    not_both(&step.given(), ["diststyle", "distkey"], cx, diagnostics);
    let sorted = step.sortkey.as_deref().unwrap_or_default();
    for column in step.distkey.iter().chain(sorted) {
        columns::redshift(column, diagnostics);
    }
    columns::once("sortkey", sorted, diagnostics);
    for query in &cx.task.scripts {
        keys_are_given(step, query, diagnostics);
    }
}

/// Keys are columns of the view: those that its query gives, where it names each.
fn keys_are_given(step: &MaterializedViewStep, query: &Script<'_>, diagnostics: &mut Diagnostics) {
    let [statement] = query.script.statements.as_slice() else { return };
    let Some(given) = sql::column_names(&statement.text).filter(|_| query.complete) else { return };
    let keys = step.distkey.iter().map(|column| ("distkey", column));
    let keys = keys.chain(step.sortkey.iter().flatten().map(|column| ("sortkey", column)));
    for (key, column) in keys.filter(|(_, column)| !column.value.is_empty()) {
        if given.iter().any(|given| is_same(given, &column.value)) {
            continue;
        }
        let message = format!("`{key}` names `{}`, which is no column of the view's query", column.value);
        let known = given.iter().map(String::as_str);
        diagnostics.push(
            Diagnostic::new(Code::UnknownReference, column.span, message).suggest(&column.value, known),
        );
    }
}

/// Another value would be another definition: the view would be made anew by each run.
fn same_in_every_run(query: &Script<'_>, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let sources = cx.scope.files.sources();
    for statement in &query.script.statements {
        let Some(at) = statement.template.as_ref().and_then(|_| statement.text.find("{{")) else { continue };
        let start = statement.range.start + at;
        diagnostics.push(
            Diagnostic::new(
                Code::TemplateNotAllowed,
                query.locate(sources, start..start + 2),
                "`{{ ... }}` cannot stand here: the query of a materialized view is the same in every run",
            )
            .help("use `${vars.NAME}` for what differs between environments, and select the day where the view is read"),
        );
    }
}
