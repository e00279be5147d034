//! One statement: what it does by its first words, the names that it writes, and whether it parses.

use super::lineage::{self, Parsed};
use super::scan::{Kind, Token};
use super::{Access, SqlError, SqlErrorKind, SqlStatement, Target, Use, Verb, clean};
use std::ops::Range;

/// Reads a statement; its first token is no comment.
pub(super) fn read(script: &str, tokens: &[Token], errors: &mut Vec<SqlError>) -> SqlStatement {
    let start = tokens[0].range.start;
    let range = start..tokens[tokens.len() - 1].range.end;
    let significant: Vec<&Token> = tokens.iter().filter(|token| token.kind != Kind::Comment).collect();
    let cursor = Cursor { script, tokens: &significant };
    holes_in_names(&cursor, errors);
    let shape = shape(&cursor);
    let mut uses = shape.uses;
    if shape.parse {
        let broken = errors.iter().any(|error| range.contains(&error.range.start));
        match lineage::reads(&clean::clean(script, tokens)) {
            Parsed::Reads(reads) => {
                let written: Vec<usize> = uses.iter().map(|item| item.range.start).collect();
                uses.extend(
                    reads
                        .into_iter()
                        .map(|read| Use { range: read.range.start + start..read.range.end + start, ..read })
                        .filter(|read| !written.contains(&read.range.start)),
                );
            }
            Parsed::Wrong { at, message } if !broken => {
                let range = marked(script, tokens, at.map(|at| at + start), &message);
                let is_sure = !shape.known || !is_balanced(&cursor);
                let kind = if is_sure { SqlErrorKind::Syntax } else { SqlErrorKind::NotUnderstood };
                errors.push(SqlError { range, kind: kind(message) });
            }
            Parsed::Wrong { .. } => {}
        }
    }
    uses.sort_by_key(|item| item.range.start);
    SqlStatement {
        text: text_without_holes_in_comments(script, tokens),
        range,
        verb: shape.verb,
        uses,
        params: params(&cursor),
    }
}

/// What the first words of a statement say.
struct Shape {
    verb: Verb,
    uses: Vec<Use>,
    /// The parser knows this kind of statement.
    parse: bool,
    /// Redshift knows it.
    known: bool,
}

#[derive(Clone, Copy)]
struct Cursor<'a> {
    script: &'a str,
    tokens: &'a [&'a Token],
}

impl Cursor<'_> {
    fn is(&self, n: usize, word: &str) -> bool {
        self.tokens.get(n).is_some_and(|token| token.is(self.script, word))
    }

    fn any(&self, n: usize, words: &[&str]) -> bool {
        self.tokens.get(n).is_some_and(|token| token.is_any(self.script, words))
    }

    fn skip(&self, mut n: usize, words: &[&str]) -> usize {
        while self.any(n, words) {
            n += 1;
        }
        n
    }

    /// Reads a name with its qualifiers; gives it with the index of the token behind it.
    fn name(&self, n: usize, access: Access) -> Option<(Use, usize)> {
        let mut parts = Vec::new();
        let mut at = n;
        loop {
            let token = self.tokens.get(at)?;
            let text = token.text(self.script);
            parts.push(match token.kind {
                Kind::Word => text.to_lowercase(),
                Kind::Name => text.trim_matches('"').replace("\"\"", "\"").to_lowercase(),
                Kind::Text | Kind::Number | Kind::Hole | Kind::Comment | Kind::Symbol => return None,
            });
            at += 1;
            if !self.is(at, ".") {
                break;
            }
            at += 1;
        }
        let range = self.tokens[n].range.start..self.tokens[at - 1].range.end;
        Some((Use { access, target: super::lineage::table(parts)?, range }, at))
    }

    /// Finds a word outside of parentheses.
    fn find(&self, from: usize, words: &[&str]) -> Option<usize> {
        let mut depth = 0_i32;
        for n in from..self.tokens.len() {
            if self.is(n, "(") {
                depth += 1;
            } else if self.is(n, ")") {
                depth -= 1;
            } else if depth == 0 && self.any(n, words) {
                return Some(n);
            }
        }
        None
    }

    /// Reads the S3 URI of a literal.
    fn prefix(&self, n: usize, access: Access) -> Option<Use> {
        let token = self.tokens.get(n).filter(|token| token.kind == Kind::Text)?;
        let text = token.text(self.script).trim_matches('\'');
        text.starts_with("s3://").then(|| Use {
            access,
            target: Target::Prefix(text.to_owned()),
            range: token.range.clone(),
        })
    }
}

const QUERY: &[&str] = &["select", "with", "values"];
/// What Redshift refuses inside a transaction (Redshift Database Developer Guide, each command's page).
const ALONE: &[&str] = &["vacuum", "cancel"];
const TRANSACTION: &[&str] = &["begin", "commit", "end", "rollback", "abort", "start"];
/// Statements that the parser does not know well enough, and that touch no data that dagc follows.
const OPAQUE: &[&str] = &[
    "alter",
    "attach",
    "call",
    "close",
    "comment",
    "deallocate",
    "declare",
    "desc",
    "describe",
    "detach",
    "execute",
    "fetch",
    "grant",
    "lock",
    "prepare",
    "reset",
    "revoke",
    "set",
    "show",
    "use",
];

fn shape(cursor: &Cursor<'_>) -> Shape {
    let opaque = |verb, uses: Vec<Use>| Shape { verb, uses, parse: false, known: true };
    let parsed = |verb, target: Option<Use>| Shape {
        verb,
        uses: target.into_iter().collect(),
        parse: true,
        known: true,
    };
    let target = |n, access| cursor.name(n, access).map(|(target, _)| target);
    match () {
        () if cursor.is(0, "explain") => {
            let at = cursor.skip(1, &["verbose"]);
            let inner = shape(&Cursor { tokens: &cursor.tokens[at.min(cursor.tokens.len())..], ..*cursor });
            Shape { verb: Verb::Query, ..inner }
        }
        () if cursor.is(0, "(") || cursor.any(0, QUERY) => query(cursor, parsed),
        () if cursor.any(0, TRANSACTION) => opaque(Verb::TransactionControl, Vec::new()),
        () if cursor.is(0, "insert") => {
            parsed(Verb::Other, target(cursor.skip(1, &["into"]), Access::Appends))
        }
        () if cursor.is(0, "update") => parsed(Verb::Other, target(1, Access::Writes)),
        // The parser wants the FROM that Redshift does not need.
        () if cursor.is(0, "delete") && !cursor.is(1, "from") => {
            opaque(Verb::Other, target(1, deletes(cursor)).into_iter().collect())
        }
        () if cursor.is(0, "delete") => parsed(Verb::Other, target(2, deletes(cursor))),
        () if cursor.is(0, "merge") => parsed(Verb::Other, target(cursor.skip(1, &["into"]), Access::Writes)),
        () if cursor.is(0, "truncate") => {
            opaque(Verb::Commits, target(cursor.skip(1, &["table"]), Access::Empties).into_iter().collect())
        }
        () if cursor.is(0, "copy") => opaque(Verb::Other, copy(cursor)),
        () if cursor.is(0, "unload") => opaque(Verb::Other, unload(cursor)),
        () if cursor.is(0, "refresh") => {
            let at = cursor.skip(1, &["materialized", "view"]);
            opaque(Verb::Other, target(at, Access::Writes).into_iter().collect())
        }
        () if cursor.any(0, &["analyze", "vacuum"]) => {
            let words = ["verbose", "full", "sort", "only", "delete", "reindex", "recluster"];
            let verb = if cursor.any(0, ALONE) { Verb::Alone } else { Verb::Other };
            let at = cursor.skip(1, &words);
            let compression = cursor.is(at, "compression");
            opaque(verb, target(at + usize::from(compression), Access::Needs).into_iter().collect())
        }
        () if cursor.is(0, "alter") => alter(cursor),
        () if cursor.is(0, "drop") => drop(cursor),
        () if cursor.is(0, "create") => create(cursor),
        () if cursor.any(0, ALONE) => opaque(Verb::Alone, Vec::new()),
        () if cursor.any(0, OPAQUE) => opaque(Verb::Other, Vec::new()),
        // Anything else is no statement that Redshift knows: let the parser say so.
        () => Shape { known: false, ..parsed(Verb::Other, None) },
    }
}

fn query(cursor: &Cursor<'_>, parsed: impl Fn(Verb, Option<Use>) -> Shape) -> Shape {
    let verbs = ["select", "insert", "update", "delete", "merge"];
    let at = cursor.find(0, &verbs).unwrap_or(0);
    if cursor.any(at, &verbs[1..]) {
        let name = cursor.skip(at + 1, &["into", "from"]);
        let access = if cursor.is(at, "insert") { Access::Appends } else { Access::Writes };
        return parsed(Verb::Other, cursor.name(name, access).map(|(target, _)| target));
    }
    match cursor.find(at, &["into"]) {
        Some(into) => {
            let temporary = cursor.any(into + 1, &["temp", "temporary"]);
            let name = cursor.skip(into + 1, &["temp", "temporary", "table"]);
            let target = cursor.name(name, Access::Writes).map(|(target, _)| target);
            let target = target.map(|target| if temporary { in_temp_schema(target) } else { target });
            let shape = parsed(Verb::Other, None);
            Shape { uses: target.map(with_rows).into_iter().flatten().collect(), ..shape }
        }
        None => parsed(Verb::Query, None),
    }
}

fn copy(cursor: &Cursor<'_>) -> Vec<Use> {
    let target = cursor.name(1, Access::Appends).map(|(target, _)| target);
    let from = cursor.find(1, &["from"]).and_then(|n| cursor.prefix(n + 1, Access::Reads));
    target.into_iter().chain(from).collect()
}

fn unload(cursor: &Cursor<'_>) -> Vec<Use> {
    let mut uses = Vec::new();
    if let Some(token) = cursor.tokens.iter().find(|token| token.kind == Kind::Text) {
        let text = token.text(cursor.script);
        let query = match text.strip_prefix('\'') {
            Some(inner) => inner.strip_suffix('\'').unwrap_or(inner).replace("''", "'"),
            None => text.trim_matches('$').to_owned(),
        };
        // Places inside a literal with doubled quotes mean nothing: its names stand at the literal.
        for inner in super::analyse(&query).statements {
            uses.extend(inner.uses.into_iter().map(|item| Use { range: token.range.clone(), ..item }));
        }
    }
    uses.extend(cursor.find(1, &["to"]).and_then(|n| cursor.prefix(n + 1, Access::Writes)));
    uses
}

fn alter(cursor: &Cursor<'_>) -> Shape {
    let mut shape = Shape { verb: Verb::Other, uses: Vec::new(), parse: false, known: true };
    if !cursor.any(1, &["table", "view", "materialized"]) {
        return shape;
    }
    let name = cursor.skip(2, &["view", "if", "exists"]);
    let touch = |n, access| cursor.name(n, access).map(|(target, _)| target);
    let Some((_, behind)) = cursor.name(name, Access::Alters) else { return shape };
    if cursor.is(behind, "append") {
        // The rows are moved: the other table is read, and is empty afterwards.
        shape.verb = Verb::Alone;
        let from = cursor.skip(behind + 1, &["from"]);
        let moved = [Access::Reads, Access::Empties].into_iter().filter_map(|access| touch(from, access));
        shape.uses.extend(touch(name, Access::Appends).into_iter().chain(moved));
    } else if cursor.is(behind, "rename") && cursor.is(behind + 1, "to") {
        let renamed = touch(name, Access::Ends).and_then(|old| {
            let new = touch(behind + 2, Access::Writes)?;
            Some(std::iter::once(old.clone()).chain(with_rows(in_schema_of(new, &old))))
        });
        shape.uses.extend(renamed.into_iter().flatten());
    } else {
        let access = if cursor.is(behind, "owner") { Access::Needs } else { Access::Alters };
        shape.uses.extend(touch(name, access));
    }
    shape
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

/// `DELETE` without a condition leaves nothing.
fn deletes(cursor: &Cursor<'_>) -> Access {
    if cursor.find(1, &["where", "using"]).is_some() { Access::Writes } else { Access::Empties }
}

fn drop(cursor: &Cursor<'_>) -> Shape {
    let mut shape = Shape { verb: Verb::Other, uses: Vec::new(), parse: false, known: true };
    if cursor.is(1, "database") {
        shape.verb = Verb::Alone;
    }
    if cursor.any(1, &["table", "view", "materialized"]) {
        let mut at = cursor.skip(2, &["view", "if", "exists"]);
        while let Some((target, next)) = cursor.name(at, Access::Ends) {
            shape.uses.push(target);
            if !cursor.is(next, ",") {
                break;
            }
            at = next + 1;
        }
    }
    shape
}

fn create(cursor: &Cursor<'_>) -> Shape {
    let kind = cursor.skip(1, &["or", "replace", "local", "temp", "temporary", "external", "materialized"]);
    let external = (1..kind).any(|n| cursor.is(n, "external"));
    let temporary = (1..kind).any(|n| cursor.any(n, &["temp", "temporary"]));
    let name = cursor.skip(kind + 1, &["if", "not", "exists"]);
    let verb = match () {
        () if cursor.is(kind, "database") || (external && cursor.is(kind, "table")) => Verb::Alone,
        () => Verb::Other,
    };
    if !cursor.any(kind, &["table", "view"]) {
        return Shape { verb, uses: Vec::new(), parse: false, known: true };
    }
    let is_query = |n: usize| cursor.any(n, &["select", "with"]) || cursor.is(n, "(");
    let has_query = cursor.is(kind, "view") || cursor.find(name, &["as"]).is_some_and(|n| is_query(n + 1));
    let target = cursor.name(name, Access::Creates).map(|(target, _)| target);
    let target = target.map(|target| if temporary { in_temp_schema(target) } else { target });
    let uses = match target {
        Some(target) if has_query => with_rows(target).into(),
        target => target.into_iter().collect(),
    };
    Shape { verb, uses, parse: !external, known: true }
}

/// Marks a table as temporary: only its own connection sees it.
fn in_temp_schema(item: Use) -> Use {
    let target = match item.target {
        Target::Table { table, .. } => {
            Target::Table { database: None, schema: super::lineage::TEMPORARY.to_owned(), table }
        }
        prefix @ Target::Prefix(_) => prefix,
    };
    Use { target, ..item }
}

/// A hole becomes a literal when it runs: it cannot be a name or a part of one.
fn holes_in_names(cursor: &Cursor<'_>, errors: &mut Vec<SqlError>) {
    let is_name = |token: &Token| matches!(token.kind, Kind::Word | Kind::Name | Kind::Number);
    for (n, token) in cursor.tokens.iter().enumerate() {
        let hole_in_quotes = token.kind == Kind::Name && token.text(cursor.script).contains("{{");
        let touches = |other: Option<&&Token>, before: bool| {
            other.is_some_and(|other| {
                let adjacent = if before {
                    other.range.end == token.range.start
                } else {
                    token.range.end == other.range.start
                };
                adjacent && (is_name(other) || other.kind == Kind::Hole || other.is(cursor.script, "."))
            })
        };
        let before = n.checked_sub(1).and_then(|n| cursor.tokens.get(n));
        let hole_in_name = token.kind == Kind::Hole
            && (touches(before, true)
                || touches(cursor.tokens.get(n + 1), false)
                || before.is_some_and(|word| {
                    word.is_any(cursor.script, &["from", "join", "into", "table", "update", "view"])
                }));
        if hole_in_quotes || hole_in_name {
            errors.push(SqlError { range: token.range.clone(), kind: SqlErrorKind::HoleInName });
        }
    }
}

/// Says whether parentheses and brackets are closed as they are opened.
fn is_balanced(cursor: &Cursor<'_>) -> bool {
    let mut open = Vec::new();
    for n in 0..cursor.tokens.len() {
        for (opening, closing) in [("(", ")"), ("[", "]")] {
            if cursor.is(n, opening) {
                open.push(closing);
            } else if cursor.is(n, closing) && open.pop() != Some(closing) {
                return false;
            }
        }
    }
    open.is_empty()
}

/// Finds `:name`; `a::type` is a cast.
fn params(cursor: &Cursor<'_>) -> Vec<(String, Range<usize>)> {
    let adjacent = |n: usize| cursor.tokens[n].range.end == cursor.tokens[n + 1].range.start;
    (0..cursor.tokens.len().saturating_sub(1))
        .filter(|n| cursor.is(*n, ":") && cursor.tokens[n + 1].kind == Kind::Word && adjacent(*n))
        .filter(|n| !(*n > 0 && cursor.is(n - 1, ":") && adjacent(n - 1)))
        .map(|n| {
            let name = cursor.tokens[n + 1];
            (name.text(cursor.script).to_owned(), cursor.tokens[n].range.start..name.range.end)
        })
        .collect()
}

/// The token at a place, or the last one. The parser sometimes gives the place of the token behind the one
/// that it names as found.
fn marked(script: &str, tokens: &[Token], at: Option<usize>, message: &str) -> Range<usize> {
    let index = at.and_then(|at| tokens.iter().position(|token| token.range.contains(&at)));
    let index = index.unwrap_or(tokens.len() - 1);
    let found = message.rsplit_once("found ").map_or("", |(_, found)| found);
    let named = (index.saturating_sub(2)..=index).rev().find(|n| tokens[*n].text(script) == found);
    tokens[named.unwrap_or(index)].range.clone()
}

/// A comment's quotes mean nothing, so that a hole in it could not be completed.
fn text_without_holes_in_comments(script: &str, tokens: &[Token]) -> String {
    let mut text = String::new();
    let mut at = tokens[0].range.start;
    for token in tokens {
        if token.kind == Kind::Comment && token.text(script).contains("{{") {
            text.push_str(&script[at..token.range.start]);
            at = token.range.end;
        }
    }
    text.push_str(&script[at..tokens[tokens.len() - 1].range.end]);
    text.trim_end().to_owned()
}
