//! Airflow: which attempts of the task there are, and when; what people do to them.
//!
//! As in Airflow's sources: a retry leaves `max_tries`, clearing a task that does not run moves it, clearing one that
//! runs stops it and lets it be tried again. `_generation` is that of the support module.

use super::script::{Act, Script, Task};
use super::world::shown;
use crate::exec::{Exit, RunContext};
use jiff::Timestamp;
use std::time::Duration;

/// How long Airflow takes to start what is due, and to reach a process that is to stop, at most.
pub(super) const SLOWNESS: Duration = Duration::from_secs(5);

/// Where the task instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is to be started then.
    Due(Duration),
    Running,
    Succeeded,
    Failed,
}

/// A task instance.
#[derive(Clone, Debug)]
pub(super) struct Airflow {
    pub state: State,
    pub retries: i64,
    retry_delay: Duration,
    try_number: i64,
    max_tries: i64,
    /// It was cleared while it ran.
    is_restarting: bool,
    /// When the first look of this attempt ended, by the true time.
    first_look_ended: Option<Duration>,
    /// When the first process of each generation began.
    generations: Vec<(i64, Duration)>,
    /// The version of the task that is deployed, and where its job is.
    pub content: u8,
    pub place: u8,
}

impl Airflow {
    pub(super) fn new(script: &Script) -> Self {
        Self {
            state: State::Due(Duration::ZERO),
            retries: script.task.retries,
            retry_delay: Duration::from_secs(script.task.retry_delay),
            try_number: 0,
            max_tries: script.task.retries,
            is_restarting: false,
            first_look_ended: None,
            generations: Vec::new(),
            content: 0,
            place: 0,
        }
    }

    /// A process of the task starts.
    pub(super) fn begin(&mut self, now: Duration) {
        if self.first_look_ended.is_none() {
            self.try_number += 1;
        }
        self.state = State::Running;
        if self.generations.iter().all(|known| known.0 != self.max_tries) {
            self.generations.push((self.max_tries, now));
        }
    }

    /// When the first process of a generation began.
    pub(super) fn generation_began(&self, generation: i64) -> Option<Duration> {
        self.generations.iter().find(|known| known.0 == generation).map(|known| known.1)
    }

    /// What a process is told, by Airflow's clock, which is so many seconds ahead.
    pub(super) fn context(&self, task: &Task, ahead: i64) -> RunContext {
        let told = |at: Duration| Timestamp::try_from(shown(at, ahead)).ok();
        let generation_began = self.generation_began(self.max_tries);
        RunContext {
            dag_id: "dag".to_owned(),
            task_id: "task".to_owned(),
            run_id: "run".to_owned(),
            map_index: -1,
            try_number: self.try_number,
            generation: (self.max_tries - self.retries).min(self.try_number - 1).max(0),
            mark: self.max_tries,
            run_started: told(Duration::ZERO),
            generation_started: generation_began.filter(|_| task.tells_generation).and_then(told),
            waiting_since: self.first_look_ended.and_then(told),
            grace: Some(task.grace),
            ..RunContext::default()
        }
    }

    /// When the first look of this attempt ended.
    pub(super) fn first_look_ended(&self) -> Option<Duration> {
        self.first_look_ended
    }

    /// The process has ended well.
    pub(super) fn succeeded(&mut self) {
        self.state = State::Succeeded;
    }

    /// The look is over, and the next one is due after so long.
    pub(super) fn goes_on(&mut self, now: Duration, next: Duration) {
        if self.is_restarting {
            self.failed(now, None);
        } else {
            self.first_look_ended.get_or_insert(now);
            self.state = State::Due(now + next);
        }
    }

    /// The process has failed, or has died.
    pub(super) fn failed(&mut self, now: Duration, exit: Option<Exit>) {
        let may_retry = exit.is_none_or(|exit| matches!(exit, Exit::Retry | Exit::Cancelled));
        let is_tried_again = self.is_restarting || (may_retry && self.try_number <= self.max_tries);
        self.is_restarting = false;
        self.first_look_ended = None;
        self.state = if is_tried_again { State::Due(now + self.retry_delay) } else { State::Failed };
    }

    /// A person clears the task. Says whether a process is to be stopped.
    pub(super) fn clear(&mut self, now: Duration) -> bool {
        if self.state == State::Running {
            self.is_restarting = true;
            return true;
        }
        if self.try_number > 0 {
            self.max_tries = self.try_number + self.retries;
            self.first_look_ended = None;
            self.state = State::Due(now + Duration::from_secs(1));
        }
        false
    }

    /// A person marks the task. Says whether a process is to be stopped.
    pub(super) fn mark(&mut self, state: State) -> bool {
        let was_running = self.state == State::Running;
        self.state = state;
        self.is_restarting = false;
        self.first_look_ended = None;
        was_running
    }

    /// A deploy.
    pub(super) fn deploy(&mut self, act: Act) {
        match act {
            Act::DeployContent => self.content ^= 1,
            Act::DeployPlace => self.place ^= 1,
            Act::DeployRetries(retries) => self.retries = retries,
            _ => {}
        }
    }
}
