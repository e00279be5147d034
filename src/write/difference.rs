//! How a folder differs from what it should hold, and which of its files dagc made.

use super::error::{WriteError, disk};
use super::files::is_temporary;
use crate::emit::{Artifacts, package_file};
use rayon::prelude::*;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::Path;
use walkdir::WalkDir;

/// What stands near the beginning of every file that dagc makes outside of `.dagc`.
const MARKS: &[&str] = &["Made by dagc", "dagc made this file"];

/// Where a mark may stand: the first bytes of a file.
const HEAD: usize = 4096;

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
    pub(super) leftovers: Vec<String>,
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
    list_others(folder, |_| false)
}

/// Lists the files below a folder that are none of ours.
pub(crate) fn list_others(folder: &Path, is_ours: impl Fn(&str) -> bool) -> Result<Vec<String>, WriteError> {
    let mut paths = Vec::new();
    // A folder that is given by a link is no file in itself.
    for entry in WalkDir::new(folder).min_depth(1) {
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
        let Some(relative) = entry.path().strip_prefix(folder).ok().and_then(Path::to_str) else { continue };
        if std::path::MAIN_SEPARATOR != '/' {
            let path = relative.replace(std::path::MAIN_SEPARATOR, "/");
            if !is_ours(&path) {
                paths.push(path);
            }
        } else if !is_ours(relative) {
            paths.push(relative.to_owned());
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

pub(super) fn head(file: &Path) -> Result<Vec<u8>, WriteError> {
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
pub(super) fn is_ours(path: &str, head: &[u8]) -> bool {
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
