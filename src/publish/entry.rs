//! A file that is ours, as the manifest keeps it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A file that is ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
    /// Its bytes.
    pub size: u64,
    /// What the store called the object when we wrote it; none when writing it was begun and its end is
    /// not known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub etag: Option<String>,
    /// Since when no publication wants it; it stays for a while, as tasks that run may need it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unwanted_since: Option<Timestamp>,
}
