//! The command line: one thin file a command, one table of exit codes.

mod build;
mod check;
mod completions;
pub mod exec;
mod explain;
mod graph;
mod init;
mod publish;
mod schema;
mod select;
mod session;
mod show;

use crate::ui::{Color, Printer};
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Compiles data pipelines for Airflow on AWS, publishes them, and runs their tasks
#[derive(Debug, Parser)]
#[command(name = "dagc", version, max_term_width = 100)]
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
    /// Show what each task of a pipeline will really do, as YAML
    Show(show::ShowArgs),
    /// Explain a diagnostic code
    Explain(explain::ExplainArgs),
    /// Print the JSON Schema of the spec language, for editors
    Schema(schema::SchemaArgs),
    /// Run one task; this is what the DAG calls
    Exec(exec::ExecArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
}

/// How a command ended; `exec` has codes of its own, see [`crate::exec::Exit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Done.
    Done,
    /// The project has errors, or generated files are stale.
    Findings,
    /// It could not be done: the message says why.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::Findings => Self::from(1),
            Exit::Failed => Self::from(2),
        }
    }
}

/// Reads the arguments, runs the command, returns the exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let printer = Printer::new(cli.global.color, cli.global.quiet);
    let ended = match cli.command {
        Command::Init(args) => init::run(&args, &cli.global, printer),
        Command::Check(args) => check::run(&args, &cli.global, printer),
        Command::Build(args) => build::run(&args, &cli.global, printer),
        Command::Publish(args) => publish::run(args, &cli.global, printer),
        Command::Graph(args) => graph::run(&args, &cli.global, printer),
        Command::Show(args) => show::run(&args, &cli.global, printer),
        Command::Explain(args) => explain::run(&args, printer),
        Command::Schema(args) => schema::run(&args, printer),
        Command::Exec(args) => return exec::run(&args),
        Command::Completions(args) => completions::run(&args, printer),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            let hint = error.downcast_ref::<crate::publish::Error>().and_then(crate::publish::Error::hint);
            // Nobody may be reading; the exit code says it all the same.
            let _ = printer.error(&format!("{error:#}"), hint.as_deref());
            Exit::Failed.into()
        }
    }
}

/// Returns the plural's `s`.
fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
