//! Operators: what they take, and what is worth a word about them.

use super::constant::{Constant, is_within};
use super::fit::is_whole;
use super::{Checker, Value};
use crate::columns::Spark;
use crate::columns::finding::{Chance, Finding, FindingKind};
use crate::columns::kind::Type;
use crate::columns::operators::{arithmetic, compared, with_digits};
use crate::columns::tree::{Binary, Expr, ExprKind, Literal, Unary};
use std::ops::Range;

/// A part of an expression, and its value.
pub(super) type Side<'a> = (&'a Expr, &'a Value);

impl Checker<'_> {
    /// `-`, `+`, `~`
    pub(super) fn unary(&mut self, operator: Unary, of: &Expr, range: &Range<usize>) -> Value {
        let value = self.value(of);
        let kind = match &value.kind {
            Type::Text(_) | Type::Char(_) if operator != Unary::BitNot => {
                self.implicit_cast(of, &value, &Type::Double);
                Type::Double
            }
            Type::Boolean
            | Type::Date
            | Type::Timestamp
            | Type::Array(_)
            | Type::Map(..)
            | Type::Struct(_) => {
                let told = format!("`{}` takes no `{}`", sign(operator), value.kind.simple_string());
                self.find(range.clone(), FindingKind::WrongType, told);
                Type::Unknown
            }
            Type::Null if operator == Unary::BitNot => Type::Integer,
            Type::Null => Type::Double,
            other => other.clone(),
        };
        let constant = match (operator, value.constant) {
            (Unary::Minus, Some(Constant::Whole(value))) => Some(Constant::Whole(-value)),
            (Unary::Minus, Some(Constant::Number(value))) => Some(Constant::Number(-value)),
            (Unary::Plus, constant) => constant,
            _ => None,
        };
        let is_nullable = value.is_nullable || matches!(value.kind, Type::Text(_));
        Value { kind, is_nullable, constant }
    }

    /// An operator between two values.
    pub(super) fn binary(
        &mut self,
        operator: Binary,
        one: &Expr,
        other: &Expr,
        range: &Range<usize>,
    ) -> Value {
        let (left, right) = (self.value(one), self.value(other));
        let is_nullable = left.is_nullable || right.is_nullable;
        match operator {
            Binary::Equal | Binary::Less => {
                self.compare((one, &left), (other, &right), range);
                Value::new(Type::Boolean, is_nullable || left.kind != right.kind)
            }
            Binary::NullSafe => {
                self.compare((one, &left), (other, &right), range);
                Value::new(Type::Boolean, false)
            }
            Binary::Shift => {
                if !self.spark().is_ansi() {
                    let told = "`<<` and `>>` are of Spark 4 (Glue 6.0)";
                    let finding = Finding::new(range.clone(), FindingKind::NotYet, told);
                    self.findings.push(finding.help("write `shiftleft(a, n)` or `shiftright(a, n)`"));
                }
                let kind = if left.kind == Type::BigInt { Type::BigInt } else { Type::Integer };
                Value::new(kind, is_nullable)
            }
            _ => self.arithmetic(operator, (one, &left), (other, &right), range),
        }
    }

    fn arithmetic(
        &mut self,
        operator: Binary,
        one: Side<'_>,
        other: Side<'_>,
        range: &Range<usize>,
    ) -> Value {
        let (left, right) = (digits_of(one, other), digits_of(other, one));
        let Some(kind) = arithmetic(operator, &left, &right, self.spark()) else {
            let (left, right) = (one.1.kind.simple_string(), other.1.kind.simple_string());
            let told = format!("`{}` takes no `{left}` and `{right}`", mark(operator));
            self.find(range.clone(), FindingKind::WrongType, told);
            return Value::UNKNOWN;
        };
        let refused = arithmetic(operator, &left, &right, Spark::V4_1).is_none();
        if refused && !self.spark().is_ansi() {
            let told = format!("`{}` of two texts is refused", mark(operator));
            self.differs(range.clone(), Chance::Certain, told, "cast them to numbers".to_owned());
        }
        for (expr, value) in [one, other] {
            let is_number = !matches!(kind, Type::Interval(_) | Type::Date | Type::Timestamp | Type::Unknown);
            if is_number {
                self.implicit_cast(expr, value, &kind);
            }
        }
        let constant = computed(operator, one.1, other.1);
        if operator == Binary::Divide && is_whole(&left) && is_whole(&right) {
            let told = "`/` of whole numbers gives a `double` in Spark, with what is behind the point";
            let finding = Finding::new(range.clone(), FindingKind::Surprise, told);
            self.findings.push(finding.help("write `a div b` where the whole part is meant"));
        }
        match operator {
            Binary::Divide | Binary::Div | Binary::Remainder => self.division(operator, other, range),
            Binary::Bits => {}
            _ => self.overflow(mark(operator), &kind, constant, range, "or a type with more room"),
        }
        let fits = constant.filter(|value| is_within(*value, &kind) == Some(true));
        let is_nullable =
            one.1.is_nullable || other.1.is_nullable || may_be_null(operator, &kind, [one.1, other.1]);
        Value { kind, is_nullable, constant: fits.map(Constant::Whole) }
    }

    /// Says what a division by nought does.
    pub(super) fn division(&mut self, operator: Binary, by: Side<'_>, range: &Range<usize>) {
        let chance = match by.1.constant.as_ref().map(Constant::is_zero) {
            Some(Some(false) | None) => return,
            Some(Some(true)) => Chance::Certain,
            None if matches!(by.1.kind, Type::Interval(_)) => return,
            None => Chance::Possible,
        };
        let help = match operator {
            Binary::Remainder => {
                "write `try_mod(a, b)`, or divide by `nullif(b, 0)`, which gives NULL in both"
            }
            Binary::Div => "divide by `nullif(b, 0)`, which gives NULL in both",
            _ => "write `try_divide(a, b)`, or divide by `nullif(b, 0)`, which gives NULL in both",
        };
        self.differs(
            range.clone(),
            chance,
            format!("`{}` by nought fails the job", mark(operator)),
            help.to_owned(),
        );
    }

    /// Says what happens with whole numbers that are too large.
    pub(super) fn overflow(
        &mut self,
        what: &str,
        kind: &Type,
        constant: Option<i128>,
        range: &Range<usize>,
        or: &str,
    ) {
        let chance = match constant.map(|value| is_within(value, kind)) {
            Some(Some(true)) => return,
            Some(Some(false)) => Chance::Certain,
            _ if matches!(
                kind,
                Type::Integer | Type::BigInt | Type::SmallInt | Type::TinyInt | Type::Decimal(38, _)
            ) =>
            {
                Chance::Rare
            }
            _ => return,
        };
        let told = format!("`{what}` that is too large for `{}` fails the job", kind.simple_string());
        let help = match what {
            "+" => format!("write `try_add(a, b)`, {or}"),
            "-" => format!("write `try_subtract(a, b)`, {or}"),
            "*" => format!("write `try_multiply(a, b)`, {or}"),
            _ => format!("take `try_{what}` where there is one, {or}"),
        };
        self.differs(range.clone(), chance, told, help);
    }

    /// Two values that are compared.
    pub(super) fn compare(&mut self, one: Side<'_>, other: Side<'_>, range: &Range<usize>) {
        let (left, right) = (&one.1.kind, &other.1.kind);
        let Some(common) = compared(left, right, self.spark()) else {
            let told = format!("`{}` and `{}` are not compared", left.simple_string(), right.simple_string());
            let finding = Finding::new(range.clone(), FindingKind::WrongType, told);
            self.findings.push(finding.help("cast one of them to the type of the other"));
            return;
        };
        if compared(left, right, Spark::V4_1).is_none() {
            let told = format!(
                "a comparison of `{}` and `{}` is refused",
                left.simple_string(),
                right.simple_string()
            );
            self.differs(
                range.clone(),
                Chance::Certain,
                told,
                "cast one of them to the type of the other".to_owned(),
            );
        }
        for (side, with) in [(one, other), (other, one)] {
            self.cast_to_compare(side, with, &common, range);
        }
    }

    /// A text beside something else is cast.
    fn cast_to_compare(
        &mut self,
        (expr, value): Side<'_>,
        with: Side<'_>,
        common: &Type,
        range: &Range<usize>,
    ) {
        let is_text = |kind: &Type| matches!(kind, Type::Text(_) | Type::Char(_));
        if !is_text(&value.kind) || is_text(common) || *common == Type::Unknown {
            return;
        }
        self.implicit_cast(expr, value, common);
        let is_plain =
            value.constant.is_some() && matches!(common, Type::Date | Type::Timestamp | Type::TimestampNtz);
        if is_plain {
            return;
        }
        let (from, to) = (value.kind.simple_string(), with.1.kind.simple_string());
        let told = format!(
            "`{from}` is compared with `{to}`: Spark casts the `{from}` to `{}`",
            common.simple_string()
        );
        let finding = Finding::new(range.clone(), FindingKind::SilentCast, told);
        self.findings.push(finding.help("cast one of them to the type that is meant"));
    }
}

/// What cannot be computed is NULL without ANSI mode; Spark says with it, too, that it may be.
fn may_be_null(operator: Binary, kind: &Type, values: [&Value; 2]) -> bool {
    let is_text = |value: &&Value| matches!(value.kind, Type::Text(_) | Type::Char(_));
    let is_division = matches!(operator, Binary::Divide | Binary::Div | Binary::Remainder);
    is_division || matches!(kind, Type::Decimal(..) | Type::Unknown) || values.iter().any(is_text)
}

/// Beside a decimal a whole number that is written out has as many digits as it shows.
pub(super) fn digits_of(side: Side<'_>, other: Side<'_>) -> Type {
    match (&side.0.kind, &side.1.kind, &other.1.kind) {
        (ExprKind::Literal(Literal::Whole(value, _)), kind, Type::Decimal(..))
            if !matches!(kind, Type::Decimal(..)) =>
        {
            with_digits(*value)
        }
        (_, kind, _) => kind.clone(),
    }
}

fn computed(operator: Binary, one: &Value, other: &Value) -> Option<i128> {
    let (Some(Constant::Whole(one)), Some(Constant::Whole(other))) = (&one.constant, &other.constant) else {
        return None;
    };
    match operator {
        Binary::Add => one.checked_add(*other),
        Binary::Subtract => one.checked_sub(*other),
        Binary::Multiply => one.checked_mul(*other),
        Binary::Remainder => one.checked_rem(*other),
        Binary::Div => one.checked_div(*other),
        _ => None,
    }
}

const fn sign(operator: Unary) -> &'static str {
    match operator {
        Unary::Minus => "-",
        Unary::Plus => "+",
        Unary::BitNot => "~",
        Unary::Not => "not",
    }
}

const fn mark(operator: Binary) -> &'static str {
    match operator {
        Binary::Add => "+",
        Binary::Subtract => "-",
        Binary::Multiply => "*",
        Binary::Divide => "/",
        Binary::Remainder => "%",
        Binary::Div => "div",
        Binary::Bits => "&",
        Binary::Shift => "<<",
        Binary::Equal => "=",
        Binary::NullSafe => "<=>",
        Binary::Less => "<",
    }
}
