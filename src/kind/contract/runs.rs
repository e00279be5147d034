//! What runs of steps write, as far as it was asked for.

use crate::template::Template;
use std::collections::HashMap;

/// What runs of steps write that write partitions, as far as it was asked for.
#[derive(Debug, Default)]
pub struct Runs(pub(super) HashMap<usize, ThisRun>);

/// What a run of a step writes.
#[derive(Clone, Debug)]
pub(super) enum ThisRun {
    /// All that lies at its path.
    Whole,
    /// Its own partition, or a pattern of its own partitions.
    Path(Template),
    /// The values of these columns are not known.
    Unknown(Vec<String>),
}
