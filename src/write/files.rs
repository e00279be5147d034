//! Files and folders: each is put in place as a whole, and none outside of its folder.

use super::error::{WriteError, disk};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// The beginning and end of the names of files that are being written.
pub(super) const TEMPORARY: (&str, &str) = (".dagc-", ".tmp");

pub(super) fn is_temporary(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1)
}

/// Refuses to write where links lead out of a folder.
pub fn keep_inside(folder: &Path, path: &Path) -> Result<(), WriteError> {
    match crate::load::stays_inside(folder, path) {
        Ok(true) => Ok(()),
        Ok(false) => Err(WriteError::Outside { path: path.to_path_buf(), of: folder.to_path_buf() }),
        Err(source) => Err(disk("find", path, source)),
    }
}

/// The folders of files, each once.
pub(super) fn parents<'a>(paths: impl Iterator<Item = &'a String>) -> BTreeSet<&'a str> {
    paths.map(|path| path.rsplit_once('/').map_or("", |(parent, _)| parent)).collect()
}

pub(super) fn make_folders<'a>(
    folder: &Path,
    paths: impl Iterator<Item = &'a String>,
) -> Result<(), WriteError> {
    for parent in parents(paths) {
        let parent = folder.join(parent);
        fs::create_dir_all(&parent).map_err(|source| disk("make", &parent, source))?;
    }
    Ok(())
}

/// Puts a file in place as a whole: no reader ever sees half of it.
pub(super) fn replace(file: &Path, content: &[u8]) -> Result<(), WriteError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let folder = file.parent().unwrap_or(Path::new(""));
    let write = || {
        let mut temporary = builder.tempfile_in(folder)?;
        io::Write::write_all(&mut temporary, content)?;
        temporary.persist(file).map_err(|error| error.error)
    };
    write().map(|_| ()).map_err(|source| disk("write", file, source))
}

/// Removes files, and the folders that are empty then.
pub fn remove(folder: &Path, paths: &[String]) -> Result<(), WriteError> {
    let mut parents = BTreeSet::new();
    for path in paths {
        let file = folder.join(path);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(disk("remove", &file, error)),
            _ => {}
        }
        parents.extend(Path::new(path).ancestors().skip(1).filter(|path| !path.as_os_str().is_empty()));
    }
    for parent in parents.into_iter().rev() {
        // A folder that still holds something stays.
        let _ = fs::remove_dir(folder.join(parent));
    }
    Ok(())
}
