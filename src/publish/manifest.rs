//! The manifest: what dagc has published into one namespace of a DAG folder, and who is publishing now.
//!
//! One JSON object `<namespace>/.dagc/manifest.json` beside the files that it describes. It is the only
//! state that publishers share, so it is written conditionally (see [`super`]). Pure: times come from the
//! caller.

use super::diff::{Changeset, Wanted};
use super::entry::Entry;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The version of the manifest that this program reads and writes.
pub const MANIFEST_VERSION: u32 = 1;

/// How long a publisher may be silent before another one may take its place.
pub const LEASE: SignedDuration = SignedDuration::from_mins(15);

/// What is published in a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`MANIFEST_VERSION`]
    pub version: u32,
    /// The project; two projects cannot share a namespace.
    pub project: String,
    /// The environment; two environments cannot share a namespace of one DAG folder.
    pub environment: String,
    /// Who is publishing now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lease: Option<Lease>,
    /// Every file that is ours, by its path relative to the DAG folder.
    pub files: BTreeMap<String, Entry>,
    /// Glue jobs and crawlers that publishing made, as `glue-job/NAME` and `crawler/NAME`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub resources: BTreeSet<String>,
    /// The last publication that was completed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub published: Option<Publication>,
    /// The one before it: where a rollback goes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub previous: Option<Publication>,
}

/// A publisher at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Tells two publishers apart that have the same name.
    pub id: String,
    /// Who, for people.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// When it counts as dead unless it says something before.
    pub expires: Timestamp,
}

impl Lease {
    /// Makes a lease that begins now.
    pub fn new(id: String, by: String, now: Timestamp) -> Self {
        Self { id, by, since: now, expires: now + LEASE }
    }

    /// Returns whether its publisher counts as dead.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now >= self.expires
    }

    /// Returns whether it should be prolonged, being through a third of its time.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.expires.duration_since(now) < LEASE * 2 / 3
    }
}

/// A publication that was completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// 1 for the first one in this namespace.
    pub serial: u64,
    /// When it was completed.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// With which version of dagc.
    pub dagc: String,
    /// Its files: path to SHA-256.
    pub files: BTreeMap<String, String>,
}

impl Manifest {
    /// Makes the manifest of a namespace in which nothing is published.
    pub fn new(project: &str, environment: &str) -> Self {
        Self {
            version: MANIFEST_VERSION,
            project: project.to_owned(),
            environment: environment.to_owned(),
            lease: None,
            files: BTreeMap::new(),
            resources: BTreeSet::new(),
            published: None,
            previous: None,
        }
    }

    /// Takes the lease and claims all that will be written, so that a publisher that dies leaves nothing
    /// behind that the manifest does not own.
    pub fn begin(&mut self, lease: Lease, changeset: &Changeset, wanted: &BTreeMap<String, Wanted>) {
        self.lease = Some(lease);
        for put in &changeset.put {
            let Some(file) = wanted.get(&put.path) else { continue };
            self.files.insert(put.path.clone(), file.entry(None));
        }
    }

    /// Notes that a file was written.
    pub fn wrote(&mut self, path: &str, etag: String) {
        if let Some(entry) = self.files.get_mut(path) {
            entry.etag = Some(etag);
        }
    }

    /// Completes a publication: what it wants is current, the rest is kept or forgotten as `changeset` says.
    pub fn complete(
        &mut self,
        changeset: &Changeset,
        wanted: &BTreeMap<String, Wanted>,
        by: &str,
        dagc: &str,
        now: Timestamp,
    ) {
        self.lease = None;
        self.files.retain(|path, _| {
            wanted.contains_key(path)
                || changeset.keep.contains_key(path)
                || changeset.others.contains_key(path)
        });
        for (path, entry) in &mut self.files {
            if !changeset.others.contains_key(path) {
                entry.unwanted_since = changeset.keep.get(path).copied();
            }
        }
        for (path, etag) in &changeset.unchanged {
            if let Some(file) = wanted.get(path) {
                self.files.insert(path.clone(), file.entry(Some(etag.clone())));
            }
        }
        let files = published_files(wanted, changeset);
        let last = self.published.take();
        let serial = last.as_ref().map_or(0, |publication| publication.serial) + 1;
        // A publication that repairs the one before it does not push the state to go back to out of sight.
        self.previous = match last {
            Some(last) if last.files == files => self.previous.take(),
            last => last,
        };
        self.published =
            Some(Publication { serial, at: now, by: by.to_owned(), dagc: dagc.to_owned(), files });
    }
}

/// Returns the files that are published once a changeset is carried out: path to SHA-256.
pub(super) fn published_files(
    wanted: &BTreeMap<String, Wanted>,
    changeset: &Changeset,
) -> BTreeMap<String, String> {
    let others = changeset.others.iter().filter(|(_, entry)| entry.unwanted_since.is_none());
    let others = others.map(|(path, entry)| (path.clone(), entry.sha256.clone()));
    wanted.iter().map(|(path, file)| (path.clone(), file.sha256.clone())).chain(others).collect()
}
