//! States, retries and costs of runs.

use super::*;
use crate::exec::outcome::Exit;
use crate::template::Template;
use aws_sdk_glue::types::JobRunState;

fn job(region: &'static str, spec: &RunGlueJob) -> GlueJob {
    let config = aws::client::unconnected(region);
    GlueJob::new(&config, spec, &RunValues::default(), &RunContext::default()).unwrap()
}

fn spec() -> RunGlueJob {
    RunGlueJob {
        job: "load".to_owned(),
        inputs: Vec::new(),
        output: None,
        bookmark: None,
        bookmark_range: None,
        queue: false,
        autoscale: None,
        arguments: BTreeMap::from([("--day".to_owned(), Template::text("1"))]),
        worker_type: None,
        workers: None,
        execution_class: None,
        security_configuration: None,
        timeout_minutes: None,
        definition: None,
        listing_lag: None,
    }
}

/// A run elsewhere is not this task's; one with other settings does something else.
#[test]
fn a_run_is_known_by_its_place_and_all_that_it_is_given() {
    let own = job("eu-west-1", &spec()).identity();
    assert_ne!(job("eu-west-2", &spec()).identity().target, own.target);
    assert_ne!(
        job("eu-west-1", &RunGlueJob { job: "save".to_owned(), ..spec() }).identity().target,
        own.target
    );
    let text = || Some("G.1X".to_owned());
    for other in [
        RunGlueJob { arguments: BTreeMap::from([("--day".to_owned(), Template::text("2"))]), ..spec() },
        RunGlueJob { bookmark: Some(Bookmark::Used(true)), ..spec() },
        RunGlueJob { bookmark: Some(Bookmark::Word(Template::text("pause"))), ..spec() },
        RunGlueJob { bookmark: Some(Bookmark::Word(Template::text("reset"))), ..spec() },
        RunGlueJob { worker_type: text(), ..spec() },
        RunGlueJob { workers: Some(2), ..spec() },
        RunGlueJob { execution_class: text(), ..spec() },
        RunGlueJob { security_configuration: text(), ..spec() },
        RunGlueJob { timeout_minutes: Some(2), ..spec() },
        RunGlueJob { definition: text(), ..spec() },
    ] {
        let identity = job("eu-west-1", &other).identity();
        assert_eq!(identity.target, own.target, "{other:?}");
        assert_ne!(identity.content, own.content, "{other:?}");
    }
    // How long a run is looked for is no part of what it does.
    let patient = job("eu-west-1", &RunGlueJob { listing_lag: Some(9), ..spec() });
    assert_eq!(patient.identity(), own);
    assert_eq!(patient.lag(), Duration::from_secs(9));
    assert_eq!(job("eu-west-1", &spec()).lag(), listing_lag(None));
}

#[test]
fn every_state_of_a_run_has_a_meaning() {
    for (state, expected) in [
        ("STARTING", Some(true)),
        ("RUNNING", Some(true)),
        ("WAITING", Some(true)),
        ("SUCCEEDED", None),
        ("FAILED", Some(false)),
        ("TIMEOUT", Some(false)),
        ("ERROR", Some(false)),
        ("EXPIRED", Some(false)),
        ("STOPPED", Some(false)),
    ] {
        let run = JobRun::builder()
            .id("jr_1")
            .job_run_state(JobRunState::from(state))
            .error_message("no room")
            .build();
        match (phase(&run), expected) {
            (Phase::Running(name), Some(true)) => assert_eq!(name, state),
            (Phase::Succeeded, None) => {}
            (Phase::Failed(failure), Some(false)) => {
                assert_eq!(failure.exit, Exit::Retry);
                assert_eq!(failure.message, format!("Glue job run jr_1 ended as {state}: no room"));
            }
            (phase, _) => panic!("{state}: {phase:?}"),
        }
    }
    let run = |state| JobRun::builder().job_run_state(JobRunState::from(state)).build();
    assert_eq!(phase(&run("STOPPING")), Phase::Stopping("STOPPING".to_owned()));
    assert_eq!(phase(&run("DREAMING")), Phase::Unknown("DREAMING".to_owned()));
}

#[test]
fn cost_is_measured_or_computed() {
    let run = JobRun::builder().execution_time(90).max_capacity(2.0);
    assert_eq!(dpu_seconds(&run.clone().build()), Some(180.0));
    assert_eq!(dpu_seconds(&run.dpu_seconds(42.5).build()), Some(42.5));
    assert_eq!(dpu_seconds(&JobRun::builder().execution_time(90).build()), None);
    assert_eq!(
        log_group(&JobRun::builder().log_group_name("/aws-glue/jobs-r-s/").build()),
        "/aws-glue/jobs-r-s"
    );
}
