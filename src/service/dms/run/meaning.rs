//! What the state of a replication means, the reason for which it has stopped, and what its tables say.

use super::state::State;
use super::tables::Tables;
use crate::exec::outcome::{Failure, Outputs};
use crate::exec::runner::Phase;
use serde_json::{Value, json};

/// Where a replication stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// Nothing runs, and it can be started.
    Idle,
    /// It runs.
    Runs,
    /// It is about to stop.
    Stops,
    /// Somebody changes, moves or tests it: nothing can be started.
    Changes,
    /// It is being removed.
    Goes,
    /// A state that is not known.
    Unknown,
}

/// Says where a replication stands. What a serverless one does before it runs has names that no model lists.
pub(super) fn stand(state: &State) -> Stand {
    match state.status.to_ascii_lowercase().as_str() {
        "ready" | "created" | "stopped" | "failed" | "failed-move" | "deprovisioning" | "deprovisioned" => {
            Stand::Idle
        }
        "starting" | "running" => Stand::Runs,
        "stopping" => Stand::Stops,
        "creating" | "modifying" | "moving" | "testing" => Stand::Changes,
        "deleting" => Stand::Goes,
        _ if state.is_serverless => Stand::Runs,
        _ => Stand::Unknown,
    }
}

/// Says whether it runs, and has loaded what it loads before it goes on with changes.
pub(super) fn goes_on(state: &State) -> bool {
    let has_loaded = state.migration == "cdc" || state.stats.full_load_progress_percent >= 100;
    state.status.eq_ignore_ascii_case("running") && state.replicates_changes() && has_loaded
}

/// Reasons with which a replication stops when all is done that it was to do.
const DONE: [&str; 6] = [
    "FULL_LOAD_ONLY_FINISHED",
    "STOPPED_AFTER_FULL_LOAD",
    "STOPPED_AFTER_CACHED_EVENTS",
    "STOPPED_AFTER_DDL_APPLY",
    "STOPPED_AT_SERVER_TIME",
    "STOPPED_AT_COMMIT_TIME",
];

/// Says how a run has ended, as far as the replication itself tells. One that a person has stopped says `NORMAL` as well:
/// it has done all when it was to load tables only, and has loaded them.
pub(super) fn ended(state: &State) -> Phase {
    let name = &state.name;
    let why = state.why();
    if state.status.eq_ignore_ascii_case("failed") || state.status.eq_ignore_ascii_case("failed-move") {
        return Phase::Failed(Failure::retry(format!("replication {name} has failed{why}")));
    }
    let reason = state.stop_reason.as_deref().unwrap_or_default().trim();
    let reason = reason.strip_prefix("Stop Reason ").unwrap_or(reason);
    let progress = &state.stats;
    let has_loaded_all = !state.replicates_changes()
        && progress.full_load_progress_percent >= 100
        && progress.tables_queued + progress.tables_loading == 0;
    if DONE.contains(&reason) || (matches!(reason, "NORMAL" | "") && has_loaded_all) {
        return Phase::Succeeded;
    }
    let told = match reason {
        "" => "without a reason".to_owned(),
        "NORMAL" => "before its end (NORMAL): somebody has stopped it".to_owned(),
        other => format!("with {other}"),
    };
    let message = format!("replication {name} has stopped {told}{why}");
    // A licence is not there by itself before the next attempt.
    let is_for_good = reason == "EXPRESS_LICENSE_LIMITS_REACHED";
    Phase::Failed(if is_for_good { Failure::for_good(message) } else { Failure::retry(message) })
}

/// How many tables are in error, by what is more: the replication's own count, and what its tables say.
fn errored(state: &State, tables: Option<&Tables>) -> u64 {
    state.stats.tables_errored.max(tables.map_or(0, |tables| tables.errored))
}

/// What a run has lost, though it has come to its end.
pub(super) fn lost(state: &State, tables: Option<&Tables>) -> Option<String> {
    let names = tables.map(|tables| tables.worst.join(", ")).filter(|names| !names.is_empty());
    let names = names.map(|names| format!(": {names}")).unwrap_or_default();
    match errored(state, tables) {
        0 => None,
        1 => Some(format!("1 table is in error{names}")),
        many => Some(format!("{many} tables are in error{names}")),
    }
}

/// What a run gives.
pub(super) fn outputs(state: &State, tables: Option<&Tables>) -> Outputs {
    let count = |of: fn(&Tables) -> u64| tables.map_or(Value::Null, |tables| json!(of(tables)));
    let outputs = [
        ("tables_loaded", json!(state.stats.tables_loaded)),
        ("tables_errored", json!(errored(state, tables))),
        ("full_load_rows", count(|tables| tables.full_load_rows)),
        ("inserts", count(|tables| tables.inserts)),
        ("updates", count(|tables| tables.updates)),
        ("deletes", count(|tables| tables.deletes)),
    ];
    outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::outcome::Exit;
    use crate::service::dms::run::state::Stats;

    fn state(status: &str, migration: &str, reason: &str, percent: u32) -> State {
        State {
            name: "orders".to_owned(),
            status: status.to_owned(),
            migration: migration.to_owned(),
            stop_reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
            stats: Stats { full_load_progress_percent: percent, ..Stats::default() },
            ..State::default()
        }
    }

    #[test]
    fn every_state_has_a_meaning() {
        let of = |status: &str, is_serverless| {
            stand(&State { is_serverless, ..state(status, "full-load", "", 0) })
        };
        for (status, expected) in [
            ("ready", Stand::Idle),
            ("stopped", Stand::Idle),
            ("failed", Stand::Idle),
            ("failed-move", Stand::Idle),
            ("starting", Stand::Runs),
            ("running", Stand::Runs),
            ("stopping", Stand::Stops),
            ("modifying", Stand::Changes),
            ("testing", Stand::Changes),
            ("deleting", Stand::Goes),
            ("dreaming", Stand::Unknown),
        ] {
            assert_eq!(of(status, false), expected, "{status}");
        }
        for (status, expected) in [
            ("created", Stand::Idle),
            ("deprovisioned", Stand::Idle),
            ("calculating capacity", Stand::Runs),
            ("Fetching metadata", Stand::Runs),
            ("Stopping", Stand::Stops),
        ] {
            assert_eq!(of(status, true), expected, "{status}");
        }
    }

    #[test]
    fn a_replication_that_has_no_end_goes_on_when_it_has_loaded() {
        for (status, migration, percent, expected) in [
            ("running", "cdc", 0, true),
            ("running", "full-load-and-cdc", 100, true),
            ("running", "full-load-and-cdc", 99, false),
            ("running", "full-load", 100, false),
            ("starting", "cdc", 0, false),
        ] {
            assert_eq!(goes_on(&state(status, migration, "", percent)), expected, "{status} {migration}");
        }
    }

    #[test]
    fn reasons_tell_whether_all_is_done() {
        for (migration, reason, percent, is_done) in [
            ("full-load", "Stop Reason FULL_LOAD_ONLY_FINISHED", 100, true),
            ("full-load", "Stop Reason NORMAL", 100, true),
            ("full-load", "", 100, true),
            ("full-load", "Stop Reason NORMAL", 40, false),
            ("cdc", "Stop Reason STOPPED_AT_SERVER_TIME", 0, true),
            ("cdc", "Stop Reason NORMAL", 100, false),
            ("full-load-and-cdc", "Stop Reason STOPPED_AFTER_CACHED_EVENTS", 100, true),
            ("full-load-and-cdc", "Stop Reason RECOVERABLE_ERROR", 100, false),
            ("full-load", "Stop Reason SOMETHING_NEW", 100, false),
        ] {
            let ended = ended(&state("stopped", migration, reason, percent));
            assert_eq!(ended == Phase::Succeeded, is_done, "{migration} {reason}: {ended:?}");
        }
        let Phase::Failed(failure) =
            ended(&state("stopped", "cdc", "Stop Reason EXPRESS_LICENSE_LIMITS_REACHED", 0))
        else {
            panic!()
        };
        assert_eq!(failure.exit, Exit::ForGood);
        let failures = vec!["no route to the source\n".to_owned()];
        let Phase::Failed(failure) = ended(&State { failures, ..state("failed", "cdc", "", 0) }) else {
            panic!()
        };
        assert_eq!(failure.message, "replication orders has failed: no route to the source");
    }

    #[test]
    fn tables_in_error_are_told() {
        let tables = Tables { errored: 2, worst: vec!["a.b (Table error)".to_owned()], ..Tables::default() };
        let state = state("stopped", "full-load", "", 100);
        assert_eq!(lost(&state, None), None);
        assert_eq!(lost(&state, Some(&Tables::default())), None);
        assert_eq!(lost(&state, Some(&tables)).as_deref(), Some("2 tables are in error: a.b (Table error)"));
    }
}
