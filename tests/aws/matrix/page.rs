//! What was measured, for people between two lines of `docs/at-most-once.md`, and for the simulation, which is to come
//! to the same, in `measured.tsv`.

use super::case::{Course, Event, Request};
use super::fault::Fault;
use super::outcome::Outcome;
use super::rows::ROWS;
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

/// Holds the page and the file to what was measured; `UPDATE=1` writes them.
pub(super) fn hold(requests: &[Vec<Request>], measured: &[Measured]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = root.join("docs/at-most-once.md");
    let before = fs::read_to_string(&page).unwrap();
    let (head, rest) = before.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    hold_file(&root.join("tests/aws/matrix/measured.tsv"), &lines(requests, measured));
    hold_file(&page, &format!("{head}{BEGIN}\n{}\n{END}{tail}", text(requests, measured)));
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

/// What was measured, a line a history.
fn lines(requests: &[Vec<Request>], measured: &[Measured]) -> String {
    let mut lines = String::from("job\trequest\twhat happens\toutcome\tattempts\tstarts\tadopted\n");
    for (row, of) in ROWS.iter().enumerate() {
        let mut add = |request: &str, what: &str, is_it: &dyn Fn(&Trouble) -> bool| {
            if let Some(one) = measured.iter().find(|one| one.row == row && is_it(&one.trouble)) {
                let (outcome, course) = (one.told.outcome.to_string(), course(one));
                let outcome = outcome.trim_matches('*');
                writeln!(lines, "{}\t{request}\t{what}\t{outcome}\t{course}", of.name).unwrap();
            }
        };
        for event in Event::ALL {
            add("", event.title(), &|it| matches!(it, Trouble::Event(other) if *other == event));
        }
        for request in &requests[row] {
            for fault in Fault::ALL {
                let is_it = |it: &Trouble| matches!(it, Trouble::Fault(other, at) if other == request && *at == fault);
                add(&request.label, fault.title(), &is_it);
            }
        }
    }
    lines
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

fn text(requests: &[Vec<Request>], measured: &[Measured]) -> String {
    let mut text = String::new();
    text += &table(&["outcome", "what it means"], &["histories".to_owned()]);
    for outcome in Outcome::ALL {
        let count = measured.iter().filter(|one| one.told.outcome == outcome).count();
        line(&mut text, [outcome.to_string(), outcome.meaning().to_owned(), count.to_string()]);
    }
    text += "\n";
    text += &table(&["", "histories"], Outcome::ALL.map(|outcome| outcome.to_string()).as_slice());
    for (row, of) in ROWS.iter().enumerate() {
        let of_row: Vec<_> = measured.iter().filter(|one| one.row == row).collect();
        let count = |outcome| of_row.iter().filter(|one| one.told.outcome == outcome).count().to_string();
        line(
            &mut text,
            [of.name.to_owned(), of_row.len().to_string()].into_iter().chain(Outcome::ALL.map(count)),
        );
    }
    text += "\n### Something happens between two looks\n\n";
    text += &table(&[""], &Event::ALL.map(|event| event.title().to_owned()));
    for (row, of) in ROWS.iter().enumerate() {
        let cells = Event::ALL.map(|event| {
            cell(measured, row, |trouble| matches!(trouble, Trouble::Event(other) if *other == event))
        });
        line(&mut text, [of.name.to_owned()].into_iter().chain(cells));
    }
    text += "\n### Something goes wrong at a request\n";
    for (row, of) in ROWS.iter().enumerate() {
        write!(text, "\n**{}**\n\n", of.name).unwrap();
        text += &table(&[""], &Fault::ALL.map(|fault| fault.title().to_owned()));
        for request in &requests[row] {
            let cells = Fault::ALL.map(|fault| {
                cell(measured, row, |trouble| {
                    matches!(trouble, Trouble::Fault(other, at) if other == request && *at == fault)
                })
            });
            line(&mut text, [format!("`{}`", request.label)].into_iter().chain(cells));
        }
    }
    text
}

fn cell(measured: &[Measured], row: usize, is_it: impl Fn(&Trouble) -> bool) -> String {
    let one = measured.iter().find(|one| one.row == row && is_it(&one.trouble));
    one.map_or_else(|| "–".to_owned(), |one| one.told.outcome.to_string())
}

fn table(first: &[&str], titles: &[String]) -> String {
    let mut text = String::new();
    let titles: Vec<_> =
        first.iter().map(|title| (*title).to_owned()).chain(titles.iter().cloned()).collect();
    let rule = vec!["---".to_owned(); titles.len()];
    line(&mut text, titles);
    line(&mut text, rule);
    text
}

fn line(text: &mut String, cells: impl IntoIterator<Item = String>) {
    let cells: Vec<_> = cells.into_iter().collect();
    writeln!(text, "| {} |", cells.join(" | ")).unwrap();
}
