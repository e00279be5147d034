//! `ecs_task`: keys that exclude each other, what is given to no container, what ECS takes.

use super::EcsTaskStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::{chosen, unused};
use crate::kind::shared::members;
use crate::kind::shared::names::{LOG_GROUP, STREAM_PREFIX};
use crate::service::ecs_task::job::LONGEST_OVERRIDES;
use crate::text::{Span, Spanned};

pub(super) fn check(step: &EcsTaskStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    chosen(&step.given(), EcsTaskStep::CHOICES, cx, diagnostics);
    for (what, named) in
        [("task definition", Some(&step.task_definition)), ("cluster", step.cluster.as_ref())]
    {
        if let Some(named) = named {
            let region = named.value.0.strip_prefix("arn:").and_then(|arn| arn.split(':').nth(2));
            members::elsewhere((what, region), named.span, Code::EcsTaskOption, cx, diagnostics);
        }
    }
    container(step, diagnostics);
    network(step, diagnostics);
    size(step, diagnostics);
    longest(step, cx, diagnostics);
    log(step, diagnostics);
}

/// What a container is given is given to one of a name.
fn container(step: &EcsTaskStep, diagnostics: &mut Diagnostics) {
    let command =
        step.command.as_ref().and_then(|command| command.first()).map(|word| ("command", word.span));
    let env = step.env.as_ref().and_then(|env| env.0.first()).map(|(name, _)| ("env", name.span));
    for (name, _) in step.env.iter().flat_map(|env| &env.0) {
        if name.value.is_empty() || name.value.contains('=') {
            let message = format!("`{}` is no name of a variable", name.value.escape_debug());
            diagnostics.push(
                Diagnostic::new(Code::InvalidName, name.span, message)
                    .help("write one such as `MODE`, and its value behind the colon"),
            );
        }
    }
    if let (None, Some((key, at))) = (&step.container, command.or(env)) {
        diagnostics.push(
            Diagnostic::new(
                Code::EcsTaskOption,
                at,
                format!("`{key}` is for a container, and none is named"),
            )
            .help("write `container: NAME`, as the task definition calls it"),
        );
    }
}

/// Fargate knows no other network than the user's own.
fn network(step: &EcsTaskStep, diagnostics: &mut Diagnostics) {
    let is_fargate = |kind: &&Spanned<super::LaunchType>| kind.value == super::LaunchType::Fargate;
    if let (None, Some(kind)) = (&step.network, step.launch_type.as_ref().filter(is_fargate)) {
        diagnostics.push(missing_network(kind.span, "a task on Fargate needs a network"));
    }
    let Some(network) = &step.network else { return };
    if network.subnets.is_empty() {
        diagnostics.push(missing_network(network.span, "a network has a subnet"));
    }
    let groups = network.security_groups.as_deref().unwrap_or_default();
    named(&network.subnets, ("subnet", "subnet-", MOST_SUBNETS), diagnostics);
    named(groups, ("security group", "sg-", MOST_GROUPS), diagnostics);
}

/// So many subnets and security groups has a task (ECS API Reference, `AwsVpcConfiguration`).
const MOST_SUBNETS: usize = 16;
const MOST_GROUPS: usize = 5;

/// What is named is the id of one, and there are not too many.
fn named(ids: &[Spanned<String>], (what, begins, most): (&str, &str, usize), diagnostics: &mut Diagnostics) {
    for id in ids.iter().filter(|id| !id.value.starts_with(begins)) {
        let message = format!("`{}` is no id of a {what}", id.value.escape_debug());
        diagnostics.push(
            Diagnostic::new(Code::InvalidName, id.span, message).help(format!("it begins with `{begins}`")),
        );
    }
    if let Some(one) = ids.get(most) {
        let message = format!("ECS takes {most} {what}s, and here are {}", ids.len());
        diagnostics.push(
            Diagnostic::new(Code::EcsTaskOption, one.span, message).help("name those that the task needs"),
        );
    }
}

/// Fargate's sizes are a quarter of a virtual CPU, of 1024 units, and what comes of it by doubling (ECS Developer Guide, "Task
/// size").
fn size(step: &EcsTaskStep, diagnostics: &mut Diagnostics) {
    let is_fargate = step.launch_type.as_ref().is_some_and(|kind| kind.value == super::LaunchType::Fargate);
    let Some(cpu) = step.cpu.as_ref().filter(|_| is_fargate) else { return };
    if cpu.value < 256 || !cpu.value.is_power_of_two() {
        let message = format!("Fargate has no tasks of {} CPU units", cpu.value);
        diagnostics.push(
            Diagnostic::new(Code::EcsTaskOption, cpu.span, message)
                .help("write 256, 512, 1024, 2048, 4096, 8192 or 16384; 1024 are one virtual CPU"),
        );
    }
}

fn missing_network(at: Span, message: &str) -> Diagnostic {
    Diagnostic::new(Code::EcsTaskOption, at, message).help("write `network: {subnets: [subnet-...]}`")
}

/// Holes are filled with nothing.
fn longest(step: &EcsTaskStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(command) = step.command.as_ref().and_then(|command| command.first()) else { return };
    let words = step.command.iter().flatten().map(|word| &word.value);
    let values = step.env.iter().flat_map(|env| &env.0).map(|(_, value)| &value.value);
    let length: usize = words.chain(values).map(|text| text.static_prefix().len()).sum();
    if length > LONGEST_OVERRIDES {
        let message = format!("{} hands over {length} characters; ECS takes {LONGEST_OVERRIDES}", cx.what());
        diagnostics.push(
            Diagnostic::new(Code::InputLimit, command.span, message)
                .help("put what is long into S3, and hand over where it is"),
        );
    }
}

/// Where the log is, is said for a task that is waited for.
fn log(step: &EcsTaskStep, diagnostics: &mut Diagnostics) {
    LOG_GROUP.check(step.log_group.as_ref(), diagnostics);
    STREAM_PREFIX.check(step.log_prefix.as_ref(), diagnostics);
    let leaves = step.wait.as_ref().filter(|wait| !wait.value);
    if let (Some(group), Some(wait)) = (&step.log_group, leaves) {
        let because = Some((wait.span, "here"));
        diagnostics.push(unused("log_group", group.span, "nobody waits for its lines", because));
    }
    if let (Some(prefix), None) = (&step.log_prefix, &step.log_group) {
        diagnostics.push(unused("log_prefix", prefix.span, "no `log_group` is named", None));
    }
}
