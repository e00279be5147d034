//! The members of a list of tables: their names, their aliases, and which of them are tables.

use super::{BETWEEN, Visible, Walker, is_plain_name};
use crate::sql::scan::Kind;

/// Words behind a table that are no alias of it.
const NO_ALIAS: &[&str] = &[
    "at",
    "cross",
    "for",
    "full",
    "inner",
    "into",
    "join",
    "lateral",
    "left",
    "natural",
    "on",
    "outer",
    "pivot",
    "remove",
    "right",
    "tablesample",
    "unpivot",
    "using",
];

impl Walker<'_, '_> {
    /// Reads one member of a list of tables, with its alias; gives the index behind it.
    pub(super) fn table(&mut self, at: usize, end: usize) -> usize {
        let is_word = |at: &usize| {
            self.cursor.any(*at, &["lateral", "only", "unpivot"]) && !is_plain_name(self.cursor, *at)
        };
        let at = (at..end).find(|at| !is_word(at)).unwrap_or(end);
        if at >= end {
            return end;
        }
        if self.cursor.is(at, "(") {
            let close = self.closing[at].min(end);
            if self.is_query(at + 1, close) {
                self.query(at + 1, close);
            } else {
                self.body(at + 1, close, true);
            }
            let derived = Visible { name: String::new(), schema: None, has_alias: true };
            return self.alias(close + 1, end, derived);
        }
        let Some((name, behind)) = self.cursor.name(at).filter(|(_, behind)| *behind <= end) else {
            if self.cursor.tokens[at].kind == Kind::Hole {
                self.found.holes.push(at);
            }
            return at + 1;
        };
        if self.cursor.is(behind, "(") {
            // A function.
            let close = self.closing[behind].min(end);
            self.expressions(behind + 1, close);
            let derived = Visible { name: String::new(), schema: None, has_alias: true };
            return self.alias(close + 1, end, derived);
        }
        let is_indexed = self.cursor.is(behind, "[");
        let visible = Visible::of(&name);
        if !is_indexed && self.is_table(&name.parts) {
            self.found.tables.push(name);
        }
        self.alias(if is_indexed { self.path(behind, end) } else { behind }, end, visible)
    }

    /// Passes over `[0].name[1]`.
    fn path(&self, mut at: usize, end: usize) -> usize {
        while at < end {
            if self.cursor.is(at, "[") {
                at = self.closing[at] + 1;
            } else if self.cursor.is(at, ".") {
                at += 2;
            } else {
                break;
            }
        }
        at.min(end)
    }

    /// Reads an alias, if there is one, and makes the table visible; gives the index behind it.
    pub(super) fn alias(&mut self, at: usize, end: usize, table: Visible) -> usize {
        let mut at = at;
        let mut table = table;
        let is_word = |walker: &Self, at: usize| {
            let cursor = walker.cursor;
            let is_kept = cursor.any(at, NO_ALIAS) && !is_plain_name(cursor, at);
            !(walker.ends(at) || is_kept || cursor.any(at, BETWEEN))
        };
        while self.cursor.any(at, &["pivot", "unpivot", "tablesample"])
            && !is_plain_name(self.cursor, at)
            && at < end
        {
            at = (at..end).find(|n| self.cursor.is(*n, "(")).map_or(end, |open| self.closing[open] + 1);
            table.has_alias = true;
        }
        let named = if self.cursor.is(at, "as") { at + 1 } else { at };
        let alias =
            self.cursor.one_name(named).filter(|_| named < end && (named > at || is_word(self, named)));
        if let Some(alias) = alias {
            table = Visible { name: alias, schema: None, has_alias: true };
            at = named + 1;
            if self.cursor.is(at, "(") && at < end {
                at = self.closing[at] + 1;
            }
        }
        if self.cursor.is(at, "at") {
            at += 2;
        }
        self.frame().tables.push(table);
        at.min(end).max(named.min(end))
    }

    /// Says whether a name stands for a table.
    fn is_table(&self, parts: &[String]) -> bool {
        let here = self.frames.last();
        match parts {
            [name] => {
                let is_query = self.frames.iter().any(|frame| frame.queries.contains(name));
                let is_value = |table: &Visible| table.has_alias && &table.name == name;
                !is_query && !here.is_some_and(|frame| frame.tables.iter().any(is_value))
            }
            [first, rest @ ..] => {
                let leads_in = |table: &Visible| {
                    // `sales.sales, sales.targets`: the schema, which has the table's name.
                    let is_schema = table.schema.as_ref() == Some(first);
                    (&table.name == first && !is_schema)
                        || (rest.len() > 1 && is_schema && Some(&table.name) == rest.first())
                };
                let is_here = here.is_some_and(|frame| frame.tables.iter().any(leads_in));
                // From a query within, `dw.sales` is not navigated into without an alias: `sales.deleted` is a table.
                let around = self.frames.split_last().map_or(&[][..], |(_, around)| around);
                let is_plain = |table: &Visible| table.schema.is_none();
                let leads_out = |table: &Visible| is_plain(table) && leads_in(table);
                !is_here && !around.iter().any(|frame| frame.tables.iter().any(leads_out))
            }
            [] => false,
        }
    }
}
