//! A task ends before its job does.

use super::*;
use crate::exec::runner::stop::ENDED;

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
    let began = Instant::now();
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, Some(20));
    assert_eq!(outputs.unwrap_err().exit, Exit::Cancelled);
    assert_eq!(journal, ["find", "start 0", "find", "cancel a"]);
    assert!(began.elapsed() < ENDED);
}

#[test]
fn sigterm_during_a_start_that_leaves_no_trace_says_so() {
    let job = Fake::default();
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, Some(20));
    let failure = outputs.unwrap_err();
    assert_eq!(failure.exit, Exit::Cancelled);
    assert!(failure.message.contains("was being started, and none is to be seen yet"), "{failure}");
    assert_eq!(journal, ["find", "start 0", "find"]);
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
        (OnKill::Leave, "poll a", "a goes on, as `on_kill: leave` says"),
    ] {
        let job = Fake { starts: [Ok("a")].into(), ..Fake::default() };
        let (ended, journal) = looked(job, &context(1, 0), on_kill, look_at(1, None), None);
        let failure = ended.unwrap_err();
        assert_eq!(failure.exit, Exit::Retry);
        assert_eq!(failure.message, format!("the task's time of 1 s is over; fake {said}"));
        assert_eq!(journal.last().unwrap(), last);
    }
}
