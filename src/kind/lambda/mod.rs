//! `lambda`: invokes a function of AWS Lambda.

mod lower;
mod rules;

use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Outputs};
use crate::lang::decode::{Leaf, LeafError, record};
use crate::lang::json::JsonSpec;
use crate::lang::step::MemberNames;
use crate::service;
use crate::service::lambda::function::Function;
use crate::service::section::Heading;
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

record! {
    "`lambda`"
    /// Invokes a function of AWS Lambda.
    pub struct LambdaStep {
        /// Its name or its ARN; behind it, with `:`, a version or an alias.
        pub function: Spanned<FunctionName>,
        /// What it is given: JSON, in whose texts there may be `{{ ... }}`; `{}` when absent.
        pub payload: Option<JsonSpec>,
        /// Whether the task waits for its end.
        pub wait: Option<Spanned<bool>> = true,
        /// The members of its output that later steps use, as `{{ outputs.STEP.NAME }}`.
        pub outputs: Option<MemberNames>,
        /// It may be invoked more than once, where it has failed or it is not known what came of it.
        pub idempotent: Option<Spanned<bool>> = false,
        /// Tables and prefixes that it reads, for the order of steps.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables and prefixes that it writes, for the order of steps.
        pub writes: Option<Vec<Spanned<String>>>,
    }
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionName(pub Function);

impl Leaf for FunctionName {
    const EXPECTED: &'static str = "a function's name or ARN";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = &scalar.text;
        Function::parse(text).map(Self).map_err(|why| {
            let code = if text.starts_with("arn:") { Code::InvalidArn } else { Code::InvalidName };
            LeafError::new(code, format!("`{}` is no function: {why}", text.escape_debug())).help(
                "it looks like `clean`, `clean:live` or `arn:aws:lambda:eu-west-1:111122223333:function:clean`",
            )
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

impl Kind for LambdaStep {
    const NAME: &'static str = "lambda";
    const ELSEWHERE: &'static [&'static str] =
        &["aws_lambda", "function", "invoke_function", "invoke_lambda", "lambda_function", "lambda_invoke"];
    const BRIEF: &'static str = "invokes a function of AWS Lambda";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::lambda::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfCode(service::lambda::job::OUTPUTS);

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
