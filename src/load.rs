//! Reading a project from disk.
//!
//! Takes a folder, gives its texts as a [`SourceMap`] and its other files as bytes. Below this, nothing
//! reads files.

use crate::source::{FileId, SourceMap};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The files of a project.
#[derive(Debug, Default)]
pub struct ProjectFiles {
    /// The project's folder.
    pub root: PathBuf,
    /// All texts: `dagc.yaml`, pipelines, SQL.
    pub sources: SourceMap,
    /// `dagc.yaml`.
    pub project: Option<FileId>,
    /// The pipelines, sorted by path.
    pub pipelines: Vec<FileId>,
    /// The bytes of every other file under the folder of specs (scripts, libraries), by path relative to
    /// the project, with `/` between its parts.
    pub files: BTreeMap<String, Arc<[u8]>>,
    /// Files that are not UTF-8, with the offset of the first wrong byte.
    pub not_utf8: Vec<(FileId, usize)>,
}
