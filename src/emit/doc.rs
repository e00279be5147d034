//! What a DAG file says about itself: the module's docstring, and the page that Airflow shows.

use crate::lang::value::Clock;
use crate::plan::{Dag, DagSchedule, Plan};
use crate::python::{WIDTH, literal};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Returns the text of the module's docstring, escaped, in lines that fit.
pub(super) fn docstring(dag: &Dag) -> String {
    let summary = match &dag.description {
        Some(description) => format!("{}: {description}", dag.id),
        None => format!("The pipeline {}.", dag.id),
    };
    let notice = format!("Made by dagc from {}. Change the spec, not this file.", dag.spec_path);
    format!("{}\n\n{}\n", wrapped(&summary, "\"\"\"".len()), wrapped(&notice, 0))
}

/// Breaks a text into escaped lines between words; `taken` columns of the first line are not free.
fn wrapped(text: &str, taken: usize) -> String {
    let mut out = String::new();
    let mut column = taken;
    for word in text.split_whitespace() {
        let word = literal::block(word);
        let width = literal::width(&word);
        if !out.is_empty() {
            let is_full = column + 1 + width > WIDTH;
            out.push(if is_full { '\n' } else { ' ' });
            column = if is_full { 0 } else { column + 1 };
        }
        out.push_str(&word);
        column += width;
    }
    out
}

/// Returns the DAG's page in Markdown: what the user says of it, when it runs, its tasks, and where the spec is.
pub(super) fn page(plan: &Plan) -> String {
    let dag = &plan.dag;
    let mut page = String::new();
    for text in [&dag.description, &dag.doc].into_iter().flatten() {
        let _ = write!(page, "{}\n\n", text.trim());
    }
    let _ = write!(page, "Written in `{}`; {}", cell(&dag.spec_path), runs(dag));
    if !dag.owner.is_empty() {
        let _ = write!(page, "; owner `{}`", cell(&dag.owner));
    }
    page.push_str(".\n\n| Task | Step | Kind | Line |\n| --- | --- | --- | --- |\n");
    for task in plan.tasks() {
        let (id, step) = (cell(&task.id), cell(&task.step));
        let _ = writeln!(page, "| `{id}` | `{step}` | {} | {} |", task.kind, task.line);
    }
    page
}

/// Says when a DAG runs.
fn runs(dag: &Dag) -> String {
    match &dag.schedule {
        DagSchedule::Clock(Clock::Manual) => "runs when it is started".to_owned(),
        DagSchedule::Clock(Clock::Cron(cron)) => format!("runs at `{}`, {}", cell(cron), cell(&dag.timezone)),
        DagSchedule::Clock(Clock::Every(every)) => format!("runs every {} s", every.0),
        DagSchedule::Assets(uris) => {
            let uris: Vec<String> = uris.iter().map(|uri| format!("`{}`", cell(uri))).collect();
            format!("runs after {}", uris.join(" and "))
        }
    }
}

/// Returns what a cell of a table shows as code, so that nothing in it is Markdown.
fn cell(text: &str) -> Cow<'_, str> {
    if text.contains(['|', '`']) {
        Cow::Owned(text.replace('|', "\\|").replace('`', "'"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docstrings_are_wrapped() {
        let dag = Dag {
            id: "flights".to_owned(),
            description: Some("word ".repeat(30)),
            spec_path: "specs/flights.yaml".to_owned(),
            ..Dag::default()
        };
        let text = docstring(&dag);
        assert!(text.lines().all(|line| line.len() <= WIDTH - 3), "{text}");
        assert!(text.ends_with("Made by dagc from specs/flights.yaml. Change the spec, not this file.\n"));
    }

    #[test]
    fn cells_hold_no_markdown() {
        assert_eq!(cell("load[a|b]"), "load[a\\|b]");
    }
}
