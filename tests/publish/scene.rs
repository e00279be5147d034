//! A scene in which publishing is tested: a project, its bucket and MWAA environment, and what was heard and sent.

use super::clients::{ANYBODY, bucket, clients, journal, mark, s3_of};
use crate::aws::lab::lab;
use aws_sdk_s3::primitives::ByteStream;
use dagc::emit::Artifacts;
use dagc::lang::step::{OnSchemaChange, Recrawl};
use dagc::lang::value::AirflowVersion;
use dagc::plan::{Asset, Dag, Environment, Plan, ProjectPlan, Resource};
use dagc::publish::{
    Clients, Error, Event, Input, Manifest, Options, Report, Store, Worker, apply, propose, target,
};
use dagc::service::glue_crawler::job::{CrawlTarget, CrawlerDefinition};
use dagc::service::glue_job::job::{GlueCommand, GlueJobDefinition};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::{Future, pending};
use std::path::Path;
use std::time::Duration;

/// A project that is published: a bucket of its own and an MWAA environment of the same name.
pub(super) struct Scene {
    pub(super) name: String,
    pub(super) clients: Clients,
    /// The tests' own hand in S3.
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) worker: Worker,
    pub(super) plan: ProjectPlan,
    pub(super) artifacts: Artifacts,
    pub(super) options: Options,
    pub(super) events: RefCell<Vec<Event>>,
    pub(super) mark: Cell<u64>,
}

impl Scene {
    pub(super) async fn new(name: &str) -> Self {
        let clients = clients().await;
        bucket(name).await;
        make_mwaa(&json!({"name": name, "bucket": name, "dag_path": "dags/", "version": "2.11.2"}));
        let mut scene = Self {
            name: name.to_owned(),
            clients,
            s3: s3_of(ANYBODY).await,
            worker: worker(name),
            plan: plan(name),
            artifacts: Artifacts::default(),
            options: Options { by: "ann".to_owned(), ..Options::default() },
            events: RefCell::default(),
            mark: Cell::new(0),
        };
        for (path, content) in [
            ("acme/.airflowignore", "x"),
            ("acme/dagc_airflow_v1.py", "support"),
            ("acme/.dagc/bin/launch.sh", "launcher"),
        ] {
            scene.artifacts.files.insert(path.to_owned(), content.into());
        }
        scene.pipeline("flights", "1");
        scene.pipeline("weather", "1");
        scene.mark.set(mark());
        scene
    }

    /// Puts a version of a pipeline into the artifacts, in place of another one.
    pub(super) fn pipeline(&mut self, name: &str, version: &str) {
        self.artifacts.files.retain(|path, _| !path.contains(name));
        let plan = format!("acme/.dagc/plans/{name}-{version}.json");
        self.artifacts.files.insert(format!("acme/{name}.py"), format!("# uses {plan}").into());
        self.artifacts.files.insert(plan, format!("plan {name} {version}").into());
    }

    pub(super) fn input(&self) -> Input<'_> {
        Input { plan: &self.plan, artifacts: &self.artifacts, worker: &self.worker }
    }

    pub(super) async fn store(&self) -> Store {
        target(&self.clients, &self.plan.environment, None, &|event| self.hear(event)).await.unwrap()
    }

    pub(super) fn hear(&self, event: &Event) {
        self.events.borrow_mut().push(event.clone());
    }

    /// Publishes; the journal and the events are then those of this publication.
    pub(super) async fn publish(&self) -> Result<Report, Error> {
        self.publish_until(pending()).await
    }

    pub(super) async fn publish_until(&self, interrupted: impl Future<Output = ()>) -> Result<Report, Error> {
        self.mark.set(mark());
        self.events.borrow_mut().clear();
        let store = self.store().await;
        let proposal = propose(&self.clients, &store, self.input(), &self.options).await?;
        apply(proposal, &self.clients, &store, &self.options, &|event| self.hear(event), interrupted).await
    }

    /// Waits until a publication has its lease.
    pub(super) async fn started(&self) {
        let is_start = |event: &Event| matches!(event, Event::Started { .. });
        while !self.events.borrow().iter().any(is_start) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Calls of this scene that write, as `operation key`, without the keys' `dags/acme/`.
    pub(super) fn writes(&self) -> Vec<String> {
        let writes = |entry: &Value| {
            let operation = entry["operation"].as_str()?;
            let request = &entry["request"];
            let is_write =
                ["Put", "Delete", "Create", "Update"].iter().any(|word| operation.starts_with(word));
            let key = request["key"].as_str().unwrap_or_default();
            let ours = request["bucket"] == json!(self.name) || request.to_string().contains(&self.name);
            (is_write && ours).then(|| {
                format!("{operation} {}", key.strip_prefix("dags/acme/").unwrap_or(key)).trim().to_owned()
            })
        };
        let calls = journal(self.mark.get());
        assert!(calls.iter().all(|entry| entry["not_emulated"] != json!(true)), "{calls:#?}");
        calls.iter().filter_map(writes).collect()
    }

    pub(super) async fn keys(&self) -> BTreeSet<String> {
        let answer = self.s3.list_objects_v2().bucket(&self.name).send().await.unwrap();
        answer.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
    }

    pub(super) async fn put(&self, key: &str, content: &str) {
        let body = ByteStream::from(content.as_bytes().to_vec());
        self.s3.put_object().bucket(&self.name).key(key).body(body).send().await.unwrap();
    }

    pub(super) async fn get(&self, key: &str) -> String {
        let object = self.s3.get_object().bucket(&self.name).key(key).send().await.unwrap();
        String::from_utf8(object.body.collect().await.unwrap().to_vec()).unwrap()
    }

    pub(super) async fn manifest(&self) -> Manifest {
        serde_json::from_str(&self.get("dags/acme/.dagc/manifest.json").await).unwrap()
    }

    pub(super) fn fault(&self, operation: &str, key: &str, more: &Value) {
        let mut rule = json!({"service": "s3", "operation": operation});
        rule["match"] = json!({"bucket": self.name, "key": key});
        rule.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
        lab().fault(&rule);
    }
}

/// Describes an MWAA environment.
pub(super) fn make_mwaa(environment: &Value) {
    lab().control("PUT", "mwaa", environment);
}

/// A program for MWAA as far as its first bytes say; no two scenes have the same.
pub(super) fn worker(name: &str) -> Worker {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dagc-worker");
    write_worker(&path, name);
    Worker::read(&path).unwrap()
}

/// Writes it into a file.
pub(crate) fn write_worker(path: &Path, name: &str) {
    let mut content = b"\x7fELF\x02\x01".to_vec();
    content.resize(18, 0);
    content.extend([62, 0]);
    content.extend(name.as_bytes());
    content.extend(dagc::publish::mark().as_bytes());
    std::fs::write(path, content).unwrap();
}

pub(super) fn plan(name: &str) -> ProjectPlan {
    ProjectPlan {
        project: "acme".to_owned(),
        namespace: "acme".to_owned(),
        environment: Environment {
            name: "dev".to_owned(),
            airflow: AirflowVersion { major: 2, minor: 11 },
            region: None,
            mwaa: Some(name.to_owned()),
            dags: None,
            kms_key: None,
            paused: true,
        },
        pipelines: Vec::new(),
        links: Vec::new(),
        is_partial: false,
    }
}

pub(super) fn with_resources(plan: &mut ProjectPlan, resources: Vec<Resource>) {
    plan.pipelines = vec![Plan::new(Dag::default(), resources, Vec::new(), BTreeMap::new()).unwrap()];
}

pub(super) fn job(scene: &str, script: &str) -> GlueJobDefinition {
    GlueJobDefinition {
        name: format!("{scene}-clean"),
        description: Some("Cleans flights.".to_owned()),
        role: "arn:aws:iam::111122223333:role/glue".to_owned(),
        command: GlueCommand::Spark,
        script: Asset {
            path: "specs/clean.py".into(),
            content: script.as_bytes().into(),
            uri: format!("s3://{scene}/glue/clean-{}.py", script.len()),
            is_made: false,
        },
        files: Vec::new(),
        glue_version: Some("5.1".to_owned()),
        arguments: [("--enable-metrics".to_owned(), "true".to_owned())].into(),
        connections: Vec::new(),
        worker_type: Some("G.1X".to_owned()),
        workers: Some(2),
        capacity: None,
        execution_class: Some("STANDARD".to_owned()),
        max_concurrent: 1,
        timeout_minutes: Some(60),
        security_configuration: None,
    }
}

pub(super) fn crawler(scene: &str) -> CrawlerDefinition {
    CrawlerDefinition {
        name: format!("{scene}-raw"),
        description: None,
        role: "arn:aws:iam::111122223333:role/glue".to_owned(),
        database: "raw".to_owned(),
        targets: vec![CrawlTarget {
            path: format!("s3://{scene}/raw/flights/"),
            exclusions: vec!["_*".to_owned()],
        }],
        security_configuration: None,
        table_prefix: None,
        recrawl: Recrawl::Everything,
        on_schema_change: OnSchemaChange::Update,
    }
}
