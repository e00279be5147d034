//! The only code that prints.
//!
//! Takes what commands have to say and writes it: data to stdout, everything else to stderr. Findings
//! have four forms: [`human`] for a terminal, [`json`](mod@json) for programs, [`sarif`] for code
//! scanning, [`github`] for the log of a workflow. Each is a function from a [`report`], which is bounded, to
//! text; only [`Printer`] touches a stream. That a reader went away (a broken pipe) is no error.

pub mod changes;
mod excerpt;
pub mod github;
pub mod graph;
pub mod human;
pub mod json;
mod place;
pub mod progress;
pub mod report;
pub mod sarif;

use crate::diagnostic::Diagnostic;
use crate::text::SourceMap;
use anstream::{AutoStream, ColorChoice};
use report::Report;
use std::io::{self, Write};

/// The form of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people, on stderr.
    #[default]
    Human,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands that GitHub shows beside the changed lines.
    Github,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Writes to the two streams of the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Printer {
    color: Color,
    quiet: bool,
}

impl Printer {
    /// Makes a printer; a quiet one leaves out what is neither data nor a finding.
    pub fn new(color: Color, quiet: bool) -> Self {
        Self { color, quiet }
    }

    /// Writes data to stdout as it is.
    pub fn data(self, text: &str) -> io::Result<()> {
        written(AutoStream::new(io::stdout().lock(), self.choice()).write_all(text.as_bytes()))
    }

    /// Says on stderr what is being done.
    pub fn status(self, text: &str) -> io::Result<()> {
        if self.quiet { Ok(()) } else { self.err(&format!("{text}\n")) }
    }

    /// Says on stderr what stops nothing and should be known.
    pub fn warning(self, text: &str) -> io::Result<()> {
        self.err(&format!("{text}\n"))
    }

    /// Says whether only data, findings and errors are wanted.
    pub fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Reports an error that has no place in a file, and what can be done.
    pub fn error(self, message: &str, hint: Option<&str>) -> io::Result<()> {
        self.err(&human::plain_error(message, hint))
    }

    /// Tells a report in the form asked for, and counts its findings for a person.
    pub fn report(self, report: &Report, sources: &SourceMap, format: Format) -> io::Result<()> {
        match format {
            Format::Human => {
                self.err(&human::render(&report.findings, sources, true))?;
                self.err(&human::rest(report))?;
            }
            Format::Json => self.data(&json::render(report, sources))?,
            Format::Sarif => self.data(&sarif::render(report, sources))?,
            Format::Github => self.data(&github::render(report, sources))?,
        }
        match human::summary(report) {
            Some(summary) if format == Format::Human || !self.quiet => self.err(&format!("{summary}\n")),
            Some(_) | None => Ok(()),
        }
    }

    fn err(self, text: &str) -> io::Result<()> {
        written(AutoStream::new(io::stderr().lock(), self.choice()).write_all(text.as_bytes()))
    }

    fn choice(self) -> ColorChoice {
        match self.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
    }
}

/// Says on stderr where dagc has a bug. This may be a thread that holds the stream: it is written to as it is.
pub fn bug(line: &str) {
    // Nobody may be reading.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Takes a broken pipe for success: who closed it has read enough.
fn written(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// What a finding says, without its places: the message, its notes, the cure.
fn paragraphs(finding: &Diagnostic) -> Vec<String> {
    let label = Some(&finding.primary.message).filter(|label| !label.is_empty());
    let message =
        label.map_or_else(|| finding.message.clone(), |label| format!("{}: {label}", finding.message));
    let notes = finding.notes.iter().map(|note| format!("note: {note}"));
    let help = finding.help.iter().map(|help| format!("hint: {help}"));
    std::iter::once(message).chain(notes).chain(help).collect()
}

/// Writes JSON with a line break at its end.
fn pretty(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("invariant: plain data has no key but strings");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
