//! Running a task, as the plan keeps it, its calls, and what they need.

use crate::service::arn::{Arn, Condition, Part, Place, Resource};
use crate::service::call::{Call, Caller, On, Touched, When, call, operations, right, touched, wanted};
use crate::service::console::base;
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::failure::{Codes, Kind};
use crate::service::logs::{self, GET_LOG_EVENTS};
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Members, Output, SECONDS, URL, perhaps};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use crate::template::Template;
use serde::{Deserialize, Serialize};

/// Runs a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunTask {
    /// The cluster, by its name or its ARN.
    pub cluster: String,
    /// The family, with its revision or without, or the ARN.
    pub task_definition: String,
    /// What it runs on: `FARGATE`, `EC2`, `EXTERNAL`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub launch_type: Option<String>,
    /// What gives it what it runs on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub capacity_provider: Option<String>,
    /// Its network, where it has one of its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub network: Option<Network>,
    /// The container that is given what follows, and whose exit code decides.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub container: Option<String>,
    /// The command of the container, in place of its own.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub command: Vec<Template>,
    /// Variables of the container, beside its own.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub env: Vec<(String, Template)>,
    /// CPU units of the task, of which a processor has 1,024.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cpu: Option<u32>,
    /// Memory of the task, in MiB.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub memory: Option<u32>,
    /// The role of its containers, in place of the task definition's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub task_role: Option<String>,
    /// Where its log is; as the task definition says when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub log: Option<ContainerLog>,
    /// The task is done when it is started.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub no_wait: bool,
}

/// The network of a task (`awsvpc`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The subnets.
    pub subnets: Vec<String>,
    /// The security groups; the VPC's own when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub security_groups: Vec<String>,
    /// It has an address in the internet.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub public_ip: bool,
}

/// Where the containers of a task log to, with the driver `awslogs`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContainerLog {
    /// The log group.
    pub group: String,
    /// What the names of its streams begin with.
    pub prefix: String,
}

/// How many characters the overrides of a task may have, as JSON (`RunTaskRequest$overrides` in the service's model).
pub const LONGEST_OVERRIDES: usize = 8_192;

/// Codes that only this service has.
const CODES: Codes = &[
    ("BlockedException", Kind::Denied),
    ("ClientException", Kind::Invalid),
    ("ClusterNotFoundException", Kind::NotFound),
    ("ConflictException", Kind::Conflict),
    ("InvalidParameterException", Kind::Invalid),
    ("PlatformTaskDefinitionIncompatibilityException", Kind::Invalid),
    ("PlatformUnknownException", Kind::Invalid),
    ("ServerException", Kind::Unavailable),
    ("UnsupportedFeatureException", Kind::Invalid),
];

/// A role is handed to tasks of ECS alone.
const TO_TASKS: Condition = Condition { key: "iam:PassedToService", value: "ecs-tasks.amazonaws.com" };

operations! {
    codes CODES;

    /// Looks at tasks.
    DESCRIBE_TASKS = "ecs:DescribeTasks" Repeatable Usual [right("ecs:DescribeTasks", On::Read)];
    /// Reads a task definition.
    DESCRIBE_TASK_DEFINITION = "ecs:DescribeTaskDefinition" Repeatable Usual [
        right("ecs:DescribeTaskDefinition", On::Anything)
    ];
    /// Lists the tasks of a cluster that somebody has started.
    LIST_TASKS = "ecs:ListTasks" Repeatable Usual [right("ecs:ListTasks", On::Anything)];
    /// Starts a task; one of a token that is known is given again.
    RUN_TASK = "ecs:RunTask" Starts Never [
        right("ecs:RunTask", On::Itself), right("iam:PassRole", On::Role).under(TO_TASKS)
    ];
    /// Stops a task; the runner repeats it within the little time that it has.
    STOP_TASK = "ecs:StopTask" Repeatable Never [right("ecs:StopTask", On::Read)];
}

/// What it gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    perhaps("exit_code", Form::Count, "the exit code of the container that decides"),
    perhaps("task_definition", Form::Text, "the ARN of the task definition, with its revision"),
    perhaps("cpu_seconds", Form::Number, "what processors it has had, and for how long"),
    perhaps("gigabyte_seconds", Form::Number, "what memory it has had, and for how long"),
];

/// A minute at least (AWS Fargate pricing).
const OF_CPU: Billed =
    Billed { unit: Unit::TaskCpuSeconds, measured: Measured::Output("cpu_seconds"), least: 60 };
const OF_MEMORY: Billed =
    Billed { unit: Unit::TaskGigabyteSeconds, measured: Measured::Output("gigabyte_seconds"), least: 60 };

impl RunTask {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in: instances are paid for anyway.
    pub fn billed(&self) -> &'static [Billed] {
        match self.launch_type.as_deref() {
            Some("EC2" | "EXTERNAL") => &[],
            _ => &[OF_CPU, OF_MEMORY],
        }
    }

    /// The name of the cluster.
    pub fn cluster_name(&self) -> &str {
        self.cluster.rsplit('/').next().unwrap_or_default()
    }

    /// The tasks of the cluster.
    fn tasks(&self) -> Resource {
        if let Some((place, name)) = self.cluster.split_once(":cluster/") {
            return Resource::Whole(format!("{place}:task/{name}/*"));
        }
        let name = Part::Name(self.cluster.clone());
        Resource::regional("ecs", [Part::Fixed("task/"), name, Part::Fixed("/"), Part::Any])
    }

    /// The revisions of the task definition that it may be.
    fn definition(&self) -> Resource {
        let named = self.task_definition.as_str();
        let has_revision = named.rsplit('/').next().is_some_and(|name| name.contains(':'));
        let all = if has_revision { "" } else { ":*" };
        Resource::whole(named).map_or_else(
            || {
                let parts = vec![Part::Fixed("task-definition/"), Part::Name(named.to_owned())];
                let parts =
                    if has_revision { parts } else { [parts, vec![Part::Fixed(":"), Part::Any]].concat() };
                Resource::regional("ecs", parts)
            },
            |_| Resource::Whole(format!("{named}{all}")),
        )
    }
}

impl Members for RunTask {}

impl Shown for RunTask {}

/// The roles of a task are those of its task definition, which the user makes.
impl Lends for RunTask {}

impl Caller for RunTask {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[
            call(RUN_TASK),
            call(DESCRIBE_TASKS),
            call(LIST_TASKS),
            call(STOP_TASK),
            wanted(GET_LOG_EVENTS, "for its log; without it there is a warning and no log"),
            wanted(
                DESCRIBE_TASK_DEFINITION,
                "for where its log is, unless `log_group` says it; without it there is a warning and no log",
            ),
        ];
        // The last one finds what the step says itself.
        if self.log.is_some() { &CALLS[..CALLS.len() - 1] } else { CALLS }
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Itself => touched("the task definition", self.definition()),
            On::Read => touched("the tasks of the cluster", self.tasks()),
            On::Anything => touched("tasks and task definitions", Resource::Anything),
            On::Role => self.roles(),
            On::Log => touched(
                "the log groups of its containers",
                logs::streams(self.log.as_ref().map(|log| log.group.as_str())),
            ),
            _ => Vec::new(),
        }
    }
}

impl RunTask {
    fn roles(&self) -> Vec<Touched> {
        let of_definition = Touched {
            what: "the roles of the task definition",
            resource: Resource::Arn(Arn {
                service: "iam",
                place: Place::Account,
                parts: vec![Part::Fixed("role/"), Part::Unknown("TASK_ROLE")],
            }),
            when: When::Perhaps("when the task definition has roles"),
        };
        let own = self.task_role.as_deref().map(|role| Touched {
            what: "the role that the step names",
            resource: Resource::role(role),
            when: When::Planned("when the step names a role"),
        });
        std::iter::once(of_definition).chain(own).collect()
    }
}

/// Links to a task in the console.
pub fn link(region: &str, cluster: &str, arn: &str) -> String {
    let id = arn.rsplit('/').next().unwrap_or_default();
    format!("{}/ecs/v2/clusters/{cluster}/tasks/{id}?region={region}", base(region))
}

/// Links to the tasks of a cluster in the console.
pub fn place(region: &str, cluster: &str) -> String {
    format!("{}/ecs/v2/clusters/{cluster}/tasks?region={region}", base(region))
}

/// The heading of what whoever runs a task must be allowed.
pub const RIGHTS: Heading = Heading::new("`ecs_task`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let run = RunTask {
        cluster: "CLUSTER".to_owned(),
        task_definition: "FAMILY".to_owned(),
        task_role: Some("ROLE".to_owned()),
        ..RunTask::default()
    };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&run]).billed(run.billed())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(cluster: &str, definition: &str) -> [String; 2] {
        let run = RunTask {
            cluster: cluster.to_owned(),
            task_definition: definition.to_owned(),
            ..RunTask::default()
        };
        [run.definition(), run.tasks()].map(|resource| resource.to_string())
    }

    #[test]
    fn what_is_needed_is_on_its_definition_and_its_cluster() {
        let here = "arn:aws:ecs:REGION:ACCOUNT";
        let own = "arn:aws:ecs:eu-west-1:111122223333";
        for (definition, resource) in [
            ("clean".to_owned(), format!("{here}:task-definition/clean:*")),
            ("clean:3".to_owned(), format!("{here}:task-definition/clean:3")),
            (format!("{own}:task-definition/clean"), format!("{own}:task-definition/clean:*")),
            (format!("{own}:task-definition/clean:3"), format!("{own}:task-definition/clean:3")),
        ] {
            assert_eq!(resources("etl", &definition), [resource, format!("{here}:task/etl/*")]);
        }
        let [_, tasks] = resources(&format!("{own}:cluster/etl"), "clean");
        assert_eq!(tasks, format!("{own}:task/etl/*"));
    }

    #[test]
    fn links_lead_to_the_console() {
        let base = "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/etl/tasks";
        assert_eq!(link("eu-west-1", "etl", "arn:x:task/etl/abc"), format!("{base}/abc?region=eu-west-1"));
        assert_eq!(place("eu-west-1", "etl"), format!("{base}?region=eu-west-1"));
    }
}
