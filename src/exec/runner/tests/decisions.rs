//! What is decided, by values alone.

use super::*;
use crate::exec::runner::acquire::{Acquiring, Facts, Step};
use crate::exec::runner::decide::{Before, Next, decide};

fn start(failed: usize, all: usize) -> Next<String> {
    Next::Start(Before { failed, all })
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
        (vec![found("a", 0, Phase::Succeeded)], start(0, 1)),
        (vec![found("a", 1, failed())], start(1, 1)),
        (vec![found("b", 1, failed()), found("a", 1, failed())], start(2, 2)),
        (vec![found("b", 1, Phase::Succeeded), found("a", 1, failed())], adopt("b")),
        (vec![found("a", 0, stopping.clone())], Next::Await("a".to_owned(), "STOPPING".to_owned())),
        (vec![found("b", 1, running()), found("a", 0, stopping.clone())], adopt("b")),
        (vec![found("a", 1, Phase::Unknown("NEW".to_owned()))], adopt("a")),
        (vec![found("a", 0, Phase::Unknown("NEW".to_owned()))], start(0, 1)),
        // What does something else is never taken for this task's, and nothing is started beside it.
        (vec![other("a", 1, Phase::Succeeded)], start(0, 1)),
        (vec![other("a", 1, failed())], start(0, 1)),
        (vec![other("a", 1, running())], Next::Replace("a".to_owned(), "RUNNING".to_owned())),
        (
            vec![other("b", 0, running()), found("a", 1, Phase::Succeeded)],
            Next::Replace("b".to_owned(), "RUNNING".to_owned()),
        ),
        (vec![other("a", 0, stopping)], Next::Await("a".to_owned(), "STOPPING".to_owned())),
        (vec![other("b", 0, running()), found("a", 1, running())], adopt("a")),
    ] {
        assert_eq!(decide(&list, 1, None), expected, "{list:?}");
    }
}

/// What ended long before the first look did is of an earlier attempt.
#[test]
fn what_the_first_look_has_left_running_is_adopted_however_it_ended() {
    let old = |found: Found<String>| Found {
        span: Span { ended: Some(std::time::UNIX_EPOCH), ..found.span },
        ..found
    };
    let later = |found: Found<String>| {
        let moment = std::time::UNIX_EPOCH + Duration::from_mins(20);
        Found { span: Span { started: Some(moment), ended: Some(moment) }, ..found }
    };
    let first_ended = Some(std::time::UNIX_EPOCH + Duration::from_mins(10));
    let adopt = |handle: &str| Next::Adopt(handle.to_owned());
    for (list, expected) in [
        (vec![found("a", 1, failed())], adopt("a")),
        (vec![found("a", 0, failed())], adopt("a")),
        (vec![found("a", 0, Phase::Succeeded)], adopt("a")),
        (vec![found("a", 1, Phase::Stopping("STOPPING".to_owned()))], adopt("a")),
        (vec![found("b", 1, failed()), old(found("a", 1, failed()))], adopt("b")),
        // The service has tried it again by itself.
        (vec![found("b", 1, running()), found("a", 1, failed())], adopt("b")),
        (vec![old(found("a", 1, failed()))], start(1, 1)),
        // A look has started it: the next one does not start it again.
        (vec![later(found("b", 1, failed())), old(found("a", 1, Phase::Succeeded))], adopt("b")),
        // A deploy between two looks has changed what the task does.
        (vec![other("a", 1, Phase::Succeeded)], start(0, 1)),
    ] {
        assert_eq!(decide(&list, 1, first_ended), expected, "{list:?}");
    }
}

/// A first attempt of a service whose listings lag for three minutes.
fn facts<'a>(log: &'a Log<'a>) -> Facts<'a> {
    Facts {
        noun: "fake",
        generation: 0,
        first_look_ended: None,
        earlier_attempts: 0,
        earlier_generations: 0,
        since: Duration::ZERO,
        lag: Duration::from_mins(3),
        on_kill: OnKill::Cancel,
        pace: Pace::steady(Duration::from_secs(10)),
        log,
    }
}

/// No clock and no service: hours pass in no time.
#[test]
fn a_lost_start_is_looked_for_as_long_as_the_listing_may_lag() {
    let quiet = |_: Level, _: &str| {};
    let log = Log::new(&quiet);
    let mut acquiring = Acquiring::<String>::new(facts(&log));
    assert!(matches!(acquiring.began(Duration::ZERO), Step::Look(Duration::ZERO)));
    let mut now = Duration::from_secs(1);
    assert!(matches!(acquiring.found(&[], now), Step::Start(0)));
    for (round, starts_again) in [(1, true), (2, true), (3, false)] {
        let step = acquiring.not_started(aws_error(Kind::Ambiguous), now);
        if !starts_again {
            let Step::Fail(failure) = step else { panic!("{step:?}") };
            assert!(failure.message.contains("gave up after 3 starts"), "{failure}");
            break;
        }
        assert!(matches!(step, Step::AskSecondStart), "{round}: {step:?}");
        let sent = now;
        let mut step = acquiring.second_start(SecondStart::Doubles, now);
        while let Step::Look(pause) = step {
            assert!(acquiring.may_have_started());
            now += pause;
            step = acquiring.found(&[], now);
        }
        assert!(matches!(step, Step::Start(0)), "{step:?}");
        assert_eq!(now, sent + Duration::from_mins(3));
        assert!(!acquiring.may_have_started());
    }
}
