//! What is promised, held against what has really happened.

use super::airflow::Airflow;
use super::crawler;
use super::crawler::promises::CLOCKS;
use super::script::Service;
use super::service::STALE;
use super::traits::Traits;
use super::world::{Mark, Run, RunId, Truth, Who, World};
use crate::exec::outcome::{Ended, Failure};
use crate::exec::runner::SecondStart;
use crate::exec::time::simulated as clock;
use crate::lang::shared::OnKill;
use std::time::Duration;

/// Words by which a task says that a job goes on, or may.
const SAID: [&str; 6] =
    ["RUNNING already", "goes on", "go on", "look at", "to be seen", "may have been started"];

/// How long after the end of an attempt its process may go on and start something.
const STRAGGLERS: Duration = Duration::from_secs(10);

/// After how long a run is listed for sure.
const LISTED: Duration = Duration::from_mins(4);

/// No two runs of one task instance go on at once, and what one has done is not done again in its generation.
pub(super) fn at_most_once(world: &World, traits: &Traits, airflow: &Airflow) {
    let runs = world.runs.borrow();
    for (later, b) in runs.iter().enumerate() {
        let Some(own) = &b.mark else { continue };
        for (earlier, a) in runs.iter().enumerate() {
            let Some(other) = a.mark.as_ref().filter(|other| is_same_instance(own, other)) else { continue };
            if earlier == later || (a.started, earlier) > (b.started, later) {
                continue;
            }
            // What the service starts again by itself was asked for when the first one was.
            let of_process =
                runs.iter().filter(|run| run.mark.as_ref().is_some_and(|mark| mark.process == own.process));
            let asked = of_process.map(|run| run.sent).min().unwrap_or(b.sent);
            let is_hidden = asked < a.sent + traits.lag + STRAGGLERS && is_hidden(airflow, own, other);
            if b.started < a.ended() && !is_hidden {
                let what = format!("run{earlier} and run{later} go on at the same time");
                drop(runs);
                return world.violated(what);
            }
            let is_again = other.generation == own.generation && other.content == own.content;
            if is_again && a.has_succeeded(b.started) && traits.second_start != SecondStart::DoesNoHarm {
                let what = format!("run{later} does again what run{earlier} has done in this generation");
                drop(runs);
                return world.violated(what);
            }
        }
    }
}

/// Says whether, by numbers that begin anew, nobody can tell that what another generation has started is not listed yet.
fn is_hidden(airflow: &Airflow, own: &Mark, other: &Mark) -> bool {
    own.generation != other.generation && airflow.dag_run(own.generation.max(other.generation)) > 0
}

fn is_same_instance(one: &Mark, other: &Mark) -> bool {
    one.place == other.place
}

/// A process has ended: what it says is true.
pub(super) fn ended(
    world: &World,
    (process, is_alive): (&Who, impl Fn(usize) -> bool),
    (airflow, lag): (&Airflow, Duration),
    ended: &Result<Ended, Failure>,
) {
    match ended {
        Ok(Ended::Done(_)) if world.script.service == Service::Crawler => {
            if let Some(why) = crawler::promises::is_wrongly_green(world, process, airflow) {
                world.violated(format!("process {} is green, {why}", process.number));
            }
        }
        Ok(Ended::Done(outputs)) => {
            let handle = outputs["handle"].as_str().unwrap_or_default();
            if let Some(why) = is_wrongly_green(world, process, airflow, handle) {
                world.violated(format!("process {} is green with {handle}, {why}", process.number));
            }
        }
        Ok(Ended::GoesOn(_)) => {}
        Err(failure) => {
            crawler::promises::refused(world, process, failure);
            left(world, (process, is_alive), (airflow, lag), failure);
        }
    }
}

/// Says what is wrong with a task that ends well with a run.
fn is_wrongly_green(world: &World, process: &Who, airflow: &Airflow, handle: &str) -> Option<&'static str> {
    let runs = world.runs.borrow();
    let run = handle.strip_prefix("run").and_then(|number| runs.get(number.parse::<usize>().ok()?));
    let Some(run) = run else { return Some("which there is not") };
    let Some(mark) = &run.mark else { return Some("which is a stranger's") };
    if !run.has_succeeded(clock::now()) {
        return Some("which has not succeeded");
    }
    if mark.content != process.mark.content {
        return Some("which does something else");
    }
    if mark.place != process.mark.place {
        return Some("which is elsewhere");
    }
    let began = airflow.generation_began(process.mark.generation).unwrap_or_default();
    let is_same_dag_run = airflow.dag_run(mark.generation) == airflow.dag_run(process.mark.generation);
    let near = if is_same_dag_run { STALE } else { CLOCKS };
    (mark.generation != process.mark.generation && run.ended() + near < began)
        .then_some("which was over when the task was cleared")
}

/// What goes on after a process that has not ended well was told to stop, or is told of.
fn left(
    world: &World,
    (process, is_alive): (&Who, impl Fn(usize) -> bool),
    (airflow, lag): (&Airflow, Duration),
    failure: &Failure,
) {
    let now = clock::now();
    let runs = world.runs.borrow();
    let goes_on = |run: &Run| {
        // What another process has started that is alive is that one's to tell.
        let is_known = |mark: &Mark| mark.process == process.number || !is_alive(mark.process);
        let is_hidden =
            |mark: &Mark| now < run.sent + lag + STRAGGLERS && is_hidden(airflow, &process.mark, mark);
        let is_same_dag_run = |mark: &Mark| {
            airflow.dag_run(mark.generation) == airflow.dag_run(process.mark.generation) && !is_hidden(mark)
        };
        let may_know = |mark: &Mark| {
            mark.process <= process.number
                && is_known(mark)
                && is_same_instance(mark, &process.mark)
                && is_same_dag_run(mark)
        };
        // A crawl that another process has started meanwhile cannot be told from a stranger's.
        let is_marked = world.script.service != Service::Crawler;
        // Neither can this one's own, when its start was long on the way, and somebody else may have crawled meanwhile.
        let is_own =
            |mark: &Mark| mark.process == process.number && run.started <= run.sent + crawler::PROMPT;
        let is_told_apart = |mark: &Mark| is_marked || is_own(mark) || run.started < process.began;
        run.mark.as_ref().is_some_and(|mark| may_know(mark) && is_told_apart(mark))
            && run.started <= now
            && matches!(run.truth(now), Truth::Running | Truth::Dreaming)
    };
    let Some(id) = runs.iter().position(goes_on) else { return };
    let is_listed = world.script.service != Service::Crawler && runs[id].sent + LISTED <= now;
    let can_be_stopped = world.script.service != Service::Crawler || !crawler::winds_up(&runs[id]);
    drop(runs);
    let is_winding_up = !can_be_stopped && failure.message.contains("had ended already");
    if !is_winding_up && !SAID.iter().any(|said| failure.message.contains(said)) {
        world.violated(format!("process {} says nothing of run{id}, which goes on", process.number));
    }
    if is_listed && failure.message.contains("none of an attempt before is to be seen") {
        world.violated(format!("process {} does not see run{id}, which goes on", process.number));
    }
    let signals = &process.signals;
    let is_told = signals.term.get() && world.script.task.on_kill == OnKill::Cancel;
    if is_told && can_be_stopped && signals.run.get() == Some(RunId(id)) && !signals.met_mishap.get() {
        world
            .violated(format!("process {} was to stop run{id}, and nothing kept it from it", process.number));
    }
}
