//! `CALL` of a procedure that the project makes: it touches what the procedure's text says, and what those say that it
//! calls. One that nobody makes here stays hidden. What ends the transaction is told, too.

use super::path::{declared, replace, touches};
use super::{sql, table};
use crate::plan::Place;
use crate::resolve::edges::renamed_routine;
use crate::resolve::{Connection, Pipeline, Scope, Script};
use crate::sql::{Called, Ending, Procedure, SqlStatement, Use};
use std::collections::{HashMap, HashSet};

/// The procedures of the project by their names; those of one name with other arguments together.
type Made = HashMap<Place, Vec<Procedure>>;

/// Gives each statement that calls a procedure what it touches, and the tasks likewise.
pub(super) fn settle(scope: &Scope<'_>, pipelines: &mut [Pipeline<'_>]) {
    let tasks = || pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    let has_calls = tasks()
        .filter_map(sql)
        .any(|(_, text)| text.script.statements.iter().any(|one| calls(one).is_some()));
    if !has_calls {
        return;
    }
    let mut made = Made::new();
    for (connection, text) in tasks().filter_map(sql) {
        for procedure in &text.script.procedures {
            let name = table(scope, &connection, &procedure.schema, &procedure.name);
            made.entry(name).or_default().push(procedure.clone());
        }
        renamed(scope, &connection, text, &mut made);
    }
    for pipeline in pipelines {
        let declared = declared(scope, pipeline);
        for task in &mut pipeline.tasks {
            let Some((connection, text)) = sql(task) else { continue };
            if text.script.statements.iter().all(|statement| calls(statement).is_none()) {
                continue;
            }
            let before = touches(scope, &connection, text);
            let Some(script) = task.meaning.scripts.first_mut() else { continue };
            for statement in &mut script.script.statements {
                follow(scope, &connection, &made, statement);
            }
            let after = touches(scope, &connection, script);
            replace(task, &before, after, &declared);
        }
    }
}

/// A procedure that is renamed touches under its new name what it touched under the old one. Where no text before the
/// renaming makes it, it is the one of the run before, and nobody tells its text.
fn renamed(scope: &Scope<'_>, connection: &Connection<'_>, text: &Script<'_>, made: &mut Made) {
    for (old, new) in text.script.statements.iter().filter_map(|one| renamed_routine(&one.text)) {
        let named = |name: &str| {
            let (schema, name) = name.split_once('.').unwrap_or(("public", name));
            table(scope, connection, schema, name)
        };
        if let Some(procedures) = made.get(&named(&old)).cloned() {
            made.entry(named(&new)).or_default().extend(procedures);
        }
    }
}

fn calls(statement: &SqlStatement) -> Option<&Called> {
    statement.loose.as_deref()?.calls.as_ref()
}

/// Gives a statement what the procedure touches that it calls. What that calls in turn comes behind; each counts once.
fn follow(scope: &Scope<'_>, connection: &Connection<'_>, made: &Made, statement: &mut SqlStatement) {
    let Some(first) = calls(statement).cloned() else { return };
    let mut open = vec![&first];
    let mut known: HashSet<Place> = HashSet::new();
    let mut uses: Vec<Use> = Vec::new();
    let mut hidden = statement.hidden;
    let mut ends: Option<Ending> = None;
    while let Some(called) = open.pop() {
        let names = called.schemas.iter().map(|schema| table(scope, connection, schema, &called.name));
        let mut found = names.filter_map(|name| made.get_key_value(&name));
        let Some((name, procedures)) = found.next() else {
            hidden = true;
            continue;
        };
        if !known.insert(name.clone()) {
            continue;
        }
        for procedure in procedures {
            hidden |= procedure.hidden;
            ends = ends.or_else(|| ending(procedure));
            uses.extend(procedure.uses.iter().map(|item| Use { range: first.range.clone(), ..item.clone() }));
            open.extend(procedure.calls.iter().rev());
        }
    }
    statement.uses.extend(uses);
    statement.hidden = hidden;
    if let Some(loose) = &mut statement.loose {
        loose.ends = ends;
    }
}

fn ending(procedure: &Procedure) -> Option<Ending> {
    let word = procedure.ends.clone()?;
    Some(Ending { procedure: format!("{}.{}", procedure.schema, procedure.name), word })
}
