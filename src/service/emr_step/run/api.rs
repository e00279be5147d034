//! The calls of EMR. Members that are not used are not read.

use crate::aws::json::{Client, Service, json_requests, moment};
use crate::aws::{self, AwsError, Kind};
use crate::service::emr_step::cluster;
use crate::service::emr_step::job;
use aws_config::SdkConfig;
use serde::{Deserialize, Serialize};
use std::time::SystemTime;

/// As its model says (2009-03-31).
const EMR: Service =
    Service { id: "EMR", name: "elasticmapreduce", target: "ElasticMapReduce", version: "1.1" };

/// Clusters that take steps, now or when they have begun.
const ALIVE: [&str; 4] = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING"];

/// What EMR says to more than 256 steps that are not over; it has one code for all that it refuses.
const FULL: &str = "Maximum number of active steps";

json_requests! {
    AddJobFlowSteps -> Added = job::ADD_JOB_FLOW_STEPS;
    CancelSteps -> Cancelled = job::CANCEL_STEPS;
    DescribeCluster -> DescribedCluster = job::DESCRIBE_CLUSTER;
    DescribeStep -> Described = job::DESCRIBE_STEP;
    ListClusters -> Clusters = job::LIST_CLUSTERS, pages marker marker;
    ListSteps -> Steps = job::LIST_STEPS, pages marker marker;
}

/// What is started.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AddJobFlowSteps {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub job_flow_id: String,
    pub steps: Vec<NewStep>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_role_arn: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NewStep {
    /// It ends in the mark by which the step is found again.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    pub action_on_failure: &'static str,
    pub hadoop_jar_step: HadoopJarStep,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HadoopJarStep {
    pub jar: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main_class: Option<String>,
    pub args: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CancelSteps {
    cluster_id: String,
    step_ids: [String; 1],
    step_cancellation_option: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeCluster {
    cluster_id: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DescribeStep {
    cluster_id: String,
    step_id: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListClusters {
    cluster_states: [&'static str; 4],
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListSteps {
    cluster_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    marker: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Added {
    step_ids: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Cancelled {
    cancel_steps_info_list: Vec<Cancelling>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Cancelling {
    status: String,
    reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Clusters {
    clusters: Vec<ListedCluster>,
    marker: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ListedCluster {
    id: String,
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct DescribedCluster {
    cluster: Cluster,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Cluster {
    log_uri: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Steps {
    steps: Vec<Step>,
    marker: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Described {
    step: Step,
}

/// A step as it stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Step {
    pub id: String,
    pub name: String,
    pub status: Status,
    pub log_uri: Option<String>,
    pub additional_info: Additional,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Status {
    pub state: String,
    pub state_change_reason: Reason,
    pub failure_details: Details,
    timeline: Timeline,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Reason {
    pub message: Option<String>,
}

/// Why a step has failed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Details {
    pub reason: Option<String>,
    pub message: Option<String>,
    pub log_file: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Timeline {
    creation_date_time: Option<f64>,
    end_date_time: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Additional {
    pub resource_manager_application_ids: Vec<String>,
}

impl Step {
    /// When it was added.
    pub(super) fn created(&self) -> Option<SystemTime> {
        moment(self.status.timeline.creation_date_time)
    }

    /// When it ended.
    pub(super) fn ended(&self) -> Option<SystemTime> {
        moment(self.status.timeline.end_date_time)
    }
}

/// EMR, as its callers see it.
pub(super) struct Api(Client);

impl Api {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config, &EMR))
    }

    /// Finds the id of the cluster of a name, of those that take steps.
    pub(super) async fn id(&self, named: &cluster::Cluster) -> Result<String, AwsError> {
        let mut pages = aws::pages(self.0.request(ListClusters { cluster_states: ALIVE, marker: None }));
        let mut found = Vec::new();
        while let Some(page) = pages.next().await? {
            found.extend(page.clusters.into_iter().filter(|one| named.is(&one.name)).map(|one| one.id));
        }
        let wrong = |kind, message| AwsError {
            operation: job::LIST_CLUSTERS,
            kind,
            code: None,
            message,
            request_id: None,
            bucket_region: None,
        };
        match found.as_slice() {
            [id] => Ok(id.clone()),
            [] => Err(wrong(Kind::NotFound, format!("no cluster that takes steps is called `{named}`"))),
            [first, ..] => {
                let many = found.len();
                let why =
                    format!("{many} clusters are called `{named}`: name one by its id, such as {first}");
                Err(wrong(Kind::Invalid, why))
            }
        }
    }

    /// Says where the logs of a cluster are.
    pub(super) async fn logs(&self, cluster: &str) -> Result<Option<String>, AwsError> {
        let request = DescribeCluster { cluster_id: cluster.to_owned() };
        Ok(aws::send(self.0.request(request)).await?.cluster.log_uri)
    }

    /// Adds a step; is sent once. Gives its id.
    pub(super) async fn add(&self, add: AddJobFlowSteps) -> Result<String, AwsError> {
        let answer = aws::send(self.0.request(add)).await.map_err(full)?;
        Ok(answer.step_ids.into_iter().next().unwrap_or_default())
    }

    /// Looks at a step. What EMR refuses of a step of its own is that it is not known.
    pub(super) async fn look(&self, cluster: &str, step: &str) -> Result<Step, AwsError> {
        let request = DescribeStep { cluster_id: cluster.to_owned(), step_id: step.to_owned() };
        let answer = aws::send(self.0.request(request)).await;
        Ok(answer.map_err(not_found)?.step)
    }

    /// Lists steps, the newest first, until one that `is_recent` refuses.
    pub(super) async fn listed(
        &self,
        cluster: &str,
        is_recent: impl Fn(&Step) -> bool,
    ) -> Result<Vec<Step>, AwsError> {
        let mut pages =
            aws::pages(self.0.request(ListSteps { cluster_id: cluster.to_owned(), marker: None }));
        let mut steps = Vec::new();
        while let Some(page) = pages.next().await? {
            for step in page.steps {
                if !is_recent(&step) {
                    return Ok(steps);
                }
                steps.push(step);
            }
        }
        Ok(steps)
    }

    /// Asks for the end of a step: what runs gets SIGTERM. A refusal comes inside of an answer that is fine.
    pub(super) async fn cancel(&self, cluster: &str, step: &str) -> Result<(), AwsError> {
        let request = CancelSteps {
            cluster_id: cluster.to_owned(),
            step_ids: [step.to_owned()],
            step_cancellation_option: "SEND_INTERRUPT",
        };
        let answer = aws::send(self.0.request(request)).await?;
        match answer.cancel_steps_info_list.into_iter().next() {
            Some(Cancelling { status, reason }) if status == "FAILED" => Err(AwsError {
                operation: job::CANCEL_STEPS,
                kind: Kind::Invalid,
                code: None,
                message: reason.unwrap_or(status),
                request_id: None,
                bucket_region: None,
            }),
            _ => Ok(()),
        }
    }
}

/// A cluster that has no room for steps has some later.
fn full(mut error: AwsError) -> AwsError {
    if error.kind == Kind::Invalid && error.message.contains(FULL) {
        error.kind = Kind::Busy;
    }
    error
}

fn not_found(mut error: AwsError) -> AwsError {
    if error.kind == Kind::Invalid {
        error.kind = Kind::NotFound;
    }
    error
}
