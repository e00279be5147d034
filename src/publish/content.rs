//! What is written: bytes with their hash, and under which condition.

use super::diff::Wanted;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::fmt::Write as _;

/// When a write takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// In any case.
    Always,
    /// Only if nothing is there.
    Absent,
    /// Only if what is there has this ETag.
    Unchanged(String),
}

/// What is written: bytes, and their hash, which is computed once.
#[derive(Clone, Debug)]
pub struct Content<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    pub(super) sha256: String,
}

impl<'a> Content<'a> {
    /// Takes bytes.
    pub fn of(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        let bytes = bytes.into();
        let sha256 = sha256_hex(&bytes);
        Self { bytes, sha256 }
    }

    /// Describes it.
    pub(super) fn wanted(&self) -> Wanted {
        Wanted { sha256: self.sha256.clone(), size: self.bytes.len() as u64 }
    }
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// It took place; the ETag.
    Yes(String),
    /// What is there is not what the condition says.
    Refused,
}

/// Returns the SHA-256 of a content in hexadecimal digits.
pub(super) fn sha256_hex(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
