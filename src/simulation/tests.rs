//! Histories are played.

use super::history::play;
use super::report::report;
use super::script::Script;
use crate::exec::runner::breaks::{self, Break};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How many histories a thread takes at a time.
const AT_ONCE: u64 = 500;

/// In how many histories each break is to be noticed.
const SOON: u64 = 200_000;

/// How many histories of a crawler are known to pass: without a number of histories, more are played.
const OF_A_CRAWLER: u64 = 400_000;

/// A number that the environment sets: `DAGC_SIMULATE_SEED` for one history, else for how many `_SECONDS` or
/// `_HISTORIES` to play, on how many `_THREADS`, from which `_BASE`, and how many broken ones to tell, `_TOLD`.
fn set(name: &str) -> Option<u64> {
    let text = std::env::var(format!("DAGC_SIMULATE_{name}")).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().expect("a number"))
}

/// The seed of one of the histories that follow from a number.
fn seed(base: u64, number: u64) -> u64 {
    let mut mixed = (base << 40).wrapping_add(number).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Does the same on several threads.
fn side_by_side(work: impl Fn() + Sync) {
    thread::scope(|scope| {
        for _ in 0..set("THREADS").unwrap_or(2) {
            scope.spawn(&work);
        }
    });
}

/// What was played so far.
#[derive(Default)]
struct Tally {
    next: AtomicU64,
    processes: AtomicU64,
    runs: AtomicU64,
    broken: Mutex<Vec<(u64, String)>>,
}

impl Tally {
    fn play(&self, number: u64, script: &Script) {
        let played = play(script, false);
        self.processes.fetch_add(played.processes as u64, Ordering::Relaxed);
        self.runs.fetch_add(played.runs as u64, Ordering::Relaxed);
        if played.broken.is_some() {
            self.broken.lock().unwrap().push((number, report(number, script)));
        }
    }
}

/// Makes the script of a seed.
type Of = fn(u64) -> Script;

/// Plays histories until so many are played, or the time is over, or enough are broken.
fn played(most: u64, time: Duration, of: Of) -> Tally {
    let (base, told) = (set("BASE").unwrap_or(1), set("TOLD").unwrap_or(5));
    let (tally, began) = (Tally::default(), Instant::now());
    side_by_side(|| {
        while began.elapsed() < time && (tally.broken.lock().unwrap().len() as u64) < told {
            let first = tally.next.fetch_add(AT_ONCE, Ordering::Relaxed);
            if first >= most {
                break;
            }
            for number in first..(first + AT_ONCE).min(most) {
                tally.play(number, &of(seed(base, number)));
            }
        }
    });
    println!(
        "{} histories in {:.1} s: {} processes of the worker, {} runs of jobs",
        tally.next.load(Ordering::Relaxed).min(most),
        began.elapsed().as_secs_f64(),
        tally.processes.load(Ordering::Relaxed),
        tally.runs.load(Ordering::Relaxed)
    );
    tally
}

/// Plays the one history that somebody asks for; says whether somebody does.
fn is_one_asked_for() -> bool {
    let Some(seed) = set("SEED") else { return false };
    let script = if set("CRAWLER").is_some() { Script::of_a_crawler(seed) } else { Script::of(seed) };
    let played = play(&script, true);
    println!("{script:#?}\n{}", played.told);
    assert!(played.broken.is_none(), "{}", report(0, &script));
    true
}

fn none_breaks_a_promise(most: Option<u64>, of: Of) {
    let seconds = set("SECONDS").unwrap_or(if most.is_some() { u64::from(u32::MAX) } else { 2 });
    let tally = played(most.unwrap_or(u64::MAX), Duration::from_secs(seconds), of);
    let mut broken = tally.broken.into_inner().unwrap();
    broken.sort();
    let reports: Vec<String> = broken.into_iter().map(|(_, report)| report).collect();
    assert!(reports.is_empty(), "{} histories are broken\n\n{}", reports.len(), reports.join("\n\n"));
}

#[test]
fn no_history_breaks_a_promise() {
    if !is_one_asked_for() {
        none_breaks_a_promise(set("HISTORIES"), Script::of);
    }
}

#[test]
fn no_history_of_a_crawler_breaks_a_promise() {
    if set("SEED").is_none() {
        none_breaks_a_promise(set("HISTORIES").map(|most| most.min(OF_A_CRAWLER)), Script::of_a_crawler);
    }
}

/// Plays histories with the runner broken until one breaks a promise; gives the row of the table.
fn noticed(way: Break, what: &str, base: u64, of: Of) -> Option<String> {
    breaks::set(Some(way));
    let broken = |number| Some((number, play(&of(seed(base, number)), false).broken?));
    let noticed = (0..SOON).find_map(broken);
    breaks::set(None);
    let (number, broken) = noticed?;
    Some(format!("| {} | {} | {broken} |", what.trim().trim_end_matches('.'), number + 1))
}

fn each_is_noticed(all: &[(Break, &str)], of: Of) {
    let (base, next) = (set("BASE").unwrap_or(1), Mutex::new(all.iter()));
    let rows: Mutex<Vec<(Break, Option<String>)>> = Mutex::default();
    side_by_side(|| {
        loop {
            let Some((way, what)) = next.lock().unwrap().next() else { break };
            let row = noticed(*way, what, base, of);
            rows.lock().unwrap().push((*way, row));
        }
    });
    let rows = rows.into_inner().unwrap();
    for (way, _) in all {
        let row = rows.iter().find(|row| row.0 == *way).and_then(|row| row.1.as_ref());
        println!("{}", row.unwrap_or_else(|| panic!("{way:?} is not noticed in {SOON} histories")));
    }
}

#[test]
fn each_break_is_noticed() {
    each_is_noticed(Break::ALL, Script::of);
}

#[test]
fn each_break_of_a_crawl_is_noticed() {
    each_is_noticed(Break::OF_CRAWLS, Script::of_a_crawler);
}

/// The numbers on the page are of the day on which it was written.
#[test]
fn the_page_has_each_break() {
    let page = include_str!("../../docs/simulation.md");
    for (way, what) in Break::ALL.iter().chain(Break::OF_CRAWLS) {
        let row = format!("| {} |", what.trim().trim_end_matches('.'));
        assert!(
            page.contains(&row),
            "`make simulate` prints the row of {way:?} for docs/simulation.md: {row}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_history() {
    for number in 0..300 {
        let script = Script::of(seed(7, number));
        let told = play(&script, true).told;
        assert_eq!(told, play(&script, true).told, "{script:?}");
        assert!(!told.is_empty());
    }
}
