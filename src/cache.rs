//! Knowing without compiling that a build would change nothing.
//!
//! After a build without findings, [`Pending::remember`] writes down what it read and what it wrote: of
//! every file the length, times, inode and hash. [`recall`] compares that with the disk. It is right even
//! when files change while dagc runs or twice within one tick of the clock, by git's rule for its index: a
//! file counts as unchanged by its times only when those lie before the moment at which dagc began to look;
//! otherwise its content is hashed. Times are those of the file system, no other clock is read.
//!
//! Builds with findings are not remembered, so that every build shows its warnings. The record is one file
//! an environment in `.dagc/cache`; when it is missing, broken or of another dagc, everything is compiled.

use crate::emit::Artifacts;
use crate::load;
use crate::text::ProjectFiles;
use crate::write::{STATE_FOLDER, WriteError, list_others, state_folder};
use foldhash::quality::FixedState;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs::{self, File, Metadata};
use std::hash::BuildHasher;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Nanoseconds by which a file's time may lag behind the moment of its change: two ticks of slow kernels.
const SLACK: i64 = 100_000_000;

/// The same where times are kept in whole seconds, or in two.
const COARSE_SLACK: i64 = 2_000_000_000;

const NANOSECONDS: i64 = 1_000_000_000;

/// The folder of the records in [`STATE_FOLDER`].
const FOLDER: &str = "cache";

/// A build that is about to read its files.
#[derive(Debug)]
pub struct Pending {
    root: PathBuf,
    record: PathBuf,
    key: String,
    program: Option<Stat>,
    started: i64,
}

/// What [`recall`] found.
#[derive(Debug)]
pub enum Recalled {
    /// A build would change nothing.
    Fresh {
        /// How many files the environments' folders hold.
        files: usize,
    },
    /// It may; compile, and remember what came of it.
    Unknown(Pending),
}

/// What a build has made of one environment's folder.
#[derive(Debug)]
pub struct Output {
    /// The folder.
    pub folder: PathBuf,
    /// The files in it that are ours.
    pub artifacts: Artifacts,
    /// Those that are not.
    pub others: Vec<String>,
}

/// What was read and written. Read back, its paths are pieces of the file that it was read from.
#[derive(Debug, Serialize, Deserialize)]
struct Record<'a> {
    version: &'a str,
    #[serde(borrow)]
    key: Cow<'a, str>,
    program: Option<Stat>,
    #[serde(borrow)]
    inputs: Vec<Entry<'a>>,
    #[serde(borrow)]
    outputs: Vec<Folder<'a>>,
    /// Before this the inputs' times can be relied on.
    started: i64,
    /// Before this the outputs' times can be relied on.
    written: i64,
}

/// The folder of one environment.
#[derive(Debug, Serialize, Deserialize)]
struct Folder<'a> {
    path: PathBuf,
    #[serde(borrow)]
    files: Vec<Entry<'a>>,
    /// Files there that are not ours.
    others: Vec<String>,
}

/// One file.
#[derive(Debug, Serialize, Deserialize)]
struct Entry<'a>(#[serde(borrow)] Cow<'a, str>, Stat, Hash);

/// Length, inode, time of the content's change, time of any change. The times are nanoseconds since 1970; those that do not
/// fit are the last one, which cannot be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stat(u64, u64, i64, i64);

/// A hash of 128 bits.
type Hash = (u64, u64);

/// Looks, without writing anything, whether the build that was last remembered under this key still holds;
/// gives how many files it made.
pub fn look(root: &Path, key: &str) -> Option<usize> {
    let pending = Pending::at(root, key, &root.join(STATE_FOLDER).join(FOLDER), 0);
    let bytes = fs::read(&pending.record).ok()?;
    let mut record = read(&bytes)?;
    pending.verify(&mut record)?;
    Some(record.count())
}

/// Says whether the build that was last remembered under this key still holds. The key says what else the
/// build depends on, such as the environments that were asked for.
pub fn recall(root: &Path, key: &str) -> Result<Recalled, WriteError> {
    let pending = Pending::new(root, key)?;
    let bytes = fs::read(&pending.record).unwrap_or_default();
    let Some(mut record) = read(&bytes) else { return Ok(Recalled::Unknown(pending)) };
    let Some(is_exact) = pending.verify(&mut record) else { return Ok(Recalled::Unknown(pending)) };
    if !is_exact {
        // What had to be hashed need not be hashed again.
        pending.write(&record)?;
    }
    Ok(Recalled::Fresh { files: record.count() })
}

fn read(bytes: &[u8]) -> Option<Record<'_>> {
    serde_json::from_slice(bytes).ok()
}

impl Record<'_> {
    /// How many files were made.
    fn count(&self) -> usize {
        self.outputs.iter().map(|folder| folder.files.len()).sum()
    }
}

impl Pending {
    fn new(root: &Path, key: &str) -> Result<Self, WriteError> {
        let folder = state_folder(root)?.join(FOLDER);
        let disk = |source| WriteError::Disk { action: "write to", path: folder.clone(), source };
        fs::create_dir_all(&folder).map_err(disk)?;
        let started = now(&folder).map_err(disk)?;
        Ok(Self::at(root, key, &folder, started))
    }

    /// Makes one whose record lies in `folder`.
    fn at(root: &Path, key: &str, folder: &Path, started: i64) -> Self {
        let record = folder.join(format!("build-{:016x}.json", hash(key.as_bytes()).0));
        let program = std::env::current_exe().and_then(fs::metadata).ok().map(|metadata| Stat::of(&metadata));
        Self { root: root.to_path_buf(), record, key: key.to_owned(), program, started }
    }

    /// Writes down what the build read, and what it wrote into which folders. Call it when there are no
    /// findings and everything is written.
    pub fn remember(self, files: &ProjectFiles, outputs: &[Output]) -> Result<(), WriteError> {
        let texts = files.sources.iter().map(|(_, file)| (file.path.as_str(), file.text.as_bytes()));
        let others = files.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_ref()));
        let mut inputs: Vec<(&str, &[u8])> = texts.chain(others).collect();
        inputs.sort_unstable();
        let Some(inputs) = entries(&self.root, &inputs) else { return self.forget() };
        let mut folders = Vec::new();
        for Output { folder, artifacts, others } in outputs {
            let made: Vec<(&str, &[u8])> =
                artifacts.files.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
            let Some(files) = entries(folder, &made) else { return self.forget() };
            folders.push(Folder { path: folder.clone(), files, others: others.clone() });
        }
        let written = self.now()?;
        self.write(&Record {
            version: env!("CARGO_PKG_VERSION"),
            key: Cow::Borrowed(&self.key),
            program: self.program,
            inputs,
            outputs: folders,
            started: self.started,
            written,
        })
    }

    /// Drops what was remembered: something changed while the build was running.
    fn forget(self) -> Result<(), WriteError> {
        match fs::remove_file(&self.record) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(self.disk("remove", source)),
            _ => Ok(()),
        }
    }

    /// Compares a record with the disk, and writes the files' states of now into it. Says whether these are the same; nothing
    /// when anything differs.
    fn verify(&self, record: &mut Record<'_>) -> Option<bool> {
        let is_mine = record.version == env!("CARGO_PKG_VERSION")
            && record.key == self.key
            && record.program == self.program
            && self.program.is_some();
        if !is_mine {
            return None;
        }
        let mut found = load::inputs(&self.root).ok()?;
        found.sort_unstable();
        if !found.iter().eq(record.inputs.iter().map(|Entry(path, ..)| path)) {
            return None;
        }
        drop(found);
        let mut is_exact = current(&self.root, &mut record.inputs, record.started)?;
        for folder in &mut record.outputs {
            let is_ours =
                |path: &str| folder.files.binary_search_by(|Entry(known, ..)| (**known).cmp(path)).is_ok();
            if list_others(&folder.path, is_ours).ok()? != folder.others {
                return None;
            }
            is_exact &= current(&folder.path, &mut folder.files, record.written)?;
        }
        (record.started, record.written) = (self.started, self.started);
        Some(is_exact)
    }

    fn write(&self, record: &Record<'_>) -> Result<(), WriteError> {
        let temporary = self.record.with_extension("tmp");
        let write = || {
            // A record has some hundred bytes a file: all of them in memory would be the last that a large project needs.
            let mut file = BufWriter::with_capacity(1 << 16, File::create(&temporary)?);
            serde_json::to_writer(&mut file, record)?;
            file.flush()?;
            fs::rename(&temporary, &self.record)
        };
        write().map_err(|source| self.disk("write", source))
    }

    fn now(&self) -> Result<i64, WriteError> {
        let folder = self.record.parent().unwrap_or(Path::new(STATE_FOLDER));
        now(folder).map_err(|source| self.disk("write", source))
    }

    fn disk(&self, action: &'static str, source: io::Error) -> WriteError {
        WriteError::Disk { action, path: self.record.clone(), source }
    }
}

/// Returns the time of the file system, by touching a file.
fn now(folder: &Path) -> io::Result<i64> {
    let mark = folder.join("mark");
    fs::write(&mark, b"")?;
    let stat = Stat::of(&fs::metadata(&mark)?);
    Ok(stat.2.max(stat.3))
}

/// Makes the entries of files whose content is known; none when one is not there.
fn entries<'a>(folder: &Path, files: &[(&'a str, &[u8])]) -> Option<Vec<Entry<'a>>> {
    files
        .par_iter()
        .map(|(path, content)| {
            let metadata = fs::metadata(folder.join(path)).ok()?;
            Some(Entry(Cow::Borrowed(*path), Stat::of(&metadata), hash(content)))
        })
        .collect()
}

/// Writes the states of now into entries, and says whether they are the recorded ones; nothing when the content of one is
/// another.
fn current(folder: &Path, entries: &mut [Entry<'_>], reliable: i64) -> Option<bool> {
    let is_same = |entry: &mut Entry<'_>| {
        let Entry(path, stat, known) = entry;
        let file = folder.join(&**path);
        let metadata = fs::metadata(&file).ok()?;
        let now = Stat::of(&metadata);
        if now == *stat && stat.is_before(reliable) {
            return Some(true);
        }
        if metadata.len() != stat.0 || hash(&fs::read(&file).ok()?) != *known {
            return None;
        }
        *stat = now;
        Some(false)
    };
    entries.par_iter_mut().map(is_same).try_reduce(|| true, |one, other| Some(one && other))
}

impl Stat {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let time = |seconds: i64, nanoseconds: i64| {
            seconds
                .checked_mul(NANOSECONDS)
                .and_then(|time| time.checked_add(nanoseconds))
                .unwrap_or(i64::MAX)
        };
        Self(
            metadata.len(),
            metadata.ino(),
            time(metadata.mtime(), metadata.mtime_nsec()),
            time(metadata.ctime(), metadata.ctime_nsec()),
        )
    }

    #[cfg(not(unix))]
    fn of(metadata: &Metadata) -> Self {
        let modified =
            metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let modified = modified.map_or(0, |time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX));
        Self(metadata.len(), 0, modified, modified)
    }

    /// Says whether a change after `moment` would have left another state.
    fn is_before(self, moment: i64) -> bool {
        let latest = self.2.max(self.3);
        let slack = if latest % NANOSECONDS == 0 { COARSE_SLACK } else { SLACK };
        latest < moment.saturating_sub(slack)
    }
}

/// What tells contents of equal length apart, which nobody makes alike on purpose.
fn hash(content: &[u8]) -> Hash {
    let half = |seed| FixedState::with_seed(seed).hash_one(content);
    (half(0), half(1))
}

#[cfg(test)]
mod tests;
