//! What is done to the cluster.

use super::{ClusterAction, RedshiftClusterStep};
use crate::kind::contract::Lowered;
use crate::plan::{Job, Work};
use crate::service::redshift_cluster::job::{Action, ChangeCluster};

pub(super) fn lower(step: &RedshiftClusterStep) -> Lowered {
    let action = match step.action.value {
        ClusterAction::Pause => Action::Pause,
        ClusterAction::Resume => Action::Resume,
        ClusterAction::Resize => Action::Resize {
            nodes: step.nodes.as_ref().map(|nodes| nodes.value.0),
            node_type: step.node_type.as_ref().map(|node_type| node_type.value.0.clone()),
            classic: step.classic(),
        },
    };
    let cluster = step.cluster.value.0.clone();
    Lowered::work(Work::Job(Job::ChangeCluster(Box::new(ChangeCluster { cluster, action }))))
}
