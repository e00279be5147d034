//! Statements that Athena keeps, and runs by their names.

use super::super::{Deed, DoneTo, SqlStatement, Use};

/// A statement that a script has prepared: its name, what it touches and asks for.
type Prepared = (String, Vec<Use>, Vec<(Deed, DoneTo)>);

/// What a script prepares itself is known where it runs it. What is prepared is only kept.
pub(super) fn know_prepared(statements: &mut [SqlStatement]) {
    let mut prepared: Vec<Prepared> = Vec::new();
    for statement in statements {
        let Some(asked) = &mut statement.asked else { continue };
        for (deed, to) in asked.deeds.clone() {
            match (deed, to) {
                (Deed::PreparesStatement, DoneTo::Other(name)) => {
                    let is_kept = |(_, to): &(Deed, DoneTo)| matches!(to, DoneTo::Table(_));
                    let done = asked.deeds.iter().filter(|one| is_kept(one)).cloned().collect();
                    asked.deeds.retain(|one| !is_kept(one));
                    prepared.push((name, std::mem::take(&mut statement.uses), done));
                }
                (Deed::RunsStatement, DoneTo::Other(name)) => {
                    if let Some((_, uses, done)) = prepared.iter().rev().find(|(other, ..)| *other == name) {
                        statement.hidden = false;
                        statement.uses.clone_from(uses);
                        asked.deeds.extend(done.iter().cloned());
                    }
                }
                _ => {}
            }
        }
    }
}
