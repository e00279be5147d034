//! Runs of rules over tables.
//!
//! `StartDataQualityRulesetEvaluationRun` takes a token, which is made of the key and the number of failed runs before: a
//! second start of the same token gives the run that there is, also when it is over. Runs have no mark beside: a listing shows
//! neither tokens nor names, so that nothing but the token finds a run again. How long Glue knows a token is not documented;
//! a run that was forgotten is made again, which costs its time and changes nothing.
//!
//! Rules are evaluated under the name of a ruleset, which is made before the start. Its name tells its rules, so that one that
//! is there is the same, unless somebody has changed it.
//!
//! | module | gives |
//! | --- | --- |
//! | [`api`] | the calls |
//! | [`meaning`] | what the states of runs mean |
//! | [`results`] | what became of the rules |

mod api;
mod meaning;
mod results;

use super::job::{self, EvaluateQuality};
use crate::aws::{self, AwsError, Kind};
use crate::exec::context::RunContext;
use crate::exec::key::{Identity, Key, content};
use crate::exec::log::Log;
use crate::exec::mask::Mask;
use crate::exec::outcome::{Ended, Failure, Outputs, Trouble};
use crate::exec::runner::{self, Attempt, Cancelled, Found, Phase, Prepared, RemoteJob, SecondStart};
use crate::exec::start::Start;
use crate::exec::time;
use crate::service::console;
use crate::template::RunValues;
use api::{Api, Run, StartRun};
use aws_config::SdkConfig;
use serde_json::json;
use std::future::Future;
use std::time::{Duration, SystemTime};

/// Where runs log what has gone wrong (`CustomLogGroupPrefix` in the service's model).
const LOG_GROUP: &str = "/aws-glue/data-quality/error";

/// How many failed runs of one token after the other are passed over.
const MOST_FAILED: usize = 50;

/// How often results are asked for that are not there yet, and how long is waited between.
const LOOKS: usize = 10;
const PAUSE: Duration = Duration::from_secs(3);

/// Runs what a step says.
pub(crate) async fn run(
    spec: &EvaluateQuality,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let job = QualityJob::new(start.config, spec, start.values, start.context)?;
    let run = (start.run)(job.identity());
    Box::pin(runner::run(job, run, stop)).await
}

/// A run.
pub(crate) struct QualityJob {
    api: Api,
    region: String,
    spec: EvaluateQuality,
    /// What is started, without what marks it.
    request: StartRun,
    mask: Mask,
    /// When the first look of this attempt ended, or this process began, where this is the first.
    began: SystemTime,
    /// This is the first look of this attempt.
    is_first_look: bool,
    last: Option<Run>,
}

impl QualityJob {
    /// Completes what is started.
    pub(crate) fn new(
        config: &SdkConfig,
        spec: &EvaluateQuality,
        values: &RunValues,
        context: &RunContext,
    ) -> Result<Self, Failure> {
        let first_look = context.first_look_ended();
        let partitions = spec.partitions.as_ref().map(|text| text.render(values)).transpose()?;
        Ok(Self {
            api: Api::new(config),
            region: aws::region(config),
            request: StartRun::new(spec, partitions),
            spec: spec.clone(),
            mask: Mask::new(&values.params, &values.outputs),
            began: first_look.unwrap_or_else(SystemTime::now),
            is_first_look: first_look.is_none(),
            last: None,
        })
    }

    /// What a run is known by.
    pub(crate) fn identity(&self) -> Identity {
        let target = vec![self.region.clone(), self.spec.table.to_string()];
        let rules = self.spec.rules.as_deref().unwrap_or_default();
        let content = content([json!(self.request).to_string().as_str(), rules]);
        Identity { kind: "evaluate_quality", target, content }
    }

    fn phase(&self, run: &Run) -> Phase {
        meaning::phase(run).masked(&self.mask)
    }

    /// Says whether a run that a token gives is one of before this attempt that has failed. What the attempt itself has
    /// started went on when its first look ended. One that the kill of an attempt before has told to stop is waited for.
    async fn is_of_before(&self, id: &str) -> Result<bool, AwsError> {
        loop {
            let run = self.api.look(id).await?;
            let is_before = |moment: Option<SystemTime>| moment.is_some_and(|moment| moment < self.began);
            match meaning::phase(&run) {
                Phase::Stopping(_) if self.is_first_look && is_before(run.started()) => {
                    time::sleep(PAUSE).await;
                }
                Phase::Failed(_) if self.is_first_look => return Ok(is_before(run.started())),
                Phase::Failed(_) => return Ok(is_before(run.ended())),
                _ => return Ok(false),
            }
        }
    }

    /// Makes the ruleset where there is none. Glue may keep its blanks otherwise.
    async fn make_ruleset(&self, rules: &str) -> Result<(), Trouble> {
        if self.api.create_ruleset(&self.spec.ruleset, rules).await? {
            return Ok(());
        }
        let there = self.api.ruleset(&self.spec.ruleset).await?;
        let words = |text: &str| text.split_whitespace().collect::<String>();
        if words(&there) == words(rules) {
            return Ok(());
        }
        let name = &self.spec.ruleset;
        let why = format!("somebody has changed the ruleset `{name}`, which dagc has made: delete it");
        Err(Failure::for_good(why).into())
    }
}

impl RemoteJob for QualityJob {
    type Handle = String;

    const NOUN: &'static str = "data quality run";

    /// No listing tells whose a run is.
    async fn find(&mut self, _key: &Key) -> Result<Vec<Found<String>>, Trouble> {
        Ok(Vec::new())
    }

    async fn prepare(&mut self, _attempt: &Attempt, _log: &Log<'_>) -> Result<Prepared, Trouble> {
        if let Some(rules) = &self.spec.rules {
            self.make_ruleset(rules).await?;
        }
        Ok(Prepared::Ready)
    }

    async fn start(&mut self, attempt: &Attempt) -> Result<String, Trouble> {
        let mut attempt = attempt.clone();
        for _ in 0..MOST_FAILED {
            let id = self.api.start(self.request.clone().with(attempt.token())).await?;
            match self.is_of_before(&id).await {
                Ok(true) => attempt.number += 1,
                // It was started, and whoever waits for it looks again.
                Ok(false) | Err(_) => return Ok(id),
            }
        }
        let most = format!("{MOST_FAILED} runs of this task have failed");
        Err(Failure::for_good(format!("{most}: clear it, which begins anew")).into())
    }

    async fn poll(&mut self, handle: &String) -> Result<Phase, Trouble> {
        let run = self.api.look(handle).await?;
        let phase = self.phase(&run);
        self.last = Some(run);
        Ok(phase)
    }

    async fn cancel(&mut self, handle: &String) -> Result<Cancelled, AwsError> {
        match self.api.cancel(handle).await {
            Ok(()) => Ok(Cancelled::WasTold),
            // What is over cannot be cancelled.
            Err(error) if matches!(error.kind, Kind::Invalid | Kind::Conflict) => {
                let run = self.api.look(handle).await;
                if run.is_ok_and(|run| meaning::is_over(&run)) { Ok(Cancelled::HadEnded) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    async fn explain(&mut self, _handle: &String, failure: Failure, log: &Log<'_>) -> Failure {
        log.info(format!("its log: {}", console::log_group(&self.region, LOG_GROUP)));
        failure
    }

    async fn outputs(&mut self, _handle: &String, log: &Log<'_>) -> Result<Outputs, Trouble> {
        let run = self.last.take().unwrap_or_default();
        let mut found = self.api.results(&run.result_ids).await?;
        for _ in 0..LOOKS {
            if found.are_whole(run.result_ids.len()) {
                break;
            }
            time::sleep(PAUSE).await;
            found = self.api.results(&run.result_ids).await?;
        }
        if !found.are_whole(run.result_ids.len()) {
            let why = "the run has succeeded, and Glue does not tell what became of its rules";
            return Err(Failure::retry(why.to_owned()).into());
        }
        let mut outputs = results::told(&found, log)?;
        let time = run.execution_time.map(|seconds| seconds * u64::from(self.spec.workers));
        outputs.insert("dpu_seconds".to_owned(), json!(time));
        Ok(outputs)
    }

    fn link(&self, _handle: &String) -> String {
        self.place()
    }

    fn place(&self) -> String {
        job::link(&self.region, &self.spec.table)
    }

    fn lag(&self) -> Duration {
        Duration::ZERO
    }

    fn second_start(&self) -> SecondStart {
        SecondStart::IsTheSame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::client::unconnected;

    fn identity(region: &'static str, more: &serde_json::Value) -> Identity {
        let mut spec = json!({
            "table": {"schema": "raw", "table": "sales"}, "ruleset": "r-1", "rules": "Rules = [ RowCount > 0 ]",
            "role": "arn:aws:iam::1:role/r", "workers": 5,
        });
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let spec = serde_json::from_value(spec).unwrap();
        QualityJob::new(&unconnected(region), &spec, &RunValues::default(), &RunContext::default())
            .unwrap()
            .identity()
    }

    #[test]
    fn a_run_is_known_by_its_table_and_its_rules() {
        let own = identity("eu-west-1", &json!({}));
        for (region, more) in [
            ("eu-west-2", json!({})),
            ("eu-west-1", json!({ "table": { "schema": "raw", "table": "returns" } })),
        ] {
            assert_ne!(identity(region, &more).target, own.target, "{more}");
        }
        for more in [
            json!({ "ruleset": "r-2" }),
            json!({ "rules": "Rules = [ RowCount > 1 ]" }),
            json!({ "partitions": "dt = '2026-01-31'" }),
            json!({ "role": "arn:aws:iam::1:role/s" }),
            json!({ "workers": 6 }),
            json!({ "timeout_minutes": 60 }),
        ] {
            let other = identity("eu-west-1", &more);
            assert_eq!(other.target, own.target, "{more}");
            assert_ne!(other.content, own.content, "{more}");
        }
    }
}
