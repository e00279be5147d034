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

use crate::emit::{Artifacts, is_published};
use crate::plan::ProjectPlan;
use crate::service::objects::split_uri;
use jiff::Timestamp;
use manifest::published_files;
use parallel::Parallel;
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

/// Finds out what publishing would do; writes nothing.
pub async fn propose<'a>(
    clients: &Clients,
    store: &Store,
    input: Input<'a>,
    options: &Options,
) -> Result<Proposal<'a>> {
    let plan = input.plan;
    if matches!(store, Store::S3(_)) {
        input.worker.check_runs_on_mwaa()?;
    }
    let contents = contents(input);
    let wanted: BTreeMap<String, Wanted> =
        contents.iter().map(|(path, content)| (path.clone(), content.wanted())).collect();
    let manifest_path = format!("{}/.dagc/manifest.json", plan.namespace);
    let (manifest, manifest_etag) = read_manifest(store, &manifest_path, plan, options.adopt).await?;
    let mut remote = store.list(&plan.namespace).await?;
    look_closer(store, &wanted, &manifest, &mut remote).await?;
    let (ours, others) = split(&manifest.files, &wanted, input.artifacts);
    let mut changeset = diff(&wanted, &ours, &remote, options.adopt, Timestamp::now());
    changeset.others = others;
    let (assets, resources, orphans) = if options.files_only {
        (BTreeMap::new(), Vec::new(), Vec::new())
    } else {
        let assets = missing_assets(clients, plan).await?;
        let resources = resource::compare(clients, plan, &manifest, options.adopt).await?;
        let names: Vec<String> = resource::names(plan).collect();
        let is_orphan = |name: &&String| !plan.is_partial && !names.contains(name);
        let orphans = manifest.resources.iter().filter(is_orphan).cloned().collect();
        (assets, resources, orphans)
    };
    let manifest_is_final = is_final(&manifest, &wanted, &changeset, &resources);
    Ok(Proposal {
        changeset,
        assets,
        resources,
        orphans,
        lease: manifest.lease.clone(),
        input,
        wanted,
        contents,
        manifest,
        manifest_path,
        manifest_etag,
        manifest_is_final,
    })
}

fn contents(input: Input<'_>) -> BTreeMap<String, Content<'_>> {
    let published = input.artifacts.files.iter().filter(|(path, _)| is_published(path));
    let files = published.map(|(path, bytes)| (path.clone(), Content::of(bytes.as_slice())));
    files.chain(input.worker.files(&input.plan.namespace)).collect()
}

async fn read_manifest(
    store: &Store,
    path: &str,
    plan: &ProjectPlan,
    adopt: bool,
) -> Result<(Manifest, Option<String>)> {
    let empty = Manifest::new(&plan.project, &plan.environment.name);
    let Some((content, etag)) = store.read(path).await? else { return Ok((empty, None)) };
    let place = format!("{}/{path}", store.to_string().trim_end_matches('/'));
    let bad = |why: String| Error::BadManifest { place: place.clone(), why };
    let mut manifest: Manifest = serde_json::from_slice(&content).map_err(|error| bad(error.to_string()))?;
    if manifest.version != MANIFEST_VERSION {
        return Err(bad(format!("its version is {}, not {MANIFEST_VERSION}", manifest.version)));
    }
    if (&manifest.project, &manifest.environment) != (&empty.project, &empty.environment) {
        if !adopt {
            let (project, environment) = (manifest.project, manifest.environment);
            return Err(Error::OtherOwner { place, project, environment });
        }
        (manifest.project, manifest.environment) = (empty.project, empty.environment);
    }
    Ok((manifest, Some(etag)))
}

/// Splits what is ours into what this publication is about and what belongs to pipelines that were not asked
/// for. Binaries serve all of them: the pointer to the current one is published with any.
fn split(
    files: &BTreeMap<String, Entry>,
    wanted: &BTreeMap<String, Wanted>,
    artifacts: &Artifacts,
) -> (BTreeMap<String, Entry>, BTreeMap<String, Entry>) {
    let is_meant = |path: &str| {
        wanted.contains_key(path) || artifacts.supersede(path) || Stage::of(path) == Stage::Binary
    };
    files.clone().into_iter().partition(|(path, _)| is_meant(path))
}

/// Asks for the hash of what may be right already though its ETag is not known.
async fn look_closer(
    store: &Store,
    wanted: &BTreeMap<String, Wanted>,
    manifest: &Manifest,
    remote: &mut BTreeMap<String, Remote>,
) -> Result<()> {
    let looks = uncertain(wanted, &manifest.files, remote)
        .into_iter()
        .map(|path| async { store.sha256(&path).await.map(|sha256| (path, sha256)) });
    for (path, sha256) in Parallel::new(looks).all().await? {
        if let Some(there) = remote.get_mut(&path) {
            there.sha256 = sha256;
        }
    }
    Ok(())
}

async fn missing_assets<'a>(clients: &Clients, plan: &'a ProjectPlan) -> Result<BTreeMap<&'a str, u64>> {
    let looks = resource::assets(plan).into_iter().map(|(uri, asset)| async move {
        let there = s3::has_content(&clients.s3, uri, &asset.content).await?;
        Ok((!there).then_some((uri, asset.content.len() as u64)))
    });
    let missing = Parallel::new(looks).all().await?.into_iter().flatten().collect();
    for (bucket, _) in resource::assets(plan).into_keys().filter_map(split_uri) {
        // Whoever has looked there knows it.
        if let Some(region) = clients.s3.elsewhere(bucket) {
            let home = clients.s3.home().to_owned();
            return Err(Error::AssetsElsewhere { bucket: bucket.to_owned(), region, home });
        }
    }
    Ok(missing)
}

fn is_final(
    manifest: &Manifest,
    wanted: &BTreeMap<String, Wanted>,
    changeset: &Changeset,
    resources: &[ResourceChange],
) -> bool {
    let known = |(path, etag): (&String, &String)| {
        manifest
            .files
            .get(path)
            .is_some_and(|entry| entry.etag.as_ref() == Some(etag) && entry.unwanted_since.is_none())
    };
    let counted = |path| manifest.files.get(path).is_some_and(|entry| entry.unwanted_since.is_some());
    let published = manifest
        .published
        .as_ref()
        .is_some_and(|publication| publication.files == published_files(wanted, changeset));
    manifest.lease.is_none()
        && published
        && changeset.released.is_empty()
        && changeset.unchanged.iter().all(known)
        && changeset.keep.keys().all(counted)
        && resources.iter().all(|resource| manifest.resources.contains(&resource.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(etag: &str, unwanted_since: Option<Timestamp>) -> Entry {
        Entry { sha256: "aa".to_owned(), size: 1, etag: Some(etag.to_owned()), unwanted_since }
    }

    /// A file that is kept for a while counts its time from the manifest: one that does not say since when must be
    /// written.
    #[test]
    fn a_manifest_that_does_not_say_all_is_not_final() {
        let now = Timestamp::UNIX_EPOCH;
        let changeset = Changeset {
            unchanged: BTreeMap::from([("a.py".to_owned(), "1".to_owned())]),
            keep: BTreeMap::from([("old.json".to_owned(), now)]),
            ..Changeset::default()
        };
        let wanted = BTreeMap::from([("a.py".to_owned(), Content::of(b"x".as_slice()).wanted())]);
        let mut manifest = Manifest::new("shop", "dev");
        manifest.files.insert("a.py".to_owned(), entry("1", None));
        manifest.files.insert("old.json".to_owned(), entry("2", Some(now)));
        manifest.published = Some(Publication {
            serial: 1,
            at: now,
            by: String::new(),
            dagc: String::new(),
            files: published_files(&wanted, &changeset),
        });
        let is_final_with = |path: &str, entry: Option<Entry>| {
            let mut manifest = manifest.clone();
            match entry {
                Some(entry) => manifest.files.insert(path.to_owned(), entry),
                None => manifest.files.remove(path),
            };
            is_final(&manifest, &wanted, &changeset, &[])
        };
        assert!(is_final(&manifest, &wanted, &changeset, &[]));
        assert!(!is_final_with("old.json", Some(entry("2", None))));
        assert!(!is_final_with("old.json", None));
        assert!(!is_final_with("a.py", Some(entry("other", None))));
        assert!(!is_final_with("a.py", Some(entry("1", Some(now)))));
        let released = Changeset { released: vec!["b.py".to_owned()], ..changeset.clone() };
        assert!(!is_final(&manifest, &wanted, &released, &[]));
        let lease = Some(Lease::new("1".to_owned(), "bob".to_owned(), now));
        assert!(!is_final(&Manifest { lease, ..manifest.clone() }, &wanted, &changeset, &[]));
        assert!(!is_final(&Manifest { published: None, ..manifest.clone() }, &wanted, &changeset, &[]));
    }
}
