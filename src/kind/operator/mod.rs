//! `operator`: any Airflow operator or sensor by its import path.

mod lower;
mod rules;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Outputs};
use crate::lang::decode::{Map, Raw, record};
use crate::lang::step::OutputsSpec;
use crate::lang::value::ImportPath;
use crate::plan::OutputForm;
use crate::service::section::Heading;
use crate::text::{Span, Spanned};
use crate::yaml::Scalar;

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

impl Kind for OperatorStep {
    const NAME: &'static str = "operator";
    const ELSEWHERE: &'static [&'static str] = &[
        "airflow",
        "batch",
        "branch",
        "docker",
        "email",
        "kubernetes",
        "notify",
        "python_operator",
        "s3",
        "sagemaker",
        "sensor",
        "slack",
        "sns",
        "sqs",
    ];
    const BRIEF: &'static str = "runs any Airflow operator or sensor";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = None;
    const OUTPUTS: Outputs = Outputs::Declared(OutputForm::Value);

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

    fn check_started_by_data(&self, diagnostics: &mut Diagnostics) {
        for (_, value) in self.with.iter().flat_map(|with| &with.0) {
            rules::context::of_the_clock(&value.0, diagnostics);
        }
    }

    fn declared(&self) -> Option<&OutputsSpec> {
        self.outputs.as_ref()
    }

    fn no_output(&self) -> Option<(Span, &'static str)> {
        let class = self.operator.value.0.rsplit('.').next().unwrap_or_default();
        let pushes = self.with.iter().flat_map(|with| &with.0).find(|(name, _)| name.value == "do_xcom_push");
        if let Some((name, value)) = pushes
            && value.0.as_scalar().and_then(Scalar::as_bool) == Some(false)
        {
            return Some((name.span, "it has `do_xcom_push: false`"));
        }
        let is_empty = self.operator.value.0.starts_with("airflow.")
            && matches!(class, "EmptyOperator" | "DummyOperator");
        is_empty.then_some((self.operator.span, "its operator does nothing"))
    }
}
