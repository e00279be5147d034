//! A project that is hard to write as Python: odd names, quotes, line breaks, braces, long lists.

use dagc::lang::shared::{OnKill, TriggerRule};
use dagc::lang::value::{AirflowVersion, Clock, Seconds};
use dagc::plan::{
    AirflowHints, AirflowSettings, Argument, Bash, Dag, DagSchedule, Environment, Job, Operator, OutputForm,
    OutputOf, Param, Plan, Policy, ProjectPlan, Reschedule, Task, TaskSettings, Why, Work,
};
use dagc::service::s3::job::WaitForObjects;
use dagc::template::Template;
use serde_json::json;
use std::collections::BTreeMap;

/// Texts that are easily written wrongly.
pub(crate) const TEXTS: &[&str] = &[
    "",
    " ",
    "plain",
    "it's",
    "say \"x\"",
    "both ' and \"",
    "\"\"\"",
    "'''",
    "ends with \\",
    "\\n is no line break",
    "\n",
    "two\nlines\n",
    "tab\tcarriage\rnull\0bell\u{7}escape\u{1b}delete\u{7f}next\u{85}",
    "{{ ds }} {% raw %} {# no #} {x} %s %(a)s ${HOME} $x",
    "Grüße 航班 🛫 e\u{301} \u{202e}turned\u{202c} zero\u{200b}width \u{feff}mark \u{2028} \u{e0041}",
    "a line of many words that goes on and on until it is longer than what fits into one line of Python code",
    "s3://a-bucket-with-a-long-name/and/a/prefix/that/is/so/long/that/it/does/not/fit/into/one/line/of/code/",
    "word s3://a-bucket-with-a-long-name/and/a/prefix/that/is/so/long/that/it/does/not/fit/into/one/line/of/ word",
    "set -euo pipefail\naws s3 ls \"s3://raw/{{ ds }}/\" | awk '{print $4}'\necho 'it is done, and it took a while' >&2\n",
    "航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班航班",
    "#!/bin/sh # noqa: E501 type: ignore fmt: off",
];

/// A project for one version of Airflow.
pub(crate) fn project(major: u32, minor: u32) -> ProjectPlan {
    ProjectPlan {
        project: "a-cme".to_owned(),
        namespace: "a_cme".to_owned(),
        environment: Environment {
            name: "dev".to_owned(),
            airflow: AirflowVersion { major, minor },
            region: Some("eu-west-1".to_owned()),
            mwaa: None,
            dags: None,
            kms_key: None,
            paused: true,
        },
        pipelines: vec![
            odd_names(major),
            odd_texts(major),
            wide(),
            small(),
            long(),
            by_data(),
            only_bash(),
            runs(),
        ],
        links: Vec::new(),
        is_partial: false,
    }
}

fn dag(id: &str) -> Dag {
    Dag {
        id: id.to_owned(),
        spec_path: format!("specs/{id}.yaml"),
        timezone: "UTC".to_owned(),
        max_active_runs: 1,
        owner: "airflow".to_owned(),
        ..Dag::default()
    }
}

fn wait(id: &str) -> Task {
    Task {
        id: id.to_owned(),
        step: id.to_owned(),
        kind: "wait",
        line: 7,
        description: None,
        policy: Policy::default(),
        runs_as: None,
        on_kill: OnKill::Cancel,
        airflow: AirflowHints {
            settings: AirflowSettings::default(),
            group: None,
            trigger_rule: TriggerRule::AllSuccess,
            reschedule: None,
            outlets: Vec::new(),
        },
        work: Work::Job(Job::WaitForObjects(WaitForObjects {
            path: Template::parse("s3://raw/dt={{ ds }}/").unwrap(),
            at_least: 1,
            bytes: None,
            except: Vec::new(),
            marker: None,
            settled: None,
            every: 60,
            timeout: None,
        })),
        reads: Vec::new(),
        writes: Vec::new(),
        creates: Vec::new(),
        uses: Vec::new(),
        outputs_of: Vec::new(),
    }
}

fn rescheduled(id: &str) -> Task {
    let mut task = wait(id);
    task.airflow.reschedule = Some(Reschedule { stay: 60, every: 300 });
    task
}

fn bash(id: &str, command: &str, env: &[(&str, &str)]) -> Task {
    // `{{{ ds }}` is a brace and a hole: the template takes it so only when it is given in pieces.
    let template = |text: &str| match text.strip_prefix("{{{") {
        Some(rest) => Template::text("{").join(Template::parse(&format!("{{{{{rest}")).unwrap()),
        None => Template::parse(text).unwrap_or_else(|_| Template::text(text)),
    };
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), template(value))).collect();
    let work = Work::Bash(Bash { command: Some(template(command)), script: None, env });
    Task { kind: "bash", work, ..wait(id) }
}

fn operator(id: &str, path: &str, arguments: Vec<(String, Argument)>) -> Task {
    let work = Work::Operator(Operator { path: path.to_owned(), arguments });
    Task { kind: "operator", work, ..wait(id) }
}

fn plan(dag: Dag, tasks: Vec<Task>, edges: &[(usize, usize)]) -> Plan {
    let edges: BTreeMap<_, _> = edges.iter().map(|edge| (*edge, vec![Why::From])).collect();
    Plan::new(dag, Vec::new(), tasks, edges).unwrap()
}

/// Task ids that Python, Airflow or this file's own names do not take as variables.
fn odd_names(major: u32) -> Plan {
    let ids =
        ["import", "match", "DAG", "Path", "Step", "print", "a-b", "a_b", "a.b", "1st", "dag", "__file__"];
    let mut tasks: Vec<Task> = ids.iter().map(|id| wait(id)).collect();
    tasks.push(bash("class", "true", &[]));
    tasks.push(bash("with-dash", &"true && ".repeat(12), &[]));
    let empty = if major < 3 {
        "airflow.operators.empty.EmptyOperator"
    } else {
        "airflow.providers.standard.operators.empty.EmptyOperator"
    };
    tasks.push(operator("EmptyOperator", empty, Vec::new()));
    tasks.push(operator("lambda", empty, Vec::new()));
    tasks.push(rescheduled("ReschedulingStep"));
    tasks[3].airflow.group = Some("later".to_owned());
    tasks[5].airflow.group = Some("later".to_owned());
    let last = tasks.len() - 1;
    let edges: Vec<_> = (0..last).map(|n| (n, n + 1)).collect();
    plan(dag("odd_names"), tasks, &edges)
}

/// Every text wherever a text of the user's may stand.
fn odd_texts(major: u32) -> Plan {
    let value = |text: &str| Argument::Value(json!(text));
    let keyed = || TEXTS.iter().enumerate().map(|(n, text)| (format!("key {n} {text}"), value(text)));
    let mut tasks: Vec<Task> = TEXTS
        .iter()
        .enumerate()
        .map(|(n, text)| Task {
            description: Some((*text).to_owned()),
            ..bash(&format!("task_{n}"), text, &[("VALUE", text), ("SCRIPT", "run.sh"), ("LINE", "end\n")])
        })
        .collect();
    let arguments = vec![
        ("bash_command".to_owned(), Argument::Value(json!("true"))),
        ("params".to_owned(), Argument::Dict(keyed().collect())),
        (
            "env".to_owned(),
            Argument::Dict(vec![
                ("list".to_owned(), Argument::List(TEXTS.iter().map(|text| value(text)).collect())),
                (
                    "numbers".to_owned(),
                    Argument::Value(json!([0, -1, 1.5, 1e30, -1e-7, u64::MAX, true, null])),
                ),
                ("empty".to_owned(), Argument::List(vec![Argument::List(vec![]), Argument::Dict(vec![])])),
            ]),
        ),
    ];
    let bash_operator = if major < 3 {
        "airflow.operators.bash.BashOperator"
    } else {
        "airflow.providers.standard.operators.bash.BashOperator"
    };
    tasks.push(operator("operator", bash_operator, arguments));
    let dag = Dag {
        description: Some(TEXTS.concat()),
        doc: Some(TEXTS.join("\n\n")),
        spec_path: "specs/ödd \"path\"|x.yaml".to_owned(),
        tags: TEXTS.iter().map(|text| text.chars().take(80).collect()).collect(),
        params: TEXTS
            .iter()
            .enumerate()
            .map(|(n, text)| Param {
                name: format!("param_{n}"),
                kind: "string",
                default: json!(text),
                description: Some((*text).to_owned()),
                choices: Some(TEXTS.iter().map(|text| json!(text)).collect()),
            })
            .collect(),
        ..dag("odd_texts")
    };
    plan(dag, tasks, &[])
}

/// Fans of every size.
fn wide() -> Plan {
    let name = |n: usize| wait(&format!("load__a_table_with_a_long_name_{n}"));
    let tasks: Vec<Task> = (0..60).map(name).collect();
    let mut edges: Vec<(usize, usize)> = (1..30).map(|n| (0, n)).collect();
    edges.extend((1..30).map(|n| (n, 30)));
    edges.extend((31..35).flat_map(|from| (35..50).map(move |to| (from, to))));
    edges.extend((50..59).map(|n| (n, n + 1)));
    plan(dag("wide"), tasks, &edges)
}

/// Every setting at once.
fn small() -> Plan {
    let policy = Policy { retries: Some(3), retry_delay: Some(90), timeout: Some(5400) };
    let settings = AirflowSettings {
        owner: Some("someone".to_owned()),
        pool: Some("redshift".to_owned()),
        priority: Some(5),
        on_failure_sns: Some(
            "arn:aws:sns:eu-west-1:111122223333:alerts-of-the-data-platform-team".to_owned(),
        ),
    };
    let mut tasks = vec![wait("first"), wait("second"), bash("third", "echo {{ outputs.first.rows }}", &[])];
    tasks[1].policy = policy.clone();
    tasks[1].airflow.settings = settings.clone();
    tasks[1].outputs_of = vec![OutputOf { task: "first".to_owned(), form: OutputForm::Job }];
    tasks[1].airflow.trigger_rule = TriggerRule::NoneFailedMinOneSuccess;
    tasks[1].airflow.outlets =
        vec!["s3://lake/flights".to_owned(), "redshift://dev/db/mart/flights".to_owned()];
    tasks[1].airflow.group = Some("a group".replace(' ', "-"));
    tasks.push(Task {
        work: Work::Bash(Bash {
            command: None,
            script: Some(("specs/tidy up.sh".to_owned(), "#!/bin/sh -eu\necho\n".into())),
            env: vec![("DAY".to_owned(), Template::parse("{{ ds }}").unwrap())],
        }),
        ..bash("fourth", "", &[])
    });
    let dag = Dag {
        schedule: DagSchedule::Clock(Clock::Cron("15 3 * * *".to_owned())),
        timezone: "America/New_York".to_owned(),
        start_date: Some("2026-01-31".to_owned()),
        catchup: true,
        depends_on_past: true,
        run_timeout: Some(86_400),
        on_failure_sns: settings.on_failure_sns.clone(),
        defaults: TaskSettings {
            policy: Policy { retries: Some(1), ..policy },
            airflow: AirflowSettings { on_failure_sns: None, pool: None, ..settings },
        },
        ..dag("small")
    };
    plan(dag, tasks, &[(0, 1), (1, 2), (0, 3)])
}

/// The longest names that Airflow takes.
fn long() -> Plan {
    let id = |c: &str| c.repeat(240);
    let mut tasks = vec![wait(&id("a")), rescheduled(&id("b")), bash(&id("c"), "true", &[])];
    tasks[0].airflow.group = Some("g".repeat(200));
    plan(
        Dag { schedule: DagSchedule::Clock(Clock::Every(Seconds(21_600))), ..dag(&"long_name_".repeat(20)) },
        tasks,
        &[(0, 1), (1, 2)],
    )
}

fn by_data() -> Plan {
    let assets = (0..5).map(|n| format!("redshift://dev/analytics/mart/a_table_with_a_long_name_{n}"));
    let dag = Dag { schedule: DagSchedule::Assets(assets.collect()), ..dag("dagc_airflow_v1") };
    plan(dag, vec![rescheduled("only")], &[])
}

fn only_bash() -> Plan {
    plan(dag("only-bash"), vec![bash("hello", "bin/hello.sh", &[])], &[])
}

/// Tasks whose result is a text that Airflow completed: by task id, in [`EXPECTED`].
fn runs() -> Plan {
    let literal = "'a {% b %} {# c #} { } {x}'";
    let dates = "{{ ds }} {{ ds_nodash }} {{ ts }} {{ data_interval_end | ds }} {{ macros.ds_add(ts, -1) }} \
                 {{ macros.ds_format(ds, '%Y-%m-%d', '%Y/%m') }}";
    let script = "#!/usr/bin/env python3\nimport os\nprint(os.environ['DAY'], os.environ['FILE'])\n";
    let tasks = vec![
        bash("literal", &format!("printf %s {literal}"), &[]),
        bash("dates", &format!("echo {dates}"), &[]),
        bash("names", "echo {{ dag_id }} {{ task_id }} {{ params.full }} {{ params.count }}", &[]),
        bash("env", "printf %s \"$TEXT|$FILE\"", &[("TEXT", "{{{ ds }} {% 'x'"), ("FILE", "bin/x.sh")]),
        Task {
            work: Work::Bash(Bash {
                command: None,
                script: Some(("specs/tell it.py".to_owned(), script.into())),
                env: vec![
                    ("DAY".to_owned(), Template::parse("{{ ds }}").unwrap()),
                    ("FILE".to_owned(), Template::text("x.sh")),
                ],
            }),
            ..bash("script", "", &[])
        },
    ];
    let param = |name: &str, kind, default| Param {
        name: name.to_owned(),
        kind,
        default,
        description: None,
        choices: None,
    };
    let dag = Dag {
        schedule: DagSchedule::Clock(Clock::Cron("15 3 * * *".to_owned())),
        params: vec![param("full", "boolean", json!(true)), param("count", "integer", json!(7))],
        ..dag("runs")
    };
    plan(dag, tasks, &[])
}

/// The results of the pipeline `runs` on 2026-01-31.
pub(crate) const EXPECTED: &[(&str, &str)] = &[
    ("literal", "a {% b %} {# c #} { } {x}"),
    ("dates", "2026-01-31 20260131 2026-01-31T03:15:00+00:00 2026-02-01 2026-01-30 2026/01"),
    ("names", "runs names true 7"),
    ("env", "{2026-01-31 {% 'x'|bin/x.sh"),
    ("script", "2026-01-31 x.sh"),
];
