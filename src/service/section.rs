//! What the pages tell of a caller: what it must be allowed, and what that costs.

use super::call::{Caller, Need};
use super::cost::Billed;

/// Who is to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The workers of Airflow.
    Worker,
    /// Whoever publishes.
    Publisher,
}

/// The heading of a table: a kind names the table of its worker by the one that its service has made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading(&'static str);

impl Heading {
    /// Makes one; only a service does.
    pub(super) const fn new(text: &'static str) -> Self {
        Self(text)
    }
}

impl std::fmt::Display for Heading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// A table of the page.
#[derive(Clone, Debug)]
pub struct Section {
    /// Who is to be allowed.
    pub who: Who,
    /// What for: a kind of step, or a command.
    pub heading: Heading,
    /// What else is needed.
    pub note: &'static str,
    /// What must be allowed.
    pub needs: Vec<Need>,
    /// What it is billed in; nothing where it runs on what is paid for anyway.
    pub billed: &'static [Billed],
}

impl Section {
    /// Begins a table.
    pub(super) fn new(who: Who, heading: Heading) -> Self {
        Self { who, heading, note: "", needs: Vec::new(), billed: &[] }
    }

    /// Takes what all of these callers need, each once.
    pub(super) fn of(mut self, callers: &[&dyn Caller]) -> Self {
        for need in callers.iter().flat_map(|caller| caller.needs()) {
            if !self.needs.contains(&need) {
                self.needs.push(need);
            }
        }
        self
    }

    /// Is billed in this.
    pub(super) fn billed(self, billed: &'static [Billed]) -> Self {
        Self { billed, ..self }
    }

    /// Leaves out what another table has, which is needed as well.
    pub(super) fn beside(mut self, other: &Self, note: &'static str) -> Self {
        self.needs.retain(|need| !other.needs.contains(need));
        Self { note, ..self }
    }
}
