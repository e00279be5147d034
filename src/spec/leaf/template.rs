//! `{{ ... }}` as a value of the language: what is wrong with it, and what to write instead.

use crate::diagnostic::{Code, list, nearest};
use crate::spec::decode::{Leaf, LeafError};
use crate::template::{FILTERS, NAMES, Template, TemplateErrorKind};
use crate::yaml::Scalar;
use serde_json::{Value, json};

/// Text with `{{ ... }}` completed for each run.
impl Leaf for Template {
    const EXPECTED: &'static str = "a string";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        Self::parse(&scalar.text).map_err(|mut errors| {
            let error = errors.swap_remove(0);
            let range = error.range.clone();
            match error.kind {
                TemplateErrorKind::Syntax(message) => {
                    LeafError::new(Code::InvalidTemplate, message).help(NOT_PYTHON).at(range)
                }
                TemplateErrorKind::UnknownName(name) => {
                    let is_filter = scalar.text[..range.start].trim_end().ends_with('|');
                    unknown_name(&name, is_filter).at(range)
                }
            }
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

/// The cure for what is more than a name, a filter or a function.
const NOT_PYTHON: &str =
    "dagc fills in names, filters and functions of its own, not Python: `dagc explain invalid-template`";

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
    ("dag_run", "declare `params`, and write `{{ params.NAME }}`"),
    ("conf", "declare `params`, and write `{{ params.NAME }}`"),
    ("conn", "name the connection in the step: `into`, `connections`"),
];

fn unknown_name(name: &str, is_filter: bool) -> LeafError {
    if is_filter {
        let error = LeafError::new(Code::UnknownTemplateName, format!("there is no filter `{name}`"));
        return error.help(format!("expected one of {}", list(FILTERS)));
    }
    let error = LeafError::new(Code::UnknownTemplateName, format!("no run has a value named `{name}`"));
    if let Some((_, instead)) = OF_AIRFLOW.iter().find(|(known, _)| *known == name) {
        return error.help(*instead);
    }
    let near = nearest(name, NAMES.iter().copied());
    error.help(
        near.map_or_else(
            || format!("expected one of {}", list(NAMES)),
            |near| format!("did you mean `{near}`?"),
        ),
    )
}
