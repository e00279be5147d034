//! `dagc iam`: the policies of IAM that a plan needs.

use super::session::{Session, environments};
use super::told::Told;
use super::{Exit, Global};
use crate::compile::{Environments, Goal};
use crate::emit::iam::draft;
use crate::ui::Printer;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct IamArgs {
    #[command(flatten)]
    select: super::select::Select,
    /// The environment; the project's first one when absent
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Print the policies, by who needs them, as JSON; nothing is sent to AWS
    #[arg(long, required = true)]
    draft: bool,
    /// The account; that of Glue's roles when absent
    #[arg(long, value_name = "NUMBER", value_parser = account)]
    account: Option<String>,
}

pub(super) fn run(args: &IamArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let environments = environments(args.env.as_ref(), Environments::Default);
    let mut session = Session::open(global, &environments, Goal::Plans, &args.select)?;
    let exit = session.report(printer, &mut Told::default())?;
    for plan in &session.compiled.plans {
        let draft = draft(plan, args.account.as_deref());
        printer.data(&format!("{}\n", serde_json::to_string_pretty(&draft)?))?;
        draft.unknown.iter().try_for_each(|sentence| printer.status(&format!("note: {sentence}")))?;
    }
    Ok(exit)
}

fn account(text: &str) -> Result<String, String> {
    let is_one = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_one.then(|| text.to_owned()).ok_or_else(|| "an account has twelve digits".to_owned())
}
