//! A run of a Glue job, and the job that publishing makes for it, as the plan keeps them.

use crate::lang::source::DatabaseType;
use crate::lang::step::{Compression, CopyMode, WriteMode};
use crate::service::arn::{Part, Resource};
use crate::service::asset::Asset;
use crate::service::call::{Call, Caller, On, Touched, When, call, operations, right, touched, wanted};
use crate::service::console::{base, encode};
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::failure::{Codes, Kind};
use crate::service::glue::TO_GLUE;
use crate::service::logs::GET_LOG_EVENTS;
use crate::service::metrics::GET_METRIC_DATA;
use crate::service::objects::{HEAD_OBJECT, PUT_OBJECT, split_uri};
use crate::service::output::{self, ADOPTED, Form, HANDLE, KEY, Members, SECONDS, URL, perhaps};
use crate::service::place::Place;
use crate::service::section::{Heading, Section, Who};
use crate::template::Template;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Runs a Glue job that exists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunGlueJob {
    /// Its name.
    pub job: String,
    /// What it reads, in the order of the step.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub inputs: Vec<Input>,
    /// What it writes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub output: Option<Output>,
    /// Arguments of the user's, with their `--`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub arguments: BTreeMap<String, Template>,
    /// Overrides how a run uses the job's bookmark.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bookmark: Option<Bookmark>,
    /// With a bookmark that pauses: the runs behind which, and up to which, lies what is read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bookmark_range: Option<BookmarkRange>,
    /// A run for which there is no room waits in Glue.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub queue: bool,
    /// Overrides whether Glue takes fewer workers when there is less to do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub autoscale: Option<bool>,
    /// Overrides the job's worker type.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub worker_type: Option<String>,
    /// Overrides the job's number of workers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workers: Option<u32>,
    /// Overrides the job's execution class: `STANDARD` or `FLEX`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub execution_class: Option<String>,
    /// Overrides the security configuration.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub security_configuration: Option<String>,
    /// Minutes after which Glue ends the run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub timeout_minutes: Option<u32>,
    /// The hash of the job's definition, its script and libraries included, where publishing makes the job.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub definition: Option<String>,
    /// Seconds for which a run that was started may not be listed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub listing_lag: Option<u64>,
}

/// How a run uses its job's bookmark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bookmark {
    /// It works on what is new since the last one, or on everything.
    Used(bool),
    /// In a word, which a run may fill in.
    Word(Template),
}

impl Bookmark {
    /// What it can be.
    pub const WORDS: &'static [&'static str] = &["true", "false", "pause", "reset"];

    /// Says whether a run may make the job forget what it has read.
    pub fn may_reset(&self) -> bool {
        self.word().is_none_or(|word| word == "reset")
    }

    /// The word that it is, unless a run fills it in.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Used(true) => Some("true"),
            Self::Used(false) => Some("false"),
            Self::Word(word) => word.as_text(),
        }
    }

    /// What Glue calls it (Glue Developer Guide, "Tracking processed data using job bookmarks"); nothing of what is no
    /// word of it. What is made anew is used.
    pub fn option(word: &str) -> Option<&'static str> {
        match word {
            "true" | "reset" => Some("job-bookmark-enable"),
            "false" => Some("job-bookmark-disable"),
            "pause" => Some("job-bookmark-pause"),
            _ => None,
        }
    }
}

/// What a run reads whose bookmark pauses: what is new since one run, up to what another has read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BookmarkRange {
    /// The id of the run behind which it begins.
    pub from: Template,
    /// The id of the run with which it ends.
    pub to: Template,
}

/// Something that a job reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// The source or step as which the script knows it; what is written out in the step has no name. Several have
    /// one name where a step with `each` is named, or a crawler over several steps.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// Where it is.
    pub place: Place<Template>,
    /// The folder of all partitions, where `place` is one run's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub whole: Option<Template>,
    /// The format of its files, where it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub format: Option<String>,
    /// How it is read, where it is a table of another database.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub jdbc: Option<Jdbc>,
}

/// How a table of another database is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Jdbc {
    /// What the database is.
    pub r#type: DatabaseType,
    /// The rows of the table that are read; all of them when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub query: Option<Template>,
    /// The column or the expression by which its rows are dealt out to several connections.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub partition_by: Option<String>,
    /// To how many.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub partitions: Option<u32>,
}

/// What a job writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// Where.
    pub place: Place<Template>,
    /// The format of its files.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub format: Option<String>,
    /// The columns by whose values they lie in folders; said, though there be none, or not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub partition_by: Option<Vec<String>>,
    /// Their compression.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub compression: Option<Compression>,
    /// What happens to what is there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mode: Option<WriteMode>,
    /// The columns by which a row is found again, where it is merged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<Vec<String>>,
    /// The folder of a table, where that is said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<Template>,
    /// How it is written, where it is a table of Redshift.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub redshift: Option<RedshiftOutput>,
}

/// How a table of Redshift is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RedshiftOutput {
    /// The Glue connection by which the job reaches it, where it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub connection: Option<String>,
    /// What happens to what is there.
    pub mode: CopyMode,
    /// The columns that tell one row from another.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub key: Vec<String>,
    /// The role with which Redshift reaches the temporary folder, where it is not the job's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub role: Option<String>,
}

/// A Glue job as publishing makes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GlueJobDefinition {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The role's ARN or name.
    pub role: String,
    /// Spark or Python Shell.
    pub command: GlueCommand,
    /// The script.
    pub script: Asset,
    /// Further files that the arguments name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Asset>,
    /// The version of Glue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glue_version: Option<String>,
    /// Default arguments, with their `--`.
    pub arguments: BTreeMap<String, String>,
    /// Connections.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<String>,
    /// Worker type, such as `G.1X`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_type: Option<String>,
    /// Number of workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<u32>,
    /// Capacity of a Python Shell job, as text: `0.0625` or `1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<String>,
    /// `STANDARD` or `FLEX`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_class: Option<String>,
    /// How many runs may be active.
    pub max_concurrent: u32,
    /// Minutes after which Glue ends a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_minutes: Option<u32>,
    /// The security configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_configuration: Option<String>,
}

impl GlueJobDefinition {
    /// Returns the files of the user's that are put into S3 for it.
    pub fn assets(&self) -> Vec<&Asset> {
        std::iter::once(&self.script).chain(&self.files).collect()
    }

    /// Hashes what decides what a run does and how: the names of its files carry the hashes of their contents. What
    /// it is for, and how many runs there may be, decide nothing of that.
    pub fn fingerprint(&self) -> String {
        let GlueJobDefinition {
            name: _,
            description: _,
            max_concurrent: _,
            role,
            command,
            script,
            files,
            glue_version,
            arguments,
            connections,
            worker_type,
            workers,
            capacity,
            execution_class,
            timeout_minutes,
            security_configuration,
        } = self;
        let files: Vec<&str> = files.iter().map(|file| file.uri.as_str()).collect();
        let what = (role, command, &script.uri, files, glue_version, arguments, connections);
        let how = (worker_type, workers, capacity, execution_class, timeout_minutes, security_configuration);
        let text = serde_json::to_vec(&(what, how)).unwrap_or_default();
        let hash = Sha256::digest(&text);
        hash[..6].iter().fold(String::with_capacity(12), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// What kind of program a Glue job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum GlueCommand {
    /// `glueetl`
    #[default]
    Spark,
    /// `pythonshell`
    PythonShell,
}

/// Codes that only this service has.
const CODES: Codes = &[("ConcurrentRunsExceededException", Kind::Busy)];

operations! {
    codes CODES;

    /// Ends runs of a job; the runner repeats it within the little time that it has.
    BATCH_STOP_JOB_RUN = "glue:BatchStopJobRun" Repeatable Never [right("glue:BatchStopJobRun", On::Itself)];
    /// Makes a job.
    CREATE_JOB = "glue:CreateJob" Starts Throttled [
        right("glue:CreateJob", On::Anything), right("iam:PassRole", On::Role).under(TO_GLUE)
    ];
    /// Reads a job's definition.
    GET_JOB = "glue:GetJob" Repeatable Usual [right("glue:GetJob", On::Itself)];
    /// Reads a run.
    GET_JOB_RUN = "glue:GetJobRun" Repeatable Usual [right("glue:GetJobRun", On::Itself)];
    /// Lists the runs of a job.
    GET_JOB_RUNS = "glue:GetJobRuns" Repeatable Usual [right("glue:GetJobRuns", On::Itself)];
    /// Makes a job forget what it has read; again it does no more.
    RESET_JOB_BOOKMARK = "glue:ResetJobBookmark" Repeatable Usual [
        right("glue:ResetJobBookmark", On::Bookmark)
    ];
    /// Starts a run.
    START_JOB_RUN = "glue:StartJobRun" Starts Never [right("glue:StartJobRun", On::Itself)];
    /// Replaces a job's definition.
    UPDATE_JOB = "glue:UpdateJob" Repeatable Usual [
        right("glue:UpdateJob", On::Itself), right("iam:PassRole", On::Role).under(TO_GLUE)
    ];
}

/// What a run gives.
pub const OUTPUTS: &[output::Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    perhaps(
        "dpu_seconds",
        Form::Number,
        "what it has used of Glue's data processing units, in seconds of one",
    ),
    perhaps("executors", Form::Number, "how many executors there were at most"),
    perhaps("executors_needed", Form::Number, "how many would have had something to do at most"),
    perhaps("driver_heap", Form::Number, "how full the driver's memory was at most, 0 to 1"),
    perhaps("executor_heap", Form::Number, "how full the executors' memory was at most, 0 to 1"),
    perhaps("disk_mb", Form::Number, "what did not fit into memory and lay on disks, in MB, at most"),
    perhaps("bytes_read", Form::Number, "how many bytes were read"),
    perhaps("shuffle_bytes", Form::Number, "how many bytes went from one executor to another"),
    perhaps("failed_tasks", Form::Number, "how many tasks of Spark have failed, and were done again"),
];

impl RunGlueJob {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [output::Output] {
        OUTPUTS
    }

    /// Returns what it is billed in: a minute at least (AWS Glue pricing).
    pub fn billed(&self) -> &'static [Billed] {
        &[Billed { unit: Unit::DpuHours, measured: Measured::Output("dpu_seconds"), least: 60 }]
    }
}

impl Members for RunGlueJob {}

impl Caller for RunGlueJob {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[
            call(START_JOB_RUN),
            call(GET_JOB_RUN),
            call(GET_JOB_RUNS),
            call(BATCH_STOP_JOB_RUN),
            wanted(
                GET_JOB,
                "for how often Glue retries it, and how many runs it takes at a time; without it the longest time is \
                 waited",
            ),
            wanted(GET_LOG_EVENTS, "for the run's log; without it there is a warning and no log"),
            wanted(
                GET_METRIC_DATA,
                "for what the run has used, and advice on its size; without it there is neither",
            ),
            call(RESET_JOB_BOOKMARK),
        ];
        if self.bookmark.as_ref().is_some_and(Bookmark::may_reset) {
            CALLS
        } else {
            &CALLS[..CALLS.len() - 1]
        }
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Itself => touched("the job", named(&self.job)),
            On::Bookmark => vec![Touched {
                what: "the job",
                resource: named(&self.job),
                when: When::Planned("with `bookmark: reset`"),
            }],
            On::Anything => touched("all metrics", Resource::Anything),
            On::Log => {
                let groups = |name| Resource::regional("logs", [Part::Fixed(name), Part::Any]);
                let secured = "for the log of a run with a security configuration";
                vec![
                    Touched {
                        what: "the log groups `/aws-glue/jobs/*`",
                        resource: groups("log-group:/aws-glue/jobs/"),
                        when: When::Always,
                    },
                    Touched {
                        what: "the log groups `/aws-glue/jobs-*`",
                        resource: groups("log-group:/aws-glue/jobs-"),
                        when: When::Wanted(secured),
                    },
                ]
            }
            _ => Vec::new(),
        }
    }
}

impl Caller for GlueJobDefinition {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] =
            &[call(GET_JOB), call(UPDATE_JOB), call(CREATE_JOB), call(HEAD_OBJECT), call(PUT_OBJECT)];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        let files =
            || std::iter::once(&self.script).chain(&self.files).filter_map(|file| split_uri(&file.uri));
        let each = |what, resource: &dyn Fn((&str, &str)) -> Resource| {
            files().map(|file| Touched { what, resource: resource(file), when: When::Always }).collect()
        };
        match on {
            On::Itself => touched("the job", named(&self.name)),
            On::Anything => touched("all jobs", Resource::Anything),
            On::Role => touched("Glue's role", Resource::role(&self.role)),
            On::Bucket => each("the bucket of Glue's files", &|(bucket, _)| Resource::bucket(Some(bucket))),
            // A file's name carries its content's hash: the next one's is another.
            On::Read | On::Written => each("Glue's files", &|(bucket, key)| {
                Resource::objects(Some(bucket), Some(&key[..key.rfind('/').map_or(0, |slash| slash + 1)]))
            }),
            On::Key => touched("the key", Resource::key(None)),
            _ => Vec::new(),
        }
    }
}

fn named(job: &str) -> Resource {
    Resource::regional("glue", [Part::Fixed("job/"), Part::Name(job.to_owned())])
}

/// Links to a run in the console.
pub fn link(region: &str, job: &str, run: &str) -> String {
    let (base, job) = (base(region), encode(job));
    format!("{base}/gluestudio/home?region={region}#/job/{job}/run/{run}")
}

/// Links to all runs of a job in the console.
pub fn place(region: &str, job: &str) -> String {
    let (base, job) = (base(region), encode(job));
    format!("{base}/gluestudio/home?region={region}#/editor/job/{job}/runs")
}

/// The heading of what whoever runs a job must be allowed.
pub const RIGHTS: Heading = Heading::new("`glue_job`");

/// Returns what the page of permissions says of both.
pub(in crate::service) fn sections() -> Vec<Section> {
    let name = "JOB".to_owned();
    let bookmark = Some(Bookmark::Word(Template::text("reset")));
    let run = RunGlueJob { job: name.clone(), bookmark, ..RunGlueJob::default() };
    let script = Asset { uri: "s3://BUCKET/FOLDER/".to_owned(), ..Asset::default() };
    let job = GlueJobDefinition { name, role: "ROLE".to_owned(), script, ..GlueJobDefinition::default() };
    vec![
        Section::new(Who::Worker, RIGHTS).of(&[&run]).billed(run.billed()),
        Section::new(Who::Publisher, Heading::new("A `glue_job` with a `script` or a `transform`"))
            .of(&[&job]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::glue_job::advice::MEASURED;

    #[test]
    fn what_is_measured_is_an_output() {
        for of in MEASURED {
            assert!(OUTPUTS.iter().any(|output| output.name == of.output), "{}", of.output);
        }
    }

    #[test]
    fn links_lead_to_the_console() {
        assert_eq!(
            link("eu-west-1", "clean flights", "jr_1"),
            "https://eu-west-1.console.aws.amazon.com/gluestudio/home?region=eu-west-1#/job/clean%20flights/run/jr_1"
        );
    }
}
