//! `dagc exec`: one job of a plan, run on a worker of Airflow.
//!
//! Takes the plan file, a task's id and the run context in environment variables; gives the task's outputs
//! or a [`Failure`] with its exit code. The promises are those of `docs/worker.md`; the heart is
//! [`runner`]: a job is found again by its key, started at most once, waited for, cancelled on SIGTERM,
//! explained when it fails.
//!
//! | module | gives |
//! | --- | --- |
//! | [`variables`], [`context`] | the run, from the environment |
//! | [`key`], [`name`] | the mark by which a service finds a job again; names that end in one |
//! | [`outcome`], [`log`] | exit codes and outputs; lines for the task's log |
//! | [`runner`] | `RemoteJob` and the one way in which all of them run: the decision apart from its effects |
//! | [`looks`] | waiting without a slot: how long a look stays, when the next one is due |
//! | [`start`] | what a service is given to run a job |
//! | [`time`] | the time that the runner waits for: in tests a simulated one |
//! | [`shown`], [`mask`] | what a task sends, for people; without its secrets |
//! | [`given`] | what code of the user's gives |
//! | [`checks`] | what the results of checks say |
//! | [`files`], [`cloudwatch`] | which objects count; log streams: for whatever service wants them |
//!
//! The services themselves are in [`crate::service`]: `run.rs` of each knows what is here, and this file calls it.
//!
//! Nothing here prints or exits, and nothing knows how a plan is made.

pub(crate) mod checks;
pub(crate) mod cloudwatch;
pub mod context;
pub(crate) mod files;
pub(crate) mod given;
pub mod key;
pub mod log;
pub(crate) mod looks;
pub(crate) mod mask;
pub(crate) mod name;
pub mod outcome;
pub(crate) mod removal;
pub(crate) mod runner;
pub(crate) mod shown;
pub(crate) mod start;
pub(crate) mod time;
#[cfg(test)]
mod upgrade;
pub mod variables;

pub use context::{RunContext, with_longer};
pub use log::{Level, Log};
pub use outcome::{Ended, Exit, Failure, Outputs};
pub use shown::{Shown, shown};

use crate::aws::{self, NotTaken, Role, Settings};
use crate::plan::{self, CONNECTED_PLAN_FILE, Job, OLDEST_PLAN_FILE, PlanFile, PlannedTask};
use crate::service;
use key::Key;
use looks::{Clock, Looks};
use mask::Mask;
use runner::{Reach, Run};
use serde::Deserialize;
use start::Start;
use std::future::Future;
use std::path::Path;
use std::time::SystemTime;

/// Reads a plan file and takes one task out of it.
///
/// The DAG folder arrives file by file: a plan that is not complete, or newer than this program, may be right
/// at the next attempt. Every other error is one of usage.
pub fn read_plan(path: &Path, task: &str) -> Result<(PlanFile, PlannedTask), Failure> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("failed to read the plan {shown}: {error}")))?;
    let version = match serde_json::from_str::<Versioned>(&text) {
        Ok(versioned) => versioned.version,
        Err(error) if error.is_eof() => {
            return Err(Failure::retry(format!("the plan {shown} is not complete: {error}")));
        }
        Err(error) => return Err(Failure::usage(format!("{shown} is no plan file: {error}"))),
    };
    if !(OLDEST_PLAN_FILE..=CONNECTED_PLAN_FILE).contains(&version) {
        let message = format!(
            "{shown} is a plan of version {version}, and this dagc reads versions {OLDEST_PLAN_FILE} to \
             {CONNECTED_PLAN_FILE}; publish the plan and the worker's binary together"
        );
        let is_newer = version > CONNECTED_PLAN_FILE;
        return Err(if is_newer { Failure::retry(message) } else { Failure::usage(message) });
    }
    let mut plan = plan::read(version, &text).map_err(|error| {
        Failure::retry(format!(
            "the plan {shown} says what this dagc does not understand: {error}; publish the plan and the \
             worker's binary together"
        ))
    })?;
    let Some(found) = plan.tasks.remove(task) else {
        let ids: Vec<_> = plan.tasks.keys().map(String::as_str).collect();
        return Err(Failure::usage(format!(
            "the plan {shown} has no task `{task}`; it has {}",
            if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
        )));
    };
    Ok((plan, found))
}

#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Runs a task to its end, or to the end of one look at it, or until `stop` is ready: then the job is
/// cancelled or left, as the step says.
pub async fn perform(
    plan: &PlanFile,
    task: &PlannedTask,
    context: &RunContext,
    log: &Log<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    // What the run keeps secret is in no line, also where AWS or the job repeats it.
    let mask = Mask::new(&context.params, &context.outputs);
    let masked = |level: Level, line: &str| log.line(level, &mask.text(line.to_owned()));
    let ended = run(plan, task, context, &Log::new(&masked), stop).await;
    match ended {
        Ok(Ended::Done(outputs)) => Ok(Ended::Done(mask.outputs(outputs))),
        Ok(Ended::GoesOn(outputs)) => Ok(Ended::GoesOn(mask.outputs(outputs))),
        Err(failure) => Err(Failure { message: mask.text(failure.message), ..failure }),
    }
}

async fn run(
    plan: &PlanFile,
    task: &PlannedTask,
    context: &RunContext,
    log: &Log<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let looks = Looks::new(task.reschedule, task.timeout, context.first_look_ended(), SystemTime::now());
    let clock = Clock::begin();
    let runs_as = task.runs_as.as_ref();
    let region = runs_as.and_then(|runs_as| runs_as.region.clone()).or_else(|| plan.region.clone());
    let mut config = aws::connect(&Settings { region, ..Settings::default() }).await;
    if config.region().is_none() {
        return Err(Failure::usage(format!(
            "the AWS region is not known: write `region` into the environment `{}` of dagc.yaml, or set AWS_REGION \
             for the worker",
            plan.environment
        )));
    }
    if let Some((runs_as, role)) = runs_as.and_then(|runs_as| Some((runs_as, runs_as.role.as_ref()?))) {
        let role = Role { arn: role, external_id: runs_as.external_id.as_deref(), session: &context.dag_id };
        config = role.take_on(&config).await.map_err(|error| not_taken(&runs_as.connection, &error))?;
    }
    let values = context.values(plan);
    if !looks.is_later() {
        shown(&task.job, &values).log(log);
    }
    let run = |identity| Run {
        key: Key::new(plan, context, identity),
        context,
        on_kill: task.on_kill,
        reach: Reach::default(),
        looks: looks.clone(),
        clock,
        log,
    };
    let start = Start { config: &config, values: &values, context, run: &run };
    run_job(&task.job, start, stop).await
}

/// Says why a connection's role was not taken on.
fn not_taken(connection: &str, error: &NotTaken) -> Failure {
    let NotTaken { role, is_refused, why } = error;
    let message = format!("the role `{role}` of connection `{connection}` was not taken on: {why}");
    if *is_refused {
        Failure::for_good(format!(
            "{message}; the worker's role needs sts:AssumeRole on it, and its trust policy must name the worker's role, with \
             the `external_id` that it asks for"
        ))
    } else {
        Failure::retry(message)
    }
}

macro_rules! ways {
    ($($(#[doc = $doc:literal])* $folder:ident $job:ident($type:ty),)+) => {
        /// Has the service of a job run it.
        async fn run_job(
            job: &Job,
            start: Start<'_>,
            stop: impl Future<Output = ()>,
        ) -> Result<Ended, Failure> {
            match job {
                $(Job::$job(job) => service::$folder::run::run(job, start, stop).await,)+
            }
        }
    };
}

service::services!(ways);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_that_cannot_be_used_say_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        let head = r#""project": "p", "dag_id": "d", "environment": "dev", "region": null"#;
        let task = r#"{"step": "a", "on_kill": "cancel", "job": {"type": "crawl", "crawler": "c", "if_running": "adopt"}}"#;
        let newer = task.replace("crawl", "fly");
        for (text, exit, expected) in [
            (String::new(), Exit::Retry, "is not complete"),
            (r#"{"version": 3, "da"#.to_owned(), Exit::Retry, "is not complete"),
            ("[]".to_owned(), Exit::Usage, "is no plan file"),
            ("version: 1".to_owned(), Exit::Usage, "is no plan file"),
            (
                format!(r#"{{"version": 9, {head}}}"#),
                Exit::Retry,
                "is a plan of version 9, and this dagc reads versions 2 to 4",
            ),
            (format!(r#"{{"version": 1, {head}}}"#), Exit::Usage, "is a plan of version 1"),
            (
                format!(r#"{{"version": 2, {head}}}"#),
                Exit::Retry,
                "does not understand: missing field `tasks`",
            ),
            (
                format!(r#"{{"version": 3, {head}}}"#),
                Exit::Retry,
                "does not understand: missing field `tasks`",
            ),
            (
                format!(r#"{{"version": 3, {head}, "tasks": {{"a": {newer}}}}}"#),
                Exit::Retry,
                "does not understand: unknown variant `fly`",
            ),
            (
                format!(r#"{{"version": 3, {head}, "tasks": {{}}}}"#),
                Exit::Usage,
                "has no task `a`; it has none",
            ),
            (
                format!(r#"{{"version": 3, {head}, "tasks": {{"b": {task}}}}}"#),
                Exit::Usage,
                "no task `a`; it has b",
            ),
        ] {
            std::fs::write(&path, &text).unwrap();
            let failure = read_plan(&path, "a").unwrap_err();
            assert_eq!(failure.exit, exit, "{text}");
            assert!(failure.message.contains(expected), "{}", failure.message);
        }
        std::fs::write(&path, format!(r#"{{"version": 3, {head}, "tasks": {{"a": {task}}}}}"#)).unwrap();
        assert_eq!(read_plan(&path, "a").unwrap().1.step, "a");
        assert_eq!(read_plan(&folder.path().join("none"), "a").unwrap_err().exit, Exit::Usage);
    }
}
