//! What the simulation asks the job that the worker uses, so that the two cannot differ.

use super::script::Service as Name;
use crate::aws::Pace;
use crate::exec::runner::{RemoteJob, SecondStart};
use std::cell::RefCell;
use std::time::Duration;

/// What the worker's job says of its service.
#[derive(Clone)]
pub(super) struct Traits {
    pub lag: Duration,
    pub unseen: Duration,
    pub second_start: SecondStart,
    pub pace: Pace,
}

impl Traits {
    pub(super) fn of(real: &impl RemoteJob) -> Self {
        Self { lag: real.lag(), unseen: real.unseen(), second_start: real.second_start(), pace: real.pace() }
    }
}

thread_local! {
    static TRAITS: RefCell<Vec<(Name, Traits)>> = const { RefCell::new(Vec::new()) };
}

/// What the worker's job says, asked once on each thread.
pub(super) fn traits(name: Name, ask: impl FnOnce() -> Traits) -> Traits {
    TRAITS.with_borrow_mut(|known| {
        if let Some((_, traits)) = known.iter().find(|known| known.0 == name) {
            return traits.clone();
        }
        let traits = ask();
        known.push((name, traits.clone()));
        traits
    })
}
