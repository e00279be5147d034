//! Athena's calls, and the rights that each asks for.
//!
//! What a statement needs in the catalog is AWS's (Athena User Guide, "Configure access to databases and tables in the AWS
//! Glue Data Catalog").

use crate::service::call::{On, Right, When, operations, right};
use crate::service::failure::Codes;
use crate::sql::Deed;

pub(super) const RESULTS: When = When::Perhaps("unless the workgroup keeps results itself");
const KMS: When = When::Perhaps("when objects are encrypted with a KMS key");

const fn reads(action: &'static str) -> Right {
    right(action, On::Table).when(When::Planned("when it reads tables"))
}

const fn when(deed: Deed) -> &'static str {
    match deed {
        Deed::MakesTable => "when it makes tables or views",
        Deed::AltersTable => "when it changes columns or properties of tables, or replaces views",
        Deed::AddsRows => "when it adds rows",
        Deed::ChangesRows => "when it changes rows, or compacts",
        Deed::AddsPartitions => "when it adds partitions",
        Deed::AltersPartitions => "when it moves or renames partitions",
        Deed::DropsPartitions => "when it drops partitions",
        Deed::DropsTable => "when it drops tables or views",
        Deed::ListsTables => "when it lists tables",
        Deed::MakesDatabase => "when it makes databases",
        Deed::AltersDatabase => "when it changes databases",
        Deed::DropsDatabase => "when it drops databases",
        Deed::ListsDatabases => "when it lists databases",
        Deed::CallsFunction => "when it calls functions of Lambda's",
        Deed::CallsModel => "when it calls models of SageMaker's",
        Deed::PreparesStatement => "when it prepares statements",
        Deed::RunsStatement => "when it runs prepared statements",
        Deed::ForgetsStatement => "when it deallocates prepared statements",
    }
}

const fn to(deed: Deed, action: &'static str) -> Right {
    right(action, On::Done(deed)).when(When::Planned(when(deed)))
}

/// Codes that only this service has; that the token was used, or that there is no such query, only its words tell.
const CODES: Codes = &[];

operations! {
    codes CODES;

    /// Looks at many queries.
    BATCH_GET_QUERY_EXECUTION = "athena:BatchGetQueryExecution" Repeatable Usual [
        right("athena:BatchGetQueryExecution", On::Itself)
    ];
    /// Looks at a query.
    GET_QUERY_EXECUTION = "athena:GetQueryExecution" Repeatable Usual [
        right("athena:GetQueryExecution", On::Itself)
    ];
    /// Reads what a query gives.
    GET_QUERY_RESULTS = "athena:GetQueryResults" Repeatable Usual [
        right("athena:GetQueryResults", On::Itself)
    ];
    /// Lists the queries of a workgroup.
    LIST_QUERY_EXECUTIONS = "athena:ListQueryExecutions" Repeatable Usual [
        right("athena:ListQueryExecutions", On::Itself)
    ];
    /// Starts a query; does nothing when its token was used. Athena reads and writes as whoever starts it.
    START_QUERY_EXECUTION = "athena:StartQueryExecution" Starts Never [
        right("athena:StartQueryExecution", On::Itself),
        right("glue:GetDatabase", On::DefaultDatabase).when(When::Planned("when it touches the catalog")),
        reads("glue:GetDatabase"), reads("glue:GetTable"), reads("glue:GetPartition"), reads("glue:GetPartitions"),
        reads("glue:BatchGetPartition"),
        to(Deed::MakesTable, "glue:GetDatabase"), to(Deed::MakesTable, "glue:GetTable"),
        to(Deed::MakesTable, "glue:CreateTable"),
        to(Deed::AltersTable, "glue:GetDatabase"), to(Deed::AltersTable, "glue:GetTable"),
        to(Deed::AltersTable, "glue:UpdateTable"),
        to(Deed::AddsRows, "glue:GetDatabase"), to(Deed::AddsRows, "glue:GetTable"),
        to(Deed::AddsRows, "glue:UpdateTable"), to(Deed::AddsRows, "glue:GetPartition"),
        to(Deed::AddsRows, "glue:GetPartitions"), to(Deed::AddsRows, "glue:BatchGetPartition"),
        to(Deed::AddsRows, "glue:CreatePartition"), to(Deed::AddsRows, "glue:BatchCreatePartition"),
        to(Deed::AddsRows, "glue:UpdatePartition"),
        to(Deed::ChangesRows, "glue:GetDatabase"), to(Deed::ChangesRows, "glue:GetTable"),
        to(Deed::ChangesRows, "glue:UpdateTable"),
        to(Deed::AddsPartitions, "glue:GetDatabase"), to(Deed::AddsPartitions, "glue:GetTable"),
        to(Deed::AddsPartitions, "glue:GetPartition"), to(Deed::AddsPartitions, "glue:GetPartitions"),
        to(Deed::AddsPartitions, "glue:BatchGetPartition"), to(Deed::AddsPartitions, "glue:CreatePartition"),
        to(Deed::AddsPartitions, "glue:BatchCreatePartition"),
        to(Deed::AltersPartitions, "glue:GetDatabase"), to(Deed::AltersPartitions, "glue:GetTable"),
        to(Deed::AltersPartitions, "glue:GetPartition"), to(Deed::AltersPartitions, "glue:UpdatePartition"),
        to(Deed::DropsPartitions, "glue:GetDatabase"), to(Deed::DropsPartitions, "glue:GetTable"),
        to(Deed::DropsPartitions, "glue:GetPartition"), to(Deed::DropsPartitions, "glue:GetPartitions"),
        to(Deed::DropsPartitions, "glue:DeletePartition"), to(Deed::DropsPartitions, "glue:BatchDeletePartition"),
        to(Deed::DropsTable, "glue:GetDatabase"), to(Deed::DropsTable, "glue:GetTable"),
        to(Deed::DropsTable, "glue:DeleteTable"), to(Deed::DropsTable, "glue:GetPartition"),
        to(Deed::DropsTable, "glue:GetPartitions"), to(Deed::DropsTable, "glue:DeletePartition"),
        to(Deed::DropsTable, "glue:BatchDeletePartition"),
        to(Deed::ListsTables, "glue:GetDatabase"), to(Deed::ListsTables, "glue:GetTables"),
        to(Deed::MakesDatabase, "glue:GetDatabase"), to(Deed::MakesDatabase, "glue:CreateDatabase"),
        to(Deed::AltersDatabase, "glue:GetDatabase"), to(Deed::AltersDatabase, "glue:UpdateDatabase"),
        to(Deed::DropsDatabase, "glue:GetDatabase"), to(Deed::DropsDatabase, "glue:GetTables"),
        to(Deed::DropsDatabase, "glue:GetTable"), to(Deed::DropsDatabase, "glue:DeleteTable"),
        to(Deed::DropsDatabase, "glue:DeleteDatabase"),
        to(Deed::ListsDatabases, "glue:GetDatabases"),
        to(Deed::CallsFunction, "lambda:InvokeFunction"),
        to(Deed::CallsModel, "sagemaker:InvokeEndpoint"),
        to(Deed::PreparesStatement, "athena:CreatePreparedStatement"),
        to(Deed::PreparesStatement, "athena:UpdatePreparedStatement"),
        to(Deed::RunsStatement, "athena:GetPreparedStatement"),
        to(Deed::ForgetsStatement, "athena:DeletePreparedStatement"),
        right("s3:GetBucketLocation", On::Bucket),
        right("s3:ListBucket", On::Bucket),
        right("s3:PutObject", On::Written).when(RESULTS),
        right("s3:GetObject", On::Written).when(RESULTS),
        right("s3:AbortMultipartUpload", On::Written).when(RESULTS),
        right("s3:GetObject", On::Read),
        right("s3:PutObject", On::MadeData),
        right("s3:AbortMultipartUpload", On::MadeData),
        right("s3:DeleteObject", On::LostData),
        right("kms:Decrypt", On::Key).when(KMS),
        right("kms:GenerateDataKey", On::Key).when(KMS),
        right("lakeformation:GetDataAccess", On::Anything).when(When::Perhaps("when Lake Formation gives the data"))
    ];
    /// Stops a query; the runner repeats it within the little time that it has.
    STOP_QUERY_EXECUTION = "athena:StopQueryExecution" Repeatable Never [
        right("athena:StopQueryExecution", On::Itself)
    ];
}
