//! The columns that are known at a place: their names, types, and where each was written.

use super::kind::Type;
use crate::diagnostic::nearest;
use crate::text::Span;

/// A column of a table or of the rows between two operations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name. Names are equal whatever their case is.
    pub name: String,
    /// The name of the table that it can be written with: `left.id`; where two are joined.
    pub of: Option<String>,
    /// Its type, [`Type::Unknown`] when it has a name alone.
    pub kind: Type,
    /// It may have no value.
    pub is_nullable: bool,
    /// Where it was declared or made.
    pub span: Option<Span>,
}

impl Column {
    /// Makes a column that nothing but its type is said of: it may have no value.
    pub fn new(name: impl Into<String>, kind: Type) -> Self {
        Self { name: name.into(), of: None, kind, is_nullable: true, span: None }
    }
}

/// Columns in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// The columns that are known.
    pub columns: Vec<Column>,
    /// There may be more of them: a name that is not among them is no error.
    pub is_open: bool,
}

/// What a name means among columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// One column.
    One(&'a Column),
    /// Two columns or more: the first two.
    Many(&'a Column, &'a Column),
    /// None that is known; there may be one.
    MayBe,
    /// None; this one has a name like it.
    None(Option<&'a str>),
}

impl Schema {
    /// Columns that are all there are.
    pub fn closed(columns: Vec<Column>) -> Self {
        Self { columns, is_open: false }
    }

    /// No column is known, and there may be any.
    pub fn open() -> Self {
        Self { columns: Vec::new(), is_open: true }
    }

    /// Finds the column of a name.
    pub fn find(&self, name: &str) -> Found<'_> {
        self.found(name, |column| is_same(&column.name, name))
    }

    /// Finds the column of a name with that of its table.
    pub fn find_of(&self, table: &str, name: &str) -> Found<'_> {
        let of = |column: &Column| column.of.as_deref().is_some_and(|of| is_same(of, table));
        self.found(name, |column| of(column) && is_same(&column.name, name))
    }

    /// Says whether a table is one whose columns these are.
    pub fn has_table(&self, table: &str) -> bool {
        self.columns.iter().any(|column| column.of.as_deref().is_some_and(|of| is_same(of, table)))
    }

    fn found(&self, name: &str, is_it: impl Fn(&Column) -> bool) -> Found<'_> {
        let mut columns = self.columns.iter().filter(|column| is_it(column));
        match (columns.next(), columns.next()) {
            (Some(one), None) => Found::One(one),
            (Some(one), Some(other)) => Found::Many(one, other),
            (None, _) if self.is_open => Found::MayBe,
            (None, _) => Found::None(nearest(name, self.columns.iter().map(|column| column.name.as_str()))),
        }
    }
}

/// Says whether two names are the same to Spark, which looks at no case unless it is told to.
pub fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
}
