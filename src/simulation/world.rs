//! The service as it really is, which nobody sees at once: runs, slots, tokens, and the calls that reach it.

use super::script::{Act, At, Event, Fate, Mishap, Point, Script};
use crate::aws::{AwsError, Kind};
use crate::exec::time::simulated as clock;
use crate::service::call::{Effect, Operation};
use fastrand::Rng;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::pending;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

/// When histories begin, by the service's clock.
const EPOCH: Duration = Duration::from_hours(500_000);

/// How long a run takes whose fate says nothing.
const USUAL: Duration = Duration::from_secs(20);

/// How long a run is in the state of stopping.
const STOPPING: Duration = Duration::from_secs(8);

/// How long after a failure the service starts a run again.
const RESTART: Duration = Duration::from_secs(70);

/// How long a run's slot is taken after its end.
pub(super) const SLOT_FREED: Duration = Duration::from_secs(6);

/// A history in which more runs are started does not end.
const MOST_RUNS: usize = 200;

/// After how long without an answer a call is given up.
const GIVEN_UP: Duration = Duration::from_mins(1);

/// Returns a moment as a clock shows it that is so many seconds ahead of the service's.
pub(super) fn shown(moment: Duration, ahead: i64) -> SystemTime {
    let at = SystemTime::UNIX_EPOCH + EPOCH + moment;
    let skew = Duration::from_secs(ahead.unsigned_abs());
    if ahead < 0 { at - skew } else { at + skew }
}

/// What a run is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RunId(pub usize);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run{}", self.0)
    }
}

impl crate::exec::runner::Handle for RunId {}

/// Whose a run is and what it does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    /// The key in words; a stranger's has another instance.
    pub key: String,
    pub generation: i64,
    /// Which of the versions of the task it is.
    pub content: u8,
    pub place: u8,
    pub attempt: i64,
    /// The process that has started it.
    pub process: usize,
}

/// A run.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub mark: Option<Mark>,
    /// When it was asked for: it is listed after so long at most as the listing lags.
    pub sent: Duration,
    pub started: Duration,
    /// When it ends by itself.
    pub end: Duration,
    pub outcome: Outcome,
    pub told_to_stop: Option<Duration>,
    /// How often the service starts it again by itself when it fails.
    pub restarts: u32,
    pub was_restarted: bool,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Succeeds,
    Fails,
    FailsForGood,
    Dreams,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Running,
    Stopping,
    Dreaming,
    Succeeded,
    Failed,
    FailedForGood,
    Stopped,
}

impl Run {
    /// When nothing of it goes on any more.
    pub(super) fn ended(&self) -> Duration {
        match self.told_to_stop {
            Some(told) if told < self.end => self.end.min(told + STOPPING),
            _ => self.end,
        }
    }

    /// Where it is at a moment after its start.
    pub(super) fn truth(&self, at: Duration) -> Truth {
        let told = self.told_to_stop.filter(|told| *told < self.end);
        match self.outcome {
            _ if told.is_some() && at >= self.ended() => Truth::Stopped,
            _ if told.is_some_and(|told| at >= told) => Truth::Stopping,
            Outcome::Dreams if at >= self.started + Duration::from_secs(2) && at < self.end => {
                Truth::Dreaming
            }
            _ if at < self.end => Truth::Running,
            Outcome::Succeeds | Outcome::Dreams => Truth::Succeeded,
            Outcome::Fails => Truth::Failed,
            Outcome::FailsForGood => Truth::FailedForGood,
        }
    }

    pub(super) fn has_succeeded(&self, at: Duration) -> bool {
        self.truth(at) == Truth::Succeeded
    }
}

/// How the service refuses a call: what that means, and its code.
pub(super) struct Refusal(pub Kind, pub &'static str);

/// What reaches a process from outside.
#[derive(Default)]
pub(super) struct Signals {
    pub term: Cell<bool>,
    pub kill: Cell<bool>,
    /// The run of which it has asked how it stands.
    pub run: Cell<Option<RunId>>,
    /// It has named a run as its own: it is past the start.
    pub has_run: Cell<bool>,
    /// The crawl that it has seen to be over.
    pub seen_over: Cell<Option<RunId>>,
    /// Something has gone wrong with a call since SIGTERM.
    pub met_mishap: Cell<bool>,
}

/// A process of the worker, as the service and the promises know it.
pub(super) struct Who {
    pub number: usize,
    pub mark: Mark,
    /// No process of its generation came before.
    pub is_first: bool,
    pub began: Duration,
    pub signals: Rc<Signals>,
}

/// The service, and what a history has come to.
pub(super) struct World {
    pub script: Script,
    pub runs: RefCell<Vec<Run>>,
    /// Tokens: what was started with which content of the request, and when.
    pub tokens: RefCell<Vec<(String, u32, RunId, Duration)>>,
    /// The files that a load would take, by their number.
    pub files: Cell<u32>,
    calls: Cell<u32>,
    /// How many starts were sent.
    pub starts: Cell<u32>,
    /// Calls up to this one cannot be sent.
    unreachable: Cell<u32>,
    rng: RefCell<Rng>,
    /// What is to be done in Airflow.
    pub acts: RefCell<Vec<Act>>,
    pub violation: RefCell<Option<String>>,
    trace: Option<RefCell<String>>,
    /// What was sent, and when, where somebody asks.
    pub sent: Option<RefCell<Vec<(Duration, Operation)>>>,
}

impl World {
    pub(super) fn new(script: Script, is_traced: bool) -> Self {
        let rng = RefCell::new(Rng::with_seed(script.seed ^ 0x5eed));
        Self {
            script,
            runs: RefCell::default(),
            tokens: RefCell::default(),
            files: Cell::new(0),
            calls: Cell::new(0),
            starts: Cell::new(0),
            sent: is_traced.then(RefCell::default),
            unreachable: Cell::new(0),
            rng,
            acts: RefCell::default(),
            violation: RefCell::default(),
            trace: is_traced.then(RefCell::default),
        }
    }

    /// Says what happens, where somebody reads it.
    pub(super) fn say(&self, what: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            let line = format!("{:>10.3} s  {}\n", clock::now().as_secs_f64(), what());
            trace.borrow_mut().push_str(&line);
        }
    }

    /// Says that a promise is broken; the first time counts.
    pub(super) fn violated(&self, what: String) {
        self.say(|| format!("BROKEN: {what}"));
        self.violation.borrow_mut().get_or_insert(what);
    }

    /// What was said.
    pub(super) fn told(&self) -> String {
        self.trace.as_ref().map(|trace| trace.borrow().clone()).unwrap_or_default()
    }

    /// A time up to so long.
    pub(super) fn some(&self, most: Duration) -> Duration {
        most.mul_f64(self.rng.borrow_mut().f64())
    }

    /// Begins a run.
    pub(super) fn begin(&self, mark: Option<Mark>, sent: Duration, restarts: u32) -> RunId {
        let mut runs = self.runs.borrow_mut();
        let (id, started) = (runs.len(), clock::now());
        let (mut takes, mut outcome) = (USUAL, Outcome::Succeeds);
        for event in &self.script.events {
            match event {
                Event::Fate(run, fate) if *run == id => match fate {
                    Fate::Fails(seconds) => {
                        outcome = Outcome::Fails;
                        takes = Duration::from_secs(*seconds);
                    }
                    Fate::FailsForGood => outcome = Outcome::FailsForGood,
                    Fate::Dreams => outcome = Outcome::Dreams,
                    Fate::Takes(seconds) => takes = Duration::from_secs(*seconds),
                },
                Event::Fate(..) | Event::Mishap(..) | Event::Act(..) => {}
            }
        }
        let end = started + takes;
        if id == MOST_RUNS {
            self.violated(format!("{id} runs are started, and there is no end"));
        }
        let told_to_stop = None;
        runs.push(Run { mark, sent, started, end, outcome, told_to_stop, restarts, was_restarted: false });
        RunId(id)
    }

    /// Begins what the service has started again by itself up to now, a while after a failure.
    pub(super) fn restart(&self) {
        if self.script.conditions.restarts == 0 {
            return;
        }
        let now = clock::now();
        let due = |run: &Run| {
            let again = run.ended() + RESTART;
            (run.restarts > 0 && !run.was_restarted && run.truth(now) == Truth::Failed && again <= now)
                .then_some(again)
        };
        let found = self.runs.borrow().iter().enumerate().find_map(|(id, run)| due(run).map(|at| (id, at)));
        let Some((id, again)) = found else { return };
        let (mark, restart) = {
            let run = &mut self.runs.borrow_mut()[id];
            run.was_restarted = true;
            (run.mark.clone(), run.restarts - 1)
        };
        let id = self.begin(mark, again, restart);
        let run = &mut self.runs.borrow_mut()[id.0];
        run.end -= now.saturating_sub(again);
        run.started = again;
        self.say(|| format!("  {id} was started by the service itself at {:.3} s", again.as_secs_f64()));
    }

    /// Sends a call: it takes its time, meets what the script says, and has its effect or not.
    pub(super) async fn call<T>(
        &self,
        operation: Operation,
        signals: &Rc<Signals>,
        effect: impl FnOnce() -> Result<T, Refusal>,
    ) -> Result<T, AwsError> {
        self.restart();
        let number = self.calls.get();
        self.calls.set(number + 1);
        let mishap = self.meets(number);
        if let Some(sent) = &self.sent {
            sent.borrow_mut().push((clock::now(), operation));
        }
        self.say(|| match mishap {
            Some(mishap) => format!("  call {number}: {}: {mishap:?}", operation.name),
            None => format!("  call {number}: {}", operation.name),
        });
        if mishap.is_some() && signals.term.get() {
            signals.met_mishap.set(true);
        }
        let (there, back) = self.ways(mishap);
        strikes(mishap, Point::Before, signals).await;
        clock::sleep(there).await;
        match mishap {
            Some(Mishap::LostBefore | Mishap::Unreachable(_)) => return Err(lost(operation)),
            Some(Mishap::Failed(Point::Before)) => return Err(failed(operation)),
            Some(Mishap::Throttled) => {
                return Err(error(operation, Kind::Throttled, "ThrottlingException"));
            }
            Some(Mishap::NoCredentials) => {
                return Err(error(operation, Kind::Credentials, "ExpiredTokenException"));
            }
            _ => {}
        }
        let answer = effect();
        strikes(mishap, Point::After, signals).await;
        clock::sleep(back).await;
        match mishap {
            Some(Mishap::LostAfter | Mishap::TimedOut) => return Err(lost(operation)),
            Some(Mishap::Failed(Point::After)) => return Err(failed(operation)),
            _ => {}
        }
        answer.map_err(|Refusal(kind, code)| error(operation, kind, code))
    }

    /// What happens to a call, and what happens elsewhere at the time.
    fn meets(&self, number: u32) -> Option<Mishap> {
        let mut met = None;
        for event in &self.script.events {
            match event {
                Event::Mishap(call, mishap) if *call == number => {
                    if let Mishap::Unreachable(more) = mishap {
                        self.unreachable.set(number + more + 1);
                    }
                    met = Some(*mishap);
                }
                Event::Act(At::Call(call), act) if *call == number => self.acts.borrow_mut().push(*act),
                Event::Mishap(..) | Event::Act(..) | Event::Fate(..) => {}
            }
        }
        if number < self.unreachable.get() { Some(Mishap::Unreachable(0)) } else { met }
    }

    fn ways(&self, mishap: Option<Mishap>) -> (Duration, Duration) {
        let way = Duration::from_millis(self.rng.borrow_mut().u64(10..60));
        match mishap {
            Some(Mishap::Slow(seconds)) if self.rng.borrow_mut().bool() => {
                (Duration::from_secs(seconds), way)
            }
            Some(Mishap::Slow(seconds)) => (way, Duration::from_secs(seconds)),
            Some(Mishap::TimedOut) => (way, GIVEN_UP),
            Some(Mishap::LostBefore | Mishap::LostAfter | Mishap::Unreachable(_)) => {
                (way, self.some(Duration::from_secs(5)))
            }
            _ => (way, way),
        }
    }
}

async fn strikes(mishap: Option<Mishap>, now: Point, signals: &Rc<Signals>) {
    match mishap {
        Some(Mishap::Kill(point)) if point == now => {
            signals.kill.set(true);
            pending::<()>().await;
        }
        Some(Mishap::Term(point)) if point == now => signals.term.set(true),
        _ => {}
    }
}

fn lost(operation: Operation) -> AwsError {
    AwsError { code: None, ..failed(operation) }
}

fn failed(operation: Operation) -> AwsError {
    let kind = match operation.effect {
        Effect::Starts => Kind::Ambiguous,
        Effect::Repeatable => Kind::Unavailable,
    };
    error(operation, kind, "InternalFailure")
}

fn error(operation: Operation, kind: Kind, code: &str) -> AwsError {
    AwsError {
        operation,
        kind,
        code: Some(code.to_owned()),
        message: "as the script says".to_owned(),
        request_id: None,
        bucket_region: None,
    }
}
