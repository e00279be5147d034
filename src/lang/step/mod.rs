//! What every step has beside its kind: its name and place, and what every step can say.

mod outputs;
mod sql;
mod words;

pub use super::sql::SqlSpec;
pub use outputs::{MemberNames, OutputKind, Outputs, OutputsSpec};
pub use words::{
    CompUpdate, Compression, CopyMode, FileCompression, IfRunning, OnDrift, OnEmpty, OnSchemaChange, Recrawl,
    ReplicationStart, RowCount, WriteMode,
};

use super::airflow::{Count, GroupName, Limit, Owner, PoolName};
use super::decode::{Decode, Definitions, Lenient, OneOrMany, record};
use super::shared::{NotifySpec, OnKill, TriggerRule};
use super::value::Seconds;
use super::waiting::WaitingSpec;
use crate::text::{FileId, Span, Spanned};
use serde_json::Value;

/// A step without its kind.
#[derive(Clone, Debug, PartialEq)]
pub struct StepHead {
    /// Its name as the user writes it elsewhere: `load`, or `load[orders]` when `each` made it.
    pub name: Spanned<String>,
    /// The whole of the step.
    pub span: Span,
    /// Where the kind's name stands.
    pub kind_span: Span,
    /// Where the settings of the kind stand.
    pub settings_span: Span,
    /// What every step can say; most say nothing of it.
    pub common: Option<Box<CommonSpec>>,
}

impl StepHead {
    /// Returns what every step can say.
    pub fn common(&self) -> &CommonSpec {
        self.common.as_deref().unwrap_or(&NOTHING_COMMON)
    }

    /// Returns the name before `each` was expanded.
    pub fn base_name(&self) -> &str {
        self.name.split('[').next().unwrap_or_default()
    }

    /// Returns the label that `each` gave, if it made this step.
    pub fn instance(&self) -> Option<&str> {
        self.name.split_once('[').map(|(_, rest)| rest.trim_end_matches(']'))
    }
}

/// What a step has said that says nothing of what every step can say.
static NOTHING_COMMON: CommonSpec = CommonSpec {
    span: Span::file_start(FileId(0)),
    after: Lenient::ABSENT,
    group: Lenient::ABSENT,
    owner: Lenient::ABSENT,
    retries: Lenient::ABSENT,
    retry_delay: Lenient::ABSENT,
    timeout: Lenient::ABSENT,
    pool: Lenient::ABSENT,
    priority: Lenient::ABSENT,
    trigger_rule: Lenient::ABSENT,
    on_failure: Lenient::ABSENT,
    on_kill: Lenient::ABSENT,
    waiting: Lenient::ABSENT,
    connection: Lenient::ABSENT,
    description: Lenient::ABSENT,
};

record! {
    "a step"
    /// What every step can say beside its kind.
    pub struct CommonSpec {
        /// Steps that must have succeeded before, where data does not show it.
        pub after: Lenient<OneOrMany<Spanned<String>>>,
        /// The task group in Airflow's graph.
        pub group: Lenient<Spanned<GroupName>>,
        /// Who answers for it.
        pub owner: Lenient<Spanned<Owner>>,
        /// How often a failed task is tried again.
        pub retries: Lenient<Spanned<Count<0>>>,
        /// How long to wait before trying again.
        pub retry_delay: Lenient<Spanned<Seconds>>,
        /// How long the task may take.
        pub timeout: Lenient<Spanned<Limit>>,
        /// The Airflow pool.
        pub pool: Lenient<Spanned<PoolName>>,
        /// The weight in the queue; greater is sooner.
        pub priority: Lenient<Spanned<Count<0>>>,
        /// When it may start, given how its upstream tasks ended.
        pub trigger_rule: Lenient<Spanned<TriggerRule>>,
        /// Who is told when it fails.
        pub on_failure: Lenient<NotifySpec>,
        /// What happens to the running job when Airflow kills the task.
        pub on_kill: Lenient<Spanned<OnKill>>,
        /// Where it waits while its job runs: `worker` (in its slot; when absent), or `reschedule`.
        pub waiting: Lenient<WaitingSpec>,
        /// As whom and where it runs: a name under `connections` of the environment.
        pub connection: Lenient<Spanned<String>>,
        /// What it is for.
        pub description: Lenient<Spanned<String>>,
    }
}

impl CommonSpec {
    /// Returns the schemas of its keys.
    pub fn schema_properties(definitions: &mut Definitions) -> serde_json::Map<String, Value> {
        let _ = <Self as Decode>::schema(definitions);
        match definitions.named.remove("CommonSpec") {
            Some(Value::Object(mut schema)) => match schema.remove("properties") {
                Some(Value::Object(properties)) => properties,
                _ => serde_json::Map::new(),
            },
            _ => serde_json::Map::new(),
        }
    }
}
