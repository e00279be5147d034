//! `ecs_task`: runs a task of Amazon ECS.

mod lower;
mod rules;

use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Outputs};
use crate::lang::arn::RoleArn;
use crate::lang::decode::{Leaf, LeafError, Map, record, words};
use crate::lang::held::Held;
use crate::service;
use crate::service::section::Heading;
use crate::template::Template;
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

record! {
    "`ecs_task`"
    /// Runs a task of Amazon ECS.
    pub struct EcsTaskStep {
        /// The family of the task definition, its newest revision; with `:` a certain one; or its ARN.
        pub task_definition: Spanned<EcsName>,
        /// The cluster, by its name or its ARN.
        pub cluster: Option<Spanned<EcsName>> = EcsName("default".to_owned()),
        /// What it runs on; as the cluster has it when absent.
        pub launch_type: Option<Spanned<LaunchType>>,
        /// The capacity provider that gives it what it runs on.
        pub capacity_provider: Option<Spanned<String>>,
        /// Its network, which Fargate needs.
        pub network: Option<NetworkSpec>,
        /// The container that is given `command` and `env`, and whose exit code decides; all of them decide when absent.
        pub container: Option<Spanned<String>>,
        /// The command of the container, in place of its own, word by word.
        pub command: Option<Vec<Spanned<Template>>>,
        /// Variables for the container, beside its own.
        pub env: Option<Map<Spanned<Template>>>,
        /// CPU units of the task, in place of the task definition's; a processor has 1024.
        pub cpu: Option<Spanned<u32>>,
        /// Memory of the task in MiB, in place of the task definition's.
        pub memory: Option<Spanned<u32>>,
        /// The role of its containers, in place of the task definition's.
        pub role: Option<Spanned<RoleArn>>,
        /// The log group of its containers, whose lines stand in the task's log; as the task definition says when absent.
        pub log_group: Option<Spanned<String>>,
        /// What the names of its streams in `log_group` begin with (`awslogs-stream-prefix`).
        pub log_prefix: Option<Spanned<String>> = "ecs".to_owned(),
        /// Whether the task waits for its end.
        pub wait: Option<Spanned<bool>> = true,
        /// Tables and prefixes that it reads, for the order of steps.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables and prefixes that it writes, for the order of steps.
        pub writes: Option<Vec<Spanned<String>>>,
    }
    at most one of [launch_type, capacity_provider]
}

record! {
    "`network`"
    /// The network of a task.
    pub struct NetworkSpec {
        /// The subnets.
        pub subnets: Vec<Spanned<String>>,
        /// The security groups; the default one of the VPC when absent.
        pub security_groups: Option<Vec<Spanned<String>>>,
        /// Whether it has an address in the internet.
        pub public_ip: Option<Spanned<bool>> = false,
    }
}

words! {
    "a launch type"
    /// What a task runs on.
    pub enum LaunchType {
        /// What AWS keeps.
        Fargate = "fargate",
        /// Instances of the cluster.
        Ec2 = "ec2",
        /// Machines of one's own.
        External = "external",
    }
}

/// A cluster, or a task definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcsName(pub String);

/// How long the name of a cluster or a family may be (`CreateClusterRequest$clusterName` in the service's model).
const LONGEST_NAME: usize = 255;

impl Leaf for EcsName {
    const EXPECTED: &'static str = "a name or an ARN";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = scalar.text.as_str();
        let (name, is_named) = match text.split_once('/') {
            Some((arn, name)) if arn.starts_with("arn:") && arn.contains(":ecs:") => (name, true),
            _ => (text, !text.contains('/')),
        };
        let name = match name.split_once(':') {
            Some((name, revision)) if revision.parse::<u32>().is_ok_and(|number| number > 0) => name,
            _ => name,
        };
        let is_one = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if is_named && (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_one) {
            return Ok(Self(text.to_owned()));
        }
        let code = if text.starts_with("arn:") { Code::InvalidArn } else { Code::InvalidName };
        Err(LeafError::new(code, format!("`{}` is no name in ECS", text.escape_debug())).help(
            "it has letters, digits, `_` and `-`; a task definition looks like `clean`, `clean:3` or \
             `arn:aws:ecs:eu-west-1:111122223333:task-definition/clean:3`",
        ))
    }

    fn leaf_held(name: &Spanned<Self>) -> Option<Held<'_>> {
        name.value.0.starts_with("arn:").then(|| Held::Arn(&name.value.0, name.span))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

impl crate::lang::decode::Written for EcsName {
    fn written(&self) -> Value {
        json!(self.0)
    }
}

impl Kind for EcsTaskStep {
    const NAME: &'static str = "ecs_task";
    const ELSEWHERE: &'static [&'static str] =
        &["container", "ecs", "ecs_run_task", "fargate", "fargate_task", "run_task"];
    const BRIEF: &'static str = "runs a task of Amazon ECS";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::ecs_task::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::ecs_task::job::OUTPUTS);

    fn gives<'a>(&'a self, known: &Known<'_, 'a>) -> Gives<'a> {
        known.listed(self.writes.as_deref())
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        cx.listed(self.reads.as_deref(), self.writes.as_deref(), None);
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        Some(lower::lower(self, cx))
    }
}
