//! What SQL makes and is no table: schemas and databases, procedures and functions, policies, datashares, prepared
//! statements; and rights on all tables of a schema.
//!
//! Each is made before it is used and dropped when nobody uses it any more; a drop that stands before the making begins
//! it. A schema is used by all that lies in it, a procedure or function by whoever names it, or calls one whose text does.
//! `GRANT ... ON ALL TABLES IN SCHEMA` comes after who makes tables there: it covers those that are there.

use crate::plan::{Place, Why};
use crate::resolve::Task;
use crate::sql::{Access, Dialect};
use std::collections::BTreeSet;

/// What is no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// A schema of Redshift.
    Schema,
    /// A database of the Data Catalog.
    CatalogDatabase,
    /// A procedure or function.
    Routine,
    /// A policy for rows or values.
    Policy,
    /// A datashare.
    Datashare,
    /// A statement that Athena keeps.
    Prepared,
}

/// What a statement does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    Makes,
    Uses,
    Drops,
    /// Something to all tables in it.
    Covers,
}

/// A statement about what is no table; the name is in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Subject {
    does: Does,
    what: What,
    name: String,
}

/// Who does something to what is no table.
struct Known<'t, 'a> {
    tasks: &'t [Task<'a>],
    subjects: Vec<(usize, Subject)>,
}

/// Finds the edges that these give: who comes first, who second, why.
pub(super) fn wanted(tasks: &[Task<'_>]) -> Vec<(usize, usize, Why)> {
    let mut subjects: Vec<(usize, Subject)> = Vec::new();
    for (n, task) in tasks.iter().enumerate() {
        let made = task.kind.makes_external_schema();
        let made = made.map(|made| Subject {
            does: Does::Makes,
            what: What::Schema,
            name: made.schema.to_lowercase(),
        });
        subjects.extend(made.map(|made| (n, made)));
        for script in &task.scripts {
            let statements = script.script.statements.iter();
            let found = statements.flat_map(|statement| about(&statement.text, task.kind.dialect()));
            subjects.extend(found.map(|subject| (n, subject)));
        }
    }
    let known = Known { tasks, subjects };
    known.subjects.iter().flat_map(|(n, subject)| known.wants(*n, subject)).collect()
}

impl Known<'_, '_> {
    /// The edges for who does something.
    fn wants(&self, task: usize, subject: &Subject) -> Vec<(usize, usize, Why)> {
        let Subject { does, what, name } = subject;
        let why = || match what {
            What::Routine => Why::Routine(name.clone()),
            What::Schema | What::CatalogDatabase => Why::Schema(name.clone()),
            What::Policy | What::Datashare | What::Prepared => Why::Made(name.clone()),
        };
        match does {
            Does::Makes => {
                self.users(task, *what, name).into_iter().map(|user| (task, user, why())).collect()
            }
            // Whoever makes it wants that.
            Does::Uses => Vec::new(),
            Does::Drops => {
                // A drop that stands before the making begins it.
                if let Some(next) = self.makers(*what, name).find(|maker| *maker >= task) {
                    return if next == task { Vec::new() } else { vec![(task, next, why())] };
                }
                let made =
                    self.makers(*what, name).filter(|maker| *maker != task).map(|maker| (maker, task, why()));
                let used = self.users(task, *what, name).into_iter().map(|user| (user, task, why()));
                made.chain(used).collect()
            }
            Does::Covers => {
                let others = (0..self.tasks.len()).filter(|n| *n != task);
                let creates = |access| access == Access::Creates;
                let makers = others.filter(|n| uses_schema(&self.tasks[*n], *what, name, creates));
                makers.map(|n| (n, task, why())).collect()
            }
        }
    }

    fn makers<'s>(&'s self, what: What, name: &'s str) -> impl Iterator<Item = usize> + 's {
        let of_it = move |(_, subject): &&(usize, Subject)| {
            subject.does == Does::Makes && subject.what == what && subject.name == name
        };
        self.subjects.iter().filter(of_it).map(|(n, _)| *n)
    }

    /// The other tasks that use it, and do not drop it.
    fn users(&self, task: usize, what: What, name: &str) -> BTreeSet<usize> {
        let named = self.subjects.iter().filter(|(_, subject)| match what {
            What::Schema if subject.what == What::Routine => {
                subject.does == Does::Makes
                    && subject.name.split_once('.').is_some_and(|(schema, _)| schema == name)
            }
            _ => {
                subject.what == what
                    && subject.name == name
                    && matches!(subject.does, Does::Uses | Does::Covers)
            }
        });
        let mut users: BTreeSet<usize> = named.map(|(n, _)| *n).collect();
        match what {
            What::Schema | What::CatalogDatabase => {
                users.extend(
                    (0..self.tasks.len()).filter(|n| uses_schema(&self.tasks[*n], what, name, |_| true)),
                );
            }
            What::Routine => {
                let callees = self.naming(name);
                let calls = |n: &usize| callees.iter().any(|name| calls(&self.tasks[*n], name));
                users.extend((0..self.tasks.len()).filter(calls));
            }
            What::Policy | What::Datashare | What::Prepared => {}
        }
        users.remove(&task);
        let drops = |n: &usize| {
            let of_it = |(other, subject): &(usize, Subject)| {
                other == n && subject.does == Does::Drops && subject.what == what && subject.name == name
            };
            self.subjects.iter().any(of_it)
        };
        users.retain(|n| !drops(n));
        users
    }

    /// A routine, and those whose text names it: to call them, it must be there.
    fn naming(&self, name: &str) -> Vec<String> {
        let mut found = vec![name.to_owned()];
        let mut next = 0;
        while next < found.len() {
            let inner = found[next].clone();
            for text in self.routines() {
                let Some(outer) = made_routine(text).filter(|outer| !found.contains(outer)) else { continue };
                if names(&text[text.find('(').unwrap_or(0)..], &inner) {
                    found.push(outer);
                }
            }
            next += 1;
        }
        found
    }

    /// The statements that make routines.
    fn routines(&self) -> impl Iterator<Item = &str> {
        let scripts = self.tasks.iter().flat_map(|task| &task.scripts);
        let texts = scripts.flat_map(|script| &script.script.statements).map(|one| one.text.as_str());
        texts.filter(|text| made_routine(text).is_some())
    }
}

/// Says whether a task touches a table of a schema, or of a database of the Data Catalog, in such a way.
fn uses_schema(task: &Task<'_>, what: What, schema: &str, so: impl Fn(Access) -> bool) -> bool {
    task.touches.iter().any(|touch| match &touch.dataset {
        Place::Table { name, .. } => what == What::Schema && name.schema == schema && so(touch.access),
        Place::CatalogTable(name) => {
            what == What::CatalogDatabase && name.schema == schema && so(touch.access)
        }
        Place::Prefix(_) => false,
    })
}

/// The new name of a schema that a statement renames: its tables are those of the old one.
pub fn renamed_schema(statement: &str) -> Option<String> {
    let mut found = about(statement, Dialect::Redshift).into_iter();
    let first = found.next().filter(|first| first.does == Does::Drops && first.what == What::Schema)?;
    found.next().filter(|new| new.does == Does::Makes && new.what == first.what).map(|new| new.name)
}

/// Says whether the SQL of a task names a routine with arguments, and neither makes, changes nor drops one.
fn calls(task: &Task<'_>, name: &str) -> bool {
    let mut statements = task.scripts.iter().flat_map(|script| &script.script.statements);
    statements.any(|statement| {
        let is_about_one =
            || about(&statement.text, Dialect::Redshift).iter().any(|subject| subject.what == What::Routine);
        names(&statement.text, name) && !is_about_one()
    })
}

/// Says whether a text names a routine with arguments; the name is in lower case.
fn names(text: &str, name: &str) -> bool {
    let text = text.to_lowercase();
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '"' | '$');
    text.match_indices(name).any(|(at, _)| {
        !text[..at].ends_with(is_part) && text[at + name.len()..].trim_start().starts_with('(')
    })
}

/// The procedure or function that a statement makes.
fn made_routine(statement: &str) -> Option<String> {
    let found = about(statement, Dialect::Redshift).into_iter().next()?;
    (found.does == Does::Makes && found.what == What::Routine).then_some(found.name)
}

/// Reads what a statement is about.
fn about(statement: &str, dialect: Dialect) -> Vec<Subject> {
    const FIRST: &[&str] = &[
        "alter",
        "attach",
        "comment",
        "create",
        "deallocate",
        "detach",
        "drop",
        "execute",
        "grant",
        "prepare",
        "revoke",
    ];
    let first = statement.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let Some(first) = FIRST.iter().find(|word| first.eq_ignore_ascii_case(word)) else { return Vec::new() };
    let words = statement.split(|c: char| c.is_whitespace() || matches!(c, '(' | ',' | ';'));
    let words = words.filter(|word| !word.is_empty()).skip(1);
    // Most statements are about tables, and there are many: their words are not looked at.
    let is_one = ALWAYS.contains(first)
        || words.clone().take(4).any(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)));
    if !is_one {
        return Vec::new();
    }
    // What stands behind these is the text of a routine, and of a query.
    let words: Vec<String> =
        words.take(MOST_WORDS).map(|word| word.replace(['"', '`'], "").to_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let found = match dialect {
        Dialect::Redshift => of_redshift(first, &words),
        Dialect::Athena => of_athena(first, &words),
    };
    found.into_iter().map(|(does, what, name)| Subject { does, what, name }).collect()
}

/// First words behind which anything may stand.
const ALWAYS: &[&str] = &["comment", "deallocate", "execute", "grant", "prepare", "revoke"];

/// Words of which one stands near the beginning of a statement about what is no table.
const WORDS: &[&str] =
    &["database", "datashare", "default", "function", "masking", "procedure", "rls", "schema"];

/// How many words of a statement are looked at.
const MOST_WORDS: usize = 200;

/// What statements say: what they do, to what, of which name.
type Said = Vec<(Does, What, String)>;

fn of_redshift(first: &str, words: &[&str]) -> Said {
    let words = behind(words, &["or", "replace", "external"]);
    match first {
        "grant" | "revoke" => granted(words),
        "comment" => match words {
            ["on", "schema", name, ..] => vec![(Does::Uses, What::Schema, (*name).to_owned())],
            _ => Vec::new(),
        },
        "alter" if words.starts_with(&["default", "privileges"]) => {
            let at = words.iter().position(|word| *word == "schema").map_or(words.len(), |at| at + 1);
            until(&words[at..], &["grant", "revoke"]).map(|name| (Does::Uses, What::Schema, name)).collect()
        }
        "create" if words.starts_with(&["database"]) => {
            let at = words.iter().position(|word| *word == "datashare").map_or(words.len(), |at| at + 1);
            let share = words.get(at).map(|name| (Does::Uses, What::Datashare, (*name).to_owned()));
            share.into_iter().collect()
        }
        _ => {
            let (what, rest) = match words {
                ["schema", rest @ ..] => (What::Schema, rest),
                ["procedure" | "function", rest @ ..] => (What::Routine, rest),
                ["rls" | "masking", "policy", rest @ ..] => (What::Policy, rest),
                ["datashare", rest @ ..] => (What::Datashare, rest),
                _ => return Vec::new(),
            };
            changed(first, what, behind(rest, &["if", "not", "exists"]))
        }
    }
}

fn of_athena(first: &str, words: &[&str]) -> Said {
    match (first, words) {
        (_, ["database" | "schema", rest @ ..]) => {
            changed(first, What::CatalogDatabase, behind(rest, &["if", "not", "exists"]))
        }
        ("prepare", [name, ..]) => vec![(Does::Makes, What::Prepared, (*name).to_owned())],
        ("execute", [name, ..]) if *name != "immediate" => {
            vec![(Does::Uses, What::Prepared, (*name).to_owned())]
        }
        ("deallocate", ["prepare", name, ..]) => vec![(Does::Drops, What::Prepared, (*name).to_owned())],
        _ => Vec::new(),
    }
}

/// What `CREATE`, `ALTER`, `DROP`, `ATTACH` and `DETACH` do to what is named behind.
fn changed(first: &str, what: What, names: &[&str]) -> Said {
    let Some(name) = names.first().map(|name| (*name).to_owned()) else { return Vec::new() };
    let renamed = || {
        let at = names.windows(2).position(|words| words == ["rename", "to"])?;
        let new = (*names.get(at + 2)?).to_owned();
        // A routine stays in its schema.
        let schema = name.split_once('.').filter(|_| !new.contains('.')).map(|(schema, _)| schema);
        Some(schema.map_or_else(|| new.clone(), |schema| format!("{schema}.{new}")))
    };
    match first {
        "create" if name == "authorization" => Vec::new(),
        "create" => vec![(Does::Makes, what, name)],
        "drop" if what == What::Schema => {
            until(names, &["cascade", "restrict"]).map(|name| (Does::Drops, what, name)).collect()
        }
        "drop" => vec![(Does::Drops, what, name)],
        "alter" => match renamed() {
            Some(new) => vec![(Does::Drops, what, name), (Does::Makes, what, new)],
            None => vec![(Does::Uses, what, name)],
        },
        _ => vec![(Does::Uses, what, name)],
    }
}

/// What rights are on: all tables of schemas, schemas, datashares. A routine's name is found as all are.
fn granted(words: &[&str]) -> Said {
    let at = words.iter().position(|word| *word == "on").map_or(words.len(), |at| at + 1);
    let (does, what, names) = match &words[at..] {
        ["all", "tables", "in", "schema", names @ ..] => (Does::Covers, What::Schema, names),
        ["all", _, "in", "schema", names @ ..] | ["schema", names @ ..] => (Does::Uses, What::Schema, names),
        ["datashare", names @ ..] => (Does::Uses, What::Datashare, names),
        _ => return Vec::new(),
    };
    until(names, &["to", "from"]).map(|name| (does, what, name)).collect()
}

/// Leaves out words at the beginning.
fn behind<'s, 'w>(words: &'s [&'w str], known: &[&str]) -> &'s [&'w str] {
    &words[words.iter().take_while(|word| known.contains(word)).count()..]
}

/// The names up to a word.
fn until<'s>(words: &'s [&str], ends: &'s [&str]) -> impl Iterator<Item = String> + 's {
    words.iter().take_while(|word| !ends.contains(word)).map(|word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_say_what_they_are_about() {
        let told = |text: &str, dialect| {
            let said = about(text, dialect).into_iter();
            said.map(|one| format!("{:?} {:?} {}", one.does, one.what, one.name))
                .collect::<Vec<_>>()
                .join(", ")
        };
        for (text, expected) in [
            ("create schema if not exists Stage", "Makes Schema stage"),
            ("CREATE EXTERNAL SCHEMA lake from data catalog", "Makes Schema lake"),
            ("create schema authorization etl", ""),
            ("drop schema if exists a, b cascade", "Drops Schema a, Drops Schema b"),
            ("alter schema stage_new rename to stage", "Drops Schema stage_new, Makes Schema stage"),
            ("alter schema m2 owner to u", "Uses Schema m2"),
            (
                "alter default privileges in schema a, b grant select on tables to x",
                "Uses Schema a, Uses Schema b",
            ),
            ("comment on schema a is 'x'", "Uses Schema a"),
            ("create or replace procedure etl.load(a int) as $$ $$", "Makes Routine etl.load"),
            ("create function f (int) returns int stable as $$ $$", "Makes Routine f"),
            ("drop function mart.f(int, int)", "Drops Routine mart.f"),
            ("alter procedure etl.q() rename to r", "Drops Routine etl.q, Makes Routine etl.r"),
            (
                "grant select on all tables in schema mart, stage to group bi",
                "Covers Schema mart, Covers Schema stage",
            ),
            ("revoke all on all tables in schema mart from x", "Covers Schema mart"),
            ("grant execute on all functions in schema mart to x", "Uses Schema mart"),
            ("grant usage on schema mart to x", "Uses Schema mart"),
            ("create rls policy pol with (a int) using (a > 1)", "Makes Policy pol"),
            ("attach masking policy pol on mart.t(a) to public", "Uses Policy pol"),
            ("drop rls policy if exists pol", "Drops Policy pol"),
            ("create datashare sh", "Makes Datashare sh"),
            ("alter datashare sh add schema mart", "Uses Datashare sh"),
            ("grant usage on datashare sh to account '1'", "Uses Datashare sh"),
            ("create database d from datashare sh of account '1'", "Uses Datashare sh"),
            ("create table schema.t (a int)", ""),
            ("select 1", ""),
            ("create", ""),
        ] {
            assert_eq!(told(text, Dialect::Redshift), expected, "{text}");
        }
        for (text, expected) in [
            ("create database if not exists `Lake`", "Makes CatalogDatabase lake"),
            ("drop schema lake cascade", "Drops CatalogDatabase lake"),
            ("alter database lake set dbproperties ('a' = 'b')", "Uses CatalogDatabase lake"),
            ("prepare p from select 1", "Makes Prepared p"),
            ("execute p using 1", "Uses Prepared p"),
            ("execute immediate 'select 1'", ""),
            ("deallocate prepare p", "Drops Prepared p"),
            ("create table lake.t (a int)", ""),
        ] {
            assert_eq!(told(text, Dialect::Athena), expected, "{text}");
        }
    }
}
