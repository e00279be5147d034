//! The settings of a DAG and of its environment.

use crate::document::pipeline::{ParamSpec, Schedule};
use crate::plan::{Dag, DagSchedule, Environment, Param};
use crate::resolve::{Pipeline, Scope, merged};

/// What Airflow calls the owner of a DAG when nobody says it.
const OWNER: &str = "airflow";

pub(super) fn environment(scope: &Scope<'_>) -> Environment {
    let everything = scope.spec.encryption.as_ref().map(|encryption| &encryption.kms_key);
    let published = scope.spec.kms_key.as_ref().or(everything);
    Environment {
        name: scope.environment.value.clone(),
        airflow: scope.airflow,
        region: scope.spec.region.as_ref().map(|region| region.value.0.clone()),
        mwaa: scope.spec.mwaa.as_ref().map(|mwaa| mwaa.value.0.clone()),
        dags: scope.spec.dags.as_ref().map(|dags| dags.value.0.clone()),
        kms_key: published.map(|key| key.value.0.clone()),
        paused: scope.spec.paused(),
    }
}

pub(super) fn dag(scope: &Scope<'_>, pipeline: &Pipeline<'_>, assets: Option<Vec<String>>) -> Dag {
    let spec = pipeline.spec;
    let file = scope.files.sources().file(pipeline.file);
    let defaults = merged(scope, spec, None);
    let schedule = match (spec.schedule.as_ref(), assets) {
        (_, Some(assets)) => DagSchedule::Assets(assets),
        (Some(schedule), None) => match &schedule.schedule {
            Schedule::Clock(clock) => DagSchedule::Clock(clock.clone()),
            Schedule::After(_) => DagSchedule::default(),
        },
        (None, None) => DagSchedule::default(),
    };
    let mut tags: Vec<String> = spec.tags.iter().flatten().map(|tag| tag.value.0.clone()).collect();
    tags.sort_unstable();
    tags.dedup();
    Dag {
        id: spec.pipeline.value.0.clone(),
        description: spec.description.as_ref().map(|text| text.value.clone()),
        doc: spec.doc.as_ref().map(|text| text.value.clone()),
        spec_path: file.path.clone(),
        schedule,
        timezone: spec.timezone().0,
        start_date: spec.start_date.as_ref().map(|day| day.value.0.to_string()),
        catchup: spec.catchup(),
        max_active_runs: spec.max_active_runs().0,
        depends_on_past: spec.depends_on_past.as_ref().is_some_and(|depends| depends.value),
        run_timeout: spec.run_timeout.as_ref().map(|timeout| timeout.value.0),
        tags,
        params: spec
            .params
            .iter()
            .flat_map(|params| &params.0)
            .map(|(name, spec)| param(name, spec))
            .collect(),
        owner: defaults.airflow.owner.clone().unwrap_or_else(|| OWNER.to_owned()),
        on_failure_sns: spec.on_failure.as_ref().map(|notify| notify.sns.value.0.clone()),
        defaults,
    }
}

fn param(name: &str, spec: &ParamSpec) -> Param {
    Param {
        name: name.to_owned(),
        kind: spec.r#type().as_str(),
        default: spec.json(&spec.default.value).clone(),
        description: spec.description.as_ref().map(|text| text.value.clone()),
        choices: spec
            .r#enum
            .as_ref()
            .map(|choices| choices.iter().map(|choice| spec.json(&choice.value).clone()).collect()),
    }
}
