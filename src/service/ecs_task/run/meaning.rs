//! What the state of a task means: that it has stopped says nothing.

use super::api::{Container, Task};
use crate::exec::outcome::Failure;
use crate::exec::runner::Phase;

/// Says what a state means. `container` decides; of several of which none is named, all do.
pub(super) fn phase(task: &Task, container: Option<&str>, no_wait: bool) -> Phase {
    let state = task.last_status.clone();
    if state != "STOPPED" {
        return match task.desired_status.as_str() {
            "STOPPED" => Phase::Stopping(state),
            _ if no_wait => Phase::Succeeded,
            _ => Phase::Running(state),
        };
    }
    // Which states it has beside it ECS does not promise; that one who is stopped did what it should, neither.
    let has_exited = task.stop_code.as_deref() == Some("EssentialContainerExited");
    let deciding = deciding(task, container);
    let is_done = !deciding.is_empty() && deciding.iter().all(|container| container.exit_code == Some(0));
    if has_exited && is_done { Phase::Succeeded } else { Phase::Failed(failure(task, &deciding)) }
}

/// The containers whose exit codes decide.
pub(super) fn deciding<'t>(task: &'t Task, container: Option<&str>) -> Vec<&'t Container> {
    task.containers.iter().filter(|one| container.is_none_or(|name| one.name == name)).collect()
}

/// Why a task has failed. Another attempt may find a place, an image, data that were not there.
fn failure(task: &Task, deciding: &[&Container]) -> Failure {
    let code = task.stop_code.as_deref().unwrap_or("no stop code");
    let reason = task.stopped_reason.as_deref().map(|reason| format!(": {reason}"));
    let mut message = format!("task {} has stopped: {code}{}", task.arn, reason.unwrap_or_default());
    for container in deciding.iter().filter(|container| container.exit_code != Some(0)) {
        let exit = match container.exit_code {
            Some(code) => format!("exit code {code}"),
            None => "no exit code".to_owned(),
        };
        let reason = container.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        message.push_str(&format!("; container `{}`: {exit}{reason}", container.name));
    }
    if deciding.is_empty() {
        let names: Vec<String> = task.containers.iter().map(|one| format!("`{}`", one.name)).collect();
        message.push_str(&format!("; the step's container is none of {}", names.join(", ")));
        return Failure::for_good(message);
    }
    Failure::retry(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::outcome::Exit;
    use serde_json::json;

    fn task(stop: &str, exits: &[(&str, Option<i64>)]) -> Task {
        let containers: Vec<_> = exits
            .iter()
            .map(|(name, exit)| json!({ "name": name, "exitCode": exit, "reason": "why" }))
            .collect();
        serde_json::from_value(json!({
            "taskArn": "arn:t", "lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stopCode": stop,
            "stoppedReason": "because", "containers": containers,
        }))
        .unwrap()
    }

    #[test]
    fn a_task_that_has_stopped_has_succeeded_by_its_exit_code_alone() {
        let done = "EssentialContainerExited";
        let both: &[(&str, Option<i64>)] = &[("etl", Some(0)), ("proxy", Some(137))];
        for (stop, exits, container, is_done) in [
            (done, &[("etl", Some(0))][..], None, true),
            (done, both, Some("etl"), true),
            (done, both, Some("proxy"), false),
            (done, both, None, false),
            (done, &[("etl", None)], None, false),
            (done, &[("etl", Some(1))], None, false),
            ("UserInitiated", &[("etl", Some(0))], None, false),
            ("SpotInterruption", &[("etl", Some(0))], None, false),
            ("TaskFailedToStart", &[("etl", None)], None, false),
            ("", &[], None, false),
        ] {
            let phase = phase(&task(stop, exits), container, false);
            assert_eq!(phase == Phase::Succeeded, is_done, "{stop} {exits:?} {container:?} {phase:?}");
        }
    }

    #[test]
    fn why_it_has_failed_is_told() {
        let Phase::Failed(failure) =
            phase(&task("EssentialContainerExited", &[("etl", Some(3))]), None, false)
        else {
            panic!()
        };
        let told =
            "task arn:t has stopped: EssentialContainerExited: because; container `etl`: exit code 3: why";
        assert_eq!((failure.message.as_str(), failure.exit), (told, Exit::Retry));
        let Phase::Failed(failure) = phase(&task("TaskFailedToStart", &[("etl", None)]), Some("job"), false)
        else {
            panic!()
        };
        assert_eq!(failure.exit, Exit::ForGood);
        assert!(failure.message.ends_with("the step's container is none of `etl`"), "{failure}");
    }

    #[test]
    fn what_has_not_stopped_goes_on() {
        let going = |status: &str, desired: &str, no_wait| {
            let task = Task {
                last_status: status.to_owned(),
                desired_status: desired.to_owned(),
                ..Task::default()
            };
            phase(&task, None, no_wait)
        };
        for status in ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "ONE_OF_TOMORROW"] {
            assert_eq!(going(status, "RUNNING", false), Phase::Running(status.to_owned()));
            assert_eq!(going(status, "RUNNING", true), Phase::Succeeded);
        }
        for status in ["RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING"] {
            assert_eq!(going(status, "STOPPED", false), Phase::Stopping(status.to_owned()));
        }
    }
}
