//! Runs of ECS tasks.
//!
//! `RunTask` takes a token, which is made of the key and the number of failed tasks before: a second start of the same
//! token gives the task that there is, also when it is over, for 24 hours at most. So a lost answer is answered by
//! starting again. Tasks are found by who has started them (`startedBy`), which is the task instance; their keys are the
//! names of their groups, as ECS tells nothing else of a task that is free. One that has ended is listed for an hour.
//!
//! | module | gives |
//! | --- | --- |
//! | [`api`] | the calls |
//! | [`definition`] | where a task definition says that its logs are |
//! | [`meaning`] | what the state of a task means |

mod api;
mod definition;
mod meaning;

use super::job::{self, LONGEST_OVERRIDES};
use crate::aws::{self, AwsError};
use crate::exec::cloudwatch::{Ended as LogEnds, Follower, Followers, Logs};
use crate::exec::context::RunContext;
use crate::exec::key::{Identity, Key, content};
use crate::exec::log::Log;
use crate::exec::looks::Span;
use crate::exec::mask::Mask;
use crate::exec::outcome::{Ended, Failure, Outputs, Trouble};
use crate::exec::runner::{self, Attempt, Cancelled, Found, Phase, RemoteJob, SecondStart};
use crate::exec::start::Start;
use crate::template::RunValues;
use api::{
    Api, Awsvpc, ContainerOverride, NetworkConfiguration, Overrides, Provider, RunTask, Task, Variable,
};
use aws_config::SdkConfig;
use definition::LogPlace;
use serde_json::json;
use std::future::Future;
use std::time::{Duration, SystemTime};

/// For how long a task that was started may not be listed.
const LISTING_LAG: Duration = Duration::from_secs(10);

/// How many failed tasks of one token after the other are passed over.
const MOST_FAILED: usize = 50;

/// What the names of groups begin with.
const MARK: &str = "dagc-";

/// Runs the task of a step.
pub(crate) async fn run(
    spec: &job::RunTask,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let mut job = TaskJob::new(start.config, spec, start.values, start.context)?;
    let run = (start.run)(job.identity());
    run.key.instance().clone_into(&mut job.request.started_by);
    Box::pin(runner::run(job, run, stop)).await
}

/// A task.
pub(crate) struct TaskJob {
    api: Api,
    logs: Logs,
    region: String,
    spec: job::RunTask,
    /// What is started, without what marks it.
    request: RunTask,
    mask: Mask,
    /// When this process began.
    began: SystemTime,
    /// When the first look of this attempt ended, which has passed on the log up to then.
    logged_until: Option<SystemTime>,
    log: LogOf,
    last: Option<Task>,
}

/// The log of the task.
enum LogOf {
    Unasked,
    None,
    Followed(Box<Followers<1>>),
}

impl TaskJob {
    /// Completes what is started.
    pub(crate) fn new(
        config: &SdkConfig,
        spec: &job::RunTask,
        values: &RunValues,
        context: &RunContext,
    ) -> Result<Self, Failure> {
        let request = request(spec, values)?;
        let length = json!(request.overrides).to_string().len();
        if length > LONGEST_OVERRIDES {
            return Err(Failure::for_good(format!(
                "the command and the variables have {length} characters as JSON, and ECS takes {LONGEST_OVERRIDES}"
            )));
        }
        Ok(Self {
            api: Api::new(config, &spec.cluster),
            logs: Logs::new(config),
            region: aws::region(config),
            spec: spec.clone(),
            request,
            mask: Mask::new(&values.params, &values.outputs),
            began: SystemTime::now(),
            logged_until: context.first_look_ended(),
            log: LogOf::Unasked,
            last: None,
        })
    }

    /// What a task is known by.
    pub(crate) fn identity(&self) -> Identity {
        let family = self.spec.task_definition.rsplit('/').next().unwrap_or_default();
        let family = family.split(':').next().unwrap_or_default().to_owned();
        let target = vec![self.region.clone(), self.spec.cluster_name().to_owned(), family];
        Identity { kind: "run_task", target, content: content([json!(self.request).to_string().as_str()]) }
    }

    fn phase(&self, task: &Task) -> Phase {
        meaning::phase(task, self.spec.container.as_deref(), self.spec.no_wait).masked(&self.mask)
    }

    /// Finds where the log of the container is, of the only one where none is named: where the step says, or else where its
    /// definition does.
    async fn place_of_log(&self, task: &Task) -> Result<Option<LogPlace>, AwsError> {
        let container = self.spec.container.as_deref();
        let Some(told) = &self.spec.log else {
            let Some(definition) = task.definition.clone() else { return Ok(None) };
            return Ok(self.api.definition(definition).await?.log(container, task.id(), &self.region));
        };
        let container = container.or(match task.containers.as_slice() {
            [only] => Some(only.name.as_str()),
            _ => None,
        });
        Ok(container.map(|container| LogPlace::new(&told.group, &told.prefix, container, task.id())))
    }

    /// Finds the log, once.
    async fn followers(&mut self, log: &Log<'_>) -> Option<&mut Followers<1>> {
        if let (LogOf::Unasked, Some(task)) = (&self.log, &self.last) {
            // A future of its own: the compiler measures what is nested only so deep.
            self.log = match Box::pin(self.place_of_log(task)).await {
                Ok(Some(place)) => {
                    let follower = Follower::new(place.group, place.stream).since(self.logged_until);
                    LogOf::Followed(Box::new(Followers([follower])))
                }
                Ok(None) => {
                    if self.spec.log.is_some() {
                        log.warning(
                            "the task has several containers: whose log this is to show, `container` says",
                        );
                    }
                    LogOf::None
                }
                Err(error) => {
                    log.warning(format!(
                        "where the task's log is is not known: {error}; the step may say `log_group`"
                    ));
                    LogOf::None
                }
            };
        }
        match &mut self.log {
            LogOf::Followed(followers) => Some(followers),
            LogOf::Unasked | LogOf::None => None,
        }
    }

    async fn finish_log(&mut self, ended: LogEnds, log: &Log<'_>) {
        let (logs, region) = (self.logs.clone(), self.region.clone());
        let is_told = self.spec.log.is_some() && self.logged_until.is_none();
        if let Some(followers) = self.followers(log).await {
            followers.finish(&logs, ended, &region, log).await;
            // Where the step says where its log is, it may be wrong.
            if is_told {
                followers.tell_nothing(&region, log);
            }
        }
    }
}

/// Fills in what is started.
fn request(spec: &job::RunTask, values: &RunValues) -> Result<RunTask, Failure> {
    let command = spec.command.iter().map(|word| word.render(values)).collect::<Result<Vec<_>, _>>()?;
    let variable = |(name, value): &(String, crate::template::Template)| {
        Ok(Variable { name: name.clone(), value: value.render(values)? })
    };
    let environment = spec.env.iter().map(variable).collect::<Result<Vec<_>, Failure>>()?;
    let container = spec.container.clone().filter(|_| !command.is_empty() || !environment.is_empty());
    let provider = |name: &String| Provider { capacity_provider: name.clone(), weight: 1 };
    let network = |network: &job::Network| NetworkConfiguration {
        awsvpc_configuration: Awsvpc {
            subnets: network.subnets.clone(),
            security_groups: network.security_groups.clone(),
            assign_public_ip: if network.public_ip { "ENABLED" } else { "DISABLED" },
        },
    };
    Ok(RunTask {
        cluster: spec.cluster.clone(),
        task_definition: spec.task_definition.clone(),
        count: 1,
        launch_type: spec.launch_type.clone(),
        capacity_provider_strategy: spec.capacity_provider.iter().map(provider).collect(),
        network_configuration: spec.network.as_ref().map(network),
        overrides: Overrides {
            containers: container
                .map(|name| ContainerOverride { name, command, environment })
                .into_iter()
                .collect(),
            cpu: spec.cpu.map(|units| units.to_string()),
            memory: spec.memory.map(|mebibytes| mebibytes.to_string()),
            task_role_arn: spec.task_role.clone(),
        },
        ..RunTask::default()
    })
}

impl RemoteJob for TaskJob {
    type Handle = String;

    const NOUN: &'static str = "ECS task";

    async fn find(&mut self, key: &Key) -> Result<Vec<Found<String>>, Trouble> {
        let mut found = Vec::new();
        for task in Box::pin(self.api.started(key.instance())).await? {
            let mark = task.group.as_deref().and_then(|group| group.strip_prefix(MARK));
            let Some(kinship) = mark.and_then(|mark| key.kin(mark)) else { continue };
            found.push(Found {
                phase: self.phase(&task),
                span: Span { started: task.created(), ended: task.stopped() },
                handle: task.arn,
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
            let request = RunTask {
                group: format!("{MARK}{}", attempt.key),
                client_token: attempt.token(),
                ..self.request.clone()
            };
            let task = Box::pin(self.api.run(request)).await?;
            // A token gives its task back also when that has failed.
            let is_of_before = task.stopped().is_some_and(|stopped| stopped < self.began);
            if !is_of_before || !matches!(self.phase(&task), Phase::Failed(_)) {
                return Ok(task.arn);
            }
            attempt.number += 1;
        }
        let most = format!("{MOST_FAILED} ECS tasks of this task have failed");
        Err(Failure::for_good(format!("{most}: clear it, which begins anew")).into())
    }

    async fn poll(&mut self, handle: &String) -> Result<Phase, Trouble> {
        let task = self.api.look(handle).await?;
        let phase = self.phase(&task);
        self.last = Some(task);
        Ok(phase)
    }

    async fn follow(&mut self, _handle: &String, log: &Log<'_>) {
        if self.spec.no_wait || self.last.as_ref().is_none_or(|task| task.last_status == "PROVISIONING") {
            return;
        }
        let logs = self.logs.clone();
        if let Some(followers) = self.followers(log).await {
            followers.follow(&logs, log).await;
        }
    }

    async fn cancel(&mut self, handle: &String) -> Result<Cancelled, AwsError> {
        self.api.stop(handle).await.map(|()| Cancelled::WasTold)
    }

    async fn explain(&mut self, _handle: &String, failure: Failure, log: &Log<'_>) -> Failure {
        self.finish_log(LogEnds::Failed, log).await;
        failure
    }

    async fn outputs(&mut self, _handle: &String, log: &Log<'_>) -> Result<Outputs, Trouble> {
        if !self.spec.no_wait {
            self.finish_log(LogEnds::Succeeded, log).await;
        }
        let task = self.last.take().unwrap_or_default();
        let exits = meaning::deciding(&task, self.spec.container.as_deref());
        let seconds = lasted(&task);
        let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
        let used = |of: Option<f64>| of.zip(seconds).map(|(of, seconds)| of / 1024.0 * seconds);
        let mut outputs = Outputs::new();
        outputs.extend([
            ("exit_code".to_owned(), json!(exits.first().and_then(|container| container.exit_code))),
            ("task_definition".to_owned(), json!(task.definition)),
            ("cpu_seconds".to_owned(), json!(used(number(&task.cpu)))),
            ("gigabyte_seconds".to_owned(), json!(used(number(&task.memory)))),
        ]);
        Ok(outputs)
    }

    fn link(&self, handle: &String) -> String {
        job::link(&self.region, self.spec.cluster_name(), handle)
    }

    fn place(&self) -> String {
        job::place(&self.region, self.spec.cluster_name())
    }

    fn lag(&self) -> Duration {
        LISTING_LAG
    }

    fn second_start(&self) -> SecondStart {
        SecondStart::IsTheSame
    }
}

/// For how many seconds a task is billed: from the download of its image to its end (AWS Fargate pricing).
fn lasted(task: &Task) -> Option<f64> {
    Some((task.stopped_at? - task.pull_started_at.or(task.created_at)?).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::client::unconnected;
    use crate::exec::outcome::Exit;

    fn job(region: &'static str, more: &serde_json::Value) -> Result<TaskJob, Failure> {
        let mut spec =
            json!({ "cluster": "etl", "task_definition": "clean", "container": "main", "command": ["run"] });
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let spec = serde_json::from_value(spec).unwrap();
        TaskJob::new(&unconnected(region), &spec, &RunValues::default(), &RunContext::default())
    }

    #[test]
    fn a_task_is_known_by_its_cluster_its_family_and_what_it_is_given() {
        let identity = |region, more| job(region, &more).unwrap().identity();
        let own = identity("eu-west-1", json!({}));
        for (region, more) in [
            ("eu-west-2", json!({})),
            ("eu-west-1", json!({ "cluster": "other" })),
            ("eu-west-1", json!({ "task_definition": "load" })),
        ] {
            assert_ne!(identity(region, more.clone()).target, own.target, "{more}");
        }
        for more in [
            json!({ "task_definition": "clean:3" }),
            json!({ "command": ["run", "all"] }),
            json!({ "env": [["A", "b"]] }),
            json!({ "launch_type": "FARGATE" }),
            json!({ "network": { "subnets": ["subnet-1"] } }),
            json!({ "cpu": 256 }),
            json!({ "task_role": "arn:aws:iam::1:role/r" }),
        ] {
            let other = identity("eu-west-1", more.clone());
            assert_eq!(other.target, own.target, "{more}");
            assert_ne!(other.content, own.content, "{more}");
        }
    }

    #[test]
    fn what_is_too_long_is_not_started() {
        let Err(failure) = job("eu-west-1", &json!({ "command": ["x".repeat(LONGEST_OVERRIDES)] })) else {
            panic!()
        };
        assert_eq!(failure.exit, Exit::ForGood);
        assert!(failure.message.contains("ECS takes 8192"), "{failure}");
    }
}
