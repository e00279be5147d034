//! What was measured and what is simulated are the same, or one of them is wrong.
//!
//! `tests/aws/matrix/measured.tsv` has what has come of the real worker against the lab: for each request of each kind of
//! job, and for each thing that went wrong there. Here the same goes wrong in the simulation, at the same request, and
//! what comes of it is told in the same words. A job is not compared only where [`kinds`] says why.
//!
//! | module | gives |
//! | --- | --- |
//! | [`measured`] | the lines of the file |
//! | [`kinds`] | the jobs of the file as the simulation has them |
//! | [`played`] | the same history, played |

mod kinds;
mod measured;
mod played;

use crate::exec::runner::breaks::{self, Break};
use kinds::{KINDS, Kind, NOT_SIMULATED};
use measured::Line;
use played::Requests;
use std::collections::BTreeSet;
use std::iter::once;

/// How many histories are played for each line: calls take a little longer or shorter, and listings lag more or less.
const SEEDS: u64 = 8;

/// How many differences are told at most.
const TOLD: usize = 10;

/// Says where the simulation comes to something else than was measured.
fn differences(lines: &[Line]) -> impl Iterator<Item = String> {
    KINDS
        .iter()
        .flat_map(move |kind| of_kind(kind, lines.iter().filter(|line| line.job == kind.name).collect()))
}

fn of_kind<'a>(kind: &'a Kind, lines: Vec<&'a Line>) -> Box<dyn Iterator<Item = String> + 'a> {
    let requests: Vec<Requests> = (0..SEEDS).map(|seed| played::requests(kind, seed)).collect();
    let sent: BTreeSet<&str> = requests.iter().flatten().map(|(label, _)| label.as_str()).collect();
    let known = lines.iter().map(|line| line.request).filter(|label| !label.is_empty());
    let known: BTreeSet<&str> = known.collect();
    if !known.is_subset(&sent) || (!kind.is_partly_measured && known != sent) {
        let what = format!("{}: the worker sends {known:?}, the simulation {sent:?}", kind.name);
        return Box::new(once(what));
    }
    Box::new(lines.into_iter().filter_map(move |line| difference(kind, line, &requests)))
}

/// Says what comes of a line's history, where it is not what was measured.
fn difference(kind: &Kind, line: &Line, requests: &[Requests]) -> Option<String> {
    (0..).zip(requests).find_map(|(seed, requests)| {
        let script = played::script(kind, line, requests, seed)?;
        let come = played::come_of(kind, line, &script, false).0;
        (come != line.come).then(|| {
            let Line { job, request, what, come: measured } = line;
            let (events, told) = (&script.events, played::come_of(kind, line, &script, true).1);
            format!(
                "{job}, {request} {what}:\n  measured:  {measured}\n  simulated: {come}\n{events:?}\n{told}"
            )
        })
    })
}

#[test]
fn the_simulation_comes_to_what_was_measured() {
    let differ: Vec<String> = differences(&measured::lines()).take(TOLD).collect();
    assert!(differ.is_empty(), "{}", differ.join("\n\n"));
}

/// Whoever adds a job to the matrix simulates it, or says why not.
#[test]
fn each_job_is_compared_or_it_is_said_why_not() {
    let measured: BTreeSet<&str> = measured::lines().iter().map(|line| line.job).collect();
    let simulated = KINDS.iter().map(|kind| kind.name);
    let known: BTreeSet<&str> = simulated.chain(NOT_SIMULATED.iter().map(|row| row.0)).collect();
    assert_eq!(measured, known);
}

/// A runner that errs comes to something else than the one that was measured.
#[test]
fn a_broken_runner_differs() {
    for way in [
        Break::ForgetsToLook,
        Break::StartsAgainAtOnce,
        Break::TakesAnyContent,
        Break::TakesAnyGeneration,
        Break::TrustsTheFirstLook,
    ] {
        breaks::set(Some(way));
        let difference = differences(&measured::lines()).next();
        breaks::set(None);
        let difference = difference.unwrap_or_else(|| panic!("{way:?} comes to what was measured"));
        println!("{way:?}: {}", difference.lines().take(3).collect::<Vec<_>>().join("\n"));
    }
}
