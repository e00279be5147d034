//! The names that Airflow fills in, in what an operator is given: some Airflow 3 has in no run, some only in runs
//! that have a logical date.
//!
//! From `get_template_context` of Airflow 3's `task_runner`: a run that data starts has no logical date, what depends
//! on one is not in its context then, and a name that is not there fails the task.

use super::refused;
use crate::diagnostic::Diagnostics;
use crate::template::{Shared, closing, shared};
use crate::text::Span;
use crate::yaml::{Kind, Node};

/// What Airflow 3 has in no run, and what is written there.
const GONE: &[(&str, &str)] = &[
    ("execution_date", "write `{{ logical_date }}`"),
    ("next_execution_date", "write `{{ data_interval_end }}`"),
    ("prev_execution_date", "write `{{ macros.ds_add(ds, -1) }}`"),
    ("prev_execution_date_success", "write `{{ prev_data_interval_start_success }}`"),
    ("next_ds", "write `{{ data_interval_end | ds }}`"),
    ("next_ds_nodash", "write `{{ data_interval_end | ds_nodash }}`"),
    ("prev_ds", "write `{{ macros.ds_add(ds, -1) }}`"),
    ("prev_ds_nodash", "write `{{ macros.ds_add(ds, -1) | replace('-', '') }}`"),
    ("yesterday_ds", "write `{{ macros.ds_add(ds, -1) }}`"),
    ("yesterday_ds_nodash", "write `{{ macros.ds_add(ds, -1) | replace('-', '') }}`"),
    ("tomorrow_ds", "write `{{ macros.ds_add(ds, 1) }}`"),
    ("tomorrow_ds_nodash", "write `{{ macros.ds_add(ds, 1) | replace('-', '') }}`"),
    ("triggering_dataset_events", "write `{{ triggering_asset_events }}`"),
    ("conf", "write the setting itself, or `{{ var.value.NAME }}`"),
];

/// What only a run with a logical date has in Airflow 3, with what is written for it: dates with a filter of dagc's
/// are the data's own.
const OF_THE_CLOCK: &[(&str, &str)] = &[
    ("ds", "data_interval_start | format('%Y-%m-%d')"),
    ("ds_nodash", "data_interval_start | format('%Y%m%d')"),
    ("ts", "data_interval_start | format('%Y-%m-%dT%H:%M:%S+00:00')"),
    ("ts_nodash", "data_interval_start | format('%Y%m%dT%H%M%S')"),
    ("ts_nodash_with_tz", "data_interval_start | format('%Y%m%dT%H%M%S+0000')"),
    ("logical_date", "data_interval_start | format('%Y-%m-%d')"),
    ("data_interval_start", "data_interval_start | format('%Y-%m-%d')"),
    ("data_interval_end", "data_interval_end | format('%Y-%m-%d')"),
    ("prev_data_interval_start_success", "prev_start_date_success"),
    ("prev_data_interval_end_success", "prev_end_date_success"),
];

/// Tells the names that Airflow 3 has in no run.
pub(super) fn gone(node: &Node, diagnostics: &mut Diagnostics) {
    each_text(node, &mut |span, names| {
        let found = names.iter().find_map(|name| GONE.iter().find(|(gone, _)| gone == name));
        if let Some((name, instead)) = found {
            let message = format!("Airflow 3 has no `{name}`");
            diagnostics.push(refused(span, message).note("the task would fail in every run").help(*instead));
        }
    });
}

/// Tells the names that Airflow 3 has not in a run that data starts.
pub(in crate::kind::operator) fn of_the_clock(node: &Node, diagnostics: &mut Diagnostics) {
    each_text(node, &mut |span, names| {
        let found = names.iter().find_map(|name| OF_THE_CLOCK.iter().find(|(known, _)| known == name));
        if let Some((name, instead)) = found {
            let message = format!("Airflow 3 has no `{name}` in a run that is started by data");
            diagnostics.push(
                refused(span, message)
                    .note(
                        "the task would fail in every run; `{{ dag_run.run_after | ds }}` is when it starts",
                    )
                    .help(format!("write `{{{{ {instead} }}}}`, in the form that is wanted")),
            );
        }
    });
}

/// Gives the names of every text in which Airflow fills in some. What dagc itself writes for Airflow is always there,
/// and a text with statements may set or test its names.
fn each_text(node: &Node, look: &mut impl FnMut(Span, &[&str])) {
    match &node.kind {
        Kind::Sequence(items) => items.iter().for_each(|item| each_text(item, look)),
        Kind::Mapping(entries) => entries.iter().for_each(|entry| each_text(&entry.value, look)),
        Kind::Scalar(scalar) if scalar.text.contains("{%") || scalar.text.contains("{#") => {}
        Kind::Scalar(scalar) => {
            let text = airflows(&scalar.text);
            let names: Vec<&str> = holes(&text).flat_map(names).collect();
            if !names.is_empty() {
                look(node.span, &names);
            }
        }
    }
}

/// A text without what dagc writes into its holes. One that is wrong is told elsewhere.
fn airflows(text: &str) -> String {
    let pieces = shared(text).unwrap_or_default();
    let airflows = pieces.iter().map(|piece| match piece {
        Shared::Airflows(text) => *text,
        Shared::Own(_) => "",
    });
    airflows.collect()
}

/// What stands in the holes of a text.
fn holes(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, hole) = rest.split_once("{{")?;
        let length = closing(hole)?;
        rest = &hole[length..];
        Some(&hole[..length])
    })
}

/// The names that an expression takes from its run: no attribute, filter or argument's name, nothing in quotes. One
/// that says what holds where a name is not there has none.
fn names(expression: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut before = ' ';
    let mut at = 0;
    while let Some(c) = expression[at..].chars().next() {
        let rest = &expression[at..];
        let length = match c {
            '\'' | '"' => rest[1..].find(c).map_or(rest.len(), |end| end + 2),
            _ if c.is_ascii_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let behind = rest[end..].trim_start();
                let is_key = behind.starts_with('=') && !behind.starts_with("==");
                match &rest[..end] {
                    "default" | "defined" | "undefined" => return Vec::new(),
                    name if !matches!(before, '.' | '|') && !is_key => names.push(name),
                    _ => {}
                }
                end
            }
            _ if c.is_ascii_digit() => rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len()),
            _ => c.len_utf8(),
        };
        if !c.is_whitespace() {
            before = c;
        }
        at += length;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::{holes, names};

    #[test]
    fn names_of_the_run_are_found() {
        for (expression, expected) in [
            (" ds ", &["ds"][..]),
            (" dag_run.run_after | ds ", &["dag_run"]),
            (" macros.ds_add(ds, 1) ", &["macros", "ds"]),
            (" f(ds=1, x == ts) ", &["f", "x", "ts"]),
            (" params['ds'] ~ \"ts\" ", &["params"]),
            (" ds | default('x') ", &[]),
            (" ds if ds is defined else '' ", &["if"][..0]),
            (" 2ds + é'", &[]),
        ] {
            assert_eq!(names(expression), expected, "{expression}");
        }
        assert_eq!(holes("a {{ b }} {{ c }}d {{ e").collect::<Vec<_>>(), [" b ", " c "]);
    }
}
