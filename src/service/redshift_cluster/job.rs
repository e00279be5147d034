//! Pausing, resuming or resizing a cluster, as the plan keeps it, its calls, and what they need.

use super::cluster::Cluster;
use crate::service::arn::Resource;
use crate::service::call::{Call, Caller, On, Touched, call, operations, right, touched};
use crate::service::console::{base, encode};
use crate::service::cost::Billed;
use crate::service::failure::{Codes, Kind};
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Members, Output, SECONDS, URL, known};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use serde::{Deserialize, Serialize};

/// Brings a cluster into a state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeCluster {
    /// The cluster.
    pub cluster: Cluster,
    /// What is done to it.
    pub action: Action,
}

/// What is done to a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Action {
    /// Its nodes are given back; its data stays.
    Pause,
    /// It gets its nodes again.
    Resume,
    /// It gets other nodes.
    Resize {
        /// So many; as many as it has when absent.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        nodes: Option<u32>,
        /// Of this type; of the type that it has when absent.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        node_type: Option<String>,
        /// By a new cluster to which the data is copied.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        classic: bool,
    },
}

/// How many nodes a cluster may have at most (Redshift Management Guide, "Node type details").
pub const MOST_NODES: u32 = 128;

/// Codes that only this service has.
const CODES: Codes = &[
    ("InvalidClusterState", Kind::Busy),
    ("InsufficientClusterCapacity", Kind::Busy),
    ("DependentServiceUnavailableFault", Kind::Unavailable),
    ("ClusterNotFound", Kind::NotFound),
    ("UnauthorizedOperation", Kind::Denied),
    ("UnsupportedOperation", Kind::Invalid),
    ("UnsupportedOptionFault", Kind::Invalid),
    ("NumberOfNodesQuotaExceeded", Kind::Invalid),
    ("NumberOfNodesPerClusterLimitExceeded", Kind::Invalid),
];

operations! {
    codes CODES;

    /// Looks at a cluster.
    DESCRIBE_CLUSTERS = "redshift:DescribeClusters" Repeatable Usual [right("redshift:DescribeClusters", On::Anything)];
    /// Pauses a cluster; one that is not available refuses it.
    PAUSE_CLUSTER = "redshift:PauseCluster" Starts Never [right("redshift:PauseCluster", On::Itself)];
    /// Gives a cluster other nodes; one that is not available refuses it.
    RESIZE_CLUSTER = "redshift:ResizeCluster" Starts Never [right("redshift:ResizeCluster", On::Itself)];
    /// Resumes a cluster; one that is not paused refuses it.
    RESUME_CLUSTER = "redshift:ResumeCluster" Starts Never [right("redshift:ResumeCluster", On::Itself)];
}

/// What it gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    known("status", Form::Text, "the state in which the cluster is then"),
    known("nodes", Form::Count, "how many nodes it has"),
    known("node_type", Form::Text, "their type"),
];

impl ChangeCluster {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in: the hours of a cluster are nobody's of its tasks.
    pub fn billed(&self) -> &'static [Billed] {
        &[]
    }
}

impl Action {
    /// Names it: `pause`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Resize { .. } => "resize",
        }
    }
}

impl Members for ChangeCluster {}

impl Shown for ChangeCluster {}

impl Lends for ChangeCluster {}

impl Caller for ChangeCluster {
    fn calls(&self) -> &'static [Call] {
        const PAUSES: &[Call] = &[call(PAUSE_CLUSTER), call(DESCRIBE_CLUSTERS)];
        const RESUMES: &[Call] = &[call(RESUME_CLUSTER), call(DESCRIBE_CLUSTERS)];
        const RESIZES: &[Call] = &[call(RESIZE_CLUSTER), call(DESCRIBE_CLUSTERS)];
        match self.action {
            Action::Pause => PAUSES,
            Action::Resume => RESUMES,
            Action::Resize { .. } => RESIZES,
        }
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Itself => touched("the cluster", self.cluster.resource()),
            On::Anything => touched("all clusters", Resource::Anything),
            _ => Vec::new(),
        }
    }
}

/// Links to a cluster in the console.
pub fn link(region: &str, name: &str) -> String {
    format!("{}/redshiftv2/home?region={region}#cluster-details?cluster={}", base(region), encode(name))
}

/// The heading of what whoever changes a cluster must be allowed.
pub const RIGHTS: Heading = Heading::new("`redshift_cluster`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let of = |action| ChangeCluster { cluster: Cluster::named("CLUSTER", None), action };
    let resize = Action::Resize { nodes: None, node_type: None, classic: false };
    let (pause, resume, resize) = (of(Action::Pause), of(Action::Resume), of(resize));
    vec![Section::new(Who::Worker, RIGHTS).of(&[&pause, &resume, &resize])]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_needed_is_of_its_cluster() {
        let arn = "arn:aws:redshift:eu-west-1:111122223333:cluster:reports";
        let job: ChangeCluster =
            serde_json::from_value(json!({ "cluster": arn, "action": { "type": "pause" } })).unwrap();
        let needs: Vec<String> =
            job.needs().iter().map(|need| format!("{} {}", need.action, need.resource)).collect();
        assert_eq!(needs, [format!("redshift:PauseCluster {arn}"), "redshift:DescribeClusters *".to_owned()]);
    }

    #[test]
    fn a_resize_is_kept_with_what_is_said_of_it() {
        let kept = json!({ "cluster": "reports", "action": { "type": "resize", "nodes": 4 } });
        let job: ChangeCluster = serde_json::from_value(kept.clone()).unwrap();
        assert_eq!(serde_json::to_value(&job).unwrap(), kept);
    }
}
