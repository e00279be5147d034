//! The progress of a publication: a bar on a terminal, a line a step elsewhere.

use super::Printer;
use crate::publish::Event;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shows what publishing tells.
pub struct Progress {
    printer: Printer,
    bar: ProgressBar,
}

impl Progress {
    /// Makes one that shows nothing yet; a quiet printer shows warnings only.
    pub fn new(printer: Printer) -> Self {
        let bar = ProgressBar::with_draw_target(
            Some(0),
            if printer.is_quiet() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() },
        );
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        Self { printer, bar }
    }

    /// Shows an event.
    pub fn show(&self, event: &Event) {
        match event {
            Event::Warning(text) => self.line(&format!("warning: {text}"), true),
            Event::Started { files, .. } => self.bar.set_length(*files as u64),
            Event::SentAsset { uri, .. } => self.step(uri),
            Event::Sent { path, .. } => self.step(path),
            Event::Resource { name, done } => self.line(&format!("{name} {done}"), false),
            Event::WaitingForCrawler(name) => {
                self.line(&format!("crawler {name} is running: waiting for its end"), false);
            }
            Event::Removed(path) => self.line(&format!("removed {path}"), false),
            Event::Verified(files) => self.line(&format!("{files} files are there as they were sent"), false),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn step(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        self.bar.inc(1);
    }

    fn line(&self, text: &str, is_warning: bool) {
        self.bar.suspend(|| {
            // A line that nobody reads stops no publication.
            let _ = if is_warning { self.printer.warning(text) } else { self.printer.status(text) };
        });
    }
}
