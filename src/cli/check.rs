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
    let environments = environments(args.env.as_ref(), Environments::All);
    let mut session = Session::open(global, &environments, &args.select)?;
    let exit = session.report(printer, args.format)?;
    if exit == Exit::Done {
        let count = session.selected;
        let environments = session.compiled.plans.len();
        printer.status(&format!(
            "{count} pipeline{} checked in {environments} environment{}",
            super::plural(count),
            super::plural(environments)
        ))?;
    }
    Ok(exit)
}
