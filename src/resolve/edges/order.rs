//! The order of one pipeline's tasks, in four layers of which each gives way to those before it.
//!
//! 1. What the user names: `from`, `of`, `after`, `outputs`, the wait of a source.
//! 2. What the data demands: who makes a table comes before those who change it, these before those who read it.
//! 3. Ends: who drops or empties a table comes after all who use it, or before all who make it where it stands
//!    before them in the file.
//! 4. What is only better so: a check comes before the other readers of its table, `GRANT` and `ANALYZE` after
//!    those who write, the making of a schema or a procedure before its use, and the start of a pipeline between
//!    those who give what it reads and those who read what it writes. An edge of this layer that would close
//!    a ring is left out.
//!
//! Who reads a view reads the tables behind it.

mod abroad;
mod better;
mod ends;
mod started;
mod writers;

use super::corrections::{corrects, promotes};
use super::{At, Graph, Index, Makers, Reach, Role, touch};
use crate::plan::{Place, Why};
use crate::resolve::{Pipeline, Task, Touch};
use crate::sql::Access;
use std::borrow::Cow;

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
    order.better(index, &mut graph);
    graph
}

/// Writes why data gives an order.
pub(super) fn why(dataset: &Place) -> Why {
    match dataset {
        Place::Prefix(path) => Why::Prefix(path.clone()),
        Place::Table { name, .. } | Place::CatalogTable(name) => Why::Table(name.to_string()),
        Place::Database { table, .. } => Why::Table(table.clone()),
    }
}

fn name(dataset: &Place) -> String {
    match dataset {
        Place::Prefix(path) => path.clone(),
        Place::Table { name, .. } | Place::CatalogTable(name) => name.to_string(),
        Place::Database { table, .. } => table.clone(),
    }
}

/// A table behind a view.
struct Behind<'p, 'i> {
    table: &'p Place,
    makers: Cow<'i, Makers>,
    /// It is a view itself.
    is_view: bool,
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
        let is_view = |table: &Place| !index.views.tables(Access::Reads, table).is_empty();
        let behind = |table| Behind { table, makers: index.makers(table), is_view: is_view(table) };
        tables.into_iter().map(behind).collect()
    }

    /// Adds what comes before one touch because of a table that it sees through a view.
    fn through(&self, at: At, table: &Place, makers: &Makers, graph: &mut Graph) {
        let role = Role::of(&self.tasks[at.task], table).reading();
        let makers = makers.of_pipeline(self.pipeline).into_iter().flatten().copied();
        for maker in makers.filter(|maker| maker.task != at.task) {
            self.join(maker, at, role, graph);
        }
    }
}
