//! Lines for the task's log.

/// What kind of line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What dagc does.
    Info,
    /// What a person should look at.
    Warning,
    /// Why the task fails.
    Error,
    /// A line that the job itself wrote.
    Job,
}

/// Where lines go. Whoever calls decides how they look.
pub struct Log<'a> {
    write: &'a dyn Fn(Level, &str),
}

impl<'a> Log<'a> {
    /// Makes a log from a function that takes one line, without its end.
    pub fn new(write: &'a dyn Fn(Level, &str)) -> Self {
        Self { write }
    }

    /// Says what dagc does.
    pub fn info(&self, line: impl AsRef<str>) {
        (self.write)(Level::Info, line.as_ref());
    }

    /// Says what a person should look at.
    pub fn warning(&self, line: impl AsRef<str>) {
        (self.write)(Level::Warning, line.as_ref());
    }

    /// Says why the task fails.
    pub fn error(&self, line: impl AsRef<str>) {
        (self.write)(Level::Error, line.as_ref());
    }

    /// Writes a line of any kind.
    pub(crate) fn line(&self, level: Level, line: &str) {
        (self.write)(level, line);
    }

    /// Passes on what the job wrote.
    pub fn job(&self, text: &str) {
        for line in text.lines() {
            (self.write)(Level::Job, line);
        }
    }
}

/// Says a thing once until it changes.
#[derive(Debug, Default)]
pub(crate) struct Said(String);

impl Said {
    pub(crate) fn say(&mut self, log: &Log<'_>, line: String) {
        if self.0 != line {
            log.info(&line);
            self.0 = line;
        }
    }
}
