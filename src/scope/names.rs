//! The names of a pipeline: its sources and steps, with the instances that `each` made.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::lang::source::SourceSpec;
use crate::lang::step::StepHead;
use crate::text::{Span, Spanned};
use std::collections::HashMap;

/// Finds sources and steps by the names that the user writes.
#[derive(Debug)]
pub struct Names<'a> {
    /// The pipeline's own.
    pipeline: &'a str,
    listed: &'a [(Spanned<String>, SourceSpec)],
    heads: Vec<&'a StepHead>,
    /// Sources and steps with reported errors.
    broken: Vec<&'a str>,
    /// The sources as a whole could not be read.
    no_sources: bool,
    /// Full names and, for steps made by `each`, base names; with the indices of steps.
    steps: HashMap<&'a str, Vec<usize>, foldhash::fast::RandomState>,
    /// Sources by name, as indices.
    sources: HashMap<&'a str, usize, foldhash::fast::RandomState>,
    /// The index of the wait of each source, if it waits.
    waits: Vec<Option<usize>>,
    wait_count: usize,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A source, by its index.
    Source(usize),
    /// Steps, by their indices; several when `each` made them.
    Steps(Vec<usize>),
    /// Something whose errors have been reported.
    Broken,
    /// Nothing.
    Unknown,
}

/// Says whether a source waits.
pub fn waits(source: &SourceSpec) -> bool {
    source.path.is_some() && source.wait.as_ref().is_some_and(|wait| !wait.off)
}

impl<'a> Names<'a> {
    /// Reads the names of a pipeline. `broken` are those with reported errors; `no_sources` says that the sources as a
    /// whole could not be read.
    pub fn new(
        pipeline: &'a str,
        listed: &'a [(Spanned<String>, SourceSpec)],
        heads: Vec<&'a StepHead>,
        broken: Vec<&'a str>,
        no_sources: bool,
    ) -> Self {
        let mut steps: HashMap<&str, Vec<usize>, foldhash::fast::RandomState> = HashMap::default();
        steps.reserve(heads.len());
        for (n, step) in heads.iter().enumerate() {
            steps.entry(step.name.as_str()).or_insert_with(|| Vec::with_capacity(1)).push(n);
            if step.instance().is_some() {
                steps.entry(step.base_name()).or_default().push(n);
            }
        }
        let mut wait_count = 0;
        let waits = listed
            .iter()
            .map(|(_, source)| {
                waits(source).then(|| {
                    wait_count += 1;
                    wait_count - 1
                })
            })
            .collect();
        let sources = listed.iter().enumerate().map(|(n, (name, _))| (name.as_str(), n)).collect();
        Self { pipeline, listed, heads, broken, no_sources, steps, sources, waits, wait_count }
    }

    /// Returns the index of the task of a step.
    pub fn task_of_step(&self, step: usize) -> usize {
        self.wait_count + step
    }

    /// Returns the index of the task that waits for a source.
    pub fn wait_of_source(&self, source: usize) -> Option<usize> {
        self.waits[source]
    }

    /// Returns a step by its index.
    ///
    /// # Panics
    /// When the index was given out for another pipeline.
    pub fn step(&self, index: usize) -> &'a StepHead {
        self.heads[index]
    }

    /// Returns a source by its index.
    ///
    /// # Panics
    /// When the index was given out for another pipeline.
    pub fn source(&self, index: usize) -> (&'a str, &'a SourceSpec) {
        let (name, source) = &self.listed[index];
        (name.as_str(), source)
    }

    /// Finds what a step means by a name. Two steps of the same `each` pair off.
    pub fn find(&self, name: &str, by: Option<&StepHead>) -> Named {
        if let Some(source) = self.sources.get(name) {
            return Named::Source(*source);
        }
        if self.is_broken(name) {
            return Named::Broken;
        }
        let Some(found) = self.steps.get(name) else {
            return if self.no_sources { Named::Broken } else { Named::Unknown };
        };
        let label = by.and_then(StepHead::instance);
        let pair = label.filter(|_| found.len() > 1 || self.heads[found[0]].instance().is_some());
        let pair =
            pair.and_then(|label| found.iter().copied().find(|n| self.heads[*n].instance() == Some(label)));
        Named::Steps(pair.map_or_else(|| found.clone(), |one| vec![one]))
    }

    /// Says whether a source or step of this name has reported errors.
    fn is_broken(&self, name: &str) -> bool {
        self.broken.iter().any(|other| *other == name || other.split('[').next() == Some(name))
    }

    /// Finds the tasks that a name after `after:` or `outputs.` means: steps, or the wait of a source.
    pub fn tasks(&self, name: &str, by: Option<&StepHead>) -> Named {
        let named = match self.find(name, by) {
            Named::Unknown => match name.strip_prefix("wait_") {
                Some(source) if self.is_broken(source) => Named::Broken,
                source => source
                    .and_then(|source| self.sources.get(source))
                    .map_or(Named::Unknown, |source| Named::Source(*source)),
            },
            other => other,
        };
        match named {
            Named::Source(source) => {
                self.wait_of_source(source).map_or(Named::Unknown, |task| Named::Steps(vec![task]))
            }
            Named::Steps(steps) => Named::Steps(steps.into_iter().map(|n| self.task_of_step(n)).collect()),
            other => other,
        }
    }

    /// Makes the report of data that nothing gives. `does` is what the step does with it: "reads".
    pub fn unknown_data(&self, by: &str, does: &str, name: &str, span: Span) -> Diagnostic {
        let message = format!("step `{by}` {does} `{name}`, which no source and no step makes");
        self.unknown(by, message, name, span)
    }

    /// Makes the report of a step that is not there. `does` is what the other one does: "comes after".
    pub fn unknown_step(&self, by: &str, does: &str, name: &str, span: Span) -> Diagnostic {
        let message = format!("step `{by}` {does} `{name}`, and there is no such step");
        self.unknown(by, message, name, span)
    }

    fn unknown(&self, by: &str, message: String, name: &str, span: Span) -> Diagnostic {
        let diagnostic = Diagnostic::new(Code::UnknownReference, span, message)
            .label(format!("not found in pipeline `{}`", self.pipeline));
        let broken = self.broken.iter().copied();
        let known = self.sources.keys().chain(self.steps.keys()).copied().chain(broken);
        let Some(near) = nearest(name, known.filter(|known| *known != by)) else {
            let mut names: Vec<&str> = self.sources.keys().chain(self.steps.keys()).copied().collect();
            names.sort_unstable();
            return diagnostic.help(format!("known here: {}", crate::diagnostic::list(&names)));
        };
        let diagnostic = match self.span_of(near) {
            Some((span, what)) => diagnostic.also(span, format!("a {what} with a similar name")),
            None => diagnostic,
        };
        diagnostic.help(format!("write `{near}`"))
    }

    /// Returns where a name is written, and whether it is a source or a step.
    pub fn span_of(&self, name: &str) -> Option<(Span, &'static str)> {
        if let Some(source) = self.sources.get(name) {
            let (name, _) = &self.listed[*source];
            return Some((name.span, "source"));
        }
        let step = *self.steps.get(name)?.first()?;
        Some((self.heads[step].name.span, "step"))
    }
}
