//! `reserved-argument`: arguments of Glue jobs that are not the user's to set.
//!
//! From the Glue Developer Guide, "AWS Glue job parameters".

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Action, Pipeline, Scope};

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
    "job-bookmark-from",
    "job-bookmark-to",
];
/// dagc's own, with the key of the spec that sets each.
const OURS: &[(&str, &str)] = &[
    ("dagc-key", ""),
    ("job-bookmark-option", "bookmark"),
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
];

pub(super) fn check(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        let Action::GlueJob { step, inputs, .. } = &task.action else { continue };
        for (name, _) in step.arguments.iter().flat_map(|arguments| &arguments.0) {
            let bare = name.trim_start_matches('-');
            if let Some((_, key)) = OURS.iter().find(|(ours, _)| *ours == bare) {
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
            } else if GLUE.contains(&bare) {
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
            } else if bare.strip_prefix("from_").is_some_and(|from| {
                inputs.iter().filter_map(|(input, _)| *input).any(|input| input.replace('-', "_") == from)
            }) {
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
}
