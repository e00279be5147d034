//! One history: a task with its attempts and looks, what goes wrong on the way, and what comes of it.

use super::fault::Fault;
use super::outcome::Outcome;
use super::rows::{Row, Version};
use crate::aws::lab::Lab;
use crate::aws::task::{Ended, Running, Task};
use dagc::service::call::Effect;
use dagc::service::table::operations;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often Airflow tries a task here.
const ATTEMPTS: usize = 4;

/// How long one attempt may take: a call that hangs is given up after a minute.
const LONGEST: Duration = Duration::from_mins(3);

/// The names of one history, which no other one has.
pub(super) struct Scene {
    pub name: String,
    pub access_key: String,
    /// Its job takes long enough for a look to end before.
    pub is_slow: bool,
}

impl Scene {
    pub(super) fn new(number: usize, is_slow: bool) -> Self {
        Self { name: format!("case-{number}"), access_key: format!("AKIACASE{number:012}"), is_slow }
    }

    pub(super) fn schema(&self) -> String {
        self.name.replace('-', "_")
    }

    /// How long its job takes.
    pub(super) fn seconds(&self) -> u64 {
        if self.is_slow { 5 } else { 1 }
    }

    /// Adds a rule for all calls of this history.
    pub(super) fn rule(&self, lab: &Lab, service: &str, operation: &str, more: Value) {
        let mut rule = json!({
            "service": service, "operation": operation, "access_key": self.access_key, "times": null,
        });
        let Value::Object(more) = more else { panic!("{more}") };
        rule.as_object_mut().unwrap().extend(more);
        lab.fault(&rule);
    }

    fn task(&self, lab: &Lab, row: &Row) -> Task {
        let task = Task::on(lab, &self.name, (row.job)(self, Version::One));
        let task = task.env("AWS_ACCESS_KEY_ID", &self.access_key);
        if row.is_untold { task.untold() } else { task }
    }
}

/// A request of a step, as its faultless run has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    pub service: String,
    pub operation: String,
    /// How many calls of this operation came before it.
    pub nth: usize,
    /// It starts or makes something.
    pub starts: bool,
    /// How the page calls it.
    pub label: String,
}

/// What has come of a history, and how.
pub(super) struct Told {
    pub outcome: Outcome,
    /// How it came to it, where that is the same each time.
    pub course: Option<Course>,
    /// The logs of all attempts.
    pub log: String,
}

impl Told {
    fn new(outcome: Outcome, log: String) -> Self {
        Self { outcome, course: None, log }
    }
}

/// How a history came to its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Course {
    /// How each attempt has ended: its exit code, or that it was killed.
    pub attempts: Vec<String>,
    /// How many starts were sent, with or without an answer.
    pub starts: usize,
    /// The last attempt has found its job and not started it.
    pub is_adopted: bool,
}

/// How an attempt ends.
enum End {
    Ended(Ended),
    Killed,
    Stuck,
}

/// Runs a step without a fault; gives its requests, each once before and after each start.
pub(super) fn requests(lab: &Lab, row: &Row, scene: &Scene) -> Vec<Request> {
    (row.prepare)(lab, scene);
    let ended = scene.task(lab, row).run().expect(0);
    assert_eq!(
        judged(lab, row, scene, Version::One, 1, &ended),
        Outcome::Once,
        "{}: {}",
        row.name,
        ended.log
    );
    let (mut seen, mut counts, mut starts) = (BTreeSet::new(), BTreeMap::<String, usize>::new(), 0);
    let mut requests: Vec<Request> = Vec::new();
    for call in lab.calls_with(&scene.access_key) {
        let text = |member: &str| call[member].as_str().unwrap().to_owned();
        let (service, operation) = (text("service"), text("operation"));
        // IAM has a name of its own for it.
        let prefix = match service.as_str() {
            "stepfunctions" => "states",
            "emr" => "elasticmapreduce",
            same => same,
        };
        let name = format!("{prefix}:{operation}");
        let known = operations().find(|known| known.name == name).unwrap_or_else(|| panic!("{name}"));
        let nth = counts.entry(name.clone()).or_default();
        if seen.insert((name.clone(), starts)) {
            let same = requests.iter().filter(|other| other.operation == operation).count();
            let label = if same == 0 { operation.clone() } else { format!("{operation} ({})", same + 1) };
            let starts = known.effect == Effect::Starts;
            requests.push(Request { service, operation, nth: *nth, starts, label });
        }
        *nth += 1;
        starts += usize::from(known.effect == Effect::Starts);
    }
    requests
}

/// Runs a step with a fault at a request of its first attempt, until an attempt ends for good.
pub(super) fn with_fault(lab: &Lab, row: &Row, scene: &Scene, request: &Request, fault: Fault) -> Told {
    (row.prepare)(lab, scene);
    lab.fault(&fault.rule(request, &scene.access_key));
    let (mut task, mut log) = (scene.task(lab, row), String::new());
    let (mut last, mut course) = (None, Course::default());
    for attempt in 0..ATTEMPTS {
        match end(lab, row, scene, task.spawn(), fault.kills() && attempt == 0) {
            End::Stuck => return Told::new(Outcome::Stuck, log),
            End::Killed => {
                writeln!(log, "-- killed").unwrap();
                course.attempts.push("killed".to_owned());
            }
            End::Ended(ended) => {
                write!(log, "-- {}\n{}", ended.code, ended.log).unwrap();
                course.attempts.push(ended.code.to_string());
                course.is_adopted = ended.outputs["adopted"] == true;
                let goes_on = [75, 143].contains(&ended.code);
                last = Some(ended);
                if !goes_on {
                    break;
                }
            }
        }
        task = task.retry();
    }
    course.starts = starts(lab, scene).len();
    let outcome = last.map_or(Outcome::Refused, |last| judged(lab, row, scene, Version::One, 1, &last));
    // How often the first of several statements is looked at depends on time, and with it which one a look is at.
    let is_timed = row.is_untold || (row.starts > 1 && !request.starts);
    let course = (!is_timed || !fault.kills()).then_some(course);
    Told { outcome: row.perhaps_again(outcome, fault.kills()), course, log }
}

/// What happens between two looks of a task that waits without a slot, or to one that waits in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Nothing,
    Cleared,
    ClearedAfterwards,
    Marked,
    Deployed,
    Killed,
    TwoAtOnce,
}

impl Event {
    pub(super) const ALL: [Self; 7] = [
        Self::Nothing,
        Self::Cleared,
        Self::ClearedAfterwards,
        Self::Marked,
        Self::Deployed,
        Self::Killed,
        Self::TwoAtOnce,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Cleared => "cleared",
            Self::ClearedAfterwards => "cleared when over",
            Self::Marked => "marked",
            Self::Deployed => "deployed",
            Self::Killed => "a look killed",
            Self::TwoAtOnce => "two attempts at once",
        }
    }
}

/// Runs a step that waits without a slot; something happens after its first look.
pub(super) fn with_event(lab: &Lab, row: &Row, scene: &Scene, event: Event) -> Told {
    (row.prepare)(lab, scene);
    if event == Event::TwoAtOnce {
        return two_at_once(lab, row, scene);
    }
    let mut log = String::new();
    let task = scene.task(lab, row).rescheduled(0);
    let first = task.run();
    write!(log, "-- {}\n{}", first.code, first.log).unwrap();
    assert_eq!(first.code, 98, "{}: {log}", row.name);
    let (task, version) = match event {
        Event::Deployed => (task.job((row.job)(scene, Version::Two)), Version::Two),
        _ => (task, Version::One),
    };
    if event == Event::Marked {
        return Told::new(gone_on(lab, row, scene, first.outputs["handle"].as_str()), log);
    }
    (row.release)(lab, scene, version);
    let ended = match event {
        Event::Cleared => looks(&task.cleared(), None, &mut log),
        Event::Killed => {
            let running = task.later(0).spawn();
            sleep(Duration::from_millis(40));
            running.sigkill();
            looks(&task.retry(), None, &mut log)
        }
        Event::ClearedAfterwards => {
            looks(&task, Some(Instant::now()), &mut log);
            looks(&task.cleared(), None, &mut log)
        }
        _ => looks(&task, Some(Instant::now()), &mut log),
    };
    let generations = if event == Event::ClearedAfterwards { 2 } else { 1 };
    let outcome = ended.map_or(Outcome::Stuck, |ended| judged(lab, row, scene, version, generations, &ended));
    Told::new(row.perhaps_again(outcome, event == Event::Killed), log)
}

/// Looks until the task has ended; none when it does not.
fn looks(task: &Task, first_ended: Option<Instant>, log: &mut String) -> Option<Ended> {
    let (mut task, mut first_ended) = (task.clone(), first_ended);
    let began = Instant::now();
    while began.elapsed() < LONGEST {
        let look = match first_ended {
            Some(at) => task.later(at.elapsed().as_secs().try_into().unwrap()),
            None => task.clone(),
        };
        let ended = look.run();
        write!(log, "-- {}\n{}", ended.code, ended.log).unwrap();
        match ended.code {
            98 => first_ended = first_ended.or_else(|| Some(Instant::now())),
            75 => (task, first_ended) = (task.retry(), None),
            _ => return Some(ended),
        }
        sleep(Duration::from_millis(500));
    }
    None
}

/// Nobody looks any more: what has become of the job that the first look has left.
fn gone_on(lab: &Lab, row: &Row, scene: &Scene, handle: Option<&str>) -> Outcome {
    let began = Instant::now();
    while !(row.succeeded)(lab, scene, Version::One, handle.unwrap_or_default()) {
        if began.elapsed() > LONGEST {
            return Outcome::Stuck;
        }
        sleep(Duration::from_millis(500));
    }
    let starts: usize = jobs(lab, scene).values().map(BTreeSet::len).sum();
    if starts > row.starts.min(1) { Outcome::Twice } else { Outcome::GoesOn }
}

/// Airflow has taken a task's worker for dead, and has started the next attempt beside it.
fn two_at_once(lab: &Lab, row: &Row, scene: &Scene) -> Told {
    let task = scene.task(lab, row);
    let one = task.spawn();
    let other = task.retry().spawn();
    (row.release)(lab, scene, Version::One);
    let mut log = String::new();
    let ends = [one, other].map(|running| end(lab, row, scene, running, false));
    let mut outcome = Outcome::Stuck;
    for end in ends {
        let End::Ended(ended) = end else { return Told::new(Outcome::Stuck, log) };
        write!(log, "-- {}\n{}", ended.code, ended.log).unwrap();
        outcome = judged(lab, row, scene, Version::One, 1, &ended);
    }
    Told::new(row.perhaps_again(outcome, true), log)
}

/// Waits for the end of an attempt, or kills it as soon as one of its requests hangs. Airflow tells it to stop when the
/// task's time is over.
fn end(lab: &Lab, row: &Row, scene: &Scene, mut running: Running, kills: bool) -> End {
    let began = Instant::now();
    loop {
        if running.has_ended() {
            return End::Ended(running.ended());
        }
        if !kills {
            sleep(Duration::from_millis(20));
        } else if lab.hangs(&scene.access_key, 0.5) {
            running.sigkill();
            return End::Killed;
        }
        if row.timeout.is_some_and(|seconds| began.elapsed() > Duration::from_secs(seconds)) {
            return End::Ended(running.sigterm().0);
        }
        if began.elapsed() > LONGEST {
            running.sigkill();
            return End::Stuck;
        }
    }
}

/// The starts that a history has sent: for which key, and which job they have started; none where the service has
/// refused or done nothing.
fn starts(lab: &Lab, scene: &Scene) -> Vec<(String, Option<String>)> {
    let mut starts = Vec::new();
    for call in lab.calls_with(&scene.access_key) {
        let (request, notes) = (&call["request"], &call["notes"]);
        let (key, handle) = match call["operation"].as_str().unwrap() {
            "StartJobRun" if call["service"] == "glue" => {
                (request["Arguments"]["--dagc-key"].as_str(), &notes["run"])
            }
            "StartCrawler" => (Some(""), &notes["crawl"]),
            "StartQueryExecution" => {
                let mark = request["QueryString"].as_str().and_then(|sql| sql.strip_prefix("-- dagc:"));
                let token =
                    request["ClientRequestToken"].as_str().and_then(|token| Some(token.rsplit_once('-')?.0));
                (mark.and_then(|mark| mark.lines().next()).or(token), &notes["query"])
            }
            "StartDataQualityRulesetEvaluationRun" => {
                let token = request["ClientToken"].as_str().and_then(|token| Some(token.rsplit_once('-')?.0));
                (token, &notes["run"])
            }
            // It has no key: what one history invokes is for the same.
            "Invoke" => (Some("function"), &notes["invocation"]),
            "StartExecution" | "StartSyncExecution" => {
                let name = request["name"].as_str().and_then(|name| name.strip_prefix("dagc-"));
                (name.and_then(|name| Some(name.rsplit_once('-')?.0)), &notes["execution"])
            }
            "StartTaskExecution" => {
                let mark = request["Tags"][0]["Value"].as_str();
                (mark.and_then(|mark| Some(mark.rsplit_once('-')?.0)), &notes["execution"])
            }
            "StartJobRun" => {
                let name = request["name"].as_str().and_then(|name| name.split_once(" dagc-"));
                (name.map(|(_, key)| key), &notes["run"])
            }
            "AddJobFlowSteps" => {
                let name = request["Steps"][0]["Name"].as_str().and_then(|name| name.split_once(" dagc-"));
                (name.and_then(|(_, mark)| Some(mark.split_once('/')?.0)), &notes["step"])
            }
            // Its mark is a tag, which the lab tells.
            "StartReplicationTask" => {
                let mark = notes["mark"].as_str().and_then(|mark| mark.split_once('/'));
                (mark.and_then(|(mark, _)| Some(mark.rsplit_once('-')?.0)), &notes["run"])
            }
            // It has no key: what one history asks for is for the same, and each generation may ask for it.
            "PauseCluster" => (Some(""), &notes["change"]),
            "RunTask" => {
                (request["group"].as_str().and_then(|name| name.strip_prefix("dagc-")), &notes["task"])
            }
            "ExecuteStatement" | "BatchExecuteStatement" => {
                let name = request["StatementName"].as_str();
                (name.filter(|name| name.starts_with("dagc:")), &notes["statement"])
            }
            _ => continue,
        };
        starts.extend(key.map(|key| (key.to_owned(), handle.as_str().map(str::to_owned))));
    }
    starts
}

/// The jobs that a history has started, by what each was started for.
fn jobs(lab: &Lab, scene: &Scene) -> BTreeMap<String, BTreeSet<String>> {
    let mut jobs = BTreeMap::<String, BTreeSet<String>>::new();
    for (key, handle) in starts(lab, scene) {
        if let Some(handle) = handle {
            jobs.entry(key).or_default().insert(handle);
        }
    }
    jobs
}

/// Says what has come of a history whose last attempt has ended so.
fn judged(
    lab: &Lab,
    row: &Row,
    scene: &Scene,
    version: Version,
    generations: usize,
    last: &Ended,
) -> Outcome {
    let starts = jobs(lab, scene);
    let most = |key: &str| if key.is_empty() { generations } else { 1 };
    let is_twice = starts.iter().any(|(key, handles)| handles.len() > most(key));
    let is_proven = || {
        let handle = last.outputs["handle"].as_str();
        // Where there is nothing to do, there is no handle.
        let fewest = if handle.is_none() { row.starts } else { row.starts * generations };
        starts.values().map(BTreeSet::len).sum::<usize>() >= fewest
            && handle.is_none_or(|handle| (row.succeeded)(lab, scene, version, handle))
            && (generations > 1 || (row.holds)(lab, scene, version))
    };
    match last.code {
        0 if is_twice && row.is_untold && is_proven() => Outcome::Again,
        _ if is_twice => Outcome::Twice,
        0 if is_proven() => Outcome::Once,
        0 => Outcome::Unfounded,
        _ => Outcome::Refused,
    }
}
