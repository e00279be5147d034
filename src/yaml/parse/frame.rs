//! A list or a mapping that is not yet closed.

use super::Built;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::text::{Span, Spanned};
use crate::yaml::{Entry, Kind, Node};
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

/// Above so many keys they are looked up in a table.
const MANY_KEYS: usize = 16;

/// A list or a mapping that is not yet closed.
pub(super) struct Frame {
    /// Its first byte.
    pub(super) start: usize,
    /// The byte after the last part seen.
    pub(super) end: usize,
    /// The library's number of its anchor; 0 when it has none.
    pub(super) anchor: usize,
    /// It stands in brackets, or inside something that does.
    pub(super) flow: bool,
    /// It is a key, or inside of one, which has been reported.
    pub(super) in_key: bool,
    /// What is known of it.
    pub(super) content: Content,
}

/// The parts of a [`Frame`].
pub(super) enum Content {
    Sequence(Vec<Node>),
    Mapping(Mapping),
}

/// The entries of a mapping, and the key whose value comes next.
#[derive(Default)]
pub(super) struct Mapping {
    entries: Vec<Entry>,
    pending: Option<Pending>,
    /// The value of `<<`, with the number of entries before it.
    merge: Option<(usize, Node)>,
    /// Where keys stand, once there are many.
    seen: HashMap<String, Span>,
}

enum Pending {
    Key(Spanned<String>),
    /// `<<`
    Merge,
    /// A key that was reported; its value is dropped.
    Dropped,
}

impl Frame {
    /// Says whether the next part is a key.
    pub(super) fn wants_key(&self) -> bool {
        matches!(&self.content, Content::Mapping(mapping) if mapping.pending.is_none())
    }

    /// Adds the next part. Breaks when the text does not say what was meant.
    pub(super) fn add(&mut self, built: Built, diagnostics: &mut Diagnostics) -> ControlFlow<()> {
        self.end = self.end.max(built.end);
        match &mut self.content {
            Content::Sequence(items) => {
                items.push(built.node);
                ControlFlow::Continue(())
            }
            Content::Mapping(mapping) => mapping.add(built, diagnostics),
        }
    }
}

impl Content {
    pub(super) fn sequence() -> Self {
        Self::Sequence(Vec::new())
    }

    pub(super) fn mapping() -> Self {
        Self::Mapping(Mapping::default())
    }

    /// Closes it.
    pub(super) fn finish(self, diagnostics: &mut Diagnostics) -> Kind {
        match self {
            Self::Sequence(items) => Kind::Sequence(items),
            Self::Mapping(mapping) => Kind::Mapping(mapping.finish(diagnostics)),
        }
    }
}

impl Mapping {
    fn add(&mut self, built: Built, diagnostics: &mut Diagnostics) -> ControlFlow<()> {
        match self.pending.take() {
            None => {
                let (pending, flow) = self.key(built, diagnostics);
                self.pending = Some(pending);
                return flow;
            }
            Some(Pending::Key(key)) => self.entries.push(Entry { key, value: built.node }),
            Some(Pending::Merge) => self.merge = Some((self.entries.len(), built.node)),
            Some(Pending::Dropped) => {}
        }
        ControlFlow::Continue(())
    }

    fn key(&mut self, built: Built, diagnostics: &mut Diagnostics) -> (Pending, ControlFlow<()>) {
        let Node { span, kind } = built.node;
        // A list or a mapping as a key was reported when it began.
        let Kind::Scalar(scalar) = kind else { return (Pending::Dropped, ControlFlow::Break(())) };
        if scalar.is_null() && scalar.text.is_empty() {
            diagnostics.push(
                Diagnostic::new(Code::YamlSyntax, span, "a value has no key")
                    .label("expected a key before this"),
            );
            return (Pending::Dropped, ControlFlow::Break(()));
        }
        if let Some(first) = self.find(&scalar.text) {
            diagnostics.push(
                Diagnostic::new(Code::DuplicateKey, span, format!("the key `{}` stands twice", scalar.text))
                    .label("again here")
                    .also(first, "the first one")
                    .help("remove one of the two, or give it another name"),
            );
            return (Pending::Dropped, ControlFlow::Continue(()));
        }
        if built.merges {
            self.seen.insert(scalar.text, span);
            return (Pending::Merge, ControlFlow::Continue(()));
        }
        self.remember(&scalar.text, span);
        (Pending::Key(Spanned::new(scalar.text, span)), ControlFlow::Continue(()))
    }

    fn find(&self, key: &str) -> Option<Span> {
        match self.entries.len() {
            0..=MANY_KEYS => {
                let entry = self.entries.iter().find(|entry| entry.key.value == key);
                entry.map(|entry| entry.key.span).or_else(|| self.seen.get(key).copied())
            }
            _ => self.seen.get(key).copied(),
        }
    }

    fn remember(&mut self, key: &str, span: Span) {
        if self.entries.len() == MANY_KEYS {
            self.seen.extend(self.entries.iter().map(|entry| (entry.key.value.clone(), entry.key.span)));
        }
        if self.entries.len() >= MANY_KEYS {
            self.seen.insert(key.to_owned(), span);
        }
    }

    /// Puts in what `<<` names. A key of the mapping itself wins, then the first mapping that has it.
    fn finish(self, diagnostics: &mut Diagnostics) -> Vec<Entry> {
        let Self { mut entries, merge, .. } = self;
        if let Some((at, node)) = merge {
            let mut known: HashSet<String> = entries.iter().map(|entry| entry.key.value.clone()).collect();
            let mut merged = merge_values(node, diagnostics);
            merged.retain(|entry| known.insert(entry.key.value.clone()));
            entries.splice(at..at, merged);
        }
        entries
    }
}

fn merge_values(node: Node, diagnostics: &mut Diagnostics) -> Vec<Entry> {
    let nodes = match node.kind {
        Kind::Sequence(items) => items,
        Kind::Mapping(_) | Kind::Scalar(_) => vec![node],
    };
    let mut entries = Vec::new();
    for node in nodes {
        match node.kind {
            Kind::Mapping(more) => entries.extend(more),
            Kind::Scalar(_) | Kind::Sequence(_) => diagnostics.push(
                Diagnostic::new(Code::YamlSyntax, node.span, "`<<` takes a mapping, or a list of mappings")
                    .label("this is none"),
            ),
        }
    }
    entries
}
