//! What is decided, by values alone.

use super::*;
use crate::exec::runner::acquire::{Acquiring, Facts, Step};
use crate::exec::runner::decide::{Before, Next, decide};
use crate::exec::runner::earlier::Earlier;
use crate::exec::runner::first_look::FirstLook;
use crate::exec::runner::job::Listing;

fn start(all: usize, same: usize) -> Next<String> {
    start_after(None, (0, all, same))
}

/// A start after the newest run of its generation.
fn start_after(newest: Option<&str>, (failed, all, same): (usize, usize, usize)) -> Next<String> {
    Next::Start(Before {
        failed,
        seen: failed,
        all,
        newest: newest.map(str::to_owned),
        attempt: None,
        same: (None, same),
    })
}

/// A run that has ended at once.
fn over(found: Found<String>) -> Found<String> {
    Found { span: Span { ended: Some(std::time::UNIX_EPOCH), ..found.span }, ..found }
}

#[test]
fn what_was_found_decides() {
    let stopping = Phase::Stopping("STOPPING".to_owned());
    let adopt = |handle: &str| Next::Adopt(handle.to_owned());
    for (list, expected) in [
        (vec![], start(0, 0)),
        (vec![found("a", 1, running())], adopt("a")),
        // Of another generation, but running: never doubled.
        (vec![found("a", 0, running())], adopt("a")),
        (vec![found("b", 1, failed()), found("a", 0, running())], adopt("a")),
        (vec![found("a", 1, Phase::Succeeded)], adopt("a")),
        // Cleared by a person: what the generation before has done does not count.
        (vec![found("a", 0, Phase::Succeeded)], start(1, 1)),
        (vec![found("a", 1, failed())], start_after(Some("a"), (1, 1, 1))),
        (vec![found("b", 1, failed()), found("a", 1, failed())], start_after(Some("b"), (2, 2, 2))),
        (vec![found("b", 1, Phase::Succeeded), found("a", 1, failed())], adopt("b")),
        (vec![found("a", 0, stopping.clone())], Next::Await("a".to_owned(), "STOPPING".to_owned())),
        (vec![found("b", 1, running()), found("a", 0, stopping.clone())], adopt("b")),
        (vec![found("a", 1, Phase::Unknown("NEW".to_owned()))], adopt("a")),
        // It may go on, though it was started before the task was cleared.
        (
            vec![found("a", 0, Phase::Unknown("NEW".to_owned()))],
            Next::ReplaceUnknown("a".to_owned(), "NEW".to_owned()),
        ),
        (vec![over(found("a", 0, Phase::Unknown("NEW".to_owned())))], start(1, 1)),
        (vec![over(other("a", 0, Phase::Unknown("NEW".to_owned())))], start(1, 0)),
        // What does something else is never taken for this task's, and nothing is started beside it.
        (vec![other("a", 1, Phase::Succeeded)], start(1, 0)),
        (vec![other("a", 1, failed())], start(1, 0)),
        (vec![other("a", 1, running())], Next::Replace("a".to_owned(), "RUNNING".to_owned())),
        (
            vec![other("b", 0, running()), found("a", 1, Phase::Succeeded)],
            Next::Replace("b".to_owned(), "RUNNING".to_owned()),
        ),
        (vec![other("a", 0, stopping)], Next::Await("a".to_owned(), "STOPPING".to_owned())),
        (vec![other("b", 0, running()), found("a", 1, running())], adopt("a")),
        (
            vec![other("a", 1, Phase::Unknown("NEW".to_owned()))],
            Next::ReplaceUnknown("a".to_owned(), "NEW".to_owned()),
        ),
    ] {
        assert_eq!(decide(&list, 1, None), expected, "{list:?}");
    }
}

/// What ended long before the first look did is of an earlier attempt.
#[test]
fn what_the_first_look_has_left_running_is_adopted_however_it_ended() {
    let old = over;
    let just = |found: Found<String>| {
        let moment = std::time::UNIX_EPOCH + Duration::from_mins(10);
        Found { span: Span { ended: Some(moment - Duration::from_secs(10)), ..found.span }, ..found }
    };
    let later = |found: Found<String>| {
        let moment = std::time::UNIX_EPOCH + Duration::from_mins(20);
        Found { span: Span { started: Some(moment), ended: Some(moment) }, ..found }
    };
    let soon = |found: Found<String>| {
        let moment = std::time::UNIX_EPOCH + Duration::from_mins(10) + Duration::from_secs(15);
        Found { span: Span { started: Some(moment), ended: Some(moment) }, ..found }
    };
    let ended = std::time::UNIX_EPOCH + Duration::from_mins(10);
    let first_look = Some(FirstLook { ended, attempt: 2 });
    let long = |found: Found<String>| Found {
        span: Span { ended: Some(ended + Duration::from_mins(1)), ..found.span },
        ..found
    };
    let old_one = |handle: &str| Next::AdoptOld(handle.to_owned());
    let adopt = |handle: &str| Next::Adopt(handle.to_owned());
    for (list, expected) in [
        (vec![long(found("a", 1, failed()))], adopt("a")),
        (vec![long(found("a", 0, failed()))], adopt("a")),
        (vec![long(found("a", 0, Phase::Succeeded))], adopt("a")),
        // It may have been over when the look ended that it is to have outlasted.
        (vec![found("a", 1, failed())], old_one("a")),
        (vec![found("a", 0, Phase::Succeeded)], old_one("a")),
        (vec![of_attempt(2, found("b", 1, failed())), found("a", 1, failed())], adopt("b")),
        (
            vec![old(found("b", 1, failed())), found("a", 0, Phase::Succeeded)],
            start_after(Some("b"), (1, 2, 2)),
        ),
        (
            vec![found("a", 1, Phase::Stopping("STOPPING".to_owned()))],
            Next::Await("a".to_owned(), "STOPPING".to_owned()),
        ),
        (vec![long(found("b", 1, failed())), old(found("a", 1, failed()))], adopt("b")),
        // Done before a person has cleared the task, though not long before: it is done again.
        (vec![just(found("a", 1, Phase::Succeeded))], old_one("a")),
        (vec![just(found("a", 0, Phase::Succeeded))], start(1, 1)),
        // Cleared twice within half a minute: the first look went on with the run of the generation before, as the
        // one before that had ended by then, whatever clocks say.
        (vec![soon(found("b", 0, Phase::Succeeded)), found("a", -1, Phase::Succeeded)], old_one("b")),
        (vec![soon(other("b", 0, Phase::Succeeded)), found("a", -1, Phase::Succeeded)], start(2, 1)),
        (vec![later(other("b", 1, Phase::Succeeded)), found("a", 0, Phase::Succeeded)], start(2, 1)),
        // The service has tried it again by itself.
        (vec![found("b", 1, running()), found("a", 1, failed())], adopt("b")),
        (vec![old(found("a", 1, failed()))], start_after(Some("a"), (1, 1, 1))),
        // A look has started it: the next one does not start it again.
        (vec![later(found("b", 1, failed())), old(found("a", 1, Phase::Succeeded))], adopt("b")),
        // A deploy between two looks has changed what the task does.
        (vec![other("a", 1, Phase::Succeeded)], start(1, 0)),
    ] {
        assert_eq!(decide(&list, 1, first_look), expected, "{list:?}");
    }
}

/// A first attempt of a service whose listings lag for three minutes.
fn facts<'a>(log: &'a Log<'a>) -> Facts<'a> {
    Facts {
        noun: "fake",
        generation: 0,
        first_look: None,
        earlier: Earlier::default(),
        since: Duration::ZERO,
        lag: Duration::from_mins(3),
        second_start: SecondStart::Doubles,
        on_kill: OnKill::Cancel,
        pace: Pace::steady(Duration::from_secs(10)),
        place: "link to all".to_owned(),
        log,
    }
}

/// A listing that is answered at once.
fn sees(acquiring: &mut Acquiring<'_, String>, found: Vec<Found<String>>, now: Duration) -> Step<String> {
    acquiring.found(Listing { found, asked: now }, now)
}

/// No clock and no service: hours pass in no time.
#[test]
fn a_lost_start_is_looked_for_as_long_as_the_listing_may_lag() {
    let quiet = |_: Level, _: &str| {};
    let log = Log::new(&quiet);
    let mut acquiring = Acquiring::<String>::new(facts(&log));
    assert!(matches!(acquiring.began(Duration::ZERO), Step::Look(Duration::ZERO)));
    let mut now = Duration::from_secs(1);
    assert!(matches!(sees(&mut acquiring, vec![], now), Step::Start(0)));
    for starts_again in [true, true, false] {
        let sent = now;
        let mut step = acquiring.not_started(aws_error(Kind::Ambiguous), now);
        while let Step::Look(pause) = step {
            assert!(acquiring.may_have_started());
            now += pause;
            step = sees(&mut acquiring, vec![], now);
        }
        assert_eq!(now, sent + Duration::from_mins(3));
        if starts_again {
            assert!(matches!(step, Step::Start(0)), "{step:?}");
            assert!(!acquiring.may_have_started());
        } else {
            let Step::Fail(failure) = step else { panic!("{step:?}") };
            assert!(failure.message.contains("gave up after 3 starts"), "{failure}");
        }
    }
    // What the last of them has started is found, too.
    let mut acquiring = Acquiring::<String>::new(facts(&log));
    acquiring.began(Duration::ZERO);
    sees(&mut acquiring, vec![], Duration::ZERO);
    for _ in 0..2 {
        acquiring.not_started(aws_error(Kind::Ambiguous), now);
        now += Duration::from_mins(3);
        sees(&mut acquiring, vec![], now);
    }
    acquiring.not_started(aws_error(Kind::Ambiguous), now);
    let step = sees(&mut acquiring, vec![found("c", 0, running())], now + Duration::from_mins(1));
    assert!(matches!(&step, Step::Confirm(handle) if handle == "c"), "{step:?}");
}

/// The first statement of a script has waited for what the attempt before may have started; the others have not to.
#[test]
fn what_was_started_before_the_process_is_waited_for_once() {
    let quiet = |_: Level, _: &str| {};
    let log = Log::new(&quiet);
    let earlier = Earlier { newest: 1, of_generation: 1, ..Earlier::default() };
    let whole = Duration::from_secs(190);
    for began in [0, 60, 190, 3_600] {
        let mut acquiring = Acquiring::<String>::new(Facts { earlier, ..facts(&log) });
        let mut now = Duration::from_secs(began);
        let mut step = acquiring.began(now);
        while let Step::Look(pause) = step {
            now += pause;
            step = sees(&mut acquiring, vec![], now);
        }
        assert!(matches!(step, Step::Start(0)), "{step:?}");
        assert_eq!(now, whole.max(Duration::from_secs(began)));
    }
}

/// What was started just before it was asked for need not be in it, however late it is answered.
#[test]
fn a_listing_counts_as_of_when_it_was_asked_for() {
    let quiet = |_: Level, _: &str| {};
    let log = Log::new(&quiet);
    let slow = |asked| Listing { found: vec![], asked };
    let (asked, answered) = (Duration::from_mins(2), Duration::from_mins(20));
    let earlier = Earlier { newest: 1, of_generation: 1, ..Earlier::default() };
    let mut acquiring = Acquiring::<String>::new(Facts { earlier, ..facts(&log) });
    acquiring.began(Duration::ZERO);
    let step = acquiring.found(slow(asked), answered);
    assert!(matches!(step, Step::Look(Duration::ZERO)), "{step:?}");
    let step = acquiring.found(slow(answered), answered);
    assert!(matches!(step, Step::Start(0)), "{step:?}");
    // So it is after a start without an answer.
    acquiring.not_started(aws_error(Kind::Ambiguous), answered);
    let (asked, answered) = (answered + asked, answered * 2);
    let step = acquiring.found(slow(asked), answered);
    assert!(matches!(step, Step::Look(Duration::ZERO)), "{step:?}");
    assert!(acquiring.may_have_started());
    let step = acquiring.found(slow(answered), answered);
    assert!(matches!(step, Step::Start(0)), "{step:?}");
    // And what was seen just before is not gone because it is missing there.
    let mut acquiring = Acquiring::new(facts(&log));
    acquiring.began(Duration::ZERO);
    sees(&mut acquiring, vec![other("a", 0, running())], Duration::ZERO);
    let step = acquiring.found(slow(Duration::from_mins(1)), answered);
    assert!(matches!(step, Step::Cancel(_)), "{step:?}");
}

/// Attempt 1 has failed twice, as the service has started it again by itself; what attempt 2 has started, which
/// was killed, is not listed yet.
#[test]
fn how_many_runs_have_failed_does_not_tell_how_many_attempts_are_seen() {
    let quiet = |_: Level, _: &str| {};
    let log = Log::new(&quiet);
    let earlier = Earlier { newest: 2, of_generation: 2, ..Earlier::default() };
    let failed_twice = [of_attempt(1, found("b", 0, failed())), of_attempt(1, found("a", 0, failed()))];
    let mut acquiring = Acquiring::new(Facts { earlier, ..facts(&log) });
    acquiring.began(Duration::ZERO);
    let step = sees(&mut acquiring, failed_twice.to_vec(), Duration::ZERO);
    assert!(matches!(step, Step::Look(_)), "{step:?}");
    let seen = [of_attempt(2, found("c", 0, running()))].into_iter().chain(failed_twice.clone());
    let step = sees(&mut acquiring, seen.collect(), Duration::from_secs(6));
    assert!(matches!(&step, Step::Confirm(handle) if handle == "c"), "{step:?}");
    // When attempt 2 is known to have failed, nothing is looked for, however many there were.
    let mut acquiring = Acquiring::new(Facts { earlier, ..facts(&log) });
    acquiring.began(Duration::ZERO);
    let step = sees(&mut acquiring, vec![of_attempt(2, found("c", 0, failed()))], Duration::ZERO);
    assert!(matches!(step, Step::Start(1)), "{step:?}");
}

/// Attempt 1 looks without a slot; after a deploy one of its looks has ended the run of before and has started
/// another one, which is not listed yet when the next look comes.
#[test]
fn what_a_look_has_started_after_a_deploy_is_looked_for_by_the_next_one() {
    let quiet = |_: Level, _: &str| {};
    let log = Log::new(&quiet);
    let earlier = Earlier { newest: 1, of_generation: 1, in_looks: true, ..Earlier::default() };
    let old = of_attempt(1, other("old", 0, failed()));
    let mut acquiring = Acquiring::new(Facts { earlier, ..facts(&log) });
    acquiring.began(Duration::ZERO);
    let step = sees(&mut acquiring, vec![old.clone()], Duration::ZERO);
    assert!(matches!(step, Step::Look(_)), "{step:?}");
    let step =
        sees(&mut acquiring, vec![of_attempt(1, found("new", 0, running())), old], Duration::from_secs(6));
    assert!(matches!(&step, Step::Confirm(handle) if handle == "new"), "{step:?}");
}

/// A state that may mean an end is not waited for without an end.
#[test]
fn what_does_something_else_in_a_state_that_is_not_known_is_cancelled_once_or_fails_the_attempt() {
    let quiet = |_: Level, _: &str| {};
    let log = Log::new(&quiet);
    let unknown = [other("old", 0, Phase::Unknown("SUPERVISING".to_owned()))];
    for (on_kill, cancels) in [(OnKill::Cancel, true), (OnKill::Leave, false)] {
        let mut acquiring = Acquiring::new(Facts { on_kill, ..facts(&log) });
        acquiring.began(Duration::ZERO);
        let mut step = sees(&mut acquiring, unknown.to_vec(), Duration::ZERO);
        if cancels {
            let Step::Cancel(handle) = step else { panic!("{step:?}") };
            acquiring.cancelled(handle, Ok(Cancelled::WasTold));
            step = sees(&mut acquiring, unknown.to_vec(), Duration::from_secs(10));
        }
        let Step::Fail(failure) = step else { panic!("{step:?}") };
        assert_eq!(failure.exit, Exit::Retry);
        assert!(failure.message.contains("is SUPERVISING, a state which"), "{failure}");
    }
}
