//! What is wrong with an expression, or worth a word, as data.

use crate::diagnostic::nearest;
use std::ops::Range;

/// Something found in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The bytes of the expression that it is about.
    pub range: Range<usize>,
    /// What it is.
    pub kind: FindingKind,
    /// What is so, as a sentence without its point.
    pub message: String,
    /// The cure.
    pub help: Option<String>,
}

/// What a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// It is no expression of Spark's SQL.
    Syntax,
    /// No column has the name.
    UnknownColumn,
    /// Two columns have the name.
    AmbiguousColumn,
    /// A struct has no such field.
    UnknownField,
    /// An operator or a function does not take a value of the type.
    WrongType,
    /// A function does not take so many arguments.
    WrongCount,
    /// An aggregate, a window or a generator stands where none may stand.
    Misplaced,
    /// A column is neither grouped by nor aggregated.
    NotGrouped,
    /// A cast that Spark refuses in its version.
    RefusedCast,
    /// The version of Spark does not have it yet.
    NotYet,
    /// No function has the name, and one has a name like it.
    UnknownFunction,
    /// A cast that loses something.
    LossyCast,
    /// Values of two types are compared, and one is cast without a word.
    SilentCast,
    /// It is so in Spark and otherwise in most databases.
    Surprise,
    /// It is otherwise from Spark 4 on, that is from Glue 6.0 on, where ANSI mode is on.
    Differs(Chance),
    /// The function is not known here: nothing can be said of it.
    NotKnown,
}

/// How likely it is that something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chance {
    /// It does for every row.
    Certain,
    /// It does for rows that are not as they should be.
    Possible,
    /// It does for numbers that are larger than most are.
    Rare,
}

/// What a finding means for whoever wrote the expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Spark refuses the expression, or fails.
    Error,
    /// It does what hardly anybody means.
    Warning,
    /// It is worth knowing.
    Note,
}

impl FindingKind {
    /// How much it matters.
    pub const fn weight(self) -> Weight {
        match self {
            Self::Syntax
            | Self::UnknownColumn
            | Self::AmbiguousColumn
            | Self::UnknownField
            | Self::WrongType
            | Self::WrongCount
            | Self::Misplaced
            | Self::NotGrouped
            | Self::RefusedCast
            | Self::NotYet => Weight::Error,
            Self::UnknownFunction | Self::SilentCast | Self::Differs(Chance::Certain | Chance::Possible) => {
                Weight::Warning
            }
            Self::LossyCast | Self::Surprise | Self::Differs(Chance::Rare) | Self::NotKnown => Weight::Note,
        }
    }
}

impl Finding {
    /// Makes a finding.
    pub fn new(range: Range<usize>, kind: FindingKind, message: impl Into<String>) -> Self {
        Self { range, kind, message: message.into(), help: None }
    }

    /// Sets the cure.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Asks whether a name like it was meant; says what there is otherwise.
    #[must_use]
    pub fn meant<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(name, known) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}
