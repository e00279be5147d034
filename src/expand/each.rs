//! `each`: the lists that a step is repeated over.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::text::{Span, Spanned};
use crate::yaml::{Entry, Kind, Node, Scalar};
use std::collections::HashMap;

/// How many steps one `each` may make.
const MAX_STEPS: usize = 1000;

/// A name of `each` with one of its values.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    /// What stands in the step's name.
    label: String,
    /// `each.table`, or `each.table.key` for every key, with what it means.
    values: Values,
}

/// Full names and what they mean.
type Values = Vec<(String, String)>;

impl Binding {
    /// Returns the value of a full name such as `each.table`.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Lists full names and values.
    pub(super) fn names(&self) -> impl Iterator<Item = (String, &str)> {
        self.values.iter().map(|(name, value)| (name.clone(), value.as_str()))
    }
}

/// Says whether a pipeline has a step with `each`, or with a name that looks so.
pub(super) fn is_used(root: &Node) -> bool {
    match root.get("steps").map(|steps| &steps.kind) {
        Some(Kind::Mapping(steps)) => {
            steps.iter().any(|step| step.value.entry("each").is_some() || step.key.value.contains('['))
        }
        Some(Kind::Scalar(_) | Kind::Sequence(_)) | None => false,
    }
}

/// Takes `each` out of a step.
pub(super) fn take(step: &mut Node) -> Option<Entry> {
    let Kind::Mapping(entries) = &mut step.kind else { return None };
    let at = entries.iter().position(|entry| entry.key.value == "each")?;
    Some(entries.remove(at))
}

/// Names the step of one instance.
pub(super) fn name(base: &Spanned<String>, bindings: &[Binding]) -> Spanned<String> {
    let labels: Vec<&str> = bindings.iter().map(|binding| binding.label.as_str()).collect();
    Spanned::new(format!("{}[{}]", base.value, labels.join(",")), base.span)
}

/// Reads an expanded `each`: the bindings of every step to make, the last name changing fastest.
/// `None` means that what is wrong has been reported.
pub(super) fn instances(each: &Entry, diagnostics: &mut Diagnostics) -> Option<Vec<Vec<Binding>>> {
    let Kind::Mapping(names) = &each.value.kind else {
        diagnostics.push(wrong_type(
            &each.value,
            each.key.span,
            "a mapping such as `{table: [orders, lines]}`",
        ));
        return None;
    };
    if names.is_empty() {
        diagnostics.push(empty(each.key.span, "`each` names nothing to repeat over"));
        return None;
    }
    let lists: Vec<Option<Vec<Binding>>> = names.iter().map(|name| list(name, diagnostics)).collect();
    let lists: Vec<Vec<Binding>> = lists.into_iter().collect::<Option<_>>()?;
    let count = lists.iter().fold(1_usize, |count, list| count.saturating_mul(list.len()));
    if count > MAX_STEPS {
        diagnostics.push(
            Diagnostic::new(Code::InvalidNumber, each.key.span, format!("`each` would make {count} steps"))
                .label(format!("at most {MAX_STEPS}"))
                .note("several names make one step for every combination of their values"),
        );
        return None;
    }
    Some(product(&lists))
}

fn product(lists: &[Vec<Binding>]) -> Vec<Vec<Binding>> {
    lists.iter().fold(vec![Vec::new()], |made, list| {
        let with = |before: &Vec<Binding>, binding: &Binding| {
            [before.as_slice(), std::slice::from_ref(binding)].concat()
        };
        made.iter().flat_map(|before| list.iter().map(move |binding| with(before, binding))).collect()
    })
}

/// Reads the values of one name.
fn list(entry: &Entry, diagnostics: &mut Diagnostics) -> Option<Vec<Binding>> {
    let name = &entry.key.value;
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        diagnostics.push(
            Diagnostic::new(Code::InvalidName, entry.key.span, format!("`{name}` is no name for `each`"))
                .help("use letters, digits and `_`"),
        );
        return None;
    }
    let Kind::Sequence(items) = &entry.value.kind else {
        diagnostics.push(wrong_type(
            &entry.value,
            entry.key.span,
            &format!("a list of values for `each.{name}`"),
        ));
        return None;
    };
    if items.is_empty() {
        diagnostics.push(empty(entry.value.span, &format!("the list of `each.{name}` is empty")));
        return None;
    }
    let mut seen: HashMap<String, Span> = HashMap::new();
    let bindings: Vec<Option<Binding>> = items
        .iter()
        .map(|item| {
            let (Spanned { value: label, span }, values) = binding(name, item, diagnostics)?;
            check_label(&label, span, diagnostics)?;
            if let Some(first) = seen.insert(label.clone(), span) {
                diagnostics.push(
                    Diagnostic::new(Code::DuplicateKey, span, format!("`each.{name}` has `{label}` twice"))
                        .label("again here")
                        .also(first, "the first one")
                        .help("remove one of the two; of mappings, the one under `name` must differ"),
                );
                return None;
            }
            Some(Binding { label, values })
        })
        .collect();
    bindings.into_iter().collect()
}

/// Reads one value: its label, where that stands, and what `${each...}` means by it.
fn binding(name: &str, item: &Node, diagnostics: &mut Diagnostics) -> Option<(Spanned<String>, Values)> {
    match &item.kind {
        Kind::Scalar(scalar) if !scalar.is_null() => {
            let label = Spanned::new(scalar.text.clone(), item.span);
            Some((label, vec![(format!("each.{name}"), scalar.text.clone())]))
        }
        Kind::Mapping(entries) if !entries.is_empty() => {
            let labelled =
                entries.iter().find(|entry| entry.key.value == "name").or_else(|| entries.first())?;
            let values: Vec<Option<_>> = entries
                .iter()
                .map(|entry| {
                    let key = &entry.key.value;
                    let Some(scalar) = entry.value.as_scalar() else {
                        let expected = format!("a string, a number or a truth value for `{key}`");
                        diagnostics.push(wrong_type(&entry.value, entry.key.span, &expected));
                        return None;
                    };
                    Some((format!("each.{name}.{key}"), text(scalar)))
                })
                .collect();
            let values: Values = values.into_iter().collect::<Option<_>>()?;
            let label = labelled.value.as_scalar().map(text)?;
            Some((Spanned::new(label, labelled.value.span), values))
        }
        Kind::Scalar(_) | Kind::Mapping(_) | Kind::Sequence(_) => {
            diagnostics.push(wrong_type(item, item.span, "a word, or a mapping of words"));
            None
        }
    }
}

fn text(scalar: &Scalar) -> String {
    if scalar.is_null() { String::new() } else { scalar.text.clone() }
}

/// Airflow fills templates in when a task runs, and must know the tasks before.
fn not_known_yet(text: &str, span: Span) -> Diagnostic {
    let message = format!("`each` makes steps when compiling, and `{text}` is known only when a task runs");
    Diagnostic::new(Code::TemplateNotAllowed, span, message)
        .label("not known yet")
        .help("write the values out, as in `each: {table: [orders, lines]}`, or use the template inside of one step")
}

/// A label becomes a part of a task's id.
fn check_label(label: &str, span: Span, diagnostics: &mut Diagnostics) -> Option<()> {
    if label.contains("{{") {
        diagnostics.push(not_known_yet(label, span));
        return None;
    }
    if !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
        return Some(());
    }
    diagnostics.push(
        Diagnostic::new(Code::InvalidName, span, format!("`{label}` cannot stand in the name of a step"))
            .label("letters, digits, `_` and `-` only")
            .help(
                "use mappings such as `{name: orders, table: mart.orders}`; the step is named after `name`",
            ),
    );
    None
}

fn wrong_type(node: &Node, mark: Span, expected: &str) -> Diagnostic {
    if let Some(scalar) = node.as_scalar().filter(|scalar| scalar.text.contains("{{")) {
        return not_known_yet(&scalar.text, node.span);
    }
    let found = node.describe();
    let span = if matches!(node.kind, Kind::Scalar(_)) { node.span } else { mark };
    Diagnostic::new(Code::WrongType, span, format!("expected {expected}, found {found}"))
        .label(format!("this is {found}"))
}

fn empty(span: Span, message: &str) -> Diagnostic {
    Diagnostic::new(Code::WrongType, span, message).help("give it at least one value, or remove `each`")
}
