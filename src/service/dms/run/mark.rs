//! The mark of a run: a tag of the replication, which holds whose run it is, and when the replication had run before.
//!
//! DMS takes no token and has no ids of runs, and a replication runs once at a time. The tag is written before a start, while
//! nothing runs; the replication has run since when it runs, or when it has begun or ended later than the tag says. Both are
//! times of DMS: no clock of a worker's is compared.

use std::fmt;

/// When a replication has run last, in milliseconds, by DMS's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trace {
    /// When it began; 0 when it never has.
    pub started: u64,
    /// When it ended; 0 when it never has.
    pub stopped: u64,
    /// It has failed.
    pub has_failed: bool,
}

impl Trace {
    /// Says whether it has run since it was as `before` tells. An answer that is behind tells an earlier run.
    pub(super) fn has_run_since(self, before: Self) -> bool {
        let is_later = self.started > before.started || self.stopped > before.stopped;
        let is_earlier = self.started < before.started || self.stopped < before.stopped;
        is_later || (self.has_failed && !before.has_failed && !is_earlier)
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.started, self.stopped, u8::from(self.has_failed))
    }
}

impl Trace {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (started, stopped) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let has_failed = parts.next()? == "1";
        parts.next().is_none().then_some(Self { started, stopped, has_failed })
    }
}

/// What the tag says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The key of the run.
    pub key: String,
    /// How many runs of its generation had failed before.
    pub number: usize,
    /// When the replication had run before.
    pub before: Trace,
}

impl Mark {
    /// Makes the mark of a run that is to be started: `token` is its key and its number.
    pub(super) fn of(token: &str, before: Trace) -> Option<Self> {
        let (key, number) = token.rsplit_once('-')?;
        Some(Self { key: key.to_owned(), number: number.parse().ok()?, before })
    }

    /// Reads a tag.
    pub(super) fn parse(tag: &str) -> Option<Self> {
        let (token, before) = tag.split_once('/')?;
        Self::of(token, Trace::parse(before)?)
    }

    /// What tells its run from those before it.
    pub(super) fn run(&self) -> String {
        self.run_before(self.number)
    }

    /// The same of a run of its generation that has failed.
    pub(super) fn run_before(&self, number: usize) -> String {
        format!("{}-{number}", self.key)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}/{}", self.key, self.number, self.before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn trace(started: u64, stopped: u64, has_failed: bool) -> Trace {
        Trace { started, stopped, has_failed }
    }

    #[test]
    fn a_run_is_known_by_what_was_before_it() {
        let before = trace(10, 20, false);
        for (now, has_run) in [
            (before, false),
            (trace(30, 20, false), true),
            (trace(10, 40, false), true),
            (trace(10, 20, true), true),
            // An answer that is behind.
            (trace(5, 8, true), false),
            (Trace::default(), false),
        ] {
            assert_eq!(now.has_run_since(before), has_run, "{now}");
        }
        assert!(!trace(10, 20, true).has_run_since(trace(10, 20, true)));
        assert!(trace(1, 0, false).has_run_since(Trace::default()));
    }

    #[test]
    fn a_tag_is_read_as_it_was_written() {
        let mark = Mark::of("0123-2-abcdef-1", trace(1_764_322_479_123, 0, true)).unwrap();
        assert_eq!(mark.to_string(), "0123-2-abcdef-1/1764322479123.0.1");
        assert_eq!(Mark::parse(&mark.to_string()), Some(mark.clone()));
        assert_eq!(
            (mark.run().as_str(), mark.run_before(0).as_str()),
            ("0123-2-abcdef-1", "0123-2-abcdef-0")
        );
        for tag in ["", "billing", "a-1", "a-x/1.2.0", "a-1/1.2", "a-1/1.2.0.4"] {
            assert_eq!(Mark::parse(tag), None, "{tag}");
        }
    }
}
