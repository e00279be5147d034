//! What functions and elements do otherwise in ANSI mode.

use super::casts::{Effect, effect};
use super::constant::{Constant, casts};
use super::{Checker, Value};
use crate::columns::catalogue::{Ansi, AnsiKind, Function};
use crate::columns::finding::{Chance, FindingKind};
use crate::columns::kind::Type;
use crate::columns::tree::{Binary, Call, Expr, ExprKind, Literal, Name};
use std::ops::Range;

impl Checker<'_> {
    /// Says what of a function is otherwise.
    pub(super) fn ansi(
        &mut self,
        function: &Function,
        call: &Call,
        values: &[Value],
        kind: &Type,
        range: &Range<usize>,
    ) {
        let name = call.name.text.as_str();
        match &function.ansi {
            None => {}
            Some(Ansi::Told { when, write }) => {
                self.differs(range.clone(), Chance::Possible, format!("{when} fails the job"), write.clone());
            }
            Some(Ansi::Kind(AnsiKind::Overflow)) => {
                self.overflow(name, kind, negated(values), range, "or a type with more room");
            }
            Some(Ansi::Kind(AnsiKind::Zero)) => {
                if let (Some(by), Some(value)) = (call.arguments.get(1), values.get(1)) {
                    self.division(Binary::Remainder, (by, value), range);
                }
            }
            Some(Ansi::Kind(AnsiKind::Cast)) => self.named_cast(values, kind, range),
            Some(Ansi::Kind(AnsiKind::Date)) => {
                self.parsed(call, values, (&Type::Date, "try_to_date"), range);
            }
            Some(Ansi::Kind(AnsiKind::Timestamp)) => {
                self.parsed(call, values, (&Type::Timestamp, "try_to_timestamp"), range);
            }
            Some(Ansi::Kind(AnsiKind::Size)) => self.size(values, range),
            Some(Ansi::Kind(AnsiKind::Element)) => {
                if let ([of, at], [of_value, at_value]) = (call.arguments.as_slice(), values)
                    && matches!(of_value.kind, Type::Array(_))
                {
                    self.missing((of, true), at_value, "try_element_at(..., n)", (range, at));
                }
            }
        }
    }

    /// `int(x)`
    fn named_cast(&mut self, values: &[Value], kind: &Type, range: &Range<usize>) {
        let Some(value) = values.first() else { return };
        let fits = value.constant.as_ref().and_then(|value| casts(value, kind));
        let chance = match effect(&value.kind, kind) {
            Effect::MayFail if fits.is_none() => Chance::Possible,
            Effect::MayOverflow if fits.is_none() => Chance::Rare,
            Effect::MayFail | Effect::MayOverflow if fits == Some(false) => Chance::Certain,
            _ => return,
        };
        let kind = kind.simple_string();
        let told = format!("a value that is no `{kind}` fails the job");
        self.differs(range.clone(), chance, told, format!("write `try_cast(... as {kind})`"));
    }

    /// A text becomes a date or a time.
    fn parsed(&mut self, call: &Call, values: &[Value], (to, write): (&Type, &str), range: &Range<usize>) {
        let Some(value) = values.first().filter(|value| matches!(value.kind, Type::Text(_) | Type::Unknown))
        else {
            return;
        };
        let fits = value.constant.as_ref().filter(|_| values.len() == 1).and_then(|value| casts(value, to));
        let chance = match fits {
            Some(true) => return,
            Some(false) => Chance::Certain,
            None => Chance::Possible,
        };
        let told =
            format!("`{}` of a text that is no `{}` fails the job", call.name.text, to.simple_string());
        let help = match write {
            "try_to_date" => {
                "write `try_cast(... as date)`, or `cast(try_to_timestamp(..., format) as date)`".to_owned()
            }
            write => format!("write `{write}`, which gives NULL in both"),
        };
        self.differs(range.clone(), chance, told, help);
    }

    fn size(&mut self, values: &[Value], range: &Range<usize>) {
        if values.first().is_some_and(|value| value.is_nullable) {
            let told = "the size of NULL is NULL, and no longer -1,".to_owned();
            let help = "write `coalesce(size(...), -1)`, or `size(coalesce(..., array()))`".to_owned();
            self.differs(range.clone(), Chance::Possible, told, help);
        }
    }

    /// `of[at]`
    pub(super) fn element(&mut self, of: &Expr, at: &Expr, range: &Range<usize>) -> Value {
        let (value, index) = (self.value(of), self.value(at));
        match &value.kind {
            Type::Array(each) => {
                if !is_index(&index.kind) {
                    let told = format!(
                        "the place in an array is a whole number, and this is a `{}`",
                        index.kind.simple_string()
                    );
                    self.find(at.range.clone(), FindingKind::WrongType, told);
                }
                self.missing((of, false), &index, "get(..., n)", (range, at));
                Value::new((**each).clone(), true)
            }
            Type::Map(_, each) => Value::new((**each).clone(), true),
            Type::Struct(_) => match &at.kind {
                ExprKind::Literal(Literal::Text(name)) => {
                    self.field(&value, &Name { range: at.range.clone(), text: name.clone() })
                }
                _ => Value::UNKNOWN,
            },
            Type::Unknown | Type::Null => Value::UNKNOWN,
            other => {
                let told = format!(
                    "`[...]` takes an array, a map or a struct, and this is a `{}`",
                    other.simple_string()
                );
                self.find(of.range.clone(), FindingKind::WrongType, told);
                Value::UNKNOWN
            }
        }
    }

    /// An array has no such element.
    fn missing(
        &mut self,
        (of, from_one): (&Expr, bool),
        at: &Value,
        write: &str,
        (range, _): (&Range<usize>, &Expr),
    ) {
        let length = match &of.kind {
            ExprKind::Call(call) if call.name.text == "array" => i128::try_from(call.arguments.len()).ok(),
            _ => None,
        };
        let chance = match (length, &at.constant) {
            (Some(length), Some(Constant::Whole(at))) => {
                let is_there =
                    if from_one { (1..=length).contains(&at.abs()) } else { (0..length).contains(at) };
                if is_there {
                    return;
                }
                Chance::Certain
            }
            _ => Chance::Possible,
        };
        let told = "an array that has no such element fails the job".to_owned();
        self.differs(range.clone(), chance, told, format!("write `{write}`, which gives NULL in both"));
    }
}

fn is_index(kind: &Type) -> bool {
    super::fit::is_whole(kind) || matches!(kind, Type::Unknown | Type::Null)
}

/// What `abs` and `negative` give of a value that is known.
fn negated(values: &[Value]) -> Option<i128> {
    match values {
        [Value { constant: Some(Constant::Whole(value)), .. }] => Some(-value.min(&-value)),
        _ => None,
    }
}
