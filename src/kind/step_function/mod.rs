//! `step_function`: runs a state machine of AWS Step Functions.

mod lower;
mod rules;

use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Outputs};
use crate::lang::decode::{Leaf, LeafError, record, words};
use crate::lang::json::JsonSpec;
use crate::lang::step::MemberNames;
use crate::service;
use crate::service::section::Heading;
use crate::service::step_function::machine::Machine;
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

record! {
    "`step_function`"
    /// Runs a state machine of AWS Step Functions.
    pub struct StepFunctionStep {
        /// Its name or its ARN; behind it, with `:`, a version or an alias.
        pub state_machine: Spanned<StateMachine>,
        /// What it is given: JSON, in whose texts there may be `{{ ... }}`; `{}` when absent.
        pub input: Option<JsonSpec>,
        /// `standard` or `express`, as the state machine is.
        pub r#type: Option<Spanned<MachineType>> = MachineType::Standard,
        /// Whether the task waits for its end.
        pub wait: Option<Spanned<bool>> = true,
        /// The members of its output that later steps use, as `{{ outputs.STEP.NAME }}`.
        pub outputs: Option<MemberNames>,
        /// Of an express one: it may be run more than once where it is not known what came of a start.
        pub idempotent: Option<Spanned<bool>> = false,
        /// Tables and prefixes that it reads, for the order of steps.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables and prefixes that it writes, for the order of steps.
        pub writes: Option<Vec<Spanned<String>>>,
    }
}

words! {
    "a type of a state machine"
    /// How a state machine is run.
    pub enum MachineType {
        /// For up to a year; each execution has a name.
        Standard = "standard",
        /// For up to five minutes; cheaper, and without names.
        Express = "express",
    }
}

/// A state machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateMachine(pub Machine);

impl Leaf for StateMachine {
    const EXPECTED: &'static str = "a state machine's name or ARN";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = &scalar.text;
        Machine::parse(text).map(Self).map_err(|why| {
            let code = if text.starts_with("arn:") { Code::InvalidArn } else { Code::InvalidName };
            LeafError::new(code, format!("`{}` is no state machine: {why}", text.escape_debug()))
                .help("it looks like `orders`, `orders:live` or `arn:aws:states:eu-west-1:111122223333:stateMachine:orders`")
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

impl Kind for StepFunctionStep {
    const NAME: &'static str = "step_function";
    const ELSEWHERE: &'static [&'static str] = &[
        "express_workflow",
        "sfn",
        "start_execution",
        "state_machine",
        "step_function_start_execution",
        "step_functions",
        "stepfunctions",
    ];
    const BRIEF: &'static str = "runs a state machine of AWS Step Functions";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::step_function::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfCode(service::step_function::job::OUTPUTS);

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
        Some(lower::lower(self, cx))
    }

    fn members(&self) -> &[Spanned<String>] {
        self.outputs.as_ref().map_or(&[], |names| names.0.as_slice())
    }
}

impl StepFunctionStep {
    fn is_express(&self) -> bool {
        self.r#type() == MachineType::Express
    }
}
