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

use crate::emit::{Artifacts, is_dag_file, package_file};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// The folder in a project for what dagc keeps on this machine; git ignores it.
pub const STATE_FOLDER: &str = ".dagc";

/// The file in [`STATE_FOLDER`] that a build locks.
const LOCK_FILE: &str = "build.lock";

/// What stands near the beginning of every file that dagc makes outside of `.dagc`.
const MARKS: &[&str] = &["Made by dagc", "dagc made this file"];

/// Where a mark may stand: the first bytes of a file.
const HEAD: usize = 4096;

/// The beginning and end of the names of files that are being written.
const TEMPORARY: (&str, &str) = (".dagc-", ".tmp");

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

/// How a folder differs from what it should hold. Paths are relative to it, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Files that are not there.
    pub missing: Vec<String>,
    /// Files of ours with another content: of an earlier build, or changed by hand.
    pub changed: Vec<String>,
    /// Files of ours that nothing needs any more.
    pub superfluous: Vec<String>,
    /// Files of somebody else's where ours belong.
    pub foreign: Vec<String>,
    /// All other files there: somebody else's, or of pipelines that the artifacts leave out.
    pub others: Vec<String>,
    /// How many files are as they should be.
    pub unchanged: usize,
    /// Files that an interrupted build left.
    leftovers: Vec<String>,
}

impl Difference {
    /// Says whether the folder holds what it should.
    pub fn is_none(&self) -> bool {
        self.missing.is_empty()
            && self.changed.is_empty()
            && self.superfluous.is_empty()
            && self.foreign.is_empty()
    }
}

/// Says how a folder differs from what it should hold; changes nothing.
pub fn compare(folder: &Path, artifacts: &Artifacts) -> Result<Difference, WriteError> {
    let states: Vec<State> = artifacts
        .files
        .par_iter()
        .map(|(path, content)| state(&folder.join(path), path, content))
        .collect::<Result<_, _>>()?;
    let mut difference = Difference::default();
    for (path, state) in artifacts.files.keys().zip(states) {
        match state {
            State::Same => difference.unchanged += 1,
            State::Missing => difference.missing.push(path.clone()),
            State::Changed => difference.changed.push(path.clone()),
            State::Foreign => difference.foreign.push(path.clone()),
        }
    }
    for path in list_files(folder)? {
        if artifacts.files.contains_key(&path) {
            continue;
        }
        if is_temporary(&path) {
            difference.leftovers.push(path);
        } else if artifacts.supersede(&path) && is_ours(&path, &head(&folder.join(&path))?) {
            difference.superfluous.push(path);
        } else {
            difference.others.push(path);
        }
    }
    Ok(difference)
}

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

/// What dagc made for an environment that the project does not have any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abandoned {
    /// The environment's name.
    pub environment: String,
    /// The files, relative to the folder of all environments.
    pub paths: Vec<String>,
}

/// Finds, below the folder of all environments, what dagc made for a project in environments that it does not
/// have any more; changes nothing. `namespace` is the project's folder in each.
pub fn abandoned(
    folder: &Path,
    project: &str,
    namespace: &str,
    environments: &[String],
) -> Result<Vec<Abandoned>, WriteError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(environment) = entry.file_name().into_string() else { continue };
        let home = entry.path().join(namespace);
        // Behind a link is nothing that dagc made.
        if !crate::load::stays_inside(folder, &home).unwrap_or(false) {
            continue;
        }
        // Nothing else than this file says that a folder is not somebody else's.
        let is_package =
            fs::read_to_string(home.join("__init__.py")).is_ok_and(|text| text == package_file(project));
        if environments.contains(&environment) || !is_package {
            continue;
        }
        let mut paths = Vec::new();
        for inside in list_files(&home)? {
            let path = format!("{namespace}/{inside}");
            if is_ours(&path, &head(&home.join(&inside))?) {
                paths.push(format!("{environment}/{path}"));
            }
        }
        found.push(Abandoned { environment, paths });
    }
    found.sort_by(|a, b| a.environment.cmp(&b.environment));
    Ok(found)
}

/// The state of one file.
enum State {
    Same,
    Missing,
    Changed,
    Foreign,
}

fn state(file: &Path, path: &str, content: &[u8]) -> Result<State, WriteError> {
    let found = match fs::read(file) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::Missing),
        Err(source) => return Err(disk("read", file, source)),
    };
    if found == content {
        return Ok(State::Same);
    }
    Ok(if is_ours(path, &found[..found.len().min(HEAD)]) { State::Changed } else { State::Foreign })
}

/// Lists the files below a folder by their relative paths, sorted; none when it is not there.
pub(crate) fn list_files(folder: &Path) -> Result<Vec<String>, WriteError> {
    let mut paths = Vec::new();
    // A folder that is given by a link is no file in itself.
    for entry in WalkDir::new(folder).min_depth(1).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound) => {
                continue;
            }
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_path_buf();
                return Err(disk("list", &path, error.into()));
            }
        };
        if entry.file_type().is_dir() {
            continue;
        }
        // A name that is not UTF-8 is none of ours.
        let relative = entry.path().strip_prefix(folder).ok().and_then(Path::to_str);
        paths.extend(relative.map(|path| path.replace(std::path::MAIN_SEPARATOR, "/")));
    }
    Ok(paths)
}

fn head(file: &Path) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::with_capacity(HEAD);
    let read = File::open(file).and_then(|file| file.take(HEAD as u64).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        // Gone meanwhile, or a link to nowhere.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(disk("read", file, source)),
    }
}

/// Says whether dagc made a file, by its path relative to the output folder and its first bytes.
fn is_ours(path: &str, head: &[u8]) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [.., ".dagc", "plans" | "resources" | "scripts", _] | [.., ".dagc", "bin", "launch.sh"] => true,
        _ => {
            // The words may stand on two lines.
            let text = String::from_utf8_lossy(head).split_whitespace().collect::<Vec<_>>().join(" ");
            MARKS.iter().any(|mark| text.contains(mark))
        }
    }
}

fn is_temporary(path: &str) -> bool {
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
fn parents<'a>(paths: impl Iterator<Item = &'a String>) -> BTreeSet<&'a str> {
    paths.map(|path| path.rsplit_once('/').map_or("", |(parent, _)| parent)).collect()
}

fn make_folders<'a>(folder: &Path, paths: impl Iterator<Item = &'a String>) -> Result<(), WriteError> {
    for parent in parents(paths) {
        let parent = folder.join(parent);
        fs::create_dir_all(&parent).map_err(|source| disk("make", &parent, source))?;
    }
    Ok(())
}

/// Puts a file in place as a whole: no reader ever sees half of it.
fn replace(file: &Path, content: &[u8]) -> Result<(), WriteError> {
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

fn disk(action: &'static str, path: &Path, source: io::Error) -> WriteError {
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

#[cfg(test)]
mod tests;
