//! The one way in which all remote jobs run: find, start once, wait, cancel, explain.
//!
//! Takes a [`RemoteJob`], the [`Run`] and a future that is ready when the task shall stop; gives outputs, or
//! says that the job goes on, or a failure. A job that is found running is adopted, whatever generation it
//! belongs to; one of this generation that has succeeded is adopted too, and so is whatever an earlier look
//! of this attempt has left running; one that is stopping is waited for. All this holds for jobs that do what
//! the task does now: one of the same task instance with other SQL or arguments, which a deploy has left
//! running, is cancelled or waited for, as the step says, and never counts as this task's. When the answer to
//! a start is lost, the job is looked for as long as the service's listing may lag, before it is started
//! again. Throttling only slows down.

use super::key::Key;
use super::log::Log;
use super::looks::{Looks, Span};
use super::outcome::{Ended, Failure, Outputs, Trouble};
use super::{Exit, RunContext};
use crate::aws::{AwsError, Kind, Pace};
use crate::spec::shared::OnKill;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant, SystemTime};

/// Something that a service runs.
pub(super) trait RemoteJob {
    /// What the service calls one run of it.
    type Handle: Clone + PartialEq + fmt::Display;

    /// What it is called in the log.
    const NOUN: &'static str;

    /// Finds the runs of this task instance, of all generations, the newest first.
    async fn find(&mut self, key: &Key) -> Result<Vec<Found<Self::Handle>>, Trouble>;

    /// Gets everything ready to be started; sends only what may be sent again.
    async fn prepare(&mut self, _attempt: &Attempt, _log: &Log<'_>) -> Result<Prepared, Trouble> {
        Ok(Prepared::Ready)
    }

    /// Starts a run; is sent once.
    async fn start(&mut self, attempt: &Attempt) -> Result<Self::Handle, Trouble>;

    /// Looks at a run; may take up to half a minute where the service answers when something changes.
    async fn poll(&mut self, handle: &Self::Handle) -> Result<Phase, Trouble>;

    /// Passes on what the run has logged; called after each look. Its errors are warnings.
    async fn follow(&mut self, _handle: &Self::Handle, _log: &Log<'_>) {}

    /// Asks the service to stop a run.
    async fn cancel(&mut self, handle: &Self::Handle) -> Result<(), AwsError>;

    /// Says in the log why a run failed. May find that the failure is of another kind than its state says.
    async fn explain(&mut self, _handle: &Self::Handle, failure: Failure, _log: &Log<'_>) -> Failure {
        failure
    }

    /// Returns what a run that succeeded gives, or finds that it has failed after all.
    async fn outputs(&mut self, handle: &Self::Handle, log: &Log<'_>) -> Result<Outputs, Trouble>;

    /// Returns a link to a run in the console.
    fn link(&self, handle: &Self::Handle) -> String;

    /// Says whether a run is this task's own, to be cancelled with it.
    fn is_own(&self, _handle: &Self::Handle) -> bool {
        true
    }

    /// Returns the intervals between two looks.
    fn pace(&self) -> Pace {
        Pace::growing(Duration::from_secs(1), Duration::from_secs(30))
    }

    /// Returns for how long a run that has been started may be unknown to the service.
    fn unseen(&self) -> Duration {
        Duration::from_mins(1)
    }

    /// Returns for how long a run that has been started may not be found.
    fn lag(&self) -> Duration;

    /// Says what a start does while a run of the same task instance goes on.
    async fn second_start(&mut self) -> SecondStart {
        SecondStart::Doubles
    }

    /// Returns for how long the service may take to start a run that has failed again by itself.
    async fn follows_within(&mut self) -> Duration {
        Duration::ZERO
    }
}

/// What a start does while a run of the same task instance goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum SecondStart {
    /// It starts another run.
    #[default]
    Doubles,
    /// It is refused.
    IsRefused,
    /// It is answered with the run that goes on, when both are of one generation.
    IsTheSame,
}

/// A run that was found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found<H> {
    pub handle: H,
    pub generation: i64,
    /// It does what the task does now.
    pub is_same: bool,
    pub phase: Phase,
    pub span: Span,
}

/// Where a run stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    /// It goes on; the state by the service's name.
    Running(String),
    /// It ends before long, without success.
    Stopping(String),
    Succeeded,
    Failed(Failure),
    /// A state that is not known.
    Unknown(String),
}

/// What is started.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// The key.
    pub key: Key,
    /// How many runs of this generation have failed before.
    pub number: usize,
}

impl Attempt {
    /// Returns a name for this start: the same when the same start is tried again, another when the run
    /// before has failed.
    pub(crate) fn token(&self) -> String {
        format!("{}-{}", self.key, self.number)
    }
}

/// What getting ready has led to.
pub(super) enum Prepared {
    Ready,
    /// There is nothing to start; these are the outputs.
    Nothing(Outputs),
}

/// Whose job it is and how it is run.
pub(super) struct Run<'a> {
    pub key: Key,
    pub context: &'a RunContext,
    pub on_kill: OnKill,
    /// The time that lies between two attempts.
    pub retry_delay: Duration,
    pub reach: Reach,
    pub looks: Looks,
    pub log: &'a Log<'a>,
}

/// Whether a service can be reached at all.
pub(super) struct Reach {
    /// It has answered once.
    pub answered: Cell<bool>,
    /// How long it may be silent before that.
    pub patience: Duration,
}

impl Default for Reach {
    fn default() -> Self {
        Self { answered: Cell::new(false), patience: UNREACHED }
    }
}

impl Reach {
    /// Says whether a service is taken for unreachable that has given no answer since `began`.
    pub(crate) fn gives_up(&self, error: &AwsError, began: Instant) -> bool {
        !self.answered.get() && error.code.is_none() && began.elapsed() >= self.patience
    }

    /// The region may be wrong, or the network may have no way to it.
    pub(crate) fn failure(&self, error: &AwsError) -> Failure {
        Failure::retry(format!(
            "{error}: there was no answer for {} s; is the region right, and does this worker's network have a way \
             to the service: a NAT gateway, a VPC endpoint, a proxy?",
            self.patience.as_secs()
        ))
    }
}

/// How often a start is tried whose answers are lost.
const LOST_STARTS: u32 = 3;

/// How long to look for a run before a second start is sent that tells whether there is one.
const SOON: Duration = Duration::from_secs(2);

/// How long a service that has not answered once may be unreachable before the task gives up.
const UNREACHED: Duration = Duration::from_mins(2);

/// How long looks may fail in a row before the task gives up; the job goes on.
const BLIND: Duration = Duration::from_mins(10);

/// After SIGTERM: how long the answer to a start that is under way is waited for, and when all is over.
/// Airflow 3 gives 5 seconds.
const ANSWER: Duration = Duration::from_millis(1_500);
const ENDED: Duration = Duration::from_secs(4);

/// Runs a job to its end, or to the end of the look, or until `stop` is ready or the task's time is over.
pub(super) async fn run<J: RemoteJob>(
    mut job: J,
    run: Run<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let state = State::default();
    let why = {
        let mut driving = pin!(drive(&mut job, &run, &state));
        let why = tokio::select! {
            biased;
            ended = &mut driving => return ended,
            () = stop => Why::Sigterm,
            () = run.looks.time_is_over() => Why::TimeIsOver(run.looks.limit()),
        };
        run.log.warning(format!("{why}: the task is to stop"));
        // The answer to a start that is under way says what to cancel.
        let _ = tokio::time::timeout(ANSWER, async {
            tokio::select! {
                _ = &mut driving => {}
                () = state.settled() => {}
            }
        })
        .await;
        why
    };
    Err(end(&mut job, &run, &state, why).await)
}

/// Why a task ends before its job does.
#[derive(Clone, Copy)]
enum Why {
    Sigterm,
    /// The task has taken as many seconds as it may.
    TimeIsOver(u64),
}

impl Why {
    fn failure(self, what: impl fmt::Display) -> Failure {
        match self {
            Self::Sigterm => Failure::cancelled(format!("stopped by SIGTERM; {what}")),
            Self::TimeIsOver(_) => Failure::retry(format!("{self}; {what}")),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sigterm => f.write_str("SIGTERM"),
            Self::TimeIsOver(seconds) => write!(f, "the task's time of {seconds} s is over"),
        }
    }
}

/// What the driver of a job has come to; outlives it.
struct State<H> {
    starting: Cell<bool>,
    handle: RefCell<Option<H>>,
}

impl<H> Default for State<H> {
    fn default() -> Self {
        Self { starting: Cell::new(false), handle: RefCell::new(None) }
    }
}

impl<H> State<H> {
    /// Is ready when no start is under way.
    async fn settled(&self) {
        while self.starting.get() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Ends what runs.
async fn end<J: RemoteJob>(job: &mut J, run: &Run<'_>, state: &State<J::Handle>, why: Why) -> Failure {
    let noun = J::NOUN;
    let left = ENDED.saturating_sub(ANSWER);
    let ending = async {
        let mut handle = state.handle.borrow_mut().take();
        if handle.is_none() && state.starting.get() {
            let found = match job.find(&run.key).await {
                Ok(found) => found,
                Err(trouble) => {
                    let trouble = Failure::from(trouble).message;
                    return why.failure(format_args!(
                        "a {noun} may have been started, and cannot be looked for: {trouble}"
                    ));
                }
            };
            let ours = |found: &Found<_>| found.is_same && is_going_on(&found.phase);
            handle = found.into_iter().find(ours).map(|found| found.handle);
            if handle.is_none() {
                return why.failure(format_args!("a {noun} was being started, and none is to be seen yet"));
            }
        }
        let Some(handle) = handle else {
            return why.failure(format_args!("no {noun} was started"));
        };
        match run.on_kill {
            OnKill::Leave => why.failure(format_args!("{noun} {handle} goes on, as `on_kill: leave` says")),
            OnKill::Cancel if !job.is_own(&handle) => {
                why.failure(format_args!("{noun} {handle} goes on, because it was not started by this task"))
            }
            OnKill::Cancel => match job.cancel(&handle).await {
                Ok(()) => why.failure(format_args!("{noun} {handle} was told to stop")),
                Err(error) => {
                    why.failure(format_args!("failed to stop {noun} {handle}, which may go on: {error}"))
                }
            },
        }
    };
    tokio::time::timeout(left, ending)
        .await
        .unwrap_or_else(|_| why.failure(format_args!("AWS did not answer in time: a {noun} may go on")))
}

async fn drive<J: RemoteJob>(job: &mut J, run: &Run<'_>, state: &State<J::Handle>) -> Result<Ended, Failure> {
    let (mut handle, is_adopted) = match acquire(job, run, state).await? {
        Acquired::Job { handle, is_adopted } => (handle, is_adopted),
        Acquired::Nothing(outputs) => return Ok(Ended::Done(common(outputs, run, false))),
    };
    loop {
        state.handle.replace(Some(handle.clone()));
        run.log.info(job.link(&handle));
        let failure = match wait(job, run, &handle).await {
            Ok(Waited::Succeeded) => break,
            Ok(Waited::GoesOn(name)) => {
                let next = run.looks.next().as_secs();
                run.log.info(format!("{} {handle} goes on: the next look is in {next} s", J::NOUN));
                let mut outputs = Outputs::new();
                outputs.insert("key".to_owned(), json!(run.key.to_string()));
                outputs.insert("state".to_owned(), json!(name));
                outputs.insert("next_look".to_owned(), json!(next));
                return Ok(Ended::GoesOn(identified(outputs, job, &handle)));
            }
            Err(failure) => failure,
        };
        state.handle.replace(None);
        // Services may retry by themselves, as Glue does for jobs with `MaxRetries`.
        let within =
            if failure.exit == Exit::Retry { job.follows_within().await } else { return Err(failure) };
        if !within.is_zero() {
            let seconds = within.as_secs();
            run.log.info(format!(
                "{failure}; looking whether it is started again by itself, {seconds} s at most"
            ));
        }
        let is_open = |next: &Next<J::Handle>| !matches!(next, Next::Adopt(other) if *other != handle);
        match settle(job, run, within, is_open).await {
            Ok(Next::Adopt(other)) if other != handle => {
                run.log.warning(format!("{failure}; going on with {} {other}, which followed", J::NOUN));
                handle = other;
            }
            _ => return Err(failure),
        }
    }
    let outputs = patiently(run, async |job: &mut J| job.outputs(&handle, run.log).await, job).await?;
    Ok(Ended::Done(identified(common(outputs, run, is_adopted), job, &handle)))
}

fn identified<J: RemoteJob>(mut outputs: Outputs, job: &J, handle: &J::Handle) -> Outputs {
    outputs.insert("handle".to_owned(), json!(handle.to_string()));
    outputs.insert("url".to_owned(), json!(job.link(handle)));
    outputs
}

fn common(mut outputs: Outputs, run: &Run<'_>, is_adopted: bool) -> Outputs {
    outputs.insert("key".to_owned(), json!(run.key.to_string()));
    outputs.insert("adopted".to_owned(), json!(is_adopted));
    outputs.insert("seconds".to_owned(), json!(seconds(run.looks.elapsed())));
    outputs
}

/// Returns seconds with one decimal.
pub(super) fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).round() / 10.0
}

enum Acquired<H> {
    Job { handle: H, is_adopted: bool },
    Nothing(Outputs),
}

/// Finds the job or starts it.
async fn acquire<J: RemoteJob>(
    job: &mut J,
    run: &Run<'_>,
    state: &State<J::Handle>,
) -> Result<Acquired<J::Handle>, Failure> {
    let noun = J::NOUN;
    let mut pace = job.pace();
    let mut lost = 0;
    // Until when a run may turn up that a start without an answer has begun.
    let mut in_doubt: Option<Instant> = None;
    let mut waits_for = Said::default();
    let mut cancelled = None;
    // An attempt that was killed, or a look before, may have started a run that is not visible yet.
    let expected = run.context.earlier_attempts() + usize::from(run.looks.is_later());
    let since = if run.looks.is_later() { run.looks.elapsed() } else { run.retry_delay };
    let is_open = |next: &Next<J::Handle>| matches!(next, Next::Start(before) if before.failed < expected);
    let mut next = settle(job, run, job.lag().saturating_sub(since), is_open).await?;
    // So may an attempt of before a person has cleared the task.
    let attempts = run.context.attempts_of_earlier_generations();
    let is_open = |next: &Next<J::Handle>| matches!(next, Next::Start(before) if before.all < attempts);
    if expected == 0 && is_open(&next) {
        match job.second_start().await {
            SecondStart::IsRefused => in_doubt = Some(Instant::now() + job.lag()),
            SecondStart::Doubles | SecondStart::IsTheSame => {
                next = settle(job, run, job.lag(), is_open).await?;
            }
        }
    }
    loop {
        let before = match next {
            Next::Adopt(handle) => {
                run.log.info(format!("found {noun} {handle}: going on with it"));
                return Ok(Acquired::Job { handle, is_adopted: true });
            }
            Next::Await(handle, name) => {
                waits_for.say(run.log, format!("{noun} {handle} is {name}: waiting until it has ended"));
                tokio::time::sleep(pace.wait()).await;
                next = look(job, run).await?;
                continue;
            }
            Next::Replace(handle, name) => {
                let what = format!(
                    "{noun} {handle}, which does what this task did before it was changed, is {name}"
                );
                if run.on_kill == OnKill::Cancel && job.is_own(&handle) && cancelled.as_ref() != Some(&handle)
                {
                    run.log.warning(format!("{what}: cancelling it, as `on_kill: cancel` says"));
                    match job.cancel(&handle).await {
                        Ok(()) => cancelled = Some(handle),
                        // It may have ended in the meantime.
                        Err(error) if error.kind == Kind::Invalid || error.kind.may_pass_later() => {
                            run.log.warning(error.to_string());
                        }
                        Err(error) => return Err(error.into()),
                    }
                } else {
                    waits_for.say(run.log, format!("{what}: waiting until it has ended"));
                }
                tokio::time::sleep(pace.wait()).await;
                next = look(job, run).await?;
                continue;
            }
            Next::Start(before) => before,
        };
        let is_open =
            |next: &Next<J::Handle>| matches!(next, Next::Start(other) if other.failed == before.failed);
        let attempt = Attempt { key: run.key.clone(), number: before.failed };
        let prepared = patiently(run, async |job: &mut J| job.prepare(&attempt, run.log).await, job).await?;
        if let Prepared::Nothing(outputs) = prepared {
            return Ok(Acquired::Nothing(outputs));
        }
        state.starting.set(true);
        let started = job.start(&attempt).await;
        if let Ok(handle) = &started {
            state.handle.replace(Some(handle.clone()));
            in_doubt = None;
        }
        // After an ambiguous answer the start counts as under way until the job has been looked for.
        let is_lost = matches!(&started, Err(Trouble::Aws(error)) if is_ambiguous(error.kind));
        if !is_lost && in_doubt.is_none() {
            state.starting.set(false);
        }
        let error = match started {
            Ok(handle) => {
                run.log.info(format!("started {noun} {handle}"));
                return Ok(Acquired::Job { handle, is_adopted: false });
            }
            Err(Trouble::Failed(failure)) => return Err(failure),
            Err(Trouble::Aws(error)) => error,
        };
        match error.kind {
            Kind::Throttled => {
                waits_for.say(run.log, format!("{error}: slowing down"));
                pace.slow_down();
                tokio::time::sleep(pace.wait()).await;
            }
            Kind::Busy => {
                // What is running may be what the start without an answer has begun.
                if let Some(until) = in_doubt.take() {
                    run.log.info(format!("{error}: a {noun} is running; looking whether it is this task's"));
                    let left = until.saturating_duration_since(Instant::now());
                    next = settle(job, run, left, is_open).await?;
                    state.starting.set(false);
                    continue;
                }
                waits_for.say(run.log, format!("{error}: nothing was started; waiting for a free slot"));
                tokio::time::sleep(pace.wait()).await;
            }
            Kind::Ambiguous | Kind::Conflict => {
                lost += 1;
                run.log.warning(format!("{error}: the {noun} may have been started; looking for it"));
                if lost == LOST_STARTS {
                    return Err(Failure::retry(format!(
                        "{error}: gave up after {lost} starts without an answer"
                    )));
                }
                let lag = job.lag();
                in_doubt = Some(Instant::now() + lag);
                let doubles = job.second_start().await == SecondStart::Doubles;
                let waits = doubles || error.kind == Kind::Conflict;
                next = settle(job, run, if waits { lag } else { SOON.min(lag) }, is_open).await?;
                if in_doubt.is_some_and(|until| until <= Instant::now()) {
                    in_doubt = None;
                    state.starting.set(false);
                }
                continue;
            }
            Kind::Unavailable | Kind::Credentials | Kind::NotFound | Kind::Denied | Kind::Invalid => {
                return Err(error.into());
            }
        }
        next = look(job, run).await?;
    }
}

/// Looks until something is decided, or the time is over; at least once.
async fn settle<J: RemoteJob>(
    job: &mut J,
    run: &Run<'_>,
    limit: Duration,
    is_open: impl Fn(&Next<J::Handle>) -> bool,
) -> Result<Next<J::Handle>, Failure> {
    let began = Instant::now();
    let mut pace = job.pace();
    loop {
        let next = look(job, run).await?;
        let left = limit.saturating_sub(began.elapsed());
        if left.is_zero() || !is_open(&next) {
            return Ok(next);
        }
        tokio::time::sleep(pace.wait().min(left)).await;
    }
}

/// Says whether a start that was answered so may have been done, now or by an attempt before: a token that
/// is refused because it was used for another request belongs to what that one has started.
fn is_ambiguous(kind: Kind) -> bool {
    matches!(kind, Kind::Ambiguous | Kind::Conflict)
}

/// What is done with what was found.
#[derive(Debug, PartialEq)]
enum Next<H> {
    /// Goes on with this run.
    Adopt(H),
    /// Waits until this run has ended; with its state.
    Await(H, String),
    /// Ends this run, or waits until it has ended: it is this task's and does something else than the task
    /// does now; with its state.
    Replace(H, String),
    /// Starts one.
    Start(Before),
}

/// The runs that there were before a start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Before {
    /// Those of this generation, which have failed.
    failed: usize,
    /// Those of all generations.
    all: usize,
}

fn decide<H: Clone>(found: &[Found<H>], generation: i64, first_look_ended: Option<SystemTime>) -> Next<H> {
    let (same, other): (Vec<_>, Vec<_>) = found.iter().partition(|found| found.is_same);
    if let Some(found) = same.iter().find(|found| matches!(found.phase, Phase::Running(_))) {
        return Next::Adopt(found.handle.clone());
    }
    for found in other {
        match &found.phase {
            Phase::Running(name) | Phase::Unknown(name) => {
                return Next::Replace(found.handle.clone(), name.clone());
            }
            Phase::Stopping(name) => return Next::Await(found.handle.clone(), name.clone()),
            Phase::Succeeded | Phase::Failed(_) => {}
        }
    }
    // A look ends only while the task's job is running: what was running then is that job, however it has
    // ended since, and whatever its generation is. So is what a later look has started.
    if let Some(at) = first_look_ended {
        let held = Span::nearest(&same, |found| found.span, at);
        if let Some(held) = held.or_else(|| same.iter().find(|found| found.span.is_after(at))) {
            return Next::Adopt(held.handle.clone());
        }
    }
    for found in &same {
        if let Phase::Stopping(name) = &found.phase {
            return Next::Await(found.handle.clone(), name.clone());
        }
    }
    // An unknown state is adopted so that it is reported by name.
    let own: Vec<_> = same.into_iter().filter(|found| found.generation == generation).collect();
    let ended = |found: &&&Found<H>| matches!(found.phase, Phase::Succeeded | Phase::Unknown(_));
    match own.iter().find(ended) {
        Some(found) => Next::Adopt(found.handle.clone()),
        None => Next::Start(Before { failed: own.len(), all: found.len() }),
    }
}

fn is_going_on(phase: &Phase) -> bool {
    matches!(phase, Phase::Running(_) | Phase::Unknown(_))
}

async fn look<J: RemoteJob>(job: &mut J, run: &Run<'_>) -> Result<Next<J::Handle>, Failure> {
    let found = patiently(run, async |job: &mut J| job.find(&run.key).await, job).await?;
    Ok(decide(&found, run.key.generation(), run.looks.first_ended()))
}

/// Repeats a call that may be repeated until it is answered, for as long as that may help.
async fn patiently<J, T>(
    run: &Run<'_>,
    call: impl AsyncFn(&mut J) -> Result<T, Trouble>,
    job: &mut J,
) -> Result<T, Failure> {
    let began = Instant::now();
    let mut pace = Pace::growing(Duration::from_secs(1), Duration::from_secs(20));
    loop {
        let error = match call(job).await {
            Ok(answer) => {
                run.reach.answered.set(true);
                return Ok(answer);
            }
            Err(Trouble::Failed(failure)) => return Err(failure),
            Err(Trouble::Aws(error)) => error,
        };
        match error.kind {
            Kind::Throttled => pace.slow_down(),
            Kind::Unavailable if run.reach.gives_up(&error, began) => return Err(run.reach.failure(&error)),
            Kind::Unavailable if began.elapsed() < BLIND => {}
            _ => return Err(error.into()),
        }
        run.log.warning(format!("{error}: trying again"));
        tokio::time::sleep(pace.wait()).await;
    }
}

/// What waiting for a run has led to.
enum Waited {
    Succeeded,
    /// The look ends while the run is in this state.
    GoesOn(String),
}

/// Waits until a run has succeeded, or the look ends.
async fn wait<J: RemoteJob>(job: &mut J, run: &Run<'_>, handle: &J::Handle) -> Result<Waited, Failure> {
    let noun = J::NOUN;
    let began = Instant::now();
    let mut pace = job.pace();
    let mut blind_since: Option<Instant> = None;
    let mut is_in = Said::default();
    loop {
        let polled = job.poll(handle).await;
        if polled.is_ok() {
            blind_since = None;
            // No look knows how far the one before it has read: what the job says after the first look is
            // passed on by the last.
            if !run.looks.is_later() || run.looks.is_last() || !matches!(polled, Ok(Phase::Running(_))) {
                job.follow(handle, run.log).await;
            }
        }
        let mut goes_on = None;
        match polled {
            Ok(Phase::Running(name) | Phase::Stopping(name)) => {
                is_in.say(run.log, format!("{noun} {handle} is {name}"));
                goes_on = Some(name);
            }
            Ok(Phase::Succeeded) => {
                let seconds = seconds(run.looks.elapsed());
                run.log.info(format!("{noun} {handle} has succeeded after {seconds} s"));
                return Ok(Waited::Succeeded);
            }
            Ok(Phase::Failed(failure)) => return Err(job.explain(handle, failure, run.log).await),
            Ok(Phase::Unknown(name)) => {
                return Err(Failure::for_good(format!(
                    "{noun} {handle} is in the state `{name}`, which this dagc does not know: it counts as failed"
                )));
            }
            Err(Trouble::Failed(failure)) => return Err(failure),
            Err(Trouble::Aws(error)) => match error.kind {
                Kind::Throttled => pace.slow_down(),
                Kind::NotFound if began.elapsed() < job.unseen() => {}
                kind if kind.may_pass_later() => {
                    let since = *blind_since.get_or_insert_with(Instant::now);
                    if since.elapsed() > BLIND {
                        return Err(Failure {
                            exit: Exit::Retry,
                            message: format!("{error}: lost sight of {noun} {handle}, which goes on"),
                        });
                    }
                    run.log.warning(format!("{error}: looking again"));
                }
                _ => return Err(error.into()),
            },
        }
        let pause = pace.wait();
        match goes_on {
            Some(name) if run.looks.end_before(pause) => return Ok(Waited::GoesOn(name)),
            _ => tokio::time::sleep(pause).await,
        }
    }
}

/// Says a thing once until it changes.
#[derive(Default)]
struct Said(String);

impl Said {
    fn say(&mut self, log: &Log<'_>, line: String) {
        if self.0 != line {
            log.info(&line);
            self.0 = line;
        }
    }
}

#[cfg(test)]
#[path = "runner_tests.rs"]
mod tests;
