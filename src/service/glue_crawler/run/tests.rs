use super::*;
use crate::exec::key::content;
use crate::exec::time::simulated;
use crate::plan::PlanFile;
use aws_sdk_glue::primitives::DateTime;
use aws_sdk_glue::types::CrawlerHistoryState;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

#[test]
fn every_state_of_a_crawl_has_a_meaning() {
    let crawl = |state: &str| {
        let state = CrawlerHistoryState::from(state);
        CrawlerHistory::builder().crawl_id("c1").state(state).error_message("role gone").build()
    };
    assert_eq!(phase(&crawl("RUNNING")), Phase::Running("RUNNING".to_owned()));
    assert_eq!(phase(&crawl("COMPLETED")), Phase::Succeeded);
    for state in ["FAILED", "STOPPED"] {
        let expected = Failure::retry(format!("crawl c1 ended as {state}: role gone"));
        assert_eq!(phase(&crawl(state)), Phase::Failed(expected));
    }
    assert_eq!(phase(&crawl("RESTING")), Phase::Unknown("RESTING".to_owned()));
}

#[test]
fn a_summary_counts_the_tables_of_its_crawl() {
    let nested = r#"{"TABLE": {"ADD": "{\"Details\": {\"names\": [\"a\"]}, \"Count\": 1}"}}"#;
    let folded = r#"{"TABLE": "{\"ADD\": {\"Count\": 2}, \"DELETE\": {\"Count\": 3}}"}"#;
    for (summary, expected) in [
        (None, [Some(0), Some(0), Some(0)]),
        (Some(""), [Some(0), Some(0), Some(0)]),
        (Some(r#"{"PARTITION": {"ADD": "{\"Count\": 7}"}}"#), [Some(0), Some(0), Some(0)]),
        (Some(nested), [Some(1), Some(0), Some(0)]),
        (Some(folded), [Some(2), Some(0), Some(3)]),
        (Some(r#"{"TABLE": {"ADD": "{\"Deta"#), [None, None, None]),
    ] {
        assert_eq!(TABLE_CHANGES.map(|(_, verb)| tables(summary, verb)), expected, "{summary:?}");
    }
}

/// A crawl: its name, when it began and ended, its state.
type Row = (&'static str, u64, Option<u64>, &'static str);

/// What a crawler answers at one look: its state, when its last crawl that is over began, and the crawls that are listed.
type Answer<'a> = (&'static str, Option<u64>, &'a [Row]);

/// A crawler that answers as it is told, and the last answer again and again.
struct Told<'a>(RefCell<VecDeque<Answer<'a>>>);

fn time(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(1000) + Duration::from_secs(seconds)
}

fn crawl((id, began, over, state): &Row) -> CrawlerHistory {
    CrawlerHistory::builder()
        .crawl_id(*id)
        .state(CrawlerHistoryState::from(*state))
        .start_time(DateTime::from(time(*began)))
        .set_end_time(over.map(|over| DateTime::from(time(over))))
        .build()
}

impl Crawler for Told<'_> {
    async fn state(&self) -> Result<State, AwsError> {
        let (name, last, _) = self.0.borrow()[0];
        Ok(State { name: name.to_owned(), last_started: last.map(time) })
    }

    /// It is asked for after the state where both are, and is the last call of a look that finds.
    async fn crawls(&self, _since: SystemTime) -> Result<Vec<CrawlerHistory>, AwsError> {
        let mut answers = self.0.borrow_mut();
        let crawls = answers[0].2.iter().map(crawl).collect();
        if answers.len() > 1 {
            answers.pop_front();
        }
        Ok(crawls)
    }

    async fn start(&self) -> Result<(), AwsError> {
        Ok(())
    }

    async fn stop(&self) -> Result<(), AwsError> {
        Ok(())
    }

    async fn pass_on_log(&self, _crawl: &CrawlerHistory, _ended: Ended, _log: &Log<'_>) {}
}

/// Who asks: which attempt of its generation, when that began, and when the first look of the attempt ended.
#[derive(Clone, Copy)]
struct Asks {
    attempt: i64,
    began: Option<u64>,
    looked: Option<u64>,
    if_running: IfRunning,
}

const FIRST: Asks = Asks { attempt: 1, began: Some(100), looked: None, if_running: IfRunning::Adopt };

fn job<'a>(asks: Asks, answers: &[Answer<'a>]) -> CrawlJob<Told<'a>> {
    let told = |at: Option<u64>| at.and_then(|at| Timestamp::try_from(time(at)).ok());
    let context = RunContext {
        try_number: asks.attempt,
        run_started: told(Some(0)),
        generation_started: told(asks.began),
        waiting_since: told(asks.looked),
        ..RunContext::default()
    };
    let spec = Crawl { crawler: "c".to_owned(), if_running: asks.if_running, listing_lag: None };
    let told = Told(RefCell::new(answers.iter().copied().collect()));
    CrawlJob::of(told, "eu-west-1".to_owned(), &spec, &context)
}

fn key() -> Key {
    let plan = PlanFile {
        version: 0,
        project: String::new(),
        dag_id: String::new(),
        environment: String::new(),
        region: None,
        time_zone: None,
        tasks: BTreeMap::new(),
    };
    let identity = Identity { kind: "crawl", target: Vec::new(), content: content([]) };
    Key::new(&plan, &RunContext::default(), identity)
}

/// What is found: the crawl, and whether it runs, stops, or has ended; or why not.
fn found_by(asks: Asks, answer: Answer<'_>) -> String {
    let mut job = job(asks, &[answer]);
    match simulated::play(job.find(&key())) {
        Ok(found) => match found.first() {
            Some(Found { handle, phase, .. }) => {
                let phase = format!("{phase:?}");
                format!("{handle} {}", phase.split('(').next().unwrap_or_default())
            }
            None => "nothing".to_owned(),
        },
        Err(trouble) => Failure::from(trouble).message,
    }
}

#[test]
fn a_crawl_is_found_by_what_is_known_of_its_time() {
    let again = Asks { attempt: 2, ..FIRST };
    let later = Asks { looked: Some(110), ..FIRST };
    let fails = |asks| Asks { if_running: IfRunning::Fail, ..asks };
    let waits = |asks| Asks { if_running: IfRunning::Wait, ..asks };
    let old: Row = ("old", 50, Some(80), "COMPLETED");
    for (what, asks, answer, expected) in [
        ("what was over before is none", again, ("READY", Some(50), &[old][..]), "nothing"),
        // What it is listed as is how it was some time ago.
        (
            "one of before that is over, listed as running",
            again,
            ("READY", Some(50), &[("old", 50, None, "RUNNING")]),
            "c/old Stopping",
        ),
        (
            "its own that is over, listed as running",
            again,
            ("READY", Some(105), &[("own", 105, None, "RUNNING"), old]),
            "c/own Stopping",
        ),
        (
            "one that has failed hides another that is not listed",
            again,
            ("RUNNING", Some(105), &[("own", 105, Some(120), "FAILED")]),
            "c/own Stopping",
        ),
        (
            "one that has failed hides another that is over and not listed",
            again,
            ("READY", Some(130), &[("own", 105, Some(120), "FAILED")]),
            "c/own Stopping",
        ),
        (
            "one that has failed and is the newest",
            again,
            ("READY", Some(105), &[("own", 105, Some(120), "FAILED")]),
            "c/own Failed",
        ),
        ("a later look, not listed yet", fails(later), ("RUNNING", Some(50), &[old]), "c Stopping"),
        (
            "a later look, one of before listed as running",
            fails(later),
            ("RUNNING", Some(50), &[("old", 50, None, "RUNNING")]),
            "c Stopping",
        ),
        (
            "a later look at a crawler to which a deploy has moved it",
            later,
            ("READY", Some(170), &[("own", 170, Some(190), "COMPLETED"), ("old", 20, Some(40), "COMPLETED")]),
            "c/own Succeeded",
        ),
        // Airflow's clock is behind: the look ended at 130.
        (
            "a later look by another clock",
            Asks { looked: Some(108), began: Some(106), ..FIRST },
            (
                "READY",
                Some(129),
                &[("own", 129, Some(190), "COMPLETED"), ("old", 50, Some(100), "COMPLETED")],
            ),
            "c/own Succeeded",
        ),
        // By a clock that is behind, the crawl of before was running when the look ended.
        (
            "a later look beside a crawl of before that was stopped",
            Asks { looked: Some(108), began: Some(106), ..FIRST },
            ("RUNNING", Some(90), &[("own", 112, None, "RUNNING"), ("old", 90, Some(110), "STOPPED")]),
            "c/own Running",
        ),
        // It was running when the task was cleared, and waited for.
        (
            "a later look after another's crawl",
            waits(Asks { looked: Some(301), began: Some(200), ..FIRST }),
            (
                "READY",
                Some(310),
                &[("own", 310, Some(340), "COMPLETED"), ("old", 50, Some(309), "COMPLETED")],
            ),
            "c/own Succeeded",
        ),
    ] {
        assert_eq!(found_by(asks, answer), expected, "{what}");
    }
}

/// A later look knows its crawl by that it was running when the first one ended.
#[test]
fn a_look_ends_only_while_its_crawl_is_running() {
    let running: Answer<'_> = ("RUNNING", None, &[]);
    let unlisted: Answer<'_> = ("READY", Some(105), &[]);
    let behind: Answer<'_> = ("READY", Some(105), &[("own", 105, None, "RUNNING")]);
    let over: Answer<'_> = ("READY", Some(105), &[("own", 105, Some(107), "COMPLETED")]);
    for (answers, is_looked_at_again, expected) in [
        (&[running, running][..], true, Phase::Running("RUNNING".to_owned())),
        (&[unlisted, unlisted, behind, over], true, Phase::Succeeded),
        (&[unlisted, unlisted], false, Phase::Running("READY, with the crawl not listed so yet".to_owned())),
    ] {
        simulated::set(Some(Duration::ZERO));
        let mut job = job(FIRST, answers).looked_at_again(is_looked_at_again);
        let handle = job.handle(None, true);
        let phase = simulated::play(job.poll(&handle)).unwrap();
        simulated::set(None);
        assert_eq!(phase, expected, "{answers:?}");
    }
}

/// Ours is over and not listed, or listed as running, and the crawler runs somebody else's.
#[test]
fn only_the_tasks_own_crawl_is_stopped() {
    let ready: Answer<'_> = ("READY", Some(50), &[]);
    for (now, expected) in [
        (("RUNNING", Some(50), &[][..]), Cancelled::WasTold),
        (("STOPPING", Some(50), &[]), Cancelled::HadEnded),
        (("RUNNING", Some(105), &[]), Cancelled::HadEnded),
        (("RUNNING", Some(105), &[("own", 105, None, "RUNNING")]), Cancelled::HadEnded),
    ] {
        let mut job = job(FIRST, &[ready, now]);
        simulated::play(job.find(&key())).unwrap();
        let handle = job.handle(None, true);
        assert_eq!(simulated::play(job.cancel(&handle)).unwrap(), expected, "{now:?}");
    }
}

/// An attempt starts one crawl: what has come of it is told from the one that had failed before.
#[test]
fn what_has_failed_since_the_start_is_counted_beside_what_had_failed_before() {
    let old: Row = ("old", 105, Some(110), "FAILED");
    let new: Row = ("new", 120, Some(122), "FAILED");
    let answers: [Answer<'_>; 2] = [("READY", Some(105), &[old]), ("READY", Some(120), &[new, old])];
    let mut job = job(Asks { attempt: 2, ..FIRST }, &answers);
    assert_eq!(simulated::play(job.find(&key())).unwrap().len(), 1);
    job.before = Some(job.there.clone());
    let found = simulated::play(job.find(&key())).unwrap();
    let ids: Vec<_> = found.iter().map(|found| found.handle.to_string()).collect();
    assert_eq!(ids, ["c/new", "c/old"]);
}

/// Of one crawl, `GetCrawler` may tell the second in which it began, and `ListCrawls` the millisecond.
#[test]
fn a_crawl_of_before_is_known_also_where_its_beginning_is_cut_to_seconds() {
    let began = time(50) + Duration::from_millis(400);
    let sooner = began - Duration::from_millis(1);
    let crawl = CrawlerHistory::builder().start_time(DateTime::from(began)).build();
    for (last, expected) in [
        (Some(time(50)), true),
        (Some(began), true),
        (Some(sooner), false),
        (Some(time(49)), false),
        (None, false),
    ] {
        assert_eq!(has_begun_by(&crawl, last), expected, "{last:?}");
    }
}
