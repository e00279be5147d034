//! The files of a plan, in memory.
//!
//! Takes a [`ProjectPlan`], gives [`Artifacts`]; never touches the disk.

use crate::plan::ProjectPlan;
use std::collections::BTreeMap;

/// Files by their path relative to the environment's output folder, with `/` between its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Artifacts {
    /// The files.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Makes the files of a project: DAG files, plan files, the support module, the launcher.
pub fn artifacts(_plan: &ProjectPlan) -> Artifacts {
    Artifacts::default()
}
