//! `operator-argument`: what an operator cannot be given, or is given already.
//!
//! Of Airflow's and Amazon's own operators the arguments are known (see [`signature`]), of others those that every
//! operator has.

mod class;
pub(super) mod context;
mod file;
mod signature;
mod typed;
mod words;

use super::OperatorStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, list};
use crate::kind::contract::Checking;
use crate::lang::decode::{Map, Raw};
use crate::lang::python::is_identifier;
use crate::lang::value::template_error;
use crate::template::{closing, shared};
use crate::text::{Span, Spanned};
use crate::yaml::{Kind, Node};
use signature::{Argument, Signature, Takes};

/// What every task is given by dagc, with what the user writes in its place.
const GIVEN: &[(&str, &str)] = &[
    ("task_id", "the name of the step is the id of its task"),
    ("dag", "a step belongs to its pipeline"),
    ("task_group", "write `group:` beside `operator`"),
    ("outlets", "name what it makes under `writes`, beside `operator` and `with`"),
    ("inlets", "name what it takes under `reads`, beside `operator` and `with`"),
    ("owner", "write `owner:` beside `operator`"),
    ("retries", "write `retries:` beside `operator`"),
    ("retry_delay", "write `retry_delay:` beside `operator`, such as `retry_delay: 5m`"),
    ("execution_timeout", "write `timeout:` beside `operator`, such as `timeout: 2h`"),
    ("pool", "write `pool:` beside `operator`"),
    ("priority_weight", "write `priority:` beside `operator`"),
    ("trigger_rule", "write `trigger_rule:` beside `operator`"),
    ("on_failure_callback", "write `on_failure:` beside `operator`"),
    ("doc_md", "write `description:` beside `operator`"),
    // In Airflow 3, where others are started by what it makes.
    ("post_execute", "let a class of your own do it: `operator: my_module.MyOperator`, beside the DAG files"),
];

/// What was an argument of every operator once: the first line of Airflow without it, and what is written now.
const GONE: &[(&str, u32, &str)] = &[
    ("provide_context", 2, "take it away: the context is always given"),
    ("schedule_interval", 2, "write `schedule:` of the pipeline"),
    ("sla", 3, "write `timeout:` beside `operator`, or `run_timeout:` of the pipeline"),
    ("task_concurrency", 3, "write `max_active_tis_per_dag`"),
    ("subdag", 3, "write `group:` beside `operator`"),
];

/// Arguments that take a function wherever they are met.
const FUNCTIONS: &[&str] = &[
    "python_callable",
    "execution_date_fn",
    "pre_execute",
    "post_execute",
    "sla_miss_callback",
    "response_check",
    "response_filter",
];

/// A class of the user's own is the way to give an operator what is no data.
const OWN_CLASS: &str =
    "let a class of your own give it: `operator: my_module.MyOperator`, beside the DAG files";

pub(super) fn check(step: &OperatorStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let scope = cx.scope;
    if let Some(diagnostic) = class::unknown(&step.operator, scope.airflow) {
        diagnostics.push(diagnostic);
        return;
    }
    let known = Known {
        class: step.operator.value.0.rsplit('.').next().unwrap_or_default(),
        major: scope.airflow.major,
        own: Signature::of(&step.operator.value.0),
        common: Signature::of_every(scope.airflow.major),
    };
    let given: Vec<&str> = step.with.iter().flat_map(Map::names).collect();
    for (name, value) in step.with.iter().flat_map(|with| &with.0) {
        not_airflows(&value.0, diagnostics);
        if scope.airflow.major > 2 {
            context::gone(&value.0, diagnostics);
        }
        let wrong = known.wrong(name, value).or_else(|| typed::wrong(&known, name, &value.0, &given));
        if let Some(diagnostic) = wrong {
            diagnostics.push(diagnostic);
        } else if let Some(argument) = known.own.and_then(|own| own.argument(name)) {
            file::named(argument, &value.0, diagnostics);
            if let Some(unfilled) = known.unfilled(argument, &value.0) {
                diagnostics.push(unfilled);
            }
        }
    }
    if let Some(diagnostic) = known.missing(step) {
        diagnostics.push(diagnostic);
    }
}

/// What is known of an operator.
struct Known<'a> {
    class: &'a str,
    major: u32,
    own: Option<Signature>,
    common: Signature,
}

impl Known<'_> {
    /// Says what is wrong with an argument.
    fn wrong(&self, name: &Spanned<String>, value: &Raw) -> Option<Diagnostic> {
        let report = |message: String| Diagnostic::new(Code::OperatorArgument, name.span, message);
        let own = self.own.and_then(|own| own.argument(name));
        let given = GIVEN.iter().find(|(given, _)| *given == name.value);
        if let (Some((_, instead)), None) = (given, own) {
            return Some(report(format!("dagc gives every task its `{}`", name.value)).help(*instead));
        }
        if !is_identifier(name) {
            return Some(no_name(name));
        }
        let gone = GONE.iter().find(|(gone, since, _)| *gone == name.value && *since <= self.major);
        if let (Some((_, _, instead)), None) = (gone, own) {
            let message = format!("Airflow {} has no `{}`", self.major, name.value);
            return Some(report(message).help(*instead));
        }
        let argument = own.or_else(|| self.common.argument(name));
        let takes = match argument {
            Some(argument) => argument.takes,
            None if self.own.is_none() && is_function(name) => Takes::Function,
            None => Takes::Data,
        };
        if takes != Takes::Data && !value.0.is_null() {
            return Some(no_data(name, takes));
        }
        if self.own.is_some() && argument.is_none() {
            return Some(self.unknown(name));
        }
        // Of a callback the class says no type.
        (is_callback(name) && !value.0.is_null()).then(|| no_data(name, Takes::Function))
    }

    fn unknown(&self, name: &Spanned<String>) -> Diagnostic {
        let message = format!("`{}` takes no `{}`", self.class, name.value);
        let names = self.own.into_iter().flat_map(Signature::arguments).map(|argument| argument.name);
        let common = self.common.arguments().map(|argument| argument.name);
        let known: Vec<&str> = names.chain(common).collect();
        let near = crate::diagnostic::nearest(name, known.iter().copied());
        let own: Vec<&str> =
            self.own.into_iter().flat_map(Signature::arguments).map(|argument| argument.name).collect();
        let diagnostic = Diagnostic::new(Code::OperatorArgument, name.span, message)
            .note("Airflow would not read the DAG file");
        match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None if own.is_empty() => diagnostic.help("it has no arguments of its own"),
            None => diagnostic.help(format!("its own are {}", list(&own))),
        }
    }

    /// Says that a text keeps its `{{ ... }}`: Airflow fills in some arguments of a class only.
    fn unfilled(&self, argument: Argument, value: &Node) -> Option<Diagnostic> {
        if argument.is_filled {
            return None;
        }
        let span = first_template(value)?;
        let filled = self.own.into_iter().flat_map(Signature::arguments).filter(|other| other.is_filled);
        let filled: Vec<&str> = filled.map(|other| other.name).collect();
        let message =
            format!("Airflow fills in no `{{{{ ... }}}}` in `{}` of `{}`", argument.name, self.class);
        let diagnostic = Diagnostic::new(Code::UnfilledTemplate, span, message);
        Some(if filled.is_empty() {
            diagnostic.help("write the value itself")
        } else {
            diagnostic.help(format!("write the value itself; it fills in {}", list(&filled)))
        })
    }

    /// Names the arguments that must be given and are not.
    fn missing(&self, step: &OperatorStep) -> Option<Diagnostic> {
        // A slip is told once, where it is.
        let is_meant =
            |given: &str, name: &str| given == name || crate::diagnostic::nearest(given, [name]).is_some();
        let is_given = |name: &str| step.with.iter().flat_map(Map::names).any(|given| is_meant(given, name));
        let missing: Vec<&str> = self
            .own?
            .arguments()
            .filter(|argument| argument.is_required && !is_given(argument.name))
            .map(|argument| argument.name)
            .collect();
        let first = missing.first()?;
        let function = self.own?.argument(first).is_some_and(|argument| argument.takes == Takes::Function);
        let message = format!("`{}` needs {}", self.class, list(&missing));
        let diagnostic = Diagnostic::new(Code::OperatorArgument, step.operator.span, message);
        Some(if function {
            diagnostic.note("it takes a function, which cannot be written in YAML").help(OWN_CLASS)
        } else {
            diagnostic.help(format!("add `with: {{{first}: ...}}`"))
        })
    }
}

/// Finds in `{{ ... }}` what cannot be written for Airflow, which fills it in.
fn not_airflows(node: &Node, diagnostics: &mut Diagnostics) {
    match &node.kind {
        Kind::Sequence(items) => items.iter().for_each(|item| not_airflows(item, diagnostics)),
        Kind::Mapping(entries) => entries.iter().for_each(|entry| not_airflows(&entry.value, diagnostics)),
        Kind::Scalar(scalar) if scalar.is_other_number() => {
            let message =
                format!("`{}` is a number to YAML, but none that is handed on as it is", scalar.text);
            diagnostics.push(
                Diagnostic::new(Code::OperatorArgument, node.span, message)
                    .help("write it in quotes if it is a text, or another number"),
            );
        }
        Kind::Scalar(scalar) => {
            if has_outputs(&scalar.text) {
                let message = "Airflow, which fills in what an operator is given, has no `outputs`";
                diagnostics
                    .push(Diagnostic::new(Code::OperatorArgument, node.span, message).help(
                        "write `{{ ti.xcom_pull(task_ids='STEP')['NAME'] }}`, with the id of the task",
                    ));
            } else if let Err(error) = shared(&scalar.text) {
                let error = template_error(&error.kind);
                let mut diagnostic = Diagnostic::new(Code::OperatorArgument, node.span, error.message);
                diagnostic.help = error.help;
                diagnostics.push(diagnostic);
            }
        }
    }
}

/// Finds a text with `{{ ... }}`, also in lists and mappings.
fn first_template(node: &Node) -> Option<Span> {
    match &node.kind {
        Kind::Sequence(items) => items.iter().find_map(first_template),
        Kind::Mapping(entries) => entries.iter().find_map(|entry| first_template(&entry.value)),
        Kind::Scalar(scalar) => {
            scalar.text.split_once("{{").is_some_and(|(_, hole)| hole.contains("}}")).then_some(node.span)
        }
    }
}

fn has_outputs(text: &str) -> bool {
    let mut rest = text;
    while let Some((_, hole)) = rest.split_once("{{") {
        if hole.trim_start().starts_with("outputs.") {
            return true;
        }
        rest = &hole[closing(hole).unwrap_or(hole.len())..];
    }
    false
}

fn refused(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(Code::OperatorArgument, span, message)
}

fn is_callback(name: &str) -> bool {
    name.starts_with("on_") && name.ends_with("_callback")
}

fn is_function(name: &str) -> bool {
    FUNCTIONS.contains(&name) || name.ends_with("_callable") || is_callback(name)
}

fn no_name(name: &Spanned<String>) -> Diagnostic {
    let message = format!("`{}` is no name of an argument in Python", name.value);
    let diagnostic = Diagnostic::new(Code::OperatorArgument, name.span, message);
    let near: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if is_identifier(&near) {
        diagnostic.help(format!("did you mean `{near}`?"))
    } else {
        diagnostic.help("it has letters, digits and `_`, and is none of Python's own words")
    }
}

/// An argument that takes what YAML does not have.
fn no_data(name: &Spanned<String>, takes: Takes) -> Diagnostic {
    let (what, help) = match takes {
        Takes::Function if name.ends_with("_type") => ("a class", OWN_CLASS),
        Takes::Data | Takes::Function => ("a function", OWN_CLASS),
        Takes::Duration if name.value == "sla" => {
            ("a length of time", "write `timeout:` beside `operator`, or `run_timeout:` of the pipeline")
        }
        Takes::Duration => ("a length of time", OWN_CLASS),
        Takes::Moment if name.value == "start_date" => {
            ("a point in time", "write `start_date:` of the pipeline")
        }
        Takes::Moment if name.value == "end_date" => {
            ("a point in time", "a pipeline has no end: take the step away when its time is over")
        }
        Takes::Moment => ("a point in time", OWN_CLASS),
    };
    let message = format!("`{}` takes {what}, which cannot be written in YAML", name.value);
    Diagnostic::new(Code::OperatorArgument, name.span, message).help(help)
}
