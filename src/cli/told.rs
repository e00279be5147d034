//! Telling what was found, once and in the form that was asked for.
//!
//! People are told at once. A program is told in one document when all is done: what was found, what is left
//! out of it, and what failed.

use super::Exit;
use crate::text::SourceMap;
use crate::ui::report::{Failure, Limits, Report};
use crate::ui::{Format, Printer};
use clap::Args;
use std::io;

/// The form of the findings.
#[derive(Debug, Default, Args)]
pub(super) struct Form {
    /// The form of the findings
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// Tell every finding, however many there are of a kind
    #[arg(long)]
    all: bool,
}

/// What was told, or will be when all is done.
#[derive(Debug, Default)]
pub(super) struct Told {
    format: Format,
    all: bool,
    later: Report,
    sources: SourceMap,
}

impl Told {
    #[cfg(test)]
    pub(super) fn of(format: Format) -> Self {
        Self { format, ..Self::default() }
    }

    #[cfg(test)]
    pub(super) fn later(&self) -> &Report {
        &self.later
    }

    /// How many findings of a kind are told.
    pub(super) fn limits(&self) -> Limits {
        match (self.all, self.format) {
            (true, _) => Limits::NONE,
            (false, Format::Human | Format::Github) => Limits::PEOPLE,
            (false, Format::Json | Format::Sarif) => Limits::PROGRAMS,
        }
    }

    /// Tells a report.
    pub(super) fn tell(&mut self, report: Report, sources: &SourceMap, printer: Printer) -> io::Result<()> {
        if self.format == Format::Human {
            printer.report(&report, sources, Format::Human)?;
            return report
                .failures
                .iter()
                .try_for_each(|failure| printer.error(&failure.message, failure.hint.as_deref()));
        }
        self.later = report;
        self.sources = sources.clone();
        Ok(())
    }

    /// Tells a line of data that people read, and that a program is told as something that failed.
    pub(super) fn line(&mut self, line: &str, printer: Printer) -> io::Result<()> {
        if self.format == Format::Human {
            return printer.data(&format!("{line}\n"));
        }
        self.later.failures.push(Failure { message: line.to_owned(), hint: None });
        Ok(())
    }

    /// Tells what failed.
    pub(super) fn fail(&mut self, message: &str, hint: Option<&str>, printer: Printer) -> io::Result<()> {
        if self.format == Format::Human {
            return printer.error(message, hint);
        }
        self.later.failures.push(Failure { message: message.to_owned(), hint: hint.map(str::to_owned) });
        Ok(())
    }
}

/// Does the work of a command, and tells in the form asked for what came of it.
pub(super) fn telling(
    form: &Form,
    printer: Printer,
    work: impl FnOnce(&mut Told) -> anyhow::Result<Exit>,
) -> anyhow::Result<Exit> {
    let mut told = Told { format: form.format, all: form.all, ..Told::default() };
    let ended = work(&mut told);
    if form.format == Format::Human {
        return ended;
    }
    let exit = match ended {
        Ok(exit) => exit,
        Err(error) => {
            let (message, hint) = super::words(&error);
            told.fail(&message, hint.as_deref(), printer)?;
            Exit::Failed
        }
    };
    printer.report(&told.later, &told.sources, form.format)?;
    Ok(exit)
}
