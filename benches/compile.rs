//! What compiling costs at 10, 1,000 and 10,000 pipelines of ten steps: `cargo bench --bench compile`.
//!
//! The first table has the stages, which run in this process one after the other, and whole builds, which
//! are processes of the `dagc` command. `check` is all between parsing and planning. Below each line of wall
//! times stands the CPU time of all threads, as the kernel counts it: in steps of ten milliseconds. The second
//! table has projects of unusual shapes, at one size and at twice that: what takes four times as long there is
//! a mistake, but for appends and their readers, of which each comes after each. Every figure is the least of
//! several runs with the files in the page cache, since whatever else the machine does only adds to it. Sizes may
//! be given as arguments, other shapes are left out then:
//! `cargo bench --bench compile -- 100 5000`. Projects are written to the system's temporary folder; with
//! `TMPDIR=/dev/shm` they are in memory.

mod project;

use dagc::compile::{Environments, Goal, compile, compile_some};
use dagc::diagnostic::Diagnostics;
use dagc::text::ProjectFiles;
use dagc::write::{Foreign, apply};
use dagc::yaml::Node;
use project::Shape;
use rayon::prelude::*;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The one that the command has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    // Cargo hands `--bench` on.
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    let mut sizes = Vec::new();
    for word in words {
        sizes.push(word.parse().map_err(|_| format!("`{word}` is no number of pipelines"))?);
    }
    let is_default = sizes.is_empty();
    if is_default {
        sizes = vec![10, 1_000, 10_000];
    }
    println!(
        "milliseconds, the least of several runs; {} threads; in {}",
        rayon::current_num_threads(),
        std::env::temp_dir().display()
    );
    println!(
        "\n{:>9} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>11} {:>11}",
        "pipelines", "load", "parse", "check", "plan", "emit", "write", "build cold", "build no-op"
    );
    for size in sizes {
        stages(size)?;
    }
    if is_default {
        println!(
            "\n{:<40} {:>7} {:>9} {:>9} {:>9} {:>9}",
            "build cold", "size", "once", "twice", "CPU once", "CPU twice"
        );
        for shape in Shape::UNUSUAL {
            shapes(*shape)?;
        }
    }
    Ok(())
}

/// Prints the line of one size.
fn stages(size: usize) -> Outcome {
    let folder = tempfile::tempdir()?;
    let root = folder.path();
    project::write(root, Shape::Usual, size)?;
    let runs = if size > 1_000 { 5 } else { 11 };

    let files = dagc::load::load(root)?;
    let compiled = compile(&files, &Environments::Default);
    let plan = compiled.plans.first().ok_or("the project has errors")?;
    let artifacts = dagc::emit::artifacts(plan);
    let output = root.join("written");

    let nothing = || ();
    let load = least(runs, nothing, || Ok(dagc::load::load(root)?))?;
    let parse = least(runs, nothing, || Ok(parse(&files)))?;
    let find = || Ok(compile_some(&files, &Environments::Default, Goal::Findings, &|_| true));
    let checked = least(runs, nothing, find)?;
    let planned = least(runs, nothing, || Ok(compile(&files, &Environments::Default)))?;
    let emit = least(runs, nothing, || Ok(dagc::emit::artifacts(plan)))?;
    let write = least(runs, || remove(root, "written"), || Ok(apply(&output, &artifacts, Foreign::Refuse)?))?;
    let cold = least(runs, || forget(root), || build(root, Shape::Usual))?;
    let idle = least(runs, nothing, || build(root, Shape::Usual))?;
    let check = checked.less(&parse);
    let plan = planned.less(&checked);
    let costs = [&load, &parse, &check, &plan, &emit, &write, &cold, &idle];
    line(&size.to_string(), &costs.map(|cost| cost.wall));
    line("CPU", &costs.map(|cost| cost.cpu));
    Ok(())
}

/// Prints the stages and the builds.
fn line(name: &str, times: &[Duration; 8]) {
    let [load, parse, check, plan, emit, write, cold, idle] = times.map(millis);
    println!(
        "{name:>9} {load:>7.1} {parse:>7.1} {check:>7.1} {plan:>7.1} {emit:>7.1} {write:>7.1} {cold:>11.1} {idle:>11.1}"
    );
}

fn parse(files: &ProjectFiles) -> Vec<Option<Node>> {
    let one = |file| dagc::yaml::parse(&files.sources, file, &mut Diagnostics::default());
    files.pipelines.par_iter().map(|file| one(*file)).collect()
}

/// Prints the line of one shape.
fn shapes(shape: Shape) -> Outcome {
    let mut costs = Vec::new();
    for size in [shape.size(), 2 * shape.size()] {
        let folder = tempfile::tempdir()?;
        project::write(folder.path(), shape, size)?;
        costs.push(least(5, || forget(folder.path()), || build(folder.path(), shape))?);
    }
    let [once, twice] = [&costs[0], &costs[1]];
    println!(
        "{:<40} {:>7} {:>9.1} {:>9.1} {:>9.1} {:>9.1}",
        shape.describe(),
        shape.size(),
        millis(once.wall),
        millis(twice.wall),
        millis(once.cpu),
        millis(twice.cpu),
    );
    Ok(())
}

/// Runs the command as a user does.
fn build(root: &Path, shape: Shape) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_dagc"))
        .arg("--project")
        .arg(root)
        .args(["--quiet", "build"])
        .stdin(Stdio::null())
        .output()?;
    if output.status.code() == Some(shape.exit_code()) {
        return Ok(());
    }
    Err(format!("dagc build ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr))
        .into())
}

/// Takes away all that a build has made.
fn forget(root: &Path) {
    remove(root, "generated");
    remove(root, ".dagc");
}

/// Moves a folder aside: to write files where many have just been removed takes ext4 several times as long.
fn remove(root: &Path, folder: &str) {
    let old = root.join("old");
    let count = std::fs::read_dir(&old).map_or(0, Iterator::count);
    // There is none before the first run.
    let _ = std::fs::create_dir_all(&old)
        .and_then(|()| std::fs::rename(root.join(folder), old.join(count.to_string())));
}

/// What some work takes.
struct Cost {
    wall: Duration,
    cpu: Duration,
}

impl Cost {
    /// Takes away what a part of it costs.
    fn less(&self, part: &Self) -> Self {
        Self { wall: self.wall.saturating_sub(part.wall), cpu: self.cpu.saturating_sub(part.cpu) }
    }
}

/// Measures work before which something is prepared. What it gives is freed outside of the measured time.
fn least<T>(runs: usize, prepare: impl Fn(), work: impl Fn() -> Outcome<T>) -> Outcome<Cost> {
    let mut least = Cost { wall: Duration::MAX, cpu: Duration::MAX };
    for _ in 0..runs {
        prepare();
        let (start, before) = (Instant::now(), cpu_time()?);
        let result = work();
        least.wall = least.wall.min(start.elapsed());
        least.cpu = least.cpu.min(cpu_time()?.saturating_sub(before));
        result?;
    }
    Ok(least)
}

/// Reads the CPU time of this process and of the children that have ended.
fn cpu_time() -> Outcome<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The second field is the program's name, in parentheses; the first behind it is the third.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: u64 = fields.split_whitespace().skip(11).take(4).flat_map(str::parse::<u64>).sum();
    Ok(Duration::from_millis(10 * ticks))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
