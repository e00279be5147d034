//! Which tables a statement reads: the names behind `FROM`, `JOIN` and `USING`, each in the scope of its query.
//!
//! Works on tokens, so that it knows them also where the parser knows an expression not. A name is no table
//! when it is a `WITH` query that can be seen from there, or when it begins with an alias or a table that stands
//! further left: then it leads into a SUPER value (`FROM orders o, o.items i`).

mod tables;

use super::cursor::{Cursor, Name};
use super::place::is_plain_name;
use super::scan::Kind;
use std::collections::HashSet;

/// Nobody writes deeper; what lies below is not read.
const DEEPEST: usize = 100;

/// The tables that a statement reads.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Their names.
    pub(super) tables: Vec<Name>,
    /// Tokens that stand where a table should, and are holes.
    pub(super) holes: Vec<usize>,
    /// Parentheses were nested so deep that the innermost were not looked at.
    pub(super) too_deep: bool,
}

/// Finds the tables that are read from a token on; `target` is the table that the statement changes, which may have
/// an alias there. Nothing navigates into its columns: `UPDATE dw.sales ... FROM sales.stage` reads a schema's table.
pub(super) fn names(cursor: &Cursor<'_>, from: usize, target: Option<&Name>) -> Names {
    let mut walker = Walker {
        cursor,
        closing: cursor.closing(),
        frames: vec![Frame::default()],
        depth: 0,
        found: Names::default(),
    };
    let mut at = from;
    if let Some(target) = target {
        at = walker.alias(at, cursor.tokens.len(), Visible::of(target));
        walker.frame().tables.clear();
    }
    walker.body(at, cursor.tokens.len(), false);
    walker.found
}

/// What one query sees.
#[derive(Debug, Default)]
struct Frame {
    /// The names of its `WITH` queries so far.
    queries: HashSet<String, foldhash::fast::RandomState>,
    /// What stands in its `FROM` so far.
    tables: Vec<Visible>,
}

/// Something in a `FROM`, by the name under which the rest of the query knows it.
#[derive(Clone, Debug)]
struct Visible {
    name: String,
    /// The schema, when the table has no alias.
    schema: Option<String>,
    has_alias: bool,
}

impl Visible {
    fn of(name: &Name) -> Self {
        let mut parts = name.parts.iter().rev().cloned();
        Self { name: parts.next().unwrap_or_default(), schema: parts.next(), has_alias: false }
    }
}

/// Words that end a list of tables.
const ENDS: &[&str] = &[
    "connect",
    "fetch",
    "group",
    "having",
    "limit",
    "offset",
    "order",
    "qualify",
    "returning",
    "select",
    "set",
    "start",
    "values",
    "when",
    "where",
    "window",
    "with",
];
/// Words that stand between two queries.
const BETWEEN: &[&str] = &["union", "intersect", "except", "minus"];

struct Walker<'c, 'a> {
    cursor: &'c Cursor<'a>,
    closing: Vec<usize>,
    frames: Vec<Frame>,
    depth: usize,
    found: Names,
}

impl Walker<'_, '_> {
    /// Reads a query, `WITH` and set operators included, which sees what is around it.
    fn query(&mut self, from: usize, end: usize) {
        self.frames.push(Frame::default());
        self.body(from, end, false);
        self.frames.pop();
    }

    /// Reads clauses one after the other; `in_from` says that they begin inside a list of tables.
    fn body(&mut self, from: usize, end: usize, in_from: bool) {
        if self.depth == DEEPEST {
            self.found.too_deep = true;
            return;
        }
        self.depth += 1;
        let (mut in_from, mut wants_table) = (in_from, in_from);
        let mut cases = 0_usize;
        // Expressions see the whole FROM, wherever they stand.
        let mut expressions = Vec::new();
        let mut at = from;
        while at < end {
            let cursor = self.cursor;
            match () {
                () if wants_table => {
                    at = self.table(at, end);
                    wants_table = false;
                    continue;
                }
                () if cursor.is(at, "(") => {
                    expressions.push(at);
                    at = self.closing[at].min(end);
                }
                () if cursor.is(at, ",") && cases == 0 => wants_table = in_from,
                // The rest are words; behind a dot they are names.
                () if cursor.tokens[at].kind != Kind::Word || (at > from && cursor.is(at - 1, ".")) => {}
                () if cursor.is(at, "case") => cases += 1,
                () if cursor.is(at, "end") => cases = cases.saturating_sub(1),
                () if cases > 0 => {}
                // `IS DISTINCT FROM` compares.
                () if cursor.is(at, "from") && !(at > from && cursor.is(at - 1, "distinct")) => {
                    (in_from, wants_table) = (true, true);
                }
                () if cursor.is(at, "join") => wants_table = true,
                () if cursor.is(at, "using") && !self.is_list_of_columns(at + 1) => {
                    (in_from, wants_table) = (true, true);
                }
                () if cursor.any(at, BETWEEN) => {
                    in_from = false;
                    self.groups(&mut expressions, end);
                    self.frame().tables.clear();
                }
                () if cursor.is(at, "with") => {
                    in_from = false;
                    at = self.with(at, end);
                    continue;
                }
                // `TABLE t` is a query.
                () if cursor.is(at, "table") && self.is_query_of_table(at, from) => {
                    (in_from, wants_table) = (false, true);
                }
                () if self.ends(at) => in_from = false,
                () => {}
            }
            at += 1;
        }
        self.groups(&mut expressions, end);
        self.depth -= 1;
    }

    fn groups(&mut self, opened: &mut Vec<usize>, end: usize) {
        for open in std::mem::take(opened) {
            self.group(open, end);
        }
    }

    /// Says whether a list of tables ends there. Some words end it only with what stands behind them: they are no keywords
    /// of Redshift's.
    fn ends(&self, at: usize) -> bool {
        let cursor = self.cursor;
        match () {
            () if !cursor.any(at, ENDS) => false,
            () if cursor.is(at + 1, ".") && cursor.one_name(at + 2).is_some() => false,
            () => !is_plain_name(cursor, at),
        }
    }

    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("invariant: the first frame stays")
    }

    /// Reads `WITH name AS (...), ...`; gives the index behind it. `WITH NO SCHEMA BINDING` is something else.
    fn with(&mut self, with: usize, end: usize) -> usize {
        let recursive = self.cursor.is(with + 1, "recursive") && !is_plain_name(self.cursor, with + 1);
        let mut at = with + 1 + usize::from(recursive);
        while let Some(name) = self.cursor.one_name(at).filter(|_| at < end) {
            let mut open = at + 1;
            if self.cursor.is(open, "(") {
                open = self.closing[open] + 1;
            }
            if !self.cursor.is(open, "as") || !self.cursor.is(open + 1, "(") {
                return at.min(end);
            }
            let close = self.closing[open + 1].min(end);
            if recursive {
                self.frame().queries.insert(name.clone());
            }
            self.query(open + 2, close);
            self.frame().queries.insert(name);
            at = close + 1;
            if !self.cursor.is(at, ",") {
                return at.min(end);
            }
            at += 1;
        }
        at.min(end)
    }

    /// Reads what stands in parentheses in an expression; gives the index of the closing one.
    fn group(&mut self, open: usize, end: usize) -> usize {
        let close = self.closing[open].min(end);
        if self.is_query(open + 1, close) {
            self.query(open + 1, close);
        } else {
            self.expressions(open + 1, close);
        }
        close
    }

    /// Looks for queries in expressions. `FROM` means nothing here: `extract(epoch from t)`.
    fn expressions(&mut self, from: usize, end: usize) {
        if self.depth == DEEPEST {
            self.found.too_deep = true;
            return;
        }
        self.depth += 1;
        let mut at = from;
        while at < end {
            if self.cursor.is(at, "(") {
                at = self.group(at, end);
            }
            at += 1;
        }
        self.depth -= 1;
    }

    /// Says whether a query stands there: `SELECT`, or queries in parentheses and a set operator.
    fn is_query(&self, from: usize, end: usize) -> bool {
        let is_one = |at: usize| {
            let cursor = self.cursor;
            cursor.any(at, &["select", "with"])
                || (cursor.is(at, "values") && cursor.is(at + 1, "("))
                || (cursor.is(at, "table") && cursor.one_name(at + 1).is_some())
        };
        if is_one(from) {
            return true;
        }
        let mut at = from;
        while self.cursor.is(at, "(") && at < end {
            if is_one(at + 1) {
                let behind = self.closing[from] + 1;
                return behind >= end || self.cursor.any(behind, BETWEEN) || self.cursor.any(behind, ENDS);
            }
            at += 1;
        }
        false
    }

    /// Says whether `TABLE name` stands there where a query can.
    fn is_query_of_table(&self, at: usize, from: usize) -> bool {
        const BEFORE: &[&str] = &["all", "distinct"];
        let cursor = self.cursor;
        let begins =
            at == from || cursor.is(at - 1, ")") || cursor.any(at - 1, BETWEEN) || cursor.any(at - 1, BEFORE);
        begins && cursor.one_name(at + 1).is_some()
    }

    fn is_list_of_columns(&self, at: usize) -> bool {
        self.cursor.is(at, "(") && !self.is_query(at + 1, self.closing[at])
    }
}
