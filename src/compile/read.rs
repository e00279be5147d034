//! The file of a pipeline: parsed once, expanded and decoded for each environment.
//!
//! All of this is done to one file before the next, so that its nodes are gone when they are no longer
//! needed: those of a large project together would be many times its text.

use super::PipelineFile;
use crate::diagnostic::{Diagnostics, guarded};
use crate::document::PipelineSpec;
use crate::expand::{Variables, expand};
use crate::lang::decode::{Decode, Decoder, Misplaced, Place};
use crate::lang::shared::Defaults;
use crate::text::{FileId, ProjectFiles, SourceMap};
use crate::yaml::{self, Kind, Node};
use rayon::prelude::*;

/// What is said once for all steps is often written at the top.
const IN_DEFAULTS: Misplaced = Misplaced { keys: Defaults::KEYS, place: Place::Under("defaults") };

/// What all pipelines say.
#[derive(Debug)]
pub(super) struct Pipelines {
    /// The pipelines that are written.
    pub(super) listed: Vec<PipelineFile>,
    /// What they say in each environment.
    pub(super) decoded: Vec<Vec<Decoded>>,
}

/// A pipeline in one environment.
#[derive(Debug)]
pub(super) struct Decoded {
    /// Its file.
    pub(super) file: FileId,
    /// What it says; none when it could not be read.
    pub(super) spec: Option<PipelineSpec>,
    /// What was found in it.
    pub(super) diagnostics: Diagnostics,
}

/// Parses a file. What is not UTF-8 has been reported; its text has been made up.
pub(super) fn parse(files: &ProjectFiles, file: FileId, diagnostics: &mut Diagnostics) -> Option<Node> {
    let is_text = files.not_utf8.iter().all(|(other, _)| *other != file);
    if is_text { yaml::parse(&files.sources, file, diagnostics) } else { None }
}

/// Reads all pipelines, for environments with these variables.
pub(super) fn pipelines(
    files: &ProjectFiles,
    environments: &[&Variables],
    diagnostics: &mut Diagnostics,
) -> Pipelines {
    let read: Vec<_> = files
        .pipelines
        .par_iter()
        .map(|file| {
            let mut diagnostics = Diagnostics::default();
            let node = guarded(&mut diagnostics, *file, |found| parse(files, *file, found)).flatten();
            let listed = listed(*file, &files.sources.file(*file).text, node.as_ref());
            (listed, diagnostics, each_environment(&files.sources, *file, node, environments))
        })
        .collect();
    let mut pipelines = Pipelines {
        listed: Vec::with_capacity(read.len()),
        decoded: environments.iter().map(|_| Vec::with_capacity(read.len())).collect(),
    };
    for (listed, found, decoded) in read {
        diagnostics.append_of(listed.file, found);
        pipelines.listed.push(listed);
        for (all, one) in pipelines.decoded.iter_mut().zip(decoded) {
            all.push(one);
        }
    }
    pipelines
}

fn each_environment(
    sources: &SourceMap,
    file: FileId,
    mut node: Option<Node>,
    environments: &[&Variables],
) -> Vec<Decoded> {
    let last = environments.len().saturating_sub(1);
    let environments = environments.iter().enumerate();
    environments
        .map(|(n, variables)| {
            let mut diagnostics = Diagnostics::default();
            // Expanding changes the nodes; the last environment may have them.
            let node = if n == last { node.take() } else { node.clone() };
            let spec = node.and_then(|node| {
                guarded(&mut diagnostics, file, |diagnostics| {
                    let node = expand(node, variables, sources, diagnostics);
                    let misplaced = Some(IN_DEFAULTS);
                    PipelineSpec::decode(&node, &mut Decoder { sources, diagnostics, misplaced })
                })
                .flatten()
            });
            Decoded { file, spec, diagnostics }
        })
        .collect()
}

/// Reads off a pipeline what can be told from one with errors, too.
fn listed(file: FileId, text: &str, node: Option<&Node>) -> PipelineFile {
    let scalar = |node: &Node| node.as_scalar().map(|scalar| scalar.text.clone());
    let name = match node {
        Some(node) => node.get("pipeline").and_then(scalar),
        None => text.lines().find_map(|line| Some(line.strip_prefix("pipeline:")?.trim().to_owned())),
    };
    let tags = match node.and_then(|node| node.get("tags")).map(|tags| &tags.kind) {
        Some(Kind::Sequence(tags)) => tags.iter().filter_map(scalar).collect(),
        Some(Kind::Scalar(_) | Kind::Mapping(_)) | None => Vec::new(),
    };
    let schedule = node.and_then(|node| node.get("schedule")).map(|schedule| &schedule.kind);
    let has_clock = matches!(schedule, Some(Kind::Scalar(_)));
    PipelineFile { file, name: name.unwrap_or_default(), tags, has_clock }
}
