//! A DAG folder: in S3, or on this machine. Both keep the same promises.
//!
//! A write is seen whole or not at all, gives back an ETag that names the content that was written, and may
//! be made conditional on what is there. Paths are relative to the DAG folder, with `/` between their parts.

use super::content::{Content, When, Written};
use super::diff::Remote;
use super::error::Result;
use super::folder::Folder;
use super::s3::S3Folder;
use std::collections::BTreeMap;

/// Where a manifest, plans and DAG files go.
#[derive(Clone, Debug)]
pub enum Store {
    /// A folder in S3.
    S3(S3Folder),
    /// A folder on this machine.
    Folder(Folder),
}

impl std::fmt::Display for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::S3(folder) => folder.fmt(f),
            Self::Folder(folder) => folder.fmt(f),
        }
    }
}

impl Store {
    /// Lists the files of a namespace.
    pub async fn list(&self, namespace: &str) -> Result<BTreeMap<String, Remote>> {
        match self {
            Self::S3(folder) => folder.list(namespace).await,
            Self::Folder(folder) => folder.list(namespace),
        }
    }

    /// Returns the SHA-256 of a file's content if it can be told without reading all of it from afar.
    pub async fn sha256(&self, path: &str) -> Result<Option<String>> {
        match self {
            Self::S3(folder) => folder.sha256(path).await,
            Self::Folder(folder) => folder.sha256(path),
        }
    }

    /// Reads a file with its ETag; none when it is not there.
    pub async fn read(&self, path: &str) -> Result<Option<(Vec<u8>, String)>> {
        match self {
            Self::S3(folder) => folder.read(path).await,
            Self::Folder(folder) => folder.read(path),
        }
    }

    /// Writes a file.
    pub async fn write(&self, path: &str, content: &Content<'_>, when: When) -> Result<Written> {
        match self {
            Self::S3(folder) => folder.write(path, content, when).await,
            Self::Folder(folder) => folder.write(path, content, &when),
        }
    }

    /// Removes files; one that is not there is no error.
    pub async fn delete(&self, paths: &[String]) -> Result<()> {
        match self {
            Self::S3(folder) => folder.delete(paths).await,
            Self::Folder(folder) => folder.delete(paths),
        }
    }
}
