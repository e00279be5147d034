//! Places in S3, with and without what is filled in when a task runs.

use super::no_template;
use crate::diagnostic::Code;
use crate::lang::decode::{Leaf, LeafError};
use crate::lang::held::Held;
use crate::objects;
use crate::template::Template;
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A place in S3, `s3://BUCKET/KEY`, whose key may have `{{ ... }}`, `*`, `?` and `[...]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct S3Path(pub Template);

impl S3Path {
    /// Returns the bucket.
    pub fn bucket(&self) -> &str {
        let rest = self.0.static_prefix().strip_prefix("s3://").unwrap_or_default();
        rest.split('/').next().unwrap_or_default()
    }
}

impl Leaf for S3Path {
    const EXPECTED: &'static str = "a place in S3 such as `s3://bucket/prefix/`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let template = Template::leaf(scalar)?;
        check_s3(&scalar.text)?;
        check_pattern(&scalar.text)?;
        Ok(Self(template))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^s3://" })
    }

    fn leaf_held(path: &Spanned<Self>) -> Option<Held<'_>> {
        Some(Held::Template(&path.value.0, path.span))
    }
}

/// A place in S3 without holes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct S3Uri(pub String);

impl S3Uri {
    /// Returns the bucket and the key.
    pub fn parts(&self) -> (&str, &str) {
        let rest = self.0.strip_prefix("s3://").unwrap_or(&self.0);
        rest.split_once('/').unwrap_or((rest, ""))
    }
}

impl Leaf for S3Uri {
    const EXPECTED: &'static str = "a place in S3 such as `s3://bucket/prefix/`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        no_template(scalar)?;
        check_s3(&scalar.text)?;
        if let Some(at) = objects::first_wildcard(&scalar.text) {
            let message = format!("`{}` is one place in S3, which cannot be a pattern", scalar.text);
            return Err(LeafError::new(Code::PathPattern, message)
                .help("write the key as it is")
                .at(at..at + 1));
        }
        Ok(Self(scalar.text.clone()))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^s3://" })
    }
}

/// What names of buckets may not begin and end with (S3 User Guide, "General purpose bucket naming rules").
const RESERVED: (&[&str], &[&str]) =
    (&["xn--", "sthree-", "amzn-s3-demo-"], &["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]);

/// Checks the bucket and the separators of an S3 URI. Bucket names: 3 to 63 of `a-z0-9.-`
/// (S3 User Guide, "General purpose bucket naming rules").
fn check_s3(text: &str) -> Result<(), LeafError> {
    let wrong = |why: String| {
        Err(LeafError::new(Code::InvalidS3Uri, format!("`{text}` is no place in S3: {why}"))
            .help("write `s3://bucket/key`"))
    };
    let Some(rest) = text.strip_prefix("s3://") else {
        return wrong("it does not begin with `s3://`".to_owned());
    };
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.contains("{{") {
        return wrong("the bucket must be known when compiling; use `${vars.NAME}`".to_owned());
    }
    let edges = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let valid = (3..=63).contains(&bucket.len())
        && bucket.chars().all(|c| edges(c) || matches!(c, '.' | '-'))
        && bucket.starts_with(edges)
        && bucket.ends_with(edges)
        && !bucket.contains("..");
    let numbers: Vec<&str> = bucket.split('.').collect();
    let is_address = numbers.len() == 4 && numbers.iter().all(|number| number.parse::<u8>().is_ok());
    if is_address
        || RESERVED.0.iter().any(|start| bucket.starts_with(*start))
        || RESERVED.1.iter().any(|end| bucket.ends_with(*end))
    {
        return wrong(format!("S3 keeps names like `{bucket}` from buckets"));
    }
    if key.len() > 1024 {
        return wrong(format!("a key has at most 1024 bytes, and this one {}", key.len()));
    }
    if !valid {
        return wrong(format!("`{bucket}` cannot be a bucket: 3 to 63 of a-z, 0-9, `.` and `-`"));
    }
    if key.starts_with('/') || key.contains("//") {
        return wrong("`//` makes a folder without a name".to_owned());
    }
    Ok(())
}

/// Checks what stands for several keys in a path. Holes are filled in later and are text here.
pub fn check_pattern(text: &str) -> Result<(), LeafError> {
    let mut still = text.to_owned();
    for hole in objects::holes(text) {
        still.replace_range(hole.clone(), &"x".repeat(hole.len()));
    }
    // Most paths have nothing that could be wrong.
    if !still.contains(['*', '[', '{']) {
        return Ok(());
    }
    match objects::segments(&still) {
        Ok(_) => Ok(()),
        Err(error) => Err(LeafError::new(Code::PathPattern, error.message).help(error.help).at(error.range)),
    }
}
