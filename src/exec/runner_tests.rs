//! Tests of the runner with a service that does as it is told.

use super::*;
use crate::aws::{Effect, Operation};
use crate::exec::Level;
use crate::exec::key::{Identity, content};
use crate::plan::{PlanFile, Reschedule};
use std::collections::{BTreeMap, VecDeque};

#[derive(Default)]
struct Fake {
    /// What is found at each look; the last one again and again.
    finds: VecDeque<Vec<Found<String>>>,
    starts: VecDeque<Result<&'static str, Kind>>,
    polls: VecDeque<Result<Phase, Kind>>,
    lag: Option<Duration>,
    pause: Option<Duration>,
    unreachable: bool,
    second_start: SecondStart,
    follows_within: Duration,
    journal: std::rc::Rc<RefCell<Vec<String>>>,
}

fn error(kind: Kind) -> Trouble {
    let operation = Operation { name: "fake:Call", effect: Effect::Starts, permissions: &["fake:Call"] };
    Trouble::Aws(AwsError {
        operation,
        kind,
        code: None,
        message: "told to".to_owned(),
        request_id: None,
        bucket_region: None,
    })
}

impl Fake {
    fn note(&self, what: impl Into<String>) {
        self.journal.borrow_mut().push(what.into());
    }
}

impl RemoteJob for Fake {
    type Handle = String;

    const NOUN: &'static str = "fake";

    async fn find(&mut self, _key: &Key) -> Result<Vec<Found<String>>, Trouble> {
        self.note("find");
        if self.unreachable {
            return Err(error(Kind::Unavailable));
        }
        Ok(if self.finds.len() > 1 { self.finds.pop_front() } else { self.finds.front().cloned() }
            .unwrap_or_default())
    }

    async fn start(&mut self, attempt: &Attempt) -> Result<String, Trouble> {
        self.note(format!("start {}", attempt.number));
        match self.starts.pop_front() {
            Some(Ok(handle)) => Ok(handle.to_owned()),
            Some(Err(kind)) => Err(error(kind)),
            None => {
                // An answer that does not come.
                tokio::time::sleep(Duration::from_mins(1)).await;
                Err(error(Kind::Ambiguous))
            }
        }
    }

    async fn poll(&mut self, handle: &String) -> Result<Phase, Trouble> {
        self.note(format!("poll {handle}"));
        if let Some(answer) = self.polls.pop_front() {
            return answer.map_err(error);
        }
        tokio::time::sleep(Duration::from_mins(1)).await;
        Ok(running())
    }

    async fn cancel(&mut self, handle: &String) -> Result<(), AwsError> {
        self.note(format!("cancel {handle}"));
        Ok(())
    }

    async fn outputs(&mut self, _handle: &String, _log: &Log<'_>) -> Result<Outputs, Trouble> {
        Ok(Outputs::new())
    }

    fn link(&self, handle: &String) -> String {
        format!("link to {handle}")
    }

    fn pace(&self) -> Pace {
        Pace::steady(self.pause.unwrap_or(Duration::from_millis(1)))
    }

    fn unseen(&self) -> Duration {
        Duration::from_millis(500)
    }

    fn lag(&self) -> Duration {
        self.lag.unwrap_or(Duration::from_millis(20))
    }

    async fn second_start(&mut self) -> SecondStart {
        self.second_start
    }

    async fn follows_within(&mut self) -> Duration {
        self.follows_within
    }
}

fn context(try_number: i64, generation: i64) -> RunContext {
    RunContext { try_number, generation, ..RunContext::default() }
}

/// Runs a job of a task that stays in its slot; gives how it ended and what was asked of the service.
fn ended(
    job: Fake,
    context: &RunContext,
    on_kill: OnKill,
    stop_after: Option<u64>,
) -> (Result<Outputs, Failure>, Vec<String>) {
    let now = std::time::SystemTime::now();
    let (ended, journal) = looked(job, context, on_kill, Looks::new(None, Some(1), None, now), stop_after);
    let outputs = ended.map(|ended| match ended {
        Ended::Done(outputs) => outputs,
        Ended::GoesOn(_) => panic!("a task that stays sees the end"),
    });
    (outputs, journal)
}

/// A look at a task that may take so many seconds, whose first look ended so many seconds ago.
fn look_at(timeout: u64, first_ended: Option<u64>) -> Looks {
    let now = std::time::SystemTime::now();
    let first_ended = first_ended.map(|seconds| now - Duration::from_secs(seconds));
    Looks::new(Some(Reschedule { stay: 0, every: 300 }), Some(timeout), first_ended, now)
}

/// Runs one look at a job.
fn looked(
    job: Fake,
    context: &RunContext,
    on_kill: OnKill,
    looks: Looks,
    stop_after: Option<u64>,
) -> (Result<Ended, Failure>, Vec<String>) {
    let journal = job.journal.clone();
    let quiet = |_: Level, _: &str| {};
    let log = Log::new(&quiet);
    let identity = Identity { kind: "fake", target: Vec::new(), content: content([]) };
    let plan = PlanFile {
        version: 0,
        project: String::new(),
        dag_id: String::new(),
        environment: String::new(),
        region: None,
        time_zone: None,
        tasks: BTreeMap::new(),
    };
    let key = Key::new(&plan, context, identity);
    let reach = Reach { patience: Duration::from_millis(50), ..Reach::default() };
    let task = Run { key, context, on_kill, retry_delay: Duration::ZERO, reach, looks, log: &log };
    let stop = async {
        match stop_after {
            Some(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
            None => std::future::pending().await,
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let ended = runtime.block_on(run(job, task, stop));
    let journal = journal.borrow().clone();
    (ended, journal)
}

fn found(handle: &str, generation: i64, phase: Phase) -> Found<String> {
    let span = Span { started: Some(std::time::UNIX_EPOCH), ended: None };
    Found { handle: handle.to_owned(), generation, is_same: true, phase, span }
}

/// Of this task, with other SQL or arguments.
fn other(handle: &str, generation: i64, phase: Phase) -> Found<String> {
    Found { is_same: false, ..found(handle, generation, phase) }
}

fn running() -> Phase {
    Phase::Running("RUNNING".to_owned())
}

fn failed() -> Phase {
    Phase::Failed(Failure::retry("told to fail"))
}

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

/// A worker has died, and a person clears the task before the run that it has started is listed.
#[test]
fn what_a_generation_before_may_have_started_is_looked_for() {
    let late = || [vec![], vec![], vec![], vec![found("a", 0, running())]].into();
    let doubles = Fake {
        finds: late(),
        polls: [Ok(Phase::Succeeded)].into(),
        lag: Some(Duration::from_secs(5)),
        ..Fake::default()
    };
    let (outputs, journal) = ended(doubles, &context(2, 1), OnKill::Cancel, None);
    assert_eq!(outputs.unwrap()["handle"], "a");
    assert!(!journal.contains(&"start 0".to_owned()), "{journal:?}");
    let refuses = Fake {
        finds: late(),
        starts: [Err(Kind::Busy)].into(),
        polls: [Ok(Phase::Succeeded)].into(),
        second_start: SecondStart::IsRefused,
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

/// A second start is refused while the first one's run goes on: that run is looked for, and no third start
/// is sent before the listing has had its time.
#[test]
fn a_refusal_settles_what_a_lost_answer_has_left_open() {
    let none = || std::iter::repeat_with(Vec::new);
    let job = Fake {
        finds: none().take(8).chain([vec![found("a", 0, running())]]).collect(),
        starts: [Err(Kind::Ambiguous), Err(Kind::Busy)].into(),
        polls: [Ok(Phase::Succeeded)].into(),
        second_start: SecondStart::IsRefused,
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
        second_start: SecondStart::IsRefused,
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
    let began = Instant::now();
    let failure = ended(job, &context(1, 0), OnKill::Cancel, None).0.unwrap_err();
    assert_eq!(failure.exit, Exit::Retry);
    assert!(failure.message.contains("is the region right"), "{failure}");
    assert!(began.elapsed() < Duration::from_secs(10));
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
fn a_look_ends_while_the_job_goes_on() {
    for (finds, first_ended, next, calls) in [
        (vec![], None, 60, ["find", "start 0", "poll a"].as_slice()),
        (vec![found("a", 0, running())], Some(600), 151, &["find", "poll a"]),
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
    let finds = [vec![], vec![found("a", 0, Phase::Succeeded)]].into();
    let lag = Some(Duration::from_mins(20));
    let job = Fake { finds, lag, polls: [Ok(Phase::Succeeded)].into(), ..Fake::default() };
    let (ended, journal) = looked(job, &context(1, 0), OnKill::Cancel, look_at(3600, Some(600)), None);
    let Ended::Done(outputs) = ended.unwrap() else { panic!("{journal:?}") };
    assert!(outputs["seconds"].as_f64().unwrap() >= 600.0);
    assert_eq!(journal, ["find", "find", "poll a"]);
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
