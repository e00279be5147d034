//! What compiling costs at 10, 1,000 and 10,000 pipelines of ten steps: `cargo bench --bench compile`.
//!
//! Each figure is the median of several runs on a warm page cache. The stages run in this process; the
//! builds are whole processes of the `dagc` command, start-up and writing included. Sizes may be given as
//! arguments: `cargo bench --bench compile -- 100 5000`.

mod project;

use dagc::compile::{Environments, compile};
use dagc::diagnostic::Diagnostics;
use rayon::prelude::*;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut sizes: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10, 1_000, 10_000];
    }
    println!("milliseconds, medians; {} threads", rayon::current_num_threads());
    println!(
        "{:>9} {:>8} {:>8} {:>8} {:>8} {:>11} {:>11}",
        "pipelines", "load", "parse", "compile", "emit", "build cold", "build no-op"
    );
    for size in sizes {
        measure(size)?;
    }
    Ok(())
}

fn measure(size: usize) -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let root = folder.path();
    project::write(root, size)?;
    let runs = if size > 1_000 { 5 } else { 11 };

    let load = median(runs, || dagc::load::load(root));
    let files = dagc::load::load(root)?;
    let parse = median(runs, || {
        files
            .pipelines
            .par_iter()
            .map(|file| dagc::yaml::parse(&files.sources, *file, &mut Diagnostics::default()))
            .collect::<Vec<_>>()
    });
    let whole = median(runs, || compile(&files, &Environments::Default));
    let compiled = compile(&files, &Environments::Default);
    let plan = compiled.plans.first().ok_or("the project has errors")?;
    let emit = median(runs, || dagc::emit::artifacts(plan));
    let cold = builds(root, runs, true)?;
    let idle = builds(root, runs, false)?;
    println!(
        "{size:>9} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>11.1} {:>11.1}",
        millis(load),
        millis(parse),
        millis(whole),
        millis(emit),
        millis(cold),
        millis(idle),
    );
    Ok(())
}

/// Builds with the command; a cold one has no output and no cache to begin with.
fn builds(root: &Path, runs: usize, cold: bool) -> Result<Duration, Box<dyn std::error::Error>> {
    let mut times = Vec::new();
    for _ in 0..runs {
        if cold {
            for folder in ["generated", ".dagc"] {
                let _ = std::fs::remove_dir_all(root.join(folder));
            }
        }
        let start = Instant::now();
        let status = Command::new(env!("CARGO_BIN_EXE_dagc"))
            .arg("--project")
            .arg(root)
            .args(["--quiet", "build"])
            .stdout(Stdio::null())
            .status()?;
        times.push(start.elapsed());
        if !status.success() {
            return Err("dagc build failed".into());
        }
    }
    times.sort();
    Ok(times[times.len() / 2])
}

fn median<T>(runs: usize, mut work: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            let result = work();
            let time = start.elapsed();
            drop(result);
            time
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
