//! `append-emptied`: rows that an `append` has loaded are taken away, and it does not load their files again.
//!
//! `append` loads each file once, and its ledger remembers which. A step that drops or empties the table, in
//! whatever pipeline, leaves the ledger as it is, so that a run that is cleared would have to end on an empty
//! table. A DELETE with a condition may come after the load, or at the times of another pipeline: what it takes
//! away it takes away again.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Loads;
use crate::lang::step::CopyMode;
use crate::lang::value::TableName;
use crate::plan::Place;
use crate::resolve::edges::{At, Graph, touch};
use crate::resolve::{Project, Scope, Task, Touch};
use crate::service::redshift::load::ledger_name;
use crate::sql::{Access, SqlStatement};
use crate::text::{FileId, Span};
use std::collections::{HashMap, HashSet};

pub(super) fn check(_: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    let loads = loads(project);
    if loads.is_empty() {
        return;
    }
    // The steps that one `each` makes are written once.
    let mut marked: HashSet<Span> = HashSet::new();
    for taker in takers(project, &loads) {
        let taken = touch(&project.pipelines, taker);
        let load = loads[&taken.dataset].iter().find(|load| is_taken(project, **load, taker));
        if let Some(load) = load.filter(|_| marked.insert(taken.span)) {
            diagnostics.push(finding(project, *load, taker));
        }
    }
}

/// The tables that are appended to, with the tasks that do it.
fn loads<'l>(project: &'l Project<'_>) -> HashMap<&'l Place, Vec<At>> {
    let mut loads: HashMap<&Place, Vec<At>> = HashMap::new();
    for (pipeline, whole) in project.pipelines.iter().enumerate() {
        for (task, resolved) in whole.tasks.iter().enumerate().filter(|(_, task)| append(task).is_some()) {
            let touch = resolved.touches.iter().position(|touch| touch.access.gives_rows());
            if let Some(touch) = touch {
                let at = At { pipeline, task, touch };
                loads.entry(&resolved.touches[touch].dataset).or_default().push(at);
            }
        }
    }
    loads
}

/// What a task does, if that is to append.
fn append<'a>(task: &Task<'a>) -> Option<Loads<'a>> {
    task.kind.loads(task).filter(|loads| loads.mode.value == CopyMode::Append)
}

/// The touches that may take rows of these tables away, and leave the ledger as it is.
fn takers(project: &Project<'_>, loads: &HashMap<&Place, Vec<At>>) -> Vec<At> {
    let mut takers = Vec::new();
    for (pipeline, whole) in project.pipelines.iter().enumerate() {
        for (task, resolved) in whole.tasks.iter().enumerate() {
            let mut known: HashSet<&Place> = HashSet::new();
            for (touch, item) in resolved.touches.iter().enumerate() {
                let is_possible = match item.access {
                    Access::Empties | Access::Ends | Access::Writes | Access::Creates => {
                        loads.contains_key(&item.dataset)
                    }
                    Access::Alters | Access::Appends | Access::Reads | Access::Needs => false,
                };
                if is_possible
                    && (ends(resolved, &item.dataset) || deletes(resolved, &item.dataset))
                    && !forgets(resolved, &item.dataset)
                    && !puts_back(resolved, &item.dataset)
                    && known.insert(&item.dataset)
                {
                    takers.push(At { pipeline, task, touch });
                }
            }
        }
    }
    takers
}

/// Says whether rows that one task has loaded are taken away for good by another.
fn is_taken(project: &Project<'_>, load: At, taker: At) -> bool {
    let task = &project.pipelines[taker.pipeline].tasks[taker.task];
    if ends(task, &touch(&project.pipelines, taker).dataset) {
        return true;
    }
    load.pipeline == taker.pipeline && !reaches(&project.graphs[load.pipeline], load.task, taker.task)
}

/// Says whether the SQL of a task deletes rows of a table.
fn deletes(task: &Task<'_>, table: &Place) -> bool {
    does(task, table, |statement, access| access == Access::Writes && statement.begins("delete"))
}

/// Says whether the SQL of a task drops or empties a table, be it to make or fill it anew: `drop; create`. So does
/// one that gives it the rows of another table: `SWAP WITH`.
fn ends(task: &Task<'_>, table: &Place) -> bool {
    does(task, table, |statement, access| match access {
        Access::Empties | Access::Ends => true,
        Access::Writes => statement.begins("alter"),
        Access::Creates | Access::Alters | Access::Appends | Access::Reads | Access::Needs => false,
    })
}

/// Says whether a statement of a task does so to a table.
fn does(task: &Task<'_>, table: &Place, so: impl Fn(&SqlStatement, Access) -> bool) -> bool {
    let (Some(script), Place::Table { name, .. }) = (task.sql(), table) else {
        return false;
    };
    script.script.statements.iter().any(|statement| {
        statement
            .uses
            .iter()
            .any(|used| used.target.is_table(&name.schema, &name.table) && so(statement, used.access))
    })
}

/// Says whether a task reads a table before it empties it, and fills it again: it sorts or cleans its rows and loses
/// none of a file.
fn puts_back(task: &Task<'_>, table: &Place) -> bool {
    let (Some(script), Place::Table { name, .. }) = (task.sql(), table) else {
        return false;
    };
    let uses: Vec<Access> = script
        .script
        .statements
        .iter()
        .flat_map(|statement| &statement.uses)
        .filter(|item| item.target.is_table(&name.schema, &name.table))
        .map(|item| item.access)
        .collect();
    let takes = |access: &Access| matches!(access, Access::Empties | Access::Ends);
    let (first, last) = (uses.iter().position(takes), uses.iter().rposition(takes));
    let read = first.is_some_and(|first| uses[..first].contains(&Access::Reads));
    read && last.is_some_and(|last| uses[last..].iter().any(|access| access.gives_rows()))
}

/// Says whether a task takes the files out of the ledger, too.
fn forgets(task: &Task<'_>, table: &Place) -> bool {
    let Place::Table { connection, name } = table else { return false };
    let ledger = TableName { table: ledger_name(&name.table), ..name.clone() };
    let ledger = Place::Table { connection: connection.clone(), name: ledger };
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

fn finding(project: &Project<'_>, load: At, taker: At) -> Diagnostic {
    let task = |at: At| &project.pipelines[at.pipeline].tasks[at.task];
    let name = |at: At| {
        if load.pipeline == taker.pipeline {
            task(at).name.to_owned()
        } else {
            format!("{}.{}", project.pipelines[at.pipeline].spec.pipeline.value.0, task(at).name)
        }
    };
    let touch: &Touch = touch(&project.pipelines, taker);
    let step = append(task(load)).expect("invariant: the loads are those that append");
    let all = ends(task(taker), &touch.dataset);
    let does = match touch.access {
        Access::Ends | Access::Creates => "takes the table away",
        Access::Writes if !all => "deletes rows",
        Access::Empties | Access::Writes => "takes all rows away",
        Access::Alters | Access::Appends | Access::Reads | Access::Needs => "changes the table",
    };
    let table = step.table;
    let ledger = format!("{}.{}", table.schema, ledger_name(&table.table));
    let order = match touch.access {
        Access::Writes if !all => format!("let it run after the load (`after: {}`), ", name(load)),
        _ => String::new(),
    };
    Diagnostic::new(
        Code::AppendEmptied,
        touch.span,
        format!("step `{}` {does} that step `{}` does not fill again", name(taker), name(load)),
    )
    .label("taken away here")
    .also(step.mode.span, "`append` loads each file once")
    .note("when the run is cleared, or its files come again, they are known as loaded and the rows stay away")
    .help(format!(
        "write `mode: replace` or `mode: merge`, {order}or forget the files in the same step: `drop table if exists \
         {ledger}`"
    ))
}
