//! Publishing: the files of a plan into a DAG folder, its jobs and crawlers into Glue.
//!
//! ```text
//! Environment --target--> Store (S3 or a folder on this machine)
//! Artifacts + worker + manifest + listing --propose--> Proposal (plain data; a dry run prints it)
//! Proposal --apply--> Report
//! ```
//!
//! [`propose`] only reads. [`apply`] does nothing at all when the proposal is empty. Otherwise, in order:
//!
//! 1. The lease: the manifest is written with our name, under the condition that it is still the one that
//!    was read. It claims every path that will be written.
//! 2. Glue's files, whose names carry the hash of their content; then jobs and crawlers.
//! 3. The files in the order of [`Stage`]: binary, pointer, plans, support module, DAG files.
//! 4. What is wanted no more, DAG files first. Plans stay for 30 days, binaries for one ([`Stage::retention`]).
//! 5. A listing, to see that everything is as it was sent; then the final manifest, without the lease.
//!
//! # Two publishers
//! Of two that begin at once, one's conditional write is refused. One that comes later sees the lease and
//! says whose it is. A lease is prolonged while its holder works and can be taken over 15 minutes after it
//! last gave a sign, or at once with `takeover`; a holder that lost it notices at its next conditional
//! write, at the latest before DAG files, before deletions and at the end, and stops. A request of its own that
//! takes effect only then is refused: pointer, support and DAG files replace nothing but what the listing showed.
//!
//! # Dying at any point
//! | died | what is there | what the next publisher does |
//! | --- | --- | --- |
//! | before 1 | nothing new | all of it |
//! | after 1 | the manifest claims files that are not there yet, with no ETag | waits for the lease or takes it over; sends them |
//! | in 2 | new scripts that nothing runs; jobs already changed run the new script for the old DAG's tasks, as they would a moment later | sends what is missing |
//! | in 3 before DAG files | new plans that no DAG file names | looks at the hash of each file of uncertain end, sends what is missing |
//! | in DAG files | some pipelines old, some new, each with its own plan | the same |
//! | in 4 | files that no DAG file names | removes the rest; the manifest still owns them |
//! | before the end of 5 | all is right but the lease | finds all hashes right, sends no file, writes the final manifest |
//!
//! An error (as against a death) gives the lease back with what is known. What the manifest does not own is
//! never overwritten or removed, unless the user says `adopt`.

mod apply;
mod content;
#[warn(clippy::disallowed_methods)]
mod diff;
mod entry;
pub(crate) mod error;
pub(crate) mod event;
mod folder;
mod glibc;
pub(crate) mod manifest;
pub(crate) mod owner;
mod parallel;
mod propose;
mod resource;
mod s3;
mod send;
mod store;
pub(crate) mod target;
mod worker;

pub use apply::{Report, apply};
pub use content::{Content, When, Written};
pub use diff::{Changeset, Put, Reason, Remote, Stage, Wanted, diff, uncertain};
pub use entry::Entry;
pub use error::{Error, Result};
pub use event::{Event, Observer};
pub use folder::Folder;
pub use glibc::Glibc;
pub use manifest::{LEASE, Lease, MANIFEST_VERSION, Manifest, Publication};
pub use owner::Action;
pub use resource::ResourceChange;
pub use s3::S3Folder;
pub use store::Store;
pub use target::{Clients, target};
pub use worker::{Worker, mark};

use crate::emit::Artifacts;
use crate::plan::ProjectPlan;
pub use propose::propose;
use std::collections::BTreeMap;

/// How many requests are under way at once.
const PARALLEL: usize = 8;

/// What is published.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The plan.
    pub plan: &'a ProjectPlan,
    /// Its files.
    pub artifacts: &'a Artifacts,
    /// The binary of the workers.
    pub worker: &'a Worker,
}

/// How it is published.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Options {
    /// Who publishes, for people.
    pub by: String,
    /// Files, jobs and crawlers that are not ours are replaced.
    pub adopt: bool,
    /// Another publisher's lease is not waited for.
    pub takeover: bool,
    /// Jobs and crawlers are left alone.
    pub files_only: bool,
    /// All that was published may go.
    pub remove_all: bool,
}

/// What publishing would do.
#[derive(Debug)]
pub struct Proposal<'a> {
    /// The changes in the DAG folder.
    pub changeset: Changeset,
    /// Glue's files that are not there yet, by URI, with their bytes.
    pub assets: BTreeMap<&'a str, u64>,
    /// Jobs and crawlers.
    pub resources: Vec<ResourceChange>,
    /// Jobs and crawlers that publishing made once and the plan does not want any more: they stay.
    pub orphans: Vec<String>,
    /// Somebody who is publishing now, or died while doing so.
    pub lease: Option<Lease>,
    input: Input<'a>,
    wanted: BTreeMap<String, Wanted>,
    contents: BTreeMap<String, Content<'a>>,
    manifest: Manifest,
    manifest_path: String,
    manifest_etag: Option<String>,
    /// The manifest says what is there, so that nothing has to be written when nothing changes.
    manifest_is_final: bool,
}

impl Proposal<'_> {
    /// Returns how many DAG files go when none stays.
    pub fn removes_all(&self) -> Option<usize> {
        let is_dag = |path: &&String| Stage::of(path) == Stage::Dags;
        let others = self.changeset.others.keys();
        let stays = self.wanted.keys().chain(others).any(|path| is_dag(&path));
        let count = self.changeset.delete.iter().filter(is_dag).count();
        (!stays && count > 0).then_some(count)
    }

    /// Returns whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changeset.is_empty()
            && self.assets.is_empty()
            && self.resources.iter().all(|resource| resource.action == Action::Nothing)
            && self.manifest_is_final
    }
}
