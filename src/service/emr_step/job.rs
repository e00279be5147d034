//! A step on a cluster of EMR, as the plan keeps it, its calls, and what they need.

use super::cluster::Cluster;
use crate::service::arn::Resource;
use crate::service::call::{Call, Caller, On, Touched, When, call, operations, right, touched, wanted};
use crate::service::console::base;
use crate::service::cost::Billed;
use crate::service::failure::{Codes, Kind};
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Members, Output, SECONDS, URL, known, perhaps};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use crate::template::Template;
use serde::{Deserialize, Serialize};

/// Runs a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunEmrStep {
    /// The cluster.
    pub cluster: Cluster,
    /// The jar; the one that runs commands when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub jar: Option<Template>,
    /// The class of the jar whose `main` is called, where its manifest says none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub main_class: Option<String>,
    /// The words of the command, or what the jar is given.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub arguments: Vec<Template>,
    /// The role that it runs as, an ARN; the cluster's own when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub role: Option<String>,
}

/// How many characters the command of a step may have, with the jar (Amazon EMR Management Guide, "Submit work to a cluster").
pub const LONGEST_STEP: usize = 10_240;

/// Codes that only this service has: it says nearly all that it refuses by one.
const CODES: Codes =
    &[("InternalServerError", Kind::Unavailable), ("InvalidRequestException", Kind::Invalid)];

operations! {
    codes CODES;

    /// Adds a step.
    ADD_JOB_FLOW_STEPS = "elasticmapreduce:AddJobFlowSteps" Starts Never [right("elasticmapreduce:AddJobFlowSteps", On::Itself)];
    /// Asks for the end of a step; the runner repeats it within the little time that it has.
    CANCEL_STEPS = "elasticmapreduce:CancelSteps" Repeatable Never [right("elasticmapreduce:CancelSteps", On::Itself)];
    /// Looks at a cluster.
    DESCRIBE_CLUSTER = "elasticmapreduce:DescribeCluster" Repeatable Usual [right("elasticmapreduce:DescribeCluster", On::Itself)];
    /// Looks at a step.
    DESCRIBE_STEP = "elasticmapreduce:DescribeStep" Repeatable Usual [right("elasticmapreduce:DescribeStep", On::Itself)];
    /// Lists clusters: their ARNs have the id.
    LIST_CLUSTERS = "elasticmapreduce:ListClusters" Repeatable Usual [right("elasticmapreduce:ListClusters", On::Anything)];
    /// Lists the steps of a cluster, the newest first.
    LIST_STEPS = "elasticmapreduce:ListSteps" Repeatable Usual [right("elasticmapreduce:ListSteps", On::Itself)];
}

/// What it gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    known("cluster", Form::Text, "the id of the cluster"),
    perhaps("application", Form::Text, "the id of its application in YARN"),
    perhaps("logs", Form::Text, "the folder in S3 of its logs"),
];

impl RunEmrStep {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in: the cluster is paid for anyway.
    pub fn billed(&self) -> &'static [Billed] {
        &[]
    }
}

impl Members for RunEmrStep {}

impl Shown for RunEmrStep {}

/// The instances of a cluster have a role of their own, and with it take on that of a step.
impl Lends for RunEmrStep {}

impl Caller for RunEmrStep {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[
            call(ADD_JOB_FLOW_STEPS),
            call(DESCRIBE_STEP),
            call(LIST_STEPS),
            call(CANCEL_STEPS),
            Call { operation: LIST_CLUSTERS, when: When::Planned("when `cluster` is no id") },
            wanted(DESCRIBE_CLUSTER, "for where its logs are; without it that is not told"),
        ];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Itself => touched("the cluster", self.cluster.itself()),
            On::Anything if self.cluster.id().is_none() => touched("all clusters", Resource::Anything),
            _ => Vec::new(),
        }
    }
}

/// Links to a cluster in the console, which shows its steps.
pub fn link(region: &str, cluster: &str) -> String {
    format!("{}/emr/home?region={region}#/clusterDetails/{cluster}", base(region))
}

/// Links to a cluster in the console, or to all of them.
pub fn place(region: &str, cluster: Option<&str>) -> String {
    cluster.map_or_else(
        || format!("{}/emr/home?region={region}#/clusters", base(region)),
        |cluster| link(region, cluster),
    )
}

/// The heading of what whoever runs a step must be allowed.
pub const RIGHTS: Heading = Heading::new("`emr_step`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    vec![Section::new(Who::Worker, RIGHTS).of(&[&RunEmrStep::default()])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_console() {
        let base = "https://eu-west-1.console.aws.amazon.com/emr/home?region=eu-west-1#";
        assert_eq!(place("eu-west-1", Some("j-1")), format!("{base}/clusterDetails/j-1"));
        assert_eq!(place("eu-west-1", None), format!("{base}/clusters"));
    }
}
