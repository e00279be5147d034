//! Pages that go round, such as those of an API whose second page names the first one as the third: without this they would
//! be fetched until there are more than the step allows.

use super::state::Position;

/// The pages so far, of which one is remembered: as many as there may be take no room.
///
/// That one is replaced whenever as many pages have come as twice those before it, so that a circle is found before it has been
/// gone through three times (R. Brent, "An improved Monte Carlo factorization algorithm", 1980).
pub(super) struct Rounds {
    remembered: Position,
    since: u64,
    until: u64,
}

impl Rounds {
    /// The first page is this one.
    pub(super) fn new(first: Position) -> Self {
        Self { remembered: first, since: 1, until: 1 }
    }

    /// Says whether the next page was there before.
    pub(super) fn is_back_at(&mut self, next: &Position) -> bool {
        if *next == self.remembered {
            return true;
        }
        if self.since == self.until {
            (self.remembered, self.since, self.until) = (next.clone(), 0, self.until.saturating_mul(2));
        }
        self.since += 1;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_circle_is_found() {
        for (before, around) in (0..20).flat_map(|before| (1..20).map(move |around| (before, around))) {
            let at = |page: u64| {
                Position::Number(if page < before { page } else { before + (page - before) % around })
            };
            let mut rounds = Rounds::new(at(0));
            let found = (1..200).find(|page| rounds.is_back_at(&at(*page))).unwrap();
            assert!(
                found >= before + around && found <= 3 * before.max(around) + around,
                "{before} {around}: {found}"
            );
        }
    }

    #[test]
    fn what_goes_on_is_no_circle() {
        let mut rounds = Rounds::new(Position::First);
        assert!((0..10_000).all(|page| !rounds.is_back_at(&Position::Number(page))));
    }
}
