//! What a statement asks of the catalog and of other services, for the rights that it needs.

use super::super::cursor::Cursor;
use super::super::scan::Kind;
use super::super::{Access, Asked, Deed, DoneTo, Target, Use};

const DATABASE: &[&str] = &["database", "schema"];

/// Reads it from a statement of which the uses are known; nothing of one that only reads tables.
pub(super) fn asked(cursor: &Cursor<'_>, uses: &[Use]) -> Option<Box<Asked>> {
    let first = cursor.one_name(0).unwrap_or_default();
    let mut deeds = to_others(cursor, &first);
    // What is prepared is done in the name of the one who runs it.
    let at = super::proper(cursor, &first).unwrap_or(0);
    let cursor = &Cursor { tokens: &cursor.tokens[at..], ..*cursor };
    let word = cursor.one_name(0).unwrap_or_default();
    let mut of_tables: Vec<(Deed, DoneTo)> = Vec::new();
    for (n, item) in uses.iter().enumerate().filter(|(_, item)| matches!(item.target, Target::Table { .. })) {
        of_tables
            .extend(to_table(cursor, &word, item.access).into_iter().map(|deed| (deed, DoneTo::Table(n))));
    }
    of_tables.extend(to_database(cursor, &word));
    of_tables.append(&mut deeds);
    let deeds = of_tables;
    let place = own_place(cursor, &word);
    (!deeds.is_empty() || place.is_some()).then(|| Box::new(Asked { deeds, place }))
}

fn to_table(cursor: &Cursor<'_>, word: &str, access: Access) -> Vec<Deed> {
    let is_of_partitions = || cursor.find(1, &["partition"]).is_some();
    match (access, word) {
        (Access::Creates, _) if cursor.has(0, &["create", "or", "replace"]) => {
            vec![Deed::MakesTable, Deed::AltersTable]
        }
        (Access::Creates, _) => vec![Deed::MakesTable],
        (Access::Ends, _) => vec![Deed::DropsTable],
        (Access::Appends, "alter" | "msck") => vec![Deed::AddsPartitions],
        (Access::Alters, _) if is_of_partitions() => vec![Deed::AltersPartitions],
        (Access::Alters, _) => vec![Deed::AltersTable],
        (Access::Writes, "alter") if is_of_partitions() => vec![Deed::DropsPartitions],
        // The new name has no rows of its own, nor has a view.
        (Access::Writes, "alter") => Vec::new(),
        (Access::Writes, "create") if makes_view(cursor) => Vec::new(),
        (Access::Appends, _) | (Access::Writes, "create") => vec![Deed::AddsRows],
        (Access::Reads, "optimize" | "vacuum") | (Access::Writes | Access::Empties, _) => {
            vec![Deed::ChangesRows]
        }
        (Access::Reads | Access::Needs, _) => Vec::new(),
    }
}

/// `CREATE [OR REPLACE] [PROTECTED MULTI DIALECT] VIEW`
fn makes_view(cursor: &Cursor<'_>) -> bool {
    (1..7).take_while(|at| !cursor.is(*at, "table")).any(|at| cursor.is(at, "view"))
}

fn to_database(cursor: &Cursor<'_>, word: &str) -> Option<(Deed, DoneTo)> {
    let named = |at: usize| cursor.name(at).and_then(|(name, _)| name.parts.last().cloned());
    let of = |deed: Deed, name: Option<String>| Some((deed, DoneTo::Database(name?)));
    match word {
        "create" if cursor.any(1, DATABASE) => {
            of(Deed::MakesDatabase, named(cursor.skip(2, &["if", "not", "exists"])))
        }
        "drop" if cursor.any(1, DATABASE) => {
            of(Deed::DropsDatabase, named(cursor.skip(2, &["if", "exists"])))
        }
        "alter" if cursor.any(1, DATABASE) => of(Deed::AltersDatabase, named(2)),
        "show" if cursor.any(1, &["databases", "schemas"]) => of(Deed::ListsDatabases, Some(String::new())),
        "show" if cursor.any(1, &["tables", "views"]) => {
            let is_told = cursor.any(2, &["in", "from"]);
            of(Deed::ListsTables, if is_told { named(3) } else { Some(String::new()) })
        }
        _ => None,
    }
}

fn to_others(cursor: &Cursor<'_>, word: &str) -> Vec<(Deed, DoneTo)> {
    let of = |deed: Deed, name: Option<String>| name.map(|name| (deed, DoneTo::Other(name)));
    match word {
        "prepare" => of(Deed::PreparesStatement, cursor.one_name(1)).into_iter().collect(),
        "execute" if cursor.is(1, "immediate") => Vec::new(),
        "execute" => of(Deed::RunsStatement, cursor.one_name(1)).into_iter().collect(),
        "deallocate" => {
            of(Deed::ForgetsStatement, cursor.one_name(cursor.skip(1, &["prepare"]))).into_iter().collect()
        }
        "using" => {
            let called = |at: usize| match () {
                () if cursor.is(at, "lambda") => Some(Deed::CallsFunction),
                () if cursor.is(at, "sagemaker") => Some(Deed::CallsModel),
                () => None,
            };
            let all = (1..cursor.tokens.len()).filter_map(|at| {
                let name = cursor.literal(at + 1).filter(|name| !name.contains("{{"));
                of(called(at)?, name.map(str::to_owned))
            });
            all.collect()
        }
        _ => Vec::new(),
    }
}

/// Where the table is that a statement makes or moves and does not fill. That of Iceberg gets its first files there.
fn own_place(cursor: &Cursor<'_>, word: &str) -> Option<(Access, String)> {
    if !matches!(word, "create" | "alter") || cursor.any(1, DATABASE) || cursor.find(1, &["add"]).is_some() {
        return None;
    }
    // That of `CREATE TABLE ... AS` stands in parentheses, and is a use.
    let at = cursor.find(1, &["location"])? + 1;
    let place = cursor.literal(at).filter(|place| place.starts_with("s3://"))?;
    let texts = cursor.tokens.iter().filter(|token| token.kind == Kind::Text);
    let is_iceberg =
        texts.map(|token| token.text(cursor.script)).any(|text| text.eq_ignore_ascii_case("'iceberg'"));
    Some((if is_iceberg { Access::Writes } else { Access::Reads }, place.to_owned()))
}
