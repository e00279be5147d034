//! Templates in real Airflow: what an operator's field becomes there is what `dagc exec` writes.

use crate::python_tools::{airflow, python};
use dagc::compile::{Environments, compile};
use dagc::emit::artifacts;
use dagc::load::load;
use dagc::template::{RunValues, Template, time_zone};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// A day in Tokyo begins in the afternoon of the day before by UTC.
const ZONE: &str = "Asia/Tokyo";
const START: &str = "2026-01-04T15:00:00+00:00";
const END: &str = "2026-01-05T15:00:00+00:00";

/// Templates, and what they become in the run that begins at [`START`].
const TEMPLATES: &[(&str, &str)] = &[
    (
        "{{ ds }} {{ ds_nodash }} {{ ts }} {{ ts_nodash }}",
        "2026-01-04 20260104 2026-01-04T15:00:00+00:00 20260104T150000",
    ),
    ("{{ logical_date }} {{ data_interval_end }}", "2026-01-04T15:00:00+00:00 2026-01-05T15:00:00+00:00"),
    ("{{ ds | local }} {{ ds_nodash | local }}", "2026-01-05 20260105"),
    ("{{ ts | local }} {{ ts_nodash | local }}", "2026-01-05T00:00:00+09:00 20260105T000000"),
    ("{{ data_interval_start | local | ds }}", "2026-01-05"),
    ("{{ data_interval_end | local | format('%d.%m.%Y %H:%M %z %Z') }}", "06.01.2026 00:00 +0900 JST"),
    ("{{ ts | format('%Y/%m/%d/%H') }} {{ data_interval_end | format('%H %Z') }}", "2026/01/04/15 15 UTC"),
    (
        "{{ logical_date | format('%A %j %-d %e %F %T %U %V %p') }}",
        "Sunday 004 4  4 2026-01-04 15:00:00 01 01 PM",
    ),
    (
        "{{ macros.ds_add(ds, 1) }} {{ macros.ds_add(ds | local, -1) }} {{ macros.ds_add(ts, 2) }}",
        "2026-01-05 2026-01-04 2026-01-06",
    ),
    ("{{ macros.ds_add(ds, 1) | ds_nodash }} {{ macros.ds_add(ds, 1) | format('%d/%m') }}", "20260105 05/01"),
    ("{{ macros.ds_format(ds, '%Y-%m-%d', '%H') }}", "00"),
    ("{{ macros.ds_format(ts_nodash, '%Y%m%dT%H%M%S', '%H') }}", "15"),
    ("{{ macros.ds_format(ts, '%Y-%m-%dT%H:%M:%S%z', '%d %B %H %z') }}", "04 January 15 +0000"),
    ("{{ macros.ds_format(ts | local, '%Y-%m-%dT%H:%M:%S%z', '%d %H %z') }}", "05 00 +0900"),
    ("{{ macros.ds_format(params.day, '%d.%m.%Y', '%F') }}", "2026-01-31"),
    ("{{ '{{.Names}}' }} {{ \"{% raw %}\" }} {# {", "{{.Names}} {% raw %} {# {"),
    ("{{ params.yes }} {{ params.n }}", "true 3"),
];

/// Compiles a pipeline for a version of Airflow, and writes its DAG folder.
fn write(folder: &Path, version: &str, spec: &str) {
    let project = folder.join("project");
    fs::create_dir_all(project.join("specs")).unwrap();
    let environments = "environments: {dev: {region: eu-west-1}}";
    fs::write(project.join("dagc.yaml"), format!("project: acme\nairflow: \"{version}\"\n{environments}\n"))
        .unwrap();
    fs::write(project.join("specs/it.yaml"), spec).unwrap();
    let files = load(&project).unwrap();
    let compiled = compile(&files, &Environments::All);
    assert!(!compiled.diagnostics.has_errors(), "{:?}", compiled.diagnostics);
    for (path, content) in artifacts(&compiled.plans[0]).files {
        let path = folder.join("dags").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// Runs the pipeline `it` for the interval that begins at [`START`]; gives its tasks.
fn run(folder: &Path, version: &str) -> Value {
    let dags = folder.join("dags");
    let request = json!([{"ask": "run", "dags": dags, "dag_id": "it", "logical_dates": [START]}]);
    let answers = airflow(version, &request);
    answers[0]["runs"][0]["tasks"].clone()
}

/// What a command has printed; a text that is a number comes as one from Airflow 3's table.
fn text(xcom: &Value) -> String {
    xcom.as_str().map_or_else(|| xcom.to_string(), str::to_owned)
}

#[test]
fn airflow_fills_in_what_the_worker_fills_in() {
    let mut spec = format!(
        "pipeline: it\nschedule: '@daily'\ntimezone: {ZONE}\nstart_date: 2026-01-01\nparams:\n  day: {{default: 31.01.2026}}\n  \
         yes: {{type: boolean, default: true}}\n  n: {{type: integer, default: 3}}\nsteps:\n"
    );
    for (n, (template, _)) in TEMPLATES.iter().enumerate() {
        let text = serde_json::to_string(template).unwrap();
        writeln!(spec, "  t{n}: {{bash: {{command: 'printf %s \"$X\"', env: {{X: {text}}}}}}}").unwrap();
    }
    spec.push_str(
        "  command: {bash: {command: \"echo '{{ '{{.Names}}' }} {{ ts | local | format('%H') }}'\"}}\n",
    );
    let values = RunValues {
        time_zone: time_zone(ZONE).unwrap(),
        logical_date: START.parse().ok(),
        data_interval_start: START.parse().ok(),
        data_interval_end: END.parse().ok(),
        params: json!({"day": "31.01.2026", "yes": true, "n": 3}).as_object().unwrap().clone(),
        ..RunValues::default()
    };
    for (template, expected) in TEMPLATES {
        assert_eq!(Template::parse(template).unwrap().render(&values).unwrap(), *expected, "{template}");
    }
    for version in ["2.11", "3.3"] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), version, &spec);
        let tasks = run(folder.path(), version);
        for (n, (template, expected)) in TEMPLATES.iter().enumerate() {
            assert_eq!(text(&tasks[format!("t{n}")]["xcom"]), *expected, "{version}: {template}");
        }
        assert_eq!(text(&tasks["command"]["xcom"]), "{{.Names}} 00", "{version}");
    }
}

/// Filters of dagc's in the arguments of an operator, beside Jinja that is Airflow's.
#[test]
fn airflow_fills_in_the_filters_that_an_operator_is_given() {
    let own: Vec<(&str, &str)> = TEMPLATES
        .iter()
        .copied()
        .filter(|(text, _)| ["| local", "| format(", "macros."].iter().any(|own| text.contains(own)))
        .filter(|(text, _)| !text.contains("params"))
        .chain([(
            "{% if true %}{{- ds | local }}{% endif %} {{ '%s-%s' | format(1, dag.dag_id) }}",
            "2026-01-05 1-it",
        )])
        .collect();
    assert!(own.len() >= 8);
    for (version, module) in
        [("2.11", "airflow.operators.bash"), ("3.3", "airflow.providers.standard.operators.bash")]
    {
        let mut spec =
            format!("pipeline: it\nschedule: '@daily'\ntimezone: {ZONE}\nstart_date: 2026-01-01\nsteps:\n");
        for (n, (template, _)) in own.iter().enumerate() {
            let text = serde_json::to_string(template).unwrap();
            let with = format!("{{bash_command: 'printf %s \"$X\"', append_env: true, env: {{X: {text}}}}}");
            writeln!(spec, "  t{n}: {{operator: {{operator: {module}.BashOperator, with: {with}}}}}")
                .unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), version, &spec);
        let tasks = run(folder.path(), version);
        for (n, (template, expected)) in own.iter().enumerate() {
            assert_eq!(text(&tasks[format!("t{n}")]["xcom"]), *expected, "{version}: {template}");
        }
    }
}

/// The table by which the forms of dates are tested says what Python says.
#[test]
fn python_reads_and_writes_dates_as_the_table_says() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/template/forms/cases.txt");
    let program = "import datetime, sys\n\
        for line in open(sys.argv[1], encoding='utf-8').read().splitlines()[1:]:\n\
        \x20   given, text, wanted, expected = line.split('\\t')\n\
        \x20   try: found = datetime.datetime.strptime(text, given).strftime(wanted)\n\
        \x20   except ValueError: found = '!'\n\
        \x20   if found != expected: print(line, found)\n";
    assert_eq!(python(program, &[OsStr::new(&table)]), "");
}

/// What commands and operators give, in the fields of a command.
#[test]
fn airflow_hands_on_what_commands_give() {
    let spec = "pipeline: it\nschedule: '@daily'\nstart_date: 2026-01-01\nsteps:\n  \
        count: {bash: {command: \"echo 42\", outputs: number}}\n  \
        list: {bash: {command: \"echo '{\\\"rows\\\": 3, \\\"ok\\\": true, \\\"path\\\": \\\"a b\\\"}'\", outputs: [rows, ok, path]}}\n  \
        speak: {bash: {command: \"echo one; echo '007 é'\"}}\n  \
        use:\n    bash:\n      command: 'printf %s \"$X\"'\n      env:\n        X: >-\n          \
        {{ outputs.count.value }}|{{ outputs.list.rows }}|{{ outputs.list.ok }}|{{ outputs.list.path }}|{{ outputs.speak.value }}\n  \
        none: {bash: {command: \"echo {{ outputs.list.ok }} {{ outputs.empty.value }}\"}}\n  \
        empty: {bash: {command: \"true\"}}\n";
    for version in ["2.11", "3.3"] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), version, spec);
        let tasks = run(folder.path(), version);
        assert_eq!(text(&tasks["use"]["xcom"]), "42|3|true|a b|007 é", "{version}");
        assert_eq!(tasks["use"]["state"], json!("success"), "{version}");
    }
}
