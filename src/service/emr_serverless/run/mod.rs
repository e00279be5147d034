//! Runs on applications of EMR Serverless.
//!
//! `StartJobRun` takes a token, which is made of the key and the number of failed runs before: a second start of the same
//! token gives the run that there is, also when it is over. How long EMR knows a token is not documented; so the run's
//! name ends in the key, by which it is found again among the runs of its application. An application that does not start
//! by itself is started first.
//!
//! | module | gives |
//! | --- | --- |
//! | [`api`] | the calls |
//! | [`meaning`] | what the states of runs and of applications mean |
//! | [`place`] | where the logs of a run are |

mod api;
mod meaning;
mod place;

use super::job::{self, Driver, RunEmrServerless};
use crate::aws::{self, AwsError, Kind};
use crate::exec::cloudwatch::{Ended as LogEnds, Follower, Followers, Logs};
use crate::exec::context::RunContext;
use crate::exec::key::{Identity, Key, content};
use crate::exec::log::{Log, Said};
use crate::exec::looks::Span;
use crate::exec::mask::Mask;
use crate::exec::name::{mark, marked};
use crate::exec::outcome::{Ended, Failure, Outputs, Trouble};
use crate::exec::runner::{self, Attempt, Cancelled, Found, Phase, Prepared, RemoteJob, SecondStart};
use crate::exec::start::Start;
use crate::exec::time;
use crate::template::{RunValues, Template};
use api::{Api, Hive, InCloudWatch, InS3, JobDriver, Monitoring, Overrides, Run, SparkSubmit, StartJobRun};
use aws_config::SdkConfig;
use meaning::Readiness;
use place::{Places, places};
use serde_json::json;
use std::future::Future;
use std::time::{Duration, SystemTime};

/// For how long a run that was started may not be listed. EMR's documents say nothing.
const LISTING_LAG: Duration = Duration::from_secs(10);

/// How long a run may take where nothing is said (`executionTimeoutMinutes`, 720), and how long at most (7 days).
const LONGEST_RUN: Duration = Duration::from_hours(7 * 24);

/// How far the clocks of Airflow and EMR may differ.
const SKEW: Duration = Duration::from_mins(10);

/// How many failed runs of one token after the other are passed over.
const MOST_FAILED: usize = 50;

/// Runs what a step says.
pub(crate) async fn run(
    spec: &RunEmrServerless,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let job = ServerlessJob::new(start.config, spec, start.values, start.context)?;
    let run = (start.run)(job.identity());
    Box::pin(runner::run(job, run, stop)).await
}

/// A run.
pub(crate) struct ServerlessJob {
    api: Api,
    logs: Logs,
    region: String,
    spec: RunEmrServerless,
    /// The id of the application, when it is known.
    application: Option<String>,
    /// What is started, without what marks it.
    request: StartJobRun,
    context: RunContext,
    mask: Mask,
    /// Runs that were taken before this are not looked at.
    horizon: SystemTime,
    /// When this process began.
    began: SystemTime,
    log: LogOf,
    last: Option<Run>,
}

/// The log of the run.
enum LogOf {
    Unasked,
    Known { places: Places, followers: Option<Box<Followers<2>>> },
}

impl ServerlessJob {
    /// Completes what is started.
    pub(crate) fn new(
        config: &SdkConfig,
        spec: &RunEmrServerless,
        values: &RunValues,
        context: &RunContext,
    ) -> Result<Self, Failure> {
        let began = context.began().unwrap_or_else(SystemTime::now);
        Ok(Self {
            api: Api::new(config),
            logs: Logs::new(config),
            region: aws::region(config),
            application: spec.application.id().map(str::to_owned),
            request: request(spec, values)?,
            context: context.clone(),
            spec: spec.clone(),
            mask: Mask::new(&values.params, &values.outputs),
            horizon: began.checked_sub(LONGEST_RUN + SKEW).unwrap_or(SystemTime::UNIX_EPOCH),
            began: SystemTime::now(),
            log: LogOf::Unasked,
            last: None,
        })
    }

    /// What a run is known by.
    pub(crate) fn identity(&self) -> Identity {
        let target = vec![self.region.clone(), self.spec.application.to_string()];
        let content = content([json!(self.request).to_string().as_str()]);
        Identity { kind: "run_emr_serverless", target, content }
    }

    /// The id of the application.
    async fn application(&mut self) -> Result<String, AwsError> {
        if let Some(id) = &self.application {
            return Ok(id.clone());
        }
        let id = self.api.id(&self.spec.application).await?;
        self.application = Some(id.clone());
        Ok(id)
    }

    fn phase(&self, run: &Run) -> Phase {
        meaning::phase(run).masked(&self.mask)
    }

    /// Says whether a run that a token gives is one of before this process that has failed.
    async fn is_of_before(&self, application: &str, id: &str) -> Result<bool, AwsError> {
        let run = self.api.look(application, id).await?;
        let is_old = run.last_changed().is_some_and(|ended| ended < self.began);
        Ok(is_old && matches!(meaning::phase(&run), Phase::Failed(_)))
    }

    /// Finds the logs, once.
    async fn places(&mut self, log: &Log<'_>) -> Option<(&Places, Option<&mut Followers<2>>)> {
        if let (LogOf::Unasked, Some(application), Some(run)) = (&self.log, &self.application, &self.last) {
            let of_application = match self.api.application(application).await {
                Ok(application) => application.monitoring_configuration,
                Err(error) => {
                    log.warning(format!("where the application has its logs is not known: {error}"));
                    Monitoring::default()
                }
            };
            let places = places(application, run, &of_application, self.spec.driver.worker());
            // The first look of this attempt has passed on the log up to its end.
            let since = self.context.first_look_ended();
            let followers = places.cloudwatch.as_ref().map(|(group, streams)| {
                let follower = |name: &str| Follower::new(group, format!("{streams}/{name}")).since(since);
                Box::new(Followers(["stdout", "stderr"].map(follower)))
            });
            self.log = LogOf::Known { places, followers };
        }
        match &mut self.log {
            LogOf::Known { places, followers } => Some((places, followers.as_deref_mut())),
            LogOf::Unasked => None,
        }
    }

    async fn finish_log(&mut self, ended: LogEnds, log: &Log<'_>) {
        let (logs, region) = (self.logs.clone(), self.region.clone());
        // A future of its own: the compiler measures what is nested only so deep.
        if let Some((_, Some(followers))) = Box::pin(self.places(log)).await {
            followers.finish(&logs, ended, &region, log).await;
        }
    }
}

impl Driver {
    /// What its worker is called among logs.
    fn worker(&self) -> &'static str {
        match self {
            Self::Spark { .. } => "SPARK_DRIVER",
            Self::Hive { .. } => "HIVE_DRIVER",
        }
    }
}

/// Fills in what is started.
fn request(spec: &RunEmrServerless, values: &RunValues) -> Result<StartJobRun, Failure> {
    let one = |text: &Option<Template>| text.as_ref().map(|text| text.render(values)).transpose();
    let job_driver = match &spec.driver {
        Driver::Spark { entry_point, arguments, parameters } => JobDriver {
            spark_submit: Some(SparkSubmit {
                entry_point: entry_point.render(values)?,
                entry_point_arguments: arguments
                    .iter()
                    .map(|argument| argument.render(values))
                    .collect::<Result<_, _>>()?,
                parameters: one(parameters)?,
            }),
            hive: None,
        },
        Driver::Hive { query_file, init_file, parameters } => JobDriver {
            hive: Some(Hive {
                query: query_file.render(values)?,
                init_query_file: one(init_file)?,
                parameters: one(parameters)?,
            }),
            spark_submit: None,
        },
    };
    let monitoring_configuration = Monitoring {
        s3_monitoring_configuration: one(&spec.logs)?.map(|uri| InS3 { log_uri: Some(uri) }),
        cloud_watch_logging_configuration: spec.log_group.clone().map(|group| InCloudWatch {
            enabled: true,
            log_group_name: Some(group),
            log_stream_name_prefix: None,
        }),
    };
    let has_own = spec.logs.is_some() || spec.log_group.is_some();
    Ok(StartJobRun {
        execution_role_arn: spec.role.clone(),
        job_driver,
        configuration_overrides: has_own.then_some(Overrides { monitoring_configuration }),
        execution_timeout_minutes: spec.timeout_minutes,
        ..StartJobRun::default()
    })
}

impl RemoteJob for ServerlessJob {
    type Handle = String;

    const NOUN: &'static str = "EMR Serverless run";

    async fn find(&mut self, key: &Key) -> Result<Vec<Found<String>>, Trouble> {
        let application = self.application().await?;
        let mut found = Vec::new();
        for run in self.api.listed(&application, self.horizon).await? {
            let Some(kinship) = run.name.as_deref().and_then(mark).and_then(|mark| key.kin(mark)) else {
                continue;
            };
            found.push(Found {
                phase: self.phase(&run),
                span: Span {
                    started: run.started(),
                    ended: run.last_changed().filter(|_| meaning::is_over(&run)),
                },
                handle: run.id,
                generation: kinship.generation,
                is_same: kinship.content == key.content(),
                attempt: None,
            });
        }
        found.sort_by_key(|found| std::cmp::Reverse(found.span.started));
        Ok(found)
    }

    async fn prepare(&mut self, _attempt: &Attempt, log: &Log<'_>) -> Result<Prepared, Trouble> {
        let id = self.application().await?;
        let mut pace = self.pace();
        let mut is_in = Said::default();
        loop {
            let application = self.api.application(&id).await?;
            match meaning::readiness(&application) {
                Readiness::Ready => return Ok(Prepared::Ready),
                Readiness::Gone(why) => return Err(Failure::for_good(why).into()),
                Readiness::Idle => self.api.start_application(&id).await?,
                Readiness::Changing => {}
            }
            let state = &application.state;
            is_in.say(
                log,
                format!(
                    "the application `{}` is {state}: waiting until it takes runs",
                    self.spec.application
                ),
            );
            time::sleep(pace.wait()).await;
        }
    }

    async fn start(&mut self, attempt: &Attempt) -> Result<String, Trouble> {
        let application = self.application().await?;
        let mut attempt = attempt.clone();
        for _ in 0..MOST_FAILED {
            let request = StartJobRun {
                application: application.clone(),
                client_token: attempt.token(),
                name: marked(&self.context, &attempt.key.to_string()),
                ..self.request.clone()
            };
            let id = self.api.start(request).await?;
            match self.is_of_before(&application, &id).await {
                Ok(true) => attempt.number += 1,
                // It was started, and whoever waits for it looks again.
                Ok(false) | Err(_) => return Ok(id),
            }
        }
        let most = format!("{MOST_FAILED} runs of this task have failed");
        Err(Failure::for_good(format!("{most}: clear it, which begins anew")).into())
    }

    async fn poll(&mut self, handle: &String) -> Result<Phase, Trouble> {
        let application = self.application().await?;
        let run = self.api.look(&application, handle).await?;
        let phase = self.phase(&run);
        self.last = Some(run);
        Ok(phase)
    }

    async fn follow(&mut self, _handle: &String, log: &Log<'_>) {
        if self.last.as_ref().is_none_or(|run| run.state != "RUNNING") {
            return;
        }
        let logs = self.logs.clone();
        if let Some((_, Some(followers))) = Box::pin(self.places(log)).await {
            followers.follow(&logs, log).await;
        }
    }

    async fn cancel(&mut self, handle: &String) -> Result<Cancelled, AwsError> {
        let application = self.application().await?;
        match self.api.cancel(&application, handle).await {
            Ok(()) => Ok(Cancelled::WasTold),
            // What is over cannot be cancelled.
            Err(error) if matches!(error.kind, Kind::Invalid | Kind::Conflict) => {
                let run = self.api.look(&application, handle).await;
                if run.is_ok_and(|run| meaning::is_over(&run)) { Ok(Cancelled::HadEnded) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    async fn explain(&mut self, _handle: &String, failure: Failure, log: &Log<'_>) -> Failure {
        self.finish_log(LogEnds::Failed, log).await;
        let region = self.region.clone();
        if let Some((places, _)) = Box::pin(self.places(log)).await {
            places.told(&region).iter().for_each(|line| log.info(line));
        }
        failure
    }

    async fn outputs(&mut self, _handle: &String, log: &Log<'_>) -> Result<Outputs, Trouble> {
        self.finish_log(LogEnds::Succeeded, log).await;
        let s3 = Box::pin(self.places(log)).await.and_then(|(places, _)| places.s3.clone());
        let run = self.last.take().unwrap_or_default();
        let used = run.billed_resource_utilization.unwrap_or_default();
        let mut outputs = Outputs::new();
        outputs.extend([
            ("application".to_owned(), json!(self.application)),
            ("release".to_owned(), json!(run.release_label)),
            ("logs".to_owned(), json!(s3)),
            ("vcpu_hours".to_owned(), json!(used.cpu)),
            ("memory_gb_hours".to_owned(), json!(used.memory)),
            ("storage_gb_hours".to_owned(), json!(used.storage)),
        ]);
        Ok(outputs)
    }

    fn link(&self, _handle: &String) -> String {
        self.place()
    }

    fn place(&self) -> String {
        job::place(&self.region)
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

    fn identity(region: &'static str, more: &serde_json::Value) -> Identity {
        let mut spec = json!({
            "application": "etl", "role": "arn:aws:iam::1:role/r",
            "driver": { "type": "spark", "entry_point": "s3://b/clean.py" },
        });
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let spec = serde_json::from_value(spec).unwrap();
        let config = unconnected(region);
        ServerlessJob::new(&config, &spec, &RunValues::default(), &RunContext::default()).unwrap().identity()
    }

    #[test]
    fn a_run_is_known_by_its_application_and_what_it_is_given() {
        let own = identity("eu-west-1", &json!({}));
        for (region, more) in [("eu-west-2", json!({})), ("eu-west-1", json!({ "application": "other" }))] {
            assert_ne!(identity(region, &more).target, own.target, "{more}");
        }
        let spark = |more: serde_json::Value| {
            let mut driver = json!({ "type": "spark", "entry_point": "s3://b/clean.py" });
            driver.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "driver": driver })
        };
        for more in [
            spark(json!({ "entry_point": "s3://b/load.py" })),
            spark(json!({ "arguments": ["--all"] })),
            spark(json!({ "parameters": "--conf spark.executor.cores=2" })),
            json!({ "driver": { "type": "hive", "query_file": "s3://b/q.sql" } }),
            json!({ "role": "arn:aws:iam::1:role/s" }),
            json!({ "logs": "s3://b/logs/" }),
            json!({ "log_group": "/emr" }),
            json!({ "timeout_minutes": 60 }),
        ] {
            let other = identity("eu-west-1", &more);
            assert_eq!(other.target, own.target, "{more}");
            assert_ne!(other.content, own.content, "{more}");
        }
    }
}
