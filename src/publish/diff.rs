//! What publishing changes in a DAG folder: plain data from plain data.
//!
//! Takes what is wanted, what the manifest says is ours and what is really there; gives a [`Changeset`].
//! An object that was changed or removed by hand is seen by its ETag and put right; an object that is not
//! ours is never touched.

use super::entry::Entry;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// A file as it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The SHA-256 of its content, in hexadecimal digits.
    pub sha256: String,
    /// Its bytes.
    pub size: u64,
}

impl Wanted {
    pub(super) fn entry(&self, etag: Option<String>) -> Entry {
        Entry { sha256: self.sha256.clone(), size: self.size, etag, unwanted_since: None }
    }
}

/// A file as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Its bytes.
    pub size: u64,
    /// What the store calls this content.
    pub etag: String,
    /// The SHA-256 that dagc wrote beside it, or that was computed; none when nobody asked.
    pub sha256: Option<String>,
}

/// When a file is sent; later ones rely on earlier ones.
///
/// MWAA copies objects to its workers one by one in no promised order, so this order is no guarantee, but
/// it keeps the time short in which the launcher has to wait for what is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The binary of the workers.
    Binary,
    /// The pointer to it.
    Pointer,
    /// Plan files and scripts, whose names carry the hash of their content.
    Plans,
    /// The support module, the launcher and what else DAG files rely on.
    Support,
    /// DAG files.
    Dags,
}

impl Stage {
    /// Returns the stage of a path `<namespace>/...`.
    pub fn of(path: &str) -> Self {
        let inside = path.split_once('/').map_or(path, |(_, rest)| rest);
        match inside {
            ".dagc/bin/worker.sha256" => Self::Pointer,
            _ if inside.starts_with(".dagc/bin/dagc-worker-") => Self::Binary,
            _ if inside.starts_with(".dagc/plans/") || inside.starts_with(".dagc/scripts/") => Self::Plans,
            _ if inside.starts_with(".dagc/") || !is_dag(inside) => Self::Support,
            _ => Self::Dags,
        }
    }

    /// Says whether the names of its files carry the hash of their content, so that whoever writes one writes the
    /// same.
    pub fn is_named_by_content(self) -> bool {
        matches!(self, Self::Binary | Self::Plans)
    }

    /// Returns how long a file stays when nobody wants it any more.
    ///
    /// A DAG file goes at once. A plan stays for as long as a task may run that was started from the DAG
    /// file before; a binary and a support module only until the last worker has heard of the new one.
    pub fn retention(self) -> SignedDuration {
        match self {
            Self::Plans => SignedDuration::from_hours(30 * 24),
            Self::Binary | Self::Support => SignedDuration::from_hours(24),
            Self::Pointer | Self::Dags => SignedDuration::ZERO,
        }
    }
}

/// A support module of another interface version counts as support, though no plan of ours makes it now.
fn is_dag(inside: &str) -> bool {
    crate::emit::is_dag_file(inside) && !inside.starts_with("dagc_airflow_")
}

/// Why a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was not published before.
    New,
    /// Its content is another one than last time.
    Changed,
    /// Somebody changed it since it was published.
    ChangedByHand,
    /// Somebody removed it since it was published.
    RemovedByHand,
    /// A publisher that did not come to its end has written it, or not.
    Interrupted,
    /// It was there and not ours; the user said that we may take it.
    Adopted,
}

/// A file to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// Its path relative to the DAG folder.
    pub path: String,
    /// When it is sent.
    pub stage: Stage,
    /// Its bytes.
    pub size: u64,
    /// Why.
    pub reason: Reason,
    /// The ETag of what it replaces; none where nothing was there.
    pub there: Option<String>,
}

/// What publishing does to the DAG folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changeset {
    /// What is sent, in this order.
    pub put: Vec<Put>,
    /// What is right already, with its ETag.
    pub unchanged: BTreeMap<String, String>,
    /// What is removed, after everything was sent: DAG files first.
    pub delete: Vec<String>,
    /// What nobody wants and what stays for a while, with the time since when.
    pub keep: BTreeMap<String, Timestamp>,
    /// What was ours, is not wanted any more and was changed by hand: left alone and forgotten.
    pub released: Vec<String>,
    /// What is there under a name that we want, and is not ours: publishing is refused.
    pub foreign: Vec<String>,
    /// What is ours and belongs to pipelines that were not asked for: it stays as it is.
    pub others: BTreeMap<String, Entry>,
}

impl Changeset {
    /// Returns whether the folder is as it shall be.
    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.delete.is_empty()
    }
}

/// Returns the paths whose content only a closer look can tell: the size is right, and the ETag is not one
/// that we know.
pub fn uncertain(
    wanted: &BTreeMap<String, Wanted>,
    owned: &BTreeMap<String, Entry>,
    remote: &BTreeMap<String, Remote>,
) -> Vec<String> {
    let looks_alike = |path: &str, file: &Wanted| {
        remote.get(path).is_some_and(|there| {
            let known = owned.get(path).and_then(|entry| entry.etag.as_ref()) == Some(&there.etag);
            there.sha256.is_none() && there.size == file.size && !known
        })
    };
    wanted.iter().filter(|(path, file)| looks_alike(path, file)).map(|(path, _)| path.clone()).collect()
}

/// Compares what is wanted with what is there. With `adopt`, what is not ours is replaced, not refused.
pub fn diff(
    wanted: &BTreeMap<String, Wanted>,
    owned: &BTreeMap<String, Entry>,
    remote: &BTreeMap<String, Remote>,
    adopt: bool,
    now: Timestamp,
) -> Changeset {
    let mut changeset = Changeset::default();
    for (path, file) in wanted {
        let there = remote.get(path);
        let reason = match (there, owned.get(path)) {
            (Some(there), entry) if content_of(there, entry) == Some(&file.sha256) => {
                changeset.unchanged.insert(path.clone(), there.etag.clone());
                continue;
            }
            (_, Some(entry)) => reason_for_ours(there, entry),
            (None, None) => Reason::New,
            (Some(_), None) if adopt => Reason::Adopted,
            (Some(_), None) => {
                changeset.foreign.push(path.clone());
                continue;
            }
        };
        let (stage, there) = (Stage::of(path), there.map(|there| there.etag.clone()));
        changeset.put.push(Put { path: path.clone(), stage, size: file.size, reason, there });
    }
    for (path, entry) in owned.iter().filter(|(path, _)| !wanted.contains_key(*path)) {
        let Some(there) = remote.get(path) else { continue };
        let since = entry.unwanted_since.unwrap_or(now);
        if entry.etag.as_ref().is_some_and(|etag| *etag != there.etag) {
            changeset.released.push(path.clone());
        } else if now.duration_since(since) >= Stage::of(path).retention() {
            changeset.delete.push(path.clone());
        } else {
            changeset.keep.insert(path.clone(), since);
        }
    }
    changeset.put.sort_by(|a, b| (a.stage, &a.path).cmp(&(b.stage, &b.path)));
    changeset.delete.sort_by(|a, b| (Stage::of(b), a).cmp(&(Stage::of(a), b)));
    changeset
}

/// Returns the hash of what is there, if it is known.
fn content_of<'a>(there: &'a Remote, entry: Option<&'a Entry>) -> Option<&'a String> {
    let ours = entry.filter(|entry| entry.etag.as_ref() == Some(&there.etag)).map(|entry| &entry.sha256);
    ours.or(there.sha256.as_ref())
}

fn reason_for_ours(there: Option<&Remote>, entry: &Entry) -> Reason {
    match (there, &entry.etag) {
        (_, None) => Reason::Interrupted,
        (None, Some(_)) => Reason::RemovedByHand,
        (Some(there), Some(etag)) if *etag == there.etag => Reason::Changed,
        (Some(_), Some(_)) => Reason::ChangedByHand,
    }
}

#[cfg(test)]
mod tests;
