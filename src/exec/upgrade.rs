//! Tests of an upgrade in the middle of a run: the plan that dagc wrote before says what that of today says, and what
//! was started under it is found again.
//!
//! `tests/plans/version-N/` holds plan files of this version and the one before, of the same pipelines, and
//! `keys.json` the keys under which the older dagc has started their jobs.

use super::key::Key;
use super::{RunContext, shown};
use crate::aws;
use crate::plan::{self, Job, OLDEST_PLAN_FILE, PLAN_FILE_VERSION, PlanFile, PlannedTask};
use crate::service::{
    athena, data_quality, datasync, dms, ecs_task, emr_serverless, emr_step, glue_crawler, glue_job,
    http_ingest, redshift, redshift_cluster, s3, step_function,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const REGION: &str = "eu-west-1";

fn folder(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/plans/version-{version}"))
}

/// Reads the plan files of a version, by pipeline.
fn plans(version: u32) -> BTreeMap<String, PlanFile> {
    let files = std::fs::read_dir(folder(version)).unwrap().map(|entry| entry.unwrap().path());
    let plans = files.filter(|path| path.file_stem().unwrap() != "keys").map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        let plan = plan::read(version, &text).unwrap();
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), plan)
    });
    plans.collect()
}

/// Reads the plan files of both versions; those of today without the steps that have come since.
fn both() -> [BTreeMap<String, PlanFile>; 2] {
    let (before, mut today) = (plans(OLDEST_PLAN_FILE), plans(PLAN_FILE_VERSION));
    for (name, plan) in &mut today {
        plan.tasks.retain(|id, _| before.get(name).is_none_or(|before| before.tasks.contains_key(id)));
    }
    [before, today]
}

fn context(plan: &PlanFile, id: &str) -> RunContext {
    RunContext {
        dag_id: plan.dag_id.clone(),
        task_id: id.to_owned(),
        run_id: "scheduled__2026-01-31T03:15:00+00:00".to_owned(),
        map_index: -1,
        try_number: 1,
        logical_date: Some("2026-01-31T03:15:00Z".parse().unwrap()),
        params: json!({ "carrier": "UA" }).as_object().unwrap().clone(),
        outputs: json!({ "crawl": { "tables_created": 3 } }).as_object().unwrap().clone(),
        ..RunContext::default()
    }
}

/// Returns the keys under which the jobs of a task are found.
fn keys(plan: &PlanFile, id: &str, task: &PlannedTask) -> Vec<String> {
    let config = aws::client::unconnected(REGION);
    let context = context(plan, id);
    let values = context.values(plan);
    let identities = match &task.job {
        Job::WaitForObjects(_) => vec![s3::run::identity(&config)],
        // Nothing is started that could be found again.
        Job::PutObject(_)
        | Job::CopyObjects(_)
        | Job::DeleteObjects(_)
        | Job::InvokeFunction(_)
        | Job::RegisterTable(_)
        | Job::GrantPermissions(_) => Vec::new(),
        Job::IngestHttp(spec) => vec![http_ingest::run::identity(spec, &values).unwrap()],
        Job::RunAthena(spec) => {
            let jobs = athena::run::jobs(&config, spec, &values, &context).unwrap();
            jobs.iter().map(athena::run::Query::identity).collect()
        }
        Job::EvaluateQuality(spec) => {
            vec![data_quality::run::QualityJob::new(&config, spec, &values, &context).unwrap().identity()]
        }
        Job::RunTask(spec) => {
            vec![ecs_task::run::TaskJob::new(&config, spec, &values, &context).unwrap().identity()]
        }
        Job::RunEmrServerless(spec) => {
            let job = emr_serverless::run::ServerlessJob::new(&config, spec, &values, &context).unwrap();
            vec![job.identity()]
        }
        Job::RunEmrStep(spec) => {
            vec![emr_step::run::StepJob::new(&config, spec, &values, &context).unwrap().identity()]
        }
        Job::RunStateMachine(spec) => {
            vec![step_function::run::MachineJob::new(&config, spec, &values, &context).unwrap().identity()]
        }
        Job::RunTransfer(spec) => {
            vec![datasync::run::TransferJob::new(&config, spec, &values).unwrap().identity()]
        }
        Job::Replicate(spec) => {
            vec![dms::run::ReplicationJob::new(&config, spec, &values).unwrap().identity()]
        }
        Job::ChangeCluster(spec) => {
            vec![redshift_cluster::run::ClusterJob::new(&config, spec, &context).unwrap().identity()]
        }
        Job::Crawl(spec) => vec![glue_crawler::run::CrawlJob::new(&config, spec, &context).identity()],
        Job::RunGlueJob(spec) => {
            vec![glue_job::run::GlueJob::new(&config, spec, &values, &context).unwrap().identity()]
        }
        Job::RunSql(spec) => {
            let jobs = redshift::run::jobs(&config, spec, &values).unwrap();
            jobs.iter().map(redshift::run::SqlJob::identity).collect()
        }
    };
    identities.into_iter().map(|identity| Key::new(plan, &context, identity).to_string()).collect()
}

fn all_keys(plans: &BTreeMap<String, PlanFile>) -> Value {
    let mut all = BTreeMap::new();
    for (name, plan) in plans {
        all.extend(plan.tasks.iter().map(|(id, task)| (format!("{name} {id}"), keys(plan, id, task))));
    }
    json!(all)
}

#[test]
fn an_upgrade_starts_nothing_again() {
    let started = std::fs::read_to_string(folder(OLDEST_PLAN_FILE).join("keys.json")).unwrap();
    let started: Value = serde_json::from_str(&started).unwrap();
    assert!(started.as_object().unwrap().len() > 20, "{started}");
    for plans in both() {
        assert_eq!(all_keys(&plans), started);
    }
}

/// What is sent is the same, and so is all that is not: times, what a kill does.
#[test]
fn a_plan_of_before_does_what_that_of_today_does() {
    let [before, today] = both();
    assert_eq!(before.keys().collect::<Vec<_>>(), today.keys().collect::<Vec<_>>());
    for (name, today) in &today {
        let before = &before[name];
        let sent = |plan: &PlanFile| -> Value {
            let sent = plan.tasks.iter().map(|(id, task)| {
                let mut sent = shown(&task.job, &context(plan, id).values(plan)).into_json();
                // Options of COPY are said otherwise; the keys hold what becomes of them.
                if let Some(body) = sent["request"].get_mut("body").and_then(Value::as_object_mut) {
                    body.remove("options");
                }
                let settings = json!([task.step, task.on_kill, task.timeout, task.reschedule]);
                (id, json!([sent, settings]))
            });
            json!(sent.collect::<BTreeMap<_, _>>())
        };
        assert_eq!(sent(before), sent(today), "{name}");
        let head = |plan: &PlanFile| {
            json!([plan.project, plan.dag_id, plan.environment, plan.region, plan.time_zone, plan.version])
        };
        assert_eq!(head(before), head(today));
    }
}
