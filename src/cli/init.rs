//! `dagc init`: makes a project with an example that builds at once.

use super::{Exit, Global};
use crate::spec::decode::Leaf;
use crate::spec::leaf::{AirflowVersion, check_name};
use crate::ui::Printer;
use crate::yaml::{Scalar, Style};
use anyhow::{Context, bail};
use clap::Args;
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
    let name = match &args.name {
        Some(name) => name.clone(),
        None => name_of(&args.dir)?,
    };
    check_name(&name).map_err(|error| said(error.message, error.help)).context("`--name`")?;
    let version = airflow(&args.airflow)?;
    let files = files(&name, &version.to_string());
    let there: Vec<&str> =
        files.iter().map(|(path, _)| *path).filter(|path| args.dir.join(path).exists()).collect();
    if !there.is_empty() {
        bail!("{} has {} already; nothing was written", args.dir.display(), there.join(", "));
    }
    for (path, text) in &files {
        write(&args.dir.join(path), text).with_context(|| format!("failed to write {path}"))?;
    }
    printer.status(&format!("project `{name}` in {}: {} files", args.dir.display(), files.len()))?;
    let place =
        if args.dir == Path::new(".") { String::new() } else { format!("cd {}, ", args.dir.display()) };
    printer.status(&format!("next: {place}dagc check, dagc build; README.md goes on from there"))?;
    Ok(Exit::Done)
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
    use std::io::Write as _;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::File::create_new(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Environments, compile};

    #[test]
    fn what_it_writes_compiles_without_findings() {
        for (name, version) in [("shop", "2.9"), ("my-shop_2", "2.11"), ("shop", "3.0"), ("shop", "3.3")] {
            let folder = tempfile::tempdir().unwrap();
            for (path, text) in files(name, version) {
                assert!(
                    !["@project@", "@resource@", "@airflow@"].iter().any(|hole| text.contains(hole)),
                    "{path}"
                );
                write(&folder.path().join(path), &text).unwrap();
            }
            let loaded = crate::load::load(folder.path()).unwrap();
            let compiled = compile(&loaded, &Environments::All);
            let findings: Vec<_> =
                compiled.diagnostics.into_sorted().into_iter().map(|finding| finding.message).collect();
            assert!(findings.is_empty(), "{name} {version}: {findings:#?}");
            assert_eq!(compiled.plans.len(), 2);
            for plan in &compiled.plans {
                assert_eq!(plan.environment.airflow.to_string(), version);
                assert_eq!(plan.pipelines[0].tasks().len(), 6);
            }
        }
    }

    #[test]
    fn a_folder_gives_a_name() {
        for (folder, expected) in [
            ("/x/shop", Some("shop")),
            ("/x/My Shop", Some("my-shop")),
            ("/x/2024-etl", Some("etl")),
            ("/", None),
        ] {
            assert_eq!(name_of(Path::new(folder)).ok().as_deref(), expected, "{folder}");
        }
    }
}
