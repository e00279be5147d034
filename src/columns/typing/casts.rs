//! Casts: those that are written, and those that Spark makes without a word.

use super::constant::{Constant, casts};
use super::{Checker, Value};
use crate::columns::finding::{Chance, Finding, FindingKind};
use crate::columns::kind::Type;
use crate::columns::number::as_decimal;
use crate::columns::tree::{Cast, Expr};
use std::ops::Range;

/// Whether Spark casts a type to another (`Cast.canCast` and `canAnsiCast`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Allowed {
    Always,
    /// Not in ANSI mode.
    Legacy,
    Never,
}

/// What a cast does with values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    /// It keeps all of them.
    Keeps,
    /// It loses a part of some.
    Loses,
    /// Some have no place in the type, since they are too large.
    MayOverflow,
    /// Some are of no such form.
    MayFail,
}

fn is_whole(kind: &Type) -> bool {
    matches!(kind, Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt)
}

fn is_time(kind: &Type) -> bool {
    matches!(kind, Type::Timestamp | Type::TimestampNtz)
}

fn allowed(from: &Type, to: &Type) -> Allowed {
    use Type::{Array, Binary, Boolean, Date, Interval, Map, Null, Struct, Text, Timestamp, Unknown};
    let number = |kind: &Type| as_decimal(kind).is_some();
    match (from, to) {
        (Unknown | Null, _) | (_, Unknown | Text(_) | Type::Char(_)) => Allowed::Always,
        (from, to) if from == to => Allowed::Always,
        (Array(from), Array(to)) => allowed(from, to),
        (Map(key, value), Map(to_key, to_value)) => allowed(key, to_key).max(allowed(value, to_value)),
        (Struct(from), Struct(to)) if from.len() == to.len() => {
            let fields = from.iter().zip(to).map(|((_, from), (_, to))| allowed(from, to));
            fields.max().unwrap_or(Allowed::Always)
        }
        (Array(_) | Map(..) | Struct(_), _) | (_, Array(_) | Map(..) | Struct(_)) => Allowed::Never,
        (Text(_) | Type::Char(_), _) => Allowed::Always,
        (from, to) if number(from) && number(to) => Allowed::Always,
        (from, Binary) if is_whole(from) => Allowed::Legacy,
        (from, Boolean) if number(from) => Allowed::Always,
        (Boolean, to) if number(to) => Allowed::Always,
        (Boolean, Timestamp) | (Date | Timestamp, Boolean) => Allowed::Legacy,
        (from, Timestamp) | (Timestamp, from) if number(from) => Allowed::Always,
        (Date, to) if number(to) => Allowed::Legacy,
        (from, to) if (is_time(from) || *from == Date) && (is_time(to) || *to == Date) => Allowed::Always,
        (Interval(_), to) | (to, Interval(_)) if number(to) || matches!(to, Interval(_)) => Allowed::Always,
        _ => Allowed::Never,
    }
}

/// What a cast that is allowed does with values.
pub(super) fn effect(from: &Type, to: &Type) -> Effect {
    match (from, to) {
        (Type::Unknown | Type::Null, _)
        | (_, Type::Unknown | Type::Text(_) | Type::Char(_) | Type::Binary) => Effect::Keeps,
        (from, to) if from == to => Effect::Keeps,
        (Type::Array(from), Type::Array(to)) => effect(from, to),
        (Type::Map(key, value), Type::Map(to_key, to_value)) => {
            effect(key, to_key).max(effect(value, to_value))
        }
        (Type::Struct(from), Type::Struct(to)) => {
            let fields = from.iter().zip(to).map(|((_, from), (_, to))| effect(from, to));
            fields.max().unwrap_or(Effect::Keeps)
        }
        (Type::Text(_) | Type::Char(_), _) => Effect::MayFail,
        (Type::Double, Type::Real) => Effect::Loses,
        (Type::Double | Type::Real | Type::Decimal(..), Type::Double | Type::Real) => Effect::Keeps,
        (from, to) if is_time(from) && is_whole(to) && *to != Type::BigInt => Effect::MayOverflow,
        (from, to) => numbers(from, to),
    }
}

fn numbers(from: &Type, to: &Type) -> Effect {
    let (Some((p, s)), Some((q, t))) = (as_decimal(from), as_decimal(to)) else { return Effect::Keeps };
    match (from, to) {
        (_, Type::Double | Type::Real) => Effect::Keeps,
        (Type::Double | Type::Real, _) => Effect::MayOverflow,
        _ if p - s > q - t => Effect::MayOverflow,
        _ if s > t => Effect::Loses,
        _ => Effect::Keeps,
    }
}

impl Checker<'_> {
    /// A cast that is written.
    pub(super) fn cast(&mut self, cast: &Cast, range: &Range<usize>) -> Value {
        let from = self.value(&cast.of);
        let to = cast.to.in_spark();
        let is_ansi = self.spark().is_ansi();
        if cast.is_short && !is_ansi {
            let told = "`::` is of Spark 4 (Glue 6.0)";
            let finding = Finding::new(range.clone(), FindingKind::NotYet, told);
            self.findings.push(finding.help("write `cast(... as ...)`"));
        }
        if let Some(kind) = self.refused(&from.kind, &to, cast) {
            let finding = Finding::new(cast.at.clone(), FindingKind::RefusedCast, kind);
            self.findings
                .push(finding.help("cast it to what is between the two, or compute what it is to be"));
            return Value::new(to, true);
        }
        let effect = effect(&from.kind, &to);
        let fits = from.constant.as_ref().and_then(|value| casts(value, &to));
        if !cast.is_try {
            self.cast_differs(range, (&from.kind, &to), effect, fits);
        }
        if fits.is_none() && (effect == Effect::Loses || is_shortened(&from.kind, &to)) {
            let told = format!("a `{}` loses a part as `{}`", from.kind.simple_string(), to.simple_string());
            self.find(range.clone(), FindingKind::LossyCast, told);
        }
        let may_be_null = match effect {
            Effect::Keeps => false,
            Effect::Loses => matches!(to, Type::Decimal(..)),
            Effect::MayOverflow | Effect::MayFail => true,
        };
        let is_nullable = from.is_nullable || cast.is_try || may_be_null || lone(&from.kind, &to);
        let constant = from.constant.filter(|_| fits == Some(true)).and_then(|value| converted(value, &to));
        Value { kind: to, is_nullable, constant }
    }

    /// Why a cast is refused; says it where it is only from Spark 4 on.
    fn refused(&mut self, from: &Type, to: &Type, cast: &Cast) -> Option<String> {
        let (from_name, to_name) = (from.simple_string(), to.simple_string());
        match allowed(from, to) {
            Allowed::Always => None,
            Allowed::Never => Some(format!("Spark casts no `{from_name}` to `{to_name}`")),
            Allowed::Legacy if self.spark().is_ansi() || cast.is_try => {
                Some(format!("Spark in ANSI mode casts no `{from_name}` to `{to_name}`"))
            }
            Allowed::Legacy => {
                self.differs(
                    cast.at.clone(),
                    Chance::Certain,
                    format!("a cast of `{from_name}` to `{to_name}` is refused"),
                    "cast it to what is between the two, or compute what it is to be".to_owned(),
                );
                None
            }
        }
    }

    /// Says what a cast does in ANSI mode.
    fn cast_differs(
        &mut self,
        range: &Range<usize>,
        (from, to): (&Type, &Type),
        effect: Effect,
        fits: Option<bool>,
    ) {
        let chance = match (effect, fits) {
            (_, Some(true)) | (Effect::Keeps | Effect::Loses, _) => return,
            (Effect::MayFail, None) => Chance::Possible,
            (Effect::MayOverflow, None) => Chance::Rare,
            (Effect::MayFail | Effect::MayOverflow, Some(false)) => Chance::Certain,
        };
        let (from, to) = (from.simple_string(), to.simple_string());
        let told = match effect {
            Effect::MayFail => format!("a `{from}` that is no `{to}` fails the job"),
            _ => format!("a `{from}` that is too large for `{to}` fails the job"),
        };
        self.differs(
            range.clone(),
            chance,
            told,
            format!("write `try_cast(... as {to})`, which gives NULL in both"),
        );
    }

    /// A cast that Spark makes of an argument, so that a function takes it.
    pub(super) fn implicit_cast(&mut self, expr: &Expr, from: &Value, to: &Type) {
        let is_of_text = matches!(from.kind, Type::Text(_) | Type::Char(_));
        if is_of_text && effect(&from.kind, to) == Effect::MayFail {
            let fits = from.constant.as_ref().and_then(|value| casts(value, to));
            self.cast_differs(&expr.range, (&from.kind, to), Effect::MayFail, fits);
        }
    }
}

/// A date has no number, and a number that is none no time.
fn lone(from: &Type, to: &Type) -> bool {
    let is_number = as_decimal(to).is_some();
    match from {
        Type::Date => is_number || *to == Type::Boolean,
        Type::Double | Type::Real => matches!(to, Type::Timestamp),
        Type::Boolean | Type::Timestamp => matches!(to, Type::Decimal(..)),
        _ => false,
    }
}

/// Digits behind the point, or half of the bits.
fn is_shortened(from: &Type, to: &Type) -> bool {
    match (from, to) {
        (Type::Double | Type::Real | Type::BigInt, to) => is_whole(to),
        (Type::Decimal(_, scale), to) if is_whole(to) => *scale > 0,
        (Type::Decimal(_, from), Type::Decimal(_, to)) => from > to,
        _ => false,
    }
}

/// The value of a cast of a value that fits.
fn converted(value: Constant, to: &Type) -> Option<Constant> {
    match (value, to) {
        (Constant::Text(text), to) if is_whole(to) => text.trim().parse().ok().map(Constant::Whole),
        (Constant::Text(text), Type::Double | Type::Real) => text.trim().parse().ok().map(Constant::Number),
        (Constant::Whole(value), to) if is_whole(to) => Some(Constant::Whole(value)),
        #[expect(
            clippy::cast_precision_loss,
            reason = "it is asked whether it is nought, and how large it is"
        )]
        (Constant::Whole(value), Type::Double | Type::Real) => Some(Constant::Number(value as f64)),
        (Constant::Null, _) => Some(Constant::Null),
        (Constant::Number(value), Type::Double | Type::Real) => Some(Constant::Number(value)),
        _ => None,
    }
}
