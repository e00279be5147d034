//! A run is found, or started once.

use super::*;

#[test]
fn a_job_is_started_once_and_waited_for() {
    let job = Fake {
        starts: [Ok("a")].into(),
        polls: [Ok(running()), Err(Kind::Throttled), Err(Kind::Unavailable), Ok(Phase::Succeeded)].into(),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, None);
    let outputs = outputs.unwrap();
    assert_eq!(outputs["handle"], "a");
    assert_eq!(outputs["adopted"], false);
    assert_eq!(outputs["url"], "link to a");
    assert_eq!(journal, ["find", "start 0", "poll a", "poll a", "poll a", "poll a"]);
}

#[test]
fn a_lost_answer_leads_to_a_look_and_not_to_a_second_start() {
    let job = Fake {
        finds: [vec![], vec![], vec![found("a", 0, running())]].into(),
        starts: [Err(Kind::Ambiguous)].into(),
        polls: [Ok(Phase::Succeeded)].into(),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["adopted"], true);
    assert_eq!(journal, ["find", "start 0", "find", "find", "poll a"]);
}

#[test]
fn starts_without_an_answer_come_to_an_end() {
    let job = Fake { starts: [Err(Kind::Ambiguous); 5].into(), ..Fake::default() };
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap_err().exit, Exit::Retry);
    assert_eq!(journal.iter().filter(|call| call.starts_with("start")).count(), 3);
}

#[test]
fn refusals_end_the_task_by_their_kind() {
    for (kind, exit) in [
        (Kind::NotFound, Exit::ForGood),
        (Kind::Denied, Exit::ForGood),
        (Kind::Invalid, Exit::ForGood),
        (Kind::Credentials, Exit::Retry),
    ] {
        let job = Fake { starts: [Err(kind)].into(), ..Fake::default() };
        assert_eq!(ended(job, &context(1, 0), OnKill::Cancel, None).0.unwrap_err().exit, exit, "{kind:?}");
    }
}

#[test]
fn an_attempt_after_another_looks_again_before_it_starts() {
    let job = Fake {
        finds: [vec![], vec![found("a", 0, Phase::Succeeded)]].into(),
        polls: [Ok(Phase::Succeeded)].into(),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(2, 0), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["adopted"], true);
    assert_eq!(journal, ["find", "find", "poll a"]);
}

#[test]
fn an_attempt_after_two_others_looks_for_what_the_second_may_have_started() {
    let job = Fake {
        finds: [vec![found("a", 0, failed())], vec![found("b", 0, running()), found("a", 0, failed())]]
            .into(),
        polls: [Ok(Phase::Succeeded)].into(),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(3, 0), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "b");
    assert_eq!(journal, ["find", "find", "poll b"]);
    // What each of them has started is known to have failed: there is nothing to look for.
    let job = Fake {
        finds: [vec![found("a", 0, failed())]].into(),
        starts: [Ok("b")].into(),
        polls: [Ok(Phase::Succeeded)].into(),
        ..Fake::default()
    };
    let (_, journal) = ended(job, &context(2, 0), OnKill::Cancel, None);
    assert_eq!(journal, ["find", "start 1", "poll b"]);
}

/// A token that was used for another request: what that one has started is looked for.
#[test]
fn a_start_that_conflicts_with_an_earlier_one_finds_it() {
    let job = Fake {
        finds: [vec![], vec![found("a", 0, running())]].into(),
        starts: [Err(Kind::Conflict)].into(),
        polls: [Ok(Phase::Succeeded)].into(),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "a");
    assert_eq!(journal.iter().filter(|call| call.starts_with("start")).count(), 1);
}

/// However long the start had to wait for its turn, what was started may be unknown for a while.
#[test]
fn what_was_just_started_may_be_unknown() {
    let job = Fake {
        starts: [Err(Kind::Busy), Ok("a")].into(),
        polls: [Err(Kind::NotFound), Ok(Phase::Succeeded)].into(),
        ..Fake::default()
    };
    assert_eq!(ended(job, &context(1, 0), OnKill::Cancel, None).0.unwrap()["handle"], "a");
    // But not for ever.
    let lost = std::iter::repeat_with(|| Err(Kind::NotFound)).take(100_000).collect();
    let job = Fake { starts: [Ok("a")].into(), polls: lost, ..Fake::default() };
    assert_eq!(ended(job, &context(1, 0), OnKill::Cancel, None).0.unwrap_err().exit, Exit::ForGood);
}

/// A worker has died, and a person clears the task before the run that it has started is listed.
#[test]
fn what_a_generation_before_may_have_started_is_looked_for() {
    let late = || [vec![], vec![], vec![], vec![found("a", 0, running())]].into();
    let doubles = Fake {
        finds: late(),
        polls: [Ok(running()), Ok(Phase::Succeeded)].into(),
        lag: Some(Duration::from_secs(5)),
        ..Fake::default()
    };
    let (outputs, journal) = ended(doubles, &context(2, 1), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "a");
    assert!(!journal.contains(&"start 0".to_owned()), "{journal:?}");
    let refuses = Fake {
        finds: late(),
        starts: [Err(Kind::Busy)].into(),
        polls: [Ok(running()), Ok(Phase::Succeeded)].into(),
        second_start: SecondStart::DoesNoHarm,
        lag: Some(Duration::from_secs(5)),
        ..Fake::default()
    };
    let (outputs, journal) = ended(refuses, &context(2, 1), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "a");
    assert_eq!(journal.iter().filter(|call| call.starts_with("start")).count(), 1, "{journal:?}");
    // What it has started is known: nothing is waited for.
    let known = Fake {
        finds: [vec![found("a", 0, Phase::Succeeded)]].into(),
        starts: [Ok("b")].into(),
        polls: [Ok(Phase::Succeeded)].into(),
        ..Fake::default()
    };
    let (_, journal) = ended(known, &context(2, 1), OnKill::Cancel, None);
    assert_eq!(journal, ["find", "start 0", "poll b"]);
}

/// A deploy has changed the SQL or the arguments while the task's job was running.
#[test]
fn what_does_something_else_is_cancelled_or_waited_for_and_never_adopted() {
    for (on_kill, expected) in [
        (OnKill::Cancel, ["find", "cancel old", "find", "find", "start 0", "poll new"].as_slice()),
        (OnKill::Leave, &["find", "find", "find", "start 0", "poll new"]),
    ] {
        let goes_on = || vec![other("old", 0, running())];
        let job = Fake {
            finds: [goes_on(), goes_on(), vec![other("old", 0, Phase::Succeeded)]].into(),
            starts: [Ok("new")].into(),
            polls: [Ok(Phase::Succeeded)].into(),
            ..Fake::default()
        };
        let (outputs, journal) = ended(job, &context(1, 0), on_kill, None);
        let outputs = outputs.unwrap();
        assert_eq!((&outputs["handle"], &outputs["adopted"]), (&json!("new"), &json!(false)));
        assert_eq!(journal, expected);
    }
}

/// A second start is refused while the first one's run goes on: that run is looked for, and no third start
/// is sent before the listing has had its time.
#[test]
fn a_refusal_settles_what_a_lost_answer_has_left_open() {
    let none = || std::iter::repeat_with(Vec::new);
    let job = Fake {
        finds: none().take(8).chain([vec![found("a", 0, running())]]).collect(),
        starts: [Err(Kind::Ambiguous), Err(Kind::Busy)].into(),
        polls: [Ok(Phase::Succeeded)].into(),
        second_start: SecondStart::DoesNoHarm,
        lag: Some(Duration::from_secs(5)),
        pause: Some(Duration::from_millis(400)),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "a");
    assert_eq!(journal.iter().filter(|call| call.starts_with("start")).count(), 2, "{journal:?}");
    // A second start that is taken tells that the first was not.
    let job = Fake {
        starts: [Err(Kind::Ambiguous), Ok("b")].into(),
        polls: [Ok(Phase::Succeeded)].into(),
        second_start: SecondStart::DoesNoHarm,
        lag: Some(Duration::from_mins(5)),
        pause: Some(Duration::from_secs(1)),
        ..Fake::default()
    };
    assert_eq!(ended(job, &context(1, 0), OnKill::Cancel, None).0.unwrap()["handle"], "b");
}

/// A region without an endpoint, or a network without a way out: not tried for hours.
#[test]
fn a_service_that_cannot_be_reached_is_given_up() {
    let job = Fake { unreachable: true, ..Fake::default() };
    let began = begin();
    let failure = ended(job, &context(1, 0), OnKill::Cancel, None).0.unwrap_err();
    assert_eq!(failure.exit, Exit::Retry);
    assert!(failure.message.contains("is the region right"), "{failure}");
    assert!(began.now() < Duration::from_secs(10));
}

/// A job that takes one run at a time does not refuse a second start when the first one's run is over: that is
/// looked for as long as the listing may lag.
#[test]
fn a_run_that_is_over_before_the_second_start_is_found() {
    let none = || std::iter::repeat_with(Vec::new);
    let job = Fake {
        finds: none().take(8).chain([vec![found("a", 0, Phase::Succeeded)]]).collect(),
        starts: [Err(Kind::Ambiguous), Ok("b")].into(),
        polls: [Ok(Phase::Succeeded)].into(),
        lag: Some(Duration::from_secs(6)),
        pause: Some(Duration::from_millis(400)),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "a");
    assert_eq!(journal.iter().filter(|call| call.starts_with("start")).count(), 1, "{journal:?}");
}
