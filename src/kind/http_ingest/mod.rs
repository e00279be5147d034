//! `http_ingest`: fetches what a third party's HTTP API gives, and writes it to S3.

mod auth;
mod lower;
mod pages;
mod rules;
mod values;

pub use auth::{AuthSpec, BasicSpec, BearerSpec, HeaderSpec, Oauth2Spec, QuerySpec};
pub use pages::{CursorSpec, NumberSpec, OffsetSpec, PagesSpec};
pub use values::{PathSpec, Rate, SecretName};

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs, Written};
use crate::lang::airflow::{Count, Limit};
use crate::lang::arn::KeyArn;
use crate::lang::decode::{Map, record, words};
use crate::lang::json::JsonSpec;
use crate::lang::source::{CsvSettings, Format, Header, JsonSettings};
use crate::lang::step::OnEmpty;
use crate::lang::value::S3Path;
use crate::scope::Data;
use crate::service;
use crate::service::http_ingest::job::MOST_PAGES;
use crate::service::section::Heading;
use crate::sql::Access;
use crate::template::Template;
use crate::text::{FileId, Span, Spanned};
use std::borrow::Cow;

record! {
    "`http_ingest`"
    /// Fetches what a third party's HTTP API gives, page by page, and writes it to S3.
    pub struct HttpIngestStep {
        /// The address of the first page; its host must be known when compiling.
        pub url: Spanned<Template>,
        /// How it is asked.
        pub method: Option<Spanned<Method>> = Method::Get,
        /// Parameters that are added to the address.
        pub query: Option<Map<Spanned<Template>>>,
        /// Headers.
        pub headers: Option<Map<Spanned<Template>>>,
        /// What is sent with `method: post`: JSON, in whose texts there may be `{{ ... }}`.
        pub body: Option<JsonSpec>,
        /// A POST may be sent more than once, where it has failed or it is not known what came of it.
        pub idempotent: Option<Spanned<bool>> = false,
        /// How the API knows who asks; secrets are kept in AWS Secrets Manager.
        pub auth: Option<AuthSpec>,
        /// How the next page is asked for; there is one page when absent.
        pub pages: Option<PagesSpec>,
        /// Where the records are in an answer, such as `data.items`; `$` where the answer is the array itself.
        pub records: Option<Spanned<PathSpec>>,
        /// What is written.
        pub format: Option<Spanned<IngestFormat>> = IngestFormat::JsonLines,
        /// With `format: csv`, where the columns are in a record, such as `id` or `buyer.name`; the members of the first record when absent.
        pub columns: Option<Vec<Spanned<PathSpec>>>,
        /// The folder that gets the files.
        pub to: Spanned<S3Path>,
        /// What becomes of files that the step has put there in other runs; must be said where `to` is the same in every run.
        pub mode: Option<Spanned<Mode>>,
        /// How many requests are sent at most, such as `5/s` or `100/m`.
        pub rate: Option<Spanned<Rate>>,
        /// With more pages the task fails, from 1 on.
        pub max_pages: Option<Spanned<Count<1>>> = Count::<1>(MOST_PAGES),
        /// How long an answer may take to begin, and each piece of it to come; from `1s` to `1h`.
        pub timeout: Option<Spanned<Limit>> = Limit(TIMEOUT),
        /// Addresses without TLS may be asked, on other machines than this one, too.
        pub allow_http: Option<Spanned<bool>> = false,
        /// What happens when there is no record.
        pub on_empty: Option<Spanned<OnEmpty>> = OnEmpty::Skip,
        /// What happens when nothing is known at the address (status 404).
        pub on_missing: Option<Spanned<OnMissing>> = OnMissing::Fail,
        /// The KMS key with which the files are encrypted; that of the environment's
        /// `encryption`, or as their bucket says when absent.
        pub kms_key: Option<Spanned<KeyArn>>,
    }
}

/// Seconds that an answer may take where nobody says it.
const TIMEOUT: u64 = 60;

words! {
    "a method of HTTP"
    /// How it is asked.
    pub enum Method {
        /// GET.
        Get = "get",
        /// POST.
        Post = "post",
    }
}

words! {
    "a format of what is fetched"
    /// What is written.
    pub enum IngestFormat {
        /// One record of JSON a line.
        JsonLines = "json_lines",
        /// CSV, with the names of the columns in the first line of each file.
        Csv = "csv",
        /// Each answer as it is, in a file of its own.
        Raw = "raw",
    }
}

words! {
    "an answer to files of other runs"
    /// What becomes of files that the step has put there in other runs.
    pub enum Mode {
        /// They are removed when all of this run is there.
        Replace = "replace",
        /// They stay.
        Append = "append",
    }
}

words! {
    "an answer to an address at which there is nothing"
    /// What happens when nothing is known at the address.
    pub enum OnMissing {
        /// The task fails for good.
        Fail = "fail",
        /// The task fails, and is tried again.
        Retry = "retry",
        /// It counts as empty.
        Skip = "skip",
    }
}

/// One record a line.
static LINES: Format =
    Format::Json(JsonSettings { span: Span::file_start(FileId(0)), lines: None, path: None });

/// With names in the first line.
static TABLE: Format = Format::Csv(CsvSettings {
    span: Span::file_start(FileId(0)),
    header: Some(Spanned { value: Header(1), span: Span::file_start(FileId(0)) }),
    delimiter: None,
    quote: None,
    escape: None,
    null_as: None,
});

impl Kind for HttpIngestStep {
    const NAME: &'static str = "http_ingest";
    const ELSEWHERE: &'static [&'static str] = &[
        "api_to_s3",
        "fetch",
        "http",
        "http_request",
        "http_to_s3",
        "ingest",
        "rest",
        "rest_api",
        "simple_http",
    ];
    const BRIEF: &'static str = "fetches what an HTTP API gives, and writes it to S3";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::http_ingest::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::http_ingest::job::OUTPUTS);

    fn gives<'a>(&'a self, _: &Known<'_, 'a>) -> Gives<'a> {
        let path = Cow::Borrowed(&self.to.value.0);
        Gives::of(
            vec![Data::Files { path, whole: None, format: self.written_format(), columns: None }],
            Nothing::Reported,
        )
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        cx.touch_own(Access::Writes, self.to.span);
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }

    fn written(&self) -> Option<Written<'_>> {
        Some(Written {
            path: Some(&self.to.value.0),
            table: None,
            format: self.written_format(),
            partition_by: &[],
            iceberg: None,
        })
    }
}

impl HttpIngestStep {
    /// Returns the format of the files, where it is known.
    fn written_format(&self) -> Option<&'static Format> {
        match self.format() {
            IngestFormat::JsonLines => Some(&LINES),
            IngestFormat::Csv => Some(&TABLE),
            IngestFormat::Raw => None,
        }
    }
}
