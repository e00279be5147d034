//! `{{ ... }}` as a value of the language: what is wrong with it, and what to write instead.

use crate::diagnostic::{Code, list, nearest};
use crate::lang::decode::{Leaf, LeafError};
use crate::lang::held::Held;
use crate::template::{FILTERS, NAMES, Template, TemplateErrorKind};
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

/// Text with `{{ ... }}` completed for each run.
impl Leaf for Template {
    const EXPECTED: &'static str = "a string";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        Self::parse(&scalar.text).map_err(|errors| {
            let mut errors = errors.into_iter().map(|error| template_error(&error.kind).at(error.range));
            let first = errors.next().unwrap_or_else(|| LeafError::new(Code::InvalidTemplate, "no template"));
            first.and(errors)
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }

    fn leaf_held(template: &Spanned<Self>) -> Option<Held<'_>> {
        Some(Held::Template(&template.value, template.span))
    }
}

/// The cure for what is more than a name, a filter or a function.
const NOT_PYTHON: &str =
    "dagc fills in names, filters and functions of its own, not Python: `dagc explain invalid-template`";

/// Says in words what is wrong in a template, and what to write.
pub fn template_error(kind: &TemplateErrorKind) -> LeafError {
    let invalid = |message: String| LeafError::new(Code::InvalidTemplate, message);
    match kind {
        TemplateErrorKind::Syntax(message) => invalid(message.clone()).help(NOT_PYTHON),
        TemplateErrorKind::Refused { message, help } => invalid(message.clone()).help(help.as_str()),
        TemplateErrorKind::UnknownName(name) => unknown_name(name),
        TemplateErrorKind::UnknownFilter(name) => unknown_filter(name),
        TemplateErrorKind::Method(name) => {
            let error = invalid(format!("there is no `.{name}` behind a value: dagc fills in no Python"));
            error.help(instead(METHODS, name).unwrap_or(NOT_PYTHON))
        }
        TemplateErrorKind::Statement(word) => {
            let message = "`{% ... %}` would stay as it is: only `{{ ... }}` is filled in";
            let help = match word.as_str() {
                "set" => "write the value where it is used, or hand it on: `params`, `env`",
                "raw" => "write what shall stay as it is in a string: `{{ \"{{.Names}}\" }}`",
                _ => {
                    "put what decides into a script, and hand it the values: `bash: {script: ..., env: {...}}`"
                }
            };
            invalid(message.to_owned()).help(help)
        }
        TemplateErrorKind::Foreign(text) => {
            let quote = if text.contains('"') { '\'' } else { '"' };
            invalid(format!("`{text}` is no name of dagc's or Airflow's"))
                .help(format!("if it is for another program, write `{{{{ {quote}{{{{{text}}}}}{quote} }}}}`"))
        }
    }
}

fn instead(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == name).map(|(_, instead)| *instead)
}

/// What Python's dates are asked for, and what is written for it.
const METHODS: &[(&str, &str)] = &[
    ("strftime", "write `| format(\"%Y/%m/%d\")` behind the date"),
    ("format", "write `| format(\"%Y/%m/%d\")` behind the date"),
    ("isoformat", "write `| ts` behind the date"),
    ("to_iso8601_string", "write `| ts` behind the date"),
    ("to_date_string", "write `| ds` behind the date"),
    ("date", "write `| ds` behind the date"),
    ("year", "write `| format(\"%Y\")` behind the date"),
    ("month", "write `| format(\"%m\")` behind the date"),
    ("day", "write `| format(\"%d\")` behind the date"),
    ("hour", "write `| format(\"%H\")` behind the date"),
    ("minute", "write `| format(\"%M\")` behind the date"),
    ("in_timezone", "write `| local` behind the date: it is the pipeline's `timezone`"),
    ("in_tz", "write `| local` behind the date: it is the pipeline's `timezone`"),
    ("astimezone", "write `| local` behind the date: it is the pipeline's `timezone`"),
    ("replace", "write the date in the form that is wanted: `{{ ds_nodash }}`, `| format(\"%Y/%m\")`"),
    ("add", "write `macros.ds_add(ds, 1)`"),
    ("subtract", "write `macros.ds_add(ds, -1)`"),
    ("split", "write the part of the date that is wanted: `| format(\"%Y\")`"),
    ("get", "write `params.NAME`, or `outputs.STEP.FIELD`"),
];

/// Jinja's and Airflow's filters, and what is written for them.
const OTHER_FILTERS: &[(&str, &str)] = &[
    ("local_ds", "write `| local | ds`"),
    ("strftime", "write `| format(\"%Y/%m/%d\")`"),
    ("replace", "write the date in the form that is wanted: `{{ ds_nodash }}`, `| format(\"%Y/%m\")`"),
    ("ts_nodash_with_tz", "write `| format(\"%Y%m%dT%H%M%S%z\")`"),
    ("default", "give the param a `default`: `params: {NAME: {default: ...}}`"),
    ("d", "give the param a `default`: `params: {NAME: {default: ...}}`"),
    ("tojson", "write the value itself: what is no text is written as JSON"),
    ("string", "write the value itself: it is filled in as text"),
    ("int", "write the value itself: a number of a param stands in SQL without quotes"),
];

/// Names of Airflow's templates that dagc does not have, and what is written for them.
const OF_AIRFLOW: &[(&str, &str)] = &[
    ("execution_date", "write `{{ logical_date }}`"),
    ("next_execution_date", "write `{{ data_interval_end }}`"),
    ("next_ds", "write `{{ data_interval_end | ds }}`"),
    ("prev_ds", "write `{{ macros.ds_add(ds, -1) }}`"),
    ("yesterday_ds", "write `{{ macros.ds_add(ds, -1) }}`"),
    ("tomorrow_ds", "write `{{ macros.ds_add(ds, 1) }}`"),
    ("var", "set it under `vars` of the environment in dagc.yaml, and write `${vars.NAME}`"),
    ("ti", "write `{{ outputs.STEP.FIELD }}` for what an earlier step gave"),
    ("task_instance", "write `{{ outputs.STEP.FIELD }}` for what an earlier step gave"),
    ("dag_run", "write `{{ logical_date }}` or `{{ run_id }}`; what a person sets is `{{ params.NAME }}`"),
    ("dag", "write `{{ dag_id }}`"),
    ("task", "write `{{ task_id }}`"),
    ("vars", "what is known when compiling has a dollar: `${vars.NAME}`"),
    ("each", "what is known when compiling has a dollar: `${each.NAME}`"),
    ("project", "what is known when compiling has a dollar: `${project}`"),
    ("environment", "what is known when compiling has a dollar: `${environment}`"),
    ("ds_add", "write `macros.ds_add(ds, 1)`"),
    ("ds_format", "write `macros.ds_format(ds, \"%Y-%m-%d\", \"%d.%m.%Y\")`"),
    ("conf", "declare `params`, and write `{{ params.NAME }}`"),
    ("year", "write `{{ ds | format(\"%Y\") }}`"),
    ("month", "write `{{ ds | format(\"%m\") }}`"),
    ("day", "write `{{ ds | format(\"%d\") }}`, or `{{ ds }}`"),
    ("hour", "write `{{ ts | format(\"%H\") }}`"),
    ("hr", "write `{{ ts | format(\"%H\") }}`"),
    ("now", "write `{{ data_interval_end }}`, which is the same when the task is run again"),
    (
        "triggering_asset_events",
        "write `{{ data_interval_start }}`: the interval of the data that started the run",
    ),
    (
        "triggering_dataset_events",
        "write `{{ data_interval_start }}`: the interval of the data that started the run",
    ),
    ("local_ds", "write `{{ ds | local }}`"),
    ("conn", "name the connection in the step: `into`, `connections`"),
];

/// Airflow's macros that dagc does not have.
const OTHER_MACROS: &[(&str, &str)] = &[
    ("macros.timedelta", "write `macros.ds_add(ds, -1)`"),
    ("macros.datetime", "write the date of the run: `{{ logical_date | format(\"%Y/%m/%d\") }}`"),
    ("macros.dateutil", "write `macros.ds_add(ds, -1)`"),
    ("macros.ds_format_locale", "write `macros.ds_format`; dates are written in English"),
    ("macros.uuid", "write `{{ run_id }}`, which is another one in each run"),
    ("macros.random", "write `{{ run_id }}`, which is another one in each run"),
    ("macros.time", "write the date of the run: `{{ ts }}`"),
];

fn unknown_filter(name: &str) -> LeafError {
    let error = LeafError::new(Code::UnknownTemplateName, format!("there is no filter `{name}`"));
    match instead(OTHER_FILTERS, name) {
        Some(instead) => error.help(instead),
        None => error.help(format!("expected one of {}", list(FILTERS))),
    }
}

fn unknown_name(name: &str) -> LeafError {
    let error = LeafError::new(Code::UnknownTemplateName, format!("no run has a value named `{name}`"));
    if let Some(instead) = instead(OF_AIRFLOW, name).or_else(|| instead(OTHER_MACROS, name)) {
        return error.help(instead);
    }
    let near = nearest(name, NAMES.iter().copied());
    error.help(
        near.map_or_else(
            || format!("expected one of {}", list(NAMES)),
            |near| format!("did you mean `{near}`?"),
        ),
    )
}
