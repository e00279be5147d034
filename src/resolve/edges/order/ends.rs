//! The third layer: drops, and what else takes rows away.

use super::{Order, name};
use crate::plan::{Place, Why};
use crate::resolve::edges::{At, Graph, Reach};
use crate::resolve::{Pattern, Prefixes};
use crate::sql::Access;
use std::collections::{HashMap, HashSet};

impl<'p> Order<'p, '_> {
    /// The third layer: drops, and what else takes rows away.
    pub(super) fn ends(&self, graph: &mut Graph) {
        let ends: Vec<At> = self
            .touches()
            .filter(|at| matches!(self.touch(*at).access, Access::Ends | Access::Empties))
            .collect();
        if ends.is_empty() {
            return;
        }
        let mut users = self.users(&ends);
        for (at, table) in &graph.seen {
            if let Some(users) = users.get_mut(table) {
                users.push(User { at: *at, through_view: true, is_near: false });
            }
        }
        let users = |at: At| &users[&self.touch(at).dataset];
        let reach = Reach::new(&graph.edges, self.tasks.len());
        for at in ends.iter().copied().filter(|at| !self.role(*at).is_private()) {
            self.end(at, users(at), &reach, graph);
        }
        let reach = Reach::new(&graph.edges, self.tasks.len());
        for at in ends {
            self.is_late(at, users(at), &reach, graph);
        }
    }

    /// Finds who uses what is dropped or emptied: of files all whose prefixes overlap.
    fn users(&self, ends: &[At]) -> HashMap<&'p Place, Vec<User>> {
        let ended: HashSet<&Place> = ends.iter().map(|at| &self.touch(*at).dataset).collect();
        let mut removed: Prefixes<&Place> = Prefixes::default();
        let prefixes = ended.iter().filter_map(|dataset| Some((*dataset, prefix(dataset)?)));
        let has_prefixes =
            prefixes.map(|(dataset, path)| removed.insert(&Pattern::new(path), dataset)).count() > 0;
        let mut users: HashMap<&Place, Vec<User>> = HashMap::new();
        for at in self.touches() {
            let dataset = &self.touch(at).dataset;
            let mut note = |ended: &'p Place| {
                let user = User { at, through_view: false, is_near: ended != dataset };
                users.entry(ended).or_default().push(user);
            };
            match prefix(dataset) {
                Some(path) if has_prefixes => removed.overlapping(&Pattern::new(path), &mut note),
                None if ended.contains(dataset) => note(dataset),
                Some(_) | None => {}
            }
        }
        users
    }

    /// Says whether a use of what is dropped or emptied makes it anew.
    fn renews(&self, end: Access, other: User) -> bool {
        let role = self.role(other.at);
        let renews = if end == Access::Empties { role.gives_rows() } else { role.has(Access::Creates) };
        renews && !role.is_private() && !other.through_view
    }

    fn end(&self, at: At, users: &[User], reach: &Reach, graph: &mut Graph) {
        let item = self.touch(at);
        let why = || match item.access {
            Access::Empties => Why::Empty(name(&item.dataset)),
            _ => Why::Drop(name(&item.dataset)),
        };
        let others = || users.iter().copied().filter(|other| other.at.task != at.task);
        let renewers = || others().filter(|other| self.renews(item.access, *other)).map(|other| other.at);
        let is_before = |other: &At| other.task > at.task && !reach.reaches(other.task, at.task);
        let is_first = renewers().next().is_some() && renewers().all(|other| is_before(&other));
        if item.access == Access::Empties && !is_first {
            Self::between(at, renewers, reach, graph);
        }
        if is_first {
            for other in renewers() {
                graph.add(at.task, other.task, why(), item.span);
            }
            return;
        }
        for other in others().map(|other| other.at) {
            let access = self.touch(other).access;
            let comes_first = match item.access {
                Access::Empties => access == Access::Reads || access.gives_rows(),
                _ => access != Access::Ends,
            };
            if comes_first && !reach.reaches(at.task, other.task) {
                graph.add(other.task, at.task, why(), item.span);
            }
        }
    }

    /// A table that is emptied between those that fill it, for one after the other: dagc cannot know whose rows are
    /// whose, and asks for an order.
    fn between<I: Iterator<Item = At>>(at: At, fillers: impl Fn() -> I, reach: &Reach, graph: &mut Graph) {
        if fillers().all(|other| other.task > at.task) {
            return;
        }
        let is_later = |other: &At| {
            other.task > at.task && !reach.reaches(at.task, other.task) && !reach.reaches(other.task, at.task)
        };
        graph.unordered.extend(fillers().filter(is_later).map(|other| (other, at)));
    }

    /// Notes who uses what is dropped or emptied without anybody having made it anew, unless the user has named
    /// that order.
    fn is_late(&self, at: At, users: &[User], reach: &Reach, graph: &mut Graph) {
        let item = self.touch(at);
        let after = |from: usize, to: usize| from == to || reach.reaches(from, to);
        let renewers: Vec<usize> = users
            .iter()
            .filter(|other| self.renews(item.access, **other) && reach.reaches(at.task, other.at.task))
            .map(|other| other.at.task)
            .collect();
        if item.access == Access::Ends && renewers.is_empty() && !self.role(at).is_private() {
            graph.dropped.push(at);
        }
        for other in users.iter().filter(|other| !other.is_near).map(|other| other.at) {
            let access = self.touch(other).access;
            let needs = match item.access {
                Access::Empties => access == Access::Reads,
                _ => !matches!(access, Access::Creates | Access::Ends),
            };
            let is_late = needs
                && reach.reaches(at.task, other.task)
                && !reach.reaches(other.task, at.task)
                && !self.named.reaches(at.task, other.task)
                && !renewers.iter().any(|renewer| after(*renewer, other.task));
            // Told once for two tasks, also where one drops a table and the view on it.
            let is_known =
                || graph.late.iter().any(|(known, end)| known.task == other.task && end.task == at.task);
            if is_late && !is_known() {
                graph.late.push((other, at));
            }
        }
    }
}

fn prefix(dataset: &Place) -> Option<&str> {
    match dataset {
        Place::Prefix(path) => Some(path),
        Place::Table { .. } | Place::CatalogTable(_) | Place::Database { .. } => None,
    }
}

/// A task that uses what is dropped or emptied.
#[derive(Clone, Copy)]
struct User {
    at: At,
    /// What it names is a view.
    through_view: bool,
    /// What it names is a folder above or below, or a pattern: it may be about other files.
    is_near: bool,
}
