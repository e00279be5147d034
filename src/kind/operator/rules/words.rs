//! Words that a class knows, where its signature does not say them: Airflow's states, and what a service's API takes.
//!
//! From the classes themselves, which refuse others when they are made, and from the models of the services
//! (`botocore`).

use super::Known;

/// The words of one argument.
pub(super) struct Words {
    pub(super) known: &'static [&'static str],
    /// It is a list of them.
    pub(super) wants_list: bool,
    /// It may be one.
    pub(super) takes_list: bool,
    /// It may also be the import path of a class.
    pub(super) open: bool,
}

const ONE: Words = Words { known: &[], wants_list: false, takes_list: false, open: false };
const SEVERAL: Words = Words { wants_list: true, takes_list: true, ..ONE };

/// How a sensor waits (`BaseSensorOperator`).
const MODES: &[&str] = &["poke", "reschedule"];

/// How every operator's priority adds up (`BaseOperator`). A strategy of the user's is named by its import path.
const WEIGHT_RULES: &[&str] = &["downstream", "upstream", "absolute"];

/// The states of a run (`DagRunState`).
const RUNS: &[&str] = &["queued", "running", "success", "failed"];

/// The states of a task (`TaskInstanceState`).
const TASKS: &[&str] = &[
    "removed",
    "scheduled",
    "queued",
    "running",
    "success",
    "restarting",
    "failed",
    "up_for_retry",
    "up_for_reschedule",
    "upstream_failed",
    "skipped",
    "deferred",
    "awaiting_input",
];

const DAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Classes of Airflow's and Amazon's, an argument, and its words.
const CLOSED: &[(&str, &str, &[&str])] = &[
    ("EC2InstanceStateSensor", "target_state", &["running", "stopped", "terminated"]),
    ("EksCreateClusterOperator", "compute", &["nodegroup", "fargate"]),
    ("LambdaInvokeFunctionOperator", "invocation_type", &["RequestResponse", "Event", "DryRun"]),
    ("LambdaInvokeFunctionOperator", "log_type", &["None", "Tail"]),
    ("S3ToRedshiftOperator", "method", &["APPEND", "REPLACE", "UPSERT"]),
];

/// Arguments that say whose task another DAG's state is of (`ExternalTaskSensor`).
const OF_A_TASK: &[&str] = &["external_task_id", "external_task_ids", "external_task_group_id"];

/// Finds the words of an argument; `given` are the names of all of the step's.
pub(super) fn of(known: &Known<'_>, name: &str, is_sensor: bool, given: &[&str]) -> Option<Words> {
    let has_task = || given.iter().any(|name| OF_A_TASK.contains(name));
    match (known.class, name) {
        (_, "mode") if is_sensor => return Some(Words { known: MODES, ..ONE }),
        (_, "weight_rule") => return Some(Words { known: WEIGHT_RULES, open: true, ..ONE }),
        _ if known.own.is_none() => return None,
        ("ExternalTaskSensor", "allowed_states" | "failed_states" | "skipped_states") => {
            return Some(Words { known: if has_task() { TASKS } else { RUNS }, ..SEVERAL });
        }
        ("TriggerDagRunOperator", "allowed_states" | "failed_states") => {
            return Some(Words { known: RUNS, ..SEVERAL });
        }
        ("DayOfWeekSensor" | "BranchDayOfWeekOperator", "week_day") => {
            return Some(Words { known: DAYS, takes_list: true, ..ONE });
        }
        _ => {}
    }
    let closed = CLOSED.iter().find(|(class, argument, _)| (*class, *argument) == (known.class, name));
    closed.map(|(.., words)| Words { known: words, ..ONE })
}
