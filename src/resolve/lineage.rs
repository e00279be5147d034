//! Who makes what others read: the edges inside each pipeline and the links between them.
//!
//! Takes all resolved pipelines of an environment; gives a [`Graph`] for each and the [`Links`] of the
//! project. Edges come from names first. Data adds the rest: what creates comes before what writes, what
//! writes before what reads. Where the names already say the opposite order, they win: a step that reads a
//! table before another one changes it again says so with `after`.

use super::{Pattern, Pipeline, Prefixes, Task, Touch};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, list, nearest};
use crate::plan::{Dataset, Link, Why};
use crate::source::{Span, Spanned};
use crate::spec::pipeline::Schedule;
use crate::sql::Access;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A touch of a task of a pipeline, by indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    tables: HashMap<&'p Dataset, Makers, foldhash::fast::RandomState>,
    prefixes: Prefixes<(Access, At)>,
}

/// Who makes some data, in order.
#[derive(Clone, Debug, Default)]
struct Makers {
    creates: Vec<At>,
    writes: Vec<At>,
}

impl Makers {
    fn push(&mut self, access: Access, at: At) {
        match access {
            Access::Creates | Access::Alters => self.creates.push(at),
            Access::Appends | Access::Writes | Access::Empties => self.writes.push(at),
            Access::Reads | Access::Needs | Access::Ends => {}
        }
    }

    fn is_empty(&self) -> bool {
        self.creates.is_empty() && self.writes.is_empty()
    }

    /// Says whether one task only makes the data.
    fn is_one(&self) -> bool {
        self.creates.len() + self.writes.len() == 1
    }
}

/// The part of a sorted list that belongs to one pipeline, and where it begins.
fn of_pipeline(list: &[At], pipeline: usize) -> (usize, &[At]) {
    let start = list.partition_point(|at| at.pipeline < pipeline);
    let length = list[start..].partition_point(|at| at.pipeline == pipeline);
    (start, &list[start..start + length])
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
    /// What is read and nobody makes.
    pub unmade: Vec<At>,
    /// What is read and other pipelines make: who reads, who writes.
    pub foreign: Vec<(At, At)>,
    /// What is written here and by an earlier pipeline of the project: ours, theirs.
    pub shared: Vec<(At, At)>,
    /// The rank of each task in an order that keeps all edges, if there is one.
    rank: Vec<usize>,
}

/// The dependencies between pipelines.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// The links.
    pub links: Vec<Link>,
    /// Where each link's reader says that it reads, beside the link.
    pub spans: Vec<Span>,
    /// By pipeline: the assets that schedule it, when data does.
    pub schedules: Vec<Option<Vec<String>>>,
    /// By pipeline and task: the assets that it has to announce.
    pub outlets: HashMap<(usize, usize), BTreeSet<String>>,
    /// The links of the pipeline at hand; those of one are made one after the other.
    of_reader: HashSet<Link>,
}

/// The names that go into assets.
#[derive(Clone, Copy, Debug)]
pub struct AssetNames<'a> {
    /// The project.
    pub project: &'a str,
    /// The environment.
    pub environment: &'a str,
    /// The database of each Redshift connection: `HOST/DATABASE`, the host being the workgroup or cluster.
    pub warehouses: &'a HashMap<&'a str, String>,
}

impl<'p> Index<'p> {
    /// Gathers what the pipelines make.
    pub fn new(pipelines: &'p [Pipeline<'_>]) -> Self {
        let mut index = Self::default();
        for (pipeline, resolved) in pipelines.iter().enumerate() {
            for (task, resolved) in resolved.tasks.iter().enumerate() {
                for (touch, item) in resolved.touches.iter().enumerate() {
                    let at = At { pipeline, task, touch };
                    match (&item.dataset, item.access) {
                        (_, Access::Reads | Access::Needs | Access::Ends) => {}
                        (Dataset::Prefix(path), access) => {
                            index.prefixes.insert(&Pattern::new(path), (access, at));
                        }
                        (table, access) => index.tables.entry(table).or_default().push(access, at),
                    }
                }
            }
        }
        index
    }

    /// Returns who makes data that overlaps this one.
    fn makers(&self, dataset: &Dataset) -> Cow<'_, Makers> {
        match dataset {
            Dataset::Prefix(path) => {
                let mut makers = Makers::default();
                self.prefixes.overlapping(&Pattern::new(path), &mut |(access, at)| makers.push(access, at));
                makers.creates.sort_unstable();
                makers.writes.sort_unstable();
                Cow::Owned(makers)
            }
            table => self.tables.get(table).map_or_else(|| Cow::Owned(Makers::default()), Cow::Borrowed),
        }
    }
}

fn touch<'p>(pipelines: &'p [Pipeline<'_>], at: At) -> &'p Touch {
    &pipelines[at.pipeline].tasks[at.task].touches[at.touch]
}

/// Finds the edges of one pipeline.
pub fn graph(pipelines: &[Pipeline<'_>], index: &Index<'_>, pipeline: usize) -> Graph {
    let tasks = &pipelines[pipeline].tasks;
    let mut graph = Graph::default();
    for (n, task) in tasks.iter().enumerate() {
        for need in &task.needs {
            graph.add(need.task, n, need.why.clone(), need.span);
        }
    }
    let named = Reach::new(&graph.edges, tasks.len());
    let does = |task: usize, dataset: &Dataset, access: Access| {
        tasks[task].touches.iter().any(|other| other.access == access && &other.dataset == dataset)
    };
    let changes = |task: usize, dataset: &Dataset| {
        tasks[task].touches.iter().any(|other| other.access.changes_rows() && &other.dataset == dataset)
    };
    // By task and touch.
    let makers: Vec<Vec<Cow<'_, Makers>>> = tasks
        .iter()
        .map(|task| task.touches.iter().map(|touch| index.makers(&touch.dataset)).collect())
        .collect();
    for (n, task) in tasks.iter().enumerate() {
        for (m, item) in task.touches.iter().enumerate() {
            let at = At { pipeline, task: n, touch: m };
            // Who creates a table comes before those who fill it, also where it then looks at it:
            // `create table b (like a)`.
            if item.access == Access::Reads && does(n, &item.dataset, Access::Creates) {
                continue;
            }
            let makers = &makers[n][m];
            if item.access == Access::Reads && makers.is_empty() && !item.external {
                graph.unmade.push(at);
            }
            graph.look_abroad(at, item, makers);
            let (_, creates) = of_pipeline(&makers.creates, pipeline);
            let (_, writes) = of_pipeline(&makers.writes, pipeline);
            for maker in creates.iter().chain(writes).copied() {
                let made = touch(pipelines, maker);
                // Two that both read and change the same data are writers first: the user orders them.
                let rivals = item.access == Access::Reads
                    && made.access.changes_rows()
                    && changes(n, &made.dataset)
                    && does(maker.task, &item.dataset, Access::Reads);
                let named_already = item.by_name && graph.edges.contains_key(&(maker.task, n));
                if maker.task == n || phase(made.access) >= phase(item.access) || rivals || named_already {
                    continue;
                }
                // One that creates a table and fills it is a writer of it first.
                let fills = made.access == Access::Creates && changes(maker.task, &made.dataset);
                if !fills && !named.reaches(n, maker.task) {
                    graph.add(maker.task, n, why(&made.dataset), item.span);
                }
            }
        }
    }
    graph.order_writers(tasks, &makers, pipeline);
    graph
}

/// The place of an access in the life of what it touches.
fn phase(access: Access) -> u8 {
    match access {
        Access::Creates => 0,
        Access::Alters => 1,
        Access::Appends | Access::Writes | Access::Empties => 2,
        Access::Reads | Access::Needs => 3,
        Access::Ends => 4,
    }
}

fn why(dataset: &Dataset) -> Why {
    match dataset {
        Dataset::Prefix(path) => Why::Prefix(path.clone()),
        Dataset::Table { name, .. } | Dataset::CatalogTable(name) => Why::Table(name.to_string()),
    }
}

impl Graph {
    fn add(&mut self, from: usize, to: usize, why: Why, span: Span) {
        let reasons = self.edges.entry((from, to)).or_default();
        if reasons.iter().all(|reason| reason.why != why) {
            reasons.push(Reason { why, span });
        }
    }

    /// Notes who makes the same data in other pipelines.
    fn look_abroad(&mut self, at: At, item: &Touch, makers: &Makers) {
        let foreign = |other: &&At| other.pipeline != at.pipeline;
        match item.access {
            Access::Creates | Access::Alters | Access::Needs | Access::Ends => {}
            Access::Appends | Access::Writes | Access::Empties => {
                let (start, _) = of_pipeline(&makers.writes, at.pipeline);
                // All writers of a table are in one order, or an error: one earlier neighbour shows it.
                // Prefixes that overlap this one need not overlap each other.
                let is_prefix = matches!(item.dataset, Dataset::Prefix(_));
                let earlier = if is_prefix { 0 } else { start.saturating_sub(1) };
                self.shared.extend(makers.writes[earlier..start].iter().map(|other| (at, *other)));
            }
            Access::Reads => {
                self.foreign.extend(makers.writes.iter().filter(foreign).map(|other| (at, *other)));
                // What a crawler makes is created only; it is new data when nobody else makes it.
                if makers.is_one() && matches!(item.dataset, Dataset::CatalogTable(_)) {
                    self.foreign.extend(makers.creates.iter().filter(foreign).map(|other| (at, *other)));
                }
            }
        }
    }

    /// Several writers of the same data are fine when each two of them are in an order.
    fn order_writers(&mut self, tasks: &[Task<'_>], makers: &[Vec<Cow<'_, Makers>>], pipeline: usize) {
        self.rank = ranks(&self.edges, tasks.len());
        let reach = Reach::new(&self.edges, tasks.len());
        for (n, task) in tasks.iter().enumerate() {
            for (m, item) in task.touches.iter().enumerate() {
                if !item.access.changes_rows() {
                    continue;
                }
                let (_, writers) = of_pipeline(&makers[n][m].writes, pipeline);
                let others = || writers.iter().copied().filter(|other| other.task != n);
                // The one that comes last before this one: those before it come before this one, too.
                let before = others().filter(|other| reach.reaches(other.task, n));
                if let Some(before) = before.max_by_key(|other| self.rank[other.task]) {
                    let name = match &item.dataset {
                        Dataset::Prefix(path) => path.clone(),
                        Dataset::Table { name, .. } | Dataset::CatalogTable(name) => name.to_string(),
                    };
                    self.add(before.task, n, Why::Rewrite(name), item.span);
                }
                let is_unordered =
                    |other: &At| !reach.reaches(other.task, n) && !reach.reaches(n, other.task);
                let unordered = others().take_while(|other| other.task < n).find(is_unordered);
                let at = At { pipeline, task: n, touch: m };
                self.unordered.extend(unordered.map(|other| (at, other)));
            }
        }
    }
}

/// Ranks tasks so that every edge goes up, where there is no cycle.
fn ranks(edges: &BTreeMap<(usize, usize), Vec<Reason>>, count: usize) -> Vec<usize> {
    let mut waiting = vec![0_usize; count];
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (from, to) in edges.keys() {
        waiting[*to] += 1;
        after[*from].push(*to);
    }
    let mut ready: Vec<usize> = (0..count).filter(|n| waiting[*n] == 0).collect();
    let mut rank = vec![count; count];
    let mut next = 0;
    while let Some(node) = ready.pop() {
        rank[node] = next;
        next += 1;
        for to in &after[node] {
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    rank
}

/// Which tasks come after which, over any number of edges.
struct Reach {
    after: Vec<Vec<usize>>,
    known: std::cell::RefCell<HashMap<usize, Vec<bool>>>,
}

impl Reach {
    fn new(edges: &BTreeMap<(usize, usize), Vec<Reason>>, count: usize) -> Self {
        let mut after = vec![Vec::new(); count];
        for (from, to) in edges.keys() {
            after[*from].push(*to);
        }
        Self { after, known: std::cell::RefCell::default() }
    }

    fn reaches(&self, from: usize, to: usize) -> bool {
        if self.after[from].is_empty() {
            return false;
        }
        let mut known = self.known.borrow_mut();
        let reached = known.entry(from).or_insert_with(|| {
            let mut reached = vec![false; self.after.len()];
            let mut stack = vec![from];
            while let Some(node) = stack.pop() {
                for next in &self.after[node] {
                    if !std::mem::replace(&mut reached[*next], true) {
                        stack.push(*next);
                    }
                }
            }
            reached
        });
        reached[to]
    }
}

/// Links the pipelines of a project. `unread` are the names of those that could not be read, which has been
/// reported.
pub fn links(
    pipelines: &[Pipeline<'_>],
    graphs: &[Graph],
    names: AssetNames<'_>,
    unread: &BTreeSet<&str>,
    diagnostics: &mut Diagnostics,
) -> Links {
    let mut by_name: HashMap<&str, usize> = HashMap::with_capacity(pipelines.len());
    for (n, pipeline) in pipelines.iter().enumerate() {
        by_name.entry(&pipeline.spec.pipeline.value.0).or_insert(n);
    }
    let mut links = Links { schedules: vec![None; pipelines.len()], ..Links::default() };
    for (reader, pipeline) in pipelines.iter().enumerate() {
        let schedule = &pipeline.spec.schedule;
        let scheduled_by_data = schedule.is_none() && !schedule.broken;
        let mut assets = BTreeSet::new();
        links.of_reader.clear();
        for (read, written) in last_writers(pipelines, graphs, &graphs[reader].foreign) {
            let made = touch(pipelines, written);
            let asset = scheduled_by_data.then(|| names.of_data(&made.dataset));
            let link =
                links.link(pipelines, written, reader, Some(read.task), why(&made.dataset), asset.clone());
            if link {
                links.spans.push(touch(pipelines, read).span);
            }
            assets.extend(asset);
        }
        if let Some(Schedule::After(steps)) = schedule.as_ref().map(|schedule| &schedule.schedule) {
            for step in steps {
                for (other, task) in after(pipelines, &by_name, unread, reader, step, diagnostics) {
                    let asset = names.of_task(&pipelines[other], task);
                    let at = At { pipeline: other, task, touch: 0 };
                    if links.link(pipelines, at, reader, None, Why::After, Some(asset.clone())) {
                        links.spans.push(step.span);
                    }
                    assets.insert(asset);
                }
            }
        }
        if !assets.is_empty() {
            links.schedules[reader] = Some(assets.into_iter().collect());
        }
    }
    links
}

/// Of several tasks of a pipeline that write the same data, the last one has it whole.
fn last_writers(pipelines: &[Pipeline<'_>], graphs: &[Graph], foreign: &[(At, At)]) -> Vec<(At, At)> {
    let mut last: BTreeMap<(At, usize, &Dataset), At> = BTreeMap::new();
    for (read, written) in foreign {
        let rank = |at: At| graphs[at.pipeline].rank.get(at.task).copied().unwrap_or(at.task);
        let dataset = &touch(pipelines, *written).dataset;
        last.entry((*read, written.pipeline, dataset))
            .and_modify(|known| {
                if rank(*written) > rank(*known) {
                    *known = *written;
                }
            })
            .or_insert(*written);
    }
    last.into_iter().map(|((read, ..), written)| (read, written)).collect()
}

impl Links {
    /// Adds a link; says whether it is new.
    fn link(
        &mut self,
        pipelines: &[Pipeline<'_>],
        from: At,
        reader: usize,
        to_task: Option<usize>,
        why: Why,
        asset: Option<String>,
    ) -> bool {
        let maker = &pipelines[from.pipeline];
        let reader = &pipelines[reader];
        if let Some(asset) = &asset {
            self.outlets.entry((from.pipeline, from.task)).or_default().insert(asset.clone());
        }
        let link = Link {
            from_pipeline: maker.spec.pipeline.value.0.clone(),
            from_task: maker.tasks[from.task].id.clone(),
            to_pipeline: reader.spec.pipeline.value.0.clone(),
            to_task: to_task.map(|task| reader.tasks[task].id.clone()),
            why,
            asset,
        };
        let is_new = self.of_reader.insert(link.clone());
        if is_new {
            self.links.push(link);
        }
        is_new
    }
}

/// Finds the tasks that `schedule: {after: [pipeline.step]}` names.
fn after(
    pipelines: &[Pipeline<'_>],
    by_name: &HashMap<&str, usize>,
    unread: &BTreeSet<&str>,
    reader: usize,
    step: &Spanned<String>,
    diagnostics: &mut Diagnostics,
) -> Vec<(usize, usize)> {
    let unknown = |message: String| Diagnostic::new(Code::UnknownReference, step.span, message);
    let Some((name, wanted)) = step.split_once('.') else {
        let diagnostic = unknown(format!("`{}` names no step of a pipeline", step.value));
        diagnostics.push(diagnostic.help("write `pipeline.step`"));
        return Vec::new();
    };
    let Some(other) = by_name.get(name).copied() else {
        if unread.contains(name) {
            return Vec::new();
        }
        let diagnostic = unknown(format!("there is no pipeline `{name}`"));
        diagnostics.push(match nearest(name, by_name.keys().copied()) {
            Some(near) => diagnostic
                .also(pipelines[by_name[near]].spec.pipeline.span, "a pipeline with a similar name")
                .help(format!("write `{near}.{wanted}`")),
            None => diagnostic,
        });
        return Vec::new();
    };
    if other == reader {
        let diagnostic = unknown(format!("pipeline `{name}` cannot be scheduled by its own step `{wanted}`"));
        diagnostics.push(diagnostic.help("inside a pipeline, `after` on a step gives an order"));
        return Vec::new();
    }
    let maker = &pipelines[other];
    let tasks = maker.tasks_of(wanted);
    let broken =
        maker.spec.steps.broken.iter().any(|name| name.split('[').next() == wanted.split('[').next());
    if tasks.is_empty() && !broken {
        let names: Vec<&str> = maker.spec.steps.steps.iter().map(|step| step.name.as_str()).collect();
        let diagnostic = unknown(format!("pipeline `{name}` has no step `{wanted}`"))
            .also(maker.spec.pipeline.span, "this pipeline");
        diagnostics.push(match nearest(wanted, names.iter().copied()) {
            Some(near) => diagnostic.help(format!("write `{name}.{near}`")),
            None => diagnostic.help(format!("its steps are {}", list(&names))),
        });
    }
    tasks.into_iter().map(|task| (other, task)).collect()
}

impl AssetNames<'_> {
    /// Writes data as the URI of an asset. Holes and all that follows them are cut: a folder's asset stands
    /// for its partitions. Airflow's amazon provider wants a bucket behind `s3:`, and host, database, schema
    /// and table behind `redshift:`; any scheme of no provider is taken as it is.
    pub fn of_data(&self, dataset: &Dataset) -> String {
        match dataset {
            Dataset::Prefix(path) => {
                let still = path.split("{{").next().unwrap_or_default();
                let still = still.split('*').next().unwrap_or_default();
                let folder = if still.len() == path.len() {
                    path
                } else {
                    still.rsplit_once('/').map_or(still, |(folder, _)| folder)
                };
                encoded(folder.trim_end_matches('/'))
            }
            Dataset::Table { connection, name } => {
                let warehouse =
                    self.warehouses.get(connection.as_str()).map_or(connection.as_str(), String::as_str);
                encoded(&format!("redshift://{warehouse}/{}/{}", name.schema, name.table))
            }
            Dataset::CatalogTable(name) => {
                encoded(&format!("glue://{}/{}/{}", self.environment, name.schema, name.table))
            }
        }
    }

    /// Writes a task's asset: its data's, when it writes one thing and writes it alone in its pipeline; else
    /// one of its own.
    fn of_task(&self, pipeline: &Pipeline<'_>, task: usize) -> String {
        let writes =
            |task: usize| pipeline.tasks[task].touches.iter().filter(|touch| touch.access.gives_rows());
        let mut own: Vec<&Dataset> = writes(task).map(|touch| &touch.dataset).collect();
        own.dedup();
        if let [one] = own.as_slice() {
            let others = (0..pipeline.tasks.len()).filter(|other| *other != task);
            if others.flat_map(writes).all(|touch| self.of_data(&touch.dataset) != self.of_data(one)) {
                return self.of_data(one);
            }
        }
        let name = &pipeline.spec.pipeline.value.0;
        format!("dagc://{}/{}/{name}/{}", self.project, self.environment, pipeline.tasks[task].id)
    }
}

/// Writes what a URI's path cannot hold as `%XX`.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:=$+,@!&'()*;".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
