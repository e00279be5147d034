//! Publishing: into the lab's S3, MWAA and Glue, and into a folder.

mod clients;
mod endings;
mod scene;

use crate::aws::lab::lab;
use clients::{behind_a_slow_line, bucket_elsewhere, clients_of, journal};
use dagc::plan::Resource;
use dagc::publish::{
    Action, Content, Error, Event, Lease, Options, Reason, Report, S3Folder, Stage, Store, When, Worker,
    Written, apply, propose, target,
};
use dagc::service::permissions::sections;
use dagc::service::section::Who;
pub(crate) use scene::write_worker;
use scene::{Scene, crawler, job, make_mwaa, with_resources, worker};
use serde_json::json;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::path::Path;
use std::time::{Duration, Instant};

const MANIFEST: &str = "PutObject .dagc/manifest.json";

#[tokio::test]
async fn sends_what_others_rely_on_first_and_nothing_the_second_time() {
    let scene = Scene::new("publish-first").await;
    let report = scene.publish().await.unwrap();
    assert_eq!((report.sent, report.serial), (9, Some(1)));
    let writes = scene.writes();
    let binary = format!("PutObject .dagc/bin/dagc-worker-{}", scene.worker.sha256());
    assert_eq!(writes[..3], [MANIFEST, &binary, "PutObject .dagc/bin/worker.sha256"]);
    let position = |what: &str| writes.iter().position(|write| write.contains(what)).unwrap();
    let last_plan = position("plans/flights-1").max(position("plans/weather-1"));
    let support = [position("airflowignore"), position("launch.sh"), position("dagc_airflow_v1.py")];
    let dags = [position(" flights.py"), position(" weather.py")];
    assert!(last_plan < support.into_iter().min().unwrap());
    assert!(support.into_iter().max().unwrap() < dags.into_iter().min().unwrap());
    assert_eq!(writes.last().unwrap(), MANIFEST);
    assert_eq!(scene.get("dags/acme/.dagc/bin/worker.sha256").await.trim(), scene.worker.sha256());
    assert!(scene.events.borrow().contains(&Event::Verified(9)));
    assert_eq!(scene.manifest().await.lease, None);

    let report = scene.publish().await.unwrap();
    assert_eq!(report, Report { unchanged: 9, ..Report::default() });
    assert_eq!(scene.writes(), [""; 0]);
}

#[tokio::test]
async fn a_dry_run_sends_nothing() {
    let mut scene = Scene::new("publish-dry").await;
    with_resources(&mut scene.plan, vec![Resource::GlueJob(job("publish-dry", "pass"))]);
    let store = scene.store().await;
    let proposal = propose(&scene.clients, &store, scene.input(), &scene.options).await.unwrap();
    assert!(!proposal.is_empty());
    assert_eq!(proposal.changeset.put.len(), 9);
    assert_eq!(proposal.assets.len(), 1);
    assert_eq!(proposal.resources[0].action, Action::Create);
    assert_eq!(scene.writes(), [""; 0]);
    assert_eq!(scene.keys().await, BTreeSet::new());
}

#[tokio::test]
async fn some_pipelines_are_published_and_the_others_kept() {
    let mut scene = Scene::new("publish-some").await;
    with_resources(&mut scene.plan, vec![Resource::GlueJob(job("publish-some", "pass"))]);
    scene.publish().await.unwrap();
    let before = scene.manifest().await;
    scene.pipeline("flights", "2");
    scene.artifacts.files.retain(|path, _| !path.contains("weather"));
    scene.artifacts.only = Some(["flights".to_owned()].into());
    // The job belongs to a pipeline that was not asked for.
    scene.plan.pipelines.clear();
    scene.plan.is_partial = true;
    scene.worker = worker("publish-some-2");
    let report = scene.publish().await.unwrap();
    assert_eq!((report.sent, report.removed, report.serial), (4, 0, Some(2)));
    let is_warning = |event: &Event| matches!(event, Event::Warning(_));
    assert!(!scene.events.borrow().iter().any(is_warning), "{:?}", scene.events);
    let manifest = scene.manifest().await;
    for path in ["acme/weather.py", "acme/.dagc/plans/weather-1.json"] {
        assert_eq!(manifest.files[path], before.files[path]);
        assert!(manifest.published.as_ref().unwrap().files.contains_key(path));
        assert!(scene.keys().await.contains(&format!("dags/{path}")));
    }
    assert_eq!(manifest.resources, before.resources);
    assert!(manifest.files["acme/.dagc/plans/flights-1.json"].unwanted_since.is_some());
    // What nobody else uses is counted as old, too.
    let old = |path: &str| before.files.contains_key(path) && path.contains("dagc-worker-");
    let old = manifest.files.iter().find(|(path, _)| old(path)).unwrap();
    assert!(old.1.unwanted_since.is_some());
    assert_eq!(scene.publish().await.unwrap().serial, None);
}

#[tokio::test]
async fn a_change_sends_what_changed_and_keeps_old_plans() {
    let mut scene = Scene::new("publish-change").await;
    scene.publish().await.unwrap();
    scene.pipeline("flights", "2");
    scene.artifacts.files.retain(|path, _| !path.contains("weather"));
    let report = scene.publish().await.unwrap();
    assert_eq!((report.sent, report.removed, report.serial), (2, 1, Some(2)));
    assert_eq!(
        scene.writes(),
        [
            MANIFEST,
            "PutObject .dagc/plans/flights-2.json",
            // Looks whether the lease still holds before DAG files, and before something is removed.
            MANIFEST,
            "PutObject flights.py",
            MANIFEST,
            "DeleteObjects",
            MANIFEST,
        ]
    );
    let keys = scene.keys().await;
    assert!(keys.contains("dags/acme/.dagc/plans/flights-1.json"));
    assert!(keys.contains("dags/acme/.dagc/plans/weather-1.json"));
    assert!(!keys.contains("dags/acme/weather.py"));
    let manifest = scene.manifest().await;
    assert!(manifest.files["acme/.dagc/plans/flights-1.json"].unwanted_since.is_some());
    assert!(manifest.previous.unwrap().files.contains_key("acme/weather.py"));
    assert_eq!(scene.publish().await.unwrap().serial, None);
}

#[tokio::test]
async fn a_plan_goes_when_no_task_can_need_it_any_more() {
    let mut scene = Scene::new("publish-expire").await;
    scene.publish().await.unwrap();
    scene.pipeline("flights", "2");
    scene.publish().await.unwrap();
    let mut manifest = scene.manifest().await;
    let old = manifest.files.get_mut("acme/.dagc/plans/flights-1.json").unwrap();
    old.unwanted_since = Some("2020-01-01T00:00:00Z".parse().unwrap());
    scene.put("dags/acme/.dagc/manifest.json", &serde_json::to_string(&manifest).unwrap()).await;
    assert_eq!(scene.publish().await.unwrap().removed, 1);
    assert!(!scene.keys().await.contains("dags/acme/.dagc/plans/flights-1.json"));
    assert!(!scene.manifest().await.files.contains_key("acme/.dagc/plans/flights-1.json"));
}

#[tokio::test]
async fn of_two_publishers_one_wins_and_the_other_says_who() {
    let mut scene = Scene::new("publish-race").await;
    let store = scene.store().await;
    let quiet: &dyn Fn(&Event) = &|_| {};
    let (ann, ben) = (&scene.options, &Options { by: "ben".to_owned(), ..Options::default() });
    let first = propose(&scene.clients, &store, scene.input(), ann).await.unwrap();
    let second = propose(&scene.clients, &store, scene.input(), ben).await.unwrap();
    let (first, second) = tokio::join!(
        apply(first, &scene.clients, &store, ann, quiet, pending()),
        apply(second, &scene.clients, &store, ben, quiet, pending()),
    );
    let (winner, loser) = if first.is_ok() { ("ann", second) } else { ("ben", first) };
    match loser.unwrap_err() {
        Error::Busy { by, .. } => assert_eq!(by, winner),
        Error::Raced(_) => {}
        error => panic!("{error}"),
    }
    assert_eq!(scene.manifest().await.published.unwrap().by, winner);

    // One that looked before the other one was done is refused too.
    scene.pipeline("flights", "2");
    let late = propose(&scene.clients, &store, scene.input(), &scene.options).await.unwrap();
    let now = propose(&scene.clients, &store, scene.input(), &scene.options).await.unwrap();
    apply(now, &scene.clients, &store, &scene.options, quiet, pending()).await.unwrap();
    let error = apply(late, &scene.clients, &store, &scene.options, quiet, pending()).await.unwrap_err();
    assert!(matches!(error, Error::Raced(_)), "{error}");
}

#[tokio::test]
async fn heals_after_an_error() {
    let scene = Scene::new("publish-error").await;
    scene.fault(
        "PutObject",
        "dags/acme/weather.py",
        &json!({"error": {"code": "AccessDenied", "http": 403, "message": "no"}}),
    );
    let error = scene.publish().await.unwrap_err();
    assert!(error.to_string().contains("weather.py"), "{error}");
    assert!(error.hint().unwrap().contains("s3:PutObject"));
    assert!(!scene.keys().await.contains("dags/acme/weather.py"));
    assert_eq!(scene.manifest().await.lease, None, "the lease is given back");

    let report = scene.publish().await.unwrap();
    assert!((1..=2).contains(&report.sent), "{report:?}");
    assert!(scene.keys().await.contains("dags/acme/weather.py"));
    assert_eq!(scene.publish().await.unwrap().serial, None);
}

#[tokio::test]
async fn heals_after_a_death() {
    let mut scene = Scene::new("publish-death").await;
    // Dies with plans sent: the future is dropped, so nothing is given back.
    let sent = tokio::sync::Notify::new();
    let store = scene.store().await;
    let proposal = propose(&scene.clients, &store, scene.input(), &scene.options).await.unwrap();
    let notify = |event: &Event| {
        if matches!(event, Event::Sent { stage: Stage::Plans, .. }) {
            sent.notify_one();
        }
    };
    tokio::select! {
        biased;
        () = sent.notified() => {}
        _ = apply(proposal, &scene.clients, &store, &scene.options, &notify, pending()) => panic!("it ended"),
    }
    let keys = scene.keys().await;
    assert!(!keys.contains("dags/acme/flights.py"));

    let error = scene.publish().await.unwrap_err();
    assert!(matches!(&error, Error::Busy { by, .. } if by == "ann"), "{error}");
    assert!(error.hint().unwrap().contains("--takeover"));
    assert_eq!(scene.writes(), [""; 0]);

    scene.options.takeover = true;
    let report = scene.publish().await.unwrap();
    assert_eq!(report.serial, Some(1));
    assert!(report.unchanged >= 3, "binary, pointer and a plan are not sent again: {report:?}");
    scene.options.takeover = false;
    assert_eq!(scene.publish().await.unwrap().serial, None);
}

/// What a dead publisher left is taken over when its lease has run out, and not before.
#[tokio::test]
async fn a_lease_that_ran_out_is_taken_over() {
    let mut scene = Scene::new("publish-stale").await;
    scene.publish().await.unwrap();
    scene.pipeline("flights", "2");
    for (expires, is_free) in [("2099-01-01T00:00:00Z", false), ("2020-01-01T00:00:00Z", true)] {
        let mut manifest = scene.manifest().await;
        let began: jiff::Timestamp = "2019-12-31T23:45:00Z".parse().unwrap();
        let mut lease = Lease::new("dead".to_owned(), "bob".to_owned(), began);
        lease.expires = expires.parse().unwrap();
        manifest.lease = Some(lease);
        scene.put("dags/acme/.dagc/manifest.json", &serde_json::to_string(&manifest).unwrap()).await;
        let published = scene.publish().await;
        assert_eq!(published.is_ok(), is_free, "{expires}: {published:?}");
    }
    assert_eq!(scene.manifest().await.lease, None);
}

/// A plan that a publisher sent who then went back to the one before: nothing is sent, and from now on it
/// is counted as unwanted, so that it goes some day.
#[tokio::test]
async fn what_an_interrupted_publication_left_is_counted_as_unwanted() {
    let mut scene = Scene::new("publish-back").await;
    scene.publish().await.unwrap();
    scene.pipeline("flights", "2");
    scene.fault("PutObject", "dags/acme/flights.py", &json!({"error": {"code": "AccessDenied"}}));
    scene.publish().await.unwrap_err();
    assert_eq!(scene.manifest().await.files["acme/.dagc/plans/flights-2.json"].unwanted_since, None);
    scene.pipeline("flights", "1");
    scene.publish().await.unwrap();
    let manifest = scene.manifest().await;
    assert!(manifest.files["acme/.dagc/plans/flights-2.json"].unwanted_since.is_some(), "{manifest:#?}");
    assert_eq!(scene.publish().await.unwrap().serial, None);
}

/// A folder of specs that is empty by mistake takes no pipeline out of production.
#[tokio::test]
async fn removing_everything_wants_to_be_said() {
    let mut scene = Scene::new("publish-empty").await;
    scene.publish().await.unwrap();
    scene.artifacts.files.retain(|path, _| !path.contains("flights") && !path.contains("weather"));
    let error = scene.publish().await.unwrap_err();
    assert!(matches!(error, Error::RemovesAll(2)), "{error}");
    assert!(error.hint().unwrap().contains("--remove-all"));
    assert_eq!(scene.writes(), [""; 0]);
    scene.options.remove_all = true;
    assert_eq!(scene.publish().await.unwrap().removed, 2);
    // Nothing is published now, and publishing that again removes nothing.
    scene.options.remove_all = false;
    assert_eq!(scene.publish().await.unwrap().serial, None);
}

#[test]
fn only_a_worker_is_published_as_one() {
    let dagc = Path::new(env!("CARGO_BIN_EXE_dagc"));
    for other in [dagc, Path::new("/bin/sh"), Path::new(file!())] {
        let refused = Worker::read(other).unwrap_err();
        assert!(matches!(refused, Error::NotAWorker(_)), "{}", other.display());
        assert!(refused.hint().unwrap().contains("dagc-worker"));
    }
    Worker::read(Path::new(env!("CARGO_BIN_EXE_dagc-worker"))).unwrap();
}

#[tokio::test]
async fn a_publisher_that_lost_its_lease_sends_no_dag_file() {
    let mut scene = Scene::new("publish-lost").await;
    scene.publish().await.unwrap();
    scene.pipeline("flights", "2");
    let store = scene.store().await;
    let proposal = propose(&scene.clients, &store, scene.input(), &scene.options).await.unwrap();
    // While a plan is under way, somebody else writes the manifest.
    scene.fault("PutObject", "dags/acme/.dagc/plans/flights-2.json", &json!({"delay": 2}));
    scene.events.borrow_mut().clear();
    let hear = |event: &Event| scene.hear(event);
    let thief = async {
        scene.started().await;
        scene.put("dags/acme/.dagc/manifest.json", "{}").await;
    };
    let publisher = apply(proposal, &scene.clients, &store, &scene.options, &hear, pending());
    let (outcome, ()) = tokio::join!(publisher, thief);
    assert!(matches!(outcome, Err(Error::LostLease(_))), "{outcome:?}");
    assert!(scene.get("dags/acme/flights.py").await.contains("flights-1"));
    assert_eq!(scene.get("dags/acme/.dagc/manifest.json").await, "{}", "what the other one wrote stays");
    let error = scene.publish().await.unwrap_err();
    assert!(matches!(error, Error::BadManifest { .. }), "{error}");
}

#[tokio::test]
async fn a_lost_answer_is_no_lost_lease() {
    let scene = Scene::new("publish-answer").await;
    for _ in 0..2 {
        scene.fault("PutObject", "dags/acme/.dagc/manifest.json", &json!({"drop": "after"}));
    }
    assert_eq!(scene.publish().await.unwrap().serial, Some(1));
    assert_eq!(scene.manifest().await.lease, None);
}

#[tokio::test]
async fn an_interrupted_publisher_gives_the_lease_back() {
    let scene = Scene::new("publish-interrupt").await;
    scene.fault("PutObject", "dags/acme/.dagc/bin/*", &json!({"delay": 5, "times": 9}));
    let error = scene.publish_until(scene.started()).await.unwrap_err();
    assert!(matches!(error, Error::Interrupted), "{error}");
    assert_eq!(scene.manifest().await.lease, None);
}

#[tokio::test]
async fn what_is_not_ours_stays() {
    let mut scene = Scene::new("publish-foreign").await;
    for key in ["dags/mine.py", "dags/acme/mine.py", "dags/acme_other/flights.py", "requirements.txt"] {
        scene.put(key, "mine").await;
    }
    scene.put("dags/acme/flights.py", "written by hand").await;
    let error = scene.publish().await.unwrap_err();
    assert!(matches!(&error, Error::ForeignFiles(files) if files == &["acme/flights.py"]), "{error}");
    assert_eq!(scene.writes(), [""; 0]);

    scene.options.adopt = true;
    scene.publish().await.unwrap();
    assert!(scene.get("dags/acme/flights.py").await.contains("flights-1"));
    scene.artifacts.files.retain(|path, _| !path.contains("flights"));
    scene.publish().await.unwrap();
    let keys = scene.keys().await;
    assert!(!keys.contains("dags/acme/flights.py"));
    for key in ["dags/mine.py", "dags/acme/mine.py", "dags/acme_other/flights.py", "requirements.txt"] {
        assert_eq!(scene.get(key).await, "mine", "{key}");
    }
}

#[tokio::test]
async fn what_was_changed_by_hand_is_put_right() {
    let scene = Scene::new("publish-hand").await;
    scene.publish().await.unwrap();
    scene.put("dags/acme/flights.py", "# same size, oh!                      ").await;
    scene.put("dags/acme/weather.py", "").await;
    let plan = "dags/acme/.dagc/plans/flights-1.json";
    scene.s3.delete_object().bucket(&scene.name).key(plan).send().await.unwrap();
    let store = scene.store().await;
    let proposal = propose(&scene.clients, &store, scene.input(), &scene.options).await.unwrap();
    let reasons: Vec<_> = proposal.changeset.put.iter().map(|put| (put.path.as_str(), put.reason)).collect();
    assert_eq!(
        reasons,
        [
            ("acme/.dagc/plans/flights-1.json", Reason::RemovedByHand),
            ("acme/flights.py", Reason::ChangedByHand),
            ("acme/weather.py", Reason::ChangedByHand),
        ]
    );
    drop(proposal);
    assert_eq!(scene.publish().await.unwrap().sent, 3);
    assert!(scene.get("dags/acme/flights.py").await.contains("flights-1"));

    // The manifest itself is lost: everything is recognised by its hash.
    let manifest = "dags/acme/.dagc/manifest.json";
    scene.s3.delete_object().bucket(&scene.name).key(manifest).send().await.unwrap();
    let report = scene.publish().await.unwrap();
    assert_eq!((report.sent, report.unchanged), (0, 9));
    assert_eq!(scene.writes(), [MANIFEST, MANIFEST]);
}

#[tokio::test]
async fn another_project_or_environment_is_not_mixed_in() {
    let mut scene = Scene::new("publish-other").await;
    scene.publish().await.unwrap();
    scene.plan.environment.name = "prod".to_owned();
    let error = scene.publish().await.unwrap_err();
    assert!(matches!(&error, Error::OtherOwner { environment, .. } if environment == "dev"), "{error}");
    assert_eq!(scene.writes(), [""; 0]);
}

#[tokio::test]
async fn the_environments_key_encrypts_every_object() {
    let scene = Scene::new("publish-kms").await;
    let environment = |key: &str| {
        json!({"name": "publish-kms", "bucket": "publish-kms", "dag_path": "dags", "version": "2.11.2",
               "kms_key": key})
    };
    make_mwaa(&environment("arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000"));
    let error = scene.publish().await.unwrap_err();
    assert!(error.to_string().contains("KMS.NotFoundException"), "{error}");

    make_mwaa(&environment("alias/aws/s3"));
    scene.publish().await.unwrap();
    let calls = journal(scene.mark.get());
    let puts: Vec<_> = calls
        .iter()
        .filter(|entry| entry["operation"] == "PutObject" && entry["request"]["bucket"] == "publish-kms")
        .collect();
    assert!(puts.len() > 9);
    for put in puts {
        let headers = &put["request"]["headers"];
        assert_eq!(headers["x-amz-server-side-encryption"], "aws:kms", "{put}");
        assert_eq!(headers["x-amz-server-side-encryption-aws-kms-key-id"], "alias/aws/s3", "{put}");
    }
    assert_eq!(scene.publish().await.unwrap().serial, None);
}

#[tokio::test]
async fn refuses_another_airflow_and_a_program_that_does_not_run_there() {
    let mut scene = Scene::new("publish-refuse").await;
    scene.plan.environment.airflow.major = 3;
    let refused = target(&scene.clients, &scene.plan.environment, None, &|_| {}).await.unwrap_err();
    assert!(matches!(refused, Error::AirflowVersion { .. }), "{refused}");
    scene.plan.environment.mwaa = Some("publish-nowhere".to_owned());
    let refused = target(&scene.clients, &scene.plan.environment, None, &|_| {}).await.unwrap_err();
    assert!(refused.to_string().contains("publish-nowhere"), "{refused}");
    scene.plan.environment.mwaa = None;
    let refused = target(&scene.clients, &scene.plan.environment, None, &|_| {}).await.unwrap_err();
    assert!(matches!(refused, Error::NoTarget(_)), "{refused}");

    scene.plan.environment.dags = Some("s3://publish-refuse/elsewhere/".to_owned());
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    std::fs::write(&script, dagc::publish::mark()).unwrap();
    scene.worker = Worker::read(&script).unwrap();
    let error = scene.publish().await.unwrap_err();
    assert!(matches!(error, Error::WorkerFormat(_)), "{error}");
    scene.worker = worker("publish-refuse");
    scene.publish().await.unwrap();
    assert!(scene.keys().await.contains("elsewhere/acme/flights.py"));
}

#[tokio::test]
async fn makes_glue_jobs_and_changes_them_only_when_they_differ() {
    let name = "publish-glue";
    let mut scene = Scene::new(name).await;
    with_resources(
        &mut scene.plan,
        vec![Resource::GlueJob(job(name, "pass")), Resource::Crawler(crawler(name))],
    );
    let report = scene.publish().await.unwrap();
    assert_eq!((report.assets, report.resources), (1, 2));
    let writes = scene.writes();
    let position = |what: &str| writes.iter().position(|write| write.contains(what)).unwrap();
    assert!(position("glue/clean-4.py") < position("CreateJob"));
    assert!(position("CreateJob").max(position("CreateCrawler")) < position("flights.py"));
    assert_eq!(scene.get("glue/clean-4.py").await, "pass");

    assert_eq!(scene.publish().await.unwrap().serial, None);
    assert_eq!(scene.writes(), [""; 0]);

    // Somebody sets a window by hand, then the script changes.
    let there = scene.clients.glue.get_job().job_name(format!("{name}-clean")).send().await.unwrap();
    let there = there.job.unwrap();
    assert_eq!(there.description(), Some("Cleans flights. [dagc acme/dev]"));
    let mut update = aws_sdk_glue::types::JobUpdate::builder().maintenance_window("Sun:10").build();
    update.description = there.description;
    update.role = there.role;
    update.command = there.command;
    update.default_arguments = there.default_arguments;
    update.worker_type = there.worker_type;
    update.number_of_workers = there.number_of_workers;
    update.timeout = Some(60);
    scene
        .clients
        .glue
        .update_job()
        .job_name(format!("{name}-clean"))
        .job_update(update)
        .send()
        .await
        .unwrap();
    with_resources(&mut scene.plan, vec![Resource::GlueJob(job(name, "pass  # 2"))]);
    let report = scene.publish().await.unwrap();
    assert_eq!((report.assets, report.resources), (1, 1));
    assert_eq!(scene.writes()[1..3], ["PutObject glue/clean-9.py", "UpdateJob"]);
    let warned = |event: &Event| matches!(event, Event::Warning(text) if text.contains("crawler/"));
    assert!(scene.events.borrow().iter().any(warned), "the crawler that no pipeline wants is named");
    let there = scene.clients.glue.get_job().job_name(format!("{name}-clean")).send().await.unwrap();
    let there = there.job.unwrap();
    assert_eq!(there.maintenance_window(), Some("Sun:10"));
    assert!(there.command().unwrap().script_location().unwrap().ends_with("clean-9.py"));
    assert!(scene.keys().await.contains("glue/clean-4.py"), "a run may still read it");
}

#[tokio::test]
async fn jobs_of_others_are_not_touched() {
    let name = "publish-theirs";
    let mut scene = Scene::new(name).await;
    scene
        .clients
        .glue
        .create_job()
        .name(format!("{name}-clean"))
        .role("theirs")
        .command(
            aws_sdk_glue::types::JobCommand::builder()
                .name("glueetl")
                .python_version("3")
                .script_location("s3://x/y.py")
                .build(),
        )
        .send()
        .await
        .unwrap();
    with_resources(&mut scene.plan, vec![Resource::GlueJob(job(name, "pass"))]);
    let error = scene.publish().await.unwrap_err();
    assert!(matches!(&error, Error::ForeignResources(_)), "{error}");
    assert_eq!(scene.writes(), [""; 0]);
    scene.options.adopt = true;
    assert_eq!(scene.publish().await.unwrap().resources, 1);
    scene.options.adopt = false;
    assert_eq!(scene.publish().await.unwrap().serial, None);
}

#[tokio::test]
async fn a_running_crawler_is_waited_for() {
    let name = "publish-crawl";
    let mut scene = Scene::new(name).await;
    with_resources(&mut scene.plan, vec![Resource::Crawler(crawler(name))]);
    scene.publish().await.unwrap();
    let mut changed = crawler(name);
    changed.table_prefix = Some("raw_".to_owned());
    with_resources(&mut scene.plan, vec![Resource::Crawler(changed)]);
    lab().fault(&json!({
        "service": "glue", "operation": "UpdateCrawler", "match": {"Name": format!("{name}-raw")},
        "error": {"code": "CrawlerRunningException", "http": 400, "message": "running"},
    }));
    scene.publish().await.unwrap();
    assert!(scene.events.borrow().contains(&Event::WaitingForCrawler(format!("{name}-raw"))));
    assert_eq!(scene.writes().iter().filter(|write| *write == "UpdateCrawler").count(), 2);
}

/// What the page lists is enough, as every test here shows, and each of it is needed.
#[tokio::test]
async fn a_publisher_needs_what_is_listed() {
    let sections = sections();
    let listed = sections.iter().filter(|section| section.who == Who::Publisher);
    let listed: BTreeSet<&str> = listed.flat_map(|section| &section.needs).map(|need| need.action).collect();
    for (n, action) in listed.iter().enumerate() {
        // Reading what it encrypts is asked of the key by S3, which the lab's does not know.
        if *action == "kms:Decrypt" {
            continue;
        }
        let name = format!("publish-less-{n}");
        let mut scene = Scene::new(&name).await;
        with_resources(
            &mut scene.plan,
            vec![Resource::GlueJob(job(&name, "pass")), Resource::Crawler(crawler(&name))],
        );
        if action.starts_with("kms:") {
            let key = "alias/aws/s3";
            make_mwaa(&json!({"name": name, "bucket": name, "dag_path": "dags", "version": "2.11.2",
                              "kms_key": key}));
        }
        scene.publish().await.unwrap_or_else(|error| panic!("{action}: {error}"));
        // The second time there is something of each kind to change and to remove.
        let mut changed = crawler(&name);
        changed.table_prefix = Some("raw_".to_owned());
        let (mut clean, mut next) = (job(&name, "pass  # 2"), job(&name, "pass"));
        clean.script.uri = clean.script.uri.replace("clean-", "clean2-");
        next.name = format!("{name}-next");
        let mut more = crawler(&name);
        more.name = format!("{name}-more");
        with_resources(
            &mut scene.plan,
            vec![
                Resource::GlueJob(clean),
                Resource::GlueJob(next),
                Resource::Crawler(changed),
                Resource::Crawler(more),
            ],
        );
        scene.artifacts.files.remove("acme/weather.py");
        let key = format!("AKIALESS{n:0>12}");
        let others = listed.iter().filter(|listed| *listed != action);
        let allowed: BTreeMap<&str, [&str; 1]> = others.map(|action| (*action, ["*"])).collect();
        lab().control("PUT", "rights", &json!({ "key": key, "allow": allowed }));
        scene.clients = clients_of(&key).await;
        let error = match target(&scene.clients, &scene.plan.environment, None, &|_| {}).await {
            Ok(_) => scene.publish().await.map(|_| ()).unwrap_err(),
            Err(error) => error,
        };
        let told = error.to_string();
        // HEAD has no answer but its status.
        let is_said = told.contains(&format!("perform: {action} on resource: "))
            || told.contains(&format!("403: {action} is not allowed on {name}"));
        assert!(is_said, "{action}: {told}");
    }
}

/// S3 answers 301 to whoever asks for a bucket of another region.
#[tokio::test]
async fn a_folder_in_another_region_is_published_to() {
    let mut scene = Scene::new("publish-elsewhere").await;
    let bucket = "publish-elsewhere-dags";
    bucket_elsewhere(bucket).await;
    scene.plan.environment.mwaa = None;
    scene.plan.environment.dags = Some(format!("s3://{bucket}/dags"));
    assert_eq!(scene.publish().await.unwrap().sent, 9);
    scene.pipeline("flights", "2");
    scene.artifacts.files.remove("acme/weather.py");
    let report = scene.publish().await.unwrap();
    assert_eq!((report.sent, report.removed), (2, 1));
    assert_eq!(scene.publish().await.unwrap().serial, None);

    // Glue reads its scripts at home only.
    let mut clean = job(&scene.name, "pass");
    clean.script.uri = format!("s3://{bucket}/glue/clean.py");
    with_resources(&mut scene.plan, vec![Resource::GlueJob(clean)]);
    let error = scene.publish().await.unwrap_err();
    assert!(matches!(error, Error::AssetsElsewhere { .. }), "{error}");
    let hint = error.hint().unwrap();
    assert!(hint.contains("in us-east-1"), "{hint}");
}

#[tokio::test]
async fn mwaa_and_its_bucket_are_in_one_region() {
    let mut scene = Scene::new("publish-mwaa-region").await;
    let bucket = "publish-mwaa-region-away";
    bucket_elsewhere(bucket).await;
    make_mwaa(&json!({"name": bucket, "bucket": bucket, "dag_path": "dags/", "version": "2.11.2"}));
    scene.plan.environment.mwaa = Some(bucket.to_owned());
    let error = target(&scene.clients, &scene.plan.environment, None, &|_| {}).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("is in eu-west-1, and the environment in us-east-1"), "{told}");

    scene.plan.environment.mwaa = Some("publish-mwaa-nowhere".to_owned());
    let error = target(&scene.clients, &scene.plan.environment, None, &|_| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no MWAA environment `publish-mwaa-nowhere` in us-east-1");
    assert!(error.hint().unwrap().contains("region"));
}

/// The attempt timeout of an upload grows with its size.
#[tokio::test]
async fn a_slow_line_sends_a_large_file() {
    let bucket = "publish-slow-line";
    clients::bucket(bucket).await;
    let large = vec![b'x'; 3_000_000];
    let store = Store::S3(S3Folder::new(behind_a_slow_line(1_000_000).await, bucket, "dags", None));
    let began = Instant::now();
    let sent = store.write("large", &Content::of(large.as_slice()), When::Always).await.unwrap();
    assert!(matches!(sent, Written::Yes(_)));
    assert!(began.elapsed() > Duration::from_secs(1), "the line was not slow");
}

#[tokio::test]
async fn a_folder_on_this_machine_is_published_to_alike() {
    let mut scene = Scene::new("publish-folder").await;
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("dags");
    let events = RefCell::new(Vec::new());
    let hear = |event: &Event| events.borrow_mut().push(event.clone());
    let to = target(&scene.clients, &scene.plan.environment, Some(folder.clone()), &hear).await.unwrap();
    let publish = async |scene: &Scene| {
        let proposal = propose(&scene.clients, &to, scene.input(), &scene.options).await?;
        apply(proposal, &scene.clients, &to, &scene.options, &hear, pending()).await
    };
    assert_eq!(publish(&scene).await.unwrap().sent, 9);
    let stages: Vec<Stage> = events
        .borrow()
        .iter()
        .filter_map(|event| match event {
            Event::Sent { stage, .. } => Some(*stage),
            _ => None,
        })
        .collect();
    assert!(stages.is_sorted() && stages.len() == 9);
    assert_eq!(
        std::fs::read(folder.join("acme/flights.py")).unwrap(),
        b"# uses acme/.dagc/plans/flights-1.json"
    );
    let modified = || std::fs::metadata(folder.join("acme/weather.py")).unwrap().modified().unwrap();
    let before = modified();

    assert_eq!(publish(&scene).await.unwrap().serial, None);
    std::fs::write(folder.join("acme/mine.py"), "mine").unwrap();
    scene.pipeline("flights", "2");
    assert_eq!(publish(&scene).await.unwrap().sent, 2);
    assert_eq!(modified(), before);
    assert!(folder.join("acme/mine.py").exists() && folder.join("acme/.dagc/plans/flights-1.json").exists());
    assert_eq!(scene.writes(), [""; 0], "nothing goes to AWS");

    std::fs::write(folder.join("acme/other.py"), "theirs").unwrap();
    scene.pipeline("other", "1");
    let error = publish(&scene).await.unwrap_err();
    assert!(matches!(error, Error::ForeignFiles(_)), "{error}");
}
