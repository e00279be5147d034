//! Generated Python before its judges: ruff's formatter, ruff's rules, Python itself.

use crate::python_tools::{RULES, airflow_dags, python, ruff};
use crate::torture;
use dagc::emit::artifacts;
use dagc::emit::python::Expr;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const VERSIONS: &[(u32, u32)] = &[(2, 9), (2, 11), (3, 0), (3, 3)];

/// Writes the torture project for every version; gives the folder that holds them.
fn write_all() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (major, minor) in VERSIONS {
        write(&folder.path().join(format!("airflow-{major}.{minor}")), *major, *minor);
    }
    folder
}

fn write(folder: &Path, major: u32, minor: u32) {
    for (path, content) in artifacts(&torture::project(major, minor)).files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

#[test]
fn ruff_leaves_dag_files_as_they_are() {
    let folder = write_all();
    ruff(folder.path(), ["format", "--diff", "."]);
}

/// From the folder above, and from inside: what ruff takes for first-party must not depend on it.
#[test]
fn ruff_finds_nothing_in_dag_files() {
    let folder = write_all();
    for place in
        [folder.path().to_owned(), folder.path().join("airflow-3.3"), folder.path().join("airflow-2.9/a_cme")]
    {
        ruff(&place, ["check", "--select", RULES, "--output-format", "concise", "."]);
    }
}

#[test]
fn python_compiles_dag_files() {
    let folder = write_all();
    let program = "import pathlib, sys, warnings\nwarnings.simplefilter('error')\n\
        files = sorted(pathlib.Path(sys.argv[1]).rglob('*.py'))\n\
        for file in files: compile(file.read_bytes(), file, 'exec')\nprint(len(files))";
    let count: usize = python(program, &[folder.path().as_os_str()]).trim().parse().unwrap();
    assert_eq!(count, VERSIONS.len() * 9);
}

/// The newest of each line; what lies beside the DAG files must not be taken for one.
#[test]
fn airflow_imports_dag_files() {
    let folder = write_all();
    for version in ["2.11", "3.3"] {
        let dags =
            airflow_dags(&format!("airflow-{version}"), &folder.path().join(format!("airflow-{version}")));
        let long = "long_name_".repeat(20);
        assert_eq!(
            dags,
            ["dagc_airflow_v1", &long, "odd_names", "odd_texts", "only-bash", "small", "wide"],
            "{version}"
        );
    }
}

/// Makes data of every shape, from a seed.
fn data(random: &mut fastrand::Rng, depth: u32) -> Value {
    let text = |random: &mut fastrand::Rng| match random.u32(..4) {
        0 => random.choice(torture::TEXTS).unwrap().to_string(),
        1 => (0..random.usize(..120))
            .map(|_| random.choice(['a', 'b', ' ', '\'', '"', '\\', '\n', '{', '}', 'é', '航']).unwrap())
            .collect(),
        2 => (0..random.usize(..40)).map(|_| random.char('\0'..='\u{2ffff}')).collect(),
        _ => "word ".repeat(random.usize(..30)),
    };
    match random.u32(..if depth == 0 { 4 } else { 7 }) {
        0 => random.choice([json!(null), json!(true), json!(-7), json!(1.25), json!(1e100)]).unwrap(),
        1..=3 => json!(text(random)),
        4 => (0..random.usize(..5)).map(|_| data(random, depth - 1)).collect(),
        _ => Value::Object((0..random.usize(..5)).map(|_| (text(random), data(random, depth - 1))).collect()),
    }
}

#[test]
fn python_reads_the_values_that_were_written() {
    let mut random = fastrand::Rng::with_seed(1);
    let mut values: Vec<Value> = torture::TEXTS.iter().map(|text| json!(text)).collect();
    values.extend((0..500).map(|_| data(&mut random, 3)));
    let source = Expr::List(values.iter().map(Expr::json).collect()).layout(0, 0, 0);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("values.py");
    fs::write(&file, source).unwrap();
    let program = "import ast, json, pathlib, sys\n\
        print(json.dumps(ast.literal_eval(pathlib.Path(sys.argv[1]).read_text('utf-8'))))";
    let read: Vec<Value> = serde_json::from_str(&python(program, &[file.as_os_str()])).unwrap();
    for (read, written) in read.iter().zip(&values) {
        assert_eq!(read, written);
    }
    assert_eq!(read.len(), values.len());
}

#[test]
fn ruff_leaves_any_expression_as_it_is() {
    let mut random = fastrand::Rng::with_seed(2);
    let mut source = String::new();
    for n in 0..400 {
        let keywords = |random: &mut fastrand::Rng| {
            let count = random.usize(..4);
            (0..count).map(|n| (format!("name_{n}"), Expr::json(&data(random, 2)))).collect()
        };
        let arguments = (0..random.usize(..3)).map(|_| Expr::json(&data(&mut random, 1))).collect();
        let call = Expr::Call("a_function".to_owned(), arguments, keywords(&mut random));
        let head = format!("value_{n} = ");
        let _ = writeln!(source, "{head}{}", call.layout(0, head.len(), 0));
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("calls.py"), source).unwrap();
    ruff(folder.path(), ["format", "--diff", "."]);
}
