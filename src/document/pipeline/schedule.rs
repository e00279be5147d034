//! `schedule`: by the clock, or after the data of others.

use crate::diagnostic::{Code, Diagnostic};
use crate::lang::decode::{Decode, Decoder, Definitions, Leaf, OneOrMany, record};
use crate::lang::held::Show;
use crate::lang::value::Clock;
use crate::text::{Span, Spanned};
use crate::yaml::{Entry, Kind, Node};
use serde_json::{Value, json};

/// When a pipeline runs.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleSpec {
    /// Where it stands.
    pub span: Span,
    /// The clock, or the steps that it comes after.
    pub schedule: Schedule,
}

/// A schedule by the clock or by data.
#[derive(Clone, Debug, PartialEq)]
pub enum Schedule {
    /// By the clock, or not at all.
    Clock(Clock),
    /// When all of these steps of other pipelines have given new data: `pipeline.step`.
    After(Vec<Spanned<String>>),
}

record! {
    "`schedule`"
    /// After steps of other pipelines.
    pub struct AfterSpec {
        /// Steps as `pipeline.step`; the run starts when all have succeeded anew.
        pub after: OneOrMany<Spanned<String>>,
    }
}

impl Decode for ScheduleSpec {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let schedule = match &node.kind {
            Kind::Mapping(entries) => {
                if let [Entry { key, value }] = entries.as_slice()
                    && let (Some(clock), true) =
                        (value.as_scalar(), ["cron", "every", "interval"].contains(&key.as_str()))
                {
                    let word = if key.value == "cron" { "" } else { "every " };
                    let message = format!("a schedule by the clock has no key `{}`", key.value);
                    decoder.diagnostics.push(
                        Diagnostic::new(Code::UnknownKey, key.span, message)
                            .help(format!("write `schedule: \"{word}{}\"`", clock.text)),
                    );
                    return None;
                }
                let after = AfterSpec::decode(node, decoder)?.after.0;
                if after.is_empty() {
                    let message = "the pipeline would start after nothing, and never run";
                    decoder.diagnostics.push(
                        Diagnostic::new(Code::MissingKey, node.span, message)
                            .help("name a step, as `pipeline.step`, or write `schedule: none`"),
                    );
                    return None;
                }
                Schedule::After(after)
            }
            Kind::Scalar(scalar) if scalar.is_null() => Schedule::Clock(Clock::Manual),
            Kind::Scalar(_) | Kind::Sequence(_) => {
                Schedule::Clock(Spanned::<Clock>::decode(node, decoder)?.value)
            }
        };
        Some(Self { span: node.span, schedule })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Clock::leaf_schema(), AfterSpec::schema(definitions)] })
    }

    fn held<'h>(&'h self, _: &mut Show<'_, 'h>) {}

    fn place(&self) -> Option<Span> {
        Some(self.span)
    }
}
