//! `dagc graph`: shows which task comes after which, and why.

use super::session::{Session, environments};
use super::told::Told;
use super::{Exit, Global};
use crate::compile::{Environments, Goal};
use crate::ui::Printer;
use crate::ui::graph::{GraphFormat, render};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct GraphArgs {
    #[command(flatten)]
    select: super::select::Select,
    /// The environment; the project's first one when absent
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// How the graph is written
    #[arg(long, value_name = "FORMAT", default_value = "tree")]
    format: GraphFormat,
}

pub(super) fn run(args: &GraphArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let environments = environments(args.env.as_ref(), Environments::Default);
    let mut session = Session::open(global, &environments, Goal::Plans, &args.select)?;
    let exit = session.report(printer, &mut Told::default())?;
    for plan in &session.compiled.plans {
        printer.data(&render(plan, args.format))?;
    }
    Ok(exit)
}
