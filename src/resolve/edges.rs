//! Who makes what others read: the edges inside each pipeline and the links between them.
//!
//! Takes all resolved pipelines of an environment; gives a [`Graph`] for each and the [`Links`] of the
//! project. Edges come from names first; data adds the rest ([`order`]). What the names say, directly or through
//! other steps, wins: a step that reads a table before another one changes it again says so with `after`.

mod corrections;
mod links;
mod order;
mod places;
mod reach;
mod views;

pub use links::{AssetNames, Links, links};
pub use order::{graph, graph_with};
pub use places::{made_routine, renamed_routine, renamed_schema};
pub use reach::Reach;
pub use views::{Views, makes_view, place_of, touched};

use super::{Pattern, Pipeline, Prefixes, Task, Touch};
use crate::plan::{Place, Why};
use crate::sql::Access;
use crate::text::Span;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// A touch of a task of a pipeline, by indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// The pipeline.
    pub pipeline: usize,
    /// The task.
    pub task: usize,
    /// The touch.
    pub touch: usize,
}

/// All that a project makes, by what it is.
#[derive(Debug, Default)]
pub struct Index<'p> {
    tables: HashMap<&'p Place, Makers, foldhash::fast::RandomState>,
    prefixes: Prefixes<(Access, At)>,
    views: Views<'p>,
}

/// Who makes some data, in order.
#[derive(Clone, Debug, Default)]
struct Makers {
    /// Who makes, changes or clears the place.
    places: Vec<At>,
    /// Who adds rows.
    appends: Vec<At>,
    /// Who changes rows.
    writes: Vec<At>,
}

impl Makers {
    fn push(&mut self, access: Access, at: At) {
        match access {
            Access::Creates | Access::Alters | Access::Empties => self.places.push(at),
            Access::Appends => self.appends.push(at),
            Access::Writes => self.writes.push(at),
            Access::Reads | Access::Needs | Access::Ends => {}
        }
    }

    fn all(&self) -> impl Iterator<Item = At> {
        self.places.iter().chain(&self.appends).chain(&self.writes).copied()
    }

    /// Says whether one task only makes the data.
    fn is_one(&self) -> bool {
        self.places.len() + self.appends.len() + self.writes.len() == 1
    }

    /// Returns who gives rows.
    fn givers(&self) -> impl Iterator<Item = At> {
        self.appends.iter().chain(&self.writes).copied()
    }

    /// Returns those of one pipeline: who makes the place, who adds rows, who changes rows.
    fn of_pipeline(&self, pipeline: usize) -> [&[At]; 3] {
        [&self.places, &self.appends, &self.writes].map(|list| of_pipeline(list, pipeline))
    }
}

/// The part of a sorted list that belongs to one pipeline.
fn of_pipeline(list: &[At], pipeline: usize) -> &[At] {
    let start = list.partition_point(|at| at.pipeline < pipeline);
    let length = list[start..].partition_point(|at| at.pipeline == pipeline);
    &list[start..start + length]
}

/// Why an edge is there, and where that is written.
#[derive(Clone, Debug)]
pub struct Reason {
    /// Why.
    pub why: Why,
    /// Where.
    pub span: Span,
}

/// What one pipeline's tasks come after.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Edges by the indices of their tasks; each has a reason.
    pub edges: BTreeMap<(usize, usize), Vec<Reason>>,
    /// Pairs of tasks that write the same data in no order: the later one in the file first.
    pub unordered: Vec<(At, At)>,
    /// What is used after it has been dropped or emptied: who uses it, who drops it.
    pub late: Vec<(At, At)>,
    /// What is read and nobody makes.
    pub unmade: Vec<At>,
    /// What is read and other pipelines make: who reads, who writes.
    pub foreign: Vec<(At, At)>,
    /// The tables that are read through views: who reads, the table.
    pub seen: Vec<(At, Place)>,
    /// Tables that this pipeline and earlier ones of the project write: all who do.
    pub shared: Vec<Vec<At>>,
    /// Prefixes that are written here and by an earlier pipeline of the project: ours, theirs.
    pub overlapping: Vec<(At, At)>,
    /// Checks of tables that others wait for.
    pub gates: Vec<At>,
    /// The tables that are gone when the pipeline is done.
    pub dropped: Vec<At>,
}

impl Graph {
    fn add(&mut self, from: usize, to: usize, why: Why, span: Span) {
        // Nearly all have one reason, and a list that grows begins with room for four.
        let reasons = self.edges.entry((from, to)).or_insert_with(|| Vec::with_capacity(1));
        if reasons.iter().all(|reason| reason.why != why) {
            reasons.push(Reason { why, span });
        }
    }

    /// Says whether the user has named the order of two tasks.
    pub fn is_named(&self, edge: (usize, usize)) -> bool {
        self.edges.get(&edge).is_some_and(|reasons| reasons.iter().any(|reason| reason.why.is_named()))
    }
}

impl<'p> Index<'p> {
    /// Gathers what the pipelines make.
    pub fn new(pipelines: &'p [Pipeline<'_>]) -> Self {
        let mut index = Self { views: Views::new(pipelines), ..Self::default() };
        for (pipeline, resolved) in pipelines.iter().enumerate() {
            for (task, resolved) in resolved.tasks.iter().enumerate() {
                for (touch, item) in resolved.touches.iter().enumerate() {
                    let at = At { pipeline, task, touch };
                    match (&item.dataset, item.access) {
                        (_, Access::Reads | Access::Needs | Access::Ends) => {}
                        (Place::Prefix(path), access) => {
                            index.prefixes.insert(&Pattern::new(path), (access, at));
                        }
                        (table, access) => index.tables.entry(table).or_default().push(access, at),
                    }
                }
            }
        }
        index
    }

    /// Says whether the project makes views.
    pub fn has_views(&self) -> bool {
        !self.views.is_empty()
    }

    /// Returns who makes data that overlaps this one.
    fn makers(&self, dataset: &Place) -> Cow<'_, Makers> {
        match dataset {
            Place::Prefix(path) => {
                let mut makers = Makers::default();
                self.prefixes.overlapping(&Pattern::new(path), &mut |(access, at)| makers.push(access, at));
                makers.places.sort_unstable();
                makers.appends.sort_unstable();
                makers.writes.sort_unstable();
                Cow::Owned(makers)
            }
            table => self.tables.get(table).map_or_else(|| Cow::Owned(Makers::default()), Cow::Borrowed),
        }
    }
}

/// Returns a touch by its place.
pub fn touch<'p>(pipelines: &'p [Pipeline<'_>], at: At) -> &'p Touch {
    &pipelines[at.pipeline].tasks[at.task].touches[at.touch]
}

/// All that one task does to some data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Role(u8);

impl Role {
    /// Gathers what a task does to some data.
    pub fn of(task: &Task<'_>, dataset: &Place) -> Self {
        let touches = task.touches.iter().filter(|touch| &touch.dataset == dataset);
        let role = Self(touches.fold(0, |role, touch| role | bit(touch.access)));
        // `create if not exists; insert into t select * from stage; drop stage`: it uses what others have made.
        let uses = role.has(Access::Creates) && role.has(Access::Ends) && !role.gives_rows();
        if uses { Self(role.0 & !bit(Access::Creates)) } else { role }
    }

    /// The same of a task that renames a table to put it aside: it is the one that the run before has left.
    fn retiring(self) -> Self {
        Self(self.0 & !bit(Access::Needs))
    }

    /// The same of a task that reads the data through a view, too.
    fn reading(self) -> Self {
        Self(self.0 | bit(Access::Reads))
    }

    fn has(self, access: Access) -> bool {
        self.0 & bit(access) != 0
    }

    /// Says whether the data is read and nothing else.
    fn only_reads(self) -> bool {
        self.0 & !bit(Access::Needs) == bit(Access::Reads)
    }

    /// Says whether rows are changed, and neither added nor made a place for.
    fn only_changes(self) -> bool {
        self.has(Access::Writes) && !self.has(Access::Appends) && !self.has(Access::Creates)
    }

    fn gives_rows(self) -> bool {
        self.has(Access::Appends) || self.has(Access::Writes)
    }

    /// Says whether the task makes it, fills it and drops it: nobody else sees what it makes.
    pub fn is_private(self) -> bool {
        self.has(Access::Creates) && self.has(Access::Ends)
    }

    /// Says whether rows are added only, which several may do at once.
    pub fn only_appends(self) -> bool {
        self.has(Access::Appends)
            && !self.has(Access::Writes)
            && !self.has(Access::Reads)
            && !self.is_private()
    }

    /// Says whether the data itself demands that a task with this role comes before one with the other.
    fn precedes(self, other: Self) -> bool {
        let (creates, also) = (self.has(Access::Creates), other.has(Access::Creates));
        if self.is_private() || other.is_private() {
            return false;
        }
        if creates != also {
            return creates && other.0 & !bit(Access::Ends) != 0;
        }
        let reads = |reader: Self, writer: Self| writer.gives_rows() && reader.has(Access::Reads);
        // Two that both read and change the same data are writers first: the user orders them.
        if reads(other, self) || reads(self, other) {
            return reads(other, self) && !reads(self, other);
        }
        let prepares = (creates || self.has(Access::Alters)) && !self.gives_rows();
        let alters = !creates && other.has(Access::Reads) && !other.has(Access::Alters);
        prepares && (other.gives_rows() || alters)
    }
}

fn bit(access: Access) -> u8 {
    1 << match access {
        Access::Creates => 0,
        Access::Alters => 1,
        Access::Appends => 2,
        Access::Writes => 3,
        Access::Empties => 4,
        Access::Reads => 5,
        Access::Needs => 6,
        Access::Ends => 7,
    }
}
