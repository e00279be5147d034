//! A history of the matrix, played.

use super::kinds::Kind;
use super::measured::{Come, Line};
use crate::lang::shared::OnKill;
use crate::plan::Reschedule;
use crate::service::call::Effect;
use crate::service::glue_crawler::job::IfRunning;
use crate::simulation::history::{Played, play};
use crate::simulation::script::{Act, At, Conditions, Event, Fate, Mishap, Point, Script, Service, Task};
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
        if_running: IfRunning::Adopt,
        tells_generation: !kind.is_untold,
        begins_anew: false,
        is_alone: false,
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
pub(super) fn come_of(kind: &Kind, line: &Line, script: &Script, is_traced: bool) -> (Come, String) {
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
    let outcome = perhaps_again(kind, line, outcome(kind, &played));
    (Come { outcome, course }, played.told)
}

/// Whether a job is started again that does no harm is a matter of how fast the next attempt comes.
fn perhaps_again(kind: &Kind, line: &Line, outcome: String) -> String {
    let has_next_attempt = line.what.contains("killed") || line.what == "two attempts at once";
    if kind.is_untold && has_next_attempt && outcome == "once" { "again".to_owned() } else { outcome }
}

/// What has come of a history, by what there is in the end.
fn outcome(kind: &Kind, played: &Played) -> String {
    if let Some(broken) = &played.broken {
        return format!("a broken promise: {broken}");
    }
    let runs = played.world.runs.borrow();
    let mut started = BTreeMap::<&str, usize>::new();
    for mark in runs.iter().filter_map(|run| run.mark.as_ref()) {
        *started.entry(&mark.key).or_default() += 1;
    }
    let Some(last) = played.ends.last() else { return "stuck".to_owned() };
    let is_own = |run: &&Run| run.mark.as_ref().is_some_and(|mark| mark.content == last.mark.content);
    let handle = last.outputs.get("handle").and_then(|handle| handle.as_str());
    let number = handle.and_then(|handle| handle.split_once("run")?.1.parse::<usize>().ok());
    let run = match number {
        Some(number) => runs.get(number),
        // A crawl has no name when it is started.
        None => handle.and_then(|_| runs.last()),
    };
    let has_succeeded = run.is_some_and(|run| run.has_succeeded(Duration::MAX));
    let is_own = run.as_ref().is_some_and(is_own) || kind.service == Service::Crawler;
    match last.exit {
        Some(0) if kind.is_untold && has_succeeded && started.values().any(|count| *count > 1) => "again",
        _ if started.values().any(|count| *count > 1) => "twice",
        Some(0) if has_succeeded && is_own => "once",
        Some(0) => "unfounded",
        Some(98) if has_succeeded => "goes on",
        Some(98) => "stuck",
        _ => "refused",
    }
    .to_owned()
}
