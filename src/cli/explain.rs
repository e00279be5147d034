//! `dagc explain CODE`: what a finding means, why it matters, how it is cured.

use super::Exit;
use crate::diagnostic::{Code, nearest};
use crate::ui::Printer;
use anyhow::bail;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The code, as it stands in brackets behind `error`; none lists all codes
    code: Option<String>,
}

pub(super) fn run(args: &ExplainArgs, printer: Printer) -> anyhow::Result<Exit> {
    let Some(name) = &args.code else {
        let rows = Code::ALL.iter().map(|code| format!("{:<26}{}\n", code.name(), code.severity().as_str()));
        printer.data(&rows.collect::<String>())?;
        return Ok(Exit::Done);
    };
    match Code::find(name) {
        Some(code) => {
            printer.data(code.explanation())?;
            Ok(Exit::Done)
        }
        None => match nearest(name, Code::ALL.iter().map(|code| code.name())) {
            Some(near) => bail!("there is no code `{name}`; did you mean `{near}`?"),
            None => bail!("there is no code `{name}`; `dagc explain` lists them"),
        },
    }
}
