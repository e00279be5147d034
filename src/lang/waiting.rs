//! `waiting`: where a task waits while its job runs.

use super::airflow::Limit;
use super::decode::{Decode, Decoder, Definitions, Field, Leaf, record, words};
use super::held::Show;
use super::value::Seconds;
use crate::diagnostic::{Code, Diagnostic};
use crate::text::{Span, Spanned};
use crate::yaml::{Kind, Node};
use serde_json::{Value, json};

/// The least number of seconds between two looks. Airflow hears late that a look has ended; where the next one
/// is queued by then, it takes the news for that one's and fails the attempt (seen with 3.3 and 2 seconds).
pub const SHORTEST_INTERVAL: u64 = 30;

words! {
    "a place to wait"
    /// Where a task waits while its job runs.
    pub enum Waiting {
        /// In the worker's slot.
        Worker = "worker",
        /// Nowhere: the task gives its slot back and is started again for each look at the job.
        Reschedule = "reschedule",
    }
}

/// `waiting`: a bare word, or `reschedule` with settings.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingSpec {
    /// Where it stands.
    pub span: Span,
    /// Which place.
    pub waiting: Waiting,
    /// The settings of `reschedule`.
    pub settings: Option<RescheduleSettings>,
}

record! {
    "`waiting`"
    /// Without a slot, with settings.
    pub struct RescheduleSpec {
        /// Gives the slot back, and is started again for each look at the job.
        pub reschedule: RescheduleSettings,
    }
}

record! {
    "`reschedule`"
    /// When looks end and begin.
    pub struct RescheduleSettings {
        /// How long the first look stays in its slot, for jobs that are short; 60s when absent.
        pub stay: Option<Spanned<Seconds>>,
        /// The longest time between two looks; 5m when absent. The first are a minute apart, later ones a
        /// quarter of the time that the task has taken.
        pub every: Option<Spanned<Limit>>,
    }
}

impl Decode for WaitingSpec {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        if !matches!(node.kind, Kind::Mapping(_)) {
            let waiting = Spanned::<Waiting>::decode(node, decoder)?.value;
            return Some(Self { span: node.span, waiting, settings: None });
        }
        let settings = RescheduleSpec::decode(node, decoder)?.reschedule;
        if let Some(every) = &settings.every
            && every.value.0 < SHORTEST_INTERVAL
        {
            decoder.diagnostics.push(short_interval(every));
        }
        Some(Self { span: node.span, waiting: Waiting::Reschedule, settings: Some(settings) })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Waiting::leaf_schema(), RescheduleSpec::schema(definitions)] })
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        self.settings.field_held(show);
    }

    fn place(&self) -> Option<Span> {
        Some(self.span)
    }
}

/// Says that looks are too close together.
pub fn short_interval(every: &Spanned<Limit>) -> Diagnostic {
    too_often(every).help(format!(
        "write `{SHORTEST_INTERVAL}s` or more, or let the task wait in its slot: `waiting: worker`"
    ))
}

/// The same where the task cannot wait in its slot.
pub fn too_often(every: &Spanned<Limit>) -> Diagnostic {
    Diagnostic::new(
        Code::ShortInterval,
        every.span,
        format!("a task that waits with `reschedule` would be started every {} s", every.value.0),
    )
    .note(
        "each look is a start of the task, and Airflow may mistake one look for another that follows at once",
    )
}
