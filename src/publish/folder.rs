//! A DAG folder on this machine: that of an Airflow of one's own.
//!
//! A file is written under another name and renamed into place, so that a scheduler that reads the folder
//! never sees half of one. The ETag is the SHA-256 of the content. Conditional writes hold a lock file.

use super::content::{Content, When, Written, sha256_hex};
use super::diff::Remote;
use super::error::{Error, Result};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// What the names of files under way begin with; Airflow reads no hidden files.
const UNDER_WAY: &str = ".dagc-tmp-";

/// A DAG folder on this machine.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl std::fmt::Display for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.root.display().fmt(f)
    }
}

impl Folder {
    /// Names a folder; it is made with the first write.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    pub(super) fn list(&self, namespace: &str) -> Result<BTreeMap<String, Remote>> {
        let mut found = BTreeMap::new();
        for entry in walkdir::WalkDir::new(self.root.join(namespace)) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.io_error().is_some_and(|e| e.kind() == ErrorKind::NotFound) => continue,
                Err(error) => return Err(Error::io(format!("list {self}"))(error.into())),
            };
            let name = entry.file_name().to_string_lossy();
            if entry.file_type().is_dir() || name.starts_with(UNDER_WAY) {
                continue;
            }
            let Some(path) = self.relative(entry.path()) else { continue };
            if let Some((content, sha256)) = self.read(&path)? {
                let size = content.len() as u64;
                found.insert(path, Remote { size, etag: sha256.clone(), sha256: Some(sha256) });
            }
        }
        Ok(found)
    }

    pub(super) fn sha256(&self, path: &str) -> Result<Option<String>> {
        Ok(self.read(path)?.map(|(_, sha256)| sha256))
    }

    pub(super) fn read(&self, path: &str) -> Result<Option<(Vec<u8>, String)>> {
        let file = self.root.join(path);
        match std::fs::read(&file) {
            Ok(content) => {
                let sha256 = sha256_hex(&content);
                Ok(Some((content, sha256)))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(format!("read {}", file.display()))(error)),
        }
    }

    pub(super) fn write(&self, path: &str, content: &Content<'_>, when: &When) -> Result<Written> {
        let file = self.root.join(path);
        let folder = file.parent().unwrap_or(&self.root);
        let failed = || Error::io(format!("write {}", file.display()));
        std::fs::create_dir_all(folder).map_err(failed())?;
        let _lock = match when {
            When::Always => None,
            When::Absent | When::Unchanged(_) => Some(lock(folder).map_err(failed())?),
        };
        let there = match when {
            When::Always => None,
            When::Absent | When::Unchanged(_) => self.sha256(path)?,
        };
        match (when, there) {
            (When::Absent, Some(_)) | (When::Unchanged(_), None) => return Ok(Written::Refused),
            (When::Unchanged(etag), Some(there)) if *etag != there => return Ok(Written::Refused),
            _ => {}
        }
        replace(&file, folder, &content.bytes).map_err(failed())?;
        Ok(Written::Yes(content.sha256.clone()))
    }

    pub(super) fn delete(&self, paths: &[String]) -> Result<()> {
        for path in paths {
            let file = self.root.join(path);
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::io(format!("remove {}", file.display()))(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn relative(&self, path: &Path) -> Option<String> {
        let inside = path.strip_prefix(&self.root).ok()?;
        let parts: Option<Vec<&str>> = inside.components().map(|part| part.as_os_str().to_str()).collect();
        Some(parts?.join("/"))
    }
}

fn lock(folder: &Path) -> std::io::Result<std::fs::File> {
    let file = std::fs::File::create(folder.join(format!("{UNDER_WAY}lock")))?;
    file.lock()?;
    Ok(file)
}

fn replace(file: &Path, folder: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut under_way = tempfile::Builder::new().prefix(UNDER_WAY).tempfile_in(folder)?;
    under_way.write_all(content)?;
    under_way.as_file().sync_all()?;
    readable_by_all(under_way.as_file())?;
    under_way.persist(file)?;
    Ok(())
}

/// Airflow may run as another user than the one who publishes.
#[cfg(unix)]
fn readable_by_all(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable_by_all(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_only_under_the_condition() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path());
        let etag_a = sha256_hex(b"a");
        for (content, when, written) in [
            ("a", When::Unchanged(etag_a.clone()), false),
            ("a", When::Absent, true),
            ("b", When::Absent, false),
            ("b", When::Unchanged(sha256_hex(b"z")), false),
            ("b", When::Unchanged(etag_a), true),
            ("c", When::Always, true),
        ] {
            let got = folder.write("n/x", &Content::of(content.as_bytes()), &when).unwrap();
            let expected =
                if written { Written::Yes(sha256_hex(content.as_bytes())) } else { Written::Refused };
            assert_eq!(got, expected, "{content} {when:?}");
        }
        assert_eq!(folder.read("n/x").unwrap().unwrap().0, b"c");
    }

    #[test]
    fn lists_one_namespace_without_files_under_way() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path());
        assert_eq!(folder.list("n").unwrap(), BTreeMap::new());
        for path in ["n/a.py", "n/.dagc/plans/p.json", "other/a.py"] {
            folder.write(path, &Content::of(b"x".as_slice()), &When::Absent).unwrap();
        }
        let listed: Vec<String> = folder.list("n").unwrap().into_keys().collect();
        assert_eq!(listed, ["n/.dagc/plans/p.json", "n/a.py"]);
        folder.delete(&["n/a.py".to_owned(), "n/a.py".to_owned()]).unwrap();
        assert_eq!(folder.read("n/a.py").unwrap(), None);
    }
}
