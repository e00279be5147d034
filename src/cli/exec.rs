//! `exec`: runs one task of a plan. What DAG files call, in `dagc` and in `dagc-worker`.
//!
//! The task's log goes to stderr, where the operator tells errors and warnings by how lines begin; the last
//! line on stdout is the task's outputs as JSON.

use crate::exec::{self, Ended, Exit, Failure, Level, Log, RunContext, with_longer};
use clap::Args;
use std::io::Write;
use std::os::unix::process::parent_id;
use std::panic::{UnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// The arguments of `exec`.
#[derive(Args, Clone, Debug)]
pub struct ExecArgs {
    /// The plan file of the pipeline
    #[arg(long, value_name = "FILE")]
    pub plan: PathBuf,
    /// The task's id in the plan
    #[arg(long, value_name = "ID")]
    pub task: String,
    /// Send nothing; print what would be sent, filled in, as JSON
    #[arg(long)]
    pub render: bool,
}

/// Runs the task; the exit code is the one that the worker's page documents.
pub fn run(args: &ExecArgs) -> ExitCode {
    match guarded(args, || perform(args)) {
        Ok(ended) => {
            let (exit, outputs) = ended.into_parts();
            let line = serde_json::Value::Object(outputs).to_string();
            match writeln!(std::io::stdout(), "{line}") {
                Ok(()) => ExitCode::from(exit.code()),
                Err(error) => {
                    print(Level::Error, &format!("failed to write the outputs: {error}"));
                    ExitCode::from(Exit::Retry.code())
                }
            }
        }
        Err(failure) => {
            print(Level::Error, &failure.message);
            ExitCode::from(failure.exit.code())
        }
    }
}

/// Turns a panic into a failure. The panic itself has said on stderr where and why; what it knows of secrets
/// it cannot say, as their types do not print them.
fn guarded(
    args: &ExecArgs,
    task: impl FnOnce() -> Result<Ended, Failure> + UnwindSafe,
) -> Result<Ended, Failure> {
    catch_unwind(task).unwrap_or_else(|_| {
        let (task, plan) = (&args.task, args.plan.display());
        let message =
            format!("a bug in dagc, met in task `{task}` of {plan}: please report it with the lines above");
        Err(Failure { exit: Exit::Bug, message })
    })
}

fn perform(args: &ExecArgs) -> Result<Ended, Failure> {
    let parent = parent_id();
    let variables =
        with_longer(|name| std::env::var(name).ok(), || std::io::read_to_string(std::io::stdin()))?;
    let context = RunContext::read(variables)?;
    let (plan, task) = exec::read_plan(&args.plan, &args.task)?;
    if args.render {
        return Ok(Ended::Done(exec::shown(&task.job, &context.values(&plan)).into_json()));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::retry(format!("failed to start: {error}")))?;
    let ended = runtime.block_on(async {
        // From here on a signal no longer ends the process by itself.
        let failed = |error| Failure::retry(format!("failed to listen to signals: {error}"));
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        let log = Log::new(&print);
        tokio::select! {
            biased;
            ended = Box::pin(exec::perform(&plan, &task, &context, &log, stop)) => ended,
            () = orphaned(parent) => Err(Failure::retry(
                "the process that started this one is gone; a job that runs goes on, and the next attempt finds it",
            )),
        }
    });
    // What is still looked up in another thread, such as a name, is not waited for.
    runtime.shutdown_background();
    ended
}

/// How often the parent is looked for.
const PARENT_LOOKS: Duration = Duration::from_secs(3);

/// Is ready when the process that started this one has died. Airflow begins another attempt then, and this
/// one must start nothing beside it.
async fn orphaned(parent: u32) {
    while parent_id() == parent {
        tokio::time::sleep(PARENT_LOOKS).await;
    }
}

/// Set when nobody reads the log any more; the job goes on.
static IS_CLOSED: AtomicBool = AtomicBool::new(false);

fn print(level: Level, line: &str) {
    if IS_CLOSED.load(Ordering::Relaxed) {
        return;
    }
    let mark = match level {
        Level::Info => "",
        Level::Warning => "warning: ",
        Level::Error => "error: ",
        Level::Job => "| ",
    };
    if writeln!(std::io::stderr(), "{mark}{line}").is_err() {
        IS_CLOSED.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Outputs;

    #[test]
    fn a_panic_is_a_bug_and_nothing_else_is() {
        let args =
            ExecArgs { plan: PathBuf::from("plans/shop.json"), task: "load".to_owned(), render: false };
        let failure = guarded(&args, || panic!("told to")).unwrap_err();
        assert_eq!(failure.exit, Exit::Bug);
        assert!(failure.message.contains("task `load` of plans/shop.json"), "{}", failure.message);
        assert_eq!(guarded(&args, || Err(Failure::retry("later"))), Err(Failure::retry("later")));
        let done = || Ok(Ended::Done(Outputs::new()));
        assert_eq!(guarded(&args, done), done());
    }
}
