//! A run is waited for, followed by another, and looked at again.

use super::*;

#[test]
fn a_failure_is_told_and_an_unknown_state_fails() {
    for (phase, exit, message) in
        [(failed(), Exit::Retry, "told to fail"), (Phase::Unknown("NEW".to_owned()), Exit::ForGood, "`NEW`")]
    {
        let job = Fake { starts: [Ok("a")].into(), polls: [Ok(phase)].into(), ..Fake::default() };
        let failure = ended(job, &context(1, 0), OnKill::Cancel, None).0.unwrap_err();
        assert_eq!(failure.exit, exit);
        assert!(failure.message.contains(message), "{failure}");
    }
}

#[test]
fn a_run_that_the_service_starts_again_is_followed() {
    let again = [vec![], vec![found("b", 0, running()), found("a", 0, failed())]];
    let job = Fake {
        finds: again.into(),
        starts: [Ok("a")].into(),
        polls: [Ok(failed()), Ok(Phase::Succeeded)].into(),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "b");
    assert_eq!(journal, ["find", "start 0", "poll a", "find", "poll b"]);
}

#[test]
fn a_run_that_the_service_starts_again_after_a_gap_is_waited_for() {
    let gap = [vec![], vec![found("a", 0, failed())], vec![found("a", 0, failed())]];
    let again = vec![found("b", 0, running()), found("a", 0, failed())];
    let job = Fake {
        finds: gap.into_iter().chain([again]).collect(),
        starts: [Ok("a")].into(),
        polls: [Ok(failed()), Ok(Phase::Succeeded)].into(),
        follows_within: Duration::from_mins(1),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "b");
    assert_eq!(journal, ["find", "start 0", "poll a", "find", "find", "find", "poll b"]);
}

#[test]
fn a_look_ends_while_the_job_goes_on() {
    for (finds, first_ended, next, calls) in [
        (vec![], None, 60, ["find", "start 0", "poll a"].as_slice()),
        (vec![found("a", 0, running())], Some(600), 150, &["find", "poll a"]),
    ] {
        let polls = [Ok(running())].into();
        let job = Fake { finds: [finds].into(), starts: [Ok("a")].into(), polls, ..Fake::default() };
        let (ended, journal) = looked(job, &context(1, 0), OnKill::Cancel, look_at(3600, first_ended), None);
        let Ended::GoesOn(outputs) = ended.unwrap() else { panic!("{journal:?}") };
        assert_eq!((&outputs["handle"], &outputs["next_look"]), (&json!("a"), &json!(next)));
        assert_eq!(journal, calls);
    }
}

#[test]
fn a_later_look_finds_what_has_ended() {
    let ended = Some(std::time::SystemTime::now());
    let span = Span { started: Some(std::time::UNIX_EPOCH), ended };
    let finds = [vec![], vec![Found { span, ..found("a", 0, Phase::Succeeded) }]].into();
    let lag = Some(Duration::from_mins(20));
    let job = Fake { finds, lag, polls: [Ok(Phase::Succeeded)].into(), ..Fake::default() };
    let (ended, journal) = looked(job, &context(1, 0), OnKill::Cancel, look_at(3600, Some(600)), None);
    let Ended::Done(outputs) = ended.unwrap() else { panic!("{journal:?}") };
    assert!(outputs["seconds"].as_f64().unwrap() >= 600.0);
    assert_eq!(journal, ["find", "find", "poll a"]);
}

/// The task fails for good, so its run is not to go on without a word.
#[test]
fn a_run_that_may_not_be_looked_at_is_stopped_or_left_as_the_step_says() {
    for (polled, on_kill, said) in [
        (Err(Kind::Denied), OnKill::Cancel, "; fake a was told to stop"),
        (Err(Kind::Denied), OnKill::Leave, "; fake a goes on, as `on_kill: leave` says: link to a"),
        (
            Ok(Phase::Unknown("NEW".to_owned())),
            OnKill::Cancel,
            "it counts as failed; fake a was told to stop",
        ),
    ] {
        let job = Fake { starts: [Ok("a")].into(), polls: [polled].into(), ..Fake::default() };
        let failure = ended(job, &context(1, 0), on_kill, None).0.unwrap_err();
        assert_eq!(failure.exit, Exit::ForGood);
        assert!(failure.message.ends_with(said), "{failure}");
    }
}

/// Attempt 2 has seen that the run of attempt 1 has failed, and has started another one; attempt 3 is shown less.
#[test]
fn a_run_that_fails_for_good_says_what_another_attempt_may_have_started() {
    let failed_for_good = Phase::Failed(Failure::for_good("told to fail"));
    let job = |finds: Vec<Vec<Found<String>>>, polls: Vec<Phase>| {
        let polls = polls.into_iter().map(Ok).collect();
        Fake { finds: finds.into(), polls, lag: Some(Duration::from_secs(20)), ..Fake::default() }
    };
    let late = job(vec![vec![found("a", 0, running())]], vec![running(), failed_for_good.clone()]);
    let failure = ended(late, &context(3, 0), OnKill::Cancel, None).0.unwrap_err();
    assert_eq!(failure.exit, Exit::ForGood);
    let said = "; a fake that another attempt has started may go on: link to all";
    assert!(failure.message.ends_with(said), "{failure}");
    // What is seen by then is gone on with.
    let both = vec![found("b", 0, running()), found("a", 0, failed_for_good.clone())];
    let polls = vec![running(), failed_for_good.clone(), Phase::Succeeded];
    let seen = job(vec![vec![found("a", 0, running())], both], polls);
    let outputs = ended(seen, &context(3, 0), OnKill::Cancel, None).0.unwrap();
    assert_eq!(outputs["handle"], "b");
    // There is none when each attempt is accounted for.
    let only = job(vec![vec![found("a", 0, running())]], vec![running(), failed_for_good]);
    let (outputs, journal) = ended(only, &context(2, 0), OnKill::Cancel, None);
    assert!(outputs.unwrap_err().message.ends_with("told to fail"), "{journal:?}");
    assert_eq!(journal, ["find", "poll a", "poll a"]);
}
