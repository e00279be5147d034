//! A pipeline: one file under `specs/`.

mod params;
mod schedule;

use super::step::StepSpec;
use crate::diagnostic::{Code, Diagnostic};
use crate::kind::StepKind;
use crate::lang::airflow::{Count, Limit, Owner, Tag};
use crate::lang::decode::{Decode, Decoder, Definitions, LeafError, Lenient, Map, record};
use crate::lang::held::Show;
use crate::lang::shared::{Defaults, NotifySpec};
use crate::lang::source::SourceSpec;
use crate::lang::value::{Day, Name, TimeZoneName};
use crate::scope::Names;
use crate::text::{Span, Spanned};
use crate::yaml::{Entry, Node};
pub use params::{ParamSpec, ParamType, ParamValue};
pub use schedule::{AfterSpec, Schedule, ScheduleSpec};
use serde_json::{Value, json};

record! {
    "a pipeline"
    /// One pipeline: what it reads, what it does, when it runs.
    pub struct PipelineSpec {
        /// The pipeline's name; also the DAG's id.
        pub pipeline: Spanned<Name>,
        /// One line for the list of DAGs.
        pub description: Lenient<Spanned<String>>,
        /// More words for the DAG's page, in Markdown.
        pub doc: Lenient<Spanned<String>>,
        /// When it runs: cron, `every 6h`, `{after: [pipeline.step]}` or `none`. When absent: after the
        /// steps of other pipelines whose data it reads, if there are any.
        pub schedule: Lenient<ScheduleSpec>,
        /// The time zone of the schedule.
        pub timezone: Lenient<Spanned<TimeZoneName>> = TimeZoneName("UTC".to_owned()),
        /// The first day that it works on.
        pub start_date: Lenient<Spanned<Day>>,
        /// Runs the intervals between `start_date` and now as well.
        pub catchup: Lenient<Spanned<bool>> = false,
        /// How many runs may be active at once.
        pub max_active_runs: Lenient<Spanned<Count<1>>> = Count::<1>(1),
        /// A task waits for its own success in the run before.
        pub depends_on_past: Lenient<Spanned<bool>>,
        /// How long a run may take.
        pub run_timeout: Lenient<Spanned<Limit>>,
        /// Words to find it by in Airflow, and for `--select`.
        pub tags: Lenient<Vec<Spanned<Tag>>>,
        /// What a person may set when starting a run: `{{ params.NAME }}`.
        pub params: Lenient<Map<ParamSpec>>,
        /// Settings for every step that does not say otherwise.
        pub defaults: Lenient<Defaults>,
        /// Who is told when a run fails.
        pub on_failure: Lenient<NotifySpec>,
        /// Who answers for it.
        pub owner: Lenient<Spanned<Owner>>,
        /// The weight of its tasks in the queue; greater is sooner.
        pub priority: Lenient<Spanned<Count<0>>>,
        /// Data that it begins with, by name.
        pub sources: Lenient<Sources>,
        /// What it does, by name.
        pub steps: StepMap,
    }
}

impl PipelineSpec {
    /// Returns the sources that could be read.
    pub fn sources(&self) -> &[(Spanned<String>, SourceSpec)] {
        self.sources.as_ref().map_or(&[], |sources| &sources.sources)
    }

    /// Names the sources and steps with reported errors.
    pub fn broken(&self) -> impl Iterator<Item = &String> {
        let sources = self.sources.iter().flat_map(|sources| &sources.broken);
        sources.chain(&self.steps.broken)
    }

    /// Returns its names.
    pub fn names(&self) -> Names<'_> {
        let heads = self.steps.steps.iter().map(|step| &step.head).collect();
        let broken = self.broken().map(String::as_str).collect();
        Names::new(&self.pipeline.value.0, self.sources(), heads, broken, self.sources.broken)
    }

    /// Says whether something of it could not be read that others may rely on.
    pub fn is_broken(&self) -> bool {
        self.sources.broken || self.broken().next().is_some()
    }
}

/// The steps of a pipeline, in the order of the file. Steps that could not be read are named in `broken`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct StepMap {
    /// The steps.
    pub steps: Vec<StepSpec>,
    /// Names of steps with reported errors, so that references to them are no second error.
    pub broken: Vec<String>,
}

/// The sources of a pipeline, in the order of the file.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Sources {
    /// The sources.
    pub sources: Vec<(Spanned<String>, SourceSpec)>,
    /// Names of sources with reported errors, so that references to them are no second error.
    pub broken: Vec<String>,
}

impl Decode for Sources {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let mut sources = Self::default();
        for entry in decoder.entries(node, "`sources`")? {
            match SourceSpec::decode(&entry.value, decoder) {
                Some(source) => sources.sources.push((entry.key.clone(), source)),
                None => sources.broken.push(entry.key.value.clone()),
            }
        }
        Some(sources)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Map::<SourceSpec>::schema(definitions)
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        self.sources.iter().for_each(|(_, source)| source.held(show));
    }

    fn place(&self) -> Option<Span> {
        None
    }
}

fn is_kind(entry: &Entry) -> bool {
    StepKind::NAMES.contains(&entry.key.as_str())
}

/// Reports a step's kind that stands beside the step and not under it.
fn not_indented(step: &Entry, kind: &Entry) -> Diagnostic {
    let (step_name, kind_name) = (&step.key.value, &kind.key.value);
    Diagnostic::new(
        Code::WrongType,
        kind.key.span,
        format!("`{kind_name}` stands beside step `{step_name}`, which is empty, and not under it"),
    )
    .also(step.key.span, "this step is empty")
    .help(format!("indent `{kind_name}:` and its lines further than `{step_name}:`"))
}

impl Decode for StepMap {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let mut map = Self::default();
        let entries = decoder.entries(node, "`steps`")?;
        map.steps.reserve_exact(entries.len());
        for (n, entry) in entries.iter().enumerate() {
            let before = n.checked_sub(1).map(|n| &entries[n]).filter(|before| before.value.is_null());
            if let (Some(before), true) = (before, is_kind(entry)) {
                // One slip, told once: where the step is empty.
                map.broken.push(entry.key.value.clone());
                decoder.diagnostics.push(not_indented(before, entry));
                continue;
            }
            if entry.value.is_null() && entries.get(n + 1).is_some_and(is_kind) {
                map.broken.push(entry.key.value.clone());
                continue;
            }
            match StepSpec::decode_entry(entry, decoder) {
                Some(step) => map.steps.push(step),
                None => map.broken.push(entry.key.value.clone()),
            }
        }
        if map.steps.is_empty() && map.broken.is_empty() {
            decoder.leaf_error(node, LeafError::new(Code::MissingKey, "a pipeline needs a step"));
        }
        Some(map)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({
            "type": "object",
            "minProperties": 1,
            "additionalProperties": StepSpec::schema(definitions),
        })
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        self.steps.iter().for_each(|step| step.kind.as_task().held(show));
    }

    fn place(&self) -> Option<Span> {
        None
    }
}
