//! The `dagc` command; all of it is in [`dagc::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    dagc::cli::main()
}
