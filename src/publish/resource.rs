//! Glue jobs and crawlers: what publishing makes of them.
//!
//! What is there is read, what the plan says is laid over it, and only a difference is sent; so what
//! somebody set beside the plan (a maintenance window, a notification) stays. Whose a job is stands at the
//! end of its description, `[dagc PROJECT/ENVIRONMENT]`, where people see it too and no further permission
//! is needed to read it; what bears another mark, or none, is never touched.

mod crawler;
mod glue_job;

use super::error::{Error, Result};
use super::event::{Event, Observer};
use super::manifest::Manifest;
use super::parallel::Parallel;
use super::target::Clients;
use crate::aws::Kind;
use crate::plan::{Asset, ProjectPlan, Resource};
use std::collections::BTreeMap;

/// What has to be done to a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is not there.
    Create,
    /// These settings differ.
    Update(Vec<&'static str>),
    /// It is as it shall be.
    Nothing,
    /// It is there and not ours.
    Foreign,
}

/// A resource and what has to be done to it.
#[derive(Clone, Debug)]
pub struct ResourceChange {
    /// Such as `glue-job/clean` or `crawler/raw`.
    pub name: String,
    /// What has to be done.
    pub action: Action,
    request: Request,
}

#[derive(Clone, Debug)]
enum Request {
    Job(Box<aws_sdk_glue::types::JobUpdate>),
    Crawler(Box<crawler::Settings>),
}

/// Who makes resources.
#[derive(Clone, Debug)]
struct Owner<'a> {
    /// `[dagc PROJECT/ENVIRONMENT]`
    mark: String,
    manifest: &'a Manifest,
    adopt: bool,
}

impl Owner<'_> {
    /// Returns whether a resource with this description may be changed.
    fn may_change(&self, name: &str, description: Option<&str>) -> bool {
        let description = description.unwrap_or_default();
        let other_mark = description.contains("[dagc ") && !description.contains(&self.mark);
        self.adopt
            || description.contains(&self.mark)
            || (self.manifest.resources.contains(name) && !other_mark)
    }

    /// Returns the description of a resource of ours: one line of at most 2048 characters.
    fn description(&self, text: Option<&str>) -> String {
        let line = text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        let room = 2048 - self.mark.chars().count() - 1;
        let line: String = line.chars().take(room).collect();
        format!("{line} {}", self.mark).trim_start().to_owned()
    }
}

/// Returns the files of all Glue jobs, each once, by where they go.
pub(super) fn assets(plan: &ProjectPlan) -> BTreeMap<&str, &Asset> {
    resources(plan)
        .filter_map(|resource| match resource {
            Resource::GlueJob(job) => Some(job),
            Resource::Crawler(_) => None,
        })
        .flat_map(|job| std::iter::once(&job.script).chain(&job.files))
        .map(|asset| (asset.uri.as_str(), asset))
        .collect()
}

/// Returns the names of all resources.
pub(super) fn names(plan: &ProjectPlan) -> impl Iterator<Item = String> {
    resources(plan).map(name)
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
    let unique: BTreeMap<String, &Resource> = resources(plan).map(|item| (name(item), item)).collect();
    let comparing = unique.into_iter().map(|(name, resource)| compare_one(clients, name, resource, &owner));
    let mut changes = Parallel::new(comparing).all().await?;
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(changes)
}

/// Makes or changes one resource.
pub(super) async fn apply(
    clients: &Clients,
    change: &ResourceChange,
    crawler_patience: std::time::Duration,
    observer: Observer<'_>,
) -> Result<()> {
    let done = match &change.action {
        Action::Nothing | Action::Foreign => return Ok(()),
        Action::Create => "created",
        Action::Update(_) => "updated",
    };
    let bare = change.name.split_once('/').map_or(change.name.as_str(), |(_, bare)| bare);
    let glue = &clients.glue;
    match (&change.request, &change.action) {
        (Request::Job(job), Action::Create) => {
            if let Err(error) = glue_job::create(glue, bare, job).await {
                let there = glue_job::read(glue, bare).await?;
                ours_after_all(
                    error,
                    there.as_ref().and_then(|there| there.description()),
                    job.description(),
                )?;
            }
        }
        (Request::Job(job), _) => glue_job::update(glue, bare, job).await?,
        (Request::Crawler(settings), Action::Create) => {
            if let Err(error) = crawler::create(glue, bare, settings).await {
                let there = crawler::read(glue, bare).await?;
                let wanted = Some(settings.description());
                ours_after_all(error, there.as_ref().and_then(|there| there.description()), wanted)?;
            }
        }
        (Request::Crawler(settings), _) => {
            crawler::update(glue, bare, settings, crawler_patience, observer).await?;
        }
    }
    observer(&Event::Resource { name: change.name.clone(), done });
    Ok(())
}

/// Making something that was not there a moment ago can fail though it was made: the answer to the first
/// request was lost, and the second one says that it exists. With our description it is that one.
fn ours_after_all(error: Error, there: Option<&str>, wanted: Option<&str>) -> Result<()> {
    let may_be_made = matches!(error.kind(), Some(Kind::Conflict | Kind::Ambiguous));
    if may_be_made && there.is_some() && there == wanted { Ok(()) } else { Err(error) }
}

async fn compare_one(
    clients: &Clients,
    name: String,
    resource: &Resource,
    owner: &Owner<'_>,
) -> Result<ResourceChange> {
    let (action, request) = match resource {
        Resource::GlueJob(definition) => {
            let there = glue_job::read(&clients.glue, &definition.name).await?;
            let (action, job) = glue_job::compare(&name, definition, there.as_ref(), owner)?;
            (action, Request::Job(Box::new(job)))
        }
        Resource::Crawler(definition) => {
            let there = crawler::read(&clients.glue, &definition.name).await?;
            let (action, settings) = crawler::compare(&name, definition, there.as_ref(), owner)?;
            (action, Request::Crawler(Box::new(settings)))
        }
    };
    Ok(ResourceChange { name, action, request })
}

fn resources(plan: &ProjectPlan) -> impl Iterator<Item = &Resource> {
    plan.pipelines.iter().flat_map(|pipeline| &pipeline.resources)
}

fn name(resource: &Resource) -> String {
    match resource {
        Resource::GlueJob(job) => format!("glue-job/{}", job.name),
        Resource::Crawler(crawler) => format!("crawler/{}", crawler.name),
    }
}

/// Glue gives a role back as it was said: a name, a path with a name, or an ARN.
fn same_role(one: &str, other: &str) -> bool {
    let bare = |role: &str| role.rsplit('/').next().unwrap_or_default().to_owned();
    one == other || ((!one.contains(':') || !other.contains(':')) && bare(one) == bare(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_is_ours() {
        let mut manifest = Manifest::new("acme", "dev");
        manifest.resources.insert("glue-job/known".to_owned());
        let owner = Owner { mark: "[dagc acme/dev]".to_owned(), manifest: &manifest, adopt: false };
        for (name, description, expected) in [
            ("glue-job/a", Some("Cleans. [dagc acme/dev]"), true),
            ("glue-job/a", Some("Cleans. [dagc acme/prod]"), false),
            ("glue-job/a", Some("Cleans."), false),
            ("glue-job/a", None, false),
            ("glue-job/known", Some("somebody wrote here"), true),
            ("glue-job/known", None, true),
            ("glue-job/known", Some("[dagc other/dev]"), false),
        ] {
            assert_eq!(owner.may_change(name, description), expected, "{name} {description:?}");
        }
        assert!(Owner { adopt: true, ..owner }.may_change("glue-job/a", None));
    }

    #[test]
    fn describes_in_one_line() {
        let manifest = Manifest::new("acme", "dev");
        let owner = Owner { mark: "[dagc acme/dev]".to_owned(), manifest: &manifest, adopt: false };
        assert_eq!(owner.description(None), "[dagc acme/dev]");
        assert_eq!(owner.description(Some("Cleans\nflights.\n")), "Cleans flights. [dagc acme/dev]");
        let long = owner.description(Some(&"ü".repeat(4000)));
        assert_eq!(long.chars().count(), 2048);
        assert!(long.ends_with("ü [dagc acme/dev]"));
    }

    #[test]
    fn compares_roles() {
        let arn = "arn:aws:iam::111122223333:role/service/glue";
        for (one, other, expected) in [
            (arn, arn, true),
            (arn, "glue", true),
            ("service/glue", arn, true),
            (arn, "glue2", false),
            (arn, "arn:aws:iam::999922223333:role/service/glue", false),
        ] {
            assert_eq!(same_role(one, other), expected, "{one} {other}");
        }
    }
}
