//! Executions of state machines.
//!
//! A standard execution has a name, which is made of the key and the number of failed executions before: a second start
//! of the same name gives the one that runs, and is refused when it is over; for 90 days nobody can use the name again.
//! So a lost answer is answered by starting again, and what a refused start is about is looked at by its ARN, which its
//! name makes. Executions are found by their names in `ListExecutions`, whose lag is not documented.
//!
//! Express executions are in no list and can be looked at by nobody: they are run by [`once`].
//!
//! | module | gives |
//! | --- | --- |
//! | [`api`] | the calls |
//! | [`meaning`] | what the state of an execution means |
//! | [`express`] | executions of express state machines |

mod api;
mod express;
mod meaning;

use super::job::{self, LONGEST_INPUT, RunStateMachine};
use super::machine::execution;
use crate::aws::{self, AwsError, Kind};
use crate::exec::context::RunContext;
use crate::exec::given::given;
use crate::exec::key::{Identity, Key, content};
use crate::exec::log::Log;
use crate::exec::looks::Span;
use crate::exec::mask::Mask;
use crate::exec::outcome::{Ended, Failure, Outputs, Trouble};
use crate::exec::runner::{self, Attempt, Cancelled, Found, Phase, RemoteJob, SecondStart};
use crate::exec::start::{Start, in_region};
use crate::service::output::LONGEST_OUTPUT;
use crate::template::RunValues;
use api::{Api, Execution, StartExecution};
use aws_config::SdkConfig;
use meaning::phase;
use serde_json::Value;
use std::future::Future;
use std::time::{Duration, SystemTime};

/// For how long an execution that was started may not be listed, or known by its ARN.
const LISTING_LAG: Duration = Duration::from_secs(10);

/// How far the clocks of Airflow and of Step Functions may differ.
const SKEW: Duration = Duration::from_mins(10);

/// How many failed executions of one name after the other are passed over.
const MOST_FAILED: usize = 50;

/// What the names of executions begin with.
const MARK: &str = "dagc-";

/// Runs the state machine of a step.
pub(crate) async fn run(
    spec: &RunStateMachine,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let job = MachineJob::new(start.config, spec, start.values, start.context)?;
    let run = (start.run)(job.identity());
    if spec.express {
        return express::run(job, run, stop).await;
    }
    runner::run(job, run, stop).await
}

/// A standard execution.
pub(crate) struct MachineJob {
    api: Api,
    region: String,
    spec: RunStateMachine,
    /// The ARN of the state machine, when it is known.
    machine: Option<String>,
    input: String,
    mask: Mask,
    /// Executions that began before this are not looked at: none of this run's.
    horizon: SystemTime,
    /// When this process began.
    began: SystemTime,
    last: Option<Execution>,
}

impl MachineJob {
    /// Makes the job of a step.
    pub(crate) fn new(
        config: &SdkConfig,
        spec: &RunStateMachine,
        values: &RunValues,
        context: &RunContext,
    ) -> Result<Self, Failure> {
        let input = spec.input.render(values)?.to_string();
        if input.len() > LONGEST_INPUT {
            let message =
                format!("the input has {} bytes, and Step Functions takes {LONGEST_INPUT}", input.len());
            return Err(Failure::for_good(message));
        }
        let (region, began) = (aws::region(config), SystemTime::now());
        in_region(&spec.state_machine, spec.state_machine.region(), &region)?;
        Ok(Self {
            api: Api::new(config),
            region,
            spec: spec.clone(),
            machine: spec.state_machine.arn(),
            input,
            mask: Mask::new(&values.params, &values.outputs),
            horizon: horizon(context, began),
            began,
            last: None,
        })
    }

    /// What an execution is known by.
    pub(crate) fn identity(&self) -> Identity {
        let qualifier = self.spec.state_machine.qualifier.as_deref().unwrap_or_default();
        Identity {
            kind: "run_state_machine",
            target: vec![self.region.clone(), self.spec.state_machine.name.clone()],
            content: content([qualifier, &self.input]),
        }
    }

    /// The ARN of the state machine, without a version.
    async fn machine(&mut self) -> Result<String, AwsError> {
        if let Some(machine) = &self.machine {
            return Ok(machine.clone());
        }
        let machine = self.api.machine(&self.spec.state_machine.name).await?;
        self.machine = Some(machine.clone());
        Ok(machine)
    }

    /// The ARN that is started.
    async fn target(&mut self) -> Result<String, AwsError> {
        let machine = self.machine().await?;
        Ok(self.target_of(machine))
    }

    /// The ARN that is started of the state machine with this ARN.
    fn target_of(&self, machine: String) -> String {
        match &self.spec.state_machine.qualifier {
            Some(qualifier) => format!("{machine}:{qualifier}"),
            None => machine,
        }
    }

    fn phase(&self, execution: &Execution) -> Phase {
        phase(execution, self.spec.no_wait).masked(&self.mask)
    }

    /// What has failed may repeat what it was given.
    fn masked(&self, failure: Failure) -> Failure {
        Failure { message: self.mask.text(failure.message), ..failure }
    }

    /// Starts the execution of a name; gives the one that there is, unless that has failed before this process began.
    async fn started(&mut self, name: String) -> Result<Option<String>, AwsError> {
        let state_machine_arn = self.target().await?;
        let input = self.input.clone();
        match self.api.start(StartExecution { state_machine_arn, name: name.clone(), input }).await {
            Ok(arn) => Ok(Some(arn)),
            Err(error) if error.kind == Kind::Conflict => {
                let arn = execution(&self.machine().await?, &name);
                // That there is one is sure, and that it is this task's: the name says both.
                let Ok(found) = self.api.look(&arn).await else { return Err(error) };
                let has_failed = matches!(found.status.as_str(), "FAILED" | "TIMED_OUT" | "ABORTED");
                let is_of_before = found.ended().is_some_and(|ended| ended < self.began);
                Ok((!has_failed || !is_of_before).then_some(arn))
            }
            Err(error) => Err(error),
        }
    }
}

/// None of this run's executions began before it.
fn horizon(context: &RunContext, began: SystemTime) -> SystemTime {
    let is_first = context.earlier_attempts() + context.attempts_of_earlier_generations() == 0
        && context.first_look_ended().is_none();
    let run = context.began();
    let since = if is_first { began } else { run.unwrap_or(SystemTime::UNIX_EPOCH) };
    since.checked_sub(SKEW).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The name of an execution.
fn name(attempt: &Attempt) -> String {
    format!("{MARK}{}", attempt.token())
}

/// The key in the name of an execution.
fn key(name: &str) -> Option<&str> {
    Some(name.strip_prefix(MARK)?.rsplit_once('-')?.0)
}

impl RemoteJob for MachineJob {
    type Handle = String;

    const NOUN: &'static str = "execution";

    async fn find(&mut self, key: &Key) -> Result<Vec<Found<String>>, Trouble> {
        let (machine, horizon) = (self.machine().await?, self.horizon);
        let is_recent = |execution: &Execution| execution.started().is_none_or(|at| at >= horizon);
        let mut found = Vec::new();
        for execution in self.api.listed(&machine, is_recent).await? {
            let Some(kinship) = self::key(&execution.name).and_then(|mark| key.kin(mark)) else { continue };
            found.push(Found {
                phase: self.phase(&execution),
                span: Span { started: execution.started(), ended: execution.ended() },
                handle: execution.arn,
                generation: kinship.generation,
                is_same: kinship.content == key.content(),
                attempt: None,
            });
        }
        found.sort_by_key(|found| std::cmp::Reverse(found.span.started));
        Ok(found)
    }

    async fn start(&mut self, attempt: &Attempt) -> Result<String, Trouble> {
        let mut attempt = attempt.clone();
        for _ in 0..MOST_FAILED {
            if let Some(arn) = self.started(name(&attempt)).await? {
                return Ok(arn);
            }
            attempt.number += 1;
        }
        let most = format!("{MOST_FAILED} executions of this task have failed");
        Err(Failure::for_good(format!("{most}: clear it, which begins anew")).into())
    }

    async fn poll(&mut self, handle: &String) -> Result<Phase, Trouble> {
        let execution = self.api.look(handle).await?;
        let phase = self.phase(&execution);
        self.last = Some(execution);
        Ok(phase)
    }

    async fn cancel(&mut self, handle: &String) -> Result<Cancelled, AwsError> {
        let told = self.api.stop(handle).await.map_err(|mut error| {
            // That it is not known just after its start proves nothing.
            if error.kind == Kind::NotFound {
                error.kind = Kind::Unavailable;
            }
            error
        });
        told.map(|()| Cancelled::WasTold)
    }

    async fn explain(&mut self, handle: &String, failure: Failure, log: &Log<'_>) -> Failure {
        match self.api.history(handle).await {
            Ok(events) => {
                if let Some(line) = meaning::where_failed(&events) {
                    log.info(self.mask.text(line));
                }
            }
            Err(error) => log.warning(format!("which state has failed is not known: {error}")),
        }
        failure
    }

    async fn outputs(&mut self, handle: &String, _log: &Log<'_>) -> Result<Outputs, Trouble> {
        let text = self.last.take().and_then(|execution| execution.output);
        let mut outputs = Outputs::new();
        let what = format!("execution {handle}");
        given(&what, text.as_deref(), &self.spec.members, LONGEST_OUTPUT, &mut outputs)?;
        outputs.insert("gigabyte_seconds".to_owned(), Value::Null);
        Ok(outputs)
    }

    fn link(&self, handle: &String) -> String {
        job::link(&self.region, handle)
    }

    fn place(&self) -> String {
        job::place(&self.region, self.machine.as_deref())
    }

    fn lag(&self) -> Duration {
        LISTING_LAG
    }

    fn second_start(&self) -> SecondStart {
        SecondStart::IsTheSame
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::client::unconnected;
    use crate::exec::outcome::Exit;

    fn job(region: &'static str, spec: &str) -> Result<MachineJob, Failure> {
        let spec = serde_json::from_str(spec).unwrap();
        MachineJob::new(&unconnected(region), &spec, &RunValues::default(), &RunContext::default())
    }

    #[test]
    fn an_execution_is_known_by_its_machine_and_its_input() {
        let identity = |region, spec| job(region, spec).unwrap().identity();
        let own = identity("eu-west-1", r#"{"state_machine": "orders", "input": {"a": 1, "b": 2}}"#);
        let arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:orders";
        let by_arn = format!(r#"{{"state_machine": "{arn}", "input": {{"b": 2, "a": 1}}}}"#);
        assert_eq!(identity("eu-west-1", &by_arn), own);
        for (region, spec) in [
            ("eu-west-2", r#"{"state_machine": "orders"}"#),
            ("eu-west-1", r#"{"state_machine": "returns"}"#),
        ] {
            assert_ne!(identity(region, spec).target, own.target, "{spec}");
        }
        for spec in [
            r#"{"state_machine": "orders:live", "input": {"a": 1, "b": 2}}"#,
            r#"{"state_machine": "orders"}"#,
        ] {
            assert_eq!(identity("eu-west-1", spec).target, own.target);
            assert_ne!(identity("eu-west-1", spec).content, own.content, "{spec}");
        }
    }

    #[test]
    fn what_cannot_be_started_is_not() {
        let long = format!(r#"{{"state_machine": "orders", "input": ["{}"]}}"#, "x".repeat(LONGEST_INPUT));
        let other = r#"{"state_machine": "arn:aws:states:us-east-1:111122223333:stateMachine:orders"}"#;
        for (spec, expected) in [(long.as_str(), "takes 262144"), (other, "is in us-east-1")] {
            let Err(failure) = job("eu-west-1", spec) else { panic!("{expected}") };
            assert_eq!(failure.exit, Exit::ForGood);
            assert!(failure.message.contains(expected), "{failure}");
        }
    }

    #[test]
    fn a_name_has_the_key() {
        assert_eq!(key("dagc-abc-0-def-2"), Some("abc-0-def"));
        for other in ["", "dagc-", "abc-0-def-2", "dagc"] {
            assert_eq!(key(other), None, "{other}");
        }
    }
}
