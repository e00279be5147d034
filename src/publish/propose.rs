//! Making a proposal: what is wanted beside what is there.

use super::content::Content;
use super::diff::{Changeset, Remote, Stage, Wanted, diff, uncertain};
use super::entry::Entry;
use super::error::{Error, Result};
use super::manifest::{MANIFEST_VERSION, Manifest, published_files};
use super::parallel::Parallel;
use super::resource::ResourceChange;
use super::store::Store;
use super::target::Clients;
use super::{Input, Options, Proposal, resource, s3};
use crate::emit::{Artifacts, is_published};
use crate::plan::ProjectPlan;
use crate::service::objects::split_uri;
use jiff::Timestamp;
use std::collections::BTreeMap;

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
mod tests;
