//! The task that is run.

use super::{EcsTaskStep, NetworkSpec};
use crate::kind::contract::{Lowered, Lowering};
use crate::plan::{Job, Work};
use crate::service::ecs_task::job::{ContainerLog, Network, RunTask};
use crate::text::Spanned;

pub(super) fn lower(step: &EcsTaskStep, cx: &Lowering<'_, '_>) -> Lowered {
    let text = |text: &Option<Spanned<String>>| text.as_ref().map(|text| text.value.clone());
    let env = step.env.iter().flat_map(|env| &env.0);
    Lowered::work(Work::Job(Job::RunTask(Box::new(RunTask {
        cluster: step.cluster().0,
        task_definition: step.task_definition.value.0.clone(),
        launch_type: step.launch_type.as_ref().map(|kind| kind.value.as_str().to_uppercase()),
        capacity_provider: text(&step.capacity_provider),
        network: step.network.as_ref().map(network),
        container: text(&step.container),
        command: step.command.iter().flatten().map(|word| cx.template(&word.value)).collect(),
        env: env.map(|(name, value)| (name.value.clone(), cx.template(&value.value))).collect(),
        cpu: step.cpu.as_ref().map(|units| units.value),
        memory: step.memory.as_ref().map(|mebibytes| mebibytes.value),
        task_role: step.role.as_ref().map(|role| role.value.0.clone()),
        log: text(&step.log_group)
            .filter(|_| step.wait())
            .map(|group| ContainerLog { group, prefix: step.log_prefix() }),
        no_wait: !step.wait(),
    }))))
}

fn network(network: &NetworkSpec) -> Network {
    let texts = |texts: &[Spanned<String>]| texts.iter().map(|text| text.value.clone()).collect();
    Network {
        subnets: texts(&network.subnets),
        security_groups: texts(network.security_groups.as_deref().unwrap_or_default()),
        public_ip: network.public_ip(),
    }
}
