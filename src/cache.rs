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
use crate::write::{STATE_FOLDER, WriteError, list_files, state_folder};
use foldhash::quality::FixedState;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, Metadata};
use std::hash::BuildHasher;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Nanoseconds by which a file's time may lag behind the moment of its change: two ticks of slow kernels.
const SLACK: i128 = 100_000_000;

/// The same where times are kept in whole seconds, or in two.
const COARSE_SLACK: i128 = 2_000_000_000;

const NANOSECONDS: i128 = 1_000_000_000;

/// The folder of the records in [`STATE_FOLDER`].
const FOLDER: &str = "cache";

/// A build that is about to read its files.
#[derive(Debug)]
pub struct Pending {
    root: PathBuf,
    record: PathBuf,
    key: String,
    program: Option<Stat>,
    started: i128,
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

/// What was read and written.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    version: String,
    key: String,
    program: Option<Stat>,
    inputs: Vec<Entry>,
    outputs: Vec<Folder>,
    /// Before this the inputs' times can be relied on.
    started: i128,
    /// Before this the outputs' times can be relied on.
    written: i128,
}

/// The folder of one environment.
#[derive(Debug, Serialize, Deserialize)]
struct Folder {
    path: PathBuf,
    files: Vec<Entry>,
    /// Files there that are not ours.
    others: Vec<String>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry(String, Stat, Hash);

/// Length, inode, time of the content's change, time of any change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stat(u64, u64, i128, i128);

/// A hash of 128 bits.
type Hash = (u64, u64);

/// Looks, without writing anything, whether the build that was last remembered under this key still holds;
/// gives how many files it made.
pub fn look(root: &Path, key: &str) -> Option<usize> {
    let pending = Pending::at(root, key, &root.join(STATE_FOLDER).join(FOLDER), 0);
    let (record, _) = pending.verify(pending.read()?)?;
    Some(record.outputs.iter().map(|folder| folder.files.len()).sum())
}

/// Says whether the build that was last remembered under this key still holds. The key says what else the
/// build depends on, such as the environments that were asked for.
pub fn recall(root: &Path, key: &str) -> Result<Recalled, WriteError> {
    let pending = Pending::new(root, key)?;
    let fresh = pending.read().and_then(|record| pending.verify(record));
    let Some((record, is_exact)) = fresh else { return Ok(Recalled::Unknown(pending)) };
    let files = record.outputs.iter().map(|folder| folder.files.len()).sum();
    if !is_exact {
        // What had to be hashed need not be hashed again.
        pending.write(&record)?;
    }
    Ok(Recalled::Fresh { files })
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
    fn at(root: &Path, key: &str, folder: &Path, started: i128) -> Self {
        let record = folder.join(format!("build-{:016x}.json", hash(key.as_bytes()).0));
        let program = std::env::current_exe().and_then(fs::metadata).ok().map(|metadata| Stat::of(&metadata));
        Self { root: root.to_path_buf(), record, key: key.to_owned(), program, started }
    }

    fn read(&self) -> Option<Record> {
        fs::read(&self.record).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())
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
            version: env!("CARGO_PKG_VERSION").to_owned(),
            key: self.key.clone(),
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

    /// Compares a record with the disk. Gives it with the files' states of now, and whether these are the
    /// same; nothing when anything differs.
    fn verify(&self, record: Record) -> Option<(Record, bool)> {
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
        let (inputs, mut is_exact) = current(&self.root, &record.inputs, record.started)?;
        let mut outputs = Vec::with_capacity(record.outputs.len());
        for folder in record.outputs {
            let mut others = list_files(&folder.path).ok()?;
            others.retain(|path| folder.files.binary_search_by(|Entry(known, ..)| known.cmp(path)).is_err());
            let (files, is_same) = current(&folder.path, &folder.files, record.written)?;
            if others != folder.others {
                return None;
            }
            is_exact &= is_same;
            outputs.push(Folder { files, ..folder });
        }
        let started = self.started;
        Some((Record { inputs, outputs, started, written: started, ..record }, is_exact))
    }

    fn write(&self, record: &Record) -> Result<(), WriteError> {
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

    fn now(&self) -> Result<i128, WriteError> {
        let folder = self.record.parent().unwrap_or(Path::new(STATE_FOLDER));
        now(folder).map_err(|source| self.disk("write", source))
    }

    fn disk(&self, action: &'static str, source: io::Error) -> WriteError {
        WriteError::Disk { action, path: self.record.clone(), source }
    }
}

/// Returns the time of the file system, by touching a file.
fn now(folder: &Path) -> io::Result<i128> {
    let mark = folder.join("mark");
    fs::write(&mark, b"")?;
    let stat = Stat::of(&fs::metadata(&mark)?);
    Ok(stat.2.max(stat.3))
}

/// Makes the entries of files whose content is known; none when one is not there.
fn entries(folder: &Path, files: &[(&str, &[u8])]) -> Option<Vec<Entry>> {
    files
        .par_iter()
        .map(|(path, content)| {
            let metadata = fs::metadata(folder.join(path)).ok()?;
            Some(Entry((*path).to_owned(), Stat::of(&metadata), hash(content)))
        })
        .collect()
}

/// Returns the entries as they are now, and whether their states are the recorded ones; none when the
/// content of one is another.
fn current(folder: &Path, entries: &[Entry], reliable: i128) -> Option<(Vec<Entry>, bool)> {
    let found: Vec<(Entry, bool)> = entries
        .par_iter()
        .map(|entry| {
            let Entry(path, stat, known) = entry;
            let file = folder.join(path);
            let metadata = fs::metadata(&file).ok()?;
            let is_exact = Stat::of(&metadata) == *stat && stat.is_before(reliable);
            if is_exact {
                return Some((entry.clone(), true));
            }
            if metadata.len() != stat.0 {
                return None;
            }
            let content = fs::read(&file).ok()?;
            (hash(&content) == *known).then(|| (Entry(path.clone(), Stat::of(&metadata), *known), false))
        })
        .collect::<Option<_>>()?;
    let is_exact = found.iter().all(|(_, is_exact)| *is_exact);
    Some((found.into_iter().map(|(entry, _)| entry).collect(), is_exact))
}

impl Stat {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let time =
            |seconds: i64, nanoseconds: i64| i128::from(seconds) * NANOSECONDS + i128::from(nanoseconds);
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
        let modified = modified.map_or(0, |time| i128::try_from(time.as_nanos()).unwrap_or(i128::MAX));
        Self(metadata.len(), 0, modified, modified)
    }

    /// Says whether a change after `moment` would have left another state.
    fn is_before(self, moment: i128) -> bool {
        let latest = self.2.max(self.3);
        let slack = if latest % NANOSECONDS == 0 { COARSE_SLACK } else { SLACK };
        latest < moment - slack
    }
}

/// What tells contents of equal length apart, which nobody makes alike on purpose.
fn hash(content: &[u8]) -> Hash {
    let half = |seed| FixedState::with_seed(seed).hash_one(content);
    (half(0), half(1))
}

#[cfg(test)]
mod tests;
