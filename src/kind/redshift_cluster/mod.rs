//! `redshift_cluster`: pauses, resumes or resizes a provisioned cluster of Redshift.

mod lower;
mod rules;

use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs};
use crate::lang::decode::{Leaf, LeafError, record, words};
use crate::service;
use crate::service::redshift_cluster::cluster::{Cluster, SERVERLESS, SERVERLESS_CURE, is_serverless};
use crate::service::redshift_cluster::job::MOST_NODES;
use crate::service::section::Heading;
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

record! {
    "`redshift_cluster`"
    /// Pauses, resumes or resizes a provisioned cluster of Redshift; one that is there already is left as it is.
    pub struct RedshiftClusterStep {
        /// Its identifier or its ARN.
        pub cluster: Spanned<ClusterName>,
        /// What is done to it.
        pub action: Spanned<ClusterAction>,
        /// Of `resize`: how many nodes it is to have; as many as it has when absent.
        pub nodes: Option<Spanned<Nodes>>,
        /// Of `resize`: their type, such as `ra3.4xlarge`; the type that it has when absent.
        pub node_type: Option<Spanned<NodeType>>,
        /// Of `resize`: by a new cluster to which all data is copied, in hours and not in minutes; for sizes that an elastic
        /// resize does not reach.
        pub classic: Option<Spanned<bool>> = false,
    }
}

words! {
    "what is done to a cluster"
    /// What is done to a cluster.
    pub enum ClusterAction {
        /// Its nodes are given back, and only its storage is paid; what runs in it is ended.
        Pause = "pause",
        /// It gets its nodes again, and takes queries.
        Resume = "resume",
        /// It gets other nodes.
        Resize = "resize",
    }
}

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterName(pub Cluster);

impl Leaf for ClusterName {
    const EXPECTED: &'static str = "an identifier or an ARN of a cluster";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = &scalar.text;
        if is_serverless(text) {
            return Err(
                LeafError::new(Code::RedshiftClusterOption, SERVERLESS.to_owned()).help(SERVERLESS_CURE)
            );
        }
        Cluster::parse(text).map(Self).map_err(|why| {
            let code = if text.starts_with("arn:") { Code::InvalidArn } else { Code::InvalidName };
            let example = "arn:aws:redshift:eu-west-1:111122223333:cluster:reports";
            LeafError::new(code, format!("`{}` is no cluster of Redshift: {why}", text.escape_debug()))
                .help(format!("it looks like `reports` or `{example}`"))
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

/// How many nodes a cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nodes(pub u32);

impl Leaf for Nodes {
    const EXPECTED: &'static str = "a number of nodes";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        match scalar.text.parse() {
            Ok(nodes) if (1..=MOST_NODES).contains(&nodes) => Ok(Self(nodes)),
            _ => {
                let code = if scalar.is_number() { Code::InvalidNumber } else { Code::WrongType };
                let text = scalar.text.escape_debug();
                Err(LeafError::new(
                    code,
                    format!("`{text}` is no number of nodes: a cluster has 1 to {MOST_NODES}"),
                ))
            }
        }
    }

    fn leaf_schema() -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": MOST_NODES })
    }
}

/// The type of a cluster's nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeType(pub String);

impl Leaf for NodeType {
    const EXPECTED: &'static str = "a type of nodes";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = &scalar.text;
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if text.split_once('.').is_some_and(|(family, size)| is_part(family) && is_part(size)) {
            return Ok(Self(text.clone()));
        }
        let told = format!("`{}` is no type of nodes", text.escape_debug());
        Err(LeafError::new(Code::InvalidName, told).help("write one such as `ra3.xlplus` or `rg.4xlarge`"))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

impl Kind for RedshiftClusterStep {
    const NAME: &'static str = "redshift_cluster";
    const ELSEWHERE: &'static [&'static str] = &[
        "pause_cluster",
        "redshift_pause_cluster",
        "redshift_resume_cluster",
        "resize_cluster",
        "resume_cluster",
    ];
    const BRIEF: &'static str = "pauses, resumes or resizes a cluster of Redshift";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::redshift_cluster::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::redshift_cluster::job::OUTPUTS);

    fn gives<'a>(&'a self, _: &Known<'_, 'a>) -> Gives<'a> {
        Gives::nothing(Nothing::Never)
    }

    fn mean<'a>(&'a self, _: &mut Cx<'_, 'a>) {}

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, _: &Lowering<'_, '_>) -> Option<Lowered> {
        Some(lower::lower(self))
    }

    fn pauses(&self) -> Option<&str> {
        (self.action.value == ClusterAction::Pause).then_some(&self.cluster.value.0.name)
    }
}
