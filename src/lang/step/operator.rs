//! `operator`: any Airflow operator or sensor by its import path.

use super::OutputsSpec;
use crate::lang::decode::{Map, Raw, record};
use crate::lang::value::ImportPath;
use crate::text::Spanned;

record! {
    "`operator`"
    /// The way out: any Airflow operator or sensor, with its arguments.
    pub struct OperatorStep {
        /// The class with its module.
        pub operator: Spanned<ImportPath>,
        /// Its arguments, but for those that every step has; Airflow's own `{{ ... }}` may stand in them, and the filters `local` and `format`.
        pub with: Option<Map<Raw>>,
        /// What it gives to later steps, its `XCom`: `text` or `number` as `{{ outputs.STEP.value }}`; or names, the members of a dict or of a JSON object. One value as it is when absent.
        pub outputs: Option<OutputsSpec>,
        /// Tables and prefixes that it reads, for the order of steps.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables and prefixes that it writes, for the order of steps.
        pub writes: Option<Vec<Spanned<String>>>,
    }
}
