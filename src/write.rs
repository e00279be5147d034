//! Artifacts to disk.
//!
//! Takes [`Artifacts`] and the folder of their environment, gives what differs ([`compare`]) or makes the
//! folder hold exactly them ([`apply`]):
//!
//! - A file is replaced as a whole (a temporary file beside it, then a rename), and only when its content
//!   differs, so that time stamps tell what changed.
//! - A folder that is not there is made beside its place and renamed: it is there with all its files, or not.
//! - DAG files are written last, and nothing is removed before: whoever reads the folder meanwhile, or
//!   after a build that was interrupted, finds with every DAG file the plan that it names.
//! - Of artifacts that are some pipelines' only, what is there of the others stays.
//! - Only files that dagc made are replaced or removed. It knows them by themselves, with no list beside
//!   them that could be missing from a clone or wrong after a merge: by their place below `.dagc`, or by
//!   the words in their first lines.
//!
//! A [`BuildLock`] keeps two builds of one project apart.

mod difference;
mod error;
mod files;
mod lock;

use crate::emit::{Artifacts, is_dag_file};
#[cfg(test)]
use difference::list_files;
pub(crate) use difference::list_others;
pub use difference::{Abandoned, Difference, abandoned, compare};
pub use error::WriteError;
use error::disk;
use files::{TEMPORARY, is_temporary, make_folders, parents, replace};
pub use files::{keep_inside, remove};
pub(crate) use lock::state_folder;
pub use lock::{BuildLock, STATE_FOLDER};
use rayon::prelude::*;
use std::fs;
use std::path::Path;

/// What is done about files of somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// Nothing is written at all.
    Refuse,
    /// They are replaced.
    Replace,
}

/// Makes a folder hold the artifacts; gives what was different. Nothing is written when it fails with
/// [`WriteError::NotOurs`].
pub fn apply(folder: &Path, artifacts: &Artifacts, foreign: Foreign) -> Result<Difference, WriteError> {
    if !folder.exists() {
        return create(folder, artifacts);
    }
    for parent in parents(artifacts.files.keys()) {
        keep_inside(folder, &folder.join(parent))?;
    }
    let difference = compare(folder, artifacts)?;
    if foreign == Foreign::Refuse && !difference.foreign.is_empty() {
        return Err(WriteError::NotOurs { paths: difference.foreign });
    }
    remove(folder, &difference.leftovers)?;
    let lists = [&difference.missing, &difference.changed, &difference.foreign];
    let (dags, others): (Vec<&String>, Vec<&String>) =
        lists.into_iter().flatten().partition(|path| is_dag_file(path));
    for paths in [others, dags] {
        make_folders(folder, paths.iter().copied())?;
        paths.par_iter().try_for_each(|path| replace(&folder.join(path), &artifacts.files[*path]))?;
    }
    remove(folder, &difference.superfluous)?;
    Ok(difference)
}

/// Makes a folder that is not there: beside its place, and then as a whole by one rename.
fn create(folder: &Path, artifacts: &Artifacts) -> Result<Difference, WriteError> {
    let parent = folder.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(parent).map_err(|source| disk("make", parent, source))?;
    // What an interrupted build left; the lock says that none is running.
    let siblings = fs::read_dir(parent).map_err(|source| disk("list", parent, source))?;
    for sibling in siblings.flatten().filter(|sibling| is_temporary(&sibling.file_name().to_string_lossy())) {
        let path = sibling.path();
        fs::remove_dir_all(&path).map_err(|source| disk("remove", &path, source))?;
    }
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
    let temporary = builder.tempdir_in(parent).map_err(|source| disk("make a folder in", parent, source))?;
    make_folders(temporary.path(), artifacts.files.keys())?;
    artifacts.files.par_iter().try_for_each(|(path, content)| {
        let file = temporary.path().join(path);
        fs::write(&file, content).map_err(|source| disk("write", &file, source))
    })?;
    fs::rename(temporary.path(), folder).map_err(|source| disk("make", folder, source))?;
    // It has moved: there is nothing left to clean up.
    let _ = temporary.keep();
    Ok(Difference { missing: artifacts.files.keys().cloned().collect(), ..Difference::default() })
}

#[cfg(test)]
mod tests;
