//! `dagc show`: a pipeline with everything filled in, as YAML: what each task will really do.

use super::session::{Session, environments};
use super::told::Told;
use super::{Exit, Global};
use crate::compile::Environments;
use crate::ui::Printer;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    select: super::select::Select,
    /// The environment; the project's first one when absent
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
}

pub(super) fn run(args: &ShowArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let environments = environments(args.env.as_ref(), Environments::Default);
    let mut session = Session::open(global, &environments, &args.select)?;
    let exit = session.report(printer, &mut Told::default())?;
    for project in &session.compiled.plans {
        for plan in &project.pipelines {
            printer.data("---\n")?;
            printer.data(&serde_yaml::to_string(&crate::emit::planned(project, plan))?)?;
        }
    }
    Ok(exit)
}
