//! `redshift_cluster`: keys of a resize, where the cluster is, and what has no clusters.

use super::{ClusterAction, RedshiftClusterStep};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::unused;
use crate::kind::shared::members;
use crate::lang::project::RedshiftSpec;
use crate::service::redshift_cluster::cluster::{SERVERLESS, SERVERLESS_CURE};

pub(super) fn check(step: &RedshiftClusterStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let cluster = &step.cluster;
    let named = ("cluster", cluster.value.0.region());
    members::elsewhere(named, cluster.span, Code::RedshiftClusterOption, cx, diagnostics);
    serverless(step, cx, diagnostics);
    if step.action.value != ClusterAction::Resize {
        let given = [
            ("nodes", step.nodes.as_ref().map(|key| key.span)),
            ("node_type", step.node_type.as_ref().map(|key| key.span)),
            ("classic", step.classic.as_ref().map(|key| key.span)),
        ];
        for (key, span) in given {
            let Some(span) = span else { continue };
            let why = "only a cluster that is resized gets other nodes";
            diagnostics.push(unused(key, span, why, Some((step.action.span, "said here"))));
        }
    } else if step.nodes.is_none() && step.node_type.is_none() {
        let message = format!("{} does not say to which size", cx.what());
        diagnostics.push(
            Diagnostic::new(Code::MissingKey, step.action.span, message)
                .label("`nodes` or `node_type` is missing")
                .help("add `nodes:`, `node_type:`, or both"),
        );
    }
}

/// Says that a workgroup of the environment is no cluster.
fn serverless(step: &RedshiftClusterStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let cluster = &step.cluster;
    let connections = cx.scope.spec.redshift.iter().flat_map(|redshift| &redshift.0);
    let is_cluster =
        |spec: &RedshiftSpec| spec.cluster.as_ref().is_some_and(|own| own.value == cluster.value.0.name);
    if cluster.value.0.before_name().is_some() || connections.clone().any(|(_, spec)| is_cluster(spec)) {
        return;
    }
    let workgroups = connections.filter_map(|(_, spec)| spec.workgroup.as_ref());
    if let Some(own) = workgroups.into_iter().find(|own| own.value == cluster.value.0.name) {
        diagnostics.push(
            Diagnostic::new(
                Code::RedshiftClusterOption,
                cluster.span,
                format!("`{}` is a workgroup, and no cluster: {SERVERLESS}", own.value),
            )
            .also(own.span, "a workgroup of Redshift Serverless")
            .help(SERVERLESS_CURE),
        );
    }
}
