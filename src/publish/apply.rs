//! Carrying a proposal out: lease, Glue, files, deletions, a look at the result, final manifest.
//!
//! Takes a [`Proposal`] and does nothing that is not in it. See [`super`] for the order and why.

mod lease;

use super::content::When;
use super::diff::{Put, Stage};
use super::error::{Error, Result};
use super::event::{Event, Observer};
use super::manifest::{Lease, Manifest};
use super::owner::Action;
use super::parallel::Parallel;
use super::resource;
use super::store::Store;
use super::target::Clients;
use super::{Options, Proposal, s3, send};
use crate::service::objects::split_uri;
use jiff::Timestamp;
use lease::busy;
use std::future::Future;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that were sent to the DAG folder.
    pub sent: usize,
    /// Their bytes, and those of Glue's files.
    pub bytes: u64,
    /// Glue's files that were sent.
    pub assets: usize,
    /// Files that were right already.
    pub unchanged: usize,
    /// Files that were removed.
    pub removed: usize,
    /// Jobs and crawlers that were made or changed.
    pub resources: usize,
    /// The number of this publication in its namespace; none when there was nothing to do.
    pub serial: Option<u64>,
}

/// Carries a proposal out. When `interrupted` ends first, what was begun is given up in good order.
pub async fn apply(
    proposal: Proposal<'_>,
    clients: &Clients,
    store: &Store,
    options: &Options,
    observer: Observer<'_>,
    interrupted: impl Future<Output = ()>,
) -> Result<Report> {
    refuse_what_is_not_ours(&proposal, options)?;
    for orphan in &proposal.orphans {
        observer(&Event::Warning(format!("`{orphan}` is in no pipeline any more; it is left as it is")));
    }
    for path in &proposal.changeset.released {
        observer(&Event::Warning(format!("`{path}` was changed by hand and is wanted no more; it is left")));
    }
    if proposal.is_empty() {
        return Ok(Report { unchanged: proposal.changeset.unchanged.len(), ..Report::default() });
    }
    let mut session = Session::begin(&proposal, store, options, observer).await?;
    let outcome = tokio::select! {
        outcome = session.work(&proposal, clients, options) => outcome,
        () = interrupted => Err(Error::Interrupted),
    };
    if let Err(error) = &outcome
        && !matches!(error, Error::LostLease(_))
    {
        session.give_up().await;
    }
    outcome
}

fn refuse_what_is_not_ours(proposal: &Proposal<'_>, options: &Options) -> Result<()> {
    if !proposal.changeset.foreign.is_empty() {
        return Err(Error::ForeignFiles(proposal.changeset.foreign.clone()));
    }
    let foreign: Vec<String> = proposal
        .resources
        .iter()
        .filter(|resource| resource.action == Action::Foreign)
        .map(|resource| resource.name.clone())
        .collect();
    if !foreign.is_empty() {
        return Err(Error::ForeignResources(foreign));
    }
    if let Some(count) = proposal.removes_all().filter(|_| !options.remove_all) {
        return Err(Error::RemovesAll(count));
    }
    match &proposal.lease {
        Some(lease) if !options.takeover && !lease.is_stale(Timestamp::now()) => Err(busy(lease)),
        _ => Ok(()),
    }
}

/// A publication under way: the manifest as we last wrote it.
struct Session<'a> {
    store: &'a Store,
    observer: Observer<'a>,
    path: &'a str,
    manifest: Manifest,
    etag: String,
    lease: Lease,
}

impl<'a> Session<'a> {
    /// Takes the lease.
    async fn begin(
        proposal: &'a Proposal<'_>,
        store: &'a Store,
        options: &Options,
        observer: Observer<'a>,
    ) -> Result<Self> {
        let id = format!("{:032x}", fastrand::u128(..));
        let lease = Lease::new(id, options.by.clone(), Timestamp::now());
        let mut manifest = proposal.manifest.clone();
        manifest.begin(lease.clone(), &proposal.changeset, &proposal.wanted);
        let changed = proposal.resources.iter().filter(|resource| resource.action != Action::Foreign);
        manifest.resources.extend(changed.map(|resource| resource.name.clone()));
        let path = proposal.manifest_path.as_str();
        let when = proposal.manifest_etag.clone().map_or(When::Absent, When::Unchanged);
        let mut session = Self { store, observer, path, manifest, etag: String::new(), lease };
        if !session.write_manifest(when).await? {
            return Err(session.why_refused().await?);
        }
        let bytes = proposal.changeset.put.iter().map(|put| put.size).sum::<u64>()
            + proposal.assets.values().sum::<u64>();
        observer(&Event::Started { files: proposal.changeset.put.len() + proposal.assets.len(), bytes });
        Ok(session)
    }

    async fn work(
        &mut self,
        proposal: &Proposal<'_>,
        clients: &Clients,
        options: &Options,
    ) -> Result<Report> {
        self.send_assets(proposal, clients).await?;
        self.make_resources(proposal, clients).await?;
        for stage in proposal.changeset.put.chunk_by(|a, b| a.stage == b.stage) {
            if stage[0].stage == Stage::Dags {
                self.prolong().await?;
            }
            self.send(stage, proposal).await?;
        }
        self.remove(proposal).await?;
        self.verify(proposal).await?;
        self.finish(proposal, options).await?;
        let changed = |action: &Action| matches!(action, Action::Create | Action::Update(_));
        Ok(Report {
            sent: proposal.changeset.put.len(),
            bytes: proposal.changeset.put.iter().map(|put| put.size).sum::<u64>()
                + proposal.assets.values().sum::<u64>(),
            assets: proposal.assets.len(),
            unchanged: proposal.changeset.unchanged.len(),
            removed: proposal.changeset.delete.len(),
            resources: proposal.resources.iter().filter(|resource| changed(&resource.action)).count(),
            serial: self.manifest.published.as_ref().map(|publication| publication.serial),
        })
    }

    async fn send_assets(&mut self, proposal: &Proposal<'_>, clients: &Clients) -> Result<()> {
        let plan = proposal.input.plan;
        let assets = resource::assets(plan);
        let kms_key = |uri: &str| match self.store {
            Store::S3(folder) if split_uri(uri).is_some_and(|(bucket, _)| bucket == folder.bucket()) => {
                folder.kms_key()
            }
            Store::S3(_) | Store::Folder(_) => plan.environment.kms_key.as_deref(),
        };
        let wanted: Vec<_> = proposal
            .assets
            .iter()
            .filter_map(|(uri, bytes)| assets.get(uri).map(|asset| (*uri, *bytes, *asset, kms_key(uri))))
            .collect();
        let mut sending = Parallel::new(wanted.into_iter().map(|(uri, bytes, asset, kms_key)| async move {
            s3::put_uri(&clients.s3, uri, &asset.content, kms_key).await.map(|()| (uri, bytes))
        }));
        while let Some(sent) = self.holding(&mut sending).await? {
            let (uri, bytes) = sent?;
            (self.observer)(&Event::SentAsset { uri: uri.to_owned(), bytes });
        }
        Ok(())
    }

    async fn make_resources(&mut self, proposal: &Proposal<'_>, clients: &Clients) -> Result<()> {
        let observer = self.observer;
        let mut making =
            Parallel::new(proposal.resources.iter().map(|change| resource::apply(clients, change, observer)));
        while let Some(made) = self.holding(&mut making).await? {
            made?;
        }
        Ok(())
    }

    async fn send(&mut self, puts: &[Put], proposal: &Proposal<'_>) -> Result<()> {
        let store = self.store;
        let mut sending = Parallel::new(puts.iter().map(|put| async move {
            let content = &proposal.contents[&put.path];
            send::send(store, put, content).await.map(|etag| (put, etag))
        }));
        while let Some(sent) = self.holding(&mut sending).await? {
            if let Err(Error::Overtaken(_)) = &sent {
                // Whoever has taken over has written it.
                self.prolong().await?;
            }
            let (put, etag) = sent?;
            self.manifest.wrote(&put.path, etag);
            (self.observer)(&Event::Sent { path: put.path.clone(), stage: put.stage, bytes: put.size });
        }
        Ok(())
    }

    async fn remove(&mut self, proposal: &Proposal<'_>) -> Result<()> {
        let paths = &proposal.changeset.delete;
        if paths.is_empty() {
            return Ok(());
        }
        self.prolong().await?;
        self.store.delete(paths).await?;
        for path in paths {
            (self.observer)(&Event::Removed(path.clone()));
        }
        Ok(())
    }

    /// Looks whether everything is there as it was sent.
    async fn verify(&mut self, proposal: &Proposal<'_>) -> Result<()> {
        let there = self.store.list(&proposal.input.plan.namespace).await?;
        let is_right = |path: &String, size: u64| {
            let sent = || self.manifest.files.get(path).and_then(|entry| entry.etag.as_ref());
            let etag = proposal.changeset.unchanged.get(path).or_else(sent);
            there.get(path).is_some_and(|there| there.size == size && Some(&there.etag) == etag)
        };
        let wrong: Vec<String> = proposal
            .wanted
            .iter()
            .filter(|(path, file)| !is_right(path, file.size))
            .map(|(path, _)| path.clone())
            .collect();
        if !wrong.is_empty() {
            return Err(Error::Unverified(wrong));
        }
        (self.observer)(&Event::Verified(proposal.wanted.len()));
        Ok(())
    }

    async fn finish(&mut self, proposal: &Proposal<'_>, options: &Options) -> Result<()> {
        self.manifest.complete(
            &proposal.changeset,
            &proposal.wanted,
            &options.by,
            env!("CARGO_PKG_VERSION"),
            Timestamp::now(),
        );
        self.write_or_lose().await
    }
}

#[cfg(test)]
mod tests;
