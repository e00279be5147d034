//! The order of one pipeline's tasks, in four layers of which each gives way to those before it.
//!
//! 1. What the user names: `from`, `of`, `after`, `outputs`, the wait of a source.
//! 2. What the data demands: who makes a table comes before those who change it, these before those who read it.
//! 3. Ends: who drops or empties a table comes after all who use it, or before all who make it where it stands
//!    before them in the file.
//! 4. What is only better so: a check comes before the other readers of its table, `GRANT` and `ANALYZE` after
//!    those who write, and the making of a schema or a procedure before its use. An edge of this layer that would close
//!    a ring is left out.
//!
//! Who reads a view reads the tables behind it.

use super::corrections::{corrects, promotes};
use super::reach::ranks;
use super::{At, Graph, Index, Makers, Reach, Role, places, touch};
use crate::plan::{Dataset, Why};
use crate::resolve::{Pattern, Pipeline, Prefixes, Task, Touch};
use crate::sql::Access;
use crate::text::Span;
use petgraph::acyclic::Acyclic;
use petgraph::graph::{DiGraph, NodeIndex};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Finds the edges of one pipeline.
pub fn graph(pipelines: &[Pipeline<'_>], index: &Index<'_>, pipeline: usize) -> Graph {
    graph_with(pipelines, index, pipeline, &[])
}

/// Finds the edges that one pipeline would have if these pairs of tasks were named with `after` as well.
pub fn graph_with(
    pipelines: &[Pipeline<'_>],
    index: &Index<'_>,
    pipeline: usize,
    stated: &[(usize, usize)],
) -> Graph {
    let tasks = &pipelines[pipeline].tasks;
    let mut graph = Graph::default();
    for (n, task) in tasks.iter().enumerate() {
        for need in &task.needs {
            graph.add(need.task, n, need.why.clone(), need.span);
        }
    }
    for (from, to) in stated {
        graph.add(*from, *to, Why::After, tasks[*to].span);
    }
    let named = Reach::new(&graph.edges, tasks.len());
    let order = Order::new(pipelines, index, pipeline, named);
    for at in order.touches() {
        let behind = order.behind(index, at);
        let makers = order.makers(at);
        graph.look_abroad(&order, at, makers, &behind);
        order.data(at, makers, &mut graph);
        for Behind { table, makers, .. } in &behind {
            order.through(at, table, makers, &mut graph);
        }
    }
    order.writers(&mut graph);
    order.ends(&mut graph);
    order.better(&mut graph);
    graph
}

/// Writes why data gives an order.
pub(super) fn why(dataset: &Dataset) -> Why {
    match dataset {
        Dataset::Prefix(path) => Why::Prefix(path.clone()),
        Dataset::Table { name, .. } | Dataset::CatalogTable(name) => Why::Table(name.to_string()),
    }
}

fn name(dataset: &Dataset) -> String {
    match dataset {
        Dataset::Prefix(path) => path.clone(),
        Dataset::Table { name, .. } | Dataset::CatalogTable(name) => name.to_string(),
    }
}

fn prefix(dataset: &Dataset) -> Option<&str> {
    match dataset {
        Dataset::Prefix(path) => Some(path),
        Dataset::Table { .. } | Dataset::CatalogTable(_) => None,
    }
}

/// A table behind a view.
struct Behind<'p, 'i> {
    table: &'p Dataset,
    makers: Cow<'i, Makers>,
    /// It is a view itself.
    is_view: bool,
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

/// One pipeline, and what its user has named.
struct Order<'p, 'a> {
    pipelines: &'p [Pipeline<'a>],
    pipeline: usize,
    tasks: &'p [Task<'a>],
    named: Reach,
    /// What each task does to the data of each of its touches; those of one task begin at its place in `starts`.
    roles: Vec<Role>,
    /// In the same order who makes the data.
    makers: Vec<Cow<'p, Makers>>,
    starts: Vec<usize>,
}

impl<'p, 'a> Order<'p, 'a> {
    fn new(pipelines: &'p [Pipeline<'a>], index: &'p Index<'p>, pipeline: usize, named: Reach) -> Self {
        let tasks = pipelines[pipeline].tasks.as_slice();
        let count = tasks.iter().map(|task| task.touches.len()).sum();
        let mut starts = Vec::with_capacity(tasks.len());
        let mut roles = Vec::with_capacity(count);
        let mut makers = Vec::with_capacity(count);
        for task in tasks {
            starts.push(roles.len());
            roles.extend(task.touches.iter().map(|touch| {
                let role = Role::of(task, &touch.dataset);
                let renames = role.has(Access::Ends) && role.has(Access::Needs);
                if renames && !promotes(tasks, task, &touch.dataset) { role.retiring() } else { role }
            }));
            makers.extend(task.touches.iter().map(|touch| index.makers(&touch.dataset)));
        }
        Self { pipelines, pipeline, tasks, named, roles, makers, starts }
    }

    fn touches(&self) -> impl Iterator<Item = At> {
        let pipeline = self.pipeline;
        let counts = self.tasks.iter().map(|task| task.touches.len()).enumerate();
        counts.flat_map(move |(task, count)| (0..count).map(move |touch| At { pipeline, task, touch }))
    }

    fn touch(&self, at: At) -> &'p Touch {
        touch(self.pipelines, at)
    }

    fn role(&self, at: At) -> Role {
        self.roles[self.starts[at.task] + at.touch]
    }

    fn makers(&self, at: At) -> &Makers {
        &self.makers[self.starts[at.task] + at.touch]
    }

    /// The second layer: adds what comes before one touch.
    fn data(&self, at: At, makers: &Makers, graph: &mut Graph) {
        let item = self.touch(at);
        let makers = makers.of_pipeline(self.pipeline);
        if makers.iter().all(|makers| makers.iter().all(|maker| maker.task == at.task)) {
            return;
        }
        let role = self.role(at);
        // Of several touches the reading one says it best.
        if item.access != Access::Reads && role.has(Access::Reads) {
            return;
        }
        for maker in makers.into_iter().flatten().copied().filter(|maker| maker.task != at.task) {
            let named_already = item.by_name && graph.edges.contains_key(&(maker.task, at.task));
            if !named_already {
                self.join(maker, at, role, graph);
            }
        }
    }

    /// Adds the edge between a maker and a task that has this role for the same data, unless the user has named the
    /// other direction.
    fn join(&self, maker: At, at: At, role: Role, graph: &mut Graph) {
        let (from, to) = match () {
            () if self.reads_before(at, role, maker) => (at.task, maker.task),
            () if self.role(maker).precedes(role) => (maker.task, at.task),
            () => return,
        };
        if !self.named.reaches(to, from) {
            graph.add(from, to, why(&self.touch(maker).dataset), self.touch(at).span);
        }
    }

    /// Says whether who reads data comes before who changes it: a change that gives no rows prepares them for those
    /// who read behind it in the file, and clears up after those who read before it.
    fn reads_before(&self, at: At, role: Role, maker: At) -> bool {
        at.task < maker.task
            && role.only_reads()
            && self.role(maker).only_changes()
            && corrects(&self.tasks[maker.task], &self.touch(maker).dataset)
    }

    /// The tables behind a view that a touch reads or refreshes, with who makes them.
    fn behind<'i>(&self, index: &'i Index<'p>, at: At) -> Vec<Behind<'p, 'i>> {
        if index.views.is_empty() {
            return Vec::new();
        }
        let item = self.touch(at);
        let tables = index.views.tables(item.access, &item.dataset);
        let is_view = |table: &Dataset| !index.views.tables(Access::Reads, table).is_empty();
        let behind = |table| Behind { table, makers: index.makers(table), is_view: is_view(table) };
        tables.into_iter().map(behind).collect()
    }

    /// Adds what comes before one touch because of a table that it sees through a view.
    fn through(&self, at: At, table: &Dataset, makers: &Makers, graph: &mut Graph) {
        let role = Role::of(&self.tasks[at.task], table).reading();
        let makers = makers.of_pipeline(self.pipeline).into_iter().flatten().copied();
        for maker in makers.filter(|maker| maker.task != at.task) {
            self.join(maker, at, role, graph);
        }
    }

    /// Several writers of the same data are fine when each two of them are in an order, or both add rows only.
    fn writers(&self, graph: &mut Graph) {
        let is_shared = |at: At| {
            let [_, appends, writes] = self.makers(at).of_pipeline(self.pipeline);
            appends.len() + writes.len() > 1
        };
        if !self.touches().any(|at| self.touch(at).access.gives_rows() && is_shared(at)) {
            return;
        }
        let rank = ranks(&graph.edges, self.tasks.len());
        let reach = Reach::new(&graph.edges, self.tasks.len());
        // By table: who does not only add rows. With a thousand loads that append it is nobody.
        let mut changers: HashMap<&Dataset, Vec<At>> = HashMap::new();
        for at in self.touches() {
            let item = self.touch(at);
            let [_, appends, writes] = self.makers(at).of_pipeline(self.pipeline);
            if !item.access.gives_rows() || !is_shared(at) {
                continue;
            }
            let all = || appends.iter().chain(writes).copied();
            let rivals: Cow<'_, [At]> = if self.role(at).only_appends() {
                let is_changer = |other: &At| !self.role(*other).only_appends();
                let changers =
                    changers.entry(&item.dataset).or_insert_with(|| all().filter(is_changer).collect());
                Cow::Borrowed(changers)
            } else {
                Cow::Owned(all().collect())
            };
            let others = || rivals.iter().copied().filter(|other| other.task != at.task);
            // The one that comes last before this one: those before it come before this one, too.
            let before = others().filter(|other| reach.reaches(other.task, at.task));
            if let Some(before) = before.max_by_key(|other| rank[other.task]) {
                graph.add(before.task, at.task, Why::Rewrite(name(&item.dataset)), item.span);
            }
            let is_unordered =
                |other: &At| !reach.reaches(other.task, at.task) && !reach.reaches(at.task, other.task);
            let earlier = others().filter(|other| other.task < at.task).filter(is_unordered);
            graph.unordered.extend(earlier.min().map(|other| (at, other)));
        }
    }

    /// The third layer: drops, and what else takes rows away.
    fn ends(&self, graph: &mut Graph) {
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
    fn users(&self, ends: &[At]) -> HashMap<&'p Dataset, Vec<User>> {
        let ended: HashSet<&Dataset> = ends.iter().map(|at| &self.touch(*at).dataset).collect();
        let mut removed: Prefixes<&Dataset> = Prefixes::default();
        let prefixes = ended.iter().filter_map(|dataset| Some((*dataset, prefix(dataset)?)));
        let has_prefixes =
            prefixes.map(|(dataset, path)| removed.insert(&Pattern::new(path), dataset)).count() > 0;
        let mut users: HashMap<&Dataset, Vec<User>> = HashMap::new();
        for at in self.touches() {
            let dataset = &self.touch(at).dataset;
            let mut note = |ended: &'p Dataset| {
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

    /// The fourth layer.
    fn better(&self, graph: &mut Graph) {
        graph.gates = self.gates();
        let mut wanted: Vec<(usize, usize, Why, Span)> = Vec::new();
        let mut gated: HashMap<&Dataset, Vec<At>> =
            graph.gates.iter().map(|gate| (&self.touch(*gate).dataset, Vec::new())).collect();
        if !gated.is_empty() {
            for at in self.touches().filter(|at| self.waits_for_check(*at)) {
                gated.entry(&self.touch(at).dataset).and_modify(|readers| readers.push(at));
            }
            for (at, table) in graph.seen.iter().filter(|(at, _)| self.waits_for_check(*at)) {
                if let Some(readers) = gated.get_mut(table) {
                    readers.push(*at);
                }
            }
        }
        for gate in &graph.gates {
            let dataset = &self.touch(*gate).dataset;
            for reader in gated.get(dataset).into_iter().flatten() {
                let why = Why::Check(name(dataset));
                wanted.push((gate.task, reader.task, why, self.touch(*reader).span));
            }
        }
        // Who adds rows itself analyzes those that it has added.
        let needs = |at: &At| self.touch(*at).access == Access::Needs && !self.role(*at).gives_rows();
        for at in self.touches().filter(needs) {
            let item = self.touch(at);
            let [_, appends, writes] = self.makers(at).of_pipeline(self.pipeline);
            let others = appends.iter().chain(writes).filter(|other| other.task != at.task);
            wanted.extend(others.map(|other| (other.task, at.task, why(&item.dataset), item.span)));
        }
        let places = places::wanted(self.tasks).into_iter();
        let places = places.filter(|(from, to, _)| !graph.edges.contains_key(&(*from, *to)));
        wanted.extend(places.map(|(from, to, why)| (from, to, why, self.tasks[to].span)));
        if wanted.is_empty() {
            return;
        }
        let mut whole: DiGraph<(), ()> = DiGraph::with_capacity(self.tasks.len(), graph.edges.len());
        let nodes: Vec<NodeIndex> = self.tasks.iter().map(|_| whole.add_node(())).collect();
        for (from, to) in graph.edges.keys() {
            whole.add_edge(nodes[*from], nodes[*to], ());
        }
        // Where there is a ring already, that is what is to be told.
        let Ok(mut whole) = Acyclic::try_from_graph(whole) else { return };
        for (from, to, why, span) in wanted {
            if whole.try_update_edge(nodes[from], nodes[to], ()).is_ok() {
                graph.add(from, to, why, span);
            }
        }
    }

    /// The checks that others wait for, each with the touch of its table.
    fn gates(&self) -> Vec<At> {
        let mut gates = Vec::new();
        for (n, task) in self.tasks.iter().enumerate() {
            let Some(of) = task.kind.checks().and_then(|checks| checks.blocks) else { continue };
            let is_table = |touch: &Touch| touch.span == of && matches!(touch.dataset, Dataset::Table { .. });
            let touch = task.touches.iter().position(is_table);
            gates.extend(touch.map(|touch| At { pipeline: self.pipeline, task: n, touch }));
        }
        gates
    }

    /// Says whether a touch is one that reads data and neither checks nor changes it.
    fn waits_for_check(&self, at: At) -> bool {
        let item = self.touch(at);
        let role = || self.role(at);
        item.access == Access::Reads
            && self.tasks[at.task].kind.checks().is_none()
            && !role().gives_rows()
            && !role().has(Access::Creates)
    }
}

impl Graph {
    /// Notes who makes the same data in other pipelines, and what nobody makes. `behind` are the tables that it sees
    /// through a view.
    fn look_abroad(&mut self, order: &Order<'_, '_>, at: At, makers: &Makers, behind: &[Behind<'_, '_>]) {
        let item = order.touch(at);
        let foreign = |other: &At| other.pipeline != at.pipeline;
        // Making a view gives nobody new rows: where those of its tables are told, it counts only when it is
        // told by data itself.
        let has_rows =
            |one: &Behind<'_, '_>| !one.is_view && one.makers.givers().any(|other| foreign(&other));
        let is_view = behind.iter().any(has_rows);
        let tells = |other: &At| {
            let schedule = &order.pipelines[other.pipeline].spec.schedule;
            foreign(other) && (!is_view || (schedule.is_none() && !schedule.broken))
        };
        for Behind { makers, is_view, .. } in behind {
            let given = makers.givers().filter(|other| if *is_view { tells(other) } else { foreign(other) });
            self.foreign.extend(given.map(|other| (at, other)));
        }
        if item.access == Access::Reads {
            self.seen.extend(behind.iter().map(|one| (at, one.table.clone())));
            // What a step makes, fills and drops itself is there for nobody else.
            let is_there = |maker: At| {
                let task = &order.pipelines[maker.pipeline].tasks[maker.task];
                let is_own = (maker.pipeline, maker.task) == (at.pipeline, at.task);
                is_own || !Role::of(task, &touch(order.pipelines, maker).dataset).is_private()
            };
            if !item.external && !makers.all().any(is_there) {
                self.unmade.push(at);
            }
            self.foreign.extend(makers.givers().filter(tells).map(|other| (at, other)));
            // What a crawler makes is created only; it is new data when nobody else makes it.
            if makers.is_one() && matches!(item.dataset, Dataset::CatalogTable(_)) {
                let places = makers.places.iter().copied().filter(foreign);
                self.foreign.extend(places.map(|other| (at, other)));
            }
        }
        if !item.access.changes_rows() {
            return;
        }
        if matches!(item.dataset, Dataset::Prefix(_)) {
            // Removing what another pipeline has written is no second writing of it.
            if item.access == Access::Empties {
                return;
            }
            let earlier = makers.givers().filter(|other| other.pipeline < at.pipeline);
            self.overlapping.extend(earlier.map(|other| (at, other)));
            return;
        }
        // Told once for a table: at the last one of all who write it.
        let empties = |other: &At| order.touch(*other).access == Access::Empties;
        let changers = || makers.givers().chain(makers.places.iter().copied().filter(empties));
        let (first, last) = (changers().min(), changers().max());
        if last == Some(at)
            && first.is_some_and(|first| first.pipeline != at.pipeline)
            && makers.givers().next().is_some()
        {
            self.shared.push(changers().collect());
        }
    }
}
