//! The parser itself: `saphyr-parser`'s events to nodes.
//!
//! Builds the tree with a stack of its own, so that depth costs no stack of the process. Aliases are
//! copied in place under a budget, merge keys (`<<`) are merged, and every place is turned from the
//! library's characters into bytes. Wording of syntax errors is in [`syntax`].

mod ascii;
mod extent;
mod frame;
mod locate;
mod offsets;
mod refuse;
mod syntax;

use super::{Kind, Node, Scalar, Style};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::text::{FileId, SourceMap, Span};
use ascii::Ascii;
use frame::{Content, Frame};
use offsets::Offsets;
use saphyr_parser::{Event, Input, Parser, ScalarStyle, Tag};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::{ControlFlow, Range};

pub(super) use locate::locate;

/// How deep lists and mappings may be nested, after aliases are copied in.
const MAX_DEPTH: usize = 64;

/// How many nodes aliases may add to a file; long scalars count more than once.
const ALIAS_BUDGET: usize = 100_000;

/// Parses a file. What is wrong is pushed; `None` means that there is nothing to go on with.
pub fn parse(sources: &SourceMap, file: FileId, diagnostics: &mut Diagnostics) -> Option<Node> {
    let text = &*sources.file(file).text;
    let builder = Builder::new(text, file, diagnostics);
    match Ascii::new(text) {
        Some(ascii) => build(Parser::new(ascii), builder),
        None => build(Parser::new_from_str(text), builder),
    }
}

fn build<I: Input>(parser: Parser<'_, I>, mut builder: Builder<'_>) -> Option<Node> {
    for event in parser {
        let flow = match event {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => builder.syntax_error(&error),
        };
        if flow.is_break() {
            return None;
        }
    }
    builder.finish()
}

/// A node, and where the text that made it ends: not the end of its span when an alias made it.
struct Built {
    node: Node,
    end: usize,
    /// The plain scalar `<<`, which merges when it is a key.
    merges: bool,
}

/// A node that an alias can name.
struct Anchored {
    node: Node,
    weight: usize,
    height: usize,
}

struct Builder<'a> {
    text: &'a str,
    file: FileId,
    offsets: Offsets<'a>,
    diagnostics: &'a mut Diagnostics,
    frames: Vec<Frame>,
    root: Option<Node>,
    documents: usize,
    anchors: HashMap<usize, Anchored>,
    budget: usize,
    has_tabs: bool,
    /// The text does not say what its author meant: no tree is given.
    broken: bool,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, file: FileId, diagnostics: &'a mut Diagnostics) -> Self {
        Self {
            text,
            file,
            offsets: Offsets::new(text),
            diagnostics,
            frames: Vec::new(),
            root: None,
            documents: 0,
            anchors: HashMap::new(),
            budget: ALIAS_BUDGET,
            has_tabs: text.contains('\t'),
            broken: false,
        }
    }

    fn finish(self) -> Option<Node> {
        if self.broken {
            return None;
        }
        let root = self.root.filter(|root| !root.is_null());
        if root.is_none() {
            self.diagnostics.push(
                Diagnostic::new(Code::EmptyFile, Span::file_start(self.file), "the file is empty")
                    .help("write a pipeline, or delete the file"),
            );
        }
        root
    }

    fn event(&mut self, event: Event<'_>, span: saphyr_parser::Span) -> ControlFlow<()> {
        let range = self.offsets.byte(span.start.index())..self.offsets.byte(span.end.index());
        match event {
            Event::DocumentStart(_) => return self.document(range),
            Event::Scalar(text, style, anchor, tag) => {
                let range = self.without_properties(range, anchor, tag.as_deref());
                self.scalar(text, style, &range, anchor, tag.as_deref())?;
            }
            Event::SequenceStart(anchor, tag) => {
                let range = self.without_properties(range, anchor, tag.as_deref());
                self.open(range.start, anchor, tag.as_deref(), Content::sequence())?;
            }
            Event::MappingStart(anchor, tag) => {
                let range = self.without_properties(range, anchor, tag.as_deref());
                self.open(range.start, anchor, tag.as_deref(), Content::mapping())?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&range)?,
            Event::Alias(id) => self.alias(id, range)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        ControlFlow::Continue(())
    }

    fn document(&mut self, range: Range<usize>) -> ControlFlow<()> {
        self.documents += 1;
        if self.documents == 1 {
            return ControlFlow::Continue(());
        }
        self.broken(
            self.diagnostic(Code::YamlSyntax, range, "a second document begins here")
                .label("one file holds one document")
                .help("move what follows into a file of its own"),
        );
        ControlFlow::Break(())
    }

    /// Begins a list or a mapping.
    fn open(&mut self, start: usize, anchor: usize, tag: Option<&Tag>, content: Content) -> ControlFlow<()> {
        let bracket = matches!(self.text.as_bytes().get(start), Some(b'[' | b'{'));
        let flow = bracket || self.frames.last().is_some_and(|frame| frame.flow);
        self.check_tag(tag, start);
        self.check_tabs(start)?;
        if self.frames.len() == MAX_DEPTH {
            return self.too_deep(start..start + 1);
        }
        let is_key = self.frames.last().is_some_and(Frame::wants_key);
        let inside = self.frames.last().is_some_and(|frame| frame.in_key);
        if is_key && !inside {
            self.collection_as_key(start);
        }
        self.frames.push(Frame { start, end: start, anchor, flow, in_key: is_key || inside, content });
        ControlFlow::Continue(())
    }

    /// Ends a list or a mapping. Only brackets have a place of their own; a block ends with its last part.
    fn close(&mut self, range: &Range<usize>) -> ControlFlow<()> {
        let Some(mut frame) = self.frames.pop() else { return ControlFlow::Continue(()) };
        let bracket = frame.flow && matches!(self.text.as_bytes().get(range.start), Some(b']' | b'}'));
        if bracket && !range.is_empty() {
            frame.end = range.end;
        }
        let Frame { start, end, anchor, content, .. } = frame;
        let kind = content.finish(self.diagnostics);
        self.complete(Node { span: self.span(start..end), kind }, end, anchor)
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        range: &Range<usize>,
        anchor: usize,
        tag: Option<&Tag>,
    ) -> ControlFlow<()> {
        self.check_tag(tag, range.start);
        let (range, style) = match style {
            ScalarStyle::Plain if text.is_empty() => (self.absent(range), Style::Plain),
            ScalarStyle::Plain => (self.trimmed(range), Style::Plain),
            ScalarStyle::Literal | ScalarStyle::Folded => (self.block(range), Style::Block),
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => (range.clone(), Style::Quoted),
        };
        self.check_tabs(range.start)?;
        if text.contains('\0') {
            self.diagnostics.push(
                Diagnostic::new(Code::YamlSyntax, self.span(range.clone()), "a text has a NUL character")
                    .note("no command and no database of Airflow's takes one")
                    .help("for the two characters `\\0` write them in single quotes"),
            );
        }
        let style = if tag.is_some() && style == Style::Plain { Style::Quoted } else { style };
        let scalar = Scalar { text: text.into_owned(), style, expanded: false };
        let end = range.end;
        self.complete(Node { span: self.span(range), kind: Kind::Scalar(scalar) }, end, anchor)
    }

    fn alias(&mut self, id: usize, range: Range<usize>) -> ControlFlow<()> {
        let Some(anchored) = self.anchors.get(&id) else {
            self.broken(
                self.diagnostic(Code::AliasExpansion, range, "an alias stands inside what it names")
                    .label("this would never end"),
            );
            return ControlFlow::Break(());
        };
        if self.frames.len() + anchored.height > MAX_DEPTH {
            return self.too_deep(range);
        }
        let Some(left) = self.budget.checked_sub(anchored.weight) else {
            self.broken(
                self.diagnostic(Code::AliasExpansion, range, "aliases make the file too large")
                    .label("the limit is passed here")
                    .note(format!("all aliases of a file together may add {ALIAS_BUDGET} values"))
                    .help("use fewer aliases; `each` and `${vars.NAME}` repeat without copying"),
            );
            return ControlFlow::Break(());
        };
        self.budget = left;
        let node = anchored.node.clone();
        self.place(Built { node, end: range.end, merges: false });
        ControlFlow::Continue(())
    }

    /// Takes a node that is whole: remembers it for aliases, and puts it where it belongs.
    fn complete(&mut self, node: Node, end: usize, anchor: usize) -> ControlFlow<()> {
        if anchor > 0 {
            let (weight, height) = measure(&node);
            self.anchors.insert(anchor, Anchored { node: node.clone(), weight, height });
        }
        let merges =
            matches!(&node.kind, Kind::Scalar(scalar) if scalar.style == Style::Plain && scalar.text == "<<");
        self.place(Built { node, end, merges });
        ControlFlow::Continue(())
    }

    fn place(&mut self, built: Built) {
        match self.frames.last_mut() {
            None => self.root = Some(built.node),
            Some(frame) => {
                if frame.add(built, self.diagnostics).is_break() {
                    self.broken = true;
                }
            }
        }
    }
}

/// Counts what copying a node costs, and how deep it is.
fn measure(node: &Node) -> (usize, usize) {
    let add = |(weight, height): (usize, usize), child: &Node| {
        let (more, deep) = measure(child);
        (weight + more, height.max(deep + 1))
    };
    match &node.kind {
        Kind::Scalar(scalar) => (1 + scalar.text.len() / 128, 0),
        Kind::Sequence(items) => items.iter().fold((1, 1), add),
        Kind::Mapping(entries) => entries.iter().map(|entry| &entry.value).fold((1, 1), add),
    }
}

#[cfg(test)]
mod tests;
