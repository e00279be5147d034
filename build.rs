//! Links the programs with GNU's linker where it is there.
//!
//! Rust's own linker keeps the tables of landing pads of functions that it drops, two megabytes of `dagc-worker`, which each
//! worker has to fetch: it marks them all as needed (LLVM's `MarkLive.cpp`, `scanEhFrameSection`).

use std::env;
use std::process::{Command, Stdio};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is_at_home = env::var("HOST").ok() == env::var("TARGET").ok();
    let is_gnu = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux")
        && env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|libc| libc == "gnu");
    // Whoever names a linker, as cross compilers do, has it.
    let is_chosen = env::var_os("RUSTC_LINKER").is_some();
    if is_at_home && is_gnu && !is_chosen && is_there("ld.bfd") {
        println!("cargo::rustc-link-arg-bins=-fuse-ld=bfd");
        // As Go's programs are: where all addresses are known, none has to be written when a worker starts.
        println!("cargo::rustc-link-arg-bin=dagc-worker=-no-pie");
    }
}

fn is_there(linker: &str) -> bool {
    let mut asked = Command::new(linker);
    asked.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}
