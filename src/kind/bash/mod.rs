//! `bash`: a command or a script of the user's on the worker.

mod lower;
mod rules;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Outputs};
use crate::lang::decode::{Map, record};
use crate::lang::step::OutputsSpec;
use crate::lang::value::FilePath;
use crate::plan::OutputForm;
use crate::service::section::Heading;
use crate::template::Template;
use crate::text::Spanned;

record! {
    "`bash`"
    /// Runs a command on the Airflow worker. Exit code 99 skips what follows. One of `command` and `script`.
    pub struct BashStep {
        /// The command line.
        pub command: Option<Spanned<Template>>,
        /// A script of yours, relative to the spec; it is published with the DAG.
        pub script: Option<Spanned<FilePath>>,
        /// Variables for its environment, beside the worker's own.
        pub env: Option<Map<Spanned<Template>>>,
        /// What it gives to later steps: `text` or `number`, its last line as `{{ outputs.STEP.value }}`; or names, the members of a JSON object on its last line. `text` when absent.
        pub outputs: Option<OutputsSpec>,
        /// Tables and prefixes that it reads, for the order of steps.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables and prefixes that it writes, for the order of steps.
        pub writes: Option<Vec<Spanned<String>>>,
    }
    exactly one of [command, script]
}

impl Kind for BashStep {
    const NAME: &'static str = "bash";
    const ELSEWHERE: &'static [&'static str] =
        &["bash_operator", "cmd", "command", "dbt", "exec", "python", "run", "script", "sh", "shell"];
    const BRIEF: &'static str = "runs a command or a script of yours on the worker";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = None;
    const OUTPUTS: Outputs = Outputs::Declared(OutputForm::Text);

    fn gives<'a>(&'a self, known: &Known<'_, 'a>) -> Gives<'a> {
        known.listed(self.writes.as_deref())
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        cx.listed(self.reads.as_deref(), self.writes.as_deref(), None);
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }

    fn writes_whole_keys(&self) -> bool {
        true
    }

    fn fills_files(&self) -> bool {
        true
    }

    fn declared(&self) -> Option<&OutputsSpec> {
        self.outputs.as_ref()
    }
}
