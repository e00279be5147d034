//! `bash`: a command, or a script that is published with the DAG.

use super::{Context, Lowered};
use crate::lang::step::BashStep;
use crate::plan::{Bash, Work};
use crate::resolve::UserFile;

pub(super) fn lower(
    context: &Context<'_, '_>,
    step: &BashStep,
    script: Option<&UserFile>,
) -> Option<Lowered> {
    let script = match script {
        Some(file) => Some((file.path.clone(), std::str::from_utf8(&file.content).ok()?.into())),
        None => None,
    };
    let env = step.env.iter().flat_map(|env| &env.0);
    Some(Lowered::work(Work::Bash(Bash {
        command: step.command.as_ref().map(|command| context.template(&command.value)),
        script,
        env: env.map(|(name, value)| (name.value.clone(), context.template(&value.value))).collect(),
    })))
}
