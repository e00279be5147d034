//! Columns that are checked: their types, and those of the expressions of Spark's SQL over them.
//!
//! Takes the text of an expression and the columns that are there, and returns its type, whether it may be without a
//! value, and findings at bytes of the text. Nothing is reported as wrong that is not known to be: what is not known
//! has the type [`Type::Unknown`], of which nothing is said. Runs nothing and reads no data.

mod catalogue;
mod finding;
mod kind;
mod lexer;
mod number;
mod operators;
mod parser;
mod schema;
mod tree;
mod typing;
mod wider;

pub use catalogue::{Class, class_of, function_names, varies};
pub use finding::{Chance, Finding, FindingKind, Weight};
pub use kind::{Interval, Type, TypeError, Unit};
pub use schema::{Column, Found, Schema, is_same};
pub use typing::{Clause, Scope, Typed, typed};
pub use wider::wider;

/// The version of Spark that runs an expression, with the setting of ANSI mode that Glue leaves as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spark {
    /// 3.5, up to Glue 5.1: what cannot be computed is `NULL`.
    V3_5,
    /// 4.1, from Glue 6.0 on: what cannot be computed fails.
    V4_1,
}

impl Spark {
    /// The Spark of a version of Glue, by the number before its point.
    pub const fn of_glue(major: u32) -> Self {
        if major >= 6 { Self::V4_1 } else { Self::V3_5 }
    }

    /// Says whether ANSI mode is on.
    pub const fn is_ansi(self) -> bool {
        matches!(self, Self::V4_1)
    }
}

#[cfg(test)]
mod tests;
