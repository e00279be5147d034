//! Whole projects through the compiler.

use dagc::compile::{Compiled, Environments, compile};
use dagc::kind::KINDS;
use dagc::load::load;
use dagc::plan::{Edge, Job, Needs, Plan, ProjectPlan, Resource, Work};
use dagc::service::arn::Account;
use dagc::service::call::{Need, When};
use dagc::service::redshift::job::SqlBody;
use dagc::text::ProjectFiles;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Writes a plan as a person would check it: tasks in order, edges with their reasons, links.
fn outline(plan: &ProjectPlan) -> String {
    let mut text = String::new();
    for pipeline in &plan.pipelines {
        writeln!(text, "{} {:?}", pipeline.dag.id, pipeline.dag.schedule).unwrap();
        for task in pipeline.tasks() {
            writeln!(text, "  {} ({})", task.id, task.kind).unwrap();
            let data = |data: &[dagc::plan::Place]| {
                data.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            };
            if !task.reads.is_empty() {
                writeln!(text, "    reads {}", data(&task.reads)).unwrap();
            }
            if !task.writes.is_empty() {
                writeln!(text, "    writes {}", data(&task.writes)).unwrap();
            }
            if !task.airflow.outlets.is_empty() {
                writeln!(text, "    announces {}", task.airflow.outlets.join(", ")).unwrap();
            }
        }
        let reduced = pipeline.reduced_edges();
        for edge in pipeline.edges() {
            let why: Vec<String> = edge.why.iter().map(ToString::to_string).collect();
            let implied = if reduced.contains(&edge) { "" } else { " (implied)" };
            writeln!(text, "  {} -> {}: {}{implied}", edge.from, edge.to, why.join("; ")).unwrap();
        }
    }
    for link in &plan.links {
        let reader = link.to_task.as_deref().unwrap_or("*");
        let asset = link.asset.as_deref().unwrap_or("no asset");
        writeln!(
            text,
            "{}.{} => {}.{reader}: {} ({asset})",
            link.from_pipeline, link.from_task, link.to_pipeline, link.why
        )
        .unwrap();
    }
    text
}

/// Writes what the worker runs and what publishing makes.
fn details(plan: &ProjectPlan) -> String {
    let mut text = String::new();
    for pipeline in &plan.pipelines {
        writeln!(text, "## {}", pipeline.dag.id).unwrap();
        writeln!(text, "{:#?}", pipeline.dag).unwrap();
        for task in pipeline.tasks() {
            let queue = &task.airflow.settings;
            writeln!(text, "# {} {:?} {:?} {queue:?}", task.id, task.policy, task.on_kill).unwrap();
            match &task.work {
                Work::Job(job) => writeln!(text, "{}", serde_json::to_string_pretty(job).unwrap()).unwrap(),
                other => writeln!(text, "{other:?}").unwrap(),
            }
        }
        for resource in &pipeline.resources {
            writeln!(text, "{:#?}", without_bytes(resource)).unwrap();
        }
    }
    text
}

/// Takes the bytes of files out; their names carry their hash.
fn without_bytes(resource: &Resource) -> Resource {
    let mut resource = resource.clone();
    if let Resource::GlueJob(job) = &mut resource {
        for asset in job.files.iter_mut().chain([&mut job.script]) {
            asset.content = Arc::from([]);
        }
    }
    resource
}

fn compiled(project: &str) -> (ProjectFiles, Compiled) {
    let files = load(&root().join(project)).unwrap();
    let compiled = compile(&files, &Environments::All);
    let found = compiled.diagnostics.clone().into_sorted();
    assert!(found.is_empty(), "{}", dagc::ui::human::render(&found, &files.sources, false));
    (files, compiled)
}

/// The projects that people are shown.
const EXAMPLES: [&str; 3] = [".", "examples/lakehouse", "examples/warehouse"];

#[test]
fn the_example_projects_compile_and_have_steps_of_every_kind() {
    let mut used = BTreeSet::new();
    for project in EXAMPLES {
        let (_, compiled) = compiled(project);
        assert_eq!(compiled.plans.len(), compiled.environments.len(), "{project}");
        let pipelines = compiled.plans.iter().flat_map(|plan| &plan.pipelines);
        used.extend(pipelines.flat_map(Plan::tasks).map(|task| task.kind));
    }
    let missing: Vec<&str> = KINDS.iter().map(|kind| kind.name).filter(|kind| !used.contains(kind)).collect();
    assert!(missing.is_empty(), "no project in examples/ nor specs/ has a step of these kinds: {missing:?}");
}

#[test]
fn every_kind_of_step_is_lowered() {
    let (_, compiled) = compiled("tests/projects/everything");
    insta::assert_snapshot!("outline", outline(&compiled.plans[0]));
    insta::assert_snapshot!("details", details(&compiled.plans[0]));
}

#[test]
fn compiling_twice_gives_the_same() {
    let (files, first) = compiled("tests/projects/everything");
    let second = compile(&files, &Environments::All);
    assert_eq!(details(&first.plans[0]), details(&second.plans[0]));
    assert_eq!(outline(&first.plans[0]), outline(&second.plans[0]));
}

/// Writes what must be allowed, as a policy would say it.
fn needs(needs: &[Need]) -> String {
    let account = Account { partition: "aws", region: "eu-west-1", account: "111122223333" };
    let line = |need: &Need| {
        let when = if need.when == When::Always { String::new() } else { format!(" ({})", need.when) };
        format!("  {} {}{when}\n", need.resource.policy(account), need.action)
    };
    needs.iter().map(line).collect()
}

#[test]
fn a_plan_tells_what_must_be_allowed() {
    let (_, compiled) = compiled("tests/projects/everything");
    let Needs { workers, publisher, .. } = compiled.plans[0].needs();
    insta::assert_snapshot!("needs", format!("workers\n{}publisher\n{}", needs(&workers), needs(&publisher)));
}

/// Compiles a pipeline of which the steps are given as YAML.
fn pipeline(steps: &str) -> Plan {
    let mut files = ProjectFiles::default();
    let project = "project: p\nairflow: \"2.11\"\nenvironments: {dev: {region: eu-west-1}}\n";
    files.project = Some(files.sources.add("dagc.yaml", project));
    files.pipelines.push(files.sources.add("specs/a.yaml", format!("pipeline: a\nsteps:\n{steps}")));
    let compiled = compile(&files, &Environments::All);
    let found = compiled.diagnostics.clone().into_sorted();
    assert!(found.is_empty(), "{}", dagc::ui::human::render(&found, &files.sources, false));
    compiled.plans[0].pipelines[0].clone()
}

fn written(edges: &[Edge<'_>]) -> String {
    edges.iter().map(|edge| format!("{}>{}", edge.from, edge.to)).collect::<Vec<_>>().join(" ")
}

/// Which edges a pipeline's DAG file shows.
fn shown_edges(steps: &str) -> String {
    written(&pipeline(steps).reduced_edges())
}

/// An edge for every two of them would be half a million for a thousand steps that fill one table.
#[test]
fn writers_of_the_same_are_a_chain() {
    let steps = "  a: {bash: {command: echo, writes: ['s3://b/x/']}}
  c: {bash: {command: echo, writes: ['s3://b/x/']}, after: b}
  d: {bash: {command: echo, writes: ['s3://b/x/']}, after: c}
  b: {bash: {command: echo, writes: ['s3://b/x/']}, after: a}
";
    let pipeline = pipeline(steps);
    let edges = pipeline.edges();
    assert_eq!(written(&edges), "a>b b>c c>d");
    assert!(edges.iter().all(|edge| edge.why.iter().any(|why| why.to_string() == "writes s3://b/x/ again")));
}

#[test]
fn edges_that_follow_from_others_are_not_shown() {
    let bash = "bash: {command: echo}";
    let rows = [
        // a, its successors b and c, and d behind all; with the rule of c.
        ("all_success", "bash: {command: echo}", "a>b b>c c>d"),
        // c counts its direct upstream tasks.
        ("all_done", "bash: {command: echo}", "a>b a>c b>c b>d c>d"),
        // An operator may branch to tasks that are directly behind it.
        ("all_success", "operator: {operator: airflow.x.Branch}", "a>b a>c a>d b>c c>d"),
    ];
    for (rule, first, expected) in rows {
        let steps = format!(
            "  a: {{{first}}}\n  b: {{after: a, {bash}}}\n  c: {{after: [a, b], trigger_rule: {rule}, {bash}}}\n  \
             d: {{after: [a, b, c], {bash}}}\n"
        );
        assert_eq!(shown_edges(&steps), expected, "{steps}");
    }
}

/// Compiles a project of one environment; the first text is what its `redshift` says.
fn small(redshift: &str, pipelines: &[&str]) -> (ProjectFiles, Compiled) {
    let mut files = ProjectFiles::default();
    let project = format!(
        "project: p\nairflow: \"3.3\"\nenvironments:\n  dev:\n    region: eu-west-1\n    vars: {{raw: lake}}\n    \
         redshift: {redshift}\n"
    );
    files.project = Some(files.sources.add("dagc.yaml", project));
    for (n, pipeline) in pipelines.iter().enumerate() {
        files.pipelines.push(files.sources.add(format!("specs/{n}.yaml"), *pipeline));
    }
    let mut compiled = compile(&files, &Environments::All);
    // Not each of them uses all that they have in common.
    compiled.diagnostics.drop_codes(dagc::check::UNUSED);
    (files, compiled)
}

const MAKER: &str = "\
pipeline: maker
schedule: \"@daily\"
steps:
  make: {redshift_sql: {into: one, sql: insert into mart.days select current_date}}
";

const READER: &str = "\
pipeline: reader
sources: {days: {table: mart.days, in: two}}
steps:
  read: {redshift_sql: {into: two, sql: select * from mart.days}}
";

#[test]
fn tables_are_told_apart_by_their_database() {
    for (second, link) in [
        // Another user of the same database.
        ("{cluster: a, database: x, db_user: reader}", Some("redshift://a/x/mart/days")),
        ("{cluster: b, database: x}", None),
        ("{cluster: a, database: y}", None),
    ] {
        let (files, compiled) =
            small(&format!("{{one: {{cluster: a, database: x}}, two: {second}}}"), &[MAKER, READER]);
        let found = compiled.diagnostics.clone().into_sorted();
        assert!(found.is_empty(), "{}", dagc::ui::human::render(&found, &files.sources, false));
        let links: Vec<_> = compiled.plans[0].links.iter().map(|link| link.asset.as_deref()).collect();
        assert_eq!(links, link.map(Some).into_iter().collect::<Vec<_>>(), "{second}");
    }
}

#[test]
fn one_run_shows_what_is_wrong_everywhere() {
    let pipeline = "\
pipeline: bad
schedule: \"0 4 * *\"
params: {day: {type: strin, default: x}}
sources:
  orders: {path: \"s3://${vars.rw}/orders/dt={{ dz }}/\", format: {csv: {heder: true}}}
steps:
  first:
    retries: many
    redshift_copy: {from: order, table: mart.orders, mode: merge}
  second:
    after: wait_orders
    redshift_copy: {from: orders, table: mart.lines, mode: append, options: {maxeror: 3}}
  third:
    glue_jobb: {script: x.py}
  fourth:
    redshift_sql: {sql: \"selct 1 where day = {{ params.day }}\"}
";
    let (files, compiled) = small("{one: {cluster: a, database: x, copy_role: default}}", &[pipeline]);
    let found: Vec<_> = compiled
        .diagnostics
        .into_sorted()
        .iter()
        .map(|item| format!("{}: {}", item.code, files.sources.text(item.primary.span)))
        .collect();
    assert_eq!(
        found,
        [
            "invalid-cron: \"0 4 * *\"",
            "unknown-word: strin",
            "unknown-variable: vars.rw",
            "unknown-template-name: dz",
            "unknown-key: heder",
            "wrong-type: many",
            "unknown-reference: order",
            "merge-key: merge",
            "unknown-key: maxeror",
            "unknown-step-kind: glue_jobb",
            "sql-syntax: selct",
        ]
    );
}

/// Compiles a pipeline whose one step is an operator with every common setting and these arguments.
fn operator_with(arguments: &str) -> Compiled {
    let pipeline = format!(
        "pipeline: a\nsteps:\n  one:\n    owner: me\n    retries: 3\n    retry_delay: 1m\n    timeout: 1h\n    pool: small\n    \
         priority: 7\n    trigger_rule: all_done\n    description: words\n    on_failure: {{sns: \
         'arn:aws:sns:eu-west-1:111122223333:alerts'}}\n    operator: {{operator: airflow.x.Y, writes: [mart.days], with: \
         {{{arguments}}}}}\n"
    );
    let reader = READER.replace("two", "one");
    small("{one: {cluster: a, database: x}}", &[&pipeline, &reader]).1
}

#[test]
fn an_operator_is_given_no_argument_twice() {
    let compiled = operator_with("alone: 1");
    let files = dagc::emit::artifacts(&compiled.plans[0]).files;
    let text = String::from_utf8(files["p/a.py"].clone()).unwrap();
    let call = text.split("one = Y(").nth(1).unwrap().split("\n    )").next().unwrap();
    let line = |line: &str| Some(line.strip_prefix("        ")?.split_once('=')?.0.to_owned());
    let given: Vec<String> = call.lines().filter_map(line).filter(|name| name != "alone").collect();
    assert_eq!(given.len(), 12, "{call}");
    for name in given {
        let found = operator_with(&format!("{name}: 1")).diagnostics.into_sorted();
        let codes: Vec<String> = found.iter().map(|finding| finding.code.to_string()).collect();
        assert_eq!(codes, ["operator-argument"], "{name}");
    }
}

/// The patterns of keys that the worker takes for no data, by task; and what crawlers leave out of what is
/// named.
fn no_data(environment: &str, pipelines: &[&str]) -> Vec<(String, Vec<String>)> {
    let mut files = ProjectFiles::default();
    let project = format!("project: p\nairflow: \"3.3\"\nenvironments:\n  dev: {environment}\n");
    files.project = Some(files.sources.add("dagc.yaml", project));
    for (n, pipeline) in pipelines.iter().enumerate() {
        files.pipelines.push(files.sources.add(format!("specs/{n}.yaml"), *pipeline));
    }
    let compiled = compile(&files, &Environments::All);
    let found = compiled.diagnostics.clone().into_sorted();
    assert!(!compiled.diagnostics.has_errors(), "{}", dagc::ui::human::render(&found, &files.sources, false));
    let mut told = Vec::new();
    for pipeline in &compiled.plans[0].pipelines {
        for task in pipeline.tasks() {
            let Work::Job(job) = &task.work else { continue };
            match job {
                Job::WaitForObjects(wait) => told.push((task.id.clone(), wait.except.clone())),
                Job::RunSql(sql) => {
                    if let SqlBody::Load(load) = &sql.body {
                        told.push((task.id.clone(), load.except.clone()));
                    }
                }
                Job::CopyObjects(copy) => told.push((task.id.clone(), copy.except.clone())),
                Job::DeleteObjects(delete) => told.push((task.id.clone(), delete.except.clone())),
                Job::PutObject(_)
                | Job::Crawl(_)
                | Job::RegisterTable(_)
                | Job::RunGlueJob(_)
                | Job::EvaluateQuality(_)
                | Job::RunAthena(_)
                | Job::InvokeFunction(_)
                | Job::RunStateMachine(_)
                | Job::RunTransfer(_)
                | Job::IngestHttp(_)
                | Job::GrantPermissions(_)
                | Job::RunEmrServerless(_)
                | Job::RunEmrStep(_)
                | Job::RunTask(_)
                | Job::ChangeCluster(_)
                | Job::Replicate(_) => {}
            }
        }
        for resource in &pipeline.resources {
            let Resource::Crawler(crawler) = resource else { continue };
            for target in &crawler.targets {
                let named =
                    target.exclusions.iter().filter(|text| text.contains("done") || text.contains("stag"));
                told.push((target.path.clone(), named.cloned().collect()));
            }
        }
    }
    told
}

#[test]
fn what_the_project_names_is_no_data() {
    let environment = "{dags: s3://lake/dags, region: eu-west-1, glue: {role: 'arn:aws:iam::111122223333:role/g', \
         assets: s3://lake/in/glue/}, redshift: {w: {workgroup: wgx, database: d, copy_role: default, \
         staging: 's3://lake/in/staging'}}}";
    let maker = "\
pipeline: maker
sources:
  days:
    path: s3://lake/in/dt={{ ds }}/
    format: {json: {path: s3://lake/in/paths.json}}
    wait: {marker: done.txt}
steps:
  load: {redshift_copy: {from: days, table: m.days, mode: append}}
  names: {redshift_copy: {path: s3://lake/names/, format: {json: {path: s3://lake/in/names.json}}, table: m.names, mode: append}}
  unload: {redshift_sql: {sql: \"unload ('select 1') to 's3://lake/out/part_' iam_role default manifest\"}}
";
    let reader = "\
pipeline: reader
steps:
  all: {redshift_copy: {path: s3://lake/in/, format: csv, table: m.all, mode: append}}
  one: {redshift_copy: {path: 's3://lake/in/dt={{ ds }}/*.txt', format: csv, table: m.one, mode: append}}
  other: {redshift_copy: {path: s3://lake/other/, format: csv, table: m.other, mode: append}}
  staged: {redshift_copy: {path: s3://lake/in/staging/, format: csv, table: m.staged, mode: append}}
  out: {redshift_copy: {path: s3://lake/out/, format: csv, table: m.out, mode: append}}
  bucket: {redshift_copy: {path: s3://lake/, format: csv, table: m.bucket, mode: append}}
  crawl: {glue_crawler: {crawler: in, path: s3://lake/in/, database: raw}}
";
    let found = no_data(environment, &[maker, reader]);
    let found: Vec<(&str, Vec<&str>)> =
        found.iter().map(|(task, keys)| (task.as_str(), keys.iter().map(String::as_str).collect())).collect();
    assert_eq!(
        found,
        [
            ("wait_days", vec!["in/dt=*/done.txt"]),
            ("load", vec!["in/dt=*/done.txt"]),
            ("names", vec![]),
            (
                "all",
                vec![
                    "in/dt=*/done.txt",
                    "in/glue/",
                    "in/names.json",
                    "in/paths.json",
                    "in/staging/",
                    "in/staging/*.ledger.csv",
                    "in/staging/*.manifest",
                ]
            ),
            ("one", vec!["in/dt=*/done.txt"]),
            ("other", vec![]),
            ("staged", vec!["in/staging/*.ledger.csv", "in/staging/*.manifest"]),
            ("out", vec!["out/part_manifest"]),
            (
                "bucket",
                vec![
                    "dags/",
                    "in/dt=*/done.txt",
                    "in/glue/",
                    "in/names.json",
                    "in/paths.json",
                    "in/staging/",
                    "in/staging/*.ledger.csv",
                    "in/staging/*.manifest",
                    "out/part_manifest",
                ]
            ),
            (
                "s3://lake/in/",
                vec!["dt=*/done.txt", "staging/**", "staging/*.ledger.csv", "staging/*.manifest"]
            ),
        ]
    );
}

/// What `from:` a step that writes partitions means; its edges stay, and a path that is written out is all.
#[test]
fn what_a_run_writes_is_what_others_read() {
    let steps = "  by_hour: {glue_job: {job: j, from: src, write: {path: 's3://lake/e/', format: csv, partition_by: [dt, hr]}}}
  crawl: {glue_crawler: {crawler: c, from: by_hour, database: d, role: 'arn:aws:iam::111122223333:role/g'}}
  more: {glue_job: {job: m, from: by_hour, write: {path: 's3://lake/m/', format: csv, partition_by: [hr]}}}
  one: {bash: {command: echo, reads: [by_hour]}}
  again: {glue_job: {job: a, from: more}}
  all: {glue_job: {job: x, from: 's3://lake/e/'}}
sources:
  src: {path: \"s3://raw/dt={{ ds }}/hr={{ ts | format('%H') }}/\", format: csv}
";
    let pipeline = pipeline(steps);
    let reads: Vec<String> = pipeline
        .tasks()
        .map(|task| {
            let data: Vec<String> = task.reads.iter().map(ToString::to_string).collect();
            let Work::Job(Job::RunGlueJob(job)) = &task.work else {
                return format!("{}: {}", task.id, data.join(" "));
            };
            let input = &job.inputs[0];
            let whole = input.whole.as_ref().map(|whole| format!(" of {whole}"));
            format!("{}: {}{}", task.id, input.place, whole.unwrap_or_default())
        })
        .collect();
    assert_eq!(
        reads,
        [
            "by_hour: s3://raw/dt={{ ds }}/hr={{ logical_date | format(\"%H\") }}/",
            "crawl: s3://lake/e/",
            "more: s3://lake/e/dt={{ ds }}/hr={{ logical_date | format(\"%H\") }}/ of s3://lake/e/",
            "one: s3://lake/e/",
            "again: s3://lake/m/hr={{ logical_date | format(\"%H\") }}/ of s3://lake/m/",
            "all: s3://lake/e/",
        ]
    );
    assert_eq!(written(&pipeline.edges()), "by_hour>crawl by_hour>more by_hour>one by_hour>all more>again");
}

/// The keys of objects, those aside whose keys are names of the user's or of a service.
fn keys<'v>(value: &'v serde_json::Value, found: &mut std::collections::BTreeSet<&'v str>) {
    // Names of the user's, and what has the names of a step or of a service.
    const INSIDE: &[&str] = &[
        "glue_job",
        "crawler",
        "arguments",
        "options",
        "env",
        "default",
        "input",
        "payload",
        "tags",
        "query",
        "headers",
        "body",
    ];
    match value {
        serde_json::Value::Object(object) => {
            for (key, value) in object {
                found.insert(key);
                let is_values = key == "params" && value.is_object();
                if !is_values && !INSIDE.contains(&key.as_str()) {
                    keys(value, found);
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

/// Whoever reads the plan finds what a name stands for, and each field on the page about it.
#[test]
fn the_whole_plan_is_data() {
    let files = load(&root().join("tests/projects/everything")).unwrap();
    let compiled = compile(&files, &Environments::Default);
    let document = serde_json::to_value(&compiled.plans[0]).unwrap();
    assert_eq!(document["version"], dagc::plan::DOCUMENT_VERSION);
    let page = std::fs::read_to_string(root().join("docs/plan.md")).unwrap();
    let mut found = std::collections::BTreeSet::new();
    keys(&document, &mut found);
    let untold: Vec<&str> = found.into_iter().filter(|key| !page.contains(&format!("`{key}`"))).collect();
    assert!(untold.is_empty(), "docs/plan.md says nothing of {untold:?}");
    let (mut touched, mut typed, mut used) = (0, 0, 0);
    for pipeline in document["pipelines"].as_array().unwrap() {
        let ids = |list: &str| -> Vec<&serde_json::Value> {
            pipeline[list].as_array().unwrap().iter().map(|item| &item["id"]).collect()
        };
        let (data, resources, tasks) = (ids("data"), ids("resources"), ids("tasks"));
        typed +=
            pipeline["data"].as_array().unwrap().iter().filter(|data| data["columns"].is_array()).count();
        for task in pipeline["tasks"].as_array().unwrap() {
            for list in ["reads", "writes", "creates"] {
                for name in task[list].as_array().unwrap() {
                    assert!(data.contains(&name), "{name} of {task}");
                    touched += 1;
                }
            }
            for name in task["uses"].as_array().unwrap() {
                assert!(resources.contains(&name), "{name} of {task}");
                used += 1;
            }
        }
        for edge in pipeline["edges"].as_array().unwrap() {
            let place = |end: &str| tasks.iter().position(|task| **task == edge[end]).unwrap();
            assert!(place("from") < place("to"), "{edge}");
        }
    }
    assert!(touched > 10 && typed > 0 && used > 1, "{touched} {typed} {used}");
}
