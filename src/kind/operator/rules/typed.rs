//! Values that an operator's class refuses as soon as it is made, when the DAG file is read: what is no number of
//! seconds, and words that it does not know.

use super::{Known, refused};
use crate::diagnostic::{Diagnostic, list, nearest};
use crate::yaml::{Kind, Node, Scalar};

/// Arguments of every sensor that are seconds (`BaseSensorOperator`).
const SECONDS: &[&str] = &["poke_interval", "timeout", "max_wait"];

/// How a sensor waits (`BaseSensorOperator`).
const MODES: &[&str] = &["poke", "reschedule"];

/// How every operator's priority adds up (`BaseOperator`). A strategy of the user's is named by its import path.
const WEIGHT_RULES: &[&str] = &["downstream", "upstream", "absolute"];

/// Says what is wrong with a value.
pub(super) fn wrong(known: &Known<'_>, name: &str, value: &Node) -> Option<Diagnostic> {
    let is_sensor = known.own.is_some_and(|own| own.argument("soft_fail").is_some());
    match name {
        "mode" if is_sensor => word(name, value, MODES),
        "weight_rule" => word(name, value, WEIGHT_RULES),
        _ if is_sensor && SECONDS.contains(&name) => seconds(name, value),
        _ => None,
    }
}

/// Holds a value to a number of seconds. Airflow does not fill it in: it looks at it before there is a run.
fn seconds(name: &str, value: &Node) -> Option<Diagnostic> {
    let text = value.as_scalar().map_or("", |scalar| scalar.text.as_str());
    let number =
        value.as_scalar().filter(|scalar| is_number(scalar)).and_then(|scalar| scalar.text.parse().ok());
    if value.is_null() || number.is_some_and(|number: f64| number >= 0.0) {
        return None;
    }
    let diagnostic = refused(value.span, format!("`{name}` is a number of seconds from 0 on"))
        .note("Airflow would not read the DAG file");
    Some(match text.parse::<f64>() {
        Ok(number) if number >= 0.0 => diagnostic.help(format!("write `{text}` without quotes")),
        _ => diagnostic.help("write `300` for five minutes"),
    })
}

/// A number, also one that comes from a variable.
fn is_number(scalar: &Scalar) -> bool {
    scalar.is_number() || scalar.expanded
}

/// Holds a value to the words that the class knows.
fn word(name: &str, value: &Node, words: &[&str]) -> Option<Diagnostic> {
    let Kind::Scalar(scalar) = &value.kind else { return None };
    let text = scalar.text.as_str();
    if words.contains(&text) || value.is_null() || text.contains('.') {
        return None;
    }
    let diagnostic = refused(value.span, format!("`{name}` knows no `{text}`"))
        .note("Airflow would not read the DAG file");
    Some(match nearest(text, words.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(format!("it is one of {}", list(words))),
    })
}
