//! `emr_serverless`: runs Spark or Hive on an application of Amazon EMR Serverless.

mod lower;
mod rules;

use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Outputs};
use crate::lang::arn::RoleArn;
use crate::lang::decode::{Leaf, LeafError, record};
use crate::lang::held::Held;
use crate::lang::value::S3Path;
use crate::service;
use crate::service::emr_serverless::application::Application;
use crate::service::section::Heading;
use crate::template::Template;
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

record! {
    "`emr_serverless`"
    /// Runs Spark or Hive on an application of Amazon EMR Serverless.
    pub struct EmrServerlessStep {
        /// The application, by its name or its id; it is started when it has to be.
        pub application: Spanned<ApplicationName>,
        /// The role that it runs as.
        pub role: Spanned<RoleArn>,
        /// Runs this script or jar with Spark: a file in S3, or with `local:///` one of the application's image.
        pub entry_point: Option<Spanned<EntryPoint>>,
        /// What the script or the jar is given, word by word.
        pub arguments: Option<Vec<Spanned<Template>>>,
        /// Runs the query in this file in S3 with Hive.
        pub query_file: Option<Spanned<S3Path>>,
        /// The file in S3 of what Hive runs before the query.
        pub init_file: Option<Spanned<S3Path>>,
        /// Options of `spark-submit` or of `hive`, in one text: `--conf spark.executor.cores=2`.
        pub parameters: Option<Spanned<Template>>,
        /// A folder in S3 for its logs; as the application has it when absent.
        pub logs: Option<Spanned<S3Path>>,
        /// The log group for the lines of its driver, which stand in the task's log then; as the application has it when absent.
        pub log_group: Option<Spanned<String>>,
        /// Tables and prefixes that it reads, for the order of steps.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables and prefixes that it writes, for the order of steps.
        pub writes: Option<Vec<Spanned<String>>>,
    }
    exactly one of [entry_point, query_file]
}

/// An application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationName(pub Application);

impl Leaf for ApplicationName {
    const EXPECTED: &'static str = "a name or an id of an application";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = &scalar.text;
        Application::parse(text).map(Self).map_err(|why| {
            let message = format!("`{}` is no application of EMR Serverless: {why}", text.escape_debug());
            LeafError::new(Code::InvalidName, message).help("it looks like `etl` or `00fkm6vigfuq6215`")
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

/// What Spark runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPoint(pub Template);

impl Leaf for EntryPoint {
    const EXPECTED: &'static str = "a file in S3 such as `s3://bucket/clean.py`, or `local:///path`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = &scalar.text;
        if text.starts_with("local:///") {
            return Template::leaf(scalar).map(Self);
        }
        if text.starts_with("s3://") {
            return S3Path::leaf(scalar).map(|path| Self(path.0));
        }
        let message =
            format!("`{}` is no place that EMR Serverless runs something from", text.escape_debug());
        Err(LeafError::new(Code::InvalidS3Uri, message)
            .help("write `s3://bucket/clean.py`, or `local:///path` for a file of the application's image"))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^(s3://|local:///)" })
    }

    fn leaf_held(entry: &Spanned<Self>) -> Option<Held<'_>> {
        Some(Held::Template(&entry.value.0, entry.span))
    }
}

impl Kind for EmrServerlessStep {
    const NAME: &'static str = "emr_serverless";
    const ELSEWHERE: &'static [&'static str] =
        &["emr_serverless_job", "emr_serverless_start_job", "hive", "spark_submit", "start_job_run"];
    const BRIEF: &'static str = "runs Spark or Hive on Amazon EMR Serverless";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::emr_serverless::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::emr_serverless::job::OUTPUTS);

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
}
