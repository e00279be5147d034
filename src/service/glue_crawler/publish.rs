//! Crawlers.
//!
//! What is crawled, where the tables go and how changes are treated is the plan's; classifiers, schedules,
//! further exclusions and a configuration that somebody set stay, as `UpdateCrawler` leaves alone what it is not told. Tables
//! whose files are gone are logged and never removed.

use super::job::{self, CrawlerDefinition, OnSchemaChange, Recrawl};
use crate::aws::operation::requests;
use crate::aws::{self, Kind};
use crate::publish::error::{Error, Result};
use crate::publish::event::{Event, Observer};
use crate::publish::owner::{Action, Made, Owner, same_role};
use crate::publish::target::Clients;
use aws_sdk_glue::types::{
    Crawler, CrawlerState, CrawlerTargets, DeleteBehavior, RecrawlBehavior, RecrawlPolicy, S3Target,
    SchemaChangePolicy, UpdateBehavior,
};
use std::time::{Duration, Instant};

/// How often a running crawler is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long a running crawler is waited for; shorter than a lease.
const PATIENCE: Duration = Duration::from_mins(10);

/// The settings of a crawler that are ours.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    role: String,
    database: String,
    description: String,
    targets: Vec<S3Target>,
    /// Empty when there is none.
    security_configuration: String,
    /// Empty when there is none: that is how Glue is told to remove one.
    table_prefix: String,
    recrawl: RecrawlBehavior,
    update: UpdateBehavior,
    delete: DeleteBehavior,
}

requests! {
    aws_sdk_glue::create_crawler[CreateCrawlerFluentBuilder CreateCrawlerOutput CreateCrawlerError]
        = job::CREATE_CRAWLER;
    aws_sdk_glue::update_crawler[UpdateCrawlerFluentBuilder UpdateCrawlerOutput UpdateCrawlerError]
        = job::UPDATE_CRAWLER;
}

impl Made for CrawlerDefinition {
    type There = Crawler;
    type Wanted = Settings;

    fn name(&self) -> &str {
        &self.name
    }

    async fn read(clients: &Clients, name: &str) -> Result<Option<Crawler>> {
        match aws::send(clients.glue.get_crawler().name(name)).await {
            Ok(answer) => Ok(answer.crawler),
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            Err(error) => Err(Error::aws(format!("read the crawler `{name}`"))(error)),
        }
    }

    fn description_of(there: &Crawler) -> Option<&str> {
        there.description()
    }

    fn description(wanted: &Settings) -> Option<&str> {
        Some(&wanted.description)
    }

    fn compare(&self, name: &str, there: Option<&Crawler>, owner: &Owner<'_>) -> Result<(Action, Settings)> {
        compare(name, self, there, owner)
    }

    async fn create(clients: &Clients, name: &str, settings: &Settings) -> Result<()> {
        let request = clients
            .glue
            .create_crawler()
            .name(name)
            .role(&settings.role)
            .database_name(&settings.database)
            .description(&settings.description)
            .targets(settings.targets())
            .set_crawler_security_configuration(
                Some(settings.security_configuration.clone()).filter(|name| !name.is_empty()),
            )
            .set_table_prefix(Some(settings.table_prefix.clone()).filter(|prefix| !prefix.is_empty()))
            .recrawl_policy(settings.recrawl_policy())
            .schema_change_policy(settings.schema_change_policy());
        let doing = format!("make the crawler `{name}`");
        aws::insist(|| request.clone(), None).await.map_err(Error::aws(doing))?;
        Ok(())
    }

    /// One that runs cannot be changed and is waited for.
    async fn update(
        clients: &Clients,
        name: &str,
        settings: &Settings,
        observer: Observer<'_>,
    ) -> Result<()> {
        let begun = Instant::now();
        let mut told = false;
        loop {
            let request = clients
                .glue
                .update_crawler()
                .name(name)
                .role(&settings.role)
                .database_name(&settings.database)
                .description(&settings.description)
                .targets(settings.targets())
                .crawler_security_configuration(&settings.security_configuration)
                .table_prefix(&settings.table_prefix)
                .recrawl_policy(settings.recrawl_policy())
                .schema_change_policy(settings.schema_change_policy());
            match aws::send(request).await {
                Ok(_) => return Ok(()),
                Err(error) if error.kind == Kind::Busy => {}
                Err(error) => return Err(Error::aws(format!("change the crawler `{name}`"))(error)),
            }
            if !told {
                observer(&Event::WaitingForCrawler(name.to_owned()));
                told = true;
            }
            wait_until_ready(clients, name, begun).await?;
        }
    }
}

async fn wait_until_ready(clients: &Clients, name: &str, begun: Instant) -> Result<()> {
    loop {
        if begun.elapsed() >= PATIENCE {
            return Err(Error::CrawlerRunning { name: name.to_owned(), seconds: PATIENCE.as_secs() });
        }
        tokio::time::sleep(LOOK_EVERY).await;
        let there = CrawlerDefinition::read(clients, name).await?;
        if there.is_none_or(|crawler| crawler.state() == Some(&CrawlerState::Ready)) {
            return Ok(());
        }
    }
}

/// Compares a crawler with its definition; gives what has to be done and the settings as they shall be.
fn compare(
    name: &str,
    definition: &CrawlerDefinition,
    there: Option<&Crawler>,
    owner: &Owner<'_>,
) -> Result<(Action, Settings)> {
    let before = there.map(Settings::read);
    let after = Settings::wanted(definition, owner, before.as_ref())?;
    let action = match (there, before) {
        (Some(there), _) if !owner.may_change(name, there.description()) => Action::Foreign,
        (_, Some(before)) if before == after => Action::Nothing,
        (_, Some(before)) => Action::Update(differences(&before, &after)),
        (_, None) => Action::Create,
    };
    Ok((action, after))
}

impl Settings {
    fn read(crawler: &Crawler) -> Self {
        let policy = crawler.schema_change_policy();
        Self {
            role: crawler.role().unwrap_or_default().to_owned(),
            database: crawler.database_name().unwrap_or_default().to_owned(),
            description: crawler.description().unwrap_or_default().to_owned(),
            targets: crawler.targets().map(|targets| targets.s3_targets().to_vec()).unwrap_or_default(),
            security_configuration: crawler.crawler_security_configuration().unwrap_or_default().to_owned(),
            table_prefix: crawler.table_prefix().unwrap_or_default().to_owned(),
            recrawl: crawler
                .recrawl_policy()
                .and_then(RecrawlPolicy::recrawl_behavior)
                .unwrap_or(&RecrawlBehavior::CrawlEverything)
                .clone(),
            update: policy
                .and_then(SchemaChangePolicy::update_behavior)
                .unwrap_or(&UpdateBehavior::UpdateInDatabase)
                .clone(),
            delete: policy
                .and_then(SchemaChangePolicy::delete_behavior)
                .unwrap_or(&DeleteBehavior::DeprecateInDatabase)
                .clone(),
        }
    }

    fn wanted(definition: &CrawlerDefinition, owner: &Owner<'_>, there: Option<&Self>) -> Result<Self> {
        let known = |path: &str| {
            let targets = there.map_or(&[][..], |there| &there.targets);
            targets.iter().find(|target| target.path() == Some(path)).cloned()
        };
        let targets: Vec<S3Target> = definition
            .targets
            .iter()
            .map(|wanted| {
                let mut target =
                    known(&wanted.path).unwrap_or_else(|| S3Target::builder().path(&wanted.path).build());
                let exclusions = target.exclusions.get_or_insert_default();
                let missing: Vec<String> = wanted
                    .exclusions
                    .iter()
                    .filter(|pattern| !exclusions.contains(pattern))
                    .cloned()
                    .collect();
                exclusions.extend(missing);
                target
            })
            .collect();
        let listens = targets.iter().all(|target| target.event_queue_arn().is_some());
        if definition.recrawl == Recrawl::Events && !listens {
            return Err(Error::Definition {
                what: format!("crawler `{}`", definition.name),
                why: "`recrawl: events` needs a queue on its targets; make it in AWS, then publish with \
                      `--adopt`"
                    .to_owned(),
            });
        }
        let role = there.map(|there| &there.role).filter(|role| same_role(role, &definition.role));
        Ok(Self {
            role: role.unwrap_or(&definition.role).clone(),
            database: definition.database.clone(),
            description: owner.description(definition.description.as_deref()),
            targets,
            security_configuration: definition.security_configuration.clone().unwrap_or_default(),
            table_prefix: definition.table_prefix.clone().unwrap_or_default(),
            recrawl: match definition.recrawl {
                Recrawl::Everything => RecrawlBehavior::CrawlEverything,
                Recrawl::NewFolders => RecrawlBehavior::CrawlNewFoldersOnly,
                Recrawl::Events => RecrawlBehavior::CrawlEventMode,
            },
            // Glue takes a crawler of new folders only when it changes no table that is there.
            update: match (definition.recrawl, definition.on_schema_change) {
                (Recrawl::NewFolders, _) | (_, OnSchemaChange::Log) => UpdateBehavior::Log,
                (_, OnSchemaChange::Update) => UpdateBehavior::UpdateInDatabase,
            },
            delete: DeleteBehavior::Log,
        })
    }

    fn targets(&self) -> CrawlerTargets {
        CrawlerTargets::builder().set_s3_targets(Some(self.targets.clone())).build()
    }

    fn recrawl_policy(&self) -> RecrawlPolicy {
        RecrawlPolicy::builder().recrawl_behavior(self.recrawl.clone()).build()
    }

    fn schema_change_policy(&self) -> SchemaChangePolicy {
        SchemaChangePolicy::builder()
            .update_behavior(self.update.clone())
            .delete_behavior(self.delete.clone())
            .build()
    }
}

fn differences(before: &Settings, after: &Settings) -> Vec<&'static str> {
    [
        ("role", before.role != after.role),
        ("database", before.database != after.database),
        ("description", before.description != after.description),
        ("targets", before.targets != after.targets),
        ("security_configuration", before.security_configuration != after.security_configuration),
        ("table_prefix", before.table_prefix != after.table_prefix),
        ("recrawl", before.recrawl != after.recrawl),
        ("on_schema_change", before.update != after.update || before.delete != after.delete),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

#[cfg(test)]
mod tests;
