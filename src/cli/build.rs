//! `dagc build`: writes the DAG files, or says what is stale.

use super::session::{Session, environments, root};
use super::{Exit, Global};
use crate::cache::{Recalled, recall};
use crate::compile::Environments;
use crate::emit::artifacts;
use crate::ui::{Format, Printer};
use crate::write::{BuildLock, Difference, Foreign, apply, compare};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    /// Only this environment
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Write nothing; say what is stale, and exit with 1 if anything is
    #[arg(long)]
    check: bool,
    /// Replace files that dagc did not make
    #[arg(long, conflicts_with = "check")]
    force: bool,
    /// The folder to write to, instead of the project's
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// The form of the findings
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

pub(super) fn run(args: &BuildArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    let root = root(&global.project)?;
    // Before anything is read, so that no build writes what is older than another one's.
    let _lock = BuildLock::acquire(&root, || {
        // A wait that nobody hears of is no error.
        let _ = printer.status("waiting for another build of this project");
    })?;
    let key = format!("{:?} {:?}", args.env, args.output);
    let pending = match recall(&root, &key)? {
        Recalled::Fresh { files } => {
            printer.status(&format!("nothing to do: {files} files are as they should be"))?;
            return Ok(Exit::Done);
        }
        Recalled::Unknown(pending) => pending,
    };
    let mut session = Session::open(global, &environments(args.env.as_ref(), Environments::All))?;
    let is_silent = session.compiled.diagnostics.is_empty();
    let exit = session.report(printer, args.format)?;
    if exit != Exit::Done {
        return Ok(exit);
    }
    let mut outputs = Vec::new();
    let mut is_stale = false;
    for plan in &session.compiled.plans {
        let folder = session.output(plan, args.output.as_deref());
        let artifacts = artifacts(plan);
        let name = &plan.environment.name;
        if args.check {
            let difference = compare(&folder, &artifacts)?;
            is_stale |= !difference.is_none();
            stale(&difference, name, printer)?;
        } else {
            let foreign = if args.force { Foreign::Replace } else { Foreign::Refuse };
            let difference = apply(&folder, &artifacts, foreign)?;
            printer.status(&summary(&difference, name))?;
        }
        outputs.push((folder, artifacts));
    }
    if is_stale {
        printer.error("generated files are stale", Some("run `dagc build` and commit what it writes"))?;
    }
    if is_stale {
        return Ok(Exit::Findings);
    }
    // A build with warnings is not remembered, so that the next one shows them again.
    if is_silent {
        let outputs: Vec<_> = outputs.iter().map(|(folder, made)| (folder.clone(), made)).collect();
        pending.remember(&session.files, &outputs)?;
    }
    Ok(Exit::Done)
}

/// Names every file that is not as it should be.
fn stale(difference: &Difference, environment: &str, printer: Printer) -> anyhow::Result<()> {
    let lists = [
        ("missing", &difference.missing),
        ("changed", &difference.changed),
        ("superfluous", &difference.superfluous),
        ("not made by dagc", &difference.foreign),
    ];
    for (what, paths) in lists {
        for path in paths {
            printer.data(&format!("{environment}/{path}: {what}\n"))?;
        }
    }
    Ok(())
}

fn summary(difference: &Difference, environment: &str) -> String {
    let written = difference.missing.len() + difference.changed.len() + difference.foreign.len();
    format!(
        "{environment}: {written} file{} written, {} removed, {} unchanged",
        super::plural(written),
        difference.superfluous.len(),
        difference.unchanged
    )
}
