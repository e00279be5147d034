//! `append-emptied`: rows that an `append` has loaded are taken away, and it does not load their files again.
//!
//! `append` loads each file once, and its ledger remembers which. A step of the same pipeline that drops or
//! empties the table leaves the ledger as it is, so that a run that is cleared ends green on an empty table. A
//! DELETE with a condition may come after the load: what it takes away it takes away again.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::{Dataset, ledger_name};
use crate::resolve::lineage::Graph;
use crate::resolve::{Action, Pipeline, Project, Scope, Task, Touch};
use crate::source::{FileId, Span};
use crate::spec::leaf::TableName;
use crate::spec::step::{CopyMode, RedshiftCopyStep};
use crate::sql::{Access, SqlStatement, Target};
use std::collections::HashSet;

pub(super) fn check(_: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    for (pipeline, graph) in project.pipelines.iter().zip(&project.graphs) {
        // The steps that one `each` makes are written once.
        let mut marked: HashSet<Span> = HashSet::new();
        for (load, task) in pipeline.tasks.iter().enumerate() {
            let Some((step, table)) = append(task) else { continue };
            for (taker, touch) in takers(pipeline, graph, load, table) {
                if marked.insert(touch.span) {
                    diagnostics.push(finding(task.name, step, taker, touch));
                }
            }
        }
    }
}

/// What a task appends to, if it does.
fn append<'t, 'a>(task: &'t Task<'a>) -> Option<(&'a RedshiftCopyStep, &'t Dataset)> {
    let Action::Copy { step, .. } = &task.action else { return None };
    let written = task.touches.iter().find(|touch| touch.access.gives_rows())?;
    (step.mode.value == CopyMode::Append).then_some((*step, &written.dataset))
}

/// The tasks that take rows of a table away and leave its ledger as it is.
fn takers<'t, 'a>(
    pipeline: &'t Pipeline<'a>,
    graph: &Graph,
    load: usize,
    table: &Dataset,
) -> Vec<(&'t Task<'a>, &'t Touch)> {
    let mut takers = Vec::new();
    for (index, task) in pipeline.tasks.iter().enumerate() {
        let touch =
            task.touches.iter().filter(|touch| touch.dataset == *table).find(|touch| match touch.access {
                Access::Empties | Access::Ends => true,
                Access::Writes => ends(task, table) || (deletes(task, table) && !reaches(graph, load, index)),
                // `drop; create` in one step.
                Access::Creates => ends(task, table),
                Access::Alters | Access::Appends | Access::Reads | Access::Needs => false,
            });
        takers.extend(touch.filter(|_| index != load && !forgets(task, table)).map(|touch| (task, touch)));
    }
    takers
}

/// Says whether the SQL of a task deletes rows of a table.
fn deletes(task: &Task<'_>, table: &Dataset) -> bool {
    does(task, table, |statement, access| {
        let word = statement.text.trim_start().get(..6);
        access == Access::Writes && word.is_some_and(|word| word.eq_ignore_ascii_case("delete"))
    })
}

/// Says whether the SQL of a task drops or empties a table, be it to make or fill it anew: `drop; create`.
fn ends(task: &Task<'_>, table: &Dataset) -> bool {
    does(task, table, |_, access| matches!(access, Access::Empties | Access::Ends))
}

/// Says whether a statement of a task does so to a table.
fn does(task: &Task<'_>, table: &Dataset, so: impl Fn(&SqlStatement, Access) -> bool) -> bool {
    let (Action::Sql { script, .. }, Dataset::Table { name, .. }) = (&task.action, table) else {
        return false;
    };
    let of_table = |target: &Target| match target {
        Target::Table { schema, table, .. } => *schema == name.schema && *table == name.table,
        Target::Prefix(_) => false,
    };
    script.script.statements.iter().any(|statement| {
        statement.uses.iter().any(|used| of_table(&used.target) && so(statement, used.access))
    })
}

/// Says whether a task takes the files out of the ledger, too.
fn forgets(task: &Task<'_>, table: &Dataset) -> bool {
    let Dataset::Table { connection, name } = table else { return false };
    let ledger = TableName { table: ledger_name(&name.table), ..name.clone() };
    let ledger = Dataset::Table { connection: connection.clone(), name: ledger };
    task.touches.iter().any(|touch| {
        touch.dataset == ledger && matches!(touch.access, Access::Writes | Access::Empties | Access::Ends)
    })
}

/// Says whether a task comes after another, directly or through others.
fn reaches(graph: &Graph, from: usize, to: usize) -> bool {
    let mut reached = HashSet::new();
    let mut stack = vec![from];
    while let Some(task) = stack.pop() {
        let next = graph.edges.range((task, 0)..(task + 1, 0)).map(|((_, next), _)| *next);
        stack.extend(next.filter(|next| reached.insert(*next)));
    }
    reached.contains(&to)
}

fn finding(load: &str, step: &RedshiftCopyStep, taker: &Task<'_>, touch: &Touch) -> Diagnostic {
    let all = ends(taker, &touch.dataset);
    let does = match touch.access {
        Access::Ends | Access::Creates => "takes the table away",
        Access::Writes if !all => "deletes rows",
        Access::Empties | Access::Writes => "takes all rows away",
        Access::Alters | Access::Appends | Access::Reads | Access::Needs => "changes the table",
    };
    let table = &step.table.value;
    let ledger = format!("{}.{}", table.schema, ledger_name(&table.table));
    let order = match touch.access {
        Access::Writes if !all => format!("let it run after the load (`after: {load}`), "),
        _ => String::new(),
    };
    Diagnostic::new(
        Code::AppendEmptied,
        touch.span,
        format!("step `{}` {does} that step `{load}` does not fill again", taker.name),
    )
    .label("taken away here")
    .also(step.mode.span, "`append` loads each file once")
    .note("when the run is cleared, or its files come again, they are known as loaded and the rows stay away")
    .help(format!(
        "write `mode: replace` or `mode: merge`, {order}or forget the files in the same step: `drop table if exists \
         {ledger}`"
    ))
}
