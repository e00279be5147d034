//! What SQL makes and is no table: schemas, procedures and functions, and rights on all tables of a schema.
//!
//! A schema comes before all that lies in it, a procedure or function before who names it, `GRANT ... ON ALL TABLES
//! IN SCHEMA` after who makes tables there: it covers those that are there.

use crate::plan::{Place, Why};
use crate::resolve::Task;
use crate::sql::Access;

/// A statement about what is no table; all names are in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// Makes a schema.
    Schema(String),
    /// Takes schemas away.
    Dropped(Vec<String>),
    /// Makes a procedure or function, whose name may have a schema.
    Routine(String),
    /// Gives or takes rights on all tables of schemas.
    AllTables(Vec<String>),
}

/// Finds the edges that these give: who comes first, who second, why.
pub(super) fn wanted(tasks: &[Task<'_>]) -> Vec<(usize, usize, Why)> {
    let mut places: Vec<(usize, Subject)> = Vec::new();
    for (n, task) in tasks.iter().enumerate() {
        let made = task.kind.makes_external_schema();
        places.extend(made.map(|made| (n, Subject::Schema(made.schema.to_lowercase()))));
        let Some(script) = task.sql() else { continue };
        let found = script.script.statements.iter().filter_map(|statement| place(&statement.text));
        places.extend(found.map(|place| (n, place)));
    }
    let mut wanted = Vec::new();
    for (maker, place) in &places {
        let others = (0..tasks.len()).filter(|n| n != maker);
        match place {
            Subject::Schema(schema) => {
                let made_in =
                    |n: usize| places.iter().any(|(other, place)| *other == n && place.is_routine_in(schema));
                let users = others.filter(|n| uses_schema(&tasks[*n], schema, |_| true) || made_in(*n));
                wanted.extend(users.map(|n| (*maker, n, Why::Schema(schema.clone()))));
            }
            Subject::Dropped(schemas) => {
                for schema in schemas {
                    let makers = places.iter().filter(|(_, place)| *place == Subject::Schema(schema.clone()));
                    let mut makers = makers.map(|(n, _)| *n).filter(|n| n != maker);
                    let why = || Why::Schema(schema.clone());
                    // A drop that stands before the making begins it.
                    if let Some(next) = makers.find(|n| n > maker) {
                        wanted.push((*maker, next, why()));
                        continue;
                    }
                    let users = others.clone().filter(|n| uses_schema(&tasks[*n], schema, |_| true));
                    wanted.extend(users.map(|n| (n, *maker, why())));
                }
            }
            Subject::Routine(name) => {
                let users = others.filter(|n| calls(&tasks[*n], name));
                wanted.extend(users.map(|n| (*maker, n, Why::Routine(name.clone()))));
            }
            Subject::AllTables(schemas) => {
                for schema in schemas {
                    let creates = |access| access == Access::Creates;
                    let makers = others.clone().filter(|n| uses_schema(&tasks[*n], schema, creates));
                    wanted.extend(makers.map(|n| (n, *maker, Why::Schema(schema.clone()))));
                }
            }
        }
    }
    wanted
}

impl Subject {
    fn is_routine_in(&self, schema: &str) -> bool {
        matches!(self, Self::Routine(name) if name.split_once('.').is_some_and(|(first, _)| first == schema))
    }
}

/// Says whether a task touches a table of a schema in such a way.
fn uses_schema(task: &Task<'_>, schema: &str, so: impl Fn(Access) -> bool) -> bool {
    task.touches.iter().any(|touch| match &touch.dataset {
        Place::Table { name, .. } => name.schema == schema && so(touch.access),
        Place::Prefix(_) | Place::CatalogTable(_) => false,
    })
}

/// Says whether the SQL of a task names a routine with arguments.
fn calls(task: &Task<'_>, name: &str) -> bool {
    let names = |text: &str| {
        let text = text.to_lowercase();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '$');
        text.match_indices(name).any(|(at, _)| {
            !text[..at].ends_with(is_part) && text[at + name.len()..].trim_start().starts_with('(')
        })
    };
    task.sql().is_some_and(|script| {
        let mut statements = script.script.statements.iter();
        statements.any(|statement| place(&statement.text).is_none() && names(&statement.text))
    })
}

/// Reads what a statement is about.
fn place(statement: &str) -> Option<Subject> {
    let first = statement.split(|c: char| !c.is_ascii_alphabetic()).next()?;
    let is = |word: &str| first.eq_ignore_ascii_case(word);
    if !(is("create") || is("drop") || is("grant") || is("revoke")) {
        return None;
    }
    let words = statement.split(|c: char| c.is_whitespace() || matches!(c, '(' | ',' | ';'));
    let words = words.filter(|word| !word.is_empty()).skip(1);
    let mut words = words.map(|word| word.replace('"', "").to_lowercase());
    if is("grant") || is("revoke") {
        words.by_ref().find(|word| word == "on")?;
        let is_all = words.next()? == "all" && words.next()? == "tables" && words.next()? == "in";
        (is_all && words.next()? == "schema").then_some(())?;
        return Some(Subject::AllTables(words.take_while(|word| word != "to" && word != "from").collect()));
    }
    let mut words = words.skip_while(|word| matches!(word.as_str(), "or" | "replace" | "external"));
    let kind = words.next()?;
    let mut names = words.skip_while(|word| matches!(word.as_str(), "if" | "not" | "exists"));
    match kind.as_str() {
        "schema" if is("create") => names.next().filter(|name| name != "authorization").map(Subject::Schema),
        "schema" => {
            Some(Subject::Dropped(names.take_while(|word| word != "cascade" && word != "restrict").collect()))
        }
        "procedure" | "function" if is("create") => names.next().map(Subject::Routine),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_say_what_they_are_about() {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (text, expected) in [
            ("create schema if not exists Stage", Some(Subject::Schema("stage".to_owned()))),
            ("CREATE EXTERNAL SCHEMA lake from data catalog", Some(Subject::Schema("lake".to_owned()))),
            ("create schema authorization etl", None),
            ("drop schema if exists a, b cascade", Some(Subject::Dropped(all(&["a", "b"])))),
            (
                "create or replace procedure etl.load(a int) as $$ $$",
                Some(Subject::Routine("etl.load".to_owned())),
            ),
            ("create function f (int) returns int stable as $$ $$", Some(Subject::Routine("f".to_owned()))),
            (
                "grant select on all tables in schema mart, stage to group bi",
                Some(Subject::AllTables(all(&["mart", "stage"]))),
            ),
            ("revoke all on all tables in schema mart from x", Some(Subject::AllTables(all(&["mart"])))),
            ("grant usage on schema mart to x", None),
            ("create table schema.t (a int)", None),
            ("select 1", None),
        ] {
            assert_eq!(place(text), expected, "{text}");
        }
    }
}
