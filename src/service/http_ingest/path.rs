//! Paths in JSON: where in an answer something stands.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A path in JSON: `data.items`, `pages[0].next`, `["a.b"]`; `$` is all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JsonPath(pub Vec<Step>);

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A member of an object.
    Member(String),
    /// An item of an array, from 0.
    Item(usize),
}

impl JsonPath {
    /// Reads a path, or says why it is none.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut steps = Vec::new();
        let mut rest = text;
        let mut is_begun = false;
        if let Some(behind) = rest.strip_prefix('$') {
            (rest, is_begun) = (behind, true);
        }
        while !rest.is_empty() {
            let (step, behind) = if let Some(inside) = rest.strip_prefix('[') {
                bracketed(inside)?
            } else {
                let name = match rest.strip_prefix('.') {
                    Some(name) if is_begun => name,
                    Some(_) => return Err("it begins with a dot"),
                    None if is_begun => return Err("a dot is missing in it"),
                    None => rest,
                };
                let (name, behind) = name.split_at(name.find(['.', '[']).unwrap_or(name.len()));
                match name {
                    "" => return Err("a member in it has no name"),
                    "*" => return Err("it names one place, and `*` several"),
                    name => (Step::Member(name.to_owned()), behind),
                }
            };
            steps.push(step);
            (rest, is_begun) = (behind, true);
        }
        if is_begun { Ok(Self(steps)) } else { Err("it is empty") }
    }
}

/// Reads what stands in brackets: a number, or a name in quotes.
fn bracketed(inside: &str) -> Result<(Step, &str), &'static str> {
    if let Some(quote) = inside.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let (name, behind) = inside[1..].split_once(quote).ok_or("a quote in it is not closed")?;
        let behind = behind.strip_prefix(']').ok_or("a bracket in it is not closed")?;
        return Ok((Step::Member(name.to_owned()), behind));
    }
    let (number, behind) = inside.split_once(']').ok_or("a bracket in it is not closed")?;
    let number = number.parse().map_err(|_| "in brackets stand a number or a name in quotes")?;
    Ok((Step::Item(number), behind))
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("$");
        }
        for (n, step) in self.0.iter().enumerate() {
            match step {
                Step::Item(number) => write!(f, "[{number}]")?,
                Step::Member(name) if name.is_empty() || name.contains(['.', '[', '$', '"', '\'', '*']) => {
                    let quote = if name.contains('"') { '\'' } else { '"' };
                    write!(f, "[{quote}{name}{quote}]")?;
                }
                Step::Member(name) if n == 0 => f.write_str(name)?,
                Step::Member(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}

impl From<JsonPath> for String {
    fn from(path: JsonPath) -> Self {
        path.to_string()
    }
}

impl TryFrom<String> for JsonPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|why| format!("`{text}` is no path in JSON: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_and_written() {
        for (text, shown) in [
            ("$", "$"),
            ("data.items", "data.items"),
            ("$.data.items", "data.items"),
            ("a[0].b", "a[0].b"),
            ("$[1]", "[1]"),
            ("[\"a.b\"].c", "[\"a.b\"].c"),
            ("a['x\"y']", "a['x\"y']"),
        ] {
            let path = JsonPath::parse(text).unwrap();
            assert_eq!(path.to_string(), shown, "{text}");
            assert_eq!(JsonPath::parse(shown), Ok(path));
        }
        for text in ["", ".a", "a.", "a..b", "a[", "a[x]", "a[\"b]", "a[*]", "a.*", "$a", "a[0]b"] {
            assert!(JsonPath::parse(text).is_err(), "{text}");
        }
    }
}
