//! What is promised of crawls, held against what has really happened.

use super::super::airflow::Airflow;
use super::super::script::{Act, Event};
use super::super::world::{Mark, RunId, Who, World};
use crate::exec::outcome::Failure;
use crate::exec::time::simulated as clock;
use crate::service::glue_crawler::job::IfRunning;
use std::time::Duration;

/// The clocks of Airflow and AWS may differ by half a minute, and what compares them allows for it: so it may be wrong
/// by twice as much.
pub(in crate::simulation) const CLOCKS: Duration = Duration::from_mins(1);

/// No attempt starts two crawls of a crawler; and where Airflow tells when the generation began, and its clock is not
/// ahead, no attempt crawls again what one before it has crawled, unless somebody else has crawled since.
pub(in crate::simulation) fn at_most_once(world: &World) {
    let knows = knows_its_generation(world);
    let runs = world.runs.borrow();
    for (later, b) in runs.iter().enumerate() {
        let Some(own) = &b.mark else { continue };
        for (earlier, a) in runs.iter().enumerate().take(later) {
            let Some(other) = a.mark.as_ref().filter(|other| other.place == own.place) else { continue };
            let what = if (other.attempt, other.generation) == (own.attempt, own.generation) {
                format!("attempt {} starts run{earlier} and run{later}", own.attempt)
            } else if knows
                && other.generation == own.generation
                && a.has_succeeded(b.started)
                && runs[earlier..later].iter().all(|run| run.mark.is_some())
            {
                format!("run{later} does again what run{earlier} has done in this generation")
            } else {
                continue;
            };
            drop(runs);
            return world.violated(what);
        }
    }
}

/// Says what is wrong with a task that ends well.
pub(in crate::simulation) fn is_wrongly_green(
    world: &World,
    process: &Who,
    airflow: &Airflow,
) -> Option<&'static str> {
    let Some(RunId(id)) = process.signals.seen_over.get() else { return Some("which has seen no crawl") };
    let runs = world.runs.borrow();
    let run = &runs[id];
    if !run.has_succeeded(clock::now()) {
        return Some("whose crawl has not succeeded");
    }
    if !super::is_at(run, process.mark.place) {
        return Some("whose crawl is another crawler's");
    }
    let began = airflow.generation_began(process.mark.generation).unwrap_or_default();
    if run.mark.as_ref().is_some_and(|mark| mark.generation == process.mark.generation) {
        return None;
    }
    // Only attempts and looks that follow others compare clocks.
    let near = if process.is_first { Duration::ZERO } else { CLOCKS };
    match world.script.task.if_running {
        // One that winds up has looked at all that it looks at.
        _ if run.ended() + near < began + super::WINDING_UP => {
            Some("whose crawl was over before the task, or its clearing")
        }
        IfRunning::Wait | IfRunning::Fail if run.started + near < began => {
            Some("whose crawl was running before, and the step takes none that is")
        }
        _ => None,
    }
}

/// A process has stopped a crawl: it was its own, or as good.
pub(super) fn stopped(world: &World, id: RunId, own: Option<RunId>, generation_began: Duration) {
    let runs = world.runs.borrow();
    let run = &runs[id.0];
    // Else the beginning of the run stands for it.
    let told = world.script.task.tells_generation;
    let generation_began = if told { generation_began } else { Duration::ZERO };
    let what = match own {
        _ if run.mark.is_some() => None,
        Some(own) => Some(format!("{id}, which is a stranger's, is stopped for {own}")),
        None if run.started + CLOCKS < generation_began => {
            Some(format!("{id}, which is a stranger's from before the task, is stopped"))
        }
        None => None,
    };
    drop(runs);
    if let Some(what) = what {
        world.violated(what);
    }
}

/// An attempt has refused to crawl beside what runs: nothing of its own generation, where it can know.
pub(in crate::simulation) fn refused(world: &World, process: &Who, failure: &Failure) {
    let runs = world.runs.borrow();
    let own = runs.iter().position(|run| {
        let is_own =
            |mark: &Mark| (mark.place, mark.generation) == (process.mark.place, process.mark.generation);
        run.mark.as_ref().is_some_and(is_own) && clock::now() < run.ended()
    });
    drop(runs);
    if let Some(id) =
        own.filter(|_| knows_its_generation(world) && failure.message.contains("if_running: fail"))
    {
        world.violated(format!("process {} refuses run{id}, which is its own", process.number));
    }
}

/// Says whether an attempt can tell what others of its generation have started: Airflow says when that began, by a clock
/// that is not ahead, and no deploy has changed how many attempts there may be.
fn knows_its_generation(world: &World) -> bool {
    let is_deploy = |event: &Event| matches!(event, Event::Act(_, Act::DeployRetries(_)));
    world.script.task.tells_generation
        && world.script.conditions.skew[0] <= 0
        && !world.script.events.iter().any(is_deploy)
}
