//! What the compiler has to say about a project.
//!
//! Stages push [`Diagnostic`]s into a [`Diagnostics`] and go on; nothing here prints. A diagnostic is a
//! stable [`Code`], a message that makes sense alone, one label on the smallest wrong thing, labels
//! where the conflict began, notes, and the cure. Rendering is in `ui`.

mod bug;
mod code;

use crate::text::{FileId, Span};
pub use bug::{Bug, guarded, message};
pub use code::Code;
use std::collections::BTreeMap;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is built.
    Error,
    /// Something is built, and probably not what was meant.
    Warning,
}

impl Severity {
    /// Returns the word that reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A marked place with a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The words beside it; may be empty.
    pub message: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which rule found it.
    pub code: Code,
    /// One line, lower case, no final period.
    pub message: String,
    /// The smallest wrong thing.
    pub primary: Label,
    /// Where the conflict began, or what is like it.
    pub secondary: Vec<Label>,
    /// Causes and context, a sentence each.
    pub notes: Vec<String>,
    /// The cure.
    pub help: Option<String>,
    /// The pipeline's file in whose reading it was found; none for what lies between pipelines or belongs to
    /// the project.
    pub owner: Option<FileId>,
}

impl Diagnostic {
    /// Makes a finding with one mark.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            primary: Label { span, message: String::new() },
            secondary: Vec::new(),
            notes: Vec::new(),
            help: None,
            owner: None,
        }
    }

    /// Sets the words beside the primary mark.
    #[must_use]
    pub fn label(mut self, message: impl Into<String>) -> Self {
        self.primary.message = message.into();
        self
    }

    /// Adds a second mark.
    #[must_use]
    pub fn also(mut self, span: Span, message: impl Into<String>) -> Self {
        self.secondary.push(Label { span, message: message.into() });
        self
    }

    /// Returns all marked places.
    pub fn spans(&self) -> impl Iterator<Item = Span> {
        std::iter::once(&self.primary).chain(&self.secondary).map(|label| label.span)
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Sets the cure.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds "did you mean" when one of `known` is near to `word`, else lists what is known.
    #[must_use]
    pub fn suggest<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        match nearest(word, known.iter().copied()) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None if known.is_empty() => self,
            None => self.help(format!("expected one of {}", list(&known))),
        }
    }
}

/// Returns the known word nearest to `word`, when it is near enough to be a slip of the pen.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// What is longer is no slip of the pen of anything, and costs time to compare.
    const LONGEST: usize = 256;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.len().max(word.len()) / 3).max(1))
        .min_by_key(|(distance, name)| (*distance, *name))
        .map(|(_, name)| name)
}

/// Writes words as `` `a`, `b` `` for a message; long lists are cut.
pub fn list(words: &[&str]) -> String {
    const SHOWN: usize = 20;
    let mut text = words.iter().take(SHOWN).map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    if words.len() > SHOWN {
        text.push_str(&format!(" and {} more", words.len() - SHOWN));
    }
    text
}

/// The findings of a run, in the order in which they were made, and bugs of dagc's that were met.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
    bugs: Vec<Bug>,
    /// Names of values that are not known, with the texts in which they stand.
    incomplete: BTreeMap<Span, Span>,
}

impl Diagnostics {
    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.push(diagnostic);
    }

    /// Adds all findings of another run.
    pub fn append(&mut self, mut other: Self) {
        self.items.append(&mut other.items);
        self.bugs.append(&mut other.bugs);
        self.incomplete.append(&mut other.incomplete);
    }

    /// Adds all that was found in reading a pipeline.
    pub fn append_of(&mut self, owner: FileId, mut other: Self) {
        self.items.extend(other.items.into_iter().map(|item| Diagnostic { owner: Some(owner), ..item }));
        self.bugs.append(&mut other.bugs);
        self.incomplete.append(&mut other.incomplete);
    }

    /// Notes a bug of dagc's in the work on a file.
    pub fn bug(&mut self, file: FileId, message: impl Into<String>) {
        self.bugs.push(Bug { file, message: message.into() });
    }

    /// Returns the bugs.
    pub fn bugs(&self) -> &[Bug] {
        &self.bugs
    }

    /// Takes the bugs out, sorted, each once.
    pub fn take_bugs(&mut self) -> Vec<Bug> {
        let mut bugs = std::mem::take(&mut self.bugs);
        bugs.sort();
        bugs.dedup();
        bugs
    }

    /// Says whether anything keeps the project from being built.
    pub fn has_errors(&self) -> bool {
        !self.bugs.is_empty() || self.items.iter().any(|item| item.code.severity() == Severity::Error)
    }

    /// Counts what keeps the project from being built.
    pub fn error_count(&self) -> usize {
        self.items.iter().filter(|item| item.code.severity() == Severity::Error).count()
    }

    /// Says whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.bugs.is_empty()
    }

    /// Returns the findings sorted by place, each once.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.items.sort_by(|a, b| {
            (a.primary.span, a.code.severity(), a.code, &a.message).cmp(&(
                b.primary.span,
                b.code.severity(),
                b.code,
                &b.message,
            ))
        });
        self.items
            .dedup_by(|a, b| (a.code, a.primary.span, &a.message) == (b.code, b.primary.span, &b.message));
        self.items
    }

    /// Notes that a text is not known: a name in it stands for nothing.
    pub fn incomplete(&mut self, text: Span, name: Span) {
        self.incomplete.insert(name, text);
    }

    /// Drops what else is said of values that are not known: they were read as something that nobody wrote.
    pub fn drop_incomplete(&mut self) {
        let incomplete = std::mem::take(&mut self.incomplete);
        let is_of_one = |at: Span| {
            let names = Span { end: at.start, ..at }..Span { start: at.end, ..at };
            !incomplete.is_empty()
                && incomplete
                    .range(names)
                    .any(|(name, text)| name.end <= at.end && text.start <= at.start && at.end <= text.end)
        };
        self.items.retain(|item| {
            matches!(item.code, Code::UnknownVariable | Code::InvalidTemplate)
                || !is_of_one(item.primary.span)
        });
    }

    /// Drops the findings of some codes.
    pub fn drop_codes(&mut self, codes: &[Code]) {
        self.items.retain(|item| !codes.contains(&item.code));
    }

    /// Returns the findings as they were pushed.
    pub fn into_items(self) -> Vec<Diagnostic> {
        self.items
    }

    /// Looks at the findings as they were pushed.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.items.iter()
    }
}
