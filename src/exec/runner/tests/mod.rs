//! Tests of the runner with a service that does as it is told.

mod decisions;
mod listings;
mod starts;
mod stops;
mod waits;

use super::*;
use crate::aws::{AwsError, Effect, Kind, Operation, Pace, Retry};
use crate::exec::key::{Identity, content};
use crate::exec::looks::Span;
use crate::exec::outcome::{Outputs, Trouble};
use crate::exec::time::simulated as clock;
use crate::exec::{Exit, Level};
use crate::plan::{PlanFile, Reschedule};
use serde_json::json;
use std::cell::RefCell;
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
    /// After so many looks it may not look any more.
    refuses_to_find_after: Option<usize>,
    second_start: SecondStart,
    /// How the first cancellations are refused.
    cancels: VecDeque<Kind>,
    /// The run had ended when it was told to stop.
    has_ended: bool,
    follows_within: Duration,
    slow_outputs: Duration,
    journal: std::rc::Rc<RefCell<Vec<String>>>,
}

fn aws_error(kind: Kind) -> AwsError {
    let operation =
        Operation { name: "fake:Call", effect: Effect::Starts, retry: Retry::Never, rights: &[], codes: &[] };
    AwsError {
        operation,
        kind,
        code: None,
        message: "told to".to_owned(),
        request_id: None,
        bucket_region: None,
    }
}

fn error(kind: Kind) -> Trouble {
    Trouble::Aws(aws_error(kind))
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
        let finds = self.journal.borrow().iter().filter(|call| *call == "find").count();
        if self.refuses_to_find_after.is_some_and(|most| finds > most) {
            return Err(error(Kind::Denied));
        }
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
                time::sleep(Duration::from_mins(1)).await;
                Err(error(Kind::Ambiguous))
            }
        }
    }

    async fn poll(&mut self, handle: &String) -> Result<Phase, Trouble> {
        self.note(format!("poll {handle}"));
        if let Some(answer) = self.polls.pop_front() {
            return answer.map_err(error);
        }
        time::sleep(Duration::from_mins(1)).await;
        Ok(running())
    }

    async fn cancel(&mut self, handle: &String) -> Result<Cancelled, AwsError> {
        self.note(format!("cancel {handle}"));
        if let Some(kind) = self.cancels.pop_front() {
            return Err(aws_error(kind));
        }
        Ok(if self.has_ended { Cancelled::HadEnded } else { Cancelled::WasTold })
    }

    async fn outputs(&mut self, _handle: &String, _log: &Log<'_>) -> Result<Outputs, Trouble> {
        time::sleep(self.slow_outputs).await;
        Ok(Outputs::new())
    }

    fn link(&self, handle: &String) -> String {
        format!("link to {handle}")
    }

    fn place(&self) -> String {
        "link to all".to_owned()
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

    fn second_start(&self) -> SecondStart {
        self.second_start
    }

    async fn follows_within(&mut self) -> Duration {
        self.follows_within
    }
}

/// Begins to measure simulated time.
fn begin() -> Clock {
    clock::set(Some(clock::now()));
    Clock::begin()
}

fn context(try_number: i64, generation: i64) -> RunContext {
    RunContext { try_number, generation, mark: generation, ..RunContext::default() }
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
    let clock = begin();
    let task = Run { key, context, on_kill, reach, looks, clock, log: &log };
    let stop = async {
        match stop_after {
            Some(millis) => time::sleep(Duration::from_millis(millis)).await,
            None => std::future::pending().await,
        }
    };
    let ended = clock::play(run(job, task, stop));
    let journal = journal.borrow().clone();
    (ended, journal)
}

fn found(handle: &str, generation: i64, phase: Phase) -> Found<String> {
    let span = Span { started: Some(std::time::UNIX_EPOCH), ended: None };
    Found { handle: handle.to_owned(), generation, is_same: true, attempt: None, phase, span }
}

/// A run that tells which attempt has started it.
fn of_attempt(attempt: i64, found: Found<String>) -> Found<String> {
    Found { attempt: Some(attempt), ..found }
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
