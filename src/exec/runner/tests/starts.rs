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

/// The task had one retry more when its run succeeded than when a person cleared it: Airflow's `max_tries` is what it was.
#[test]
fn what_may_be_of_before_the_clearing_is_neither_taken_nor_done_again() {
    let done = |handle| found(handle, 1, Phase::Succeeded);
    let began = |seconds, context| RunContext {
        generation_started: jiff::Timestamp::from_second(seconds).ok(),
        ..context
    };
    for (finds, context, is_taken) in [
        (vec![vec![done("a")]], context(2, 1), false),
        (vec![vec![of_attempt(1, done("a"))]], context(2, 1), false),
        // It was running when it was listed, and may have been over for as long as a listing lags.
        (vec![vec![found("a", 1, running())], vec![done("a")]], context(2, 1), false),
        // A version of the task has done something else since then.
        (vec![vec![other("b", 1, Phase::Succeeded), done("a")]], context(2, 1), false),
        // A deleted run of the DAG had an attempt with this number, and the same mark.
        (vec![vec![of_attempt(2, done("a"))]], began(3600, context(2, 1)), false),
        // An attempt that has died since has found it, too.
        (vec![vec![of_attempt(1, done("a"))]], context(3, 1), false),
        (vec![vec![done("a")]], began(3600, context(3, 1)), false),
        // This attempt has started it, or one before it of this generation; or nobody has cleared the task.
        (vec![vec![of_attempt(2, done("a"))]], context(2, 1), true),
        (vec![vec![of_attempt(2, done("a"))]], context(3, 1), true),
        (vec![vec![done("a")]], began(20, context(3, 1)), true),
        (vec![vec![], vec![done("a")]], context(2, 1), true),
        (vec![vec![done("a")]], context(3, 1), true),
        (vec![vec![done("a")]], context(1, 1), true),
    ] {
        let job = Fake {
            finds: finds.into(),
            starts: [Err(Kind::Ambiguous)].into(),
            polls: [Ok(Phase::Succeeded)].into(),
            lag: Some(Duration::ZERO),
            ..Fake::default()
        };
        let (outputs, journal) = ended(job, &context, OnKill::Cancel, None);
        match outputs {
            Ok(outputs) => assert_eq!((&outputs["handle"], is_taken), (&json!("a"), true), "{journal:?}"),
            Err(failure) => {
                assert!(!is_taken, "{failure}");
                assert_eq!(failure.exit, Exit::ForGood);
                assert!(failure.message.contains("fake a has succeeded before"), "{failure}");
                assert!(failure.message.contains("clear it once more"), "{failure}");
                assert!(!journal.contains(&"start 0".to_owned()), "{journal:?}");
            }
        }
    }
}

#[test]
fn a_task_that_refuses_what_was_done_before_tells_of_another_run_that_may_go_on() {
    for (attempts, said) in [(3, true), (2, false)] {
        let done = of_attempt(1, found("a", attempts - 1, Phase::Succeeded));
        let job = Fake { finds: [vec![done]].into(), lag: Some(Duration::from_mins(3)), ..Fake::default() };
        let failure = ended(job, &context(attempts, attempts - 1), OnKill::Cancel, None).0.unwrap_err();
        let words = "nothing is started; another fake that was started before may go on";
        assert_eq!(failure.message.contains(words), said, "{failure}");
    }
}

/// A run of the DAG was deleted, and made again under its name. What was started with a token has used it up.
#[test]
fn what_was_over_when_the_run_of_the_dag_began_is_done_again() {
    let done = |seconds| {
        let ended = Some(std::time::UNIX_EPOCH + Duration::from_secs(seconds));
        let found = found("a", 0, Phase::Succeeded);
        Found { span: Span { ended, ..found.span }, ..found }
    };
    for (found, started) in [
        (done(3000), Some("start 1")),
        (of_attempt(1, done(3000)), Some("start 0")),
        // As clocks differ, it may be of this one.
        (done(3590), None),
    ] {
        let job = Fake {
            finds: [vec![found]].into(),
            starts: [Ok("b")].into(),
            polls: [Ok(Phase::Succeeded)].into(),
            ..Fake::default()
        };
        let run_started = jiff::Timestamp::from_second(3600).ok();
        let context = RunContext { run_started, ..context(1, 0) };
        let (outputs, journal) = ended(job, &context, OnKill::Cancel, None);
        assert_eq!(outputs.unwrap()["handle"], if started.is_some() { "b" } else { "a" });
        assert_eq!(journal.iter().find(|call| call.starts_with("start")).map(String::as_str), started);
    }
}

/// A look tells that it is over, and not when that was: it may have been listed as running long after its end.
#[test]
fn only_the_time_of_its_end_tells_whether_a_deleted_run_of_the_dag_has_done_it() {
    let at = |ended: Option<u64>, phase| {
        let ended = ended.map(|seconds| std::time::UNIX_EPOCH + Duration::from_secs(seconds));
        let found = of_attempt(1, found("a", 0, phase));
        vec![Found { span: Span { ended, ..found.span }, ..found }]
    };
    let unknown = || Phase::Unknown("DREAMING".to_owned());
    let again = || Phase::Stopping("about to be started again".to_owned());
    for (finds, tries, handle) in [
        (vec![at(None, running()), at(Some(3000), Phase::Succeeded)], 1, "b"),
        (vec![at(None, unknown()), at(Some(3000), Phase::Succeeded)], 1, "b"),
        (vec![at(Some(3000), Phase::Succeeded), at(None, running())], 2, "b"),
        (vec![at(None, running()), at(Some(3605), Phase::Succeeded)], 1, "a"),
        // The service follows it by another one.
        (vec![at(Some(3000), again()), at(None, running()), at(Some(3605), Phase::Succeeded)], 1, "a"),
    ] {
        let job = Fake {
            finds: finds.into(),
            starts: [Ok("b")].into(),
            polls: [Ok(Phase::Succeeded), Ok(Phase::Succeeded)].into(),
            lag: Some(Duration::from_secs(20)),
            pause: Some(Duration::from_secs(5)),
            ..Fake::default()
        };
        let run_started = jiff::Timestamp::from_second(3600).ok();
        let context = RunContext { run_started, ..context(tries, 0) };
        let (outputs, journal) = ended(job, &context, OnKill::Cancel, None);
        assert_eq!(outputs.unwrap()["handle"], handle, "{journal:?}");
    }
}

/// The deleted run of the DAG had a first attempt, too: by clocks that differ, its run may seem to be of this one's.
#[test]
fn what_may_be_a_deleted_runs_says_nothing_of_what_an_attempt_has_started() {
    let at = |seconds| Some(std::time::UNIX_EPOCH + Duration::from_secs(seconds));
    for (started, ended_at, handle) in [(3580, 3610, "b"), (3580, 3700, "c"), (3500, 3700, "b")] {
        let over = of_attempt(1, found("a", 0, failed()));
        let over = Found { span: Span { started: at(started), ended: at(ended_at) }, ..over };
        let late = of_attempt(1, found("b", 0, running()));
        let job = Fake {
            finds: [vec![over.clone()], vec![late, over]].into(),
            starts: [Ok("c")].into(),
            polls: [Ok(running()), Ok(Phase::Succeeded)].into(),
            lag: Some(Duration::from_secs(20)),
            pause: Some(Duration::from_secs(5)),
            ..Fake::default()
        };
        let run_started = jiff::Timestamp::from_second(3600).ok();
        let context = RunContext { run_started, ..context(2, 0) };
        let (outputs, journal) = ended(job, &context, OnKill::Cancel, None);
        assert_eq!(outputs.unwrap()["handle"], handle, "{journal:?}");
    }
}

/// A person may have cleared the task a second ago, whatever the plan says of the time between two attempts.
#[test]
fn an_attempt_after_another_looks_for_as_long_as_a_listing_may_lag() {
    for (context, looks_on) in
        [(context(1, 0), false), (context(2, 0), true), (context(3, 1), true), (context(2, 1), true)]
    {
        let job = Fake {
            starts: [Ok("a")].into(),
            polls: [Ok(Phase::Succeeded)].into(),
            lag: Some(Duration::from_secs(20)),
            pause: Some(Duration::from_secs(5)),
            ..Fake::default()
        };
        let began = begin();
        let (outputs, journal) = ended(job, &context, OnKill::Cancel, None);
        assert_eq!(outputs.unwrap()["handle"], "a");
        assert_eq!(began.now() >= Duration::from_secs(30), looks_on, "{context:?} {journal:?}");
    }
}

/// Statements do not tell their attempt: what a deleted run of the DAG has done is none of this one's.
#[test]
fn what_is_a_deleted_runs_is_not_counted_as_an_attempts() {
    let at = |seconds| Some(std::time::UNIX_EPOCH + Duration::from_secs(seconds));
    let over = found("a", 0, Phase::Succeeded);
    let over = Found { span: Span { started: at(2900), ended: at(3000) }, ..over };
    let own = found("b", 0, running());
    let own = Found { span: Span { started: at(3601), ended: None }, ..own };
    let job = Fake {
        finds: [vec![over.clone()], vec![own, over]].into(),
        polls: [Ok(running()), Ok(Phase::Succeeded)].into(),
        lag: Some(Duration::from_secs(20)),
        pause: Some(Duration::from_secs(5)),
        ..Fake::default()
    };
    let context = RunContext { run_started: jiff::Timestamp::from_second(3600).ok(), ..context(2, 0) };
    let (outputs, journal) = ended(job, &context, OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "b", "{journal:?}");
}
