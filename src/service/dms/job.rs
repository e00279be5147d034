//! Running a replication of DMS, as the plan keeps it, its calls, and what they need.

use super::task::{Config, Replication, Task};
use crate::service::arn::Resource;
use crate::service::call::{Call, Caller, On, Touched, call, operations, right, touched, wanted};
use crate::service::console::{base, encode};
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::failure::{Codes, Kind};
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Members, Output, SECONDS, URL, known, perhaps};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use crate::template::Template;
use serde::{Deserialize, Serialize};

pub use crate::lang::step::{IfRunning, ReplicationStart};

/// Runs a replication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Replicate {
    /// What is run.
    pub replication: Replication,
    /// How it is started when it has run before; as its type asks for when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub start: Option<ReplicationStart>,
    /// Where in the changes it begins.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<Template>,
    /// Where in the changes it stops.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<Template>,
    /// It is done when it runs and has loaded what was there, and goes on then.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub goes_on: bool,
    /// What happens when it is running already.
    pub if_running: IfRunning,
    /// It is no failure that tables are in error.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub may_lose: bool,
}

/// Codes that only this service has. It refuses with one code whatever is in no state for a call.
const CODES: Codes = &[
    ("InvalidResourceStateFault", Kind::Busy),
    ("ResourceQuotaExceededFault", Kind::Busy),
    ("ResourceNotFoundFault", Kind::NotFound),
    ("AccessDeniedFault", Kind::Denied),
];

operations! {
    codes CODES;

    /// Marks a replication, in the place of the mark that it has.
    ADD_TAGS_TO_RESOURCE = "dms:AddTagsToResource" Repeatable Usual [right("dms:AddTagsToResource", On::Itself)];
    /// Reads how a serverless replication is set up.
    DESCRIBE_REPLICATION_CONFIGS = "dms:DescribeReplicationConfigs" Repeatable Usual [right("dms:DescribeReplicationConfigs", On::Anything)];
    /// Reads what an instance is called.
    DESCRIBE_REPLICATION_INSTANCES = "dms:DescribeReplicationInstances" Repeatable Usual [right("dms:DescribeReplicationInstances", On::Anything)];
    /// Looks at the tables of a serverless replication.
    DESCRIBE_REPLICATION_TABLE_STATISTICS = "dms:DescribeReplicationTableStatistics" Repeatable Usual [
        right("dms:DescribeReplicationTableStatistics", On::Itself)
    ];
    /// Looks at a task.
    DESCRIBE_REPLICATION_TASKS = "dms:DescribeReplicationTasks" Repeatable Usual [right("dms:DescribeReplicationTasks", On::Anything)];
    /// Looks at a serverless replication.
    DESCRIBE_REPLICATIONS = "dms:DescribeReplications" Repeatable Usual [right("dms:DescribeReplications", On::Anything)];
    /// Looks at the tables of a task.
    DESCRIBE_TABLE_STATISTICS = "dms:DescribeTableStatistics" Repeatable Usual [right("dms:DescribeTableStatistics", On::Itself)];
    /// Reads the mark.
    LIST_TAGS_FOR_RESOURCE = "dms:ListTagsForResource" Repeatable Usual [right("dms:ListTagsForResource", On::Itself)];
    /// Starts a serverless replication.
    START_REPLICATION = "dms:StartReplication" Starts Never [right("dms:StartReplication", On::Itself)];
    /// Starts a task.
    START_REPLICATION_TASK = "dms:StartReplicationTask" Starts Never [right("dms:StartReplicationTask", On::Itself)];
    /// Stops a serverless replication; the runner repeats it within the little time that it has.
    STOP_REPLICATION = "dms:StopReplication" Repeatable Never [right("dms:StopReplication", On::Itself)];
    /// Stops a task; the runner repeats it within the little time that it has.
    STOP_REPLICATION_TASK = "dms:StopReplicationTask" Repeatable Never [right("dms:StopReplicationTask", On::Itself)];
}

/// What it gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    known("tables_loaded", Form::Count, "how many tables it has loaded"),
    known("tables_errored", Form::Count, "how many tables are in error, or have rows that are"),
    perhaps("full_load_rows", Form::Count, "how many rows it has loaded"),
    perhaps("inserts", Form::Count, "how many rows it has inserted since the load"),
    perhaps("updates", Form::Count, "how many rows it has updated since the load"),
    perhaps("deletes", Form::Count, "how many rows it has deleted since the load"),
];

const BILLED: Billed = Billed { unit: Unit::DcuHours, measured: Measured::Time, least: 0 };

impl Replicate {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in: an instance is paid for whether tasks run on it or not.
    pub fn billed(&self) -> &'static [Billed] {
        if self.replication.is_serverless() { &[BILLED] } else { &[] }
    }
}

impl Members for Replicate {}

impl Shown for Replicate {}

/// Endpoints have roles of their own, which are nobody's to lend.
impl Lends for Replicate {}

impl Caller for Replicate {
    fn calls(&self) -> &'static [Call] {
        const OF_TASK: &[Call] = &[
            call(START_REPLICATION_TASK),
            call(STOP_REPLICATION_TASK),
            call(DESCRIBE_TABLE_STATISTICS),
            call(LIST_TAGS_FOR_RESOURCE),
            call(ADD_TAGS_TO_RESOURCE),
            call(DESCRIBE_REPLICATION_TASKS),
            wanted(DESCRIBE_REPLICATION_INSTANCES, "for the name of the log group of what has failed"),
        ];
        const SERVERLESS: &[Call] = &[
            call(START_REPLICATION),
            call(STOP_REPLICATION),
            call(DESCRIBE_REPLICATION_TABLE_STATISTICS),
            call(LIST_TAGS_FOR_RESOURCE),
            call(ADD_TAGS_TO_RESOURCE),
            call(DESCRIBE_REPLICATIONS),
            call(DESCRIBE_REPLICATION_CONFIGS),
        ];
        if self.replication.is_serverless() { SERVERLESS } else { OF_TASK }
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Itself if self.replication.is_serverless() => {
                touched("the configuration", self.replication.resource())
            }
            On::Itself => touched("the replication task", self.replication.resource()),
            On::Anything => touched("all replications", Resource::Anything),
            _ => Vec::new(),
        }
    }
}

/// Links to a replication in the console, by its name.
pub fn link(region: &str, is_serverless: bool, name: &str) -> String {
    let (base, name) = (base(region), encode(name));
    let page = if is_serverless { "serverlessReplicationDetails" } else { "taskDetails" };
    format!("{base}/dms/v2/home?region={region}#{page}/{name}")
}

/// The heading of what whoever runs a replication must be allowed.
pub const RIGHTS: Heading = Heading::new("`dms_task`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let of = |replication| Replicate {
        replication,
        start: None,
        from: None,
        until: None,
        goes_on: false,
        if_running: IfRunning::Wait,
        may_lose: false,
    };
    let task = of(Replication::Task(Task::named("TASK", None)));
    let serverless = of(Replication::Serverless(Config::named("CONFIG", None)));
    vec![Section::new(Who::Worker, RIGHTS).of(&[&task, &serverless]).billed(&[BILLED])]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(replication: &str) -> Vec<String> {
        let job = format!(r#"{{"replication": {replication}, "if_running": "wait"}}"#);
        let job: Replicate = serde_json::from_str(&job).unwrap();
        job.needs().iter().map(|need| format!("{} {}", need.action, need.resource)).collect()
    }

    #[test]
    fn what_is_needed_is_of_its_replication() {
        let arn = "arn:aws:dms:eu-west-1:111122223333:task:7QK3V5ZJ";
        assert_eq!(
            needs(&format!(r#"{{"task": "{arn}"}}"#)),
            [
                format!("dms:StartReplicationTask {arn}"),
                format!("dms:StopReplicationTask {arn}"),
                format!("dms:DescribeTableStatistics {arn}"),
                format!("dms:ListTagsForResource {arn}"),
                format!("dms:AddTagsToResource {arn}"),
                "dms:DescribeReplicationTasks *".to_owned(),
                "dms:DescribeReplicationInstances *".to_owned(),
            ]
        );
        let config = "arn:aws:dms:REGION:ACCOUNT:replication-config:CONFIG";
        let serverless = needs(r#"{"serverless": "orders"}"#);
        assert_eq!(serverless[0], format!("dms:StartReplication {config}"));
        assert!(serverless.contains(&"dms:DescribeReplicationConfigs *".to_owned()), "{serverless:?}");
    }

    #[test]
    fn links_lead_to_the_console() {
        let base = "https://eu-west-1.console.aws.amazon.com/dms/v2/home?region=eu-west-1#";
        assert_eq!(link("eu-west-1", false, "orders"), format!("{base}taskDetails/orders"));
        assert_eq!(link("eu-west-1", true, "orders"), format!("{base}serverlessReplicationDetails/orders"));
    }
}
