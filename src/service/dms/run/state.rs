//! A replication as it stands, of either kind, by what DMS tells of it.

#![expect(clippy::struct_field_names, reason = "DMS repeats the name of a thing in those of its members")]

use super::mark::Trace;
use crate::aws::json::moment;
use serde::Deserialize;
use std::time::SystemTime;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ReplicationTasks {
    pub replication_tasks: Vec<ReplicationTask>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ReplicationTask {
    replication_task_arn: String,
    replication_task_identifier: String,
    status: String,
    migration_type: String,
    stop_reason: Option<String>,
    last_failure_message: Option<String>,
    replication_task_start_date: Option<f64>,
    replication_task_stats: Stats,
    cdc_stop_position: Option<String>,
    replication_task_settings: Option<String>,
    replication_instance_arn: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Replications {
    pub replications: Vec<Replication>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Replication {
    replication_config_arn: String,
    replication_config_identifier: String,
    status: String,
    replication_type: String,
    stop_reason: Option<String>,
    failure_messages: Vec<String>,
    replication_last_stop_time: Option<f64>,
    replication_stats: Stats,
    cdc_stop_position: Option<String>,
}

/// How far it is, and when it has run; times in seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Stats {
    pub full_load_progress_percent: u32,
    pub tables_loaded: u64,
    pub tables_loading: u64,
    pub tables_queued: u64,
    pub tables_errored: u64,
    pub fresh_start_date: Option<f64>,
    pub start_date: Option<f64>,
    pub stop_date: Option<f64>,
}

/// A replication as it stands: a task, or a serverless one.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub arn: String,
    pub name: String,
    pub is_serverless: bool,
    pub status: String,
    /// `full-load`, `cdc`, `full-load-and-cdc`
    pub migration: String,
    pub stop_reason: Option<String>,
    pub failures: Vec<String>,
    /// When it began and ended last, in seconds, where its statistics do not say so.
    pub started: Option<f64>,
    pub stopped: Option<f64>,
    pub stats: Stats,
    /// Where it stops, as it was started or set up.
    pub until: Option<String>,
    pub settings: Option<String>,
    pub instance: Option<String>,
}

impl From<ReplicationTask> for State {
    fn from(task: ReplicationTask) -> Self {
        Self {
            arn: task.replication_task_arn,
            name: task.replication_task_identifier,
            is_serverless: false,
            status: task.status,
            migration: task.migration_type,
            stop_reason: task.stop_reason,
            failures: task.last_failure_message.into_iter().filter(|why| !why.trim().is_empty()).collect(),
            started: task.replication_task_start_date,
            stopped: None,
            stats: task.replication_task_stats,
            until: task.cdc_stop_position,
            settings: task.replication_task_settings,
            instance: task.replication_instance_arn,
        }
    }
}

impl From<Replication> for State {
    fn from(replication: Replication) -> Self {
        Self {
            arn: replication.replication_config_arn,
            name: replication.replication_config_identifier,
            is_serverless: true,
            status: replication.status,
            migration: replication.replication_type,
            stop_reason: replication.stop_reason,
            failures: replication.failure_messages,
            started: None,
            stopped: replication.replication_last_stop_time,
            stats: replication.replication_stats,
            until: replication.cdc_stop_position,
            settings: None,
            instance: None,
        }
    }
}

impl State {
    /// When it has run last.
    pub(super) fn trace(&self) -> Trace {
        let milliseconds = |at: Option<f64>| {
            let since = moment(at).and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
            since.and_then(|since| u64::try_from(since.as_millis()).ok()).unwrap_or_default()
        };
        let stats = &self.stats;
        let started = [self.started, stats.start_date, stats.fresh_start_date].map(milliseconds);
        let stopped = [self.stopped, stats.stop_date].map(milliseconds);
        Trace {
            started: started.into_iter().max().unwrap_or_default(),
            stopped: stopped.into_iter().max().unwrap_or_default(),
            has_failed: self.status.eq_ignore_ascii_case("failed"),
        }
    }

    /// What it says of its failure, behind a colon.
    pub(super) fn why(&self) -> String {
        let told: Vec<&str> = self.failures.iter().map(|why| why.trim()).collect();
        if told.is_empty() { String::new() } else { format!(": {}", told.join(": ")) }
    }

    /// Says whether it replicates changes, after a load or without one.
    pub(super) fn replicates_changes(&self) -> bool {
        self.migration.contains("cdc")
    }
}
