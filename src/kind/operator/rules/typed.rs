//! Values that an operator's class refuses as soon as it is made, when the DAG file is read, or takes for something
//! else: what is no number, no truth value, and words that it does not know.

use super::signature::Holds;
use super::words::{self, Words};
use super::{Known, refused};
use crate::diagnostic::{Diagnostic, list, nearest};
use crate::yaml::{Kind, Node, Scalar};

/// Arguments of every sensor that are seconds (`BaseSensorOperator`).
const SECONDS: &[&str] = &["poke_interval", "timeout", "max_wait"];

/// Says what is wrong with a value. `given` are the names of all arguments.
pub(super) fn wrong(known: &Known<'_>, name: &str, value: &Node, given: &[&str]) -> Option<Diagnostic> {
    let own = known.own.and_then(|own| own.argument(name));
    let is_sensor = known.own.is_some_and(|own| own.argument("soft_fail").is_some());
    if is_sensor && SECONDS.contains(&name) {
        return seconds(name, value);
    }
    if let Some(words) = words::of(known, name, is_sensor, given) {
        return held(name, value, &words);
    }
    let argument = own.or_else(|| known.common.argument(name))?;
    // What Airflow fills in has its value later.
    if value.is_null() || (argument.is_filled && is_template(value)) {
        return None;
    }
    match argument.holds {
        Holds::Any => None,
        Holds::Truth => truth(name, value),
        Holds::Number => number(name, value),
        Holds::Word(words) => one(name, value, &words.split('|').collect::<Vec<_>>()),
    }
}

fn is_template(value: &Node) -> bool {
    value.as_scalar().is_some_and(|scalar| scalar.text.contains("{{"))
}

fn text(value: &Node) -> &str {
    value.as_scalar().map_or("", |scalar| scalar.text.as_str())
}

/// Holds a value to a truth value: any text is true to Python, also `"false"`.
fn truth(name: &str, value: &Node) -> Option<Diagnostic> {
    if value.as_scalar().is_some_and(|scalar| scalar.as_bool().is_some() || scalar.expanded) {
        return None;
    }
    let diagnostic = refused(value.span, format!("`{name}` is `true` or `false`"));
    Some(match text(value) {
        text @ ("true" | "false") => diagnostic.help(format!("write `{text}` without quotes")),
        "yes" | "on" | "1" => diagnostic.help("write `true`"),
        "no" | "off" | "0" => diagnostic.help("write `false`"),
        _ => diagnostic.note("any text and any list is true to Python").help("write one of the two"),
    })
}

/// Holds a value to a number; a truth value is one to Python.
fn number(name: &str, value: &Node) -> Option<Diagnostic> {
    if value.as_scalar().is_some_and(|scalar| is_number(scalar) || scalar.as_bool().is_some()) {
        return None;
    }
    let diagnostic = refused(value.span, format!("`{name}` is a number"));
    Some(if text(value).parse::<f64>().is_ok() {
        diagnostic.help(format!("write `{}` without quotes", text(value)))
    } else {
        diagnostic.help("write a number, such as `5`")
    })
}

/// Holds a value to a number of seconds. Airflow does not fill it in: it looks at it before there is a run.
fn seconds(name: &str, value: &Node) -> Option<Diagnostic> {
    let text = text(value);
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

/// Holds a value, or each of a list, to words.
fn held(name: &str, value: &Node, words: &Words) -> Option<Diagnostic> {
    match &value.kind {
        Kind::Sequence(items) if words.takes_list => {
            items.iter().find_map(|item| one(name, item, words.known))
        }
        Kind::Scalar(scalar) if words.wants_list && !value.is_null() => {
            let diagnostic = refused(value.span, format!("`{name}` is a list"));
            let note = "Python would take the text apart, letter by letter";
            Some(diagnostic.note(note).help(format!("write `[{}]`", scalar.text)))
        }
        Kind::Scalar(scalar) if words.open && scalar.text.contains('.') => None,
        _ => one(name, value, words.known),
    }
}

/// Holds a value to the words that the class knows; some classes take them in any case.
fn one(name: &str, value: &Node, words: &[&str]) -> Option<Diagnostic> {
    let Kind::Scalar(scalar) = &value.kind else {
        return Some(refused(value.span, format!("`{name}` is one of {}", list(words))));
    };
    let text = scalar.text.as_str();
    if words.iter().any(|word| word.eq_ignore_ascii_case(text)) || value.is_null() || text.contains("{{") {
        return None;
    }
    let diagnostic = refused(value.span, format!("`{name}` knows no `{text}`"));
    Some(match nearest(text, words.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(format!("it is one of {}", list(words))),
    })
}
