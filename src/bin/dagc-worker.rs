//! `dagc-worker`: the part of dagc that goes to Airflow's workers, `exec` alone.

use clap::{Parser, Subcommand};
use dagc::cli::exec::{ExecArgs, run};
use dagc::exec::Exit;
use std::process::ExitCode;

/// Runs tasks of pipelines made by dagc
/// By these words publishing knows this program from others.
const MARK: &str = "The program that each task of a dagc DAG runs";

#[derive(Parser)]
#[command(name = "dagc-worker", version, about = MARK)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs one task of a plan, which the environment variables DAGC_... describe
    Exec(ExecArgs),
}

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(Arguments { command: Command::Exec(arguments) }) => run(&arguments),
        Err(error) => {
            let is_wrong = error.use_stderr();
            // Nobody may be reading.
            let _ = error.print();
            ExitCode::from(if is_wrong { Exit::Usage.code() } else { Exit::Done.code() })
        }
    }
}
