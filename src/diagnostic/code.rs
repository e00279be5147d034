//! The registry of diagnostic codes: one row a code, its explanation in `codes/<code>.md`.
//!
//! Codes are stable and never reused. A code's file is text, test and report at once: `tests/codes.rs` compiles
//! what it shows as wrong and as right, and says how it is written.

use super::Severity;

macro_rules! codes {
    ($($variant:ident, $name:literal, $severity:ident;)*) => {
        /// A diagnostic code, such as `unknown-reference`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(
                #[doc = concat!("`", $name, "`")]
                $variant,
            )*
        }

        impl Code {
            /// All codes, by name.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the name, as it is printed.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// Returns how bad a finding of this code is.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }

            fn file(self) -> &'static str {
                match self { $(Self::$variant => include_str!(concat!("codes/", $name, ".md"))),* }
            }
        }
    };
}

codes! {
    AliasExpansion, "alias-expansion", Error;
    AppendEmptied, "append-emptied", Error;
    AthenaOption, "athena-option", Error;
    BoundView, "bound-view", Error;
    CatalogTableOption, "catalog-table-option", Error;
    ColumnType, "column-type", Error;
    ConflictingKeys, "conflicting-keys", Error;
    ConnectionUse, "connection-use", Error;
    ConstantFormat, "constant-format", Warning;
    CopyIntoItself, "copy-into-itself", Error;
    CopyOption, "copy-option", Error;
    CopyQuotes, "copy-quotes", Warning;
    CreateAgain, "create-again", Warning;
    DashedArgument, "dashed-argument", Warning;
    DataDay, "data-day", Warning;
    DataQualityRules, "data-quality-rules", Error;
    DatasyncOption, "datasync-option", Error;
    DeleteGuard, "delete-guard", Error;
    DependencyCycle, "dependency-cycle", Error;
    DmsOption, "dms-option", Error;
    DoubtfulExpression, "doubtful-expression", Warning;
    DuplicateKey, "duplicate-key", Error;
    DuplicatePipeline, "duplicate-pipeline", Error;
    EcsTaskOption, "ecs-task-option", Error;
    EmptyFile, "empty-file", Error;
    EmrServerlessOption, "emr-serverless-option", Error;
    EmrStepOption, "emr-step-option", Error;
    FlexWorker, "flex-worker", Error;
    ForeignFiles, "foreign-files", Warning;
    HttpOption, "http-option", Error;
    IcebergFiles, "iceberg-files", Warning;
    IcebergRedshift, "iceberg-redshift", Error;
    IcebergTable, "iceberg-table", Error;
    IcebergWrite, "iceberg-write", Error;
    IdCollision, "id-collision", Error;
    InputLimit, "input-limit", Error;
    InvalidArn, "invalid-arn", Error;
    InvalidCron, "invalid-cron", Error;
    InvalidDate, "invalid-date", Error;
    InvalidDuration, "invalid-duration", Error;
    InvalidFolder, "invalid-folder", Error;
    InvalidImportPath, "invalid-import-path", Error;
    InvalidJson, "invalid-json", Error;
    InvalidName, "invalid-name", Error;
    InvalidNumber, "invalid-number", Error;
    InvalidRowCount, "invalid-row-count", Error;
    InvalidS3Uri, "invalid-s3-uri", Error;
    InvalidTableName, "invalid-table-name", Error;
    InvalidTemplate, "invalid-template", Error;
    InvalidTimeZone, "invalid-time-zone", Error;
    InvalidType, "invalid-type", Error;
    InvalidUrl, "invalid-url", Error;
    JdbcOption, "jdbc-option", Error;
    JdbcRead, "jdbc-read", Warning;
    LakeFormationOption, "lake-formation-option", Error;
    LambdaOption, "lambda-option", Error;
    LocalDay, "local-day", Warning;
    LongDagId, "long-dag-id", Warning;
    MergeKey, "merge-key", Error;
    MissingFile, "missing-file", Error;
    MissingKey, "missing-key", Error;
    MultipleWriters, "multiple-writers", Error;
    NestedTooDeep, "nested-too-deep", Error;
    NextSpark, "next-spark", Warning;
    NoPipelines, "no-pipelines", Warning;
    NoProjectFile, "no-project-file", Error;
    NotUtf8, "not-utf8", Error;
    NothingMakes, "nothing-makes", Error;
    OperatorArgument, "operator-argument", Error;
    PathPattern, "path-pattern", Error;
    PausedCluster, "paused-cluster", Warning;
    PipelineCycle, "pipeline-cycle", Error;
    RedshiftClusterOption, "redshift-cluster-option", Error;
    ReservedArgument, "reserved-argument", Error;
    RunByHand, "run-by-hand", Warning;
    ScriptLanguage, "script-language", Error;
    ShadowedPackage, "shadowed-package", Error;
    ShortInterval, "short-interval", Error;
    SqlDialect, "sql-dialect", Error;
    SqlHiddenTables, "sql-hidden-tables", Warning;
    SqlLimit, "sql-limit", Error;
    SqlNotUnderstood, "sql-not-understood", Warning;
    SqlSyntax, "sql-syntax", Error;
    SqlTransaction, "sql-transaction", Error;
    StartedTwice, "started-twice", Warning;
    StateMachineOption, "state-machine-option", Error;
    TabIndentation, "tab-indentation", Error;
    TemplateNotAllowed, "template-not-allowed", Error;
    TransformOption, "transform-option", Error;
    UnfilledTemplate, "unfilled-template", Warning;
    UnknownAirflowVersion, "unknown-airflow-version", Warning;
    UnknownColumn, "unknown-column", Error;
    UnknownConnection, "unknown-connection", Error;
    UnknownEnvironment, "unknown-environment", Error;
    UnknownGlueVersion, "unknown-glue-version", Warning;
    UnknownKey, "unknown-key", Error;
    UnknownPartition, "unknown-partition", Error;
    UnknownReference, "unknown-reference", Error;
    UnknownRegion, "unknown-region", Warning;
    UnknownStepKind, "unknown-step-kind", Error;
    UnknownTemplateName, "unknown-template-name", Error;
    UnknownVariable, "unknown-variable", Error;
    UnknownWord, "unknown-word", Error;
    UnloadAgain, "unload-again", Warning;
    UnloadOption, "unload-option", Error;
    UnnamedInput, "unnamed-input", Warning;
    UnorderedMarker, "unordered-marker", Warning;
    UnreadPipeline, "unread-pipeline", Warning;
    UnusedConnection, "unused-connection", Warning;
    UnusedFile, "unused-file", Warning;
    UnusedParam, "unused-param", Warning;
    UnusedSetting, "unused-setting", Warning;
    UnusedSource, "unused-source", Warning;
    UnusedVariable, "unused-variable", Warning;
    UsedAfterDrop, "used-after-drop", Error;
    ViewDependents, "view-dependents", Warning;
    WorkerType, "worker-type", Error;
    WrittenSecret, "written-secret", Error;
    WrongType, "wrong-type", Error;
    YamlSyntax, "yaml-syntax", Error;
}

/// Where the part of a code's file begins that is for tests alone.
const FURTHER: &str = "\n## Further cases\n";

impl Code {
    /// Returns the explanation in Markdown: what, why, an example that fails with its report, the cure.
    pub fn explanation(self) -> &'static str {
        let file = self.file();
        file.split_once(FURTHER).map_or(file, |(explanation, _)| explanation)
    }

    /// Finds a code by its name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name() == name)
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
