//! `dagc init`: makes a project with an example that builds at once.
//!
//! What a fresh clone has already stays: README.md and the settings of other tools as they are, `.gitignore` with
//! our lines at its end. The project is compiled before anything is written, so that no name is taken that none
//! can have.

use super::{Exit, Global};
use crate::compile::{Environments, compile};
use crate::diagnostic::Severity;
use crate::lang::decode::Leaf;
use crate::lang::value::{AirflowVersion, check_name};
use crate::load::stays_inside;
use crate::ui::Printer;
use crate::yaml::{Scalar, Style};
use anyhow::{Context, bail};
use clap::Args;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The files of a project, with `@...@` for what differs.
const FILES: &[(&str, &str)] = &[
    ("dagc.yaml", include_str!("init/dagc.yaml")),
    ("specs/orders_daily.yaml", include_str!("init/orders_daily.yaml")),
    ("specs/sql/tables.sql", include_str!("init/tables.sql")),
    ("specs/sql/daily_sales.sql", include_str!("init/daily_sales.sql")),
    ("specs/glue/clean_orders.py", include_str!("init/clean_orders.py")),
    ("README.md", include_str!("init/README.md")),
    (".gitignore", include_str!("init/gitignore")),
    (".pre-commit-config.yaml", include_str!("init/pre-commit-config.yaml")),
    (".github/workflows/pipelines.yaml", include_str!("init/workflow.yaml")),
];

/// Files that may be there already, and stay as they are.
const KEPT: &[&str] = &["README.md", ".pre-commit-config.yaml", ".github/workflows/pipelines.yaml"];

/// The file that is added to when it is there.
const IGNORED: &str = ".gitignore";

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The folder; it may have files already, none of which is replaced
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// The project's name; the folder's when absent
    #[arg(long)]
    name: Option<String>,
    /// The version of Airflow
    #[arg(long, value_name = "VERSION", default_value = "2.11")]
    airflow: String,
}

pub(super) fn run(args: &InitArgs, _global: &Global, printer: Printer) -> anyhow::Result<Exit> {
    if args.dir.exists() && !args.dir.is_dir() {
        bail!("{} is no folder; name one that is there, or a new one", args.dir.display());
    }
    let version = airflow(&args.airflow)?.to_string();
    let (name, files) = match &args.name {
        Some(name) => {
            check_name(name).map_err(|error| said(error.message, error.help)).context("`--name`")?;
            (name.clone(), checked(name, &version).context("`--name`")?)
        }
        None => named_after(&args.dir, &version)?,
    };
    refuse_outside(&args.dir, &files)?;
    let is_there = |path: &str| args.dir.join(path).symlink_metadata().is_ok();
    let in_the_way: Vec<&str> = files
        .iter()
        .map(|(path, _)| *path)
        .filter(|path| is_there(path) && *path != IGNORED && !KEPT.contains(path))
        .collect();
    if !in_the_way.is_empty() {
        bail!("{} has {} already; nothing was written", args.dir.display(), in_the_way.join(", "));
    }
    let mut written = 0;
    for (path, text) in &files {
        let file = args.dir.join(path);
        if !is_there(path) {
            write(&file, text).with_context(|| format!("failed to write {path}"))?;
            written += 1;
        } else if *path == IGNORED {
            add_lines(&file, text).with_context(|| format!("failed to add to {path}"))?;
            printer.status(&format!("{path} was there: what git should ignore of dagc's is at its end"))?;
        } else {
            printer.status(&format!("{path} was there, and stays as it is"))?;
        }
    }
    printer.status(&format!("project `{name}` in {}: {written} files", args.dir.display()))?;
    let place = if args.dir == Path::new(".") {
        String::new()
    } else {
        format!("cd {}, ", quoted(&args.dir.display().to_string()))
    };
    printer.status(&format!("next: {place}dagc check, dagc build; README.md goes on from there"))?;
    Ok(Exit::Done)
}

/// Writes a word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./+,@%".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Refuses to write where links lead out of the folder. What stays as it is may be a link to anywhere.
fn refuse_outside(dir: &Path, files: &[(&str, String)]) -> anyhow::Result<()> {
    if !dir.exists() {
        return Ok(());
    }
    for (path, _) in files {
        let file = dir.join(path);
        let stays = KEPT.contains(path) && file.symlink_metadata().is_ok();
        if !stays && !stays_inside(dir, &file).with_context(|| format!("failed to find {path}"))? {
            bail!(
                "{path} would be written outside of {}: a link on its way leads out; nothing was written",
                dir.display()
            );
        }
    }
    Ok(())
}

/// The name of a project and its files.
type Named = (String, Vec<(&'static str, String)>);

/// Names a project after its folder; where no project can be called so, with a word more.
fn named_after(dir: &Path, airflow: &str) -> anyhow::Result<Named> {
    let name = name_of(dir)?;
    match checked(&name, airflow) {
        Ok(files) => Ok((name, files)),
        Err(error) => {
            let longer = format!("{name}-pipelines");
            let files = checked(&longer, airflow).map_err(|_| error).context("name it with `--name`")?;
            Ok((longer, files))
        }
    }
}

/// Returns the files of a project that compiles; says why there is none of this name.
fn checked(name: &str, airflow: &str) -> anyhow::Result<Vec<(&'static str, String)>> {
    let files = files(name, airflow);
    let folder = tempfile::tempdir().context("failed to make a temporary folder")?;
    for (path, text) in &files {
        write(&folder.path().join(path), text).with_context(|| format!("failed to write {path}"))?;
    }
    let loaded = crate::load::load(folder.path())?;
    let compiled = compile(&loaded, &Environments::All);
    let findings = compiled.diagnostics.into_sorted();
    let error = findings.into_iter().find(|finding| finding.code.severity() == Severity::Error);
    let Some(error) = error else { return Ok(files) };
    Err(said(format!("`{name}` cannot be the name of a project: {}", error.message), error.help))
}

/// Adds the lines to a file that it lacks.
fn add_lines(path: &Path, text: &str) -> std::io::Result<()> {
    let there = std::fs::read_to_string(path)?;
    let lacks = |line: &&str| !there.lines().any(|known| known.trim() == *line);
    let missing: Vec<&str> = text.lines().filter(lacks).collect();
    if missing.iter().all(|line| line.starts_with('#')) {
        return Ok(());
    }
    let gap = if there.is_empty() || there.ends_with('\n') { "" } else { "\n" };
    let mut file = std::fs::File::options().append(true).open(path)?;
    file.write_all(format!("{gap}{}\n", missing.join("\n")).as_bytes())
}

/// Returns the files of a project.
fn files(name: &str, airflow: &str) -> Vec<(&'static str, String)> {
    // Buckets have neither capitals nor underscores in their names.
    let resource = name.to_lowercase().replace('_', "-");
    let fill = |text: &str| {
        text.replace("@project@", name).replace("@resource@", &resource).replace("@airflow@", airflow)
    };
    FILES.iter().map(|(path, text)| (*path, fill(text))).collect()
}

/// Makes a name of the folder's: what cannot stand in a name becomes `-`.
fn name_of(dir: &Path) -> anyhow::Result<String> {
    let full = std::path::absolute(dir).with_context(|| format!("failed to find {}", dir.display()))?;
    let folder = full.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name: String = folder
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
        .collect();
    let name = name.trim_matches('-').trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    if name.is_empty() {
        bail!("`{folder}` gives no name for the project; name it with `--name`");
    }
    Ok(name.to_owned())
}

fn airflow(text: &str) -> anyhow::Result<AirflowVersion> {
    let scalar = Scalar { text: text.to_owned(), style: Style::Plain, expanded: false };
    AirflowVersion::leaf(&scalar).map_err(|error| said(error.message, error.help)).context("`--airflow`")
}

fn said(message: String, help: Option<String>) -> anyhow::Error {
    match help {
        Some(help) => anyhow::anyhow!("{message}; {help}"),
        None => anyhow::anyhow!(message),
    }
}

/// Writes a file that must not be there.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::File::create_new(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests;
