//! One history: Airflow, its processes and the service, from the first attempt until nothing happens any more.

use super::airflow::{Airflow, SLOWNESS, State};
use super::crawler::{self, Crawls};
use super::process::{End, Process};
use super::promises;
use super::script::{Act, At, Event, Script, Service as Name};
use super::service::{Making, Service};
use super::services::{Glue, Load, Statement};
use super::traits::{Traits, traits};
use super::world::{Mark, Signals, Who, World, shown};
use crate::exec::key::{Identity, Key, content};
use crate::exec::log::{Level, Log};
use crate::exec::looks::{Clock, Looks};
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::runner::{Reach, Run, run};
use crate::exec::time::simulated as clock;
use crate::exec::{Exit, RunContext};
use crate::plan::PlanFile;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A history that takes more steps than this does not end.
const MOST_STEPS: u32 = 200_000;

/// What a history has come to.
pub(super) struct Played {
    /// The promise that was broken.
    pub broken: Option<String>,
    /// What happened, where it was asked for.
    pub told: String,
    pub processes: usize,
    pub runs: usize,
    /// The service as it was left.
    pub world: Rc<World>,
    /// How the processes have ended, one after the other.
    pub ends: Vec<End>,
}

/// Plays a history.
pub(super) fn play(script: &Script, is_traced: bool) -> Played {
    clock::set(Some(Duration::ZERO));
    let played = match script.service {
        Name::Glue => History::<Glue>::new(script, is_traced).play(),
        Name::Statement => History::<Statement>::new(script, is_traced).play(),
        Name::Load => History::<Load>::new(script, is_traced).play(),
        Name::Crawler => History::<Crawls>::new(script, is_traced).play(),
    };
    clock::set(None);
    played
}

struct History<S> {
    world: Rc<World>,
    airflow: Airflow,
    processes: Vec<Process>,
    ends: Vec<End>,
    /// The process that Airflow takes for that of the task.
    current: Option<usize>,
    /// What is to be done at its time.
    planned: Vec<(Duration, Act)>,
    traits: Traits,
    plan: PlanFile,
    service: PhantomData<S>,
}

impl<S: Service> History<S> {
    fn new(script: &Script, is_traced: bool) -> Self {
        let mut planned = Vec::new();
        for event in &script.events {
            if let Event::Act(At::Second(second), act) = event {
                planned.push((Duration::from_secs(*second), *act));
            }
        }
        Self {
            airflow: Airflow::new(script),
            processes: Vec::new(),
            ends: Vec::new(),
            current: None,
            planned,
            traits: traits(script.service, || Traits::of(&S::real())),
            plan: PlanFile {
                version: 0,
                project: "project".to_owned(),
                dag_id: "dag".to_owned(),
                environment: "dev".to_owned(),
                region: None,
                time_zone: None,
                tasks: BTreeMap::new(),
            },
            world: Rc::new(World::new(script.clone(), is_traced)),
            service: PhantomData,
        }
    }

    fn play(mut self) -> Played {
        fastrand::seed(self.world.script.seed);
        for step in 0.. {
            if self.world.violation.borrow().is_some() || !self.step() {
                break;
            }
            if step == MOST_STEPS {
                self.world.violated("the history does not end".to_owned());
            }
        }
        self.world.restart();
        if self.world.violation.borrow().is_none() {
            if S::IS_MARKED {
                promises::at_most_once(&self.world, &self.traits, &self.airflow);
            } else {
                crawler::promises::at_most_once(&self.world);
            }
        }
        let (broken, runs) = (self.world.violation.borrow().clone(), self.world.runs.borrow().len());
        Played {
            broken,
            told: self.world.told(),
            processes: self.processes.len(),
            runs,
            ends: self.ends,
            world: self.world,
        }
    }

    /// Goes on to the next moment at which something happens. Says whether there was one.
    fn step(&mut self) -> bool {
        let process = self.processes.iter().map(Process::next).enumerate().min_by_key(|next| next.1);
        let (process, at_process) = process.unwrap_or((0, Duration::MAX));
        let planned = self.planned.iter().enumerate().min_by_key(|planned| planned.1.0);
        let (act, at_act) = planned.map_or((0, Duration::MAX), |(n, planned)| (n, planned.0));
        let at_start = match self.airflow.state {
            State::Due(at) => at,
            State::Running | State::Succeeded | State::Failed => Duration::MAX,
        };
        let now = at_process.min(at_act).min(at_start);
        if now == Duration::MAX {
            return false;
        }
        clock::set(Some(now.max(clock::now())));
        if at_act <= now {
            let act = self.planned.swap_remove(act).1;
            self.act(act);
        } else if at_start <= now {
            self.start();
        } else {
            self.wake(process);
        }
        true
    }

    /// Airflow starts a process of the task.
    fn start(&mut self) {
        let now = clock::now();
        self.airflow.begin(now);
        let task = self.world.script.task;
        let [airflow_ahead, worker_ahead] = self.world.script.conditions.skew;
        let context = self.airflow.context(&task, airflow_ahead);
        let number = self.processes.len();
        let does = if self.airflow.content == 0 { "this" } else { "that" };
        let target = if self.airflow.place == 0 { "here" } else { "there" };
        let identity =
            Identity { kind: "simulated", target: vec![target.to_owned()], content: content([does]) };
        let key = Key::new(&self.plan, &context, identity);
        let mark = Mark {
            key: String::new(),
            generation: self.airflow.generation(),
            content: self.airflow.content,
            place: self.airflow.place,
            attempt: context.try_number,
            process: number,
        };
        let first_ended = self.airflow.first_look_ended().map(|at| shown(at, airflow_ahead));
        let looks = Looks::new(task.reschedule, task.timeout, first_ended, shown(now, worker_ahead));
        self.world.say(|| {
            let look = if first_ended.is_some() { ", a later look" } else { "" };
            let RunContext { try_number, mark, generation, .. } = context;
            format!(
                "process {number} starts: attempt {try_number}{look}, mark {mark}, {generation} attempts before it was \
                 cleared, version {does}, {target}"
            )
        });
        let signals = Rc::new(Signals::default());
        let is_first = !context.is_retry() && first_ended.is_none();
        let who = Who { number, mark: mark.clone(), is_first, began: now, signals: Rc::clone(&signals) };
        let clock = Clock::begin();
        let job = S::job(Making {
            world: Rc::clone(&self.world),
            traits: self.traits.clone(),
            signals: Rc::clone(&signals),
            generation_began: self.airflow.generation_began(mark.generation).unwrap_or_default(),
            mark,
            is_impatient: looks.end_before(S::LONG_POLL, clock.now()),
            context: context.clone(),
        });
        let world = Rc::clone(&self.world);
        let driving = Box::pin(async move {
            let write = |_: Level, line: &str| world.say(|| format!("  {number}| {line}"));
            let log = Log::new(&write);
            let (context, on_kill, reach) = (&context, task.on_kill, Reach::default());
            let task = Run { key, context, on_kill, reach, looks, clock, log: &log };
            let stop = poll_fn(|_| if signals.term.get() { Poll::Ready(()) } else { Poll::Pending });
            run(job, task, stop).await
        });
        self.processes.push(Process::new(who, driving));
        self.current = Some(number);
        self.wake(number);
    }

    /// Something happens to a process.
    fn wake(&mut self, number: usize) {
        let now = clock::now();
        let process = &mut self.processes[number];
        if process.kill <= now {
            process.who.signals.kill.set(true);
        } else if process.term <= now {
            process.term = Duration::MAX;
            process.who.signals.term.set(true);
            self.world.say(|| format!("SIGTERM reaches process {number}"));
        }
        let Some(driving) = &mut process.driving else { return };
        let mut ended = None;
        if !process.who.signals.kill.get() {
            let mut context = Context::from_waker(Waker::noop());
            let (polled, wakes) = clock::wakes_at(|| driving.as_mut().poll(&mut context));
            process.wakes = wakes;
            if let Poll::Ready(result) = polled {
                ended = Some(result);
            }
        }
        if process.who.signals.term.get() && process.kill == Duration::MAX {
            let grace = self.world.script.task.grace;
            process.kill = now + Duration::from_secs(grace + 1);
        }
        if process.who.signals.kill.get() {
            process.driving = None;
            if process.kill <= now {
                self.world
                    .violated(format!("process {number} was told to stop, and was killed before it did"));
            }
            self.world.say(|| format!("process {number} dies"));
            self.died(number);
        } else if let Some(ended) = ended {
            process.driving = None;
            self.ended(number, ended);
        }
        let acts = self.world.acts.take();
        for act in acts {
            self.act(act);
        }
    }

    fn died(&mut self, number: usize) {
        let mark = self.processes[number].who.mark.clone();
        self.ends.push(End { exit: None, outputs: Outputs::new(), mark });
        if self.current == Some(number) {
            self.current = None;
            self.airflow.failed(clock::now(), None);
        }
    }

    fn ended(&mut self, number: usize, ended: Result<Ended, Failure>) {
        let process = &self.processes[number];
        self.world.say(|| match &ended {
            Ok(Ended::Done(outputs)) => format!("process {number} ends well with {}", outputs["handle"]),
            Ok(Ended::GoesOn(outputs)) => {
                format!("process {number} ends its look; the next one in {} s", outputs["next_look"])
            }
            Err(failure) => {
                format!("process {number} ends with {}: {failure}", failure.exit.code())
            }
        });
        let is_alive = |other: usize| self.processes[other].driving.is_some();
        let told = (&self.airflow, self.traits.lag);
        promises::ended(&self.world, (&process.who, is_alive), told, &ended);
        let mark = process.who.mark.clone();
        let (exit, outputs) = match ended {
            Ok(ended) => ended.into_parts(),
            Err(failure) => (failure.exit, Outputs::new()),
        };
        if self.current == Some(number) {
            self.current = None;
            let now = clock::now();
            match exit {
                Exit::Done => self.airflow.succeeded(),
                Exit::GoesOn => {
                    let next = outputs["next_look"].as_u64().unwrap_or_default();
                    self.airflow.goes_on(now, Duration::from_secs(next));
                }
                _ => self.airflow.failed(now, Some(exit)),
            }
        }
        self.ends.push(End { exit: Some(exit.code()), outputs, mark });
    }

    /// Somebody does something.
    fn act(&mut self, act: Act) {
        let now = clock::now();
        self.world.say(|| format!("{act:?}"));
        match act {
            Act::Clear => {
                self.forget();
                if self.airflow.clear(now) {
                    self.stop();
                }
            }
            Act::Delete(seconds) => {
                if self.airflow.state == State::Running {
                    self.mark(State::Failed);
                }
                self.forget();
                self.airflow.delete(now + Duration::from_secs(seconds));
            }
            Act::MarkAndClear(seconds) => {
                self.mark(State::Failed);
                self.planned.push((now + Duration::from_secs(seconds), Act::Clear));
            }
            Act::MarkFailed => self.mark(State::Failed),
            Act::MarkSucceeded => self.mark(State::Succeeded),
            Act::DeployContent | Act::DeployPlace | Act::DeployRetries(_) | Act::DeployDelay(_) => {
                self.forget();
                self.airflow.deploy(act);
            }
            Act::Files => self.world.files.update(|files| files + 1),
            Act::Stranger(_) if !S::IS_MARKED && !crawler::is_ready(&self.world) => {}
            Act::Stranger(seconds) => {
                let id = self.world.begin(None, now, 0);
                self.world.runs.borrow_mut()[id.0].end = now + Duration::from_secs(seconds);
            }
            Act::Overlap(seconds) => self.overlap(Duration::from_secs(seconds)),
        }
    }

    /// What is not past its start, and was taken for dead, is dead when the task is cleared or changed: tokens are of
    /// a generation and of what is done.
    fn forget(&mut self) {
        for process in self.processes.iter_mut().filter(|process| process.is_taken_for_dead) {
            if !process.who.signals.has_run.get() {
                process.driving = None;
            }
        }
    }

    fn mark(&mut self, state: State) {
        if self.airflow.mark(state) {
            self.stop();
            self.current = None;
        }
    }

    /// Airflow tells the process to stop, when it hears of it.
    fn stop(&mut self) {
        let after = self.world.some(SLOWNESS);
        if let Some(process) = self.current.map(|number| &mut self.processes[number]) {
            process.term = process.term.min(clock::now() + after);
        }
    }

    /// Airflow takes the process for dead. What has no token cannot be kept from starting late: a process that is not
    /// past its start is dead indeed.
    fn overlap(&mut self, time: Duration) {
        let Some(number) = self.current.take() else { return };
        let process = &mut self.processes[number];
        let is_current =
            process.who.mark.content == self.airflow.content && process.who.mark.place == self.airflow.place;
        if (S::TOKEN_LIFE.is_some() && is_current) || process.who.signals.has_run.get() {
            process.term = process.term.min(clock::now() + time);
            process.is_taken_for_dead = true;
        } else {
            process.driving = None;
        }
        self.airflow.failed(clock::now(), None);
    }
}
