//! What was measured, for people between two lines of `docs/at-most-once.md`, and for the simulation, which is to come
//! to the same, in `measured.tsv`.

use super::case::{Course, Event, Request};
use super::fault::Fault;
use super::outcome::Outcome;
use super::rows::{ROWS, Row};
use super::{Measured, Trouble};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- measured -->\n";
const END: &str = "<!-- end -->\n";

/// Names a history.
pub(super) fn place(one: &Measured) -> String {
    let row = ROWS[one.row].name;
    match &one.trouble {
        Trouble::Fault(request, fault) => format!("{row}, {}, {}", request.label, fault.title()),
        Trouble::Event(event) => format!("{row}, {}", event.title()),
    }
}

/// One line of the file: a history.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    job: String,
    /// At which request something happens; empty when it happens at none.
    request: String,
    what: String,
    outcome: Outcome,
    /// How the attempts have ended, how many starts were sent, whether the last one has found its job.
    course: String,
}

/// Holds the page and the file to what was measured; `UPDATE=1` writes them. Of rows that were not asked for the file is believed.
pub(super) fn hold(only: &str, requests: &[Vec<Request>], measured: &[Measured]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (page, file) = (root.join("docs/at-most-once.md"), root.join("tests/aws/matrix/measured.tsv"));
    let there: Vec<Line> = fs::read_to_string(&file).unwrap().lines().skip(1).map(read).collect();
    let of = |(row, of): (usize, &Row)| {
        if of.name.contains(only) {
            return lines(row, &requests[row], measured);
        }
        there.iter().filter(|line| line.job == of.name).cloned().collect()
    };
    let lines: Vec<Line> = ROWS.iter().enumerate().flat_map(of).collect();
    let before = fs::read_to_string(&page).unwrap();
    let (head, rest) = before.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    let written: String = lines.iter().map(written).collect();
    hold_file(&file, &format!("job\trequest\twhat happens\toutcome\tattempts\tstarts\tadopted\n{written}"));
    hold_file(&page, &format!("{head}{BEGIN}\n{}\n{END}{tail}", text(&lines)));
}

fn hold_file(path: &Path, text: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, text).unwrap();
    }
    let path_shown = path.display();
    let there = fs::read_to_string(path).unwrap_or_default();
    let differ: Vec<_> = text.lines().filter(|line| !there.lines().any(|other| other == *line)).collect();
    assert!(
        there == text,
        "{path_shown} is not what was measured; `UPDATE=1` writes it. It has not:\n{}",
        differ.join("\n")
    );
}

/// What was measured of a row, a line a history.
fn lines(row: usize, requests: &[Request], measured: &[Measured]) -> Vec<Line> {
    let find = |request: &str, what: &str, is_it: &dyn Fn(&Trouble) -> bool| {
        let one = measured.iter().find(|one| one.row == row && is_it(&one.trouble))?;
        Some(Line {
            job: ROWS[row].name.to_owned(),
            request: request.to_owned(),
            what: what.to_owned(),
            outcome: one.told.outcome,
            course: course(one),
        })
    };
    let events = Event::ALL
        .map(|event| find("", event.title(), &|it| matches!(it, Trouble::Event(other) if *other == event)));
    let faults = requests.iter().flat_map(|request| {
        Fault::ALL.map(|fault| {
            let is_it =
                |it: &Trouble| matches!(it, Trouble::Fault(other, at) if other == request && *at == fault);
            find(&request.label, fault.title(), &is_it)
        })
    });
    events.into_iter().chain(faults).flatten().collect()
}

fn written(line: &Line) -> String {
    let Line { job, request, what, outcome, course } = line;
    format!("{job}\t{request}\t{what}\t{}\t{course}\n", outcome.to_string().trim_matches('*'))
}

fn read(text: &str) -> Line {
    let [job, request, what, outcome, course] =
        text.splitn(5, '\t').collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("too short: {text}"));
    let is_it = |it: &Outcome| it.to_string().trim_matches('*') == outcome;
    let outcome = Outcome::ALL.into_iter().find(is_it).unwrap_or_else(|| panic!("no outcome: {text}"));
    let [job, request, what, course] = [job, request, what, course].map(str::to_owned);
    Line { job, request, what, outcome, course }
}

fn course(one: &Measured) -> String {
    match &one.told.course {
        Some(Course { attempts, starts, is_adopted }) => {
            let adopted = if *is_adopted { "yes" } else { "no" };
            format!("{}\t{starts}\t{adopted}", attempts.join(" "))
        }
        None => "–\t–\t–".to_owned(),
    }
}

fn text(lines: &[Line]) -> String {
    let mut text = String::new();
    text += &table(&["outcome", "what it means"], &["histories".to_owned()]);
    for outcome in Outcome::ALL {
        let count = lines.iter().filter(|line| line.outcome == outcome).count();
        push(&mut text, [outcome.to_string(), outcome.meaning().to_owned(), count.to_string()]);
    }
    text += "\n";
    text += &table(&["", "histories"], Outcome::ALL.map(|outcome| outcome.to_string()).as_slice());
    let of = |row: &Row| lines.iter().filter(|line| line.job == row.name).collect::<Vec<_>>();
    for row in ROWS {
        let of_row = of(row);
        let count = |outcome| of_row.iter().filter(|line| line.outcome == outcome).count().to_string();
        let counts = Outcome::ALL.map(count);
        push(&mut text, [row.name.to_owned(), of_row.len().to_string()].into_iter().chain(counts));
    }
    text += "\n### Something happens between two looks\n\n";
    text += &table(&[""], &Event::ALL.map(|event| event.title().to_owned()));
    for row in ROWS {
        push_cells(&mut text, row.name.to_owned(), &of(row), "", &Event::ALL.map(Event::title));
    }
    text += "\n### Something goes wrong at a request\n";
    for row in ROWS {
        write!(text, "\n**{}**\n\n", row.name).unwrap();
        text += &table(&[""], &Fault::ALL.map(|fault| fault.title().to_owned()));
        let of_row = of(row);
        let mut requests: Vec<&str> = of_row.iter().map(|line| line.request.as_str()).collect();
        requests.dedup();
        for request in requests.into_iter().filter(|request| !request.is_empty()) {
            push_cells(&mut text, format!("`{request}`"), &of_row, request, &Fault::ALL.map(Fault::title));
        }
    }
    text
}

/// Adds what has come of each that may happen at a request.
fn push_cells(text: &mut String, name: String, of_row: &[&Line], request: &str, titles: &[&str]) {
    let cell = |title: &&str| {
        let one = of_row.iter().find(|line| line.request == request && line.what == *title);
        one.map_or_else(|| "–".to_owned(), |line| line.outcome.to_string())
    };
    push(text, [name].into_iter().chain(titles.iter().map(cell)));
}

fn table(first: &[&str], titles: &[String]) -> String {
    let mut text = String::new();
    let titles: Vec<_> =
        first.iter().map(|title| (*title).to_owned()).chain(titles.iter().cloned()).collect();
    let rule = vec!["---".to_owned(); titles.len()];
    push(&mut text, titles);
    push(&mut text, rule);
    text
}

fn push(text: &mut String, cells: impl IntoIterator<Item = String>) {
    let cells: Vec<_> = cells.into_iter().collect();
    writeln!(text, "| {} |", cells.join(" | ")).unwrap();
}
