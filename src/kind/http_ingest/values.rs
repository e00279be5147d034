//! Values of the step: paths in JSON, names of secrets, rates.

use crate::diagnostic::Code;
use crate::lang::arn::SecretArn;
use crate::lang::decode::{Leaf, LeafError};
use crate::service::http_ingest::path::JsonPath;
use crate::yaml::Scalar;
use serde_json::{Value, json};

/// A path in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathSpec(pub JsonPath);

impl Leaf for PathSpec {
    const EXPECTED: &'static str = "a path in JSON such as `data.items`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = String::leaf(scalar)?;
        JsonPath::parse(&text).map(Self).map_err(|why| {
            LeafError::new(Code::InvalidName, format!("`{text}` is no path in JSON: {why}"))
                .help("write `data.items`, `pages[0].next`, `[\"a.b\"]`, or `$` for all of it")
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "examples": ["data.items", "$"] })
    }
}

/// A secret of AWS Secrets Manager, by its name or its ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretName(pub String);

impl Leaf for SecretName {
    const EXPECTED: &'static str = "a secret's name or ARN";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = String::leaf(scalar)?;
        if text.starts_with("arn:") {
            return SecretArn::leaf(scalar).map(|arn| Self(arn.0));
        }
        // Secrets Manager API Reference, `CreateSecret`.
        let is_one = (1..=512).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c));
        if is_one {
            return Ok(Self(text));
        }
        Err(LeafError::new(Code::InvalidName, "this is no name of a secret in AWS Secrets Manager")
            .help("it has letters, digits and `/_+=.@-`; what is secret is kept there, and not written here"))
    }

    fn doubt(&self) -> Option<LeafError> {
        self.0.starts_with("arn:").then(|| SecretArn(self.0.clone()).doubt()).flatten()
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// How many requests there are at most in some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many.
    pub requests: u64,
    /// In so many seconds.
    pub seconds: u64,
}

impl Rate {
    /// Milliseconds from one request to the next.
    pub fn pause(self) -> u64 {
        (self.seconds * 1000).div_ceil(self.requests.max(1))
    }
}

impl Leaf for Rate {
    const EXPECTED: &'static str = "a rate such as `5/s`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = scalar.text.trim();
        let (number, unit) = text.split_once('/').unwrap_or((text, "s"));
        let seconds = match unit.trim() {
            "s" => Some(1),
            "m" => Some(60),
            "h" => Some(3600),
            _ => None,
        };
        match (number.trim().parse(), seconds) {
            (Ok(requests @ 1..=1000), Some(seconds)) => Ok(Self { requests, seconds }),
            _ => Err(LeafError::new(Code::InvalidNumber, format!("`{text}` is no rate")).help(
                "write how many requests, from 1 to 1000, and of which time: `5/s`, `100/m`, `1000/h`",
            )),
        }
    }

    fn leaf_schema() -> Value {
        json!({ "type": ["string", "integer"], "examples": ["5/s", "100/m"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_pause() {
        for (requests, seconds, pause) in [(5, 1, 200), (100, 60, 600), (7, 1, 143), (1000, 3600, 3600)] {
            assert_eq!(Rate { requests, seconds }.pause(), pause);
        }
    }
}
