//! A replication task, or the configuration of a serverless replication, by its name or its ARN.

use crate::service::arn::{Part, Resource};
use crate::service::qualified::{Qualified, Thing};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A replication task as the user names it: its identifier, or its ARN.
pub type Task = Qualified<OfTasks>;

/// The configuration of a serverless replication as the user names it: its identifier, or its ARN.
pub type Config = Qualified<OfConfigs>;

/// Replication tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfTasks;

/// Configurations of serverless replications.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfConfigs;

/// How long an identifier may be (`ReplicationTaskIdentifier` in the service's model).
const LONGEST: usize = 255;

/// What is said of a name that has something behind a colon.
const NO_QUALIFIER: &str = "nothing stands behind its name";

/// Looks at a name, which an ARN's is too: AWS makes that up.
fn named(text: &str) -> Result<(), String> {
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_one) {
        return Ok(());
    }
    Err(format!("it has 1 to {LONGEST} letters, digits and `-`"))
}

impl Thing for OfTasks {
    const WHAT: &'static str = "a replication task of DMS";
    const SERVICE: &'static str = "dms";
    const TYPE: &'static str = "task:";
    const NO_QUALIFIER: &'static str = NO_QUALIFIER;

    fn name(text: &str) -> Result<(), String> {
        named(text)
    }

    fn is_qualifier(_: &str) -> bool {
        false
    }
}

impl Thing for OfConfigs {
    const WHAT: &'static str = "a configuration of a serverless replication of DMS";
    const SERVICE: &'static str = "dms";
    const TYPE: &'static str = "replication-config:";
    const NO_QUALIFIER: &'static str = NO_QUALIFIER;

    fn name(text: &str) -> Result<(), String> {
        named(text)
    }

    fn is_qualifier(_: &str) -> bool {
        false
    }
}

/// Says why a text names none.
pub fn parse<T: Thing>(text: &str) -> Result<Qualified<T>, String> {
    let thing = Qualified::<T>::parse(text)?;
    let name = &thing.name;
    let is_one = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.ends_with('-')
        && !name.contains("--");
    if thing.before_name().is_none() && !is_one {
        return Err("it begins with a letter, does not end with `-`, and has no `--`".to_owned());
    }
    Ok(thing)
}

/// What is run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replication {
    /// A task, on an instance.
    Task(Task),
    /// A serverless replication, by its configuration.
    Serverless(Config),
}

impl Default for Replication {
    fn default() -> Self {
        Self::Task(Task::default())
    }
}

impl Replication {
    /// Says whether it is serverless.
    pub fn is_serverless(&self) -> bool {
        matches!(self, Self::Serverless(_))
    }

    /// Its name, or the end of its ARN.
    pub fn name(&self) -> &str {
        match self {
            Self::Task(task) => &task.name,
            Self::Serverless(config) => &config.name,
        }
    }

    /// Its ARN, where the user says one.
    pub fn arn(&self) -> Option<String> {
        match self {
            Self::Task(task) => task.before_name().map(|_| task.target()),
            Self::Serverless(config) => config.before_name().map(|_| config.target()),
        }
    }

    /// The region that its ARN says.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::Task(task) => task.region(),
            Self::Serverless(config) => config.region(),
        }
    }

    /// What is allowed on it. ARNs have an id, which a name does not tell.
    pub fn resource(&self) -> Resource {
        if let Some(arn) = self.arn() {
            return Resource::Whole(arn);
        }
        let parts = match self {
            Self::Task(_) => [Part::Fixed(OfTasks::TYPE), Part::Unknown("TASK")],
            Self::Serverless(_) => [Part::Fixed(OfConfigs::TYPE), Part::Unknown("CONFIG")],
        };
        Resource::regional("dms", parts)
    }
}

impl fmt::Display for Replication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Task(task) => task.fmt(f),
            Self::Serverless(config) => config.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::arn::Account;

    const ACCOUNT: Account<'static> =
        Account { partition: "aws", region: "eu-west-1", account: "111122223333" };

    #[test]
    fn a_replication_is_named_in_two_ways() {
        let arn = "arn:aws:dms:eu-west-1:111122223333:task:7QK3V5ZJ";
        for (text, resource) in [(arn, arn), ("orders-to-lake", "arn:aws:dms:eu-west-1:111122223333:task:*")]
        {
            let task = Replication::Task(parse(text).unwrap());
            assert_eq!(task.to_string(), text);
            assert_eq!(task.resource().policy(ACCOUNT), resource, "what only AWS knows is any");
            assert_eq!(task.arn().is_some(), text == arn);
        }
        let arn = "arn:aws:dms:eu-west-1:111122223333:replication-config:7QK3V5ZJ";
        let config = Replication::Serverless(parse(arn).unwrap());
        assert_eq!(config.resource().policy(ACCOUNT), arn);
        assert_eq!(config.region(), Some("eu-west-1"));
    }

    #[test]
    fn what_names_none_is_told() {
        for text in [
            "",
            "1st",
            "a--b",
            "a-",
            "a b",
            "a:b",
            "arn:aws:dms:eu-west-1:111122223333:replication-config:7QK3V5ZJ",
            "arn:aws:dms::111122223333:task:7QK3V5ZJ",
            &"x".repeat(256),
        ] {
            assert!(parse::<OfTasks>(text).is_err(), "{text}");
        }
    }
}
