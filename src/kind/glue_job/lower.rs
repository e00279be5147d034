//! The run of a Glue job, and the job when there is a script for it.
//!
//! The script gets as arguments: `--from` (when it reads one thing) and `--from_NAME` for each source or
//! step; `--write_path` or `--write_table`, with `--write_format`, `--write_partition_by` (joined by
//! commas), `--write_compression` and `--write_mode` as far as the spec says them; then the user's own.

use super::{ExecutionClass, GlueJobStep, ShellCapacity, WorkerType, WorkersSpec};
use crate::kind::contract::{Lowered, Lowering, folder, short_hash};
use crate::plan::{Asset, GlueCommand, GlueJobDefinition, Job, Resource, RunGlueJob, Work, namespace};
use crate::scope::{Data, UserFile};
use crate::template::Template;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What a Spark job gets when the spec says nothing: the smallest that Glue runs.
const WORKER_TYPE: WorkerType = WorkerType::G1X;
const WORKERS: u32 = 2;
/// The newest version (Glue Developer Guide, "AWS Glue versions").
const GLUE_VERSION: &str = "5.1";
/// Python Shell jobs know this one only, for Python 3.9.
const SHELL_VERSION: &str = "3.0";

pub(super) fn lower(step: &GlueJobStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let mut arguments = data_arguments(cx, step);
    for (name, value) in step.arguments.iter().flat_map(|arguments| &arguments.0) {
        arguments.insert(format!("--{}", name.value), cx.template(&value.value));
    }
    if let Some(job) = &step.job {
        arguments.extend(switches(step).into_iter().map(|(name, value)| (name, Template::text(value))));
        let run = RunGlueJob {
            job: job.value.clone(),
            arguments,
            worker_type: workers(step, |workers| {
                workers.r#type.as_ref().map(|kind| kind.value.as_str().to_owned())
            }),
            workers: workers(step, |workers| workers.count.as_ref().map(|count| count.value)),
            execution_class: class(step),
            security_configuration: step.security_configuration.as_ref().map(|name| name.value.clone()),
            timeout_minutes: cx.timeout_minutes(),
            definition: None,
            listing_lag: cx.listing_lag(),
        };
        return Some(Lowered::work(Work::Job(Job::RunGlueJob(run))));
    }
    let script = cx.task.file(step.script.as_ref()?.span)?;
    let job = definition(cx, step, script)?;
    let run = RunGlueJob {
        job: job.name.clone(),
        arguments,
        worker_type: None,
        workers: None,
        execution_class: None,
        security_configuration: None,
        timeout_minutes: None,
        definition: Some(job.fingerprint()),
        listing_lag: cx.listing_lag(),
    };
    Some(Lowered { work: Work::Job(Job::RunGlueJob(run)), resources: vec![Resource::GlueJob(job)] })
}

fn data_arguments(cx: &Lowering<'_, '_>, step: &GlueJobStep) -> BTreeMap<String, Template> {
    let mut arguments = BTreeMap::new();
    let text = |data: &Data<'_>| match data {
        Data::Files { path, .. } => cx.template(path),
        Data::Catalog(name) | Data::Table { name, .. } => Template::text(name.to_string()),
    };
    // Where one run's partition is read, Spark finds the columns of its folders by the folder of all.
    let whole = |data: &Data<'_>| match data {
        Data::Files { whole, .. } => whole.as_ref().map(|whole| cx.template(whole)),
        Data::Catalog(_) | Data::Table { .. } => None,
    };
    // Several things have one name where a step with `each`, or a crawler over several steps, is named.
    let mut set = |name: String, data: &Data<'_>| {
        if let Some(whole) = whole(data) {
            put(&mut arguments, format!("{name}_base"), whole);
        }
        put(&mut arguments, name, text(data));
    };
    let inputs = cx.task.inputs.as_slice();
    if let [only] = inputs {
        set("--from".to_owned(), &only.data);
    }
    for input in inputs {
        if let Some(name) = input.name {
            set(format!("--from_{}", name.replace('-', "_")), &input.data);
        }
    }
    let Some(write) = &step.write else { return arguments };
    let mut set = |name: &str, value: Template| arguments.insert(format!("--write_{name}"), value);
    if let Some(path) = &write.path {
        set("path", cx.template(&path.value.0));
    }
    if let Some(table) = &write.table {
        set("table", Template::text(table.value.to_string()));
    }
    if let Some(format) = &write.format {
        set("format", Template::text(format.format.name()));
    }
    if let Some(columns) = &write.partition_by {
        let columns: Vec<&str> = columns.iter().map(|column| column.value.as_str()).collect();
        set("partition_by", Template::text(columns.join(",")));
    }
    if let Some(compression) = &write.compression {
        set("compression", Template::text(compression.value.as_str()));
    }
    if let Some(mode) = &write.mode {
        set("mode", Template::text(mode.value.as_str()));
    }
    arguments
}

/// Sets an argument; further values stand behind the first one, after a comma.
fn put(arguments: &mut BTreeMap<String, Template>, name: String, value: Template) {
    match arguments.entry(name) {
        Entry::Vacant(entry) => {
            entry.insert(value);
        }
        Entry::Occupied(mut entry) if *entry.get() != value => {
            let both = entry.get().clone().join(Template::text(",")).join(value);
            entry.insert(both);
        }
        Entry::Occupied(_) => {}
    }
}

/// Glue's own arguments that the spec has keys for.
fn switches(step: &GlueJobStep) -> BTreeMap<String, String> {
    let mut arguments = BTreeMap::new();
    if let Some(bookmark) = &step.bookmark {
        let value = if bookmark.value { "job-bookmark-enable" } else { "job-bookmark-disable" };
        arguments.insert("--job-bookmark-option".to_owned(), value.to_owned());
    }
    if let Some(autoscale) = step.workers.as_ref().and_then(|workers| workers.autoscale.as_ref()) {
        arguments.insert("--enable-auto-scaling".to_owned(), autoscale.value.to_string());
    }
    arguments
}

fn definition(cx: &Lowering<'_, '_>, step: &GlueJobStep, script: &UserFile) -> Option<GlueJobDefinition> {
    let glue = cx.scope.spec.glue.as_ref();
    let assets = folder(&glue?.assets.as_ref()?.value.0);
    let home = format!("{assets}{}/", namespace(cx.scope.project));
    let is_spark = step.is_spark();
    let libraries = step.libraries.iter().flatten().filter_map(|library| cx.task.file(library.span));
    let files: Vec<Asset> = libraries.map(|library| asset(&home, library)).collect();
    let mut arguments = switches(step);
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
    let own = step.security_configuration.as_ref();
    let security = own.or_else(|| glue.and_then(|glue| glue.security_configuration.as_ref()));
    let description = cx.task.step.and_then(|step| step.common().description.as_ref());
    Some(GlueJobDefinition {
        name: step.name.as_ref().map_or_else(
            || format!("{}-{}-{}", cx.scope.project, cx.pipeline, cx.task.id),
            |name| name.value.clone(),
        ),
        description: description.map(|text| text.value.clone()),
        role: cx.role(step.role.as_ref())?,
        command: if is_spark { GlueCommand::Spark } else { GlueCommand::PythonShell },
        script: asset(&home, script),
        files,
        glue_version: Some(version.to_owned()),
        arguments,
        connections: step.connections.iter().flatten().map(|name| name.value.clone()).collect(),
        worker_type: is_spark.then(|| kind.as_str().to_owned()),
        workers: is_spark.then_some(count),
        capacity: (!is_spark).then(|| {
            let capacity = workers(step, |workers| workers.capacity.as_ref().map(|capacity| capacity.value));
            capacity.map_or("0.0625", ShellCapacity::as_str).to_owned()
        }),
        execution_class: class(step),
        max_concurrent: step.max_concurrent.as_ref().map_or(1, |count| count.value.0),
        timeout_minutes: cx.timeout_minutes(),
        security_configuration: security.map(|name| name.value.clone()),
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
    Asset { path: file.path.clone(), content: file.content.clone(), uri }
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
