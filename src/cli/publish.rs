//! `dagc publish`: sends the DAG files, and what they need, to Airflow.

use super::session::{Session, environments, no_file};
use super::told::Told;
use super::{Exit, Global};
use crate::aws::s3::Buckets;
use crate::aws::{Settings, connect};
use crate::compile::{Environments, Goal};
use crate::emit::artifacts;
use crate::plan::ProjectPlan;
use crate::publish::{Clients, Event, Input, Options, Report, Worker, apply, propose, target};
use crate::ui::progress::Progress;
use crate::ui::{Printer, changes};
use crate::write::compare;
use anyhow::bail;
use clap::Args;
use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::sync::Arc;
use std::task::Poll;
use tokio::signal::unix::{Signal, SignalKind, signal};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct PublishArgs {
    #[command(flatten)]
    select: super::select::Select,
    /// The environment; the project's first one when absent
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Send nothing; say what would be done
    #[arg(long)]
    dry_run: bool,
    /// A folder on this machine instead of MWAA's bucket; Glue jobs and crawlers are left alone
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Where `dagc build --output` has written
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// The binary for the workers; `dagc-worker` beside this program when absent
    #[arg(long, value_name = "FILE")]
    worker: Option<PathBuf>,
    /// Replace files, jobs and crawlers that this project does not own
    #[arg(long)]
    adopt: bool,
    /// Remove all that was published, when no pipeline is left
    #[arg(long)]
    remove_all: bool,
    /// Do not wait for the lease of another publisher, who must be dead
    #[arg(long)]
    takeover: bool,
}

pub(super) fn run(args: PublishArgs, global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    no_file("--to", args.to.as_deref())?;
    no_file("--output", args.output.as_deref())?;
    let environments = environments(args.env.as_ref(), Environments::Default);
    let mut session = Session::open(global, &environments, Goal::Plans, &args.select)?;
    let exit = session.report(printer, &mut Told::default())?;
    let Some(plan) = session.compiled.plans.first() else { return Ok(exit) };
    let artifacts = artifacts(plan);
    // What was reviewed is what is sent.
    if !compare(&session.output(plan, args.output.as_deref()), &artifacts)?.is_none() {
        bail!(
            "the generated files of `{}` are stale; run `dagc build`, look at them, publish again",
            plan.environment.name
        );
    }
    session.say_links(printer)?;
    let worker = match &args.worker {
        Some(path) => Worker::read(path)?,
        None => Worker::beside_this_program()?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(publish(args, plan, Input { plan, artifacts: &artifacts, worker: &worker }, printer))
}

async fn publish(
    args: PublishArgs,
    plan: &ProjectPlan,
    input: Input<'_>,
    printer: Printer,
) -> anyhow::Result<Exit> {
    let config = connect(&Settings { region: plan.environment.region.clone(), ..Settings::default() }).await;
    let clients = Clients {
        s3: Arc::new(Buckets::new(&config)),
        glue: aws_sdk_glue::Client::new(&config),
        mwaa: aws_sdk_mwaa::Client::new(&config),
    };
    let options = Options {
        by: whoami(),
        adopt: args.adopt,
        takeover: args.takeover,
        files_only: args.to.is_some(),
        remove_all: args.remove_all,
    };
    let progress = Progress::new(printer);
    let observer = |event: &Event| progress.show(event);
    let store = target(&clients, &plan.environment, args.to, &observer).await?;
    let proposal = propose(&clients, &store, input, &options).await?;
    if args.dry_run {
        printer.data(&changes::render(&proposal, &store.to_string()))?;
        return Ok(Exit::Done);
    }
    let interrupted = interrupts();
    let report = Box::pin(apply(proposal, &clients, &store, &options, &observer, interrupted)).await?;
    progress.finish();
    printer.status(&summary(&report, &store.to_string()))?;
    Ok(Exit::Done)
}

/// Is ready when a person or a system ends this program; listens from here on. Without a handler a signal ends the
/// process by itself, and its lease stays until it runs out.
fn interrupts() -> impl Future<Output = ()> {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let listening = kinds.into_iter().filter(|kind| !is_ignored(*kind)).filter_map(|kind| signal(kind).ok());
    let mut signals: Vec<Signal> = listening.collect();
    poll_fn(move |context| {
        let is_sent = |signal: &mut Signal| signal.poll_recv(context).is_ready();
        if signals.iter_mut().any(is_sent) { Poll::Ready(()) } else { Poll::Pending }
    })
}

/// Says whether this program was begun with a signal ignored, as `nohup` does with that of a terminal that is closed.
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    (mask >> (kind.as_raw_value() - 1)) & 1 == 1
}

fn summary(report: &Report, place: &str) -> String {
    if report.serial.is_none() {
        return format!("{place}: nothing to do, {} files are as they should be", report.unchanged);
    }
    format!(
        "{place}: {} files sent, {} removed, {} unchanged; {} scripts, {} jobs and crawlers",
        report.sent, report.removed, report.unchanged, report.assets, report.resources
    )
}

/// Says who publishes, for the people who find the lease.
fn whoami() -> String {
    let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
    let user = variable("USER").or_else(|| variable("LOGNAME")).unwrap_or_else(|| "unknown".to_owned());
    let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
    format!("{user}@{}", host.trim())
}
