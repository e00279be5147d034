//! The calls of Redshift's Query protocol.

use super::state::State;
use crate::aws::json::{Client, Refused, Service, Texts, Wire, form, texts};
use crate::aws::{self, AwsError, Kind};
use crate::service::call::Operation;
use crate::service::redshift_cluster::cluster::{Cluster, SERVERLESS};
use crate::service::redshift_cluster::job::{
    Action, DESCRIBE_CLUSTERS, PAUSE_CLUSTER, RESIZE_CLUSTER, RESUME_CLUSTER,
};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};

/// As its model says.
const REDSHIFT: Service = Service { id: "Redshift", name: "redshift", target: "", version: "2012-12-01" };

/// Redshift, as it is asked for one cluster.
pub(super) struct Api {
    client: Client,
    name: String,
}

#[derive(Clone, Debug)]
struct DescribeClusters(String);

#[derive(Clone, Debug)]
struct PauseCluster(String);

#[derive(Clone, Debug)]
struct ResumeCluster(String);

#[derive(Clone, Debug)]
struct ResizeCluster {
    name: String,
    nodes: Option<u32>,
    node_type: Option<String>,
    classic: bool,
}

const NAME: &str = "ClusterIdentifier";

/// Ties a request to its operation: its members, and where in the answer the cluster stands.
macro_rules! calls {
    ($($request:ident = $operation:expr, |$own:ident| $members:expr, $path:expr;)+) => {$(
        impl Wire for $request {
            type Answer = Option<Texts>;

            const OPERATION: Operation = $operation;
            const HOST_PREFIX: &'static str = "";

            fn serialized(&self, service: &Service) -> Result<HttpRequest, BoxError> {
                let $own = self;
                form(stringify!($request), service.version, &$members)
            }

            fn answered(response: &HttpResponse) -> Result<Self::Answer, OrchestratorError<Refused>> {
                texts(response, &$path)
            }
        }
    )+};
}

calls! {
    DescribeClusters = DESCRIBE_CLUSTERS, |own| [(NAME, own.0.as_str())], ["DescribeClustersResult", "Clusters", "Cluster"];
    PauseCluster = PAUSE_CLUSTER, |own| [(NAME, own.0.as_str())], ["PauseClusterResult", "Cluster"];
    ResumeCluster = RESUME_CLUSTER, |own| [(NAME, own.0.as_str())], ["ResumeClusterResult", "Cluster"];
    ResizeCluster = RESIZE_CLUSTER, |own| own.members(own.nodes.map(|nodes| nodes.to_string()).as_deref()), ["ResizeClusterResult", "Cluster"];
}

impl ResizeCluster {
    /// Its members; one node by itself is another type of cluster.
    fn members<'m>(&'m self, nodes: Option<&'m str>) -> Vec<(&'static str, &'m str)> {
        let mut members = vec![(NAME, self.name.as_str())];
        if let Some(nodes) = nodes {
            members.push(("NumberOfNodes", nodes));
            members.push(("ClusterType", if nodes == "1" { "single-node" } else { "multi-node" }));
        }
        if let Some(node_type) = &self.node_type {
            members.push(("NodeType", node_type));
        }
        if self.classic {
            members.push(("Classic", "true"));
        }
        members
    }
}

impl Api {
    pub(super) fn new(config: &SdkConfig, cluster: &Cluster) -> Self {
        Self { client: Client::new(config, &REDSHIFT), name: cluster.name.clone() }
    }

    /// Looks at the cluster.
    pub(super) async fn look(&self) -> Result<State, AwsError> {
        let answer = aws::send(self.client.request(DescribeClusters(self.name.clone()))).await;
        let none = || AwsError {
            operation: DESCRIBE_CLUSTERS,
            kind: Kind::Unavailable,
            code: None,
            message: "the answer does not tell how the cluster is".to_owned(),
            request_id: None,
            bucket_region: None,
        };
        let answer = answer.map_err(|error| self.told(error))?;
        State::of(&answer.unwrap_or_default()).ok_or_else(none)
    }

    /// Has the cluster changed; is sent once.
    pub(super) async fn change(&self, action: &Action) -> Result<(), AwsError> {
        let name = self.name.clone();
        let answer = match action {
            Action::Pause => aws::send(self.client.request(PauseCluster(name))).await,
            Action::Resume => aws::send(self.client.request(ResumeCluster(name))).await,
            Action::Resize { nodes, node_type, classic } => {
                let (nodes, node_type, classic) = (*nodes, node_type.clone(), *classic);
                aws::send(self.client.request(ResizeCluster { name, nodes, node_type, classic })).await
            }
        };
        answer.map(drop).map_err(|error| self.told(error))
    }

    /// Says of a cluster that is not there what it may be.
    fn told(&self, mut error: AwsError) -> AwsError {
        if error.kind == Kind::NotFound {
            let name = &self.name;
            error.message = format!(
                "{}: there is no provisioned cluster `{name}` in this account and region; {SERVERLESS}",
                error.message
            );
        }
        error
    }
}
