//! The types of expressions are those that Spark gives them.
//!
//! `tests/columns/literals.tsv` has expressions on values, `tests/columns/columns.tsv` expressions on columns, each with
//! the type that Spark 3.5 gives it without ANSI mode and Spark 4.1 with it. `ASK_SPARK=1` asks Spark 3.5 anew, and
//! `ASK_SPARK_4=PYTHON` the Spark 4 of that Python, which needs a Java with all of its modules in `JAVA_HOME`.

use crate::python_tools::environment;
use dagc::columns::{Chance, Clause, Column, FindingKind, Schema, Scope, Spark, Type, Typed, typed};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Expressions whose type is not found, with the reason.
const NOT_FOUND: &[(&str, &str)] = &[];

/// What Spark says of an expression.
struct Row {
    expression: String,
    columns: String,
    /// By version: the type, or `E:` and an error; whether it may be null.
    answers: [(String, bool); 2],
    /// What Spark 4.1 does other than 3.5 when it runs.
    outcome: String,
}

const VERSIONS: [Spark; 2] = [Spark::V3_5, Spark::V4_1];

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/columns").join(name)
}

fn rows(name: &str) -> Vec<Row> {
    let text = fs::read_to_string(path(name)).unwrap();
    let common = text.lines().find_map(|line| line.strip_prefix("# columns\t"));
    let row = |line: &str| {
        let mut cells: Vec<&str> = line.split('\t').collect();
        if let Some(common) = common {
            cells.insert(1, common);
        }
        let answer = |n: usize| (cells[n].to_owned(), cells[n + 1] == "true");
        Row {
            expression: cells[0].to_owned(),
            columns: cells[1].to_owned(),
            answers: [answer(2), answer(4)],
            outcome: cells.get(6).map_or_else(String::new, |outcome| (*outcome).to_owned()),
        }
    };
    text.lines().filter(|line| !line.starts_with('#')).map(row).collect()
}

fn all_rows() -> Vec<Row> {
    ["literals.tsv", "columns.tsv"].into_iter().flat_map(rows).collect()
}

fn schema(columns: &str) -> Schema {
    let fields = if columns.is_empty() { Vec::new() } else { Type::parse_fields(columns).unwrap() };
    Schema::closed(fields.into_iter().map(|(name, kind)| Column::new(name, kind)).collect())
}

fn ask(row: &Row, spark: Spark) -> Typed {
    let schema = schema(&row.columns);
    let grouped: Vec<String> = schema.columns.iter().map(|column| column.name.clone()).collect();
    let clause = if row.expression.starts_with("explode") { Clause::Select } else { Clause::Aggregate };
    typed(&row.expression, &Scope { schema: &schema, clause, grouped: &grouped, spark })
}

#[test]
fn types_are_those_of_spark() {
    let mut wrong = Vec::new();
    for row in all_rows() {
        for (spark, (expected, _)) in VERSIONS.into_iter().zip(&row.answers) {
            let found = ask(&row, spark);
            let is_known = !NOT_FOUND.iter().any(|(expression, _)| *expression == row.expression);
            if expected.starts_with("E:") {
                continue;
            }
            if found.is_wrong() {
                wrong.push(format!("{spark:?} {}: {:?}", row.expression, found.findings));
            }
            if (found.kind.simple_string() == *expected) != is_known {
                wrong.push(format!(
                    "{spark:?} {}: {} for {expected}",
                    row.expression,
                    found.kind.simple_string()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_may_be_null_is_known_to_be() {
    let mut wrong = Vec::new();
    let (mut same, mut all) = (0, 0);
    for row in all_rows() {
        for (spark, (kind, is_nullable)) in VERSIONS.into_iter().zip(&row.answers) {
            if kind.starts_with("E:") {
                continue;
            }
            let found = ask(&row, spark).is_nullable;
            all += 1;
            same += usize::from(found == *is_nullable);
            if *is_nullable && !found {
                wrong.push(format!("{spark:?} {}", row.expression));
            }
        }
    }
    println!("{same} of {all} are the same");
    assert!(wrong.is_empty(), "{} may be null:\n{}", wrong.len(), wrong.join("\n"));
    assert!(same * 100 > all * 85, "only {same} of {all} are the same");
}

#[test]
fn what_is_otherwise_in_ansi_mode_is_told() {
    let rows = rows("literals.tsv");
    let (mut told, mut wrong) = (0, Vec::new());
    for row in &rows {
        let found = ask(row, Spark::V3_5).findings;
        let chances = found.iter().filter_map(|finding| match finding.kind {
            FindingKind::Differs(chance) => Some(chance),
            FindingKind::NotYet => Some(Chance::Certain),
            _ => None,
        });
        let chance = chances.min();
        match (row.outcome.as_str(), chance) {
            ("same", Some(Chance::Certain)) => {
                wrong.push(format!("{} is the same: {found:?}", row.expression));
            }
            ("same", _) => {}
            (_, Some(_)) => told += 1,
            (outcome, None) => wrong.push(format!("{}: {outcome}", row.expression)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((rows.len(), told), (208, 28));
}

/// Types that Spark refuses in one version alone.
#[test]
fn what_a_version_refuses_is_told() {
    let mut wrong = Vec::new();
    for row in rows("columns.tsv") {
        let [(before, _), (after, _)] = &row.answers;
        let is_refused = |answer: &str| answer.starts_with("E:");
        if !is_refused(before) && is_refused(after) {
            let found = ask(&row, Spark::V3_5).findings;
            let is_told = found.iter().any(|finding| matches!(finding.kind, FindingKind::Differs(_)));
            let is_wrong = ask(&row, Spark::V4_1).is_wrong();
            if !is_told || !is_wrong {
                wrong.push(format!("{}: {after}: {found:?}", row.expression));
            }
        }
        if is_refused(before) && !is_refused(after) && !ask(&row, Spark::V3_5).is_wrong() {
            wrong.push(format!("{}: {before}", row.expression));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each expression with its types in both versions: one list for the two files.
fn answers(python: &str, is_ansi: bool, rows: &[Row]) -> Vec<String> {
    let mut asked = Command::new(python)
        .args([path("ask.py").to_str().unwrap(), if is_ansi { "true" } else { "false" }])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = asked.stdin.take().unwrap();
    let lines: Vec<String> =
        rows.iter().map(|row| format!("{}\t{}\n", row.expression, row.columns)).collect();
    let lines = lines.concat();
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = asked.wait_with_output().unwrap();
    writing.join().unwrap();
    let answers: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), rows.len(), "Spark of {python} did not answer");
    answers
}

fn python_of_spark() -> String {
    environment("spark").join("bin/python").display().to_string()
}

/// Asks Spark anew when it is told to; what is in the files has a type for each expression in any case.
#[test]
fn answers_are_those_of_the_files() {
    let files = ["literals.tsv", "columns.tsv"];
    assert!(files.iter().all(|name| rows(name).iter().all(|row| !row.answers[0].0.is_empty())));
    let pythons =
        [std::env::var_os("ASK_SPARK").map(|_| python_of_spark()), std::env::var("ASK_SPARK_4").ok()];
    for (version, python) in pythons.iter().enumerate().filter_map(|(n, python)| Some((n, python.as_ref()?)))
    {
        let rows = all_rows();
        let answers = answers(python, version == 1, &rows);
        let by_row: BTreeMap<(&str, &str), &String> = rows
            .iter()
            .zip(&answers)
            .map(|(row, answer)| ((&*row.expression, &*row.columns), answer))
            .collect();
        for name in files {
            rewrite(name, version, &by_row);
        }
    }
}

fn rewrite(name: &str, version: usize, answers: &BTreeMap<(&str, &str), &String>) {
    let text = fs::read_to_string(path(name)).unwrap();
    let common = text.lines().find_map(|line| line.strip_prefix("# columns\t"));
    let line = |line: &str| {
        if line.starts_with('#') {
            return format!("{line}\n");
        }
        let mut cells: Vec<&str> = line.split('\t').collect();
        let first = if common.is_some() { 1 } else { 2 } + 2 * version;
        let columns = common.unwrap_or(cells[1]);
        let (kind, nullable) = answers[&(cells[0], columns)].split_once('\t').unwrap();
        cells[first] = kind;
        cells[first + 1] = nullable;
        format!("{}\n", cells.join("\t"))
    };
    fs::write(path(name), text.lines().map(line).collect::<Vec<_>>().concat()).unwrap();
}
