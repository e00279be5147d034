//! A history of the matrix, played.

use super::kinds::Kind;
use super::measured::{Come, Line};
use crate::lang::shared::OnKill;
use crate::plan::Reschedule;
use crate::service::call::Effect;
use crate::simulation::history::{Played, play};
use crate::simulation::script::{Act, At, Conditions, Event, Fate, Mishap, Point, Script, Task};
use crate::simulation::world::Run;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How often Airflow tries a task beside the first time.
const RETRIES: i64 = 3;

/// When something happens to a task whose first look is over; its job goes on then.
const AFTER_THE_FIRST_LOOK: u64 = 10;
const JOB: u64 = 45;

/// When a job is over, and all looks at it.
const AFTERWARDS: u64 = 7200;

/// The listing is this far behind at most, in percent of what the runner reckons with: in the lab it is a second.
const LAG: u32 = 10;

/// Makes a history in which nothing happens.
fn calm(kind: &Kind, seed: u64) -> Script {
    let task = Task {
        retries: RETRIES,
        retry_delay: 0,
        on_kill: OnKill::Cancel,
        reschedule: None,
        timeout: None,
        grace: 30,
    };
    let conditions = Conditions { lag: LAG, slots: kind.slots, ..Conditions::CALM };
    let calls = Some(kind.calls);
    Script { seed, service: kind.service, task, conditions, events: Vec::new(), calls }
}

/// The requests of a step, by what the matrix calls them, with their numbers.
pub(super) type Requests = Vec<(String, u32)>;

/// Plays a job without a fault; gives its requests, each once before and after each start.
pub(super) fn requests(kind: &Kind, seed: u64) -> Requests {
    let played = play(&calm(kind, seed), true);
    let sent = played.world.sent.as_ref().expect("invariant: it is traced").borrow();
    let (mut met, mut labels, mut starts) = (BTreeSet::new(), BTreeMap::<&str, usize>::new(), 0);
    let mut requests = Vec::new();
    for (number, (_, operation)) in (0..).zip(sent.iter()) {
        if met.insert((operation.name, starts)) {
            let name = operation.name.split_once(':').map_or(operation.name, |(_, name)| name);
            let count = labels.entry(name).or_default();
            *count += 1;
            let label = if *count == 1 { name.to_owned() } else { format!("{name} ({count})") };
            requests.push((label, number));
        }
        starts += usize::from(operation.effect == Effect::Starts);
    }
    requests
}

/// Makes the history of a line; none where its request is not sent this time.
pub(super) fn script(kind: &Kind, line: &Line, requests: &Requests, seed: u64) -> Option<Script> {
    let mut script = calm(kind, seed);
    if line.request.is_empty() {
        happens(&mut script, line.what);
    } else {
        let (_, number) = requests.iter().find(|request| request.0 == line.request)?;
        script.events.push(Event::Mishap(*number, fault(line.what)));
    }
    Some(script)
}

/// What goes wrong at a request, by its title.
fn fault(title: &str) -> Mishap {
    match title {
        "killed before" => Mishap::Kill(Point::Before),
        "killed after" => Mishap::Kill(Point::After),
        "reset before" => Mishap::LostBefore,
        "reset after" => Mishap::LostAfter,
        "500 before" | "503" => Mishap::Failed(Point::Before),
        "500 after" => Mishap::Failed(Point::After),
        "throttled" => Mishap::Throttled,
        "timed out" => Mishap::TimedOut,
        other => panic!("no such fault: {other}"),
    }
}

/// What happens to a task that waits without a slot, or beside it, by its title.
fn happens(script: &mut Script, title: &str) {
    if title == "two attempts at once" {
        return script.events.push(Event::Act(At::Call(0), Act::Overlap(600)));
    }
    script.task.reschedule = Some(Reschedule { stay: 0, every: 300 });
    script.events.push(Event::Fate(0, Fate::Takes(JOB)));
    let at = |second, act| Event::Act(At::Second(second), act);
    script.events.extend(match title {
        "nothing" => None,
        "cleared" => Some(at(AFTER_THE_FIRST_LOOK, Act::Clear)),
        "cleared when over" => Some(at(AFTERWARDS, Act::Clear)),
        "marked" => Some(at(AFTER_THE_FIRST_LOOK, Act::MarkFailed)),
        "deployed" => Some(at(AFTER_THE_FIRST_LOOK, Act::DeployContent)),
        "a look killed" => Some(Event::Mishap(first_of_the_second_look(script), Mishap::Kill(Point::After))),
        other => panic!("nothing is known that is called so: {other}"),
    });
}

fn first_of_the_second_look(script: &Script) -> u32 {
    let played = play(script, true);
    let sent = played.world.sent.as_ref().expect("invariant: it is traced").borrow();
    let of_the_first = |call: &&(Duration, _)| call.0 < Duration::from_secs(AFTER_THE_FIRST_LOOK);
    u32::try_from(sent.iter().take_while(of_the_first).count()).expect("invariant: few calls")
}

/// Plays a line's history, and says what has come of it, and what happened when that is asked for.
pub(super) fn come_of(line: &Line, script: &Script, is_traced: bool) -> (Come, String) {
    let played = play(script, is_traced);
    let last = played.ends.last();
    let is_adopted = last.is_some_and(|last| last.outputs.get("adopted").is_some_and(|it| it == true));
    let attempts =
        played.ends.iter().map(|end| end.exit.map_or("killed".to_owned(), |exit| exit.to_string()));
    let course = line.come.course.is_some().then(|| {
        let attempts = attempts.collect::<Vec<_>>().join(" ");
        let adopted = if is_adopted { "yes" } else { "no" };
        [attempts, played.world.starts.get().to_string(), adopted.to_owned()]
    });
    (Come { outcome: outcome(&played), course }, played.told)
}

/// What has come of a history, by what there is in the end.
fn outcome(played: &Played) -> String {
    if let Some(broken) = &played.broken {
        return format!("a broken promise: {broken}");
    }
    let runs = played.world.runs.borrow();
    let mut started = BTreeMap::<&str, usize>::new();
    for mark in runs.iter().filter_map(|run| run.mark.as_ref()) {
        *started.entry(&mark.key).or_default() += 1;
    }
    let has_succeeded = |run: &Run| run.has_succeeded(Duration::MAX);
    let Some(last) = played.ends.last() else { return "stuck".to_owned() };
    let handle = last.outputs.get("handle").and_then(|handle| handle.as_str()?.strip_prefix("run"));
    let run = handle.and_then(|number| runs.get(number.parse::<usize>().ok()?));
    let does_this = |run: &Run| run.mark.as_ref().is_some_and(|mark| mark.content == last.mark.content);
    match last.exit {
        _ if started.values().any(|count| *count > 1) => "twice",
        Some(0) if run.is_some_and(|run| has_succeeded(run) && does_this(run)) => "once",
        Some(0) => "unfounded",
        Some(98) if run.is_some_and(has_succeeded) => "goes on",
        Some(98) => "stuck",
        _ => "refused",
    }
    .to_owned()
}
