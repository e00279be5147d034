//! Secrets in what is shown: their values become `***`.
//!
//! A value is secret by its name: a param, an argument or an option that is called so, and in SQL the text
//! behind such a word: [`crate::lang::secret`].

mod forms;

use crate::lang::secret::is_secret;
use forms::push;
use serde_json::{Map, Value};

/// What stands for a secret.
const MASK: &str = "***";

/// The secrets of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mask {
    secrets: Vec<String>,
}

impl Mask {
    /// Takes the secrets of a run's params, and of what the steps before have given.
    pub(crate) fn new(params: &Map<String, Value>, outputs: &Map<String, Value>) -> Self {
        let mut secrets = Vec::new();
        for (name, value) in params {
            collect(value, is_secret(name), &mut secrets);
        }
        for (step, value) in outputs {
            // A step that is called after a secret gives rows and links as well.
            collect(value, is_secret(step) && !value.is_object(), &mut secrets);
        }
        Self::of(secrets)
    }

    /// Takes secrets that stand in no param.
    pub(crate) fn with<'s>(self, texts: impl IntoIterator<Item = &'s str>) -> Self {
        let mut secrets = self.secrets;
        texts.into_iter().for_each(|text| push(text, &mut secrets));
        Self::of(secrets)
    }

    fn of(mut secrets: Vec<String>) -> Self {
        // The longest first, as one may hold another.
        secrets.sort_by_key(|secret: &String| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// Masks the values of secret names, and secrets wherever they stand.
    pub(crate) fn value(&self, name: &str, value: Value) -> Value {
        match value {
            Value::String(text) if is_secret(name) && !is_name_of_secret(&text) => {
                Value::String(MASK.to_owned())
            }
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.value(name, item)).collect())
            }
            Value::Object(members) => {
                let masked = members.into_iter().map(|(name, value)| {
                    let value = self.value(&name, value);
                    (name, value)
                });
                Value::Object(masked.collect())
            }
            Value::Number(number) if is_secret(name) || self.secrets.contains(&number.to_string()) => {
                Value::String(MASK.to_owned())
            }
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        }
    }

    /// Masks the secrets in SQL: those of the run, and texts behind a word such as `PASSWORD`.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.text(without_secrets(sql))
    }

    /// Masks the run's secrets in the texts of what a task gives. Its numbers are counts, on which others rely.
    pub(crate) fn outputs(&self, outputs: Map<String, Value>) -> Map<String, Value> {
        let masked = |value| match value {
            Value::String(text) => Value::String(self.text(text)),
            other => other,
        };
        outputs.into_iter().map(|(name, value)| (name, masked(value))).collect()
    }

    /// Masks the run's secrets in any text.
    pub(crate) fn text(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), MASK))
    }
}

fn collect(value: &Value, is_secret_name: bool, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) if is_secret_name => push(text, secrets),
        // A number is shown as it is written.
        Value::Number(number) if is_secret_name => push(&number.to_string(), secrets),
        Value::Array(items) => items.iter().for_each(|item| collect(item, is_secret_name, secrets)),
        Value::Object(members) => {
            members.iter().for_each(|(name, item)| collect(item, is_secret_name || is_secret(name), secrets));
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Says whether a value says where a secret or a role is, and not what it is.
fn is_name_of_secret(text: &str) -> bool {
    text.starts_with("arn:") || (text.starts_with("aws_iam_role=") && !text.contains(';'))
}

/// Replaces the literals of SQL that stand behind the name of a secret, with `AS`, `=` or nothing between.
fn without_secrets(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut word = String::new();
    let mut before = String::new();
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        if c == '\'' {
            let length = literal(rest);
            let inside = rest[1..length].trim_end_matches('\'');
            let name = if word.eq_ignore_ascii_case("as") { &before } else { &word };
            if is_secret(name) && !is_name_of_secret(inside) {
                out.push_str(&format!("'{MASK}'"));
            } else {
                out.push_str(&rest[..length]);
            }
            (word, before) = (String::new(), String::new());
            rest = &rest[length..];
            continue;
        }
        if c.is_alphanumeric() || c == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            before = std::mem::replace(&mut word, rest[..length].to_owned());
            out.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        if !c.is_whitespace() && !matches!(c, '=' | '(' | '"') {
            word.clear();
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// Returns the length of the literal with which a text begins, its quotes included.
fn literal(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            // A doubled quote and one behind a backslash do not end it.
            (b'\'', Some(b'\'')) | (b'\\', Some(_)) => at += 2,
            (b'\'', _) => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests;
