//! Listings that are behind, and go back: each of these was found by `simulation`.

use super::*;

fn stopping() -> Phase {
    Phase::Stopping("STOPPING".to_owned())
}

/// Says how often a run was started.
fn starts(journal: &[String]) -> usize {
    journal.iter().filter(|call| call.starts_with("start")).count()
}

#[test]
fn a_run_that_was_seen_is_not_forgotten_when_a_listing_leaves_it_out() {
    let job = Fake {
        finds: [vec![other("a", 0, running())], vec![], vec![], vec![other("a", 0, failed())]].into(),
        starts: [Ok("b")].into(),
        polls: [Ok(Phase::Succeeded)].into(),
        lag: Some(Duration::from_secs(20)),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "b");
    assert_eq!(journal, ["find", "cancel a", "find", "find", "find", "start 0", "poll b"]);
}

#[test]
fn a_listing_that_is_behind_makes_no_cleared_task_green() {
    let job = Fake {
        finds: [vec![found("a", 0, running())], vec![found("a", 0, Phase::Succeeded)]].into(),
        starts: [Ok("b")].into(),
        polls: [Ok(Phase::Succeeded), Ok(Phase::Succeeded)].into(),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(2, 1), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "b");
    assert_eq!(journal, ["find", "poll a", "find", "start 0", "poll b"]);
}

/// What the service has started again is not listed yet, as little as the failure that it follows.
#[test]
fn a_run_that_is_listed_as_running_and_has_failed_is_waited_for_until_it_is_listed_so() {
    let again = vec![found("b", 0, running()), found("a", 0, failed())];
    let job = Fake {
        finds: [vec![found("a", 0, running())], vec![], vec![found("a", 0, running())], again].into(),
        polls: [Ok(failed()), Ok(running()), Ok(Phase::Succeeded)].into(),
        lag: Some(Duration::from_secs(20)),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(2, 0), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "b");
    assert_eq!(starts(&journal), 0, "{journal:?}");
}

#[test]
fn a_look_at_a_run_that_fails_is_tried_again_before_the_run_is_taken() {
    let job = Fake {
        finds: [vec![found("a", 0, running())], vec![found("a", 0, Phase::Succeeded)]].into(),
        starts: [Ok("b")].into(),
        polls: [Err(Kind::Unavailable), Ok(Phase::Succeeded)].into(),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(2, 1), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "b");
    assert_eq!(journal, ["find", "poll a", "find", "start 0", "poll b"]);
}

#[test]
fn sigterm_while_a_run_that_was_found_is_looked_at_stops_it() {
    let finds = [vec![found("a", 0, running())], vec![]].into();
    let job = Fake { finds, ..Fake::default() };
    let failure = ended(job, &context(2, 0), OnKill::Cancel, Some(100)).0.unwrap_err();
    assert!(failure.message.contains("fake a was told to stop"), "{failure}");
}

/// Attempt 2 has started a run that is not listed yet, after that of attempt 1 was stopped.
#[test]
fn what_is_not_seen_is_still_looked_for_when_a_run_that_is_stopping_has_ended() {
    let of_1 = |phase| of_attempt(1, found("a", 0, phase));
    let late = vec![of_attempt(2, found("b", 0, running())), of_1(failed())];
    let job = Fake {
        finds: [vec![of_1(stopping())], vec![of_1(failed())], late].into(),
        polls: [Ok(running()), Ok(Phase::Succeeded)].into(),
        lag: Some(Duration::from_secs(20)),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(3, 0), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "b");
    assert_eq!(starts(&journal), 0, "{journal:?}");
}

/// It is for Airflow to try again, and an attempt that starts two runs cannot be known by one of them.
#[test]
fn what_a_start_without_an_answer_has_begun_and_has_failed_fails_the_attempt() {
    let job = Fake {
        finds: [vec![], vec![found("a", 0, failed())]].into(),
        starts: [Err(Kind::Ambiguous), Ok("b")].into(),
        polls: [Ok(failed())].into(),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, None);
    assert!(outputs.unwrap_err().message.contains("told to fail"));
    assert_eq!(starts(&journal), 1, "{journal:?}");
}

#[test]
fn what_is_older_does_not_follow() {
    let behind = vec![found("a", 1, failed()), found("old", 0, running())];
    let job = Fake {
        finds: [vec![], behind].into(),
        starts: [Ok("a")].into(),
        polls: [Ok(failed()), Ok(Phase::Succeeded)].into(),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(1, 1), OnKill::Cancel, None);
    assert!(outputs.unwrap_err().message.contains("told to fail"), "{journal:?}");
}

#[test]
fn a_failure_after_which_nothing_can_be_seen_says_that_a_run_may_follow() {
    let job = Fake {
        starts: [Ok("a")].into(),
        polls: [Ok(failed())].into(),
        follows_within: Duration::from_mins(1),
        refuses_to_find_after: Some(1),
        ..Fake::default()
    };
    let failure = ended(job, &context(1, 0), OnKill::Cancel, None).0.unwrap_err();
    assert!(failure.message.contains("by itself cannot be seen: fake:Call: told to"), "{failure}");
    assert!(failure.message.contains("look at link to all"), "{failure}");
}

/// After a deploy, a look has started another run half a minute ago.
#[test]
fn a_later_look_reckons_with_what_the_look_before_it_may_have_started() {
    let finds = [vec![], vec![], vec![found("b", 0, running())]].into();
    let job =
        Fake { finds, polls: [Ok(running())].into(), lag: Some(Duration::from_mins(3)), ..Fake::default() };
    let (ended, journal) = looked(job, &context(1, 0), OnKill::Cancel, look_at(3600, Some(600)), None);
    let Ended::GoesOn(outputs) = ended.unwrap() else { panic!("{journal:?}") };
    assert_eq!(outputs["handle"], "b");
    assert_eq!(starts(&journal), 0, "{journal:?}");
    // That the first look's run is seen, which does something else, tells nothing of it.
    let old = of_attempt(1, other("a", 0, Phase::Succeeded));
    let new = of_attempt(1, found("b", 0, running()));
    let job = Fake {
        finds: [vec![old.clone()], vec![new, old]].into(),
        polls: [Ok(running())].into(),
        lag: Some(Duration::from_mins(3)),
        ..Fake::default()
    };
    let (_, journal) = looked(job, &context(1, 0), OnKill::Cancel, look_at(3600, Some(600)), None);
    assert_eq!(starts(&journal), 0, "{journal:?}");
}

/// However long ago the first look was.
#[test]
fn a_later_look_that_sees_a_deploy_reckons_with_a_start_just_now() {
    let old = of_attempt(1, other("a", 0, failed()));
    let new = of_attempt(1, found("b", 0, running()));
    let job = Fake {
        finds: [vec![old.clone()], vec![new, old]].into(),
        polls: [Ok(running())].into(),
        lag: Some(Duration::from_secs(10)),
        ..Fake::default()
    };
    let (_, journal) = looked(job, &context(1, 0), OnKill::Cancel, look_at(3600, Some(600)), None);
    assert_eq!(starts(&journal), 0, "{journal:?}");
}

/// Clocks differ: what was over when the task was cleared may seem to have been running when its first look ended.
#[test]
fn a_later_look_takes_the_run_of_its_own_generation() {
    let now = std::time::SystemTime::now();
    let ago = |seconds| Some(now - Duration::from_secs(seconds));
    let old =
        Found { span: Span { started: ago(700), ended: ago(605) }, ..found("old", 0, Phase::Succeeded) };
    let own =
        Found { span: Span { started: ago(590), ended: ago(100) }, ..found("own", 1, Phase::Succeeded) };
    // The first look has ended 600 s ago, by Airflow's clock.
    for finds in [vec![vec![own.clone(), old.clone()]], vec![vec![old.clone()], vec![own, old]]] {
        let job = Fake {
            finds: finds.into(),
            polls: [Ok(Phase::Succeeded)].into(),
            lag: Some(Duration::from_mins(3)),
            ..Fake::default()
        };
        let (ended, journal) = looked(job, &context(2, 1), OnKill::Cancel, look_at(3600, Some(600)), None);
        let Ended::Done(outputs) = ended.unwrap() else { panic!("{journal:?}") };
        assert_eq!(outputs["handle"], "own");
    }
}

/// Each look may start a run, when a deploy has come between.
#[test]
fn what_a_look_of_an_earlier_attempt_may_have_started_is_looked_for() {
    let old = of_attempt(1, other("a", 0, Phase::Succeeded));
    let new = of_attempt(1, found("b", 0, running()));
    let job = Fake {
        finds: [vec![old.clone()], vec![new, old]].into(),
        polls: [Ok(running())].into(),
        lag: Some(Duration::from_secs(20)),
        ..Fake::default()
    };
    let (_, journal) = looked(job, &context(2, 0), OnKill::Cancel, look_at(3600, None), None);
    assert_eq!(starts(&journal), 0, "{journal:?}");
}

#[test]
fn a_refusal_after_a_start_without_an_answer_says_that_a_run_may_go_on() {
    let job = Fake {
        starts: [Err(Kind::Ambiguous), Err(Kind::Credentials)].into(),
        second_start: SecondStart::IsTheSame,
        lag: Some(Duration::from_secs(10)),
        ..Fake::default()
    };
    let failure = ended(job, &context(1, 0), OnKill::Cancel, None).0.unwrap_err();
    assert!(failure.message.contains("a fake was being started, and may go on: link to all"), "{failure}");
}

/// The listing has shown it, and leaves it out after that.
#[test]
fn sigterm_after_a_look_at_a_run_that_has_failed_stops_it() {
    let job = Fake {
        finds: [vec![found("a", 0, running())], vec![]].into(),
        polls: [Err(Kind::Unavailable)].into(),
        pause: Some(Duration::from_secs(1)),
        ..Fake::default()
    };
    let failure = ended(job, &context(2, 0), OnKill::Cancel, Some(500)).0.unwrap_err();
    assert!(failure.message.contains("fake a was told to stop"), "{failure}");
}

/// Nothing can follow it, and SIGTERM is to reach it and not what follows.
#[test]
fn a_run_that_is_out_of_sight_has_not_failed() {
    let job = Fake {
        starts: [Ok("a")].into(),
        polls: (0..20).map(|_| Err(Kind::Unavailable)).collect(),
        pause: Some(Duration::from_mins(1)),
        follows_within: Duration::from_mins(5),
        ..Fake::default()
    };
    let (outputs, journal) = ended(job, &context(1, 0), OnKill::Cancel, None);
    let failure = outputs.unwrap_err();
    assert!(failure.message.ends_with("lost sight of fake a, which goes on: link to a"), "{failure}");
    assert_eq!(journal.iter().filter(|call| *call == "find").count(), 1, "{journal:?}");
}

/// The service has started it again after the task was cleared: it counts as of the generation before.
#[test]
fn what_follows_in_a_state_that_is_not_known_is_told() {
    let follows = vec![found("b", 0, Phase::Unknown("NEW".to_owned())), found("a", 0, failed())];
    let job = Fake {
        finds: [vec![found("a", 0, running())], follows].into(),
        polls: [Ok(running()), Ok(failed())].into(),
        ..Fake::default()
    };
    let failure = ended(job, &context(2, 1), OnKill::Cancel, None).0.unwrap_err();
    assert!(failure.message.ends_with("told to fail; fake b goes on: link to b"), "{failure}");
}
