//! The resources of a plan: each kind is its service's to make, and they are compared and made here.

use super::error::{Error, Result};
use super::event::{Event, Observer};
use super::manifest::Manifest;
use super::owner::{Action, Made, Owner};
use super::parallel::Parallel;
use super::target::Clients;
use crate::aws::Kind;
use crate::plan::{Asset, ProjectPlan, Resource};
use crate::service;
use std::collections::BTreeMap;

/// A resource and what has to be done to it.
#[derive(Clone, Debug)]
pub struct ResourceChange {
    /// Such as `glue-job/clean` or `crawler/raw`.
    pub name: String,
    /// What has to be done.
    pub action: Action,
    request: Request,
}

macro_rules! ways {
    ($($(#[doc = $doc:literal])* $folder:ident $kind:ident $word:literal ($type:ty),)+) => {
        #[derive(Clone, Debug)]
        enum Request {
            $($kind(Box<<$type as Made>::Wanted>),)+
        }

        async fn compare_one(
            clients: &Clients,
            name: String,
            resource: &Resource,
            owner: &Owner<'_>,
        ) -> Result<ResourceChange> {
            match resource {
                $(Resource::$kind(definition) => {
                    let there = <$type>::read(clients, Made::name(definition)).await?;
                    let (action, wanted) = definition.compare(&name, there.as_ref(), owner)?;
                    Ok(ResourceChange { name, action, request: Request::$kind(Box::new(wanted)) })
                })+
            }
        }

        async fn send(
            clients: &Clients,
            name: &str,
            change: &ResourceChange,
            observer: Observer<'_>,
        ) -> Result<()> {
            match &change.request {
                $(Request::$kind(wanted) => {
                    sent::<$type>(clients, name, wanted, &change.action, observer).await
                })+
            }
        }
    };
}

service::resources!(ways);

/// Returns the files of all resources, each once, by where they go.
pub(super) fn assets(plan: &ProjectPlan) -> BTreeMap<&str, &Asset> {
    resources(plan).flat_map(Resource::assets).map(|asset| (asset.uri.as_str(), asset)).collect()
}

/// Returns the names of all resources.
pub(super) fn names(plan: &ProjectPlan) -> impl Iterator<Item = String> {
    resources(plan).map(Resource::published_name)
}

/// Compares all resources of a plan with what is there; gives them sorted by their names.
pub(super) async fn compare(
    clients: &Clients,
    plan: &ProjectPlan,
    manifest: &Manifest,
    adopt: bool,
) -> Result<Vec<ResourceChange>> {
    let mark = format!("[dagc {}/{}]", plan.project, plan.environment.name);
    let owner = Owner { mark, manifest, adopt };
    let unique: BTreeMap<String, &Resource> =
        resources(plan).map(|item| (item.published_name(), item)).collect();
    let comparing = unique.into_iter().map(|(name, resource)| compare_one(clients, name, resource, &owner));
    let mut changes = Parallel::new(comparing).all().await?;
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(changes)
}

/// Makes or changes one resource.
pub(super) async fn apply(clients: &Clients, change: &ResourceChange, observer: Observer<'_>) -> Result<()> {
    let done = match &change.action {
        Action::Nothing | Action::Foreign => return Ok(()),
        Action::Create => "created",
        Action::Update(_) => "updated",
    };
    let bare = change.name.split_once('/').map_or(change.name.as_str(), |(_, bare)| bare);
    send(clients, bare, change, observer).await?;
    observer(&Event::Resource { name: change.name.clone(), done });
    Ok(())
}

async fn sent<M: Made>(
    clients: &Clients,
    name: &str,
    wanted: &M::Wanted,
    action: &Action,
    observer: Observer<'_>,
) -> Result<()> {
    if *action != Action::Create {
        return M::update(clients, name, wanted, observer).await;
    }
    let Err(error) = M::create(clients, name, wanted).await else { return Ok(()) };
    let there = M::read(clients, name).await?;
    ours_after_all(error, there.as_ref().and_then(M::description_of), M::description(wanted))
}

/// Making something that was not there a moment ago can fail though it was made: the answer to the first
/// request was lost, and the second one says that it exists. With our description it is that one.
fn ours_after_all(error: Error, there: Option<&str>, wanted: Option<&str>) -> Result<()> {
    let may_be_made = matches!(error.kind(), Some(Kind::Conflict | Kind::Ambiguous));
    if may_be_made && there.is_some() && there == wanted { Ok(()) } else { Err(error) }
}

fn resources(plan: &ProjectPlan) -> impl Iterator<Item = &Resource> {
    plan.pipelines.iter().flat_map(|pipeline| &pipeline.resources)
}
