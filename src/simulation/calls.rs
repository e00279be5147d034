//! What a job sends.

use crate::service::call::Operation;

/// The calls of a job, by what they are for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calls {
    pub find: Operation,
    pub start: Operation,
    pub look: Operation,
    pub cancel: Operation,
    /// What comes before a start and tells what there is to be started; what reads the log after a look; what tells
    /// the outputs.
    pub prepare: &'static [Operation],
    pub follow: &'static [Operation],
    pub outputs: &'static [Operation],
}
