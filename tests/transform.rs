//! The scripts that dagc makes of `transform`, on real Spark: rows in, rows out.
//!
//! The cases stand in `tests/transform/*.md`, each under a heading of its own. A `yaml` block is what the `glue_job` says;
//! a block of `` ```FORMAT NAME COLUMNS `` is a source with its rows, the first of them what the job reads where it does not
//! say it; a block of `expected` is what it has written, in any order, and `expected in order` in this one; `fails` is in the
//! message with which it ends instead. `columns` are those of the rows that it has written. `same` says that a second run
//! leaves the same rows. A source of `iceberg` is the table `lake.NAME`, and a job that writes one of Iceberg writes `lake.out`. One process of Spark runs them all.

use crate::python_tools::{RULES, environment, python_program, ruff};
use dagc::compile::{Environments, compile};
use dagc::load::load;
use dagc::plan::{Job, Plan, Resource, Work};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the run fills in; a value that would be more than a text, were it not quoted.
const VALUES: &[(&str, &str)] = &[("{{ ds }}", "2026-01-31"), ("{{ run_id }}", "it's \\ \"{{ ds }}\" -- ")];

struct Case {
    name: String,
    /// Blocks by what stands behind their fence.
    blocks: Vec<(String, String)>,
}

/// A source: its format, its name, its columns, its rows.
struct Source<'c> {
    format: &'c str,
    name: &'c str,
    columns: &'c str,
    rows: &'c str,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transform")
}

fn cases() -> Vec<Case> {
    let mut files: Vec<PathBuf> = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "md"));
    files.sort();
    let mut found: Vec<Case> = Vec::new();
    for file in files {
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        let mut block: Option<(String, String)> = None;
        for line in text.lines() {
            if let Some(info) = line.strip_prefix("```") {
                match block.take() {
                    Some(ended) => found.last_mut().unwrap().blocks.push(ended),
                    None => block = Some((info.to_owned(), String::new())),
                }
            } else if let Some((_, content)) = &mut block {
                content.extend([line, "\n"]);
            } else if let Some(name) = line.strip_prefix("## ") {
                found.push(Case { name: format!("{stem}: {name}"), blocks: Vec::new() });
            }
        }
        assert!(block.is_none(), "{stem}: a block has no end");
    }
    found
}

impl Case {
    fn block(&self, info: &str) -> Option<&str> {
        self.blocks.iter().find(|(name, _)| name == info).map(|(_, content)| content.as_str())
    }

    fn sources(&self) -> Vec<Source<'_>> {
        let sources = self.blocks.iter().filter_map(|(info, rows)| {
            let (format, rest) = info.split_once(' ')?;
            let (name, columns) = rest.split_once(' ').unwrap_or((rest, ""));
            ["csv", "json", "iceberg"].iter().any(|known| format.starts_with(known)).then_some(Source {
                format,
                name,
                columns,
                rows,
            })
        });
        sources.collect()
    }

    /// The pipeline that the case is.
    fn pipeline(&self) -> String {
        let mut text = "pipeline: case\nsources:\n".to_owned();
        let sources = self.sources();
        for Source { format, name, columns, .. } in &sources {
            if *format == "iceberg" {
                let _ =
                    writeln!(text, "  {name}: {{table: lake.{name}, format: iceberg, columns: {columns}}}");
                continue;
            }
            let format = if *format == "csv" { "{csv: {header: true}}" } else { format };
            let _ = write!(text, "  {name}: {{path: \"s3://acme-raw/{name}/\", format: {format}");
            text.push_str(&if columns.is_empty() {
                "}\n".to_owned()
            } else {
                format!(", columns: {columns}}}\n")
            });
        }
        let step = self.block("yaml").unwrap();
        text.push_str("steps:\n  made:\n    glue_job:\n");
        if !step.contains("from:") {
            let _ = writeln!(text, "      from: {}", sources[0].name);
        }
        if !step.contains("write:") {
            text.push_str("      write: {path: \"s3://acme-lake/out/\"}\n");
        }
        step.lines().for_each(|line| writeln!(text, "      {line}").unwrap());
        text
    }

    /// Writes the script and its inputs; gives what the runner is told.
    fn prepare(&self, folder: &Path) -> Value {
        let plan = compiled(self, folder);
        let mut resources = plan.resources.iter();
        let Some(Resource::GlueJob(job)) = resources.next() else { panic!("{}: no job", self.name) };
        fs::write(folder.join("script.py"), &job.script.content).unwrap();
        let mut arguments = vec!["--JOB_NAME".to_owned(), self.name.clone()];
        let mut tables: BTreeMap<&str, Value> = BTreeMap::new();
        for Source { format, name, columns, rows } in self.sources() {
            let place = folder.join(name);
            if format == "iceberg" {
                fs::write(&place, rows).unwrap();
                let columns =
                    columns.trim_matches(['{', '}']).replace("varchar", "string").replace(": ", " ");
                tables.insert(name, json!({ "rows": place, "columns": columns }));
                continue;
            }
            fs::create_dir(&place).unwrap();
            fs::write(place.join(format!("part.{format}")), rows).unwrap();
            arguments.extend([format!("--from_{}", name.replace('-', "_")), place.display().to_string()]);
        }
        arguments.extend(["--write_path".to_owned(), folder.join("out").display().to_string()]);
        arguments.extend(["--dagc-key".to_owned(), "this run".to_owned()]);
        for (name, value) in run_arguments(&plan) {
            let value = VALUES.iter().fold(value, |value, (hole, filled)| value.replace(hole, filled));
            arguments.extend([name, value]);
        }
        let format = self.block("yaml").unwrap().split("format: ").nth(1);
        let format = format.map_or("parquet", |rest| rest.split(['}', ',', ':', '\n']).next().unwrap());
        json!({
            "script": folder.join("script.py"), "arguments": arguments, "out": folder.join("out"),
            "format": format.trim_start_matches('{'), "tables": tables, "twice": self.block("same").is_some(),
        })
    }

    /// Says what is not as it is expected.
    fn breach(&self, found: &Value) -> Option<String> {
        let error = found["error"].as_str().unwrap_or_default();
        if let Some(fails) = self.block("fails") {
            return (!error.contains(fails.trim())).then(|| format!("ends with {found}"));
        }
        if !error.is_empty() {
            return Some(error.to_owned());
        }
        if let Some(columns) =
            self.block("columns").filter(|columns| found["columns"] != json!(columns.trim()))
        {
            return Some(format!("columns: {} instead of {columns}", found["columns"]));
        }
        let read = |text: &str| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut rows: Vec<Value> = found["rows"].as_array().unwrap().clone();
        let in_order = self.block("expected in order");
        let mut expected: Vec<Value> = read(in_order.or_else(|| self.block("expected")).unwrap());
        if in_order.is_none() {
            rows.sort_by_key(Value::to_string);
            expected.sort_by_key(Value::to_string);
        }
        (rows != expected).then(|| format!("{} instead of {}", json!(rows), json!(expected)))
    }
}

/// Compiles the pipeline of a case.
fn compiled(case: &Case, folder: &Path) -> Plan {
    let project = folder.join("project");
    fs::create_dir_all(project.join("specs")).unwrap();
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/default_project/dagc.yaml");
    fs::copy(default, project.join("dagc.yaml")).unwrap();
    fs::write(project.join("specs/case.yaml"), case.pipeline()).unwrap();
    let files = load(&project).unwrap();
    let compiled = compile(&files, &Environments::All);
    let mut found = compiled.diagnostics;
    found.drop_codes(dagc::check::UNUSED);
    let report = dagc::ui::human::render(&found.into_sorted(), &files.sources, false);
    assert!(report.is_empty(), "{}: {report}", case.name);
    compiled.plans.into_iter().flat_map(|plan| plan.pipelines).next().unwrap()
}

fn run_arguments(plan: &Plan) -> BTreeMap<String, String> {
    let mut tasks = plan.tasks();
    let Some(Work::Job(Job::RunGlueJob(run))) = tasks.next().map(|task| &task.work) else { panic!("no run") };
    run.arguments.iter().map(|(name, value)| (name.clone(), value.to_string())).collect()
}

/// The scripts of all cases are left as they are by ruff, and do to rows what is expected.
#[test]
fn rows_become_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases();
    let wanted = std::env::var("DAGC_TRANSFORM").unwrap_or_default();
    let cases: Vec<&Case> = cases.iter().filter(|case| case.name.contains(&wanted)).collect();
    let told: Vec<Value> = cases
        .iter()
        .enumerate()
        .map(|(n, case)| {
            let own = folder.path().join(n.to_string());
            fs::create_dir(&own).unwrap();
            case.prepare(&own)
        })
        .collect();
    ruff(folder.path(), ["format", "--diff", "."]);
    ruff(folder.path(), ["check", "--select", RULES, "--output-format", "concise", "."]);
    let plan = folder.path().join("cases.json");
    fs::write(&plan, json!(told).to_string()).unwrap();
    let found = run(&plan);
    let wrong = cases
        .iter()
        .zip(found.as_array().unwrap())
        .filter_map(|(case, found)| case.breach(found).map(|what| format!("{}\n    {what}", case.name)));
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Runs scripts; gives what each of them has written.
fn run(cases: &Path) -> Value {
    let spark = environment("spark");
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/shim");
    let output = Command::new(spark.join("bin/python"))
        .arg(root().join("run.py"))
        .arg(cases)
        .arg(&spark)
        .env("PYTHONPATH", lab)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {log}", python_program());
    serde_json::from_slice(&output.stdout).unwrap()
}
