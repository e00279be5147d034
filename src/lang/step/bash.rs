//! `bash`: a command or a script of the user's on the worker.

use super::OutputsSpec;
use crate::lang::decode::{Map, record};
use crate::template::Template;
use crate::text::Spanned;

record! {
    "`bash`"
    /// Runs a command on the Airflow worker. Exit code 99 skips what follows. One of `command` and `script`.
    pub struct BashStep {
        /// The command line.
        pub command: Option<Spanned<Template>>,
        /// A script of yours, relative to the spec; it is published with the DAG.
        pub script: Option<Spanned<String>>,
        /// Variables for its environment, beside the worker's own.
        pub env: Option<Map<Spanned<Template>>>,
        /// What it gives to later steps: `text` or `number`, its last line as `{{ outputs.STEP.value }}`; or names, the members of a JSON object on its last line. `text` when absent.
        pub outputs: Option<OutputsSpec>,
        /// Tables and prefixes that it reads, for the order of steps.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables and prefixes that it writes, for the order of steps.
        pub writes: Option<Vec<Spanned<String>>>,
    }
}
