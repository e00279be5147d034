//! `dagc show`: a pipeline with everything filled in: what each task will really do, as YAML; or the whole plan, as
//! JSON.

use super::session::{Session, environments};
use super::told::Told;
use super::{Exit, Global};
use crate::compile::{Environments, Goal};
use crate::ui::Printer;
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    select: super::select::Select,
    /// The environment; the project's first one when absent
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// What is shown: the jobs of the tasks as YAML, or the whole plan of the project as JSON (docs/plan.md)
    #[arg(long, value_name = "FORMAT", default_value = "yaml")]
    format: ShowFormat,
}

/// How a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    /// The jobs of the tasks, a document a pipeline
    Yaml,
    /// The whole plan of the project
    Json,
}

pub(super) fn run(args: &ShowArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let environments = environments(args.env.as_ref(), Environments::Default);
    let mut session = Session::open(global, &environments, Goal::Plans, &args.select)?;
    let exit = session.report(printer, &mut Told::default())?;
    for project in &session.compiled.plans {
        if args.format == ShowFormat::Json {
            printer.data(&format!("{}\n", serde_json::to_string_pretty(project)?))?;
            continue;
        }
        for plan in &project.pipelines {
            printer.data("---\n")?;
            printer.data(&serde_yaml::to_string(&crate::emit::planned(project, plan))?)?;
        }
    }
    Ok(exit)
}
