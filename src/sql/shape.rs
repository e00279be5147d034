//! What the first words of a statement say: what it does, what it changes, and from where on it reads.
//!
//! One function a kind of statement, after the pages of the Redshift Database Developer Guide's SQL reference.

mod create;
pub(super) mod external;
mod other;

use super::cursor::{Cursor, Name};
use super::session::{Effect, TEMPORARY};
use super::{Access, Called, SqlError, Target, Use, Verb};
use std::ops::Range;

/// What a statement is.
pub(super) struct Shape {
    pub(super) verb: Verb,
    /// The tokens that say the verb.
    pub(super) words: Range<usize>,
    /// What it touches beside what it reads from.
    pub(super) uses: Vec<Use>,
    /// From where on the tables that it reads are looked for.
    pub(super) reading: Option<Reading>,
    /// The tokens that the parser is asked about.
    pub(super) parsed: Range<usize>,
    /// What is wrong beside that.
    pub(super) errors: Vec<SqlError>,
    /// Redshift knows such a statement.
    pub(super) known: bool,
    /// What it touches is not in its text.
    pub(super) hidden: bool,
    /// The schemas that it drops with all that is in them.
    pub(super) dropped: Vec<String>,
    /// What depends on that which it drops goes with it.
    pub(super) cascades: bool,
    /// What it changes for the statements behind it.
    pub(super) effect: Effect,
    /// The procedure that it calls.
    pub(super) called: Option<Called>,
}

/// Where a statement reads.
pub(super) struct Reading {
    pub(super) from: usize,
    /// The table whose columns are in scope there.
    pub(super) target: Option<Name>,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            verb: Verb::Other,
            words: 0..1,
            uses: Vec::new(),
            reading: None,
            parsed: 0..0,
            errors: Vec::new(),
            known: true,
            hidden: false,
            dropped: Vec::new(),
            cascades: false,
            effect: Effect::Nothing,
            called: None,
        }
    }
}

impl Shape {
    fn verb(verb: Verb, words: Range<usize>) -> Self {
        Self { verb, words, ..Self::default() }
    }

    fn touching(uses: impl IntoIterator<Item = Use>) -> Self {
        Self { uses: uses.into_iter().collect(), ..Self::default() }
    }
}

const DML: &[&str] = &["insert", "update", "delete", "merge"];

/// Finds the shape of a statement.
pub(super) fn shape(cursor: &Cursor<'_>) -> Shape {
    let all = 0..cursor.tokens.len();
    let word = cursor.one_name(0).unwrap_or_default();
    match word.as_str() {
        _ if cursor.is(0, "(") => query(cursor),
        "select" | "with" | "values" => query(cursor),
        "insert" => insert(cursor),
        "update" => changed(cursor, 1, |_| Access::Writes),
        "delete" => changed(cursor, cursor.skip(1, &["from"]), deletes),
        "merge" => changed(cursor, cursor.skip(1, &["into"]), |_| Access::Writes),
        "begin" | "commit" | "end" | "rollback" | "abort" | "start" => {
            let effect = Effect::of_transaction(cursor);
            Shape { effect, ..Shape::verb(Verb::TransactionControl, 0..1) }
        }
        "truncate" => {
            let target = touch(cursor, cursor.skip(1, &["table"]), Access::Empties);
            Shape { verb: Verb::Commits, ..Shape::touching(target) }
        }
        "create" => create::create(cursor),
        "alter" => alter(cursor),
        "drop" => drop(cursor),
        "copy" => other::copy(cursor),
        "unload" => other::unload(cursor),
        "explain" => other::explain(cursor),
        "prepare" | "declare" => other::inner(cursor),
        "execute" => Shape {
            hidden: true,
            effect: Effect::Executes(cursor.one_name(1).unwrap_or_default()),
            ..Shape::default()
        },
        "call" => call(cursor),
        "refresh" => {
            Shape::touching(touch(cursor, cursor.skip(1, &["materialized", "view"]), Access::Appends))
        }
        "analyze" | "analyse" | "vacuum" => other::maintenance(cursor),
        "grant" | "revoke" => other::grant(cursor),
        "comment" => other::comment(cursor),
        "lock" => Shape::touching(list(cursor, cursor.skip(1, &["table"]), Access::Needs)),
        "attach" | "detach" => {
            let on =
                cursor.find(1, &["on"]).map_or(cursor.tokens.len(), |on| cursor.skip(on + 1, &["table"]));
            Shape::touching(list(cursor, on, Access::Needs))
        }
        "show" => {
            let is_one = cursor.any(1, &["table", "view"]) || cursor.has(1, &["external", "table"]);
            let name = cursor.skip(1, &["external", "table", "view"]);
            let shown = is_one.then(|| touch(cursor, name, Access::Needs)).flatten();
            Shape::touching(shown)
        }
        "set" | "reset" | "use" => Shape { effect: Effect::of_setting(cursor), ..Shape::default() },
        "cancel" => Shape::verb(Verb::Alone, 0..1),
        "close" | "deallocate" | "desc" | "describe" | "fetch" => Shape::default(),
        _ => Shape { known: false, parsed: all, ..Shape::default() },
    }
}

/// What a procedure touches, its text tells.
fn call(cursor: &Cursor<'_>) -> Shape {
    let Some((Name { mut parts, range }, _)) = cursor.name(1) else {
        return Shape { hidden: true, ..Shape::default() };
    };
    let name = parts.pop().unwrap_or_default();
    let called = Called { schemas: parts.pop().into_iter().collect(), name, range };
    // One of another database is none of ours.
    Shape { hidden: !parts.is_empty(), called: Some(called), ..Shape::default() }
}

/// Makes a use of the table whose name stands there.
fn touch(cursor: &Cursor<'_>, n: usize, access: Access) -> Option<Use> {
    cursor.name(n).and_then(|(name, _)| name.touched(access))
}

/// Makes uses of the tables of a list.
fn list(cursor: &Cursor<'_>, from: usize, access: Access) -> Vec<Use> {
    let mut uses = Vec::new();
    let mut at = from;
    while let Some((name, behind)) = cursor.name(at) {
        uses.extend(name.touched(access));
        if !cursor.is(behind, ",") {
            break;
        }
        at = behind + 1;
    }
    uses
}

fn reading(from: usize) -> Reading {
    Reading { from, target: None }
}

fn insert(cursor: &Cursor<'_>) -> Shape {
    let Some((name, behind)) = cursor.name(cursor.skip(1, &["into"])) else {
        return Shape { parsed: 0..cursor.tokens.len(), ..Shape::default() };
    };
    // The parser takes the first parenthesis for a list of columns.
    let from = if cursor.opens_query(behind) { behind } else { 0 };
    Shape {
        reading: Some(reading(behind)),
        parsed: from..cursor.tokens.len(),
        ..Shape::touching(name.touched(Access::Appends))
    }
}

/// `UPDATE`, `DELETE`, `MERGE`: the target's columns can be named in what follows.
fn changed(cursor: &Cursor<'_>, at: usize, access: impl Fn(&Cursor<'_>) -> Access) -> Shape {
    // The parser wants the FROM that Redshift does not need.
    let is_short = cursor.is(0, "delete") && !cursor.is(1, "from");
    let parsed = if is_short { 0..0 } else { 0..cursor.tokens.len() };
    let Some((name, behind)) = cursor.name(at) else { return Shape { parsed, ..Shape::default() } };
    let uses = name.touched(access(cursor));
    Shape { reading: Some(Reading { from: behind, target: Some(name) }), parsed, ..Shape::touching(uses) }
}

/// `DELETE` without a condition leaves nothing, nor does one whose condition always holds.
fn deletes(cursor: &Cursor<'_>) -> Access {
    let Some(at) = cursor.find(1, &["where", "using"]) else { return Access::Empties };
    let condition = at + 1..cursor.tokens.len();
    let is_number =
        |n: usize| cursor.tokens.get(n).is_some_and(|token| token.kind == super::scan::Kind::Number);
    let equal =
        |n: usize, m: usize| cursor.tokens[n].text(cursor.script) == cursor.tokens[m].text(cursor.script);
    let always = match condition.len() {
        1 => cursor.is(at + 1, "true"),
        3 => is_number(at + 1) && cursor.is(at + 2, "=") && is_number(at + 3) && equal(at + 1, at + 3),
        _ => false,
    };
    if always { Access::Empties } else { Access::Writes }
}

fn query(cursor: &Cursor<'_>) -> Shape {
    let shape = Shape { reading: Some(reading(0)), parsed: 0..cursor.tokens.len(), ..Shape::default() };
    let verbs = ["select", "insert", "update", "delete", "merge"];
    let at = cursor.find(0, &verbs).unwrap_or(0);
    if cursor.any(at, DML) {
        let name = cursor.skip(at + 1, &["into", "from"]);
        let access = match () {
            () if cursor.is(at, "insert") => Access::Appends,
            () if cursor.is(at, "delete") => deletes(cursor),
            () => Access::Writes,
        };
        return Shape { uses: touch(cursor, name, access).into_iter().collect(), ..shape };
    }
    let Some(into) = cursor.find(at, &["into"]) else { return Shape { verb: Verb::Query, ..shape } };
    let temporary = cursor.any(into + 1, &["temp", "temporary"]);
    let name = cursor.skip(into + 1, &["temp", "temporary", "table"]);
    let target = touch(cursor, name, Access::Writes);
    let target = target.map(|target| if temporary { in_temp_schema(target) } else { target });
    Shape { uses: target.map(with_rows).into_iter().flatten().collect(), ..shape }
}

fn alter(cursor: &Cursor<'_>) -> Shape {
    if cursor.is(1, "datashare") {
        return other::datashare(cursor);
    }
    if cursor.is(1, "database") {
        let level = cursor.find(2, &["isolation"]);
        return level.map_or_else(Shape::default, |at| Shape::verb(Verb::Alone, at..at + 2));
    }
    let kinds = ["table", "view", "materialized", "external"];
    if !cursor.any(1, &kinds) || cursor.has(1, &["external", "schema"]) {
        return Shape::default();
    }
    let at = cursor.skip(cursor.skip(1, &kinds), &["if", "exists"]);
    let Some((name, behind)) = cursor.name(at) else { return Shape::default() };
    let behind = if cursor.is(behind, "(") { behind + 1 } else { behind };
    let touch_it = |access| name.touched(access);
    match () {
        () if cursor.is(behind, "append") => {
            // The rows are moved: the other table is read, and is empty afterwards.
            let from = cursor.skip(behind + 1, &["from"]);
            let moved = [Access::Reads, Access::Empties].into_iter().filter_map(|to| touch(cursor, from, to));
            Shape {
                uses: touch_it(Access::Appends).into_iter().chain(moved).collect(),
                ..Shape::verb(Verb::Alone, behind..from)
            }
        }
        () if cursor.has(behind, &["rename", "to"]) => {
            let renamed = touch_it(Access::Ends).and_then(|old| {
                let new = touch(cursor, behind + 2, Access::Writes)?;
                let needed = Use { access: Access::Needs, ..old.clone() };
                let new = with_rows(in_schema_of(new, &old));
                Some([needed, old].into_iter().chain(new))
            });
            Shape::touching(renamed.into_iter().flatten())
        }
        () if cursor.is(behind, "owner") => Shape::touching(touch_it(Access::Needs)),
        () => {
            let (verb, words) = refused_in_transaction(cursor, behind).unwrap_or((Verb::Other, 0..1));
            let query = cursor.is(1, "external").then(|| reading(behind));
            let effect = external::places(cursor, &name, behind).map_or(Effect::Nothing, Effect::External);
            let access = external::altered(cursor, behind);
            let others = create::references(cursor, behind);
            let uses = touch_it(access).into_iter().chain(others);
            Shape { verb, words, reading: query, effect, ..Shape::touching(uses) }
        }
    }
}

/// Changes of a table that cannot stand in a transaction: of a column's type, and those that only external
/// tables have.
fn refused_in_transaction(cursor: &Cursor<'_>, at: usize) -> Option<(Verb, Range<usize>)> {
    if cursor.is(at, "alter") {
        let column = cursor.skip(at + 1, &["column"]);
        let (_, behind) = cursor.name(column)?;
        return cursor.is(behind, "type").then_some((Verb::Alone, at..column));
    }
    let partition = cursor.skip(at, &["add", "drop", "replace", "if", "not", "exists"]);
    if cursor.has(partition, &["partition", "field"]) {
        return Some((Verb::Alone, at..partition + 2));
    }
    if cursor.is(partition, "partition") {
        return Some((Verb::Alone, at..partition + 1));
    }
    let external = [&["location"][..], &["file", "format"], &["table", "properties"]];
    let words = external.into_iter().find(|words| cursor.is(at, "set") && cursor.has(at + 1, words))?;
    Some((Verb::Alone, at..at + 1 + words.len()))
}

/// `RENAME` keeps the schema, and takes no other.
fn in_schema_of(item: Use, other: &Use) -> Use {
    match (item.target, &other.target) {
        (Target::Table { table, .. }, Target::Table { database, schema, .. }) => {
            let target = Target::Table { database: database.clone(), schema: schema.clone(), table };
            Use { target, ..item }
        }
        (target, _) => Use { target, ..item },
    }
}

/// A table that is made with its rows is created and written.
fn with_rows(item: Use) -> [Use; 2] {
    [Use { access: Access::Creates, ..item.clone() }, Use { access: Access::Writes, ..item }]
}

/// Marks a table as temporary: only its own connection sees it.
fn in_temp_schema(item: Use) -> Use {
    let target = match item.target {
        Target::Table { table, .. } => Target::Table { database: None, schema: TEMPORARY.to_owned(), table },
        prefix @ Target::Prefix(_) => prefix,
    };
    Use { target, ..item }
}

fn drop(cursor: &Cursor<'_>) -> Shape {
    match () {
        () if cursor.any(1, &["database", "library"]) => Shape::verb(Verb::Alone, 0..2),
        // Whatever is in it goes with it.
        () if cursor.is(1, "schema") => {
            let cascades = cursor.find(2, &["cascade"]).is_some();
            let dropped =
                if cascades { schemas(cursor, cursor.skip(2, &["if", "exists"])) } else { Vec::new() };
            Shape { dropped, cascades, ..Shape::default() }
        }
        () if cursor.any(1, &["table", "view", "materialized"]) || cursor.has(1, &["external", "view"]) => {
            let at = cursor.skip(1, &["external", "materialized", "table", "view", "if", "exists"]);
            let cascades = cursor.find(at, &["cascade"]).is_some();
            Shape { cascades, ..Shape::touching(list(cursor, at, Access::Ends)) }
        }
        () => Shape::default(),
    }
}

/// Reads the names of a list of schemas.
fn schemas(cursor: &Cursor<'_>, from: usize) -> Vec<String> {
    let names = (from..).step_by(2).map_while(|n| {
        let name = cursor.one_name(n)?;
        (n == from || cursor.is(n - 1, ",")).then_some(name)
    });
    names.collect()
}
