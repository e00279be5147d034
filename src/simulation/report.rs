//! A history that breaks a promise, as short as it can be made.

use super::history::play;
use super::script::{Conditions, Script, Service, Task};

/// Tells a history that breaks a promise.
pub(super) fn report(number: u64, script: &Script) -> String {
    let least = shrunk(script);
    let played = play(&least, true);
    let Script { seed, service, task, conditions, events, .. } = &least;
    let of = if *service == Service::Crawler { " CRAWLER=1" } else { "" };
    let left: Vec<String> = events.iter().map(|event| format!("  {event:?}")).collect();
    format!(
        "history {number}, SEED={seed}{of}: {}\n{service:?}, {task:?}\n{conditions:?}\nevents, of {} that there were:\n{}\n\n{}",
        played.broken.unwrap_or_default(),
        script.events.len(),
        left.join("\n"),
        played.told
    )
}

/// Plays a script again with less for as long as it breaks a promise.
fn shrunk(script: &Script) -> Script {
    let mut least = script.clone();
    while let Some(smaller) = smaller(&least).into_iter().find(|script| play(script, false).broken.is_some())
    {
        least = smaller;
    }
    least
}

/// The scripts with one thing less.
fn smaller(script: &Script) -> Vec<Script> {
    let without_event = |n| {
        let mut less = script.clone();
        less.events.remove(n);
        less
    };
    let mut all: Vec<Script> = (0..script.events.len()).map(without_event).collect();
    let (calm, odd) = (Conditions::CALM, script.conditions);
    let conditions = [
        Conditions { lag: calm.lag, ..odd },
        Conditions { stale: calm.stale, ..odd },
        Conditions { skew: calm.skew, ..odd },
        Conditions { slots: calm.slots, ..odd },
        Conditions { restarts: calm.restarts, ..odd },
    ];
    let calmer = conditions.into_iter().filter(|conditions| *conditions != odd);
    all.extend(calmer.map(|conditions| Script { conditions, ..script.clone() }));
    let tasks = [Task { reschedule: None, ..script.task }, Task { timeout: None, ..script.task }];
    let plainer = tasks.into_iter().filter(|task| *task != script.task);
    all.extend(plainer.map(|task| Script { task, ..script.clone() }));
    all
}
