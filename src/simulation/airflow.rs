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

/// How long Airflow takes to start what was cleared: a deploy may come in between.
const CLEARED: Duration = Duration::from_secs(2);

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
    /// Then it is of a new generation.
    begins_anew: bool,
    /// When the first look of this attempt ended, by the true time.
    first_look_ended: Option<Duration>,
    /// When the run of the DAG began.
    run_began: Duration,
    /// The run is over with this task, and begins again when that is cleared.
    is_alone: bool,
    /// The first generation of each run of the DAG that was made again, as it really is.
    made_again: Vec<i64>,
    /// How often it was cleared while it did not run: the generation as it really is.
    clears: i64,
    /// When the first process of each generation began.
    generations: Vec<(i64, Duration)>,
    /// What the task instance remembers of its generation: the mark, the first attempt, when that began; and the newest
    /// attempt.
    remembered: Option<(i64, i64, Duration)>,
    newest: i64,
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
            begins_anew: script.task.begins_anew,
            first_look_ended: None,
            run_began: Duration::ZERO,
            is_alone: script.task.is_alone,
            made_again: Vec::new(),
            clears: 0,
            generations: Vec::new(),
            remembered: None,
            newest: 0,
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
        if self.generations.iter().all(|known| known.0 != self.clears) {
            self.generations.push((self.clears, now));
        }
        let is_next = self.newest != self.try_number;
        self.newest = self.try_number;
        let behind = self.told_generation();
        let is_own =
            |known: &(i64, i64, Duration)| known.0 == self.max_tries && (!is_next || known.1 > behind);
        if !self.remembered.as_ref().is_some_and(is_own) {
            self.remembered = Some((self.max_tries, self.try_number, now));
        }
    }

    /// How many attempts were behind when the task was last cleared, by Airflow's numbers.
    fn told_generation(&self) -> i64 {
        (self.max_tries - self.retries).min(self.try_number - 1).max(0)
    }

    /// The generation as it really is.
    pub(super) fn generation(&self) -> i64 {
        self.clears
    }

    /// Of which run of the DAG a generation is: of how many deleted ones it comes after.
    pub(super) fn dag_run(&self, generation: i64) -> usize {
        self.made_again.iter().filter(|first| **first <= generation).count()
    }

    /// When the first process of a generation began.
    pub(super) fn generation_began(&self, generation: i64) -> Option<Duration> {
        self.generations.iter().find(|known| known.0 == generation).map(|known| known.1)
    }

    /// What a process is told, by Airflow's clock, which is so many seconds ahead.
    pub(super) fn context(&self, task: &Task, ahead: i64) -> RunContext {
        let told = |at: Duration| Timestamp::try_from(shown(at, ahead)).ok();
        let generation_began = self.remembered.map(|known| known.2);
        RunContext {
            dag_id: "dag".to_owned(),
            task_id: "task".to_owned(),
            run_id: "run".to_owned(),
            map_index: -1,
            try_number: self.try_number,
            generation: self.told_generation(),
            mark: self.max_tries,
            run_started: told(self.run_began),
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
        if self.is_restarting && self.begins_anew {
            self.is_restarting = false;
            return self.begin_anew(now);
        }
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
            if self.is_alone && matches!(self.state, State::Succeeded | State::Failed) {
                self.run_began = now;
            }
            self.begin_anew(now);
        }
        false
    }

    /// What was cleared is due, and of a new generation.
    fn begin_anew(&mut self, now: Duration) {
        self.max_tries = self.try_number + self.retries;
        self.clears += 1;
        self.first_look_ended = None;
        self.state = State::Due(now + CLEARED);
    }

    /// A person deletes the run of the DAG, in which the task does not run any more, and it is made again then.
    pub(super) fn delete(&mut self, made_again: Duration) {
        if self.try_number == 0 {
            return;
        }
        self.run_began = made_again;
        (self.try_number, self.max_tries) = (0, self.retries);
        self.clears += 1;
        self.first_look_ended = None;
        self.made_again.push(self.clears);
        (self.remembered, self.newest) = (None, 0);
        self.state = State::Due(self.run_began);
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
            Act::DeployDelay(seconds) => self.retry_delay = Duration::from_secs(seconds),
            _ => {}
        }
    }
}
