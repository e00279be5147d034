//! Files of the user's that publishing puts into S3.

use serde::Serialize;
use std::sync::Arc;

/// A file of the user's that is put into S3 under a name that carries its content's hash. It is shown as its URI.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Asset {
    /// Its path relative to the project.
    pub path: String,
    /// Its text.
    pub content: Arc<[u8]>,
    /// Where it is put: `s3://bucket/prefix/name-<hash>.py`.
    pub uri: String,
}

impl From<Asset> for String {
    fn from(asset: Asset) -> Self {
        asset.uri
    }
}
