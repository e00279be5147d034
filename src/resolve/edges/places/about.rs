//! What statements say of what is no table: what they do, to what, of which name.

use crate::sql::Dialect;

/// What is no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
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
pub(super) enum Does {
    Makes,
    Uses,
    Drops,
    /// Something to all tables in it.
    Covers,
}

/// A statement about what is no table; the name is in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) does: Does,
    pub(super) what: What,
    pub(super) name: String,
}

/// The new name of a schema that a statement renames: its tables are those of the old one.
pub fn renamed_schema(statement: &str) -> Option<String> {
    let mut found = about(statement, Dialect::Redshift).into_iter();
    let first = found.next().filter(|first| first.does == Does::Drops && first.what == What::Schema)?;
    found.next().filter(|new| new.does == Does::Makes && new.what == first.what).map(|new| new.name)
}

/// The procedure or function that a statement makes.
pub(super) fn made_routine(statement: &str) -> Option<String> {
    let found = about(statement, Dialect::Redshift).into_iter().next()?;
    (found.does == Does::Makes && found.what == What::Routine).then_some(found.name)
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
