//! What a run that is over has used, from CloudWatch's metrics. What goes wrong here costs a line, never the job.

use super::state::{span, was_scaled};
use super::{GlueJob, JobRun};
use crate::exec::cloudwatch::{Metric, Over};
use crate::exec::log::Log;
use crate::exec::outcome::Outputs;
use crate::service::glue_job::advice::{self, MEASURED, Machines};
use serde_json::json;
use std::time::SystemTime;

impl GlueJob {
    /// Reads what the last run has used, and says what to make of it. What CloudWatch does not know yet, or the job does not
    /// tell it (`--enable-metrics`), stays unknown.
    pub(super) async fn measure(&self, log: &Log<'_>) -> Outputs {
        let unknown = || MEASURED.iter().map(|of| (of.output.to_owned(), json!(null))).collect();
        let Some((run, machines)) = self.last.as_ref().and_then(|run| Some((run, machines(run)?))) else {
            return unknown();
        };
        let times = span(run);
        let (Some(from), to) = (times.started, times.ended.unwrap_or_else(SystemTime::now)) else {
            return unknown();
        };
        let metrics = metrics(run, &self.spec.job);
        let values = match self.metrics.over(&metrics, from, to).await {
            Ok(values) => values,
            Err(error) => {
                log.info(format!("what the run has used is not known: {error}"));
                return unknown();
            }
        };
        let value = |name: &str| {
            let at = MEASURED.iter().position(|of| of.output == name)?;
            values.get(at).copied().flatten()
        };
        for advice in advice::advice(&machines, &value) {
            log.info(format!("advice: {advice}"));
        }
        MEASURED.iter().map(|of| (of.output.to_owned(), json!(value(of.output)))).collect()
    }

    /// Says what to do where a run has failed for want of memory.
    pub(super) fn advise(&self, message: &str, log: &Log<'_>) {
        let machines = self.last.as_ref().and_then(machines);
        if let Some(machines) = machines.filter(|_| advice::is_out_of_memory(message)) {
            log.info(format!("advice: {}", advice::for_memory(&machines)));
        }
    }
}

/// The machines of a run of Spark; Python Shell has none.
fn machines(run: &JobRun) -> Option<Machines> {
    Some(Machines {
        worker_type: run.worker_type.as_ref()?.as_str().to_owned(),
        workers: run.number_of_workers.and_then(|count| u32::try_from(count).ok())?,
        autoscales: was_scaled(run),
    })
}

fn metrics(run: &JobRun, job: &str) -> Vec<Metric> {
    let id = run.id.as_deref().unwrap_or_default();
    let one = |of: &advice::Measured| Metric {
        namespace: "Glue",
        name: of.metric,
        dimensions: vec![
            ("JobName", job.to_owned()),
            ("JobRunId", id.to_owned()),
            ("Type", of.r#type.to_owned()),
        ],
        over: if of.r#type == "count" { Over::Sum } else { Over::Most },
    };
    MEASURED.iter().map(one).collect()
}
