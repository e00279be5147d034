//! The services: one row each.

use super::asset::Asset;
use super::cost::Billed;
use super::output::{Members, Output};
use super::role::{Lends, Lent};
use super::section::Section;
use super::shown::Shown;
use super::{
    assumed, athena, catalog, data_quality, datasync, dms, ecs_task, emr_serverless, emr_step, folder,
    glue_crawler, glue_job, http_ingest, lake_formation, lambda, logs, metrics, notice, objects, redshift,
    redshift_cluster, s3, s3_copy, s3_delete, s3_put, step_function,
};
use super::{call::Caller, call::Need, call::Operation};
use crate::template::RunValues;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Calls a macro with the row of each service: its folder, its job, and how the job is kept.
macro_rules! services {
    ($then:ident) => {
        $then! {
            /// Waits until objects are there.
            s3 WaitForObjects($crate::service::s3::job::WaitForObjects),
            /// Writes one object.
            s3_put PutObject($crate::service::s3_put::job::PutObject),
            /// Copies objects.
            s3_copy CopyObjects(Box<$crate::service::s3_copy::job::CopyObjects>),
            /// Removes objects.
            s3_delete DeleteObjects($crate::service::s3_delete::job::DeleteObjects),
            /// Fetches what an HTTP API gives.
            http_ingest IngestHttp(Box<$crate::service::http_ingest::job::IngestHttp>),
            /// Runs a crawler.
            glue_crawler Crawl($crate::service::glue_crawler::job::Crawl),
            /// Runs a Glue job.
            glue_job RunGlueJob(Box<$crate::service::glue_job::job::RunGlueJob>),
            /// Makes a table of the Data Catalog, and adds partitions to it.
            catalog RegisterTable(Box<$crate::service::catalog::job::RegisterTable>),
            /// Evaluates rules over a table of the Data Catalog.
            data_quality EvaluateQuality(Box<$crate::service::data_quality::job::EvaluateQuality>),
            /// Runs SQL in Athena.
            athena RunAthena(Box<$crate::service::athena::job::RunAthena>),
            /// Runs SQL through the Redshift Data API.
            redshift RunSql(Box<$crate::service::redshift::job::RunSql>),
            /// Invokes a function.
            lambda InvokeFunction(Box<$crate::service::lambda::job::InvokeFunction>),
            /// Runs a task.
            ecs_task RunTask(Box<$crate::service::ecs_task::job::RunTask>),
            /// Runs Spark or Hive on an application.
            emr_serverless RunEmrServerless(Box<$crate::service::emr_serverless::job::RunEmrServerless>),
            /// Runs a step on a cluster of EMR.
            emr_step RunEmrStep(Box<$crate::service::emr_step::job::RunEmrStep>),
            /// Runs a state machine.
            step_function RunStateMachine(Box<$crate::service::step_function::job::RunStateMachine>),
            /// Grants permissions.
            lake_formation GrantPermissions(Box<$crate::service::lake_formation::job::GrantPermissions>),
            /// Runs a task of DataSync.
            datasync RunTransfer(Box<$crate::service::datasync::job::RunTransfer>),
            /// Runs a replication of DMS.
            dms Replicate(Box<$crate::service::dms::job::Replicate>),
            /// Pauses, resumes or resizes a cluster of Redshift.
            redshift_cluster ChangeCluster(Box<$crate::service::redshift_cluster::job::ChangeCluster>),
        }
    };
}

pub(crate) use services;

macro_rules! jobs {
    ($($(#[doc = $doc:literal])* $folder:ident $job:ident($type:ty),)+) => {
        /// What a service runs: a job, as the plan file keeps it. A field that is added needs a default, a field that
        /// changes its meaning a new version of the plan file.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        pub enum Job {
            $($(#[doc = $doc])* $job($type),)+
        }

        impl Job {
            /// Returns what it gives.
            pub fn outputs(&self) -> &'static [Output] {
                match self {
                    $(Self::$job(job) => job.outputs(),)+
                }
            }

            /// Names the members of the JSON that its code gives.
            pub fn members(&self) -> &[String] {
                match self {
                    $(Self::$job(job) => job.members(),)+
                }
            }

            /// Returns what it is billed in; nothing where it runs on what is paid for anyway.
            pub fn billed(&self) -> &'static [Billed] {
                match self {
                    $(Self::$job(job) => job.billed(),)+
                }
            }

            /// Returns what the worker that runs it must be allowed.
            pub fn needs(&self) -> Vec<Need> {
                match self {
                    $(Self::$job(job) => job.needs(),)+
                }
            }

            /// Puts what is sent in the place of what it is made of, and takes out what is shown as SQL.
            pub fn as_sent(&self, request: &mut Map<String, Value>) {
                match self {
                    $(Self::$job(job) => job.as_sent(request),)+
                }
            }

            /// Returns the SQL that is known before its task begins, filled in as far as it can be.
            pub fn sql(&self, values: &RunValues) -> Vec<String> {
                match self {
                    $(Self::$job(job) => job.sql(values),)+
                }
            }

            /// Returns what the roles must be allowed that AWS takes on for it.
            pub fn lends(&self) -> Vec<Lent> {
                match self {
                    $(Self::$job(job) => job.lends(),)+
                }
            }
        }

        /// Returns what the page of permissions says of each service.
        pub(super) fn sections() -> Vec<Section> {
            let sections = [$($folder::job::sections()),+];
            sections.into_iter().flatten().collect()
        }

        /// Returns all calls that dagc makes.
        pub fn operations() -> impl Iterator<Item = &'static Operation> {
            let services = [$($folder::job::OPERATIONS),+];
            let others = [objects::OPERATIONS, logs::OPERATIONS, metrics::OPERATIONS, folder::OPERATIONS, notice::OPERATIONS, assumed::OPERATIONS];
            services.into_iter().chain(others).flatten()
        }
    };
}

services!(jobs);

/// Calls a macro with the row of each kind of resource that publishing makes: its folder, its name, what the manifest
/// calls it, its definition.
macro_rules! resources {
    ($then:ident) => {
        $then! {
            /// A Glue job.
            glue_job GlueJob "glue-job" ($crate::service::glue_job::job::GlueJobDefinition),
            /// A Glue crawler.
            glue_crawler Crawler "crawler" ($crate::service::glue_crawler::job::CrawlerDefinition),
        }
    };
}
pub(crate) use resources;

macro_rules! definitions {
    ($($(#[doc = $doc:literal])* $folder:ident $kind:ident $word:literal ($type:ty),)+) => {
        /// Something that publishing creates or updates.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Resource {
            $($(#[doc = $doc])* $kind($type),)+
        }

        impl Resource {
            /// Names it in its project: `glue_job:NAME`, `crawler:NAME`.
            pub fn id(&self) -> String {
                match self {
                    $(Self::$kind(made) => format!("{}:{}", $word.replace('-', "_"), made.name),)+
                }
            }

            /// Names it in the manifest of what was published: `glue-job/NAME`, `crawler/NAME`.
            pub fn published_name(&self) -> String {
                match self {
                    $(Self::$kind(made) => format!(concat!($word, "/{}"), made.name),)+
                }
            }

            /// Returns the files of the user's that are put into S3 for it.
            pub fn assets(&self) -> Vec<&Asset> {
                match self {
                    $(Self::$kind(made) => made.assets(),)+
                }
            }

            /// Returns what the publisher that makes it must be allowed.
            pub fn needs(&self) -> Vec<Need> {
                match self {
                    $(Self::$kind(made) => made.needs(),)+
                }
            }

            /// Returns what the roles must be allowed that AWS takes on for it.
            pub fn lends(&self) -> Vec<Lent> {
                match self {
                    $(Self::$kind(made) => made.lends(),)+
                }
            }
        }
    };
}

resources!(definitions);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::call::{Effect, On, Retry};
    use crate::service::permissions;
    use std::collections::BTreeSet;

    /// The verbs of calls that leave the world as it is when they are sent twice; every other call says why
    /// it may be.
    #[test]
    fn what_starts_or_creates_is_never_repeated() {
        for operation in operations() {
            let (service, call) = operation.name.split_once(':').unwrap();
            let reads = ["Get", "BatchGet", "List", "Describe", "Filter", "Head"]
                .iter()
                .any(|verb| call.starts_with(verb));
            let puts_in_place = matches!(
                operation.name,
                "glue:BatchCreatePartition"
                    | "glue:BatchStopJobRun"
                    | "glue:BatchUpdatePartition"
                    | "glue:CancelDataQualityRulesetEvaluationRun"
                    // Its name tells its rules.
                    | "glue:CreateDataQualityRuleset"
                    | "glue:ResetJobBookmark"
                    | "glue:StopCrawler"
                    | "glue:UpdateCrawler"
                    | "glue:UpdateJob"
                    | "athena:StopQueryExecution"
                    | "ecs:StopTask"
                    | "elasticmapreduce:CancelSteps"
                    | "emr-serverless:CancelJobRun"
                    | "emr-serverless:StartApplication"
                    | "states:StopExecution"
                    | "datasync:CancelTaskExecution"
                    | "dms:AddTagsToResource"
                    | "dms:StopReplication"
                    | "dms:StopReplicationTask"
                    | "lakeformation:BatchGrantPermissions"
                    | "redshift-data:CancelStatement"
                    | "s3:AbortMultipartUpload"
                    | "s3:CompleteMultipartUpload"
                    | "s3:CopyObject"
                    // One of which nobody knows has no parts.
                    | "s3:CreateMultipartUpload"
                    | "s3:DeleteObjects"
                    | "s3:UploadPart"
                    | "s3:UploadPartCopy"
                    | "sts:AssumeRole"
            );
            let may_be_both = operation.name == "s3:PutObject";
            let is_repeatable = operation.effect == Effect::Repeatable;
            assert!(may_be_both || is_repeatable == (reads || puts_in_place), "{}", operation.name);
            assert!(is_repeatable || operation.retry != Retry::Usual, "{}", operation.name);
            let service = format!("{service}:");
            let own = operation.rights.iter().filter(|right| right.action.starts_with(&service));
            assert!(own.count() > 0 && !operation.actions().is_empty(), "{}", operation.name);
        }
    }

    /// A call that no caller names would be sent and not be allowed.
    #[test]
    fn the_page_lists_what_the_calls_need() {
        let sections = permissions::sections();
        let listed: BTreeSet<&str> =
            sections.iter().flat_map(|section| &section.needs).map(|need| need.action).collect();
        let needed: BTreeSet<&str> =
            operations().flat_map(|operation| operation.rights).map(|right| right.action).collect();
        assert_eq!(listed, needed);
    }

    #[test]
    fn a_need_has_the_names_of_its_job() {
        let job: Job = serde_json::from_str(
            r#"{"type": "run_sql", "connection": {"cluster": "dwh", "database": "shop", "db_user": "etl"},
                "body": {"type": "script", "statements": ["select 1"], "transaction": true}}"#,
        )
        .unwrap();
        let needs = job.needs();
        let on = |action: &str| -> Vec<String> {
            let needs = needs.iter().filter(|need| need.action == action);
            needs.map(|need| need.resource.to_string()).collect()
        };
        let here = "arn:aws:redshift:REGION:ACCOUNT";
        assert_eq!(on("redshift-data:ExecuteStatement"), [format!("{here}:cluster:dwh")]);
        assert_eq!(
            on("redshift:GetClusterCredentials"),
            [format!("{here}:dbuser:dwh/etl"), format!("{here}:dbname:dwh/shop")]
        );
        for other in ["redshift-serverless:GetCredentials", "secretsmanager:GetSecretValue", "s3:PutObject"] {
            assert_eq!(on(other), [""; 0], "{other}");
        }
        assert!(needs.iter().all(|need| need.action != "iam:PassRole"), "{:?}", On::Role);
    }
}
