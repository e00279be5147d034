//! The lease: it is written with the manifest, and prolonged while requests are under way.

use super::Session;
use crate::publish::content::{Content, When, Written};
use crate::publish::error::{Error, Result};
use crate::publish::manifest::{Lease, Manifest};
use crate::publish::parallel::Parallel;
use jiff::Timestamp;
use std::time::Duration;

impl Session<'_> {
    /// Gives the lease back after an error. What was begun stays claimed; if even this fails, the lease
    /// runs out by itself.
    pub(super) async fn give_up(&mut self) {
        self.manifest.lease = None;
        // The error that brought us here is the one to tell.
        let _ = self.write_or_lose().await;
    }

    /// Returns what the next of some requests gives; the lease is prolonged when it is due, also while a
    /// single one takes long.
    pub(super) async fn holding<T>(&mut self, requests: &mut Parallel<'_, T>) -> Result<Option<T>> {
        loop {
            let given = tokio::time::timeout(LOOK_AT_LEASE, requests.next()).await;
            self.prolong_if_due().await?;
            if let Ok(given) = given {
                return Ok(given);
            }
        }
    }

    async fn prolong_if_due(&mut self) -> Result<()> {
        if self.lease.is_due(Timestamp::now()) { self.prolong().await } else { Ok(()) }
    }

    /// Prolongs the lease, which also shows whether we still hold it.
    pub(super) async fn prolong(&mut self) -> Result<()> {
        self.lease.expires = Timestamp::now() + crate::publish::LEASE;
        self.manifest.lease = Some(self.lease.clone());
        self.write_or_lose().await
    }

    pub(super) async fn write_or_lose(&mut self) -> Result<()> {
        let when = When::Unchanged(self.etag.clone());
        if self.write_manifest(when).await? { Ok(()) } else { Err(Error::LostLease(self.place())) }
    }

    /// Writes the manifest; returns false when somebody else wrote it since.
    ///
    /// A refusal may be the answer to our own second request, when the answer to the first was lost; so what
    /// is there is compared with what we meant to write.
    pub(super) async fn write_manifest(&mut self, when: When) -> Result<bool> {
        let content = serde_json::to_vec(&self.manifest)
            .map_err(|error| Error::BadManifest { place: self.place(), why: error.to_string() })?;
        match self.store.write(self.path, &Content::of(content.as_slice()), when).await? {
            Written::Yes(etag) => self.etag = etag,
            Written::Refused => match self.store.read(self.path).await? {
                Some((there, etag)) if there == content => self.etag = etag,
                _ => return Ok(false),
            },
        }
        Ok(true)
    }

    /// Says who has the lease that we did not get.
    pub(super) async fn why_refused(&self) -> Result<Error> {
        let there = self.store.read(self.path).await?;
        let theirs = there.and_then(|(content, _)| serde_json::from_slice::<Manifest>(&content).ok());
        let lease = theirs.and_then(|manifest| manifest.lease);
        Ok(lease.map_or_else(|| Error::Raced(self.place()), |lease| busy(&lease)))
    }

    fn place(&self) -> String {
        format!("{}/{}", self.store.to_string().trim_end_matches('/'), self.path)
    }
}

/// How often the lease is looked at while requests are under way.
const LOOK_AT_LEASE: Duration = Duration::from_mins(1);

pub(super) fn busy(lease: &Lease) -> Error {
    Error::Busy { by: lease.by.clone(), since: lease.since, until: lease.expires }
}
