//! From an expression and the columns that are there to its type.

mod ansi;
mod calls;
mod casts;
mod check;
mod constant;
mod fit;
mod meeting;
mod names;
mod places;
mod rules;
mod values;

use super::Spark;
use super::finding::{Chance, Finding, FindingKind};
use super::kind::Type;
use super::parser::{NoTree, parse};
use super::schema::Schema;
use super::tree::Expr;
use constant::Constant;
use std::collections::BTreeSet;
use std::ops::Range;

/// What may stand in an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clause {
    /// One condition a row: no aggregates, windows or generators.
    Filter,
    /// One value a row: no aggregates unless they are over a window.
    Select,
    /// One value a group: columns stand in aggregates or are among those that are grouped by.
    Aggregate,
}

/// Where an expression stands.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The columns that are there.
    pub schema: &'a Schema,
    /// What may stand in it.
    pub clause: Clause,
    /// The columns that are grouped by.
    pub grouped: &'a [String],
    /// The version that runs it.
    pub spark: Spark,
}

/// What is known of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// Its type.
    pub kind: Type,
    /// It may have no value.
    pub is_nullable: bool,
    /// The columns that it reads, as the schema names them; those that are not known as they are written.
    pub columns: BTreeSet<String>,
    /// What is wrong, or worth a word, in the order of the text.
    pub findings: Vec<Finding>,
}

impl Typed {
    /// Says whether Spark would refuse it.
    pub fn is_wrong(&self) -> bool {
        self.findings.iter().any(|finding| finding.kind.weight() == super::Weight::Error)
    }
}

/// Finds the type of an expression of Spark's SQL.
///
/// ```
/// use dagc::columns::{Clause, Column, Schema, Scope, Spark, Type, typed};
///
/// let schema = Schema::closed(vec![Column::new("price", Type::Decimal(10, 2))]);
/// let scope = Scope { schema: &schema, clause: Clause::Select, grouped: &[], spark: Spark::V3_5 };
/// assert_eq!(typed("price * 2", &scope).kind.simple_string(), "decimal(12,2)");
/// assert_eq!(typed("prise * 2", &scope).findings[0].help.as_deref(), Some("did you mean `price`?"));
/// ```
pub fn typed(text: &str, scope: &Scope<'_>) -> Typed {
    let mut checker = Checker {
        scope,
        findings: Vec::new(),
        columns: BTreeSet::new(),
        variables: Vec::new(),
        is_in_aggregate: false,
    };
    let value = match parse(text) {
        Ok(parsed) => {
            checker.doubled(&parsed.doubled);
            checker.value(&parsed.expr)
        }
        Err(NoTree::Wrong(finding)) => {
            checker.findings.push(finding);
            Value::UNKNOWN
        }
        Err(NoTree::TooDeep) => {
            let told = "it is nested too deep for its columns and types to be checked";
            checker.find(0..text.len(), FindingKind::NotKnown, told);
            Value::UNKNOWN
        }
    };
    let mut findings = checker.findings;
    findings.sort_by_key(|finding| (finding.range.start, finding.range.end, finding.kind));
    findings.dedup();
    Typed { kind: value.kind, is_nullable: value.is_nullable, columns: checker.columns, findings }
}

/// What is known of a part of an expression.
#[derive(Clone, Debug)]
struct Value {
    kind: Type,
    is_nullable: bool,
    constant: Option<Constant>,
}

impl Value {
    const UNKNOWN: Self = Self { kind: Type::Unknown, is_nullable: true, constant: None };

    fn new(kind: Type, is_nullable: bool) -> Self {
        Self { kind, is_nullable, constant: None }
    }
}

/// Walks through an expression.
struct Checker<'a> {
    scope: &'a Scope<'a>,
    findings: Vec<Finding>,
    columns: BTreeSet<String>,
    /// The names of lambdas that are open, the last one foremost.
    variables: Vec<(String, Value)>,
    is_in_aggregate: bool,
}

impl Checker<'_> {
    const fn spark(&self) -> Spark {
        self.scope.spark
    }

    fn find(&mut self, range: Range<usize>, kind: FindingKind, message: impl Into<String>) {
        self.findings.push(Finding::new(range, kind, message));
    }

    /// Says what is otherwise in ANSI mode, and what to write so that it is the same in both.
    fn differs(
        &mut self,
        range: Range<usize>,
        chance: Chance,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let told =
            format!("{} from Spark 4 on (Glue 6.0); Spark 3.5 gives another value or NULL", message.into());
        self.findings.push(Finding::new(range, FindingKind::Differs(chance), told).help(help));
    }

    fn doubled(&mut self, ranges: &[Range<usize>]) {
        for range in ranges {
            self.differs(
                range.clone(),
                Chance::Certain,
                "a quote that is written twice is one quote of the text".to_owned(),
                "write `\\'`, which is a quote in both".to_owned(),
            );
        }
    }

    /// The values of several expressions.
    fn values(&mut self, exprs: &[Expr]) -> Vec<Value> {
        exprs.iter().map(|expr| self.value(expr)).collect()
    }
}
