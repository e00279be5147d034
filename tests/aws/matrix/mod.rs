//! Started at most once, whatever dies: the real worker, every request of every kind of job, everything that may go
//! wrong there, and the attempts that follow.
//!
//! The requests are those of a faultless run, as the lab's journal has them. Each history has names and an access key
//! of its own, by which fault rules and the journal tell it apart; so all run beside each other. What was measured
//! stands in `docs/at-most-once.md`, and how it came about in `measured.tsv`, to which the simulation is held.
//!
//! | module | gives |
//! | --- | --- |
//! | [`outcome`] | the words for what comes of a history |
//! | [`rows`] | what is run: one row a kind of job |
//! | [`fault`] | what goes wrong |
//! | [`case`] | one history |
//! | [`page`] | the page, and the file that the simulation is held to |

mod case;
mod fault;
pub(crate) mod outcome;
mod page;
mod rows;

use super::lab::Lab;
use case::{Event, Request, Scene, Told};
use dagc::plan::Job;
use fault::Fault;
use rows::{ROWS, Row};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How many histories run at a time, beside those that wait for a minute. Most of their time they sleep.
const AT_A_TIME: usize = 32;

/// What goes wrong in a history, and where.
#[derive(Clone)]
enum Trouble {
    Fault(Request, Fault),
    Event(Event),
}

/// What was measured.
struct Measured {
    row: usize,
    trouble: Trouble,
    told: Told,
}

/// A lab for the crawlers and jobs of Glue and for waits, one for statements, one for loads.
struct Labs([Lab; 3]);

impl Labs {
    fn start() -> Self {
        let start = || {
            let lab = Lab::start();
            // What throttles and lags here is said by the rules alone.
            lab.control("PUT", "unkind", &json!({ "throttle": 0, "lag": 1 }));
            rows::prepare(&lab);
            lab
        };
        Self(thread::scope(|scope| [0; 3].map(|_| scope.spawn(start)).map(|lab| lab.join().unwrap())))
    }

    fn of(&self, row: &Row) -> &Lab {
        &self.0[row.lab]
    }
}

/// The next scene.
fn scene(is_slow: bool) -> Scene {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    Scene::new(COUNT.fetch_add(1, Ordering::SeqCst), is_slow)
}

/// The requests of each row; none of those rows that nobody has asked for.
fn requests(labs: &Labs, only: &str) -> Vec<Vec<Request>> {
    let of = |row: &Row| {
        let is_asked_for = row.name.contains(only);
        if is_asked_for { case::requests(labs.of(row), row, &scene(false)) } else { Vec::new() }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = ROWS.iter().map(|row| scope.spawn(move || of(row))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// All that goes wrong; what takes longest first.
fn troubles(requests: &[Vec<Request>]) -> Vec<(usize, Trouble)> {
    let mut troubles = Vec::new();
    for (row, requests) in requests.iter().enumerate().filter(|(_, requests)| !requests.is_empty()) {
        let is_less = ROWS[row].is_like_the_one_before;
        for request in requests.iter().filter(|request| request.starts || !is_less) {
            let faults = Fault::ALL.into_iter().filter(|fault| fault.is_for(request));
            troubles.extend(faults.map(|fault| (row, Trouble::Fault(request.clone(), fault))));
        }
        troubles.extend(Event::ALL.into_iter().map(|event| (row, Trouble::Event(event))));
    }
    // What only waits leaves no job behind, and what is done at once has no second look.
    troubles.retain(|(row, trouble)| match trouble {
        Trouble::Event(Event::TwoAtOnce) | Trouble::Fault(..) => true,
        // What is answered at its end alone is over when it is looked at.
        Trouble::Event(Event::Marked) => ROWS[*row].starts > 0 && ROWS[*row].timeout.is_none(),
        Trouble::Event(_) => ROWS[*row].goes_on,
    });
    troubles
}

fn run(labs: &Labs, row: usize, trouble: Trouble) -> Measured {
    let (lab, of) = (labs.of(&ROWS[row]), &ROWS[row]);
    let told = match &trouble {
        Trouble::Fault(request, fault) => case::with_fault(lab, of, &scene(false), request, *fault),
        Trouble::Event(event) => case::with_event(lab, of, &scene(true), *event),
    };
    Measured { row, trouble, told }
}

/// Runs all histories, those that wait for a minute beside the others.
fn measured(labs: &Labs, troubles: Vec<(usize, Trouble)>) -> Vec<Measured> {
    let waits = |trouble: &Trouble| matches!(trouble, Trouble::Fault(_, Fault::TimedOut));
    let (long, short): (Vec<_>, Vec<_>) = troubles.into_iter().partition(|(_, trouble)| waits(trouble));
    let (queue, measured) = (Mutex::new(short.into_iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        let (queue, measured) = (&queue, &measured);
        for (n, (row, trouble)) in long.into_iter().enumerate() {
            scope.spawn(move || {
                thread::sleep(Duration::from_millis(100) * u32::try_from(n).unwrap());
                let one = run(labs, row, trouble);
                measured.lock().unwrap().push(one);
            });
        }
        for _ in 0..AT_A_TIME {
            scope.spawn(move || {
                while let Some((row, trouble)) = { queue.lock().unwrap().next() } {
                    let one = run(labs, row, trouble);
                    measured.lock().unwrap().push(one);
                }
            });
        }
    });
    measured.into_inner().unwrap()
}

#[test]
fn every_job_is_started_at_most_once_whatever_dies() {
    let labs = Labs::start();
    let only = std::env::var("DAGC_MATRIX").unwrap_or_default();
    let requests = requests(&labs, &only);
    let measured = measured(&labs, troubles(&requests));
    let broken: Vec<String> = measured
        .iter()
        .filter(|one| one.told.outcome.is_broken())
        .map(|one| format!("{}: {}\n{}", page::place(one), one.told.outcome, one.told.log))
        .collect();
    assert!(broken.is_empty(), "{} of {}\n\n{}", broken.len(), measured.len(), broken.join("\n\n"));
    page::hold(&only, &requests, &measured);
}

/// Whoever adds a kind of job adds a row.
#[test]
fn each_kind_of_job_has_a_row() {
    let unknown = serde_json::from_value::<Job>(json!({ "type": "none" })).unwrap_err().to_string();
    let known: BTreeSet<&str> = unknown.split('`').skip(3).step_by(2).collect();
    let rows: BTreeSet<&str> = ROWS.iter().map(|row| row.job_type).collect();
    assert_eq!(known, rows, "{unknown}");
    let scene = Scene::new(0, false);
    for row in ROWS {
        let job: Value = (row.job)(&scene, rows::Version::One);
        assert_eq!(job["type"], row.job_type, "{}", row.name);
        serde_json::from_value::<Job>(job).unwrap_or_else(|error| panic!("{}: {error}", row.name));
    }
}
