//! `reserved-argument`: arguments of Glue jobs that are not the user's to set.
//!
//! From the Glue Developer Guide, "AWS Glue job parameters".

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::glue_job::GlueJobStep;
use crate::scope::{Data, Input, UserFile};
use crate::service::glue_job::arguments::OF_DATABASE;

/// Glue's own.
const GLUE: &[&str] = &[
    "debug",
    "mode",
    "endpoint",
    "JOB_NAME",
    "JOB_ID",
    "JOB_RUN_ID",
    "SECURITY_CONFIGURATION",
    "encryption-type",
    "RedshiftTempDir",
];
/// dagc's own, with the key of the spec that sets each.
const OURS: &[(&str, &str)] = &[
    ("dagc-key", ""),
    ("dagc-attempt", ""),
    ("job-bookmark-option", "bookmark"),
    ("job-bookmark-from", "bookmark_range"),
    ("job-bookmark-to", "bookmark_range"),
    ("job-language", "script"),
    ("scriptLocation", "script"),
    ("enable-auto-scaling", "workers: {autoscale: true}"),
    ("additional-python-modules", "libraries"),
    ("extra-py-files", "libraries"),
    ("extra-jars", "libraries"),
    ("from", "from"),
    ("write_path", "write"),
    ("write_table", "write"),
    ("write_format", "write: {format}"),
    ("write_partition_by", "write: {partition_by}"),
    ("write_compression", "write: {compression}"),
    ("write_mode", "write: {mode}"),
    ("write_connection", "write: {redshift: {into}}"),
    ("write_key", "write: {key}"),
    ("write_location", "write: {location}"),
];

/// What `getResolvedOptions` takes for a question: the script prints its usage and ends as if it had done its work.
const USAGE: &[&str] = &["help", "h"];

/// Glue's own that are the user's to set, and have dashes.
const SETTINGS: &[&str] = &[
    "auto-scale-within-microbatch",
    "continuous-log-conversionPattern",
    "continuous-log-logGroup",
    "continuous-log-logStreamPrefix",
    "customer-driver-env-vars",
    "customer-executor-env-vars",
    "datalake-formats",
    "disable-proxy",
    "disable-proxy-v2",
    "executor-cores",
    "extra-files",
    "library-set",
    "python-modules-installer-option",
    "python-version",
    "spark-event-logs-path",
    "spark-ui-event-logs-path",
    "use-postgres-driver",
    "user-jars-first",
    "write-shuffle-files-to-s3",
    "write-shuffle-spills-to-s3",
];

/// Names with dashes arrive with underscores, where the script asks `getResolvedOptions` for them; and two names
/// that differ in this alone arrive as one.
fn dashes(
    step: &GlueJobStep,
    inputs: &[Input<'_>],
    script: Option<&UserFile>,
    diagnostics: &mut Diagnostics,
) {
    let arguments = step.arguments.as_ref();
    for (name, _) in arguments.iter().flat_map(|arguments| &arguments.0) {
        let arrives = name.replace('-', "_");
        let is = |known: &str| known == name.value || known == arrives;
        let is_reserved = GLUE.iter().any(|known| is(known))
            || OURS.iter().any(|(ours, _)| is(ours))
            || sets_from(inputs, &arrives);
        if arrives == name.value
            || is_reserved
            || name.starts_with('-')
            || SETTINGS.contains(&name.as_str())
            || name.starts_with("enable-")
        {
            continue;
        }
        let twin = arguments.iter().flat_map(|arguments| arguments.names()).any(|other| other == arrives);
        let report = |message: String| {
            Diagnostic::new(Code::DashedArgument, name.span, message).help(format!("call it `{arrives}`"))
        };
        if twin {
            let message =
                format!("the arguments `{}` and `{arrives}` arrive in the script as one", name.value);
            diagnostics.push(report(message).help("give one of them another name"));
        } else if script.is_some_and(|script| !mentions(script, &arrives)) {
            let message = format!("the argument `{}` arrives in the script as `{arrives}`", name.value);
            diagnostics.push(report(message).note("`getResolvedOptions` gives it under that name"));
        }
    }
}

/// Finds values that look like options: where the script asks for the argument, `argparse` takes the value for the
/// next one.
fn options(step: &GlueJobStep, script: Option<&UserFile>, diagnostics: &mut Diagnostics) {
    for (name, value) in step.arguments.iter().flat_map(|arguments| &arguments.0) {
        let is_asked = script.is_some_and(|script| mentions(script, &name.replace('-', "_")));
        if is_asked && value.value.as_text().is_some_and(is_option) {
            diagnostics.push(
                Diagnostic::new(
                    Code::DashedArgument,
                    value.span,
                    format!("the script would take the value of `{}` for an argument", name.value),
                )
                .note("`getResolvedOptions` says \"expected one argument\", and the run fails")
                .help("write the value without its dashes, and add them in the script"),
            );
        }
    }
}

/// Says whether `argparse` takes a word for an option: it takes negative numbers and what has blanks for values.
fn is_option(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('-') else { return false };
    let is_number = rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    !rest.is_empty() && !is_number && !text.contains(' ')
}

fn mentions(script: &UserFile, name: &str) -> bool {
    std::str::from_utf8(&script.content).is_ok_and(|text| text.contains(name))
}

pub(super) fn check(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let inputs = cx.task.inputs.as_slice();
    let script = step.script.as_ref().and_then(|script| cx.task.file(script.span));
    dashes(step, inputs, script, diagnostics);
    options(step, script, diagnostics);
    for (name, _) in step.arguments.iter().flat_map(|arguments| &arguments.0) {
        let bare = name.trim_start_matches('-');
        // As the script gets it: two that differ in dashes alone are one there.
        let arrives = bare.replace('-', "_");
        if let Some((_, key)) = OURS.iter().find(|(ours, _)| *ours == bare || *ours == arrives) {
            let diagnostic = Diagnostic::new(
                Code::ReservedArgument,
                name.span,
                format!("dagc sets the argument `--{bare}` itself"),
            );
            diagnostics.push(if key.is_empty() {
                diagnostic.note("it is how a run is found again").help("use another name")
            } else {
                diagnostic.help(format!("use the key `{key}` of the step"))
            });
        } else if USAGE.contains(&bare) {
            diagnostics.push(
                Diagnostic::new(
                    Code::ReservedArgument,
                    name.span,
                    format!("with `--{bare}` the script would print its usage, and end as if it had worked"),
                )
                .help("use another name"),
            );
        } else if !bare.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            || bare.contains(|c: char| c.is_whitespace() || c == '=')
        {
            let message = format!("`{}` cannot be the name of an argument", name.value.escape_debug());
            diagnostics.push(
                Diagnostic::new(Code::InvalidName, name.span, message)
                    .help("it has letters, digits, `_`, `-` and `.`"),
            );
        } else if GLUE.iter().any(|glue| *glue == bare || *glue == arrives) {
            diagnostics.push(
                Diagnostic::new(
                    Code::ReservedArgument,
                    name.span,
                    format!("Glue keeps the argument `--{bare}` for itself"),
                )
                .help("use another name"),
            );
        } else if bare != name.value {
            diagnostics.push(
                Diagnostic::new(
                    Code::InvalidName,
                    name.span,
                    format!("the argument `{}` is written with its dashes", name.value),
                )
                .help(format!("write `{bare}`; dagc puts `--` before it")),
            );
        } else if sets_from(inputs, &arrives) {
            diagnostics.push(
                Diagnostic::new(
                    Code::ReservedArgument,
                    name.span,
                    format!("dagc sets the argument `--{bare}` itself, to what the step reads"),
                )
                .help("use another name"),
            );
        }
    }
}

/// Says whether dagc sets an argument, as it arrives in the script, to what the step reads.
fn sets_from(inputs: &[Input<'_>], arrives: &str) -> bool {
    (arrives == "from_base" && inputs.iter().any(|input| is_partition(&input.data)))
        || (arrives.strip_prefix("from").is_some_and(is_of_database)
            && inputs.iter().any(|input| is_in_database(&input.data)))
        || arrives.strip_prefix("from_").is_some_and(|from| sets(inputs, from))
}

/// Says whether dagc sets `--from_NAME`.
fn sets(inputs: &[Input<'_>], from: &str) -> bool {
    inputs.iter().filter_map(|input| Some((input.name?, &input.data))).any(|(name, data)| {
        let name = name.replace('-', "_");
        let behind = from.strip_prefix(&name);
        name == from
            || (is_partition(data) && behind == Some("_base"))
            || (is_in_database(data) && behind.is_some_and(is_of_database))
    })
}

fn is_in_database(data: &Data<'_>) -> bool {
    matches!(data, Data::Jdbc { .. })
}

/// Says whether it is what stands behind the name of an argument that says how a table of another database is read.
fn is_of_database(end: &str) -> bool {
    end.strip_prefix('_').is_some_and(|end| OF_DATABASE.contains(&end))
}

fn is_partition(data: &Data<'_>) -> bool {
    matches!(data, Data::Files { whole: Some(_), .. })
}
