//! The command line: one thin file a command, one table of exit codes.

mod bug;
mod build;
mod check;
mod completions;
pub mod exec;
mod explain;
mod graph;
mod iam;
mod init;
mod publish;
mod schema;
mod select;
mod session;
mod show;
mod told;

use crate::ui::{Color, Printer};
pub use bug::tell_panics;
use clap::{Args, Parser, Subcommand};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;

/// Compiles data pipelines for Airflow on AWS, publishes them, and runs their tasks
#[derive(Debug, Parser)]
#[command(name = "dagc", version, max_term_width = 100, after_help = EXITS)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
struct Global {
    /// The project's folder, or one inside it
    #[arg(long, global = true, value_name = "DIR", default_value = ".", env = "DAGC_PROJECT")]
    project: PathBuf,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
    /// Say only what is wrong
    #[arg(short, long, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a project with an example that builds at once
    Init(init::InitArgs),
    /// Find mistakes, in every environment
    Check(check::CheckArgs),
    /// Write the DAG files
    Build(build::BuildArgs),
    /// Send the DAG files, and what they need, to Airflow
    Publish(publish::PublishArgs),
    /// Show which task comes after which, and why
    Graph(graph::GraphArgs),
    /// Show what each task of a pipeline will really do, as YAML, or the whole plan, as JSON
    Show(show::ShowArgs),
    /// Print the policies of IAM that a plan needs
    Iam(iam::IamArgs),
    /// Explain a diagnostic code
    Explain(explain::ExplainArgs),
    /// Print the JSON Schema of the spec language, for editors
    Schema(schema::SchemaArgs),
    /// Run one task; this is what the DAG calls
    Exec(exec::ExecArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
}

/// The exit codes, as `--help` tells them.
const EXITS: &str = "\
Exit codes:
  0   done
  1   the project has errors, or generated files are stale
  2   it could not be done, or the command line is wrong: the message says why
  70  a bug in dagc: the message says in which file it was met
`dagc exec` has more of them: https://github.com/dagc/dagc/blob/main/docs/worker.md";

/// How a command ended; `exec` has codes of its own, see [`crate::exec::Exit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Done.
    Done,
    /// The project has errors, or generated files are stale.
    Findings,
    /// It could not be done: the message says why. The same code as clap's for a wrong command line.
    Failed,
    /// A bug of dagc.
    Bug,
}

impl Exit {
    /// Returns the number.
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Findings => 1,
            Self::Failed => 2,
            Self::Bug => 70,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Reads the arguments, runs the command, returns the exit code.
pub fn main() -> ExitCode {
    tell_panics();
    let cli = Cli::parse();
    let printer = Printer::new(cli.global.color, cli.global.quiet);
    if let Command::Exec(args) = &cli.command {
        return exec::run(args);
    }
    let ended = catch_unwind(AssertUnwindSafe(|| run(cli, printer)));
    // Nobody may be reading what is said below; the exit code says it all the same.
    match ended {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(error)) => {
            let (message, hint) = words(&error);
            let _ = printer.error(&message, hint.as_deref());
            Exit::Failed.into()
        }
        Err(panic) => {
            let message = format!("a bug in dagc: {}", crate::diagnostic::message(panic.as_ref()));
            let _ = printer.error(&message, Some(bug::REPORT));
            Exit::Bug.into()
        }
    }
}

fn run(cli: Cli, printer: Printer) -> anyhow::Result<Exit> {
    let global = &cli.global;
    match cli.command {
        Command::Init(args) => init::run(&args, global, printer),
        Command::Check(args) => check::run(&args, global, printer),
        Command::Build(args) => build::run(&args, global, printer),
        Command::Publish(args) => publish::run(args, global, printer),
        Command::Graph(args) => graph::run(&args, global, printer),
        Command::Show(args) => show::run(&args, global, printer),
        Command::Iam(args) => iam::run(&args, global, printer),
        Command::Explain(args) => explain::run(&args, printer),
        Command::Schema(args) => schema::run(&args, printer),
        Command::Completions(args) => completions::run(&args, printer),
        // It has exit codes of its own, and was run above.
        Command::Exec(_) => Ok(Exit::Done),
    }
}

/// Returns what is said of an error, each cause once, and its cure.
fn words(error: &anyhow::Error) -> (String, Option<String>) {
    let message = error.chain().fold(String::new(), |said, cause| {
        let cause = cause.to_string();
        match () {
            () if said.is_empty() => cause,
            // A message may have told its cause already.
            () if said.contains(&cause) => said,
            () => format!("{said}: {cause}"),
        }
    });
    let hint = error.downcast_ref::<crate::publish::Error>().and_then(crate::publish::Error::hint);
    (message, hint)
}

/// Returns the plural's `s`.
fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each exit code stands in `--help` and in the README, and no other.
    #[test]
    fn the_exit_codes_are_documented() {
        const README: &str = include_str!("../../README.md");
        let ours = [Exit::Done, Exit::Findings, Exit::Failed, Exit::Bug].map(Exit::code);
        let number = |line: &str| line.split_whitespace().next()?.parse::<u8>().ok();
        let help: Vec<u8> = EXITS.lines().filter_map(|line| number(line.strip_prefix("  ")?)).collect();
        assert_eq!(help, ours);
        let readme: Vec<u8> = README.lines().filter_map(|line| number(line.strip_prefix("| ")?)).collect();
        assert_eq!(readme, ours);
    }

    #[test]
    fn a_cause_is_told_once() {
        let source = std::io::Error::other("no space left");
        let told_already = crate::load::LoadError::Read { path: "a.yaml".to_owned(), source };
        let error = anyhow::Error::new(told_already).context("while loading");
        assert_eq!(words(&error).0, "while loading: failed to read `a.yaml`: no space left");
    }
}
