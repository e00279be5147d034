//! How a replication is started, and whether it ends.

use super::mark::Trace;
use super::state::State;
use crate::exec::outcome::Failure;
use crate::service::dms::job::{Replicate, ReplicationStart};
use crate::service::dms::position;
use crate::template::{RunValues, Template};
use serde_json::Value;

/// Where in the changes it begins and stops, as DMS takes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Positions {
    /// Where it begins.
    pub from: Option<String>,
    /// Where it stops.
    pub until: Option<String>,
}

impl Positions {
    /// Fills in those of a step.
    pub(super) fn of(spec: &Replicate, values: &RunValues) -> Result<Self, Failure> {
        Ok(Self {
            from: filled("from", spec.from.as_ref(), values, position::start)?,
            until: filled("until", spec.until.as_ref(), values, position::stop)?,
        })
    }
}

fn filled(
    key: &str,
    position: Option<&Template>,
    values: &RunValues,
    take: fn(&str) -> Result<String, &'static str>,
) -> Result<Option<String>, Failure> {
    let Some(position) = position else { return Ok(None) };
    let text = position.render(values)?;
    let wrong = |why| Failure::for_good(format!("`{key}` is `{text}`, which DMS does not take: {why}"));
    take(&text).map(Some).map_err(wrong)
}

/// Chooses the type of a start (`StartReplicationTaskType`). What has never run is started anew, and so are changes from a
/// position on; what only loads tables loads them anew, and what replicates changes goes on where it stopped.
pub(super) fn start(spec: &Replicate, state: &State) -> &'static str {
    let has_run = state.trace() != Trace::default() && state.trace().started > 0;
    if spec.from.is_some() || !has_run {
        return "start-replication";
    }
    let usual = if state.replicates_changes() { ReplicationStart::Resume } else { ReplicationStart::Reload };
    match spec.start.unwrap_or(usual) {
        ReplicationStart::Reload => "reload-target",
        ReplicationStart::Resume => "resume-processing",
    }
}

/// Says why a replication is not started, as it is set up. `settings` are asked for where changes have no end that is said.
pub(super) fn refused(spec: &Replicate, state: &State, settings: Option<&str>) -> Option<String> {
    let name = &state.name;
    if !state.replicates_changes() {
        let position = spec.from.as_ref().map(|_| "from").or(spec.until.as_ref().map(|_| "until"))?;
        return Some(format!(
            "replication {name} loads tables and replicates no changes: `{position}` does nothing; take it away"
        ));
    }
    if has_end(spec, state) || stops_after_load(state, settings) {
        return None;
    }
    Some(format!(
        "replication {name} replicates changes and has no end, so that this task would never be done: say `until`, or \
         `wait: running` to let it go on"
    ))
}

/// Says whether waiting comes to an end without a look at the settings.
pub(super) fn has_end(spec: &Replicate, state: &State) -> bool {
    let is_told = |until: &String| !until.is_empty();
    !state.replicates_changes()
        || spec.goes_on
        || spec.until.is_some()
        || state.until.as_ref().is_some_and(is_told)
}

/// Says whether the settings have it stop when the tables are loaded (`FullLoadSettings`).
fn stops_after_load(state: &State, settings: Option<&str>) -> bool {
    let settings: Value = settings.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let load = &settings["FullLoadSettings"];
    state.migration == "full-load-and-cdc"
        && ["StopTaskCachedChangesApplied", "StopTaskCachedChangesNotApplied"]
            .iter()
            .any(|setting| load[*setting] == true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn spec(more: &Value) -> Replicate {
        let mut spec = json!({ "replication": { "task": "orders" }, "if_running": "wait" });
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(spec).unwrap()
    }

    fn state(migration: &str, started: Option<f64>) -> State {
        State { name: "orders".to_owned(), migration: migration.to_owned(), started, ..State::default() }
    }

    #[test]
    fn a_start_is_chosen_by_what_has_run() {
        let ran = Some(1_764_322_479.0);
        for (migration, started, more, expected) in [
            ("full-load", None, json!({}), "start-replication"),
            ("full-load", ran, json!({}), "reload-target"),
            ("full-load", ran, json!({ "start": "resume" }), "resume-processing"),
            ("cdc", None, json!({ "start": "resume" }), "start-replication"),
            ("cdc", ran, json!({}), "resume-processing"),
            ("cdc", ran, json!({ "from": "{{ ds }}" }), "start-replication"),
            ("full-load-and-cdc", ran, json!({}), "resume-processing"),
            ("full-load-and-cdc", ran, json!({ "start": "reload" }), "reload-target"),
        ] {
            assert_eq!(start(&spec(&more), &state(migration, started)), expected, "{migration} {more}");
        }
    }

    #[test]
    fn what_never_ends_is_not_waited_for() {
        let applied = r#"{"FullLoadSettings": {"StopTaskCachedChangesApplied": true}}"#;
        for (migration, more, settings, said) in [
            ("full-load", json!({}), None, None),
            ("full-load", json!({ "until": "server_time:x" }), None, Some("`until` does nothing")),
            ("cdc", json!({}), None, Some("has no end")),
            ("cdc", json!({}), Some(applied), Some("has no end")),
            ("cdc", json!({ "until": "server_time:x" }), None, None),
            ("cdc", json!({ "goes_on": true }), None, None),
            ("full-load-and-cdc", json!({}), Some("no JSON"), Some("has no end")),
            ("full-load-and-cdc", json!({}), Some(applied), None),
        ] {
            let told = refused(&spec(&more), &state(migration, None), settings);
            assert_eq!(told.is_some(), said.is_some(), "{migration} {more}: {told:?}");
            assert!(told.unwrap_or_default().contains(said.unwrap_or_default()));
        }
        let until = State { until: Some("commit_time:x".to_owned()), ..state("cdc", None) };
        assert_eq!(refused(&spec(&json!({})), &until, None), None);
    }
}
