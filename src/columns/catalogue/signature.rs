//! What a function takes and gives, as a row of `functions.yaml` writes it: `(array<T>, fn(T): R) -> array<R>`.

use crate::columns::kind::Type;

/// What a function takes and gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// What it gives.
    pub gives: Shape,
}

/// What an argument may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Its type.
    pub shape: Shape,
    /// It may be absent.
    pub is_optional: bool,
    /// It may stand any number of times.
    pub is_repeated: bool,
}

/// A type or what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// This type.
    Known(Type),
    /// Any type.
    Any,
    /// Any number, or an interval.
    Numeric,
    /// Any whole number.
    Whole,
    /// A text or a binary.
    Text,
    /// A date or a timestamp.
    Time,
    /// An array or a map.
    Nested,
    /// The same type wherever it stands, within a bound.
    Variable(char, Box<Shape>),
    /// An array.
    Array(Box<Shape>),
    /// A map.
    Map(Box<Shape>, Box<Shape>),
    /// A lambda.
    Lambda(Vec<Shape>, Box<Shape>),
    /// A rule that computes the type.
    Rule(String),
}

impl Signature {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (parameters, gives) = text.trim().rsplit_once(" -> ")?;
        let inside = parameters.trim().strip_prefix('(')?.strip_suffix(')')?;
        let parameters = split(inside).into_iter().map(Parameter::parse).collect::<Option<_>>()?;
        Some(Self { parameters, gives: Shape::parse(gives)? })
    }

    /// The least and the most arguments; no most when one may stand any number of times.
    pub(crate) fn counts(&self) -> (usize, Option<usize>) {
        let needed = |parameter: &&Parameter| !parameter.is_optional && !parameter.is_repeated;
        let is_open = self.parameters.iter().any(|parameter| parameter.is_repeated);
        (self.parameters.iter().filter(needed).count(), (!is_open).then_some(self.parameters.len()))
    }

    /// The parameter of an argument.
    pub(crate) fn parameter(&self, n: usize) -> Option<&Parameter> {
        self.parameters.get(n).or_else(|| self.parameters.last().filter(|last| last.is_repeated))
    }
}

impl Parameter {
    fn parse(text: &str) -> Option<Self> {
        let (text, is_repeated) = text.strip_suffix("...").map_or((text, false), |text| (text, true));
        let (text, is_optional) = text.strip_suffix('?').map_or((text, false), |text| (text, true));
        Some(Self { shape: Shape::parse(text)?, is_optional, is_repeated })
    }
}

impl Shape {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let boxed = |text: &str| Self::parse(text).map(Box::new);
        if let Some(rule) = text.strip_prefix('$') {
            return Some(Self::Rule(rule.to_owned()));
        }
        if let Some((inside, gives)) = text.strip_prefix("fn(").and_then(|text| text.split_once("): ")) {
            let parameters = split(inside).into_iter().map(Self::parse).collect::<Option<_>>()?;
            return Some(Self::Lambda(parameters, boxed(gives)?));
        }
        if let Some(of) = text.strip_prefix("array<").and_then(|text| text.strip_suffix('>')) {
            return Some(Self::Array(boxed(of)?));
        }
        if let Some(inside) = text.strip_prefix("map<").and_then(|text| text.strip_suffix('>'))
            && let [key, value] = split(inside).as_slice()
        {
            return Some(Self::Map(boxed(key)?, boxed(value)?));
        }
        let (name, bound) =
            text.split_once(": ").map_or((text, Some(Self::Any)), |(name, bound)| (name, Self::parse(bound)));
        let mut letters = name.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if letter.is_ascii_uppercase() => {
                Some(Self::Variable(letter, Box::new(bound?)))
            }
            _ => Self::word(text),
        }
    }

    fn word(text: &str) -> Option<Self> {
        Some(match text {
            "any" => Self::Any,
            "numeric" => Self::Numeric,
            "whole" => Self::Whole,
            "text" => Self::Text,
            "time" => Self::Time,
            "nested" => Self::Nested,
            text => Self::Known(Type::parse_spark(text).ok()?),
        })
    }
}

/// Splits at the commas that stand in no brackets.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}
