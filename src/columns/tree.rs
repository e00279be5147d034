//! An expression of Spark's SQL as a tree.

use super::kind::{Interval, Type};
use std::ops::Range;

/// An expression and the bytes where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expr {
    /// Where it stands.
    pub range: Range<usize>,
    /// What it is.
    pub kind: ExprKind,
}

/// A name as it was written, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// Where it stands.
    pub range: Range<usize>,
    /// The name.
    pub text: String,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ExprKind {
    /// A value that is written out.
    Literal(Literal),
    /// A name with names behind dots: a column, perhaps of a table, perhaps with fields of it.
    Column(Vec<Name>),
    /// `*`, or `t.*`
    Star(Vec<Name>),
    /// `of.name`
    Field(Box<Expr>, Name),
    /// `of[at]`
    Element(Box<Expr>, Box<Expr>),
    /// An operator before a value.
    Unary(Unary, Box<Expr>),
    /// An operator between two values.
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// Values with `and`, or with `or`, between them.
    Logical(Vec<Expr>),
    /// Values with `||` between them.
    Joined(Vec<Expr>),
    /// `is null`, `is not true`, ...: never without a value itself.
    Is(Box<Expr>, Is),
    /// `of in (values)`
    In(Box<Expr>, Vec<Expr>),
    /// `of between low and high`
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `like`, `ilike`, `rlike`, with one pattern or several of which any or all are to fit.
    Like(Box<Expr>, Vec<Expr>),
    /// `cast(of as type)`, `try_cast`, `of::type`
    Cast(Box<Cast>),
    /// `case`
    Case(Box<Case>),
    /// A function with its arguments.
    Call(Box<Call>),
    /// `x -> ...`
    Lambda(Vec<Name>, Box<Expr>),
    /// `(a, b)`
    Tuple(Vec<Expr>),
    /// `of as name`, in the arguments of `struct`.
    Named(Box<Expr>, Name),
    /// A query in parentheses, of which nothing is read.
    Query,
}

/// A value that is written out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// A whole number, with the type of its suffix or its size.
    Whole(i128, Type),
    /// A number with a point: its digits, and of which type it is.
    Number(String, Type),
    /// A text.
    Text(String),
    /// `X'1F'`
    Binary,
    /// `date'...'`, `timestamp'...'`, `timestamp_ntz'...'`
    Time(String, Type),
    /// `interval ...`
    Interval(Interval),
}

/// What stands before a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unary {
    /// `-`
    Minus,
    /// `+`
    Plus,
    /// `~`
    BitNot,
    /// `not`, `!`
    Not,
}

/// What stands between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binary {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `div`
    Div,
    /// `&`, `|`, `^`
    Bits,
    /// `<<`, `>>`, `>>>`
    Shift,
    /// `=`, `==`, `<>`, `!=`
    Equal,
    /// `<=>`
    NullSafe,
    /// `<`, `<=`, `>`, `>=`
    Less,
}

/// What is asked of a value by `is`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    /// `is null`, `is not null`
    Null,
    /// `is true`, `is not false`, `is unknown`, ...
    Truth,
    /// `is distinct from`
    Distinct,
}

/// A cast.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cast {
    /// The value.
    pub of: Expr,
    /// The type it becomes.
    pub to: Type,
    /// A value that cannot be cast is `NULL` in every version.
    pub is_try: bool,
    /// It is written `of::type`, as from Spark 4 on.
    pub is_short: bool,
    /// Where the type stands.
    pub at: Range<usize>,
}

/// `case`
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Case {
    /// What is compared, when something is.
    pub of: Option<Expr>,
    /// The conditions and the values.
    pub when: Vec<(Expr, Expr)>,
    /// The value otherwise.
    pub otherwise: Option<Expr>,
}

/// A function with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    /// The function.
    pub name: Name,
    /// Its arguments.
    pub arguments: Vec<Expr>,
    /// `distinct`
    pub is_distinct: bool,
    /// `within group (order by ...)`
    pub within: Vec<Expr>,
    /// `filter (where ...)`
    pub filter: Option<Expr>,
    /// `over (...)`
    pub over: Option<Window>,
}

impl Call {
    /// A function of which nothing but the name is known.
    pub(super) fn new(name: Name) -> Self {
        let (arguments, within) = (Vec::new(), Vec::new());
        Self { name, arguments, is_distinct: false, within, filter: None, over: None }
    }
}

/// `over (...)`
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Window {
    /// `partition by`
    pub partition: Vec<Expr>,
    /// `order by`
    pub order: Vec<Expr>,
}
