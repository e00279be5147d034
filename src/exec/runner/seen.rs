//! What a process has seen of the task's runs. A listing may leave out what it has shown, and go back to a state
//! that is over; what a process has seen it does not forget.
//!
//! Without effects. Times are those since the task began.

use super::job::{Found, Handle, Listing, Phase};
use std::time::Duration;

/// The runs that were seen, the newest first.
pub(super) struct Seen<H> {
    /// For how long a listing may be behind.
    lag: Duration,
    runs: Vec<Known<H>>,
}

struct Known<H> {
    found: Found<H>,
    /// When it was last listed as it is known, or looked at.
    at: Duration,
    /// It was looked at, and is over, and was not listed so.
    is_ahead: bool,
}

impl<H: Handle> Seen<H> {
    /// Nothing was seen.
    pub(super) fn new(lag: Duration) -> Self {
        Self { lag, runs: Vec::new() }
    }

    /// Takes what a listing shows, and gives what is known with it.
    pub(super) fn listed(&mut self, listing: &Listing<H>, now: Duration) -> Vec<Found<H>> {
        let Listing { found: listed, asked } = listing;
        let mut all: Vec<Found<H>> = listed.iter().map(|found| self.known(found, *asked)).collect();
        for known in &self.runs {
            let is_listed = listed.iter().any(|found| found.handle == known.found.handle);
            if !is_listed && asked.saturating_sub(known.at) <= self.lag {
                let after = |found: &Found<H>| found.span.started >= known.found.span.started;
                let missing = Found { phase: self.shown(known, *asked), ..known.found.clone() };
                all.insert(all.iter().take_while(|found| after(found)).count(), missing);
            }
        }
        for found in listed.iter().filter(|found| found.handle.is_lasting()) {
            let is_news = |known: &Known<H>| !is_behind(&found.phase, &known.found.phase);
            match self.runs.iter_mut().find(|known| known.found.handle == found.handle) {
                Some(known) if is_news(known) => {
                    *known = Known { found: found.clone(), at: now, is_ahead: false }
                }
                Some(_) => {}
                None => self.runs.push(Known { found: found.clone(), at: now, is_ahead: false }),
            }
        }
        all
    }

    /// A look at a run itself, which a listing has shown as running, has shown otherwise.
    pub(super) fn polled(&mut self, handle: &H, phase: Phase, now: Duration) {
        if let Some(known) = self.runs.iter_mut().find(|known| known.found.handle == *handle) {
            known.is_ahead = is_over(&phase);
            known.found.phase = phase;
            known.at = now;
        }
    }

    /// A run as it is listed, or as it is known when the listing is behind.
    fn known(&self, listed: &Found<H>, asked: Duration) -> Found<H> {
        let known = self.runs.iter().find(|known| known.found.handle == listed.handle);
        let Some(known) = known.filter(|known| is_behind(&listed.phase, &known.found.phase)) else {
            return listed.clone();
        };
        Found { phase: self.shown(known, asked), ..known.found.clone() }
    }

    /// The state of a run whose listing is behind. Of one that is over, only its listing tells what follows it.
    fn shown(&self, known: &Known<H>, asked: Duration) -> Phase {
        if known.is_ahead && asked.saturating_sub(known.at) <= self.lag {
            return Phase::Stopping("over, and not yet listed so".to_owned());
        }
        known.found.phase.clone()
    }
}

/// Says whether a state that is listed is one of before.
fn is_behind(listed: &Phase, known: &Phase) -> bool {
    match listed {
        Phase::Running(_) => is_over(known) || matches!(known, Phase::Stopping(_)),
        Phase::Unknown(_) => is_over(known),
        Phase::Stopping(_) | Phase::Succeeded | Phase::Failed(_) => false,
    }
}

fn is_over(phase: &Phase) -> bool {
    matches!(phase, Phase::Succeeded | Phase::Failed(_))
}
