//! A task ends before its job does.

use super::*;
use crate::exec::runner::grace::ENDED;

/// Two places in which the answer to a start leaves open whether something runs.
#[test]
fn sigterm_after_a_start_without_a_clear_answer_cancels_what_it_has_started() {
    for kind in [Kind::Ambiguous, Kind::Conflict] {
        let finds = [vec![], vec![], vec![other("x", 0, Phase::Succeeded), found("a", 0, running())]];
        // The looks after the start are slow: the signal comes between two of them.
        let job = Fake {
            finds: finds.into(),
            starts: [Err(kind)].into(),
            pause: Some(Duration::from_secs(2)),
            lag: Some(Duration::from_mins(1)),
            ..Fake::default()
        };
        let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, Some(20));
        let failure = outputs.unwrap_err();
        assert_eq!(failure.exit, Exit::Cancelled);
        assert!(failure.message.contains("fake a was told to stop"), "{failure}");
        assert_eq!(journal, ["find", "start 0", "find", "find", "cancel a"], "{kind:?}");
    }
}

#[test]
fn sigterm_cancels_or_leaves() {
    for (on_kill, last) in [(OnKill::Cancel, "cancel a"), (OnKill::Leave, "poll a")] {
        let job = Fake { starts: [Ok("a")].into(), ..Fake::default() };
        let (outputs, journal) = ended(job, &context(1, 0), on_kill, Some(20));
        assert_eq!(outputs.unwrap_err().exit, Exit::Cancelled);
        assert_eq!(journal.last().unwrap(), last);
    }
}

#[test]
fn sigterm_during_a_start_finds_what_it_has_started() {
    let job = Fake { finds: [vec![], vec![found("a", 0, running())]].into(), ..Fake::default() };
    let began = begin();
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, Some(20));
    assert_eq!(outputs.unwrap_err().exit, Exit::Cancelled);
    assert_eq!(journal, ["find", "start 0", "find", "cancel a"]);
    assert!(began.now() < ENDED);
}

#[test]
fn sigterm_during_a_start_that_leaves_no_trace_says_so() {
    let job = Fake::default();
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, Some(20));
    let failure = outputs.unwrap_err();
    assert_eq!(failure.exit, Exit::Cancelled);
    assert!(
        failure.message.contains("was being started, and none is to be seen yet: look at link to all"),
        "{failure}"
    );
    assert_eq!(journal[..3], ["find", "start 0", "find"]);
    assert!(journal[3..].iter().all(|call| call == "find"), "{journal:?}");
}

#[test]
fn sigterm_before_a_start_cancels_nothing() {
    let stopping = found("old", 0, Phase::Stopping("STOPPING".to_owned()));
    let pause = Some(Duration::from_secs(1));
    let job = Fake { finds: [vec![stopping]].into(), pause, ..Fake::default() };
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, Some(20));
    assert_eq!(outputs.unwrap_err().exit, Exit::Cancelled);
    assert_eq!(journal, ["find"]);
}

#[test]
fn the_time_of_a_task_that_is_rescheduled_comes_to_an_end() {
    for (on_kill, last, said) in [
        (OnKill::Cancel, "cancel a", "a was told to stop"),
        (OnKill::Leave, "poll a", "a goes on, as `on_kill: leave` says: link to a"),
    ] {
        let job = Fake { starts: [Ok("a")].into(), ..Fake::default() };
        let (ended, journal) = looked(job, &context(1, 0), on_kill, look_at(1, None), None);
        let failure = ended.unwrap_err();
        assert_eq!(failure.exit, Exit::Retry);
        assert_eq!(failure.message, format!("the task's time of 1 s is over; fake {said}"));
        assert_eq!(journal.last().unwrap(), last);
    }
}

/// Listings lag: one look is not enough while there is time.
#[test]
fn sigterm_after_a_lost_answer_looks_more_than_once() {
    let none = std::iter::repeat_with(Vec::new).take(4);
    let job = Fake { finds: none.chain([vec![found("a", 0, running())]]).collect(), ..Fake::default() };
    let began = begin();
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, Some(20));
    assert!(outputs.unwrap_err().message.contains("fake a was told to stop"), "{journal:?}");
    assert!(began.now() < ENDED);
}

/// Where a second start is answered with the first one's run, it tells what to cancel.
#[test]
fn sigterm_after_a_lost_answer_asks_by_the_same_start() {
    for (on_kill, last) in [(OnKill::Cancel, "cancel a"), (OnKill::Leave, "find")] {
        let job = Fake {
            starts: [Err(Kind::Ambiguous), Ok("a")].into(),
            second_start: SecondStart::IsTheSame,
            lag: Some(Duration::from_mins(1)),
            pause: Some(Duration::from_secs(10)),
            ..Fake::default()
        };
        let (outputs, journal) = ended(job, &context(1, 0), on_kill, Some(20));
        assert_eq!(outputs.unwrap_err().exit, Exit::Cancelled);
        assert_eq!(journal.last().unwrap(), last, "{journal:?}");
    }
}

/// The service starts again by itself what has failed: that is not to run without its task.
#[test]
fn sigterm_after_a_failure_stops_what_has_followed() {
    let again = vec![found("b", 0, running()), found("a", 0, failed())];
    for (finds, said) in [
        (vec![vec![], vec![found("a", 0, failed())], again], "fake b was told to stop"),
        (
            vec![vec![], vec![found("a", 0, failed())]],
            "fake a has failed; whether the service starts it again",
        ),
    ] {
        let job = Fake {
            finds: finds.into(),
            starts: [Ok("a")].into(),
            polls: [Ok(failed())].into(),
            follows_within: Duration::from_mins(1),
            pause: Some(Duration::from_secs(10)),
            ..Fake::default()
        };
        let failure = ended(job, &context(1, 0), OnKill::Cancel, Some(100)).0.unwrap_err();
        assert_eq!(failure.exit, Exit::Cancelled);
        assert!(failure.message.contains(said), "{failure}");
    }
}

#[test]
fn sigterm_after_the_end_of_a_run_stops_nothing() {
    let done = Fake {
        starts: [Ok("a")].into(),
        polls: [Ok(Phase::Succeeded)].into(),
        slow_outputs: Duration::from_mins(1),
        ..Fake::default()
    };
    let (outputs, journal) = ended(done, &context(1, 0), OnKill::Cancel, Some(100));
    assert!(outputs.unwrap_err().message.contains("fake a had succeeded already"), "{journal:?}");
    assert!(!journal.contains(&"cancel a".to_owned()), "{journal:?}");
    let over = Fake { starts: [Ok("a")].into(), has_ended: true, ..Fake::default() };
    let failure = ended(over, &context(1, 0), OnKill::Cancel, Some(100)).0.unwrap_err();
    assert!(failure.message.contains("fake a had ended already"), "{failure}");
}

/// What an attempt before has started is not waited for yet.
#[test]
fn sigterm_before_the_run_of_an_earlier_attempt_is_seen_looks_for_it() {
    let late = || vec![vec![], vec![found("a", 0, running())]];
    for (finds, context, said) in [
        (late(), context(2, 0), "fake a was told to stop"),
        (late(), context(2, 1), "fake a was told to stop"),
        (vec![vec![]], context(2, 0), "none of an attempt before is to be seen in link to all"),
    ] {
        let lag = Some(Duration::from_mins(3));
        let pause = Some(Duration::from_mins(1));
        let job = Fake { finds: finds.into(), lag, pause, ..Fake::default() };
        let failure = ended(job, &context, OnKill::Cancel, Some(20)).0.unwrap_err();
        assert_eq!(failure.exit, Exit::Cancelled);
        assert!(failure.message.contains(said), "{failure}");
    }
}

/// Where Airflow gives more time, a throttled service is asked for longer.
#[test]
fn sigterm_tells_a_throttled_service_again() {
    for (grace, cancels, said) in [
        (None, 3, "fake a was told to stop"),
        (None, 100, "failed to stop fake a, which may go on: fake:Call: told to; look at link to a"),
        (Some(8), 14, "fake a was told to stop"),
    ] {
        let cancels = std::iter::repeat_n(Kind::Throttled, cancels).collect();
        let job = Fake { starts: [Ok("a")].into(), cancels, ..Fake::default() };
        let context = RunContext { grace, ..context(1, 0) };
        let began = begin();
        let failure = ended(job, &context, OnKill::Cancel, Some(20)).0.unwrap_err();
        assert!(failure.message.contains(said), "{failure}");
        assert!(began.now() < grace.map_or(ENDED, Duration::from_secs));
    }
}

/// Whoever reads that a job may go on is to find it.
#[test]
fn what_cannot_be_looked_for_may_go_on() {
    for (context, said) in [
        (context(1, 0), "fake:Call: told to"),
        (context(2, 0), "; a fake that was started before may go on: link to all"),
    ] {
        let job = Fake { unreachable: true, ..Fake::default() };
        let failure = ended(job, &context, OnKill::Cancel, None).0.unwrap_err();
        assert_eq!(failure.message.contains("may go on"), said.contains("may go on"), "{failure}");
        assert!(failure.message.contains(said), "{failure}");
    }
}

/// The second attempt may have started one that is not listed yet, or is listed only now.
#[test]
fn sigterm_to_an_attempt_with_a_run_tells_of_another_one_that_may_go_on() {
    let first = || of_attempt(1, found("a", 0, running()));
    let both = vec![of_attempt(2, found("b", 0, running())), first()];
    for (finds, context, on_kill, said) in [
        (
            vec![vec![first()]],
            context(3, 0),
            OnKill::Cancel,
            "fake a was told to stop; a fake that another attempt has started may go on: link to all",
        ),
        (
            vec![vec![first()], both],
            context(3, 0),
            OnKill::Cancel,
            "fake a was told to stop; fake b was told to stop",
        ),
        (vec![vec![first()]], context(2, 0), OnKill::Cancel, "fake a was told to stop"),
        (
            vec![vec![first()]],
            context(3, 0),
            OnKill::Leave,
            "fake a goes on, as `on_kill: leave` says: link to a; a fake that another attempt has started may go on: \
             link to all",
        ),
    ] {
        let job = Fake { finds: finds.into(), lag: Some(Duration::from_mins(3)), ..Fake::default() };
        let failure = ended(job, &context, on_kill, Some(100)).0.unwrap_err();
        assert_eq!(failure.message, format!("stopped by SIGTERM; {said}"));
    }
}

/// It is waited for, or was told to stop in vain, when the signal comes.
#[test]
fn sigterm_tells_of_a_run_of_before_a_deploy() {
    for (on_kill, said) in [
        (OnKill::Cancel, "fake x was told to stop"),
        (OnKill::Leave, "fake x goes on, as `on_kill: leave` says: link to x"),
    ] {
        let finds = [vec![other("x", 0, running())]].into();
        let job = Fake { finds, pause: Some(Duration::from_secs(10)), ..Fake::default() };
        let failure = ended(job, &context(2, 0), on_kill, Some(100)).0.unwrap_err();
        assert_eq!(failure.message, format!("stopped by SIGTERM; {said}"));
    }
}

/// It is listed as running, and had ended before the start that has lost its answer.
#[test]
fn sigterm_tells_of_what_was_started_beside_a_run_that_had_ended() {
    let over = || found("a", 0, running());
    for (tries, said) in [
        (1, "fake a had ended already; whether another fake goes on is not to be seen yet: link to all"),
        (2, "fake a had ended already; whether another fake goes on is not to be seen yet: link to all"),
    ] {
        let finds = if tries == 1 { vec![vec![], vec![over()]] } else { vec![vec![over()]] };
        let polls = [Ok(Phase::Failed(Failure::retry("told to fail")))].into();
        let lag = Some(Duration::from_mins(3));
        let job = Fake {
            finds: finds.into(),
            polls,
            lag,
            has_ended: true,
            pause: Some(Duration::from_secs(10)),
            ..Fake::default()
        };
        let failure = ended(job, &context(tries, 0), OnKill::Cancel, Some(100)).0.unwrap_err();
        assert_eq!(failure.message, format!("stopped by SIGTERM; {said}"));
    }
}
