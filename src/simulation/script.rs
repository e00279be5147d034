//! What a history is played from: all that chance decides, made from one number.
//!
//! The events stand apart, so that a history that breaks a promise can be played again with fewer of them.

use super::calls::Calls;
use crate::lang::shared::OnKill;
use crate::plan::Reschedule;
use crate::service::glue_crawler::job::IfRunning;
use fastrand::Rng;

/// The services that are simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Glue,
    Statement,
    Load,
    Crawler,
}

impl Service {
    /// Those whose runs carry a mark.
    pub(super) const MARKED: [Self; 3] = [Self::Glue, Self::Statement, Self::Load];
}

/// What a history is played from.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub seed: u64,
    pub service: Service,
    pub task: Task,
    pub conditions: Conditions,
    pub events: Vec<Event>,
    /// What is sent, where that is not what the service says.
    pub calls: Option<Calls>,
}

/// What the project says of the task. Times in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Task {
    pub retries: i64,
    pub retry_delay: u64,
    pub on_kill: OnKill,
    pub reschedule: Option<Reschedule>,
    pub timeout: Option<u64>,
    /// The time between SIGTERM and SIGKILL.
    pub grace: u64,
    /// What is done when the crawler is running.
    pub if_running: IfRunning,
    /// Airflow tells when the first attempt of a generation began.
    pub tells_generation: bool,
    /// A task that is cleared while it runs is of a new generation, as in Airflow 3, and is started at once.
    pub begins_anew: bool,
    /// The run of the DAG is over when this task is, and begins again when it is cleared.
    pub is_alone: bool,
}

/// How the world is while the history lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Conditions {
    /// How far back the service's listing is at most, in percent of what the runner reckons with.
    pub lag: u32,
    /// States are told late, and may go backwards.
    pub stale: bool,
    /// How many seconds Airflow's clock is ahead of the service's, and the worker's.
    pub skew: [i64; 2],
    /// How many runs of the job there may be at once.
    pub slots: usize,
    /// How often the service starts a run that has failed again by itself.
    pub restarts: u32,
}

impl Conditions {
    /// Nothing is odd.
    pub(super) const CALM: Self = Self { lag: 0, stale: false, skew: [0, 0], slots: 3, restarts: 0 };
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Event {
    /// With a call, by its number among all of the history.
    Mishap(u32, Mishap),
    /// In Airflow, or somewhere else.
    Act(At, Act),
    /// To a run, by its number.
    Fate(usize, Fate),
}

/// When something happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum At {
    Call(u32),
    Second(u64),
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mishap {
    /// It has no answer, and no effect.
    LostBefore,
    /// It has its effect, and no answer.
    LostAfter,
    Throttled,
    /// It and so many more calls cannot be sent.
    Unreachable(u32),
    /// Its answer takes so many seconds.
    Slow(u64),
    NoCredentials,
    /// It is answered with a failure of the service's, before it has its effect, or after it.
    Failed(Point),
    /// It has its effect, and is given up after a minute without an answer.
    TimedOut,
    /// The worker dies before the call has its effect, or after it.
    Kill(Point),
    /// SIGTERM, before the call has its effect, or after it.
    Term(Point),
}

/// When in a call something happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Point {
    Before,
    After,
}

/// What people and machines do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Act {
    /// A person clears the task.
    Clear,
    /// A person marks it as failed, and clears it so many seconds later.
    MarkAndClear(u64),
    /// A person deletes the run of the DAG, and it is made again so many seconds later, when what it ran is dead.
    Delete(u64),
    MarkFailed,
    MarkSucceeded,
    /// A deploy changes what the task does; or goes back to what it did.
    DeployContent,
    /// A deploy gives the task so many retries.
    DeployRetries(i64),
    /// A deploy has so many seconds lie between two attempts.
    DeployDelay(u64),
    /// A deploy moves the job.
    DeployPlace,
    /// Files come that a load would take.
    Files,
    /// Somebody else's run takes a slot for so many seconds.
    Stranger(u64),
    /// Airflow takes a worker for dead that lives for so many seconds more.
    Overlap(u64),
}

/// What becomes of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fate {
    /// It fails after so many seconds.
    Fails(u64),
    FailsForGood,
    /// It is in a state that nobody knows.
    Dreams,
    /// It takes so many seconds.
    Takes(u64),
}

impl Script {
    /// Makes the script of a seed for a crawler.
    pub(super) fn of_a_crawler(seed: u64) -> Self {
        let (script, mut rng) = (Self::of(seed), Rng::with_seed(seed ^ 0xc4a5));
        let if_running =
            of(&mut rng, &[IfRunning::Adopt, IfRunning::Adopt, IfRunning::Wait, IfRunning::Fail]);
        let task = Task { if_running, tells_generation: rng.u8(..4) > 0, ..script.task };
        let mut events = script.events;
        // What is rare by chance alone: somebody else crawls as soon as this task's crawl is over, and it is cleared.
        if rng.u8(..12) == 0 {
            let second = rng.u64(20..30);
            events.push(Event::Act(At::Second(second), Act::Stranger(60)));
            events.push(Event::Act(At::Second(second + rng.u64(1..10)), Act::Clear));
        }
        Self { service: Service::Crawler, task, events, ..script }
    }

    /// Makes the script of a seed, for a service whose runs carry a mark.
    pub(super) fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let service = Service::MARKED[rng.usize(..Service::MARKED.len())];
        let reschedule = (rng.u8(..4) == 0)
            .then(|| Reschedule { stay: of(&mut rng, &[0, 10, 60]), every: of(&mut rng, &[60, 300]) });
        let task = Task {
            retries: of(&mut rng, &[0, 1, 2, 3]),
            retry_delay: of(&mut rng, &[0, 5, 60, 300]),
            on_kill: if rng.u8(..4) == 0 { OnKill::Leave } else { OnKill::Cancel },
            reschedule,
            timeout: of(&mut rng, &[None, None, Some(90), Some(3600)]),
            grace: of(&mut rng, &[4, 30]),
            if_running: IfRunning::Adopt,
            tells_generation: true,
            begins_anew: false,
            is_alone: false,
        };
        let conditions = Conditions {
            lag: of(&mut rng, &[0, 0, 20, 100]),
            stale: rng.u8(..4) == 0,
            skew: [rng.i64(-25..=25), rng.i64(-25..=25)],
            slots: of(&mut rng, &[1, 3]),
            restarts: u32::from(rng.u8(..6) == 0),
        };
        let count = 1 + rng.usize(..3) + rng.usize(..4);
        let mut events: Vec<Event> = (0..count).map(|_| event(&mut rng)).collect();
        // What is rare by chance alone: the start loses its answer, and its run fails.
        if rng.u8(..12) == 0 {
            events.push(Event::Mishap(1, Mishap::LostAfter));
            events.push(Event::Fate(0, Fate::Fails(1)));
        }
        if rng.u8(..24) == 0 {
            events.extend(deleted(&mut rng));
        }
        let task = Task { begins_anew: rng.bool(), is_alone: rng.bool(), ..task };
        Self { seed, service, task, conditions, events, calls: None }
    }
}

/// A run of the DAG is deleted whose job goes on, or is over before another one is made; perhaps one that had died after its
/// start, as the other one's first attempt does.
fn deleted(rng: &mut Rng) -> Vec<Event> {
    let mut events = vec![Event::Act(At::Second(rng.u64(1..60)), Act::Delete(of(rng, &[60, 120])))];
    if rng.bool() {
        let dies = |call| Event::Mishap(call, Mishap::Kill(Point::After));
        events.extend([dies(1), Event::Fate(0, Fate::Fails(60)), dies(3)]);
    }
    events
}

fn of<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(..choices.len())]
}

fn event(rng: &mut Rng) -> Event {
    match rng.u8(..20) {
        0..=11 => Event::Mishap(call(rng), mishap(rng)),
        12..=15 => {
            let run = of(rng, &[0, 0, 0, 1, 1, 2]);
            Event::Fate(run, fate(rng))
        }
        _ => {
            let at = if rng.bool() { At::Call(call(rng)) } else { At::Second(second(rng)) };
            Event::Act(at, act(rng))
        }
    }
}

/// The first calls are those that matter most.
fn call(rng: &mut Rng) -> u32 {
    match of(rng, &[0, 3, 8, 20]) {
        // The start, or the look after it.
        0 => rng.u32(1..3),
        most => rng.u32(..most),
    }
}

fn second(rng: &mut Rng) -> u64 {
    let most = of(rng, &[5, 60, 600, 7200]);
    rng.u64(..most)
}

fn mishap(rng: &mut Rng) -> Mishap {
    let point = if rng.u8(..3) == 0 { Point::Before } else { Point::After };
    match rng.u8(..20) {
        0 | 1 => Mishap::LostBefore,
        2..=5 => Mishap::LostAfter,
        6 => Mishap::Throttled,
        7 => Mishap::Unreachable(of(rng, &[0, 2, 8, 60])),
        8 => Mishap::Slow(of(rng, &[2, 7, 40])),
        9 => Mishap::NoCredentials,
        10..=15 => Mishap::Kill(point),
        _ => Mishap::Term(point),
    }
}

fn act(rng: &mut Rng) -> Act {
    match rng.u8(..16) {
        0..=2 => Act::Clear,
        3 => of(rng, &[Act::Clear, Act::Delete(60), Act::Delete(120)]),
        4 | 5 => Act::MarkAndClear(of(rng, &[1, 10, 100])),
        6 => Act::MarkFailed,
        7 => Act::MarkSucceeded,
        8 => Act::DeployContent,
        9 => of(rng, &[Act::DeployContent, Act::DeployContent, Act::DeployDelay(0), Act::DeployDelay(300)]),
        10 => Act::DeployRetries(rng.i64(0..4)),
        11 => Act::DeployPlace,
        12 => Act::Files,
        13 => Act::Stranger(of(rng, &[5, 60, 600])),
        _ => Act::Overlap(of(rng, &[1, 10, 60, 600])),
    }
}

fn fate(rng: &mut Rng) -> Fate {
    match rng.u8(..8) {
        0..=2 => Fate::Fails(of(rng, &[1, 20, 20, 60])),
        3 => Fate::FailsForGood,
        4 => Fate::Dreams,
        _ => Fate::Takes(of(rng, &[0, 3, 90, 600, 5400])),
    }
}
