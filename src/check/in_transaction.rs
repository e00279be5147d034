//! `sql-transaction` and `sql-dialect`, where the rest of the project must be known: a refresh that does not see what
//! its own transaction has changed, procedures that commit, views as the source of `MERGE`.
//!
//! From the Redshift Database Developer Guide: "REFRESH MATERIALIZED VIEW", usage notes; "Managing transactions" of
//! stored procedures; "MERGE", parameters.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::edges::{Views, touched};
use crate::resolve::{Project, Scope, Task};
use crate::sql::{Access, Ending, SqlStatement};
use crate::text::FileId;

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let mut views: Option<Views<'_>> = None;
    for task in project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks) {
        let Some((script, is_batch)) = task.batch() else { continue };
        let statements = &script.script.statements;
        for (n, statement) in statements.iter().enumerate() {
            let word = first_word(&statement.text);
            let is = |known: &str| word.eq_ignore_ascii_case(known);
            let found = match () {
                () if is("refresh") && is_batch => {
                    let views = views.get_or_insert_with(|| Views::new(&project.pipelines));
                    refresh(task, &statements[..n], statement, views)
                }
                () if is("merge") => {
                    merge(task, statement, views.get_or_insert_with(|| Views::new(&project.pipelines)))
                }
                () if is("call") && is_batch => call(statement),
                () => None,
            };
            if let Some((code, message, help)) = found {
                let range = statement.range.start..statement.range.start + word.len();
                let span = script.locate(scope.files.sources(), range);
                diagnostics.push(Diagnostic::new(code, span, message).help(help));
            }
        }
    }
}

type Found = Option<(Code, String, &'static str)>;

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default()
}

/// A view that is refreshed row by row sees only what is committed.
fn refresh(task: &Task<'_>, before: &[SqlStatement], statement: &SqlStatement, views: &Views<'_>) -> Found {
    let view = touched(task, statement, Access::Appends).next()?;
    let tables = views.tables(Access::Appends, view);
    let is_behind = |changer: &SqlStatement| {
        [Access::Appends, Access::Writes, Access::Empties].into_iter().any(|access| {
            let mut changed = touched(task, changer, access);
            if tables.is_empty() {
                changed.next().is_some()
            } else {
                changed.any(|table| tables.contains(&table))
            }
        })
    };
    let mut changers =
        before.iter().filter(|changer| !first_word(&changer.text).eq_ignore_ascii_case("refresh"));
    changers.any(is_behind).then(|| {
        (
            Code::SqlTransaction,
            format!("the refresh of {view} does not see what the statements before it have changed: they are not committed yet"),
            "refresh the view in a step of its own, which comes after this one by itself",
        )
    })
}

fn merge(task: &Task<'_>, statement: &SqlStatement, views: &Views<'_>) -> Found {
    let source = touched(task, statement, Access::Reads).next()?;
    views.is_view(source).then(|| {
        (
            Code::SqlDialect,
            format!("`MERGE` takes rows from a table only, and {source} is a view"),
            "select the rows into a temporary table before it, in the same step, and write `USING` that table",
        )
    })
}

/// A procedure that ends the transaction cannot be called inside one, be it by another one.
fn call(statement: &SqlStatement) -> Found {
    let loose = statement.loose.as_deref()?;
    let (called, ending) = (loose.calls.as_ref()?, loose.ends.as_ref()?);
    let Ending { procedure, word } = ending;
    let is_itself = procedure.rsplit('.').next() == Some(&called.name);
    let by = if is_itself { String::new() } else { format!(", which `{}` calls,", called.name) };
    Some((
        Code::SqlTransaction,
        format!(
            "procedure `{procedure}`{by} has a `{word}`, which Redshift refuses when it is called inside a transaction"
        ),
        "call it in a step of its own: one statement by itself is in no transaction",
    ))
}
