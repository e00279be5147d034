//! Generated Python before its judges: ruff's formatter, ruff's rules, Python itself.

use crate::python_tools::{RULES, airflow, python, ruff};
use crate::torture;
use dagc::compile::{Environments, compile};
use dagc::emit::artifacts;
use dagc::load::load;
use dagc::plan::Plan;
use dagc::python::Expr;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

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
        // What ruff looks for when nobody says what.
        ruff(
            &place,
            [
                "check",
                "--extend-exclude",
                "dagc_airflow_v1.py,only-bash.py",
                "--output-format",
                "concise",
                ".",
            ],
        );
    }
}

#[test]
fn python_compiles_dag_files() {
    let folder = write_all();
    let program = "import pathlib, sys, warnings\nwarnings.simplefilter('error')\n\
        files = sorted(pathlib.Path(sys.argv[1]).rglob('*.py'))\n\
        for file in files: compile(file.read_bytes(), file, 'exec')\nprint(len(files))";
    let count: usize = python(program, &[folder.path().as_os_str()]).trim().parse().unwrap();
    assert_eq!(count, VERSIONS.len() * 10);
}

/// The newest of each line; what lies beside the DAG files must not be taken for one.
#[test]
fn airflow_understands_dag_files_as_they_are_meant() {
    let folder = write_all();
    for (major, minor) in [(2, 11), (3, 3)] {
        let version = format!("{major}.{minor}");
        let dags = folder.path().join(format!("airflow-{version}"));
        let requests = json!([
            {"ask": "check", "dags": dags},
            {"ask": "run", "dags": dags, "dag_id": "runs", "logical_dates": ["2026-01-31T03:15:00+00:00"]},
        ]);
        let answers = airflow(&version, &requests);
        assert_eq!(answers[0]["import_errors"], json!({}), "{version}");
        let project = torture::project(major, minor);
        assert_eq!(answers[0]["dags"].as_object().unwrap().len(), project.pipelines.len());
        for plan in &project.pipelines {
            compare(plan, &answers[0]["dags"][&plan.dag.id], &version);
        }
        let tasks = &answers[1]["runs"][0]["tasks"];
        for (task, expected) in torture::EXPECTED {
            assert_eq!(tasks[task]["xcom"], json!(expected), "{version}: {task}: {tasks}");
        }
    }
}

/// Ids, tags, pools, owners, groups, numbers, durations and schedules as long, large and odd as dagc takes them.
#[test]
fn airflow_takes_whatever_dagc_takes() {
    airflow_imports("tests/projects/limits", 2, 0);
}

/// Operators of Airflow's own with their arguments, steps of every kind, schedules by time and by data.
#[test]
fn airflow_takes_the_example_projects() {
    airflow_imports("examples/lakehouse", 2, 1);
    airflow_imports("examples/warehouse", 1, 0);
}

/// Lets Airflow import the DAG files of a project, each environment's in the version that it says. So many of them, `foreign`, are left
/// out: they have an operator of a provider that is not installed here.
fn airflow_imports(project: &str, environments: usize, foreign: usize) {
    let files = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(project)).unwrap();
    let compiled = compile(&files, &Environments::All);
    let codes: Vec<_> = compiled.diagnostics.iter().map(|finding| finding.code).collect();
    assert_eq!(compiled.plans.len(), environments, "{codes:?}");
    for plan in &compiled.plans {
        let folder = tempfile::tempdir().unwrap();
        let mut left_out = 0;
        for (path, content) in artifacts(plan).files {
            if String::from_utf8_lossy(&content).contains("from airflow.providers.amazon") {
                left_out += 1;
                continue;
            }
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        assert_eq!(left_out, foreign, "{project}");
        let version = plan.environment.airflow.to_string();
        let answers = airflow(&version, &json!([{"ask": "check", "dags": folder.path()}]));
        assert_eq!(answers[0]["import_errors"], json!({}), "{version}");
        assert_eq!(answers[0]["dags"].as_object().unwrap().len(), plan.pipelines.len() - foreign);
    }
}

/// Compares a plan with what Airflow made of its DAG file.
fn compare(plan: &Plan, found: &Value, version: &str) {
    let dag = &plan.dag;
    let mut edges: Vec<[&str; 2]> = plan.reduced_edges().iter().map(|edge| [edge.from, edge.to]).collect();
    edges.sort_unstable();
    assert_eq!(found["edges"], json!(edges), "{version}: {}", dag.id);
    let sorted = |list: &Value| {
        let mut texts: Vec<String> = serde_json::from_value(list.clone()).unwrap();
        texts.sort_unstable();
        texts
    };
    let mut tags = dag.tags.clone();
    tags.sort_unstable();
    tags.dedup();
    assert_eq!(sorted(&found["tags"]), tags);
    for (name, expected) in [
        ("description", json!(dag.description)),
        ("catchup", json!(dag.catchup)),
        ("max_active_runs", json!(dag.max_active_runs)),
        ("on_failure", json!(dag.on_failure_sns.is_some())),
    ] {
        assert_eq!(found[name], expected, "{version}: {}: {name}", dag.id);
    }
    let page = found["doc_md"].as_str().unwrap();
    for text in [&dag.description, &dag.doc].into_iter().flatten() {
        assert!(page.contains(text.trim()), "{version}: {}", dag.id);
    }
    assert!(page.contains("\n\n| Task | Step | Kind | Line |\n"), "{version}: {page}");
    for task in plan.tasks() {
        let found = &found["tasks"][&task.id];
        let (policy, airflow) = (&task.policy, &task.airflow);
        let settings = &airflow.settings;
        for (name, expected) in [
            ("group", json!(airflow.group)),
            ("retries", json!(policy.retries.unwrap_or(0))),
            (
                "execution_timeout",
                json!(policy.timeout.map(|seconds| Duration::from_secs(seconds).as_secs_f64())),
            ),
            ("pool", json!(settings.pool.as_deref().unwrap_or("default_pool"))),
            ("priority_weight", json!(settings.priority.unwrap_or(1))),
            ("trigger_rule", json!(airflow.trigger_rule.as_str())),
            ("outlets", json!(airflow.outlets)),
            ("on_failure", json!(settings.on_failure_sns.is_some())),
            ("doc_md", json!(task.description)),
            ("depends_on_past", json!(dag.depends_on_past)),
        ] {
            assert_eq!(found[name], expected, "{version}: {}.{}: {name}", dag.id, task.id);
        }
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
