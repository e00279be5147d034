//! `redshift_unload`: writes what a query gives, or a table, to files in S3.

mod lower;
mod rules;

use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::{
    Asks, Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs, Parts, Want, Written,
};
use crate::lang::arn::KeyArn;
use crate::lang::decode::{Leaf, LeafError, Map, record, words};
use crate::lang::project::CopyRole;
use crate::lang::source::{Format, FormatSpec};
use crate::lang::step::SqlSpec;
use crate::lang::value::S3Path;
use crate::objects::opened_text;
use crate::plan::Place;
use crate::scope::{Data, Meaning};
use crate::service;
use crate::service::section::Heading;
use crate::sql::Access;
use crate::template::Template;
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};
use std::borrow::Cow;

record! {
    "`redshift_unload`"
    /// Writes what a query gives, or a table, to files in S3. One of `sql` and `from`.
    pub struct RedshiftUnloadStep {
        /// The query, or a path that ends in `.sql`, relative to the spec.
        pub sql: Option<SqlSpec>,
        /// The step or source whose table is written, or a table.
        pub from: Option<Spanned<String>>,
        /// The Redshift connection; may be left out when there is only one.
        pub into: Option<Spanned<String>>,
        /// The folder that gets the files.
        pub to: Spanned<S3Path>,
        /// The format: `parquet` (when absent), `csv` or `json`.
        pub format: Option<FormatSpec>,
        /// The columns that make folders; the files do not have them unless `include` says so.
        pub partition_by: Option<Vec<Spanned<String>>>,
        /// The values of these columns in one run, for steps that read what this one has written.
        pub partition: Option<Map<Spanned<Template>>>,
        /// The files have the columns of `partition_by`, too.
        pub include: Option<Spanned<bool>> = false,
        /// How the files are compressed; Parquet's are by themselves.
        pub compression: Option<Spanned<UnloadCompression>>,
        /// What happens to files that are there.
        pub if_exists: Option<Spanned<IfExists>> = IfExists::Replace,
        /// Each slice writes files of its own, in no order.
        pub parallel: Option<Spanned<bool>> = true,
        /// How large a file may be, from `5MB` to `6200MB`; 6.2 GB when absent.
        pub max_file_size: Option<Spanned<FileSize>>,
        /// A list of the files is written beside them, as COPY takes it; it is no data.
        pub manifest: Option<Spanned<bool>> = false,
        /// The role with which Redshift writes to S3; the connection's `copy_role` when absent.
        pub role: Option<Spanned<CopyRole>>,
        /// The KMS key with which the files are encrypted; that of the environment's `encryption`, or as their bucket says when
        /// absent.
        pub kms_key: Option<Spanned<KeyArn>>,
        /// The bucket's region, when it is not the cluster's.
        pub region: Option<Spanned<String>>,
    }
    exactly one of [sql, from]
}

words! {
    "a compression of unloaded files"
    /// How the files are compressed.
    pub enum UnloadCompression {
        /// Gzip.
        Gzip = "gzip",
        /// Bzip2.
        Bzip2 = "bzip2",
        /// Zstandard.
        Zstd = "zstd",
    }
}

words! {
    "an answer to files that are there"
    /// What happens to files that are there.
    pub enum IfExists {
        /// They are removed first: those of the folder, or with `partition_by` those of the partitions that get rows.
        Replace = "replace",
        /// The task fails, and would in every run that is repeated.
        Fail = "fail",
    }
}

/// How large a file may be, in megabytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSize(pub u32);

impl FileSize {
    /// What UNLOAD takes (Redshift Database Developer Guide, "UNLOAD": 5 MB to 6.2 GB).
    const RANGE: std::ops::RangeInclusive<u32> = 5..=6200;
}

impl Leaf for FileSize {
    const EXPECTED: &'static str = "a size such as `256MB`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = scalar.text.trim();
        let megabytes = text.strip_suffix("MB").and_then(|number| number.trim().parse().ok());
        match megabytes {
            Some(megabytes) if Self::RANGE.contains(&megabytes) => Ok(Self(megabytes)),
            Some(_) => Err(LeafError::new(
                Code::InvalidNumber,
                format!("a file has {}MB to {}MB", Self::RANGE.start(), Self::RANGE.end()),
            )),
            None => Err(LeafError::new(
                Code::WrongType,
                format!("expected {}, found `{}`", Self::EXPECTED, scalar.text),
            )
            .help("write a whole number of megabytes, such as `256MB`")),
        }
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "examples": ["256MB"] })
    }
}

/// What is written.
const WRITES: Asks = Asks { does: "unloads", want: Want::Table, of_one_run: None };

impl Kind for RedshiftUnloadStep {
    const NAME: &'static str = "redshift_unload";
    const ELSEWHERE: &'static [&'static str] = &["export", "redshift_to_s3", "unload", "unload_to_s3"];
    const BRIEF: &'static str = "writes what a query gives, or a table, to files in S3";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::redshift::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::redshift::job::unload::OUTPUTS);

    fn gives<'a>(&'a self, _: &Known<'_, 'a>) -> Gives<'a> {
        let files = Data::Files {
            path: Cow::Borrowed(&self.to.value.0),
            whole: None,
            format: Some(self.format()),
            columns: None,
        };
        let by = self.partition_by.as_deref().filter(|columns| !columns.is_empty());
        let parts = by.map(|by| Parts {
            path: &self.to.value.0,
            by,
            given: self.partition.as_ref(),
            place: "",
            from: &[],
        });
        Gives { parts, ..Gives::of(vec![files], Nothing::Reported) }
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        match &self.from {
            Some(from) => cx.take_table(from, self.into.as_ref(), WRITES),
            None => {
                cx.connect(self.into.as_ref());
            }
        }
        if let Some(connection) = cx.found.connection {
            for script in cx.scripts {
                cx.sql_touches(&connection, script);
            }
        }
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
            format: Some(self.format()),
            partition_by: self.partition_by.as_deref().unwrap_or_default(),
            iceberg: None,
        })
    }

    /// The list of its files.
    fn no_data(&self, task: &Meaning<'_>) -> Vec<String> {
        let has_list = self.manifest();
        let writes = task.touches.iter().filter(|touch| has_list && touch.access == Access::Writes);
        let lists = writes.filter_map(|touch| match &touch.dataset {
            Place::Prefix(path) => Some(format!("{}/manifest", opened_text(path.trim_end_matches('/')))),
            Place::Table { .. } | Place::CatalogTable(_) | Place::Database { .. } => None,
        });
        lists.collect()
    }
}

impl RedshiftUnloadStep {
    /// Returns the format of the files.
    fn format(&self) -> &Format {
        self.format.as_ref().map_or(&Format::Parquet, |format| &format.format)
    }
}
