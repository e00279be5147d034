//! Which jobs are changed, and in what.

use super::*;
use crate::publish::manifest::Manifest;
use crate::service::asset::Asset;
use aws_sdk_glue::types::NotificationProperty;

fn definition() -> GlueJobDefinition {
    GlueJobDefinition {
        name: "clean".to_owned(),
        description: Some("Cleans.".to_owned()),
        role: "arn:aws:iam::111122223333:role/glue".to_owned(),
        command: GlueCommand::Spark,
        script: Asset {
            path: "specs/clean.py".into(),
            content: b"pass".as_slice().into(),
            uri: "s3://assets/clean-1.py".to_owned(),
            is_made: false,
        },
        files: Vec::new(),
        glue_version: Some("5.1".to_owned()),
        arguments: [("--a".to_owned(), "1".to_owned())].into(),
        connections: Vec::new(),
        worker_type: Some("G.1X".to_owned()),
        workers: Some(2),
        capacity: None,
        execution_class: None,
        max_concurrent: 1,
        timeout_minutes: None,
        security_configuration: None,
    }
}

/// The job as Glue gives it back: with what it fills in.
fn there(update: &JobUpdate) -> Job {
    Job::builder()
        .name("clean")
        .set_description(update.description.clone())
        .set_role(update.role.clone())
        .set_execution_property(update.execution_property.clone())
        .set_command(update.command.clone())
        .default_arguments("--a", "1")
        .connections(ConnectionsList::builder().set_connections(Some(Vec::new())).build())
        .timeout(480)
        .max_capacity(2.0)
        .set_worker_type(update.worker_type.clone())
        .set_number_of_workers(update.number_of_workers)
        .set_glue_version(update.glue_version.clone())
        .execution_class(ExecutionClass::Standard)
        .build()
}

#[test]
fn updates_only_what_differs_and_carries_the_rest_over() {
    let manifest = Manifest::new("acme", "dev");
    let owner = Owner { mark: "[dagc acme/dev]".to_owned(), manifest: &manifest, adopt: false };
    let name = "glue-job/clean";
    let (action, made) = compare(name, &definition(), None, &owner).unwrap();
    assert_eq!(action, Action::Create);
    let mut job = there(&made);
    assert_eq!(compare(name, &definition(), Some(&job), &owner).unwrap().0, Action::Nothing);

    job.maintenance_window = Some("Sun:10".to_owned());
    job.notification_property = Some(NotificationProperty::builder().notify_delay_after(5).build());
    job.role = Some("glue".to_owned());
    assert_eq!(compare(name, &definition(), Some(&job), &owner).unwrap().0, Action::Nothing);

    for (change, expected) in [
        (
            Box::new(|d: &mut GlueJobDefinition| d.workers = Some(4)) as Box<dyn Fn(&mut GlueJobDefinition)>,
            vec!["workers"],
        ),
        (Box::new(|d| d.script.uri = "s3://assets/clean-2.py".to_owned()), vec!["command"]),
        (Box::new(|d| d.arguments.clear()), vec!["arguments"]),
        (Box::new(|d| d.connections.push("erp".to_owned())), vec!["connections"]),
        (Box::new(|d| d.timeout_minutes = Some(60)), vec!["timeout"]),
        (Box::new(|d| d.execution_class = Some("FLEX".to_owned())), vec!["class"]),
        (
            Box::new(|d| {
                d.command = GlueCommand::PythonShell;
                d.worker_type = None;
                d.workers = None;
                d.capacity = Some("0.0625".to_owned());
            }),
            vec!["command", "capacity", "worker_type", "workers"],
        ),
    ] {
        let mut definition = definition();
        change(&mut definition);
        let (action, update) = compare(name, &definition, Some(&job), &owner).unwrap();
        assert_eq!(action, Action::Update(expected));
        assert_eq!(update.maintenance_window(), Some("Sun:10"));
        assert!(update.notification_property().is_some());
        assert!(update.worker_type().is_none() || update.max_capacity().is_none());
    }

    job.description = Some("made by hand".to_owned());
    assert_eq!(compare(name, &definition(), Some(&job), &owner).unwrap().0, Action::Foreign);
}
