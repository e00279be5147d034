//! `${...}` and `each`: what is resolved when compiling, before anything is decoded.
//!
//! Takes the nodes of a file and the values of one environment, gives nodes without `${...}` and
//! without `each`: a step with `each` becomes one step a value, named `step[value]`.

use crate::diagnostic::Diagnostics;
use crate::source::SourceMap;
use crate::yaml::Node;
use std::collections::BTreeMap;

/// The values that `${...}` can name.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// `${project}`
    pub project: String,
    /// `${environment}`
    pub environment: String,
    /// `${vars.NAME}`
    pub vars: BTreeMap<String, String>,
}

/// Expands a file.
pub fn expand(
    node: Node,
    _variables: &Variables,
    _sources: &SourceMap,
    _diagnostics: &mut Diagnostics,
) -> Node {
    node
}
