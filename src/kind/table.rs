//! The one table of all kinds: a row adds a kind to the reader, the schema, the reference, and to every stage.

use super::athena_sql::AthenaSqlStep;
use super::bash::BashStep;
use super::catalog_table::CatalogTableStep;
use super::contract::{
    Checking, Checks, Cx, ExternalSchema, Gives, Kind, Known, Loads, Lowered, Lowering, MadeView, Outputs,
    Published, SqlUse, Started, Written,
};
use super::data_quality::DataQualityStep;
use super::datasync_task::DatasyncTaskStep;
use super::dms_task::DmsTaskStep;
use super::ecs_task::EcsTaskStep;
use super::emr_serverless::EmrServerlessStep;
use super::emr_step::EmrStepStep;
use super::glue_crawler::GlueCrawlerStep;
use super::glue_job::GlueJobStep;
use super::http_ingest::HttpIngestStep;
use super::lake_formation_grant::LakeFormationGrantStep;
use super::lambda::LambdaStep;
use super::materialized_view::MaterializedViewStep;
use super::operator::OperatorStep;
use super::pipeline::PipelineStep;
use super::redshift_cluster::RedshiftClusterStep;
use super::redshift_copy::RedshiftCopyStep;
use super::redshift_sql::RedshiftSqlStep;
use super::redshift_unload::RedshiftUnloadStep;
use super::s3_copy::S3CopyStep;
use super::s3_delete::S3DeleteStep;
use super::s3_put::S3PutStep;
use super::spectrum_schema::SpectrumSchemaStep;
use super::sql_check::SqlCheckStep;
use super::step_function::StepFunctionStep;
use super::table_maintenance::TableMaintenanceStep;
use crate::diagnostic::Diagnostics;
use crate::lang::decode::{Decode, Decoder, Definitions};
use crate::lang::held::Show;
use crate::lang::source::SourceSpec;
use crate::lang::step::OutputsSpec;
use crate::scope::Meaning;
use crate::service::section::Heading;
use crate::sql::Dialect;
use crate::text::{Span, Spanned};
use crate::yaml::Node;
use serde_json::Value;

/// What is told of a kind without a step of it.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    /// The key under which it is written.
    pub name: &'static str,
    /// What it does, in a few words.
    pub brief: &'static str,
    /// Its page but for what is made.
    pub page: &'static str,
    /// A pipeline that has it.
    pub example: &'static str,
    /// The heading of what its worker must be allowed.
    pub rights: Option<Heading>,
    /// What it gives to later steps.
    pub outputs: Outputs,
    /// The schema of the keys that its page lists.
    pub keys: fn(&mut Definitions) -> Value,
}

const fn described<K: Kind>() -> Described {
    Described {
        name: K::NAME,
        brief: K::BRIEF,
        page: K::PAGE,
        example: K::EXAMPLE,
        rights: K::RIGHTS,
        outputs: K::OUTPUTS,
        keys: K::keys,
    }
}

fn name_of<K: Kind>(_: &K) -> &'static str {
    K::NAME
}

fn outputs_of<K: Kind>(_: &K) -> Outputs {
    K::OUTPUTS
}

/// Makes the closed enums of all kinds, and every dispatch.
macro_rules! kinds {
    (
        $(#[doc = $source_doc:literal])*
        source $source:ident($source_type:ty),
        $($(#[doc = $doc:literal])* $variant:ident($type:ty),)*
    ) => {
        /// What a step does, as it is written.
        #[derive(Clone, Debug, PartialEq)]
        pub enum StepKind {
            $($(#[doc = $doc])* $variant(Box<$type>),)*
        }

        impl StepKind {
            /// The names of all kinds that are written as a key of a step.
            pub const NAMES: &'static [&'static str] = &[$(<$type as Kind>::NAME),*];

            /// What these are called elsewhere.
            pub const ELSEWHERE: &'static [&'static [&'static str]] = &[$(<$type as Kind>::ELSEWHERE),*];

            /// Reads the settings of a kind.
            pub fn decode(name: &str, node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
                match name {
                    $(<$type as Kind>::NAME => Box::decode(node, decoder).map(Self::$variant),)*
                    _ => None,
                }
            }

            /// Returns the name and the schema of every kind.
            pub fn schemas(definitions: &mut Definitions) -> Vec<(&'static str, Value)> {
                vec![$((<$type as Kind>::NAME, <$type as Decode>::schema(definitions))),*]
            }

            /// Returns what the task of such a step does.
            pub fn as_task(&self) -> TaskKind<'_> {
                match self {
                    $(Self::$variant(step) => TaskKind::$variant(step),)*
                }
            }
        }

        /// What a task does: a step, or the wait of a source.
        #[derive(Clone, Copy, Debug)]
        pub enum TaskKind<'a> {
            $(#[doc = $source_doc])* $source(&'a $source_type),
            $($(#[doc = $doc])* $variant(&'a $type),)*
        }

        impl<'a> TaskKind<'a> {
            /// What the task does that a source waits with.
            pub fn of_source(source: &'a $source_type) -> Self {
                Self::$source(source)
            }

            /// Returns the kind's name.
            pub fn name(self) -> &'static str {
                match self {
                    Self::$source(step) => name_of(step),
                    $(Self::$variant(step) => name_of(step),)*
                }
            }

            /// Says what it gives to later steps.
            pub fn outputs(self) -> Outputs {
                match self {
                    Self::$source(step) => outputs_of(step),
                    $(Self::$variant(step) => outputs_of(step),)*
                }
            }

            /// Shows what it holds.
            pub fn held(self, show: &mut Show<'_, 'a>) {
                match self {
                    Self::$source(step) => step.held(show),
                    $(Self::$variant(step) => step.held(show),)*
                }
            }

            /// Says what its SQL is.
            pub fn sql(self) -> SqlUse {
                match self {
                    Self::$source(step) => step.sql(),
                    $(Self::$variant(step) => step.sql(),)*
                }
            }

            /// Says whose SQL it is.
            pub fn dialect(self) -> Dialect {
                match self {
                    Self::$source(step) => step.dialect(),
                    $(Self::$variant(step) => step.dialect(),)*
                }
            }

            /// Says what it stands for where another step names it.
            pub fn gives(self, known: &Known<'_, 'a>) -> Gives<'a> {
                match self {
                    Self::$source(step) => step.gives(known),
                    $(Self::$variant(step) => step.gives(known),)*
                }
            }

            /// Resolves what it names.
            pub fn mean(self, cx: &mut Cx<'_, 'a>) {
                match self {
                    Self::$source(step) => step.mean(cx),
                    $(Self::$variant(step) => step.mean(cx),)*
                }
            }

            /// Reports what is wrong with it.
            pub fn check(self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
                match self {
                    Self::$source(step) => step.check(cx, diagnostics),
                    $(Self::$variant(step) => step.check(cx, diagnostics),)*
                }
            }

            /// Makes the work of its task.
            pub fn lower(self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
                match self {
                    Self::$source(step) => step.lower(cx),
                    $(Self::$variant(step) => step.lower(cx),)*
                }
            }

            /// Names the members of what its code gives.
            pub fn members(self) -> &'a [Spanned<String>] {
                match self {
                    Self::$source(step) => step.members(),
                    $(Self::$variant(step) => step.members(),)*
                }
            }

            /// Returns the outputs that the user declares.
            pub fn declared(self) -> Option<&'a OutputsSpec> {
                match self {
                    Self::$source(step) => step.declared(),
                    $(Self::$variant(step) => step.declared(),)*
                }
            }

            /// Says why it gives nothing to later steps though its kind does.
            pub fn no_output(self) -> Option<(Span, &'static str)> {
                match self {
                    Self::$source(step) => step.no_output(),
                    $(Self::$variant(step) => step.no_output(),)*
                }
            }

            /// Returns the data that it writes by a path or a name of its own.
            pub fn written(self) -> Option<Written<'a>> {
                match self {
                    Self::$source(step) => step.written(),
                    $(Self::$variant(step) => step.written(),)*
                }
            }

            /// Returns the view that it makes by a key of its own.
            pub fn makes_view(self) -> Option<MadeView<'a>> {
                match self {
                    Self::$source(step) => step.makes_view(),
                    $(Self::$variant(step) => step.makes_view(),)*
                }
            }

            /// Returns the schema that it makes by keys of its own.
            pub fn makes_external_schema(self) -> Option<ExternalSchema> {
                match self {
                    Self::$source(step) => step.makes_external_schema(),
                    $(Self::$variant(step) => step.makes_external_schema(),)*
                }
            }

            /// Returns the files that it loads into a table.
            pub fn loads(self, task: &Meaning<'a>) -> Option<Loads<'a>> {
                match self {
                    Self::$source(step) => step.loads(task),
                    $(Self::$variant(step) => step.loads(task),)*
                }
            }

            /// Says that it adds what it finds among its files to the tables of these files.
            pub fn adds_partitions(self) -> bool {
                match self {
                    Self::$source(step) => step.adds_partitions(),
                    $(Self::$variant(step) => step.adds_partitions(),)*
                }
            }

            /// Says that what it writes to S3 is named by whole keys.
            pub fn writes_whole_keys(self) -> bool {
                match self {
                    Self::$source(step) => step.writes_whole_keys(),
                    $(Self::$variant(step) => step.writes_whole_keys(),)*
                }
            }

            /// Says that templates in its files are filled in.
            pub fn fills_files(self) -> bool {
                match self {
                    Self::$source(step) => step.fills_files(),
                    $(Self::$variant(step) => step.fills_files(),)*
                }
            }

            /// Reports what it names that Airflow 3 has not in a run which data has started.
            pub fn check_started_by_data(self, diagnostics: &mut Diagnostics) {
                match self {
                    Self::$source(step) => step.check_started_by_data(diagnostics),
                    $(Self::$variant(step) => step.check_started_by_data(diagnostics),)*
                }
            }

            /// Says that it checks data.
            pub fn checks(self) -> Option<Checks> {
                match self {
                    Self::$source(step) => step.checks(),
                    $(Self::$variant(step) => step.checks(),)*
                }
            }

            /// Names the pipeline of which it starts a run.
            pub fn starts(self) -> Option<Started<'a>> {
                match self {
                    Self::$source(step) => step.starts(),
                    $(Self::$variant(step) => step.starts(),)*
                }
            }

            /// Names the cluster of Redshift that it pauses.
            pub fn pauses(self) -> Option<&'a str> {
                match self {
                    Self::$source(step) => step.pauses(),
                    $(Self::$variant(step) => step.pauses(),)*
                }
            }

            /// Names what publishing makes for it.
            pub fn publishes(self, cx: &Checking<'_, '_>) -> Option<Published> {
                match self {
                    Self::$source(step) => step.publishes(cx),
                    $(Self::$variant(step) => step.publishes(cx),)*
                }
            }

            /// Lists patterns of keys that are no data.
            pub fn no_data(self, task: &Meaning<'_>) -> Vec<String> {
                match self {
                    Self::$source(step) => step.no_data(task),
                    $(Self::$variant(step) => step.no_data(task),)*
                }
            }

            /// Says whether another task of the same kind publishes the very same.
            pub fn publishes_same(self, task: &Meaning<'_>, other: TaskKind<'_>, others: &Meaning<'_>) -> bool {
                match (self, other) {
                    (Self::$source(one), TaskKind::$source(other)) => one.publishes_same(task, other, others),
                    $((Self::$variant(one), TaskKind::$variant(other)) => {
                        one.publishes_same(task, other, others)
                    })*
                    // Two kinds.
                    _ => false,
                }
            }
        }

        /// All kinds, the wait first.
        pub const KINDS: &[Described] = &[described::<$source_type>(), $(described::<$type>()),*];
    };
}

kinds! {
    /// Waits for the files of a source.
    source Wait(SourceSpec),
    /// Runs SQL in Athena.
    AthenaSql(AthenaSqlStep),
    /// Runs a Glue crawler.
    GlueCrawler(GlueCrawlerStep),
    /// Makes a table of the Data Catalog, and adds partitions to it.
    CatalogTable(CatalogTableStep),
    /// Runs a Glue job.
    GlueJob(GlueJobStep),
    /// Loads files into a Redshift table.
    RedshiftCopy(RedshiftCopyStep),
    /// Runs SQL in Redshift.
    RedshiftSql(RedshiftSqlStep),
    /// Makes a materialized view, and refreshes it.
    MaterializedView(MaterializedViewStep),
    /// Makes an external schema.
    SpectrumSchema(SpectrumSchemaStep),
    /// Writes what a query gives to files.
    RedshiftUnload(RedshiftUnloadStep),
    /// Pauses, resumes or resizes a cluster of Redshift.
    RedshiftCluster(RedshiftClusterStep),
    /// Fetches what an HTTP API gives.
    HttpIngest(HttpIngestStep),
    /// Copies or moves objects within S3.
    S3Copy(S3CopyStep),
    /// Removes objects.
    S3Delete(S3DeleteStep),
    /// Writes one object.
    S3Put(S3PutStep),
    /// Checks what a table holds.
    SqlCheck(SqlCheckStep),
    /// Evaluates rules of Glue Data Quality over a table.
    DataQuality(DataQualityStep),
    /// Invokes a function.
    Lambda(LambdaStep),
    /// Runs a task of ECS.
    EcsTask(EcsTaskStep),
    /// Runs Spark or Hive on EMR Serverless.
    EmrServerless(EmrServerlessStep),
    /// Runs a step on a cluster of EMR.
    EmrStep(EmrStepStep),
    /// Runs a state machine.
    StepFunction(StepFunctionStep),
    /// Compacts a table of Iceberg and forgets its old snapshots.
    TableMaintenance(TableMaintenanceStep),
    /// Grants permissions of Lake Formation.
    LakeFormationGrant(LakeFormationGrantStep),
    /// Runs a task of DataSync.
    DatasyncTask(DatasyncTaskStep),
    /// Runs a replication of DMS.
    DmsTask(DmsTaskStep),
    /// Starts a run of another pipeline.
    Pipeline(PipelineStep),
    /// Runs a command on the worker.
    Bash(BashStep),
    /// Runs any Airflow operator.
    Operator(OperatorStep),
}
