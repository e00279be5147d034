//! `pipeline`: starts a run of another pipeline.

mod lower;
mod rules;

use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Outputs, Started};
use crate::lang::airflow::Limit;
use crate::lang::decode::{Leaf, LeafError, Map, record};
use crate::lang::json::JsonValue;
use crate::lang::value::Name;
use crate::service::output::{Form, Output, known};
use crate::service::section::Heading;
use crate::template::Template;
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

record! {
    "`pipeline`"
    /// Starts a run of another pipeline, once, and waits for it. One of `name` and `dag`.
    pub struct PipelineStep {
        /// A pipeline of this project.
        pub name: Option<Spanned<Name>>,
        /// A DAG that this project does not make, by its id.
        pub dag: Option<Spanned<DagId>>,
        /// What it is given: its params by name, in whose texts there may be `{{ ... }}`.
        pub params: Option<Map<JsonValue>>,
        /// The logical date of the run, a day or a time, such as `{{ ts }}`; the time of its start when absent.
        pub logical_date: Option<Spanned<Template>>,
        /// Whether the task waits for its end.
        pub wait: Option<Spanned<bool>> = true,
        /// How long lies between two looks; in between the task has no slot.
        pub every: Option<Spanned<Limit>> = Limit(60),
        /// Tables and prefixes that it reads, for the order of steps.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables and prefixes that it writes, for the order of steps.
        pub writes: Option<Vec<Spanned<String>>>,
    }
    exactly one of [name, dag]
}

/// The id of a DAG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DagId(pub String);

/// How long the id of a DAG may be (Airflow's `ID_LEN`).
const LONGEST_DAG_ID: usize = 250;

impl Leaf for DagId {
    const EXPECTED: &'static str = "the id of a DAG";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let is_one = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if (1..=LONGEST_DAG_ID).contains(&scalar.text.len()) && scalar.text.bytes().all(is_one) {
            return Ok(Self(scalar.text.clone()));
        }
        let message = format!("`{}` is no id of a DAG", scalar.text.escape_debug());
        let help = format!("it has 1 to {LONGEST_DAG_ID} letters, digits, `_`, `-` and `.`");
        Err(LeafError::new(Code::InvalidName, message).help(help))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z0-9_.-]+$" })
    }
}

/// What it gives.
const OUTPUTS: &[Output] = &[known("run_id", Form::Text, "the id of the run")];

impl Kind for PipelineStep {
    const NAME: &'static str = "pipeline";
    const ELSEWHERE: &'static [&'static str] =
        &["run_pipeline", "start_pipeline", "trigger", "trigger_dag", "trigger_dag_run", "trigger_dagrun"];
    const BRIEF: &'static str = "starts a run of another pipeline, and waits for it";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = None;
    const OUTPUTS: Outputs = Outputs::OfAirflow(OUTPUTS);

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

    fn starts(&self) -> Option<Started<'_>> {
        let params = self.params.as_ref().map_or(&[][..], |params| &params.0);
        let (name, span, is_own) = match (&self.name, &self.dag) {
            (Some(name), None) => (&name.value.0, name.span, true),
            (None, Some(dag)) => (&dag.value.0, dag.span, false),
            _ => return None,
        };
        Some(Started { name, span, is_own, waits: self.wait(), params })
    }
}
