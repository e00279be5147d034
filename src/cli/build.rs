//! `dagc build`: writes the DAG files, or says what is stale.

use super::session::{Session, environments, no_file, project_root};
use super::told::{Form, Told, telling};
use super::{Exit, Global};
use crate::cache::{Output, Recalled, look, recall};
use crate::compile::{Environments, Goal};
use crate::emit::{Artifacts, artifacts};
use crate::ui::Printer;
use crate::write::{
    Abandoned, BuildLock, Difference, Foreign, abandoned, apply, compare, keep_inside, remove,
};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    #[command(flatten)]
    select: super::select::Select,
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
    #[command(flatten)]
    form: Form,
}

pub(super) fn run(args: &BuildArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    telling(&args.form, printer, |told| build(args, global, printer, told))
}

fn build(args: &BuildArgs, global: &Global, printer: Printer, told: &mut Told) -> anyhow::Result<Exit> {
    no_file("--output", args.output.as_deref())?;
    let environments = environments(args.env.as_ref(), Environments::All);
    let Some(root) = project_root(&global.project)? else {
        return Session::open(global, &environments, Goal::Plans, &args.select)?.report(printer, told);
    };
    // Before anything is read, so that no build writes what is older than another one's. What only looks
    // writes nothing at all, not even a lock.
    let _lock = if args.check { BuildLock::share(&root) } else { Some(lock(&root, printer)?) };
    let key = format!("{:?} {:?} {:?}", args.env, args.output, args.select);
    let recalled = if args.check {
        look(&root, &key).map(|files| Recalled::Fresh { files })
    } else {
        Some(recall(&root, &key)?)
    };
    let pending = match recalled {
        Some(Recalled::Fresh { files }) => {
            printer.status(&format!("nothing to do: {files} files are as they should be"))?;
            return Ok(Exit::Done);
        }
        Some(Recalled::Unknown(pending)) => Some(pending),
        None => None,
    };
    let mut session = Session::open(global, &environments, Goal::Plans, &args.select)?;
    let is_silent = session.compiled.diagnostics.is_empty() && session.compiled.set_aside.is_empty();
    let exit = session.report(printer, told)?;
    if exit != Exit::Done {
        return Ok(exit);
    }
    if args.output.is_none() {
        for plan in &session.compiled.plans {
            keep_inside(&session.root, &session.output(plan, None))?;
        }
    }
    let made: Vec<(PathBuf, Artifacts)> = session
        .compiled
        .plans
        .iter()
        .map(|plan| (session.output(plan, args.output.as_deref()), artifacts(plan)))
        .collect();
    if args.check {
        return check(args, &session, &made, printer, told);
    }
    let foreign = if args.force { Foreign::Replace } else { Foreign::Refuse };
    let mut outputs = Vec::with_capacity(made.len());
    for (plan, (folder, artifacts)) in session.compiled.plans.iter().zip(made) {
        let difference = apply(&folder, &artifacts, foreign)?;
        printer.status(&summary(&difference, &plan.environment.name))?;
        outputs.push(Output { folder, artifacts, others: difference.others });
    }
    for Abandoned { environment, paths } in left_behind(args, &session)? {
        remove(&session.generated(), &paths)?;
        let count = paths.len();
        printer.status(&format!("{environment}: no environment any more, {count} files removed"))?;
    }
    session.say_links(printer)?;
    // A build with warnings is not remembered, so that the next one shows them again.
    if let (true, Some(pending)) = (is_silent, pending) {
        pending.remember(&session.files, &outputs)?;
    }
    // The process ends here: taking a large project apart first would only cost time.
    std::mem::forget((session, outputs));
    Ok(Exit::Done)
}

fn lock(root: &Path, printer: Printer) -> anyhow::Result<BuildLock> {
    let lock = BuildLock::acquire(root, || {
        // A wait that nobody hears of is no error.
        let _ = printer.status("waiting for another build of this project");
    })?;
    Ok(lock)
}

/// Says what is stale.
fn check(
    args: &BuildArgs,
    session: &Session,
    made: &[(PathBuf, Artifacts)],
    printer: Printer,
    told: &mut Told,
) -> anyhow::Result<Exit> {
    let mut is_stale = false;
    for (plan, (folder, artifacts)) in session.compiled.plans.iter().zip(made) {
        let difference = compare(folder, artifacts)?;
        is_stale |= !difference.is_none();
        stale(&difference, &plan.environment.name, printer, told)?;
    }
    for path in left_behind(args, session)?.iter().flat_map(|abandoned| &abandoned.paths) {
        is_stale = true;
        told.line(&format!("{path}: superfluous"), printer)?;
    }
    if is_stale {
        told.fail("generated files are stale", Some("run `dagc build` and commit what it writes"), printer)?;
        return Ok(Exit::Findings);
    }
    Ok(Exit::Done)
}

/// Finds what was made for environments that are no more, when all of the project is built in its own place.
fn left_behind(args: &BuildArgs, session: &Session) -> anyhow::Result<Vec<Abandoned>> {
    let is_all = args.env.is_none() && args.output.is_none() && args.select.is_all();
    match session.compiled.plans.first() {
        Some(plan) if is_all => {
            let folder = session.generated();
            Ok(abandoned(&folder, &plan.project, &plan.namespace, &session.compiled.environments)?)
        }
        _ => Ok(Vec::new()),
    }
}

/// Names every file that is not as it should be.
fn stale(
    difference: &Difference,
    environment: &str,
    printer: Printer,
    told: &mut Told,
) -> anyhow::Result<()> {
    let lists = [
        ("missing", &difference.missing),
        ("changed", &difference.changed),
        ("superfluous", &difference.superfluous),
        ("not made by dagc", &difference.foreign),
    ];
    for (what, paths) in lists {
        for path in paths {
            told.line(&format!("{environment}/{path}: {what}"), printer)?;
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
