//! `${...}` and `each`: what is resolved when compiling, before anything is decoded.
//!
//! Takes the nodes of a file and the values of one environment, gives nodes without `${...}` and
//! without `each`: a step with `each` becomes one step a value, named `step[value]`. Values are
//! expanded, keys are not. A file without either comes back as it is, at no cost.
//!
//! A name that is not known is reported and replaced by a likely text, so that what reads the value
//! later goes on; what is said of such a text besides is dropped in the end.

mod each;
mod hole;
mod unknown;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::text::SourceMap;
use crate::yaml::{Entry, Kind, Node, Scalar, Style};
use each::Binding;
use hole::{Hole, Piece};
use std::collections::{BTreeMap, BTreeSet};

/// The values that `${...}` can name.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// `${project}`
    pub project: String,
    /// `${environment}`
    pub environment: String,
    /// `${vars.NAME}`
    pub vars: BTreeMap<String, String>,
    /// Those of them that are texts though they look like something else: they stand in quotes.
    pub quoted: BTreeSet<String>,
}

/// How many steps the `each` of one pipeline may make in all.
const MAX_STEPS: usize = 5000;

/// How much text they may make of their steps.
const MAX_BYTES: usize = 20_000_000;

/// How many wrong `${` of one text are told one by one.
const MAX_WRONG: usize = 5;

/// Expands a file.
pub fn expand(
    mut node: Node,
    variables: &Variables,
    sources: &SourceMap,
    diagnostics: &mut Diagnostics,
) -> Node {
    if has_hole(&sources.file(node.span.file).text) || each::is_used(&node) {
        Expander { variables, sources, diagnostics, steps: 0, bytes: 0 }.file(&mut node);
    }
    node
}

/// Says whether a text has a `${`. Most have no `$` either, and one byte is found sooner than two.
fn has_hole(text: &str) -> bool {
    text.contains('$') && text.contains("${")
}

/// What `${each.NAME}` means where a scalar stands.
#[derive(Clone, Copy)]
enum Scope<'s> {
    /// Nothing: not in a step with `each`.
    Outside,
    /// These values.
    Values(&'s [Binding]),
    /// Anything: the step's `each` has been reported.
    Broken,
}

struct Expander<'a> {
    variables: &'a Variables,
    sources: &'a SourceMap,
    diagnostics: &'a mut Diagnostics,
    /// How many steps `each` has made, and of how much text.
    steps: usize,
    bytes: usize,
}

impl Expander<'_> {
    fn file(&mut self, root: &mut Node) {
        let Kind::Mapping(entries) = &mut root.kind else {
            return self.node(root, Scope::Outside);
        };
        for entry in entries {
            match &mut entry.value.kind {
                Kind::Mapping(steps) if entry.key.value == "steps" => {
                    *steps = std::mem::take(steps).into_iter().flat_map(|step| self.step(step)).collect();
                }
                Kind::Mapping(_) | Kind::Sequence(_) | Kind::Scalar(_) => {
                    self.node(&mut entry.value, Scope::Outside);
                }
            }
        }
    }

    /// Expands a step into one or, where it has `each`, one a value.
    fn step(&mut self, mut step: Entry) -> Vec<Entry> {
        self.check_step_name(&mut step);
        let Some(mut each) = each::take(&mut step.value) else {
            self.node(&mut step.value, Scope::Outside);
            return vec![step];
        };
        self.node(&mut each.value, Scope::Outside);
        let instances = each::instances(&each, self.diagnostics)
            .filter(|instances| self.has_room(&each, &step, instances.len()));
        match instances {
            None => {
                self.node(&mut step.value, Scope::Broken);
                vec![step]
            }
            Some(instances) => instances
                .iter()
                .map(|bindings| {
                    let mut value = step.value.clone();
                    self.node(&mut value, Scope::Values(bindings));
                    Entry { key: each::name(&step.key, bindings), value }
                })
                .collect(),
        }
    }

    /// Says whether what `each` makes of a step still has room; reports it when it has not.
    fn has_room(&mut self, each: &Entry, step: &Entry, count: usize) -> bool {
        let repeated = step.value.span.range().len().saturating_sub(each.value.span.range().len());
        let size = repeated.saturating_mul(count);
        self.steps = self.steps.saturating_add(count);
        self.bytes = self.bytes.saturating_add(size);
        let what = match () {
            () if self.steps > MAX_STEPS => format!("more than {MAX_STEPS} steps"),
            () if self.bytes > MAX_BYTES => format!("more than {} MB of text", MAX_BYTES / 1_000_000),
            () => return true,
        };
        self.diagnostics.push(
            Diagnostic::new(Code::InvalidNumber, each.key.span, format!("`each` would make {what}"))
                .label("with the others of this pipeline")
                .help("make several pipelines of it"),
        );
        false
    }

    /// Says whether no more can be filled in, and reports it the first time.
    fn is_full(&mut self, node: &Node, more: usize) -> bool {
        let was_full = self.bytes > MAX_BYTES;
        self.bytes = self.bytes.saturating_add(more);
        let is_full = self.bytes > MAX_BYTES;
        if is_full && !was_full {
            let most = MAX_BYTES / 1_000_000;
            let message = format!("what `${{...}}` fills in would make more than {most} MB of text");
            self.diagnostics.push(Diagnostic::new(Code::InvalidNumber, node.span, message));
        }
        is_full
    }

    /// Keeps names in brackets for what `each` makes.
    fn check_step_name(&mut self, step: &mut Entry) {
        if let Some(at) = step.key.value.find('[') {
            self.diagnostics.push(
                Diagnostic::new(
                    Code::InvalidName,
                    step.key.span,
                    format!("`{}` is no name for a step", step.key.value),
                )
                .label("`[` is kept for steps that `each` makes")
                .help("use letters, digits and `_`, or write an `each`"),
            );
            step.key.value.truncate(at);
        }
    }

    fn node(&mut self, node: &mut Node, scope: Scope<'_>) {
        match &mut node.kind {
            Kind::Sequence(items) => {
                for item in items {
                    self.node(item, scope);
                }
            }
            Kind::Mapping(entries) => {
                for entry in entries {
                    self.node(&mut entry.value, scope);
                }
            }
            // What has been filled in is no template any more: `$${` has become a plain `${`.
            Kind::Scalar(scalar) if !scalar.expanded && has_hole(&scalar.text) => {
                let written = scalar.clone();
                node.kind = Kind::Scalar(self.scalar(node, &written, scope));
            }
            Kind::Scalar(_) => {}
        }
    }

    /// Fills the holes of a scalar.
    fn scalar(&mut self, node: &Node, scalar: &Scalar, scope: Scope<'_>) -> Scalar {
        let mut text = String::with_capacity(scalar.text.len());
        let mut wrong = 0;
        for piece in hole::pieces(&scalar.text) {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Hole(Hole::Name { name, range }) => match self.value(name, scope) {
                    Some(value) if self.is_full(node, value.len()) => {}
                    Some(value) => text.push_str(&value),
                    None => {
                        wrong += 1;
                        let tells = wrong <= MAX_WRONG;
                        text.push_str(&self.unknown(node, name, tells.then_some(range), scope));
                    }
                },
                Piece::Hole(Hole::Wrong { range, message }) => {
                    text.push_str(&scalar.text[range.clone()]);
                    wrong += 1;
                    if wrong <= MAX_WRONG {
                        self.diagnostics.push(
                            Diagnostic::new(Code::InvalidTemplate, node.locate(self.sources, range), message)
                                .help("write `${vars.NAME}`, or `$${` where the text itself has `${`"),
                        );
                    }
                }
            }
        }
        if wrong > MAX_WRONG {
            let rest = wrong - MAX_WRONG;
            let message = format!("this text has {rest} more `${{` that are wrong");
            self.diagnostics.push(Diagnostic::new(Code::InvalidTemplate, node.span, message));
        }
        // A variable that is empty is an empty text, and not the absence of a value.
        let is_text = text.is_empty() || self.is_quoted(&scalar.text);
        let style = if is_text && scalar.style == Style::Plain { Style::Quoted } else { scalar.style };
        Scalar { text, style, expanded: true }
    }

    /// Says whether a text is nothing but a variable that is a text.
    fn is_quoted(&self, written: &str) -> bool {
        match hole::pieces(written).as_slice() {
            [Piece::Text(""), Piece::Hole(Hole::Name { name, .. }), Piece::Text("")] => {
                name.strip_prefix("vars.").is_some_and(|name| self.variables.quoted.contains(name))
            }
            _ => false,
        }
    }

    fn value(&self, name: &str, scope: Scope<'_>) -> Option<String> {
        let found = match (name, scope) {
            ("project", _) => Some(self.variables.project.as_str()),
            ("environment", _) => Some(self.variables.environment.as_str()),
            (_, Scope::Values(bindings)) if name.starts_with("each.") => {
                bindings.iter().find_map(|binding| binding.get(name))
            }
            (_, Scope::Broken) if name.starts_with("each.") => return Some(placeholder(name)),
            _ => {
                name.strip_prefix("vars.").and_then(|name| self.variables.vars.get(name)).map(String::as_str)
            }
        };
        found.map(str::to_owned)
    }
}

/// A text for a value that is not known, good enough for most of what reads it.
fn placeholder(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or_default();
    last.replace('_', "-").to_lowercase()
}

#[cfg(test)]
mod tests;
