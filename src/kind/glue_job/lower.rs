//! The run of a Glue job, and the job when there is a script for it.

use super::iceberg::tell;
use super::redshift;
use super::transform::script::script;
use super::{ExecutionClass, GlueJobStep, RedshiftTarget, ShellCapacity, WorkerType, WorkersSpec, WriteSpec};
use crate::kind::contract::{Lowered, Lowering, folder, short_hash};
use crate::lang::source::{ICEBERG, JdbcPartition, JdbcSpec};
use crate::plan::{Asset, Job, Place, Resource, Work, namespace};
use crate::scope::{Data, Input as Given, UserFile};
use crate::service::glue_job::arguments::switches;
use crate::service::glue_job::job::{
    Bookmark, BookmarkRange, GlueCommand, GlueJobDefinition, Input, Jdbc, Output, RedshiftOutput, RunGlueJob,
};
use crate::text::Spanned;
use std::collections::BTreeMap;

/// What a Spark job gets when the spec says nothing: the smallest that Glue runs.
const WORKER_TYPE: WorkerType = WorkerType::G1X;
const WORKERS: u32 = 2;
/// The newest version (Glue Developer Guide, "AWS Glue versions").
const GLUE_VERSION: &str = "5.1";
/// Python Shell jobs know this one only, for Python 3.9.
const SHELL_VERSION: &str = "3.0";

pub(super) fn lower(step: &GlueJobStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let arguments = step.arguments.iter().flat_map(|arguments| &arguments.0);
    let mut run = RunGlueJob {
        inputs: cx.task.inputs.iter().map(|given| input(cx, given)).collect(),
        output: match &step.write {
            Some(write) => Some(output(cx, step, write)?),
            None => None,
        },
        arguments: arguments
            .map(|(name, value)| (format!("--{}", name.value), cx.template(&value.value)))
            .collect(),
        listing_lag: cx.listing_lag(),
        bookmark: step
            .bookmark()
            .filter(|bookmark| step.job.is_some() || !matches!(bookmark, Bookmark::Used(_))),
        bookmark_range: step.bookmark_range.as_ref().map(|range| BookmarkRange {
            from: cx.template(&range.from.value),
            to: cx.template(&range.to.value),
        }),
        queue: step.queue.as_ref().is_some_and(|queue| queue.value),
        ..RunGlueJob::default()
    };
    if let Some(job) = &step.job {
        let run = RunGlueJob {
            job: job.value.clone(),
            autoscale: autoscale(step),
            worker_type: workers(step, |workers| {
                workers.r#type.as_ref().map(|kind| kind.value.as_str().to_owned())
            }),
            workers: workers(step, |workers| workers.count.as_ref().map(|count| count.value)),
            execution_class: class(step),
            security_configuration: step.security_configuration.as_ref().map(|name| name.value.clone()),
            timeout_minutes: cx.timeout_minutes(),
            ..run
        };
        return Some(Lowered::work(Work::Job(Job::RunGlueJob(Box::new(run)))));
    }
    let mut job = if let Some(operations) = &step.transform {
        let made = script(step, operations, cx)?;
        run.arguments.extend(made.arguments);
        definition(cx, step, &|home| made_script(home, cx, made.text.as_bytes()))?
    } else {
        let file = cx.task.file(step.script.as_ref()?.span)?;
        definition(cx, step, &|home| asset(home, file))?
    };
    if step.has_iceberg(&cx.task.inputs) {
        tell(&mut job, &mut run.arguments);
    }
    let run = RunGlueJob { job: job.name.clone(), definition: Some(job.fingerprint()), ..run };
    let work = Work::Job(Job::RunGlueJob(Box::new(run)));
    Some(Lowered { work, resources: vec![Resource::GlueJob(job)] })
}

fn input(cx: &Lowering<'_, '_>, given: &Given<'_>) -> Input {
    let (place, whole, format) = match &given.data {
        Data::Files { path, whole, format, .. } => (
            Place::Prefix(cx.template(path)),
            whole.as_ref().map(|whole| cx.template(whole)),
            format.map(|format| format.name().to_owned()),
        ),
        Data::Catalog(table) => {
            let format = table.is_iceberg.then(|| ICEBERG.to_owned());
            (Place::CatalogTable(table.name.clone()), None, format)
        }
        Data::Table { connection, name } => {
            (Place::Table { connection: connection.clone(), name: name.clone() }, None, None)
        }
        Data::Jdbc { spec, .. } => {
            let (connection, table) = (spec.connection.value.clone(), spec.table.value.clone());
            (Place::Database { connection, table }, None, None)
        }
    };
    let jdbc = match &given.data {
        Data::Jdbc { spec, .. } => Some(jdbc(cx, spec)),
        Data::Files { .. } | Data::Catalog(_) | Data::Table { .. } => None,
    };
    Input { name: given.name.map(str::to_owned), place, whole, format, jdbc }
}

fn jdbc(cx: &Lowering<'_, '_>, spec: &JdbcSpec) -> Jdbc {
    let by = spec.partition.as_ref().and_then(JdbcPartition::by);
    Jdbc {
        r#type: spec.r#type.value,
        query: spec.query.as_ref().map(|query| cx.template(&query.value)),
        partition_by: by.map(|(_, by)| by.value.clone()),
        partitions: spec.partition.as_ref().map(|partition| partition.into().0),
    }
}

/// The Glue connections of a job: those that the step names, and those by which it reads and writes.
fn connections(cx: &Lowering<'_, '_>, step: &GlueJobStep) -> Vec<String> {
    let mut names: Vec<String> = step.connections.iter().flatten().map(|name| name.value.clone()).collect();
    let read = cx.task.inputs.iter().filter_map(|input| match &input.data {
        Data::Jdbc { spec, .. } => Some(spec.connection.value.clone()),
        Data::Table { connection, .. } => redshift::glue_connection(cx.scope, connection),
        Data::Files { .. } | Data::Catalog(_) => None,
    });
    let target = step.redshift().and_then(|target| redshift::connection(cx.scope, target));
    let written = target.and_then(|name| redshift::glue_connection(cx.scope, name));
    for name in read.chain(written) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn output(cx: &Lowering<'_, '_>, step: &GlueJobStep, write: &WriteSpec) -> Option<Output> {
    let place = match (&write.path, &write.table, &write.redshift) {
        (Some(path), _, _) => Place::Prefix(cx.template(&path.value.0)),
        (None, Some(table), _) => Place::CatalogTable(table.value.clone()),
        (None, None, target) => {
            let table = target.as_ref()?.table.value.clone();
            Place::Table {
                connection: redshift::connection(cx.scope, step.redshift()?)?.to_owned(),
                name: table,
            }
        }
    };
    let loads = |target: &RedshiftTarget| {
        let connection = redshift::connection(cx.scope, target).unwrap_or_default();
        RedshiftOutput {
            connection: redshift::glue_connection(cx.scope, connection),
            mode: target.mode.value,
            key: target.keys().iter().map(|key| key.value.clone()).collect(),
            role: redshift::role(cx.scope, connection),
        }
    };
    let names = |columns: &Vec<Spanned<String>>| columns.iter().map(|column| column.value.clone()).collect();
    Some(Output {
        place,
        format: step.stored_name().map(str::to_owned),
        partition_by: write.partition_by.as_ref().map(names),
        compression: write.compression.as_ref().map(|compression| compression.value),
        mode: write.mode.as_ref().map(|mode| mode.value),
        redshift: write.redshift.as_ref().map(loads),
        key: write.key.as_ref().map(names),
        location: write.location.as_ref().map(|location| cx.template(&location.value.0)),
    })
}

fn autoscale(step: &GlueJobStep) -> Option<bool> {
    workers(step, |workers| workers.autoscale.as_ref().map(|autoscale| autoscale.value))
}

/// Makes the definition of a job; `script` puts its script into a folder.
fn definition(
    cx: &Lowering<'_, '_>,
    step: &GlueJobStep,
    script: &dyn Fn(&str) -> Asset,
) -> Option<GlueJobDefinition> {
    let glue = cx.scope.spec.glue.as_ref();
    let assets = folder(&glue?.assets.as_ref()?.value.0);
    let home = format!("{assets}{}/", namespace(cx.scope.project));
    let is_spark = step.is_spark();
    let libraries = step.libraries.iter().flatten().filter_map(|library| cx.task.file(library.span));
    let files: Vec<Asset> = libraries.map(|library| asset(&home, library)).collect();
    // What a word says of the bookmark, its run is told.
    let bookmark = step.bookmark().filter(|bookmark| matches!(bookmark, Bookmark::Used(_)));
    let mut arguments = switches(bookmark.as_ref(), autoscale(step));
    if is_spark {
        arguments
            .entry("--job-bookmark-option".to_owned())
            .or_insert_with(|| "job-bookmark-disable".to_owned());
        arguments.insert("--enable-continuous-cloudwatch-log".to_owned(), "true".to_owned());
        arguments.insert("--enable-metrics".to_owned(), "true".to_owned());
        arguments.insert("--job-language".to_owned(), "python".to_owned());
        arguments.insert("--TempDir".to_owned(), format!("{home}temporary/"));
    }
    library_arguments(step, &files, is_spark, &mut arguments);
    let version = step
        .glue_version
        .as_ref()
        .or_else(|| glue.and_then(|glue| glue.version.as_ref()).filter(|_| is_spark))
        .map_or(if is_spark { GLUE_VERSION } else { SHELL_VERSION }, |version| &version.value.0);
    let kind = workers(step, |workers| workers.r#type.as_ref().map(|kind| kind.value)).unwrap_or(WORKER_TYPE);
    let count = workers(step, |workers| workers.count.as_ref().map(|count| count.value)).unwrap_or(WORKERS);
    let description = cx.task.step.and_then(|step| step.common().description.as_ref());
    Some(GlueJobDefinition {
        name: step.name.as_ref().map_or_else(
            || format!("{}-{}-{}", cx.scope.project, cx.pipeline, cx.task.id),
            |name| name.value.clone(),
        ),
        description: description.map(|text| text.value.clone()),
        role: cx.role(step.role.as_ref())?,
        command: if is_spark { GlueCommand::Spark } else { GlueCommand::PythonShell },
        script: script(&home),
        files,
        glue_version: Some(version.to_owned()),
        arguments,
        connections: connections(cx, step),
        worker_type: is_spark.then(|| kind.as_str().to_owned()),
        workers: is_spark.then_some(count),
        capacity: (!is_spark).then(|| {
            let capacity = workers(step, |workers| workers.capacity.as_ref().map(|capacity| capacity.value));
            capacity.map_or("0.0625", ShellCapacity::as_str).to_owned()
        }),
        execution_class: class(step),
        max_concurrent: step.max_concurrent().0,
        timeout_minutes: cx.timeout_minutes(),
        security_configuration: cx.security_configuration(step.security_configuration.as_ref()),
    })
}

/// Packages are installed when the job starts; files of the user's are published beside the script. Spark
/// installs wheels like packages, Python Shell takes them as files.
fn library_arguments(
    step: &GlueJobStep,
    files: &[Asset],
    is_spark: bool,
    arguments: &mut BTreeMap<String, String>,
) {
    let ends =
        |uri: &str, wanted: &str| uri.rsplit_once('.').is_some_and(|(_, extension)| extension == wanted);
    let installed = |uri: &str| is_spark && ends(uri, "whl");
    let packages = step.libraries.iter().flatten().filter(|library| !library.is_file());
    let mut modules: Vec<&str> = packages.map(|package| package.value.0.as_str()).collect();
    modules.extend(files.iter().map(|file| file.uri.as_str()).filter(|uri| installed(uri)));
    let beside: Vec<&str> =
        files.iter().map(|file| file.uri.as_str()).filter(|uri| !installed(uri)).collect();
    let (jars, python): (Vec<&str>, Vec<&str>) = beside.into_iter().partition(|uri| ends(uri, "jar"));
    for (name, values) in
        [("--additional-python-modules", modules), ("--extra-py-files", python), ("--extra-jars", jars)]
    {
        if !values.is_empty() {
            arguments.insert(name.to_owned(), values.join(","));
        }
    }
}

fn asset(home: &str, file: &UserFile) -> Asset {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "py"));
    // pip reads a wheel's name, so that the hash goes into a folder of its own.
    let hash = short_hash(&file.content);
    let uri = if extension == "whl" {
        format!("{home}{hash}/{name}")
    } else {
        format!("{home}{stem}-{hash}.{extension}")
    };
    Asset { path: file.path.as_str().into(), content: file.content.clone(), uri, is_made: false }
}

/// A script that is made for the step.
fn made_script(home: &str, cx: &Lowering<'_, '_>, text: &[u8]) -> Asset {
    let path = format!("{}/{}.py", cx.pipeline, cx.task.id);
    Asset { is_made: true, ..asset(home, &UserFile { path, content: text.into() }) }
}

fn workers<T>(step: &GlueJobStep, get: impl FnOnce(&WorkersSpec) -> Option<T>) -> Option<T> {
    step.workers.as_ref().and_then(get)
}

fn class(step: &GlueJobStep) -> Option<String> {
    step.class.as_ref().map(|class| match class.value {
        ExecutionClass::Standard => "STANDARD".to_owned(),
        ExecutionClass::Flex => "FLEX".to_owned(),
    })
}
