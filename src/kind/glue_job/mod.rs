//! `glue_job`: runs a Glue job that exists, or one made of a script of the user's or of a `transform`.

mod iceberg;
mod lower;
mod redshift;
mod rules;
mod transform;

use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::{
    Asks, Checking, Cx, Gives, Iceberg, Kind, Known, Loads, Lowered, Lowering, Nothing, Outputs, Parts,
    Published, Want, Written,
};
use crate::lang::airflow::Count;
use crate::lang::arn::RoleArn;
use crate::lang::decode::{
    Leaf, LeafError, Map, OneOrMany, Written as WrittenValue, record, unknown_word, words,
};
use crate::lang::held::Held;
use crate::lang::project::GlueVersion;
use crate::lang::source::{Format, ICEBERG, StoredSpec};
use crate::lang::step::{Compression, CopyMode, WriteMode};
use crate::lang::value::{FilePath, S3Path, TableName};
use crate::scope::{CatalogTable, Data, Meaning};
use crate::service;
use crate::service::glue_job::job::Bookmark;
use crate::service::section::Heading;
use crate::sql::Access;
use crate::template::Template;
use crate::text::{Span, Spanned};
use crate::yaml::Scalar;
pub use redshift::RedshiftTarget;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::ops::Deref;
use transform::Operations;

record! {
    "`glue_job`"
    /// Runs a Glue job: `job` names one that exists; with `script` or `transform` publishing creates or updates the job.
    pub struct GlueJobStep {
        /// The name of a job that exists.
        pub job: Option<Spanned<String>>,
        /// A script of yours, relative to the spec.
        pub script: Option<Spanned<FilePath>>,
        /// What happens to the rows of `from` before they are written, one operation after the other: dagc makes a script
        /// of it.
        pub transform: Option<Operations>,
        /// The name of the job that is made; `PROJECT-PIPELINE-STEP` when absent.
        pub name: Option<Spanned<String>>,
        /// `spark` or `python_shell`.
        pub r#type: Option<Spanned<GlueJobType>> = GlueJobType::Spark,
        /// What it reads: sources, steps, tables or prefixes. Given to the script as `--from` (by
        /// name: `--from_NAME`).
        pub from: Option<OneOrMany<Spanned<String>>>,
        /// What it writes. Given to the script as `--write_path` or `--write_table`.
        pub write: Option<WriteSpec>,
        /// The machines.
        pub workers: Option<WorkersSpec>,
        /// `standard`, or `flex` on spare machines; `standard` when absent.
        pub class: Option<Spanned<ExecutionClass>>,
        /// The version of Glue; the environment's when absent.
        pub glue_version: Option<Spanned<GlueVersion>>,
        /// `true`: each run works on what is new since the last one; `pause`: and the next one does so again; `reset`:
        /// on everything, and the next one on what is new since; `false` when absent. A run may fill it in.
        pub bookmark: Option<Spanned<BookmarkUse>>,
        /// With `bookmark: pause`: what is read lies between two runs of the job.
        pub bookmark_range: Option<BookmarkRangeSpec>,
        /// A run for which Glue has no room waits there; `false` when absent: dagc waits, and starts it when there is some.
        pub queue: Option<Spanned<bool>>,
        /// Arguments of the run, without their `--`.
        pub arguments: Option<Map<Spanned<Template>>>,
        /// Glue connections that the job uses.
        pub connections: Option<Vec<Spanned<String>>>,
        /// Python packages, as `name==version`, or files of yours ending in .py, .zip or .whl.
        pub libraries: Option<Vec<Spanned<Library>>>,
        /// How many runs of the job may be active at once.
        pub max_concurrent: Option<Spanned<Count<1>>> = Count::<1>(1),
        /// The security configuration.
        pub security_configuration: Option<Spanned<String>>,
        /// The role that the job runs as; the environment's when absent.
        pub role: Option<Spanned<RoleArn>>,
    }
    exactly one of [job, script, transform]
}

record! {
    "`bookmark_range`"
    /// What a run reads whose bookmark pauses.
    pub struct BookmarkRangeSpec {
        /// The id of the run behind which it begins.
        pub from: Spanned<Template>,
        /// The id of the run with which it ends.
        pub to: Spanned<Template>,
    }
}

/// How a run uses its job's bookmark: a word, or what a run fills in.
#[derive(Clone, Debug, PartialEq)]
pub struct BookmarkUse(pub Template);

impl Leaf for BookmarkUse {
    const EXPECTED: &'static str = "`true`, `false`, `pause` or `reset`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let template = Template::leaf(scalar)?;
        match template.as_text().filter(|word| !Bookmark::WORDS.contains(word)) {
            Some(word) => Err(unknown_word(word, "use of a bookmark", Bookmark::WORDS)),
            None => Ok(Self(template)),
        }
    }

    fn leaf_schema() -> Value {
        json!({
            "anyOf": [
                { "type": "boolean" },
                { "type": "string", "enum": ["pause", "reset"] },
                { "type": "string", "pattern": r"\{\{.*\}\}" },
            ],
        })
    }

    fn leaf_held(bookmark: &Spanned<Self>) -> Option<Held<'_>> {
        Some(Held::Template(&bookmark.value.0, bookmark.span))
    }
}

record! {
    "`workers`"
    /// The machines of a Glue job.
    pub struct WorkersSpec {
        /// Their type.
        pub r#type: Option<Spanned<WorkerType>>,
        /// How many; the most when `autoscale` is set.
        pub count: Option<Spanned<u32>>,
        /// Glue takes fewer when there is less to do.
        pub autoscale: Option<Spanned<bool>>,
        /// For `python_shell`: 0.0625 or 1 data processing units.
        pub capacity: Option<Spanned<ShellCapacity>>,
    }
}

words! {
    "a capacity of a Python Shell job"
    /// The size of a Python Shell job.
    pub enum ShellCapacity {
        /// A sixteenth of a data processing unit.
        Sixteenth = "0.0625",
        /// One data processing unit.
        One = "1",
    }
}

record! {
    "`write`"
    /// What a job writes. One of `path`, `table` and `redshift`.
    pub struct WriteSpec {
        /// A prefix in S3.
        pub path: Option<Spanned<S3Path>>,
        /// A table of the Data Catalog.
        pub table: Option<Spanned<TableName>>,
        /// A table of Redshift.
        pub redshift: Option<RedshiftTarget>,
        /// The format of the files; `iceberg` makes of `table` one of Iceberg.
        pub format: Option<StoredSpec>,
        /// The columns that make folders; of a table of Iceberg also `day(at)`, `bucket(16, id)` and the like.
        pub partition_by: Option<Vec<Spanned<String>>>,
        /// The values of these columns in one run, where the paths of `from` do not tell them.
        pub partition: Option<Map<Spanned<Template>>>,
        /// The compression.
        pub compression: Option<Spanned<Compression>>,
        /// What happens to what is there; `overwrite` of the partitions written when absent. `merge` is for a table of
        /// Iceberg.
        pub mode: Option<Spanned<WriteMode>>,
        /// With `mode: merge`: the columns by which a row is found again.
        pub key: Option<Vec<Spanned<String>>>,
        /// With `format: iceberg`: the folder of a table that is not there yet; below its database's when absent.
        pub location: Option<Spanned<S3Path>>,
    }
    exactly one of [path, table, redshift]
}

/// What a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlueJobType {
    /// Spark.
    Spark,
    /// One Python process.
    PythonShell,
}

impl WrittenValue for GlueJobType {
    fn written(&self) -> Value {
        match self {
            Self::Spark => "spark".into(),
            Self::PythonShell => "python_shell".into(),
        }
    }
}

impl Leaf for GlueJobType {
    const EXPECTED: &'static str = "a type of a Glue job";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        match scalar.text.as_str() {
            "spark" => Ok(Self::Spark),
            "python_shell" => Ok(Self::PythonShell),
            // Glue Developer Guide, "AWS Glue for Ray end of support".
            "ray" | "glueray" => {
                let message = "AWS has closed Glue for Ray to new customers, and dagc runs no job of it";
                let help = "run Ray elsewhere, by `ecs_task` or `operator`, or write the job for `spark`";
                Err(LeafError::new(Code::UnknownWord, message).help(help))
            }
            other => Err(unknown_word(other, "type of a Glue job", &["spark", "python_shell"])),
        }
    }

    fn leaf_schema() -> Value {
        json!({
            "description": "What a job is.",
            "oneOf": [
                { "const": "spark", "description": "Spark." },
                { "const": "python_shell", "description": "One Python process." },
            ],
        })
    }
}

words! {
    "an execution class"
    /// The machines' class.
    pub enum ExecutionClass {
        /// Machines of its own.
        Standard = "standard",
        /// Spare machines: cheaper, may start late.
        Flex = "flex",
    }
}

words! {
    "a worker type"
    /// The types of Glue workers (Glue API, `WorkerType` of `StartJobRun`).
    pub enum WorkerType {
        /// 4 vCPU, 16 GB, two executors; Glue 2.0 and older.
        Standard = "Standard",
        /// 2 vCPU, 4 GB; streaming only.
        G025X = "G.025X",
        /// 4 vCPU, 16 GB.
        G1X = "G.1X",
        /// 8 vCPU, 32 GB.
        G2X = "G.2X",
        /// 16 vCPU, 64 GB.
        G4X = "G.4X",
        /// 32 vCPU, 128 GB.
        G8X = "G.8X",
        /// 48 vCPU, 192 GB.
        G12X = "G.12X",
        /// 64 vCPU, 256 GB.
        G16X = "G.16X",
        /// 4 vCPU, 32 GB.
        R1X = "R.1X",
        /// 8 vCPU, 64 GB.
        R2X = "R.2X",
        /// 16 vCPU, 128 GB.
        R4X = "R.4X",
        /// 32 vCPU, 256 GB.
        R8X = "R.8X",
        /// Ray.
        Z2X = "Z.2X",
    }
}

/// What the job takes; of a step that writes partitions those of this run.
const READS: Asks = Asks { does: "reads", want: Want::Any, of_one_run: Some("from") };

impl Kind for GlueJobStep {
    const NAME: &'static str = "glue_job";
    const ELSEWHERE: &'static [&'static str] =
        &["aws_glue", "etl", "glue", "glue_etl", "glue_script", "job", "pyspark", "python_shell", "spark"];
    const BRIEF: &'static str =
        "runs a Glue job: one that exists, a script of yours, or what you say of the columns";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::glue_job::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::glue_job::job::OUTPUTS);

    fn gives<'a>(&'a self, known: &Known<'_, 'a>) -> Gives<'a> {
        let Some(write) = &self.write else {
            return Gives::nothing(Nothing::Unsaid("write", "has no `write`"));
        };
        if let Some(target) = &write.redshift {
            return known.table(target.into.as_ref(), &target.table);
        }
        let files = write.path.as_ref().map(|path| Data::Files {
            path: Cow::Borrowed(&path.value.0),
            whole: None,
            format: self.write_format(),
            columns: None,
        });
        let is_iceberg = self.writes_iceberg().is_some();
        let of_catalog = |name| Data::Catalog(CatalogTable { name, is_iceberg, columns: None });
        let table = write.table.as_ref().map(|table| of_catalog(table.value.clone()));
        let data = files.into_iter().chain(table).collect();
        Gives { parts: self.parts(write), ..Gives::of(data, Nothing::Unsaid("write", "has no `write`")) }
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        for from in self.from.iter().flat_map(|from| &from.0) {
            cx.take(from, READS);
        }
        for other in self.transform.iter().flat_map(Operations::others) {
            cx.take(other, READS);
        }
        if let Some(target) = self.redshift() {
            let is_found = cx.connection(target.into.as_ref()).is_some();
            cx.found.incomplete |= !is_found;
            cx.touch_own(target.access(), target.table.span);
            return;
        }
        let place = self.write.as_ref().and_then(|write| {
            write.path.as_ref().map(|path| path.span).or(write.table.as_ref().map(|table| table.span))
        });
        // Rows of a table of Iceberg are added in any order.
        let mode = self.write.as_ref().and_then(|write| write.mode.as_ref());
        let adds =
            mode.is_some_and(|mode| mode.value == WriteMode::Append) && self.writes_iceberg().is_some();
        cx.touch_own(if adds { Access::Appends } else { Access::Writes }, place.unwrap_or(cx.kind_span));
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }

    fn written(&self) -> Option<Written<'_>> {
        let write = self.write.as_ref().filter(|write| write.redshift.is_none())?;
        Some(Written {
            path: write.path.as_ref().map(|path| &path.value.0),
            table: write.table.as_ref().map(|table| &table.value),
            format: self.write_format(),
            partition_by: write.partition_by.as_deref().unwrap_or_default(),
            iceberg: self.writes_iceberg().map(|span| Iceberg { span, location: write.location.as_ref() }),
        })
    }

    fn loads<'a>(&'a self, _: &Meaning<'a>) -> Option<Loads<'a>> {
        // Nothing remembers what was added.
        let target = self.redshift().filter(|target| target.mode.value != CopyMode::Append)?;
        Some(Loads { table: &target.table.value, mode: &target.mode, format: None })
    }

    fn publishes(&self, cx: &Checking<'_, '_>) -> Option<Published> {
        self.made_of()?;
        let own = || (format!("{}-{}-{}", cx.scope.project, cx.pipeline, cx.task.id), cx.task.span);
        let (name, span) = self.name.as_ref().map_or_else(own, |name| (name.value.clone(), name.span));
        Some(Published { what: "Glue job", name, span })
    }
}

impl GlueJobStep {
    /// The folders that the job writes by the values of columns.
    fn parts<'a>(&'a self, write: &'a WriteSpec) -> Option<Parts<'a>> {
        Some(Parts {
            path: &write.path.as_ref()?.value.0,
            by: write.partition_by.as_deref().filter(|columns| !columns.is_empty())?,
            given: write.partition.as_ref(),
            place: "`write` of ",
            from: self.from.as_ref().map_or(&[], |from| from.0.as_slice()),
        })
    }

    /// The table of Redshift that it writes.
    fn redshift(&self) -> Option<&RedshiftTarget> {
        self.write.as_ref()?.redshift.as_ref()
    }

    /// How its runs use the job's bookmark.
    fn bookmark(&self) -> Option<Bookmark> {
        let word = &self.bookmark.as_ref()?.value.0;
        Some(match word.as_text() {
            Some(used @ ("true" | "false")) => Bookmark::Used(used == "true"),
            Some(_) | None => Bookmark::Word(word.clone()),
        })
    }

    /// Returns the key of what publishing makes a job of, and where that stands.
    fn made_of(&self) -> Option<(&'static str, Span)> {
        let of = |(key, _): &(&str, Span)| matches!(*key, "script" | "transform");
        self.given().into_iter().find(of)
    }

    /// Returns the format of what it writes: Parquet, where dagc writes the script and nothing else is said.
    fn write_format(&self) -> Option<&Format> {
        let written = self.write.as_ref().and_then(|write| write.format.as_ref());
        let is_of_files = self.redshift().is_none();
        let own = || self.transform.as_ref().filter(|_| is_of_files).map(|_| &Format::Parquet);
        match written {
            Some(stored) => stored.files(),
            None => own(),
        }
    }

    /// Returns the word for how it stores what it writes.
    fn stored_name(&self) -> Option<&'static str> {
        let is_iceberg = self.writes_iceberg().map(|_| ICEBERG);
        is_iceberg.or_else(|| self.write_format().map(Format::name))
    }

    /// Says whether it is a Spark job.
    fn is_spark(&self) -> bool {
        self.r#type() == GlueJobType::Spark
    }
}

/// A Python package as pip is told of it, or the path of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library(pub String);

impl Library {
    /// Says whether it is a file: its name ends as one.
    pub fn is_file(&self) -> bool {
        [".py", ".zip", ".whl", ".egg", ".jar"].iter().any(|end| self.ends_with(end)) && !self.contains("==")
    }
}

impl Deref for Library {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Leaf for Library {
    const EXPECTED: &'static str = String::EXPECTED;

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        String::leaf(scalar).map(Self)
    }

    fn leaf_schema() -> Value {
        String::leaf_schema()
    }

    fn leaf_held(library: &Spanned<Self>) -> Option<Held<'_>> {
        library.is_file().then(|| Held::File(&library.value.0, library.span))
    }
}
