//! A step: its kind, and what every step can say.
//!
//! One file a kind; one row in the table below adds it to the reader, the schema and the reference.

mod bash;
mod glue_crawler;
mod glue_job;
mod operator;
mod outputs;
mod redshift_copy;
mod redshift_sql;
mod sql_check;

pub use bash::BashStep;
pub use glue_crawler::{GlueCrawlerStep, IfRunning, OnSchemaChange, Recrawl};
pub use glue_job::{
    Compression, ExecutionClass, GlueJobStep, GlueJobType, ShellCapacity, WorkerType, WorkersSpec, WriteMode,
    WriteSpec,
};
pub use operator::OperatorStep;
pub use outputs::{OutputKind, Outputs, OutputsSpec};
pub use redshift_copy::{CompUpdate, CopyMode, CopyOptions, RedshiftCopyStep};
pub use redshift_sql::{RedshiftSqlStep, SqlSpec};
pub use sql_check::{Expectation, Fresh, RowCount, SqlCheckStep};

use super::airflow::{Count, GroupName, Limit, Owner, PoolName};
use super::decode::{Decode, Decoder, Definitions, Lenient, OneOrMany, record};
use super::shared::{NotifySpec, OnKill, TriggerRule};
use super::value::{Seconds, check_name};
use super::waiting::WaitingSpec;
use crate::diagnostic::{Code, Diagnostic, list};
use crate::text::{FileId, Span, Spanned};
use crate::yaml::{Entry, Kind, Node};
use serde_json::{Value, json};

/// A step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepSpec {
    /// Its name as the user writes it elsewhere: `load`, or `load[orders]` when `each` made it.
    pub name: Spanned<String>,
    /// The whole of it.
    pub span: Span,
    /// Where the kind's name stands.
    pub kind_span: Span,
    /// What it does.
    pub kind: StepKind,
    /// What every step can say; most say nothing of it.
    common: Option<Box<CommonSpec>>,
}

/// What a step has said that says nothing of what every step can say.
static NOTHING_COMMON: CommonSpec = CommonSpec {
    span: Span::file_start(FileId(0)),
    after: Lenient::ABSENT,
    group: Lenient::ABSENT,
    owner: Lenient::ABSENT,
    retries: Lenient::ABSENT,
    retry_delay: Lenient::ABSENT,
    timeout: Lenient::ABSENT,
    pool: Lenient::ABSENT,
    priority: Lenient::ABSENT,
    trigger_rule: Lenient::ABSENT,
    on_failure: Lenient::ABSENT,
    on_kill: Lenient::ABSENT,
    waiting: Lenient::ABSENT,
    description: Lenient::ABSENT,
};

record! {
    "a step"
    /// What every step can say beside its kind.
    pub struct CommonSpec {
        /// Steps that must have succeeded before, where data does not show it.
        pub after: Lenient<OneOrMany<Spanned<String>>>,
        /// The task group in Airflow's graph.
        pub group: Lenient<Spanned<GroupName>>,
        /// Who answers for it.
        pub owner: Lenient<Spanned<Owner>>,
        /// How often a failed task is tried again.
        pub retries: Lenient<Spanned<Count<0>>>,
        /// How long to wait before trying again.
        pub retry_delay: Lenient<Spanned<Seconds>>,
        /// How long the task may take.
        pub timeout: Lenient<Spanned<Limit>>,
        /// The Airflow pool.
        pub pool: Lenient<Spanned<PoolName>>,
        /// The weight in the queue; greater is sooner.
        pub priority: Lenient<Spanned<Count<0>>>,
        /// When it may start, given how its upstream tasks ended.
        pub trigger_rule: Lenient<Spanned<TriggerRule>>,
        /// Who is told when it fails.
        pub on_failure: Lenient<NotifySpec>,
        /// What happens to the running job when Airflow kills the task.
        pub on_kill: Lenient<Spanned<OnKill>>,
        /// Where it waits while its job runs: `worker` (in its slot; when absent), or `reschedule`.
        pub waiting: Lenient<WaitingSpec>,
        /// What it is for.
        pub description: Lenient<Spanned<String>>,
    }
}

impl StepSpec {
    /// Returns what every step can say.
    pub fn common(&self) -> &CommonSpec {
        self.common.as_deref().unwrap_or(&NOTHING_COMMON)
    }

    /// Returns the name before `each` was expanded.
    pub fn base_name(&self) -> &str {
        self.name.split('[').next().unwrap_or_default()
    }

    /// Returns the label that `each` gave, if it made this step.
    pub fn instance(&self) -> Option<&str> {
        self.name.split_once('[').map(|(_, rest)| rest.trim_end_matches(']'))
    }

    /// Reads a step from its entry under `steps`.
    pub fn decode_entry(entry: &Entry, decoder: &mut Decoder<'_>) -> Option<Self> {
        let base = entry.key.value.split('[').next().unwrap_or_default();
        let named = match check_name(base) {
            Ok(()) => Some(()),
            Err(error) => {
                let mut diagnostic = Diagnostic::new(error.code, entry.key.span, error.message);
                diagnostic.help = error.help;
                decoder.diagnostics.push(diagnostic);
                None
            }
        };
        let what = format!("step `{}`", entry.key.value);
        let entries = decoder.entries(&entry.value, &what)?;
        let (kinds, common): (Vec<&Entry>, Vec<&Entry>) =
            entries.iter().partition(|item| StepKind::NAMES.contains(&item.key.value.as_str()));
        let common = match common.as_slice() {
            [] => Some(None),
            entries => {
                let common = decode_common(entries, entry.value.span, &what, kinds.is_empty(), decoder);
                common.map(|common| Some(Box::new(common)))
            }
        };
        let kind = match kinds.as_slice() {
            [one] => StepKind::decode(&one.key.value, &one.value, decoder).map(|kind| (one.key.span, kind)),
            [] => {
                no_kind(entry, entries, decoder);
                None
            }
            [first, second, ..] => {
                decoder.diagnostics.push(
                    Diagnostic::new(
                        Code::ConflictingKeys,
                        second.key.span,
                        format!("{what} has two kinds: `{}` and `{}`", first.key.value, second.key.value),
                    )
                    .also(first.key.span, "the first one")
                    .help("make two steps of it"),
                );
                None
            }
        };
        let (kind_span, kind) = kind?;
        named?;
        Some(Self { name: entry.key.clone(), span: entry.value.span, kind_span, kind, common: common? })
    }

    /// Returns the JSON Schema of a step.
    pub fn schema(definitions: &mut Definitions) -> Value {
        let common = CommonSpec::schema_properties(definitions);
        definitions.refer("Step", |definitions| {
            let kinds: Vec<Value> = StepKind::schemas(definitions)
                .into_iter()
                .map(|(name, schema)| json!({ "properties": { name: schema }, "required": [name] }))
                .collect();
            let mut properties = common;
            properties.insert(
                "each".to_owned(),
                json!({
                    "type": "object",
                    "description": "Repeats the step for every value of a list; `${each.NAME}` inside.",
                    "additionalProperties": { "type": "array" },
                }),
            );
            for name in StepKind::NAMES {
                properties.insert((*name).to_owned(), json!(true));
            }
            json!({
                "type": "object",
                "properties": properties,
                "additionalProperties": false,
                "oneOf": kinds,
            })
        })
    }
}

impl CommonSpec {
    fn schema_properties(definitions: &mut Definitions) -> serde_json::Map<String, Value> {
        let _ = <Self as Decode>::schema(definitions);
        match definitions.named.remove("CommonSpec") {
            Some(Value::Object(mut schema)) => match schema.remove("properties") {
                Some(Value::Object(properties)) => properties,
                _ => serde_json::Map::new(),
            },
            _ => serde_json::Map::new(),
        }
    }
}

impl StepKind {
    /// Says whether a service does the work, while the task waits.
    pub fn has_job(&self) -> bool {
        match self {
            Self::GlueCrawler(_)
            | Self::GlueJob(_)
            | Self::RedshiftCopy(_)
            | Self::RedshiftSql(_)
            | Self::SqlCheck(_) => true,
            Self::Bash(_) | Self::Operator(_) => false,
        }
    }
}

/// Reads the common settings. A key that is neither a setting nor a kind is reported by the caller when
/// the step has no kind at all: it was probably meant to be one.
fn decode_common(
    entries: &[&Entry],
    span: Span,
    what: &str,
    no_kind: bool,
    decoder: &mut Decoder<'_>,
) -> Option<CommonSpec> {
    let (known, unknown): (Vec<&Entry>, Vec<&Entry>) =
        entries.iter().partition(|entry| CommonSpec::KEYS.contains(&entry.key.value.as_str()));
    if !no_kind {
        let keys: Vec<&str> =
            CommonSpec::KEYS.iter().chain(StepKind::NAMES).copied().chain(["each"]).collect();
        for entry in &unknown {
            decoder.unknown_key(&entry.key, what, &keys);
        }
    }
    let known = known.into_iter().cloned().collect();
    CommonSpec::decode(&Node { span, kind: Kind::Mapping(known) }, decoder)
}

fn no_kind(step: &Entry, entries: &[Entry], decoder: &mut Decoder<'_>) {
    let unknown = entries.iter().find(|entry| !CommonSpec::KEYS.contains(&entry.key.value.as_str()));
    let diagnostic = match unknown {
        Some(entry) => unknown_kind(entry),
        None => Diagnostic::new(
            Code::UnknownStepKind,
            step.key.span,
            format!("step `{}` does not say what it does", step.key.value),
        )
        .help(format!("give it one of {}", list(StepKind::NAMES))),
    };
    decoder.diagnostics.push(diagnostic.note(
        "what no kind does, `operator` does with any of Airflow's operators, or `bash` with a command",
    ));
}

/// What the kinds are called elsewhere: in AWS, in Airflow, in other tools.
const ELSEWHERE: &[(&str, &[&str])] = &[
    ("glue_crawler", &["crawl", "crawler", "crawlers", "glue_crawl"]),
    (
        "glue_job",
        &["aws_glue", "etl", "glue", "glue_etl", "glue_script", "job", "pyspark", "python_shell", "spark"],
    ),
    (
        "redshift_copy",
        &["copy", "copy_into", "load", "redshift", "redshift_load", "s3_copy", "s3_to_redshift"],
    ),
    (
        "redshift_sql",
        &["query", "redshift_data", "redshift_query", "sql", "sql_script", "transform", "unload"],
    ),
    ("sql_check", &["assert", "check", "data_quality", "dq", "expect", "quality", "test", "validate"]),
    ("bash", &["bash_operator", "cmd", "command", "dbt", "exec", "python", "run", "script", "sh", "shell"]),
    (
        "operator",
        &[
            "airflow",
            "athena",
            "batch",
            "branch",
            "docker",
            "ecs",
            "email",
            "emr",
            "http",
            "kubernetes",
            "lambda",
            "notify",
            "python_operator",
            "s3",
            "sagemaker",
            "sensor",
            "slack",
            "sns",
            "sqs",
            "step_function",
            "trigger_dag",
        ],
    ),
];

fn unknown_kind(entry: &Entry) -> Diagnostic {
    let name = entry.key.value.as_str();
    let diagnostic =
        Diagnostic::new(Code::UnknownStepKind, entry.key.span, format!("there is no step kind `{name}`"));
    // Elsewhere the kind is a value: `type: glue_job`.
    let value = entry.value.as_scalar().and_then(|scalar| meant_kind(&scalar.text));
    if let (Some(kind), true) = (value, ["type", "kind", "uses"].contains(&name)) {
        return diagnostic
            .help(format!("write the kind as the key, and its settings under it: `{kind}: {{...}}`"));
    }
    match meant_kind(name) {
        Some("operator") => diagnostic.help(format!(
            "run Airflow's own: `operator: {{operator: PATH.OF.THE.CLASS, with: {{...}}}}`, for example the one for {name}"
        )),
        Some(kind) => diagnostic.help(format!("did you mean `{kind}`?")),
        None => diagnostic.suggest(name, StepKind::NAMES.iter().copied()),
    }
}

/// Returns the kind that a word means.
fn meant_kind(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase().replace('-', "_");
    let kind = StepKind::NAMES.iter().find(|kind| **kind == word);
    let elsewhere =
        || ELSEWHERE.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(kind, _)| kind);
    kind.or_else(elsewhere).copied()
}

macro_rules! step_kinds {
    ($($(#[doc = $doc:literal])* $variant:ident($type:ty) = $name:literal,)*) => {
        /// What a step does.
        #[derive(Clone, Debug, PartialEq)]
        pub enum StepKind {
            $($(#[doc = $doc])* $variant(Box<$type>),)*
        }

        impl StepKind {
            /// The names of all kinds.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// Returns the kind's name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name),* }
            }

            fn decode(name: &str, node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
                match name {
                    $($name => Box::decode(node, decoder).map(Self::$variant),)*
                    _ => None,
                }
            }

            /// Returns the name and the schema of every kind.
            pub fn schemas(definitions: &mut Definitions) -> Vec<(&'static str, Value)> {
                vec![$(($name, <$type>::schema(definitions))),*]
            }
        }
    };
}

step_kinds! {
    /// Runs a Glue crawler.
    GlueCrawler(GlueCrawlerStep) = "glue_crawler",
    /// Runs a Glue job.
    GlueJob(GlueJobStep) = "glue_job",
    /// Loads files into a Redshift table.
    RedshiftCopy(RedshiftCopyStep) = "redshift_copy",
    /// Runs SQL in Redshift.
    RedshiftSql(RedshiftSqlStep) = "redshift_sql",
    /// Checks what a table holds.
    SqlCheck(SqlCheckStep) = "sql_check",
    /// Runs a command on the worker.
    Bash(BashStep) = "bash",
    /// Runs any Airflow operator.
    Operator(OperatorStep) = "operator",
}
