//! `dagc check`: finds mistakes, in every environment.

use super::session::{Session, environments};
use super::{Exit, Global};
use crate::compile::Environments;
use crate::ui::{Format, Printer};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    select: super::select::Select,
    /// Only this environment
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// The form of the findings
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

pub(super) fn run(args: &CheckArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let mut session = Session::open(global, &environments(args.env.as_ref(), Environments::All))?;
    let hidden = args.select.unselected_files(&session.compiled)?;
    let exit =
        session.report_only(printer, args.format, |finding| !hidden.contains(&finding.primary.span.file))?;
    if exit == Exit::Done {
        let count = session.compiled.pipelines.len() - hidden.len();
        let environments = session.compiled.plans.len();
        printer.status(&format!(
            "{count} pipeline{} checked in {environments} environment{}",
            super::plural(count),
            super::plural(environments)
        ))?;
    }
    Ok(exit)
}
