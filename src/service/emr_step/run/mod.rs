//! Steps on clusters of EMR.
//!
//! `AddJobFlowSteps` takes no token: a second start adds a second step. So a step's name ends in the key and the attempt that
//! has added it, by which it is found again among the steps of its cluster, the newest first; when an answer is lost, it is
//! looked for as long as the listing may lag before another one is added. A step of a cluster that is gone is over.
//!
//! | module | gives |
//! | --- | --- |
//! | [`api`] | the calls |
//! | [`meaning`] | what the state of a step means |

mod api;
mod meaning;

use super::job::{self, LONGEST_STEP, RunEmrStep};
use crate::aws::{self, AwsError, Kind};
use crate::exec::context::RunContext;
use crate::exec::key::{Identity, Key, content};
use crate::exec::log::Log;
use crate::exec::looks::Span;
use crate::exec::mask::Mask;
use crate::exec::name::{mark, marked};
use crate::exec::outcome::{Ended, Failure, Outputs, Trouble};
use crate::exec::runner::{self, Attempt, Cancelled, Found, Phase, RemoteJob};
use crate::exec::start::Start;
use crate::template::RunValues;
use api::{AddJobFlowSteps, Api, HadoopJarStep, NewStep, Step};
use aws_config::SdkConfig;
use serde_json::json;
use std::future::Future;
use std::time::{Duration, SystemTime};

/// For how long a step that was added may not be listed. EMR's documents say nothing.
const LISTING_LAG: Duration = Duration::from_secs(10);

/// Steps that were added so long before the run of the DAG are not looked at.
const LONGEST_STEP_RUN: Duration = Duration::from_hours(7 * 24);

/// What runs commands (Amazon EMR Release Guide, "Run commands and scripts on a cluster").
const RUNNER: &str = "command-runner.jar";

/// Runs the step of a step.
pub(crate) async fn run(
    spec: &RunEmrStep,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let job = StepJob::new(start.config, spec, start.values, start.context)?;
    let run = (start.run)(job.identity());
    Box::pin(runner::run(job, run, stop)).await
}

/// A step.
pub(crate) struct StepJob {
    api: Api,
    region: String,
    spec: RunEmrStep,
    /// The id of the cluster, when it is known.
    cluster: Option<String>,
    /// What is added, without what marks it.
    request: AddJobFlowSteps,
    context: RunContext,
    mask: Mask,
    /// Steps that were added before this are not looked at.
    horizon: SystemTime,
    last: Option<Step>,
}

impl StepJob {
    /// Completes what is added.
    pub(crate) fn new(
        config: &SdkConfig,
        spec: &RunEmrStep,
        values: &RunValues,
        context: &RunContext,
    ) -> Result<Self, Failure> {
        let began = context.began().unwrap_or_else(SystemTime::now);
        Ok(Self {
            api: Api::new(config),
            region: aws::region(config),
            cluster: spec.cluster.id().map(str::to_owned),
            request: request(spec, values)?,
            spec: spec.clone(),
            context: context.clone(),
            mask: Mask::new(&values.params, &values.outputs),
            horizon: began.checked_sub(LONGEST_STEP_RUN).unwrap_or(SystemTime::UNIX_EPOCH),
            last: None,
        })
    }

    /// What a step is known by.
    pub(crate) fn identity(&self) -> Identity {
        let target = vec![self.region.clone(), self.spec.cluster.to_string()];
        let content = content([json!(self.request).to_string().as_str()]);
        Identity { kind: "run_emr_step", target, content }
    }

    /// The id of the cluster. One of a name may come later.
    async fn cluster(&mut self) -> Result<String, Trouble> {
        if let Some(id) = &self.cluster {
            return Ok(id.clone());
        }
        let id = match self.api.id(&self.spec.cluster).await {
            Err(error) if error.kind == Kind::NotFound => return Err(Failure::retry(error.message).into()),
            id => id?,
        };
        self.cluster = Some(id.clone());
        Ok(id)
    }

    fn phase(&self, step: &Step) -> Phase {
        meaning::phase(step).masked(&self.mask)
    }

    /// The folder of a step's logs, where that can be known.
    async fn logs(&self, handle: &str, log: &Log<'_>) -> Option<String> {
        let (cluster, id) = parts(handle);
        let own = self.last.as_ref().and_then(|step| step.log_uri.clone());
        let uri = match own {
            Some(uri) => Some(uri),
            None => self.api.logs(cluster).await.unwrap_or_else(|error| {
                log.warning(format!("where the cluster has its logs is not known: {error}"));
                None
            }),
        };
        // Clusters tell theirs with the name that Hadoop has for S3.
        let uri = uri?.replacen("s3n://", "s3://", 1);
        Some(format!("{}/{cluster}/steps/{id}/", uri.trim_end_matches('/')))
    }
}

/// The cluster and the step of a handle.
fn parts(handle: &str) -> (&str, &str) {
    handle.split_once('/').unwrap_or(("", handle))
}

/// Fills in what is added.
fn request(spec: &RunEmrStep, values: &RunValues) -> Result<AddJobFlowSteps, Failure> {
    let jar = spec.jar.as_ref().map(|jar| jar.render(values)).transpose()?;
    let args = spec.arguments.iter().map(|word| word.render(values)).collect::<Result<Vec<_>, _>>()?;
    let jar = jar.unwrap_or_else(|| RUNNER.to_owned());
    let length: usize = std::iter::once(&jar).chain(&args).map(|word| word.chars().count() + 1).sum();
    if length > LONGEST_STEP {
        return Err(Failure::for_good(format!(
            "the command has {length} characters, and a step of EMR takes {LONGEST_STEP}"
        )));
    }
    // A cluster that runs several steps at once takes no other answer to a failure.
    let step = NewStep {
        action_on_failure: "CONTINUE",
        hadoop_jar_step: HadoopJarStep { jar, main_class: spec.main_class.clone(), args },
        ..NewStep::default()
    };
    Ok(AddJobFlowSteps {
        steps: vec![step],
        execution_role_arn: spec.role.clone(),
        ..AddJobFlowSteps::default()
    })
}

impl RemoteJob for StepJob {
    type Handle = String;

    const NOUN: &'static str = "EMR step";

    async fn find(&mut self, key: &Key) -> Result<Vec<Found<String>>, Trouble> {
        let cluster = self.cluster().await?;
        let horizon = self.horizon;
        let is_recent = |step: &Step| step.created().is_none_or(|at| at >= horizon);
        let mut found = Vec::new();
        for step in self.api.listed(&cluster, is_recent).await? {
            let own = mark(&step.name).and_then(|mark| mark.split_once('/'));
            let Some((kinship, attempt)) = own.and_then(|(mark, attempt)| Some((key.kin(mark)?, attempt)))
            else {
                continue;
            };
            found.push(Found {
                phase: self.phase(&step),
                span: Span { started: step.created(), ended: step.ended() },
                handle: format!("{cluster}/{}", step.id),
                generation: kinship.generation,
                is_same: kinship.content == key.content(),
                attempt: attempt.parse().ok(),
            });
        }
        Ok(found)
    }

    async fn start(&mut self, attempt: &Attempt) -> Result<String, Trouble> {
        let cluster = self.cluster().await?;
        let mut request = AddJobFlowSteps { job_flow_id: cluster.clone(), ..self.request.clone() };
        for step in &mut request.steps {
            step.name = marked(&self.context, &format!("{}/{}", attempt.key, attempt.of_task));
        }
        let id = self.api.add(request).await?;
        Ok(format!("{cluster}/{id}"))
    }

    async fn poll(&mut self, handle: &String) -> Result<Phase, Trouble> {
        let (cluster, id) = parts(handle);
        let step = self.api.look(cluster, id).await?;
        let phase = self.phase(&step);
        self.last = Some(step);
        Ok(phase)
    }

    async fn cancel(&mut self, handle: &String) -> Result<Cancelled, AwsError> {
        let (cluster, id) = parts(handle);
        let error = match self.api.cancel(cluster, id).await {
            Err(error) if error.kind == Kind::Invalid => error,
            told => return told.map(|()| Cancelled::WasTold),
        };
        let has_ended = self.api.look(cluster, id).await.is_ok_and(|step| meaning::is_over(&step));
        if has_ended { Ok(Cancelled::HadEnded) } else { Err(error) }
    }

    async fn explain(&mut self, handle: &String, failure: Failure, log: &Log<'_>) -> Failure {
        let file = self.last.as_ref().and_then(|step| step.status.failure_details.log_file.as_ref());
        match file {
            Some(file) => log.info(format!("its log is in {file}, some minutes after its end")),
            None => match Box::pin(self.logs(handle, log)).await {
                Some(folder) => log.info(format!("its logs are in {folder}, some minutes after its end")),
                None => log.info("its logs are on the cluster alone, which has no folder for logs"),
            },
        }
        failure
    }

    async fn outputs(&mut self, handle: &String, log: &Log<'_>) -> Result<Outputs, Trouble> {
        let logs = Box::pin(self.logs(handle, log)).await;
        let step = self.last.take().unwrap_or_default();
        let mut outputs = Outputs::new();
        outputs.extend([
            ("cluster".to_owned(), json!(parts(handle).0)),
            ("application".to_owned(), json!(step.additional_info.resource_manager_application_ids.first())),
            ("logs".to_owned(), json!(logs)),
        ]);
        Ok(outputs)
    }

    fn link(&self, handle: &String) -> String {
        job::link(&self.region, parts(handle).0)
    }

    fn place(&self) -> String {
        job::place(&self.region, self.cluster.as_deref())
    }

    fn lag(&self) -> Duration {
        LISTING_LAG
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::client::unconnected;
    use crate::exec::outcome::Exit;

    fn job(region: &'static str, more: &serde_json::Value) -> Result<StepJob, Failure> {
        let mut spec = json!({ "cluster": "etl", "arguments": ["spark-submit", "s3://b/clean.py"] });
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let spec = serde_json::from_value(spec).unwrap();
        StepJob::new(&unconnected(region), &spec, &RunValues::default(), &RunContext::default())
    }

    #[test]
    fn a_step_is_known_by_its_cluster_and_what_it_is_given() {
        let identity = |region, more| job(region, &more).unwrap().identity();
        let own = identity("eu-west-1", json!({}));
        for (region, more) in [("eu-west-2", json!({})), ("eu-west-1", json!({ "cluster": "other" }))] {
            assert_ne!(identity(region, more.clone()).target, own.target, "{more}");
        }
        for more in [
            json!({ "arguments": ["spark-submit", "s3://b/load.py"] }),
            json!({ "jar": "s3://b/clean.jar" }),
            json!({ "jar": "s3://b/clean.jar", "main_class": "com.acme.Clean" }),
            json!({ "role": "arn:aws:iam::1:role/r" }),
        ] {
            let other = identity("eu-west-1", more.clone());
            assert_eq!(other.target, own.target, "{more}");
            assert_ne!(other.content, own.content, "{more}");
        }
    }

    #[test]
    fn what_is_too_long_is_not_added() {
        let long = json!({ "arguments": ["x".repeat(LONGEST_STEP)] });
        let Err(failure) = job("eu-west-1", &long) else { panic!() };
        assert_eq!(failure.exit, Exit::ForGood);
        assert!(failure.message.contains("EMR takes 10240"), "{failure}");
    }
}
