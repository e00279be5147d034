//! Files that publishing puts into S3: the user's, and scripts that dagc makes.

use serde::Serialize;
use std::sync::Arc;

/// A file that is put into S3 under a name that carries its content's hash. It is shown as its URI.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Asset {
    /// Its path relative to the project; of a script that dagc makes `PIPELINE/STEP.py`.
    pub path: Arc<str>,
    /// Its text.
    pub content: Arc<[u8]>,
    /// Where it is put: `s3://bucket/prefix/name-<hash>.py`.
    pub uri: String,
    /// dagc has made it, and shows it among the generated files.
    pub is_made: bool,
}

impl From<Asset> for String {
    fn from(asset: Asset) -> Self {
        asset.uri
    }
}
