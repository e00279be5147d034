//! What joins pipelines: who is started by whose data, and which task tells that it is new.

use super::order::why;
use super::{At, Graph, Reach, touch};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, list, nearest};
use crate::document::pipeline::Schedule;
use crate::plan::{Link, Place, Why};
use crate::resolve::Pipeline;
use crate::text::{Span, Spanned};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

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
    let mut tellers = Tellers { pipelines, graphs, reach: HashMap::new() };
    let mut links = Links { schedules: vec![None; pipelines.len()], ..Links::default() };
    for (reader, pipeline) in pipelines.iter().enumerate() {
        let schedule = &pipeline.spec.schedule;
        let scheduled_by_data = schedule.is_none() && !schedule.broken;
        let mut assets = BTreeSet::new();
        links.of_reader.clear();
        for (read, dataset, told) in tellers.of_foreign(&graphs[reader].foreign) {
            for teller in &told {
                let asset = scheduled_by_data.then(|| match told.as_slice() {
                    [_] => names.of_data(dataset),
                    _ => names.own(&pipelines[teller.pipeline], teller.task),
                });
                let link =
                    links.link(pipelines, *teller, reader, Some(read.task), why(dataset), asset.clone());
                if link {
                    links.spans.push(touch(pipelines, read).span);
                }
                assets.extend(asset);
            }
        }
        if let Some(Schedule::After(steps)) = schedule.as_ref().map(|schedule| &schedule.schedule) {
            for step in steps {
                for (other, task) in after(pipelines, &by_name, unread, reader, step, diagnostics) {
                    let asset = names.of_task(&mut tellers, other, task);
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

/// Who says that data is new: the last of those that write it, and where there are checks of it, the last of these.
/// Those of which none is the last say it together.
struct Tellers<'p, 'a> {
    pipelines: &'p [Pipeline<'a>],
    graphs: &'p [Graph],
    /// By pipeline, where it was needed.
    reach: HashMap<usize, Reach>,
}

impl<'p> Tellers<'p, '_> {
    /// Joins what a pipeline reads with those who tell it: the read, the data, who tells.
    fn of_foreign(&mut self, foreign: &[(At, At)]) -> Vec<(At, &'p Place, Vec<At>)> {
        let mut writers: BTreeMap<(At, usize, &Place), Vec<At>> = BTreeMap::new();
        for (read, written) in foreign {
            let dataset = &touch(self.pipelines, *written).dataset;
            writers.entry((*read, written.pipeline, dataset)).or_default().push(*written);
        }
        let told =
            writers.into_iter().map(|((read, _, dataset), writers)| (read, dataset, self.last(&writers)));
        told.collect()
    }

    /// Of the writers of some data in a pipeline, and its checks, those that none of the others comes after.
    fn last(&mut self, writers: &[At]) -> Vec<At> {
        let Some(first) = writers.first().copied() else { return Vec::new() };
        let graph = &self.graphs[first.pipeline];
        let dataset = &touch(self.pipelines, first).dataset;
        let gates =
            graph.gates.iter().copied().filter(|gate| &touch(self.pipelines, *gate).dataset == dataset);
        let gates: Vec<At> = gates.collect();
        if writers.len() == 1 && gates.is_empty() {
            return vec![first];
        }
        let count = self.pipelines[first.pipeline].tasks.len();
        let reach = self.reach.entry(first.pipeline).or_insert_with(|| Reach::new(&graph.edges, count));
        let is_after = |later: &At| writers.iter().any(|writer| reach.reaches(writer.task, later.task));
        let mut all: Vec<At> = writers.iter().copied().chain(gates.into_iter().filter(is_after)).collect();
        all.sort_unstable();
        all.dedup_by_key(|at| at.task);
        let is_last = |at: &&At| all.iter().all(|other| !reach.reaches(at.task, other.task) || other == *at);
        let last: Vec<At> = all.iter().filter(is_last).copied().collect();
        // In a ring, which is reported, none is the last.
        if last.is_empty() { vec![first] } else { last }
    }
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
    pub fn of_data(&self, dataset: &Place) -> String {
        match dataset {
            Place::Prefix(path) => {
                let still = path.split("{{").next().unwrap_or_default();
                let still = still.split('*').next().unwrap_or_default();
                let folder = if still.len() == path.len() {
                    path
                } else {
                    still.rsplit_once('/').map_or(still, |(folder, _)| folder)
                };
                encoded(folder.trim_end_matches('/'))
            }
            Place::Table { connection, name } => {
                let warehouse =
                    self.warehouses.get(connection.as_str()).map_or(connection.as_str(), String::as_str);
                encoded(&format!("redshift://{warehouse}/{}/{}", name.schema, name.table))
            }
            Place::CatalogTable(name) => {
                encoded(&format!("glue://{}/{}/{}", self.environment, name.schema, name.table))
            }
            Place::Database { connection, table } => {
                encoded(&format!("jdbc://{}/{connection}/{table}", self.environment))
            }
        }
    }

    /// Writes a task's asset: its data's, when it writes one thing and is the only one that tells of it; else one
    /// of its own.
    fn of_task(&self, tellers: &mut Tellers<'_, '_>, pipeline: usize, task: usize) -> String {
        let whole = &tellers.pipelines[pipeline];
        let writes = |task: usize| {
            let touches = whole.tasks[task].touches.iter().enumerate();
            touches
                .filter(|(_, touch)| touch.access.gives_rows())
                .map(move |(touch, item)| (At { pipeline, task, touch }, &item.dataset))
        };
        let mut own: Vec<(At, &Place)> = writes(task).collect();
        own.dedup_by_key(|(_, dataset)| *dataset);
        if let [(at, one)] = own.as_slice() {
            let mut others = (0..whole.tasks.len()).filter(|other| *other != task).flat_map(writes);
            let is_alone = others.all(|(_, dataset)| self.of_data(dataset) != self.of_data(one));
            if is_alone && tellers.last(&[*at]) == [*at] {
                return self.of_data(one);
            }
        }
        self.own(whole, task)
    }

    /// Writes an asset that is a task's own.
    fn own(&self, pipeline: &Pipeline<'_>, task: usize) -> String {
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
