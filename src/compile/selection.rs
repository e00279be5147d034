//! Some of a project's pipelines: which findings concern them.
//!
//! All pipelines are read, as each may depend on others. Of what is found, three things concern those that are
//! selected: what was found in reading them; what lies between pipelines and marks one of them, or their SQL;
//! and what was found in a pipeline of which it is not known, because of its mistakes, what it has to do with
//! them.

use super::PipelineFile;
use crate::check::Suspects;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::document::pipeline::Schedule;
use crate::plan::Place;
use crate::resolve::{Pipeline, Project};
use crate::sql::Access;
use crate::text::{FileId, SourceMap, Span};
use std::collections::{BTreeMap, BTreeSet};

/// What concerns the selected pipelines.
#[derive(Clone, Debug, Default)]
pub(super) struct Concern {
    /// The files of the selected pipelines.
    selected: BTreeSet<FileId>,
    /// Files of others that have mistakes, with the name of a selected pipeline that may depend on them.
    entangled: BTreeMap<FileId, String>,
    /// The texts of pipelines that are not selected, and of none that is.
    others: BTreeSet<FileId>,
}

impl Concern {
    /// Begins with the files that are selected.
    pub(super) fn new(selected: BTreeSet<FileId>, pipelines: &[PipelineFile]) -> Self {
        let others =
            pipelines.iter().map(|pipeline| pipeline.file).filter(|file| !selected.contains(file)).collect();
        Self { selected, entangled: BTreeMap::new(), others }
    }

    /// Says whether a pipeline is selected.
    pub(super) fn is_selected(&self, file: FileId) -> bool {
        self.selected.contains(&file)
    }

    /// Says whether all pipelines are selected.
    pub(super) fn is_all(&self) -> bool {
        self.others.is_empty()
    }

    /// Says whether a finding concerns the selected pipelines.
    pub(super) fn has(&self, finding: &Diagnostic) -> bool {
        match finding.owner {
            Some(owner) => self.selected.contains(&owner) || self.entangled.contains_key(&owner),
            None => finding.spans().any(|span| !self.others.contains(&span.file)),
        }
    }

    /// Keeps what concerns the selected pipelines; gives the files of the others that have errors.
    pub(super) fn sort(&self, mut found: Diagnostics, kept: &mut Diagnostics) -> BTreeSet<FileId> {
        let mut set_aside = BTreeSet::new();
        // What a bug hides is not known: it concerns everything.
        for bug in found.take_bugs() {
            kept.bug(bug.file, bug.message);
        }
        for finding in found.into_items() {
            if self.has(&finding) {
                let selected = finding.owner.and_then(|owner| self.entangled.get(&owner));
                kept.push(match selected {
                    Some(name) => {
                        finding.note(format!("the selected pipeline `{name}` may depend on this one"))
                    }
                    None => finding,
                });
            } else if finding.code.severity() == Severity::Error {
                set_aside.insert(finding.owner.unwrap_or(finding.primary.span.file));
            }
        }
        set_aside
    }

    /// Joins what was learned of another environment.
    pub(super) fn join(&mut self, other: Self) {
        self.entangled.extend(other.entangled);
        self.others.retain(|file| other.others.contains(file));
    }

    /// Learns from the pipelines of an environment and from what was found which texts are whose, and which of
    /// the `faulty` pipelines may have to do with the selected ones.
    pub(super) fn learn(
        &mut self,
        project: &Project<'_>,
        written: &[PipelineFile],
        faulty: &BTreeSet<FileId>,
        sources: &SourceMap,
        found: &Diagnostics,
    ) {
        if self.is_all() {
            return;
        }
        let (mine, theirs): (Vec<&Pipeline<'_>>, Vec<&Pipeline<'_>>) =
            project.pipelines.iter().partition(|pipeline| self.selected.contains(&pipeline.file));
        let mine: BTreeSet<FileId> = mine.into_iter().flat_map(Pipeline::sql_files).collect();
        self.others
            .extend(theirs.into_iter().flat_map(Pipeline::sql_files).filter(|file| !mine.contains(file)));
        let unmade = unmade(project, found);
        let healthy = project.pipelines.iter().filter(|pipeline| !faulty.contains(&pipeline.file));
        let made: BTreeSet<&Place> =
            healthy.flat_map(|pipeline| touched(pipeline, Access::gives_rows)).collect();
        for other in written.iter().filter(|other| faulty.contains(&other.file)) {
            if self.is_selected(other.file) {
                continue;
            }
            let suspect = Suspects::new(sources, std::iter::once(other.file));
            let mentions = |text: &str| suspect.may_make(text);
            let dependent = project.pipelines.iter().enumerate().find(|(n, pipeline)| {
                self.is_selected(pipeline.file)
                    && (are_linked(project, pipeline, other)
                        || unmade.get(n).is_some_and(|tables| tables.iter().any(|table| mentions(table)))
                        || wants(pipeline, &made).any(|name| mentions(&name))
                        || (!other.has_clock && gives(pipeline).any(|name| mentions(&name))))
            });
            if let Some((_, pipeline)) = dependent {
                self.entangled.insert(other.file, pipeline.spec.pipeline.value.0.clone());
            }
        }
    }
}

/// The tables that pipelines read and nothing makes, as far as that was not reported: something with mistakes
/// may make them.
fn unmade<'l>(project: &'l Project<'_>, found: &Diagnostics) -> BTreeMap<usize, Vec<&'l str>> {
    let reported: BTreeSet<Span> = found
        .iter()
        .filter(|finding| finding.code == Code::NothingMakes)
        .map(|finding| finding.primary.span)
        .collect();
    let mut unmade: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for at in project.graphs.iter().flat_map(|graph| &graph.unmade) {
        let touch = &project.pipelines[at.pipeline].tasks[at.task].touches[at.touch];
        if let (Place::Table { name, .. }, false) = (&touch.dataset, reported.contains(&touch.span)) {
            unmade.entry(at.pipeline).or_default().push(&name.table);
        }
    }
    unmade
}

/// Says whether one of two pipelines is known to come after the other.
fn are_linked(project: &Project<'_>, pipeline: &Pipeline<'_>, other: &PipelineFile) -> bool {
    let name = &pipeline.spec.pipeline.value.0;
    let after = match pipeline.spec.schedule.as_ref().map(|schedule| &schedule.schedule) {
        Some(Schedule::After(steps)) => steps.as_slice(),
        Some(Schedule::Clock(_)) | None => &[],
    };
    let mut links = project.links.links.iter();
    after.iter().any(|step| step.split('.').next() == Some(&other.name))
        || links.any(|link| {
            let (from, to) = (&link.from_pipeline, &link.to_pipeline);
            (from == name && *to == other.name) || (*from == other.name && to == name)
        })
}

/// The names of the data that schedules a pipeline when something with mistakes makes it.
fn wants<'p>(pipeline: &'p Pipeline<'_>, made: &'p BTreeSet<&Place>) -> impl Iterator<Item = String> + 'p {
    let reads =
        touched(pipeline, |access| access == Access::Reads).filter(|_| pipeline.spec.schedule.is_none());
    reads.filter(|dataset| !made.contains(dataset)).filter_map(name_of)
}

/// The names under which others know what a pipeline gives: its own, and those of its data.
fn gives<'p>(pipeline: &'p Pipeline<'_>) -> impl Iterator<Item = String> + 'p {
    let own = format!("{}.", pipeline.spec.pipeline.value.0.to_lowercase());
    std::iter::once(own).chain(touched(pipeline, Access::gives_rows).filter_map(name_of))
}

fn touched<'p>(
    pipeline: &'p Pipeline<'_>,
    is_wanted: impl Fn(Access) -> bool + 'p,
) -> impl Iterator<Item = &'p Place> + 'p {
    let touches = pipeline.tasks.iter().flat_map(|task| &task.touches);
    touches.filter(move |touch| is_wanted(touch.access)).map(|touch| &touch.dataset)
}

/// What of data a text that is not understood would mention: a table's name, a prefix's last folder.
fn name_of(dataset: &Place) -> Option<String> {
    match dataset {
        Place::Table { name, .. } | Place::CatalogTable(name) => Some(name.table.clone()),
        Place::Database { table, .. } => table.rsplit('.').next().map(str::to_lowercase),
        Place::Prefix(path) => {
            let still = path.split("{{").next().unwrap_or_default();
            let still = still.rsplit_once('/').map_or(still, |(folder, _)| folder);
            still.rsplit('/').next().map(str::to_lowercase)
        }
    }
}
