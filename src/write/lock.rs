//! What keeps two builds of one project apart, and the folder in which it lies.

use super::error::{WriteError, disk};
use super::files::{keep_inside, replace};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The folder in a project for what dagc keeps on this machine; git ignores it.
pub const STATE_FOLDER: &str = ".dagc";

/// The file in [`STATE_FOLDER`] that a build locks.
pub(super) const LOCK_FILE: &str = "build.lock";

/// Keeps other builds of the project away as long as it lives. The system lets go of it whatever happens to
/// the process.
#[derive(Debug)]
pub struct BuildLock(#[expect(dead_code, reason = "held for its lock")] File);

impl BuildLock {
    /// Waits until no build of the project is running, without writing anything: where none has ever left a
    /// lock, there is nothing to wait for, and none is taken.
    pub fn share(root: &Path) -> Option<Self> {
        let file = File::open(root.join(STATE_FOLDER).join(LOCK_FILE)).ok()?;
        file.lock_shared().ok()?;
        Some(Self(file))
    }

    /// Waits until no other build of the project is running; calls `on_wait` if there is one.
    pub fn acquire(root: &Path, on_wait: impl FnOnce()) -> Result<Self, WriteError> {
        let folder = state_folder(root)?;
        let path = folder.join(LOCK_FILE);
        let acquire = || {
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => {
                    on_wait();
                    file.lock()?;
                }
                Err(fs::TryLockError::Error(error)) => return Err(error),
            }
            Ok(Self(file))
        };
        acquire().map_err(|source| disk("lock", &path, source))
    }
}

/// Makes the folder for what dagc keeps on this machine, which tells git to ignore it.
pub(crate) fn state_folder(root: &Path) -> Result<PathBuf, WriteError> {
    let folder = root.join(STATE_FOLDER);
    for inside in ["", LOCK_FILE, ".gitignore", "cache"] {
        keep_inside(root, &folder.join(inside))?;
    }
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        fs::create_dir_all(&folder).map_err(|source| disk("make", &folder, source))?;
        replace(&ignore, b"# Made by dagc: what it remembers on this machine.\n*\n")?;
    }
    Ok(folder)
}
