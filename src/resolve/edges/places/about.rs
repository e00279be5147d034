//! What statements say of what is no table: what they do, to what, of which name.

use crate::sql::Dialect;

/// What is no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// A schema of Redshift.
    Schema,
    /// A database of the Data Catalog.
    CatalogDatabase,
    /// A database of Redshift.
    Database,
    /// A procedure or function.
    Routine,
    /// A model of Redshift ML, which has a function.
    Model,
    /// A user, `role NAME`, `group NAME`.
    Principal,
    /// A policy for rows or values.
    Policy,
    /// A datashare.
    Datashare,
    /// A statement that Athena keeps.
    Prepared,
}

/// What a statement does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Does {
    Makes,
    Uses,
    Drops,
    /// Something to all tables in it; where it is of routines, to all of those in a schema of this name.
    Covers,
}

/// A statement about what is no table; the name is in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) does: Does,
    pub(super) what: What,
    pub(super) name: String,
    /// What a schema that is dropped so is called from then on.
    pub(super) becomes: Option<String>,
}

impl Subject {
    pub(super) fn new(does: Does, what: What, name: impl Into<String>) -> Self {
        Self { does, what, name: name.into(), becomes: None }
    }
}

/// The new name of a schema that a statement renames: its tables are those of the old one.
pub fn renamed_schema(statement: &str) -> Option<String> {
    let mut found = about(statement, Dialect::Redshift).into_iter();
    let first = found.next().filter(|first| first.does == Does::Drops && first.what == What::Schema)?;
    found.next().filter(|new| new.does == Does::Makes && new.what == first.what).map(|new| new.name)
}

/// The procedure or function that a statement makes.
pub fn made_routine(statement: &str) -> Option<String> {
    let found = about(statement, Dialect::Redshift).into_iter().next()?;
    (found.does == Does::Makes && found.what == What::Routine).then_some(found.name)
}

/// The old and the new name of a procedure or function that a statement renames.
pub fn renamed_routine(statement: &str) -> Option<(String, String)> {
    let mut found = about(statement, Dialect::Redshift).into_iter().filter(|one| one.what == What::Routine);
    let old = found.next().filter(|old| old.does == Does::Drops)?;
    let new = found.next().filter(|new| new.does == Does::Makes)?;
    Some((old.name, new.name))
}

/// Reads what a statement is about.
pub(super) fn about(statement: &str, dialect: Dialect) -> Vec<Subject> {
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
    match dialect {
        Dialect::Redshift => of_redshift(first, &words),
        Dialect::Athena => of_athena(first, &words),
    }
}

/// First words behind which anything may stand.
const ALWAYS: &[&str] = &["comment", "deallocate", "execute", "grant", "prepare", "revoke"];

/// Words of which one stands near the beginning of a statement about what is no table.
const WORDS: &[&str] = &[
    "database",
    "datashare",
    "default",
    "function",
    "group",
    "masking",
    "model",
    "procedure",
    "rls",
    "role",
    "schema",
    "user",
];

/// How many words of a statement are looked at.
const MOST_WORDS: usize = 200;

fn of_redshift(first: &str, words: &[&str]) -> Vec<Subject> {
    let words = behind(words, &["or", "replace", "external"]);
    match first {
        "grant" | "revoke" => {
            let mut found = granted(words);
            found.extend(principals(first, words));
            found
        }
        "comment" => match words {
            ["on", "schema", name, ..] => vec![Subject::new(Does::Uses, What::Schema, *name)],
            _ => Vec::new(),
        },
        "alter" if words.starts_with(&["default", "privileges"]) => {
            let at = words.iter().position(|word| *word == "schema").map_or(words.len(), |at| at + 1);
            let mut found = each(Does::Uses, What::Schema, &words[at..], &["grant", "revoke"]);
            found.extend(principals(if words.contains(&"revoke") { "revoke" } else { "grant" }, words));
            found
        }
        "attach" | "detach" => {
            let policy = words.get(2).map(|name| Subject::new(Does::Uses, What::Policy, *name));
            policy
                .into_iter()
                .chain(principals(if first == "attach" { "grant" } else { "revoke" }, words))
                .collect()
        }
        "create" if words.starts_with(&["model"]) => {
            let made = words.get(1).map(|name| Subject::new(Does::Makes, What::Model, *name));
            let at = words.iter().position(|word| *word == "function").map_or(words.len(), |at| at + 1);
            let function = words.get(at).map(|name| Subject::new(Does::Makes, What::Routine, *name));
            made.into_iter().chain(function).collect()
        }
        _ if words.first().is_some_and(|word| ["user", "role", "group"].contains(word)) => {
            principal(first, words)
        }

        "create" if words.starts_with(&["database"]) => {
            let made = words.get(1).map(|name| Subject::new(Does::Makes, What::Database, *name));
            made.into_iter().chain(behind_word(words, "datashare", What::Datashare)).collect()
        }
        // Of another database of the warehouse.
        "create" if words.starts_with(&["schema"]) => {
            let is_of_redshift = words.windows(2).any(|pair| pair == ["redshift", "database"]);
            let database = behind_word(words, "database", What::Database).filter(|_| is_of_redshift);
            let made = changed(first, What::Schema, behind(&words[1..], &["if", "not", "exists"]));
            made.into_iter().chain(database).collect()
        }
        _ => {
            let (what, rest) = match words {
                ["schema", rest @ ..] => (What::Schema, rest),
                ["procedure" | "function", rest @ ..] => (What::Routine, rest),
                ["rls" | "masking", "policy", rest @ ..] => (What::Policy, rest),
                ["datashare", rest @ ..] => (What::Datashare, rest),
                ["database", rest @ ..] => (What::Database, rest),
                ["model", rest @ ..] => (What::Model, rest),
                _ => return Vec::new(),
            };
            changed(first, what, behind(rest, &["if", "not", "exists"]))
        }
    }
}

fn of_athena(first: &str, words: &[&str]) -> Vec<Subject> {
    match (first, words) {
        (_, ["database" | "schema", rest @ ..]) => {
            changed(first, What::CatalogDatabase, behind(rest, &["if", "not", "exists"]))
        }
        ("prepare", [name, ..]) => vec![Subject::new(Does::Makes, What::Prepared, *name)],
        ("execute", [name, ..]) if *name != "immediate" => {
            vec![Subject::new(Does::Uses, What::Prepared, *name)]
        }
        ("deallocate", ["prepare", name, ..]) => vec![Subject::new(Does::Drops, What::Prepared, *name)],
        _ => Vec::new(),
    }
}

/// What `CREATE`, `ALTER`, `DROP`, `ATTACH` and `DETACH` do to what is named behind.
fn changed(first: &str, what: What, names: &[&str]) -> Vec<Subject> {
    let Some(name) = names.first().copied() else { return Vec::new() };
    let does = |does| vec![Subject::new(does, what, name)];
    let renamed = || {
        let at = names.windows(2).position(|words| words == ["rename", "to"])?;
        let new = names.get(at + 2).copied()?;
        // A routine stays in its schema.
        Some(match name.split_once('.') {
            Some((schema, _)) if !new.contains('.') => format!("{schema}.{new}"),
            Some(_) | None => new.to_owned(),
        })
    };
    match first {
        "create" if name == "authorization" => Vec::new(),
        "create" => does(Does::Makes),
        "drop" if what == What::Schema => each(Does::Drops, what, names, &["cascade", "restrict"]),
        "drop" => does(Does::Drops),
        "alter" => match renamed() {
            Some(new) => {
                let becomes = (what == What::Schema).then(|| new.clone());
                let old = Subject { becomes, ..Subject::new(Does::Drops, what, name) };
                vec![old, Subject::new(Does::Makes, what, new)]
            }
            None => does(Does::Uses),
        },
        _ => does(Does::Uses),
    }
}

/// `CREATE`, `ALTER` and `DROP` of users, roles and groups; a group names its users.
fn principal(first: &str, words: &[&str]) -> Vec<Subject> {
    let (kind, rest) = (words[0], behind(&words[1..], &["if", "exists"]));
    let Some(name) = rest.first().copied() else { return Vec::new() };
    let name = if kind == "user" { name.to_owned() } else { format!("{kind} {name}") };
    let does = match first {
        "create" => Does::Makes,
        "drop" => Does::Drops,
        _ => Does::Uses,
    };
    let users = rest.iter().position(|word| *word == "user").filter(|_| kind == "group");
    let users = users.map_or(&[][..], |at| &rest[at + 1..]);
    let users = users.iter().map(|user| Subject::new(Does::Uses, What::Principal, *user));
    std::iter::once(Subject::new(does, What::Principal, name)).chain(users).collect()
}

/// The users, roles and groups that get rights or lose them, and the roles that are given.
fn principals(first: &str, words: &[&str]) -> Vec<Subject> {
    let word = if first == "grant" { "to" } else { "from" };
    let Some(at) = words.iter().rposition(|other| *other == word) else { return Vec::new() };
    let given = words[..at].strip_prefix(&["role"]).unwrap_or_default();
    let given = given.iter().map(|role| format!("role {role}"));
    let mut found: Vec<String> = given.collect();
    let mut kind = "";
    for word in &words[at + 1..] {
        match *word {
            "with" | "priority" | "cascade" | "restrict" | "account" | "namespace" => break,
            "public" => {}
            "role" | "group" if kind.is_empty() => {
                kind = word;
                continue;
            }
            name if kind.is_empty() => found.push(name.to_owned()),
            name => found.push(format!("{kind} {name}")),
        }
        kind = "";
    }
    found.into_iter().map(|name| Subject::new(Does::Uses, What::Principal, name)).collect()
}

/// Uses what is named behind a word, in quotes or without.
fn behind_word(words: &[&str], word: &str, what: What) -> Option<Subject> {
    let at = words.iter().position(|other| *other == word)?;
    words.get(at + 1).map(|name| Subject::new(Does::Uses, what, name.trim_matches('\'')))
}

/// What rights are on: all tables or routines of schemas, schemas, databases, datashares. A routine's name is found as all are.
fn granted(words: &[&str]) -> Vec<Subject> {
    let at = words.iter().position(|word| *word == "on").map_or(words.len(), |at| at + 1);
    let (does, what, names) = match &words[at..] {
        ["all", "tables", "in", "schema", names @ ..] => (Does::Covers, What::Schema, names),
        ["all", "functions" | "procedures" | "routines", "in", "schema", names @ ..] => {
            let mut found = each(Does::Uses, What::Schema, names, ENDS);
            found.extend(each(Does::Covers, What::Routine, names, ENDS));
            return found;
        }
        ["database", names @ ..] => (Does::Uses, What::Database, names),
        ["all", _, "in", "schema", names @ ..] | ["schema", names @ ..] => (Does::Uses, What::Schema, names),
        ["datashare", names @ ..] => (Does::Uses, What::Datashare, names),
        _ => return Vec::new(),
    };
    each(does, what, names, ENDS)
}

/// What stands behind the names in a grant.
const ENDS: &[&str] = &["to", "from"];

/// Leaves out words at the beginning.
fn behind<'s, 'w>(words: &'s [&'w str], known: &[&str]) -> &'s [&'w str] {
    &words[words.iter().take_while(|word| known.contains(word)).count()..]
}

/// Something done to each of the names up to a word.
fn each(does: Does, what: What, names: &[&str], ends: &[&str]) -> Vec<Subject> {
    let names = names.iter().take_while(|word| !ends.contains(word));
    names.map(|name| Subject::new(does, what, *name)).collect()
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
                "Uses Schema a, Uses Schema b, Uses Principal x",
            ),
            ("comment on schema a is 'x'", "Uses Schema a"),
            ("create or replace procedure etl.load(a int) as $$ $$", "Makes Routine etl.load"),
            ("create function f (int) returns int stable as $$ $$", "Makes Routine f"),
            ("drop function mart.f(int, int)", "Drops Routine mart.f"),
            ("alter procedure etl.q() rename to r", "Drops Routine etl.q, Makes Routine etl.r"),
            (
                "grant select on all tables in schema mart, stage to group bi",
                "Covers Schema mart, Covers Schema stage, Uses Principal group bi",
            ),
            ("revoke all on all tables in schema mart from x", "Covers Schema mart, Uses Principal x"),
            (
                "grant execute on all functions in schema mart to x",
                "Uses Schema mart, Covers Routine mart, Uses Principal x",
            ),
            (
                "revoke all on all procedures in schema a, b from x",
                "Uses Schema a, Uses Schema b, Covers Routine a, Covers Routine b, Uses Principal x",
            ),
            ("grant usage on database d to x", "Uses Database d, Uses Principal x"),
            ("create user bob password disable", "Makes Principal bob"),
            ("create role etl", "Makes Principal role etl"),
            (
                "create group bi with user a, b",
                "Makes Principal group bi, Uses Principal a, Uses Principal b",
            ),
            ("alter group bi add user a", "Uses Principal group bi, Uses Principal a"),
            ("drop user if exists bob", "Drops Principal bob"),
            (
                "grant role etl, ops to role r with admin option",
                "Uses Principal role etl, Uses Principal role ops, Uses Principal role r",
            ),
            (
                "grant select on mart.t to bob, group bi, public with grant option",
                "Uses Principal bob, Uses Principal group bi",
            ),
            (
                "create model m from t target a function mart.f iam_role default",
                "Makes Model m, Makes Routine mart.f",
            ),
            ("drop model if exists m", "Drops Model m"),
            ("drop database if exists d", "Drops Database d"),
            (
                "create external schema s from redshift database 'd' schema 'x'",
                "Makes Schema s, Uses Database d",
            ),
            ("grant usage on schema mart to x", "Uses Schema mart, Uses Principal x"),
            ("create rls policy pol with (a int) using (a > 1)", "Makes Policy pol"),
            ("attach masking policy pol on mart.t(a) to public", "Uses Policy pol"),
            ("drop rls policy if exists pol", "Drops Policy pol"),
            ("create datashare sh", "Makes Datashare sh"),
            ("alter datashare sh add schema mart", "Uses Datashare sh"),
            ("grant usage on datashare sh to account '1'", "Uses Datashare sh"),
            ("create database d from datashare sh of account '1'", "Makes Database d, Uses Datashare sh"),
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
