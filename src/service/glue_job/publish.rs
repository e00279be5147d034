//! Glue jobs.
//!
//! `UpdateJob` replaces the whole definition, so what the plan does not speak of is carried over. Settings
//! that Glue fills in itself when they are left out (version, worker type, timeout, class) are carried over
//! too when the plan leaves them out; arguments and connections are the plan's alone.

use super::job::{self, GlueCommand, GlueJobDefinition};
use crate::aws::operation::requests;
use crate::aws::{self, Kind};
use crate::publish::error::{Error, Result};
use crate::publish::event::Observer;
use crate::publish::owner::{Action, Made, Owner, same_role};
use crate::publish::target::Clients;
use aws_sdk_glue::types::{
    ConnectionsList, ExecutionClass, ExecutionProperty, Job, JobCommand, JobUpdate, WorkerType,
};
use std::collections::HashMap;

requests! {
    aws_sdk_glue::create_job[CreateJobFluentBuilder CreateJobOutput CreateJobError]
        = job::CREATE_JOB;
    aws_sdk_glue::get_job[GetJobFluentBuilder GetJobOutput GetJobError]
        = job::GET_JOB;
    aws_sdk_glue::update_job[UpdateJobFluentBuilder UpdateJobOutput UpdateJobError]
        = job::UPDATE_JOB;
}

impl Made for GlueJobDefinition {
    type There = Job;
    type Wanted = JobUpdate;

    fn name(&self) -> &str {
        &self.name
    }

    async fn read(clients: &Clients, name: &str) -> Result<Option<Job>> {
        match aws::send(clients.glue.get_job().job_name(name)).await {
            Ok(answer) => Ok(answer.job),
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            Err(error) => Err(Error::aws(format!("read the Glue job `{name}`"))(error)),
        }
    }

    fn description_of(there: &Job) -> Option<&str> {
        there.description()
    }

    fn description(wanted: &JobUpdate) -> Option<&str> {
        wanted.description()
    }

    fn compare(&self, name: &str, there: Option<&Job>, owner: &Owner<'_>) -> Result<(Action, JobUpdate)> {
        compare(name, self, there, owner)
    }

    async fn create(clients: &Clients, name: &str, wanted: &JobUpdate) -> Result<()> {
        let job = wanted.clone();
        let request = clients
            .glue
            .create_job()
            .name(name)
            .set_description(job.description)
            .set_role(job.role)
            .set_execution_property(job.execution_property)
            .set_command(job.command)
            .set_default_arguments(job.default_arguments)
            .set_connections(job.connections)
            .set_timeout(job.timeout)
            .set_max_capacity(job.max_capacity)
            .set_worker_type(job.worker_type)
            .set_number_of_workers(job.number_of_workers)
            .set_security_configuration(job.security_configuration)
            .set_glue_version(job.glue_version)
            .set_execution_class(job.execution_class);
        let doing = format!("make the Glue job `{name}`");
        aws::insist(|| request.clone(), None).await.map_err(Error::aws(doing))?;
        Ok(())
    }

    /// Replaces the whole definition.
    async fn update(clients: &Clients, name: &str, wanted: &JobUpdate, _: Observer<'_>) -> Result<()> {
        let request = clients.glue.update_job().job_name(name).job_update(wanted.clone());
        aws::send(request).await.map_err(Error::aws(format!("change the Glue job `{name}`")))?;
        Ok(())
    }
}

/// Compares a job with its definition; gives what has to be done and the definition as it shall be.
fn compare(
    name: &str,
    definition: &GlueJobDefinition,
    there: Option<&Job>,
    owner: &Owner<'_>,
) -> Result<(Action, JobUpdate)> {
    let Some(there) = there else {
        return Ok((Action::Create, overlay(definition, owner, JobUpdate::builder().build())?));
    };
    let before = carried(there);
    let after = overlay(definition, owner, before.clone())?;
    let action = if !owner.may_change(name, there.description()) {
        Action::Foreign
    } else if before == after {
        Action::Nothing
    } else {
        Action::Update(differences(&before, &after))
    };
    Ok((action, after))
}

/// Returns a job's definition as `UpdateJob` takes it, without what Glue only reports.
fn carried(job: &Job) -> JobUpdate {
    let job = job.clone();
    let mut update = JobUpdate::builder().build();
    update.job_mode = job.job_mode;
    update.job_run_queuing_enabled = job.job_run_queuing_enabled;
    update.description = job.description;
    update.log_uri = job.log_uri;
    update.role = job.role;
    update.execution_property = job.execution_property;
    update.command = job.command;
    update.default_arguments = job.default_arguments.filter(|arguments| !arguments.is_empty());
    update.non_overridable_arguments = job.non_overridable_arguments;
    update.connections = job.connections.filter(|list| !list.connections().is_empty());
    update.max_retries = job.max_retries;
    update.timeout = job.timeout;
    // With a worker type Glue reports a capacity and refuses to be told one.
    update.max_capacity = job.max_capacity.filter(|_| job.worker_type.is_none());
    update.worker_type = job.worker_type;
    update.number_of_workers = job.number_of_workers;
    update.security_configuration = job.security_configuration;
    update.notification_property = job.notification_property;
    update.glue_version = job.glue_version;
    update.code_gen_configuration_nodes = job.code_gen_configuration_nodes;
    update.execution_class = job.execution_class;
    update.source_control_details = job.source_control_details;
    update.maintenance_window = job.maintenance_window;
    update
}

/// Lays a definition over what is there.
fn overlay(definition: &GlueJobDefinition, owner: &Owner<'_>, there: JobUpdate) -> Result<JobUpdate> {
    let mut job = there;
    job.description = Some(owner.description(definition.description.as_deref()));
    if !job.role.as_deref().is_some_and(|role| same_role(role, &definition.role)) {
        job.role = Some(definition.role.clone());
    }
    job.command = Some(command(definition, job.command.as_ref()));
    job.execution_property = Some(
        ExecutionProperty::builder()
            .max_concurrent_runs(number(definition.max_concurrent, definition)?)
            .build(),
    );
    let arguments: HashMap<_, _> = definition.arguments.clone().into_iter().collect();
    job.default_arguments = Some(arguments).filter(|arguments| !arguments.is_empty());
    job.connections = Some(&definition.connections)
        .filter(|names| !names.is_empty())
        .map(|names| ConnectionsList::builder().set_connections(Some(names.clone())).build());
    job.security_configuration.clone_from(&definition.security_configuration);
    if let Some(version) = &definition.glue_version {
        job.glue_version = Some(version.clone());
    }
    if let Some(class) = &definition.execution_class {
        job.execution_class = Some(ExecutionClass::from(class.as_str()));
    }
    if let Some(minutes) = definition.timeout_minutes {
        job.timeout = Some(number(minutes, definition)?);
    }
    size(definition, job)
}

/// Workers or capacity: Glue refuses both together.
fn size(definition: &GlueJobDefinition, mut job: JobUpdate) -> Result<JobUpdate> {
    if let Some(capacity) = &definition.capacity {
        job.max_capacity =
            Some(capacity.parse().map_err(|_| bad(definition, format!("capacity {capacity}")))?);
        job.worker_type = None;
        job.number_of_workers = None;
    }
    if let Some(kind) = &definition.worker_type {
        job.worker_type = Some(WorkerType::from(kind.as_str()));
        job.max_capacity = None;
    }
    if let Some(workers) = definition.workers {
        job.number_of_workers = Some(number(workers, definition)?);
    }
    Ok(job)
}

fn command(definition: &GlueJobDefinition, there: Option<&JobCommand>) -> JobCommand {
    let (name, python) = match definition.command {
        GlueCommand::Spark => ("glueetl", "3"),
        GlueCommand::PythonShell => ("pythonshell", "3.9"),
    };
    JobCommand::builder()
        .name(name)
        .python_version(python)
        .script_location(&definition.script.uri)
        .set_runtime(there.and_then(|there| there.runtime.clone()))
        .build()
}

fn differences(before: &JobUpdate, after: &JobUpdate) -> Vec<&'static str> {
    [
        ("description", before.description != after.description),
        ("role", before.role != after.role),
        ("command", before.command != after.command),
        ("max_concurrent", before.execution_property != after.execution_property),
        ("arguments", before.default_arguments != after.default_arguments),
        ("connections", before.connections != after.connections),
        ("timeout", before.timeout != after.timeout),
        ("capacity", before.max_capacity != after.max_capacity),
        ("worker_type", before.worker_type != after.worker_type),
        ("workers", before.number_of_workers != after.number_of_workers),
        ("security_configuration", before.security_configuration != after.security_configuration),
        ("glue_version", before.glue_version != after.glue_version),
        ("class", before.execution_class != after.execution_class),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
}

fn number(value: u32, definition: &GlueJobDefinition) -> Result<i32> {
    i32::try_from(value).map_err(|_| bad(definition, format!("{value} is too much")))
}

fn bad(definition: &GlueJobDefinition, why: String) -> Error {
    Error::Definition { what: format!("Glue job `{}`", definition.name), why }
}

#[cfg(test)]
mod tests;
