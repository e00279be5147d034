//! What statements say of what is no table: what they do, to what, of which name.

mod principals;
#[cfg(test)]
mod tests;

use crate::sql::Dialect;
use principals::{principal, principals};

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
