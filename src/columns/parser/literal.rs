//! Values that are written out.

use super::{Made, NoTree, Parser};
use crate::columns::finding::{Finding, FindingKind};
use crate::columns::kind::{Interval, Type, Unit};
use crate::columns::lexer::{TokenKind, split_suffix};
use crate::columns::number;
use crate::columns::tree::Literal;

impl Parser<'_> {
    /// A number, perhaps with a minus before it.
    pub(super) fn number(&mut self) -> Made<Literal> {
        let start = self.range().start;
        let is_negative = self.take_mark("-");
        let written = &self.text[self.range()];
        self.step();
        let range = self.since(start);
        let value = split_suffix(written).and_then(|(digits, suffix)| number(digits, &suffix, is_negative));
        value.ok_or_else(|| {
            let told = format!("no type has room for `{}`", &self.text[range.clone()]);
            NoTree::Wrong(Finding::new(range, FindingKind::Syntax, told))
        })
    }

    /// Texts that stand side by side are one.
    pub(super) fn text(&mut self) -> String {
        let mut all = String::new();
        while let TokenKind::Text { value, is_doubled } = self.kind().clone() {
            if is_doubled {
                self.doubled.push(self.range());
            }
            all.push_str(&value);
            self.step();
        }
        all
    }

    /// `date'...'`: a word with a text behind it; nothing when it is none of those that are values.
    pub(super) fn typed_text(&mut self) -> Option<Literal> {
        let (Some(word), TokenKind::Text { .. }) = (self.word_at(0), self.kind_at(1)) else {
            return None;
        };
        let kind = match word.to_ascii_lowercase().as_str() {
            "date" => Type::Date,
            "timestamp" | "timestamp_ltz" => Type::Timestamp,
            "timestamp_ntz" => Type::TimestampNtz,
            "x" => Type::Binary,
            _ => return None,
        };
        self.step();
        let text = self.text();
        Some(if kind == Type::Binary { Literal::Binary } else { Literal::Time(text, kind) })
    }

    /// `interval 1 day`, `interval '1 2' day to hour`, `interval '1 day'`; nothing when the word is a name.
    pub(super) fn interval(&mut self) -> Made<Option<Literal>> {
        let is_value = matches!(self.kind_at(1), TokenKind::Text { .. } | TokenKind::Number)
            || self.is_mark(1, "-") && matches!(self.kind_at(2), TokenKind::Text { .. } | TokenKind::Number);
        if !self.is_word(0, "interval") || !is_value {
            return Ok(None);
        }
        self.step();
        let mut units = Vec::new();
        let mut written = None;
        while self.is_mark(0, "-") || matches!(self.kind(), TokenKind::Text { .. } | TokenKind::Number) {
            self.take_mark("-");
            match self.kind() {
                TokenKind::Text { .. } => written = Some(self.text()),
                _ => self.step(),
            }
            let Some(unit) = self.word_at(0).and_then(Unit::parse) else { break };
            self.step();
            units.push(unit);
            if self.is_word(0, "to") && units.len() == 1 {
                self.step();
                let to = self.word_at(0).and_then(Unit::parse);
                units.push(to.ok_or_else(|| self.unexpected("a unit of time"))?);
                self.step();
            }
        }
        if units.is_empty() {
            units = written.iter().flat_map(|text| text.split_whitespace()).filter_map(Unit::parse).collect();
        }
        match units.split_first() {
            None => Err(self.unexpected("a unit of time, such as `day`")),
            Some((first, more)) => {
                let wider = |all: Interval, unit: &Unit| all.wider(Interval::between(*unit, *unit));
                Ok(Some(Literal::Interval(more.iter().fold(Interval::between(*first, *first), wider))))
            }
        }
    }
}

/// A number by its suffix.
fn number(digits: &str, suffix: &str, is_negative: bool) -> Option<Literal> {
    let whole = |kind: Option<Type>, fits: fn(i128) -> bool| {
        let value: i128 = digits.parse().ok()?;
        let value = if is_negative { -value } else { value };
        fits(value).then(|| Literal::Whole(value, kind.unwrap_or_else(|| number::whole(value))))
    };
    let written = if is_negative { format!("-{digits}") } else { digits.to_owned() };
    let has_exponent = digits.contains(['e', 'E']);
    match suffix {
        "L" => whole(Some(Type::BigInt), |value| i64::try_from(value).is_ok()),
        "S" => whole(Some(Type::SmallInt), |value| i16::try_from(value).is_ok()),
        "Y" => whole(Some(Type::TinyInt), |value| i8::try_from(value).is_ok()),
        "F" => Some(Literal::Number(written, Type::Real)),
        "D" => Some(Literal::Number(written, Type::Double)),
        "BD" if has_exponent => Some(Literal::Number(written, Type::Unknown)),
        "BD" => Some(Literal::Number(written, number::decimal_of(digits)?)),
        _ if has_exponent => Some(Literal::Number(written, Type::Double)),
        _ if digits.contains('.') => Some(Literal::Number(written, number::decimal_of(digits)?)),
        _ => whole(None, |value| number::digits(value) <= number::MOST_DIGITS),
    }
}
