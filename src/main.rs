//! The `dagc` command; all of it is in [`dagc::cli`].

use std::process::ExitCode;

/// Compiling makes many small values on all cores, for which glibc's allocator costs more than a third of
/// the time. The worker keeps that one: it allocates little, and memory counts there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    dagc::cli::main()
}
