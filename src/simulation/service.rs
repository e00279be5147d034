//! A service whose runs carry a mark: what the runner is told of it.
//!
//! How long its listing lags, what comes of a second start and how often to look are asked of the job that the
//! worker uses, so that they cannot differ.

use super::calls::Calls;
use super::traits::Traits;
use super::world::{Mark, Refusal, Run, RunId, SLOT_FREED, Signals, Truth, World, shown};
use crate::aws::{AwsError, Kind, Pace};
use crate::exec::RunContext;
use crate::exec::key::Key;
use crate::exec::log::Log;
use crate::exec::looks::Span;
use crate::exec::outcome::{Failure, Outputs, Trouble};
use crate::exec::runner::{Attempt, Cancelled, Found, Phase, Prepared, RemoteJob, SecondStart};
use crate::exec::time::simulated as clock;
use crate::service::call::{Effect, Operation};
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

/// How late a look at a run itself may tell how it stands.
pub(super) const STALE: Duration = Duration::from_secs(5);

/// How often a statement is repeated that may be run again, and after how long.
const REPEATED: u32 = 3;
const REPEATED_AFTER: Duration = Duration::from_secs(2);

/// A service, by what tells it from others.
pub(super) trait Service: 'static {
    /// The job that the worker uses.
    type Real: RemoteJob;

    /// The job that is played.
    type Job: RemoteJob + 'static;

    /// Makes one that the worker uses; it is asked for what it knows, and sends nothing.
    fn real() -> Self::Real;

    /// Makes one that is played.
    fn job(making: Making) -> Self::Job;

    const CALLS: Calls;

    /// A run tells which attempt has started it.
    const TELLS_ATTEMPT: bool;

    /// For how long a start with the same token is answered with the first one's run.
    const TOKEN_LIFE: Option<Duration> = None;

    /// For how long an answer to a look is held back while nothing changes.
    const LONG_POLL: Duration = Duration::ZERO;

    /// How long after a failure a run is listed that the service has started again by itself, where it does.
    const RESTARTS: Option<fn(Duration) -> Duration> = None;

    /// There are so many runs at once as the conditions say, and no more.
    const HAS_SLOTS: bool = false;

    /// A run that has ended is told apart from one that cannot be stopped.
    const TELLS_ENDED: bool;

    /// Runs carry the key. Of others only one goes on at a time.
    const IS_MARKED: bool = true;
}

/// What a job is made of for one process.
pub(super) struct Making {
    pub world: Rc<World>,
    pub traits: Traits,
    pub signals: Rc<Signals>,
    /// What a run of this process says of itself; its key is filled in.
    pub mark: Mark,
    /// A look is answered at once.
    pub is_impatient: bool,
    pub context: RunContext,
    /// When the first process of the generation began.
    pub generation_began: Duration,
}

/// A job of a simulated service.
pub(super) struct Model<S> {
    world: Rc<World>,
    traits: Traits,
    signals: Rc<Signals>,
    calls: Calls,
    /// What a run of this process says of itself; its key is filled in.
    mark: Mark,
    /// A look is answered at once.
    is_impatient: bool,
    /// The files of a load that was made ready, with its token.
    prepared: Option<(String, u32)>,
    service: PhantomData<S>,
}

impl<S: Service> Model<S> {
    pub(super) fn new(making: Making) -> Self {
        let Making { world, traits, signals, mark, is_impatient, .. } = making;
        let calls = world.script.calls.unwrap_or(S::CALLS);
        Self { world, traits, signals, calls, mark, is_impatient, prepared: None, service: PhantomData }
    }

    /// How far back a listing is.
    fn staleness(&self) -> Duration {
        self.world.some(self.traits.lag * self.world.script.conditions.lag / 100)
    }

    fn found(&self, key: &Key) -> Vec<Found<RunId>> {
        let (now, staleness) = (clock::now(), self.staleness());
        let runs = self.world.runs.borrow();
        let mut found = Vec::new();
        for (id, run) in runs.iter().enumerate().rev() {
            let Some(mark) = run.mark.as_ref().filter(|mark| mark.place == self.mark.place) else { continue };
            let is_listed = run.sent + staleness <= now && run.started <= now;
            let Some(kinship) = key.kin(&mark.key).filter(|_| is_listed) else { continue };
            let at = now.saturating_sub(staleness).max(run.started);
            let ended = (run.ended() <= at).then(|| shown(run.ended(), 0));
            let span = Span { started: Some(shown(run.started, 0)), ended };
            let phase = if self.is_restarted(run, at) {
                Phase::Stopping("about to be started again".to_owned())
            } else {
                phase(run, at)
            };
            found.push(Found {
                handle: RunId(id),
                generation: kinship.generation,
                is_same: kinship.content == key.content(),
                attempt: S::TELLS_ATTEMPT.then_some(mark.attempt),
                phase,
                span,
            });
        }
        drop(runs);
        crate::service::glue_job::run::no_longer_awaited(&mut found);
        found
    }

    /// Sends a call beside the job's own, which may be repeated, and is where it is known not to be by its caller;
    /// gives the files that there are.
    async fn beside(&self, operation: Operation) -> Result<u32, AwsError> {
        for _ in 0..REPEATED {
            match self.world.call(operation, &self.signals, || Ok(self.world.files.get())).await {
                Err(error) if operation.effect == Effect::Starts && is_passing(error.kind) => {
                    clock::sleep(REPEATED_AFTER).await;
                }
                answer => return answer,
            }
        }
        self.world.call(operation, &self.signals, || Ok(self.world.files.get())).await
    }

    /// Says whether the service is about to start a run again.
    fn is_restarted(&self, run: &Run, at: Duration) -> bool {
        let within = self.restarted_within();
        run.truth(at) == Truth::Failed && run.restarts > 0 && clock::now() < run.ended() + within
    }

    fn restarted_within(&self) -> Duration {
        S::RESTARTS.map_or(Duration::ZERO, |within| within(self.traits.lag))
    }

    fn start(&self, attempt: &Attempt, sent: Duration) -> Result<RunId, Refusal> {
        let now = clock::now();
        let payload = self.prepared.as_ref().map_or(0, |(_, files)| *files);
        if let Some(life) = S::TOKEN_LIFE {
            let token = attempt.token();
            let tokens = self.world.tokens.borrow();
            let known = tokens.iter().rev().find(|known| known.0 == token && now < known.3 + life);
            match known {
                Some((_, known, run, _)) if *known == payload => return Ok(*run),
                Some(_) => {
                    return Err(Refusal(Kind::Conflict, "ValidationException"));
                }
                None => {}
            }
        }
        if S::HAS_SLOTS {
            let runs = self.world.runs.borrow();
            let taken = runs.iter().filter(|run| run.started <= now && now < run.ended() + SLOT_FREED);
            if taken.count() >= self.world.script.conditions.slots {
                return Err(Refusal(Kind::Busy, "ConcurrentRunsExceededException"));
            }
        }
        let mark = Mark { key: attempt.key.to_string(), attempt: attempt.of_task, ..self.mark.clone() };
        let restarts = if S::RESTARTS.is_some() { self.world.script.conditions.restarts } else { 0 };
        let run = self.world.begin(Some(mark), sent, restarts);
        if S::TOKEN_LIFE.is_some() {
            self.world.tokens.borrow_mut().push((attempt.token(), payload, run, now));
        }
        self.world.say(|| format!("  {run} is started with the key {}", attempt.key));
        Ok(run)
    }
}

fn is_passing(kind: Kind) -> bool {
    matches!(kind, Kind::Throttled | Kind::Ambiguous | Kind::Unavailable)
}

fn phase(run: &Run, at: Duration) -> Phase {
    match run.truth(at) {
        Truth::Running => Phase::Running("RUNNING".to_owned()),
        Truth::Stopping => Phase::Stopping("STOPPING".to_owned()),
        Truth::Dreaming => Phase::Unknown("DREAMING".to_owned()),
        Truth::Succeeded => Phase::Succeeded,
        Truth::Failed => Phase::Failed(Failure::retry("failed")),
        Truth::Stopped => Phase::Failed(Failure::retry("stopped")),
        Truth::FailedForGood => Phase::Failed(Failure::for_good("failed for good")),
    }
}

impl<S: Service> RemoteJob for Model<S> {
    type Handle = RunId;

    const NOUN: &'static str = S::Real::NOUN;

    async fn find(&mut self, key: &Key) -> Result<Vec<Found<RunId>>, Trouble> {
        let effect = || Ok(self.found(key));
        let found = self.world.call(self.calls.find, &self.signals, effect).await?;
        self.world.say(|| {
            let seen = found.iter().map(|found| format!("{} {:?}", found.handle, found.phase));
            format!("  found: [{}]", seen.collect::<Vec<_>>().join(", "))
        });
        Ok(found)
    }

    async fn prepare(&mut self, attempt: &Attempt, _log: &Log<'_>) -> Result<Prepared, Trouble> {
        let token = attempt.token();
        if self.prepared.as_ref().is_none_or(|prepared| prepared.0 != token) {
            let mut files = None;
            for operation in self.calls.prepare {
                let there = self.beside(*operation).await?;
                files.get_or_insert(there);
            }
            self.prepared = files.map(|files| (token, files));
        }
        Ok(Prepared::Ready)
    }

    async fn start(&mut self, attempt: &Attempt) -> Result<RunId, Trouble> {
        let sent = clock::now();
        self.world.starts.update(|starts| starts + 1);
        Ok(self.world.call(self.calls.start, &self.signals, || Self::start(self, attempt, sent)).await?)
    }

    async fn poll(&mut self, handle: &RunId) -> Result<Phase, Trouble> {
        if !self.is_impatient && !S::LONG_POLL.is_zero() {
            let end = self.world.runs.borrow()[handle.0].ended();
            clock::until(end.min(clock::now() + S::LONG_POLL)).await;
        }
        self.look(handle).await
    }

    async fn look(&mut self, handle: &RunId) -> Result<Phase, Trouble> {
        self.signals.run.set(Some(*handle));
        let world = &self.world;
        let late = world.some(if world.script.conditions.stale { STALE } else { Duration::ZERO });
        let effect = || {
            let run = &world.runs.borrow()[handle.0];
            let at = clock::now().saturating_sub(late);
            if at < run.started {
                return Err(Refusal(Kind::NotFound, "EntityNotFoundException"));
            }
            Ok(phase(run, at))
        };
        let phase = world.call(self.calls.look, &self.signals, effect).await?;
        world.say(|| format!("  {handle} is {phase:?}"));
        Ok(phase)
    }

    async fn follow(&mut self, _handle: &RunId, _log: &Log<'_>) {
        for operation in self.calls.follow {
            let _ = self.world.call(*operation, &self.signals, || Ok(())).await;
        }
    }

    async fn cancel(&mut self, handle: &RunId) -> Result<Cancelled, AwsError> {
        let effect = || {
            let now = clock::now();
            let run = &mut self.world.runs.borrow_mut()[handle.0];
            if now >= run.ended() {
                let refused = Refusal(Kind::Invalid, "InvalidInputException");
                return if S::TELLS_ENDED { Ok(Cancelled::HadEnded) } else { Err(refused) };
            }
            run.told_to_stop.get_or_insert(now);
            Ok(Cancelled::WasTold)
        };
        self.world.call(self.calls.cancel, &self.signals, effect).await
    }

    async fn outputs(&mut self, _handle: &RunId, _log: &Log<'_>) -> Result<Outputs, Trouble> {
        for operation in self.calls.outputs {
            self.beside(*operation).await?;
        }
        Ok(Outputs::new())
    }

    fn link(&self, handle: &RunId) -> String {
        self.signals.has_run.set(true);
        format!("https://console/{handle}")
    }

    fn place(&self) -> String {
        "https://console/runs".to_owned()
    }

    fn pace(&self) -> Pace {
        self.traits.pace.clone()
    }

    fn unseen(&self) -> Duration {
        self.traits.unseen
    }

    fn lag(&self) -> Duration {
        self.traits.lag
    }

    fn second_start(&self) -> SecondStart {
        self.traits.second_start
    }

    async fn follows_within(&mut self) -> Duration {
        let may = |run: RunId| self.world.runs.borrow()[run.0].restarts > 0;
        if self.signals.run.get().is_some_and(may) { self.restarted_within() } else { Duration::ZERO }
    }
}
