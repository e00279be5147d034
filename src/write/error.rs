//! Why files cannot be written.

use std::io;
use std::path::{Path, PathBuf};

/// Why files cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The user's: files of theirs stand where generated ones belong.
    #[error(
        "dagc did not make {}, and does not replace {}; move {} away, or pass --force",
        list(paths),
        pronoun(paths),
        pronoun(paths)
    )]
    NotOurs {
        /// The files, relative to the output folder.
        paths: Vec<String>,
    },
    /// The user's: a link by which something elsewhere would be written to.
    #[error("`{}` is a symbolic link, or lies behind one, that leads out of `{}`", path.display(), of.display())]
    Outside {
        /// The folder that would be written to.
        path: PathBuf,
        /// Where it should lie.
        of: PathBuf,
    },
    /// The world's: the disk refuses.
    #[error("failed to {action} `{}`: {source}", path.display())]
    Disk {
        /// What was tried.
        action: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// Why it did not work.
        source: io::Error,
    },
}

pub(super) fn disk(action: &'static str, path: &Path, source: io::Error) -> WriteError {
    WriteError::Disk { action, path: path.to_path_buf(), source }
}

/// How many names a message shows.
const SHOWN: usize = 3;

fn list(paths: &[String]) -> String {
    let shown: Vec<String> = paths.iter().take(SHOWN).map(|path| format!("`{path}`")).collect();
    let more = paths.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

fn pronoun(paths: &[String]) -> &'static str {
    if paths.len() == 1 { "it" } else { "them" }
}
