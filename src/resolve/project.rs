//! A project in one environment: all of its pipelines, and what is between them.

use super::edges::{AssetNames, Graph, Index, Links, graph, links};
use super::settle::settle;
use super::{Pipeline, Scope};
use crate::diagnostic::{Diagnostics, guarded};
use crate::lang::project::RedshiftSpec;
use rayon::prelude::*;
use std::collections::BTreeSet;

/// All pipelines of an environment, with what is between them.
#[derive(Debug)]
pub struct Project<'a> {
    /// The pipelines.
    pub pipelines: Vec<Pipeline<'a>>,
    /// Their graphs, in the same order.
    pub graphs: Vec<Graph>,
    /// The dependencies between them.
    pub links: Links,
    /// Some make views; most make none.
    pub has_views: bool,
}

/// Settles what the pipelines touch, and finds the edges of each and the links between them. `unread` are the names
/// of pipelines that could not be read, which has been reported.
pub fn project<'a>(
    scope: &Scope<'a>,
    mut pipelines: Vec<Pipeline<'a>>,
    unread: &BTreeSet<&str>,
    diagnostics: &mut Diagnostics,
) -> Project<'a> {
    settle(scope, &mut pipelines, diagnostics);
    let index = Index::new(&pipelines);
    let found: Vec<(Graph, Diagnostics)> = (0..pipelines.len())
        .into_par_iter()
        .map(|n| {
            let mut found = Diagnostics::default();
            let graph = guarded(&mut found, pipelines[n].file, |_| graph(&pipelines, &index, n));
            (graph.unwrap_or_default(), found)
        })
        .collect();
    let graphs: Vec<Graph> = found
        .into_iter()
        .map(|(graph, found)| {
            diagnostics.append(found);
            graph
        })
        .collect();
    let redshift = scope.spec.redshift.iter().flat_map(|redshift| &redshift.0);
    let warehouses = redshift.map(|(name, spec)| (name.value.as_str(), warehouse(spec))).collect();
    let names =
        AssetNames { project: scope.project, environment: &scope.environment.value, warehouses: &warehouses };
    let links = links(&pipelines, &graphs, names, unread, diagnostics);
    let has_views = index.has_views();
    drop(index);
    Project { pipelines, graphs, links, has_views }
}

/// Names what tells one warehouse from another.
fn warehouse(spec: &RedshiftSpec) -> String {
    let (host, database) = spec.place();
    format!("{host}/{database}")
}
