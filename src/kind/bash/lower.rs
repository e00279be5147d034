//! A command, or a script that is published with the DAG.

use super::BashStep;
use crate::kind::contract::{Lowered, Lowering};
use crate::plan::{Bash, Work};

pub(super) fn lower(step: &BashStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let script = match &step.script {
        Some(path) => {
            let file = cx.task.file(path.span)?;
            Some((file.path.clone(), std::str::from_utf8(&file.content).ok()?.into()))
        }
        None => None,
    };
    let env = step.env.iter().flat_map(|env| &env.0);
    Some(Lowered::work(Work::Bash(Bash {
        command: step.command.as_ref().map(|command| cx.template(&command.value)),
        script,
        env: env.map(|(name, value)| (name.value.clone(), cx.template(&value.value))).collect(),
    })))
}
