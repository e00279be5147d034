//! `emr_step`: runs a step on a cluster of Amazon EMR.

mod lower;
mod rules;

use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Outputs};
use crate::lang::arn::RoleArn;
use crate::lang::decode::{Leaf, LeafError, record};
use crate::service;
use crate::service::emr_step::cluster::Cluster;
use crate::service::section::Heading;
use crate::template::Template;
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

record! {
    "`emr_step`"
    /// Runs a step on a cluster of Amazon EMR.
    pub struct EmrStepStep {
        /// The cluster, which runs already: its id, or its name where no other that runs has it.
        pub cluster: Spanned<ClusterName>,
        /// Runs this command on the cluster's primary node, word by word.
        pub command: Option<Vec<Spanned<Template>>>,
        /// Runs this jar, such as one in S3.
        pub jar: Option<Spanned<Template>>,
        /// The class of the jar whose `main` is called; as its manifest says when absent.
        pub main_class: Option<Spanned<String>>,
        /// What the jar is given, word by word.
        pub arguments: Option<Vec<Spanned<Template>>>,
        /// The role that it runs as, where the cluster has roles for steps; the cluster's own when absent.
        pub role: Option<Spanned<RoleArn>>,
        /// Tables and prefixes that it reads, for the order of steps.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables and prefixes that it writes, for the order of steps.
        pub writes: Option<Vec<Spanned<String>>>,
    }
    exactly one of [command, jar]
}

/// A cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterName(pub Cluster);

impl Leaf for ClusterName {
    const EXPECTED: &'static str = "a name or an id of a cluster";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = &scalar.text;
        Cluster::parse(text).map(Self).map_err(|why| {
            let message = format!("`{}` is no cluster of EMR: {why}", text.escape_debug());
            LeafError::new(Code::InvalidName, message).help("it looks like `etl` or `j-2H3EEJJ1EOUTN`")
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

impl Kind for EmrStepStep {
    const NAME: &'static str = "emr_step";
    const ELSEWHERE: &'static [&'static str] =
        &["emr", "add_job_flow_steps", "emr_add_steps", "emr_cluster", "hadoop_jar_step"];
    const BRIEF: &'static str = "runs a step on a cluster of Amazon EMR";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::emr_step::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::emr_step::job::OUTPUTS);

    fn gives<'a>(&'a self, known: &Known<'_, 'a>) -> Gives<'a> {
        known.listed(self.writes.as_deref())
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        cx.listed(self.reads.as_deref(), self.writes.as_deref(), None);
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        Some(lower::lower(self, cx))
    }
}
