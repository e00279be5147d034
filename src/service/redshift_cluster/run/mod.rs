//! Pausing, resuming and resizing clusters.
//!
//! Redshift takes no mark and no token; a cluster has one state at a time, and that is what the task is about. One that is
//! where it is to be is done, whoever has brought it there; one on its way is waited for; one in which something else goes on
//! is waited for and looked at again. So a lost answer does nothing twice: the cluster is on its way then, and refuses a
//! second request until it has arrived (`InvalidClusterState`).
//!
//! | module | gives |
//! | --- | --- |
//! | [`api`] | the calls |
//! | [`state`] | how a cluster stands, and what that means |

mod api;
mod state;

use super::job::{self, Action, ChangeCluster, PAUSE_CLUSTER, RESIZE_CLUSTER, RESUME_CLUSTER};
use crate::aws::{self, AwsError};
use crate::exec::context::RunContext;
use crate::exec::key::{Identity, Key, content};
use crate::exec::log::Log;
use crate::exec::looks::Span;
use crate::exec::outcome::{Ended, Failure, Outputs, Trouble};
use crate::exec::runner::{self, Attempt, Cancelled, Found, Phase, RemoteJob, SecondStart};
use crate::exec::start::{Start, in_region};
use crate::exec::time::Instant;
use api::Api;
use aws_config::SdkConfig;
use serde_json::json;
use state::{Stand, State};
use std::future::Future;
use std::time::Duration;

/// For how long a cluster is looked at that may be seen as it was before somebody asked. Redshift's documents say nothing.
const LAG: Duration = Duration::from_secs(10);

/// For how long a cluster that was asked for a change may be seen as it was before.
const BEGINS_WITHIN: Duration = Duration::from_secs(30);

/// Changes a cluster.
pub(crate) async fn run(
    spec: &ChangeCluster,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let job = ClusterJob::new(start.config, spec, start.context)?;
    let run = (start.run)(job.identity());
    runner::run(job, run, stop).await
}

/// A cluster that is to be in a state.
pub(crate) struct ClusterJob {
    api: Api,
    region: String,
    spec: ChangeCluster,
    /// This attempt of the task.
    attempt: i64,
    /// The cluster as it was seen last.
    state: State,
    /// It was seen on its way.
    has_begun: bool,
    /// Since when it is seen as it was before it was asked for the change.
    unseen_since: Option<Instant>,
}

impl ClusterJob {
    /// Makes the job of a step.
    pub(crate) fn new(
        config: &SdkConfig,
        spec: &ChangeCluster,
        context: &RunContext,
    ) -> Result<Self, Failure> {
        let region = aws::region(config);
        in_region(&spec.cluster, spec.cluster.region(), &region)?;
        let api = Api::new(config, &spec.cluster);
        let (spec, attempt) = (spec.clone(), context.try_number);
        Ok(Self { api, region, spec, attempt, state: State::default(), has_begun: false, unseen_since: None })
    }

    /// What it is known by.
    pub(crate) fn identity(&self) -> Identity {
        let ChangeCluster { cluster, action } = &self.spec;
        let (nodes, node_type) = match action {
            Action::Resize { nodes, node_type, .. } => (*nodes, node_type.as_deref()),
            Action::Pause | Action::Resume => (None, None),
        };
        let nodes = nodes.map(|nodes| nodes.to_string()).unwrap_or_default();
        Identity {
            kind: "change_cluster",
            target: vec![self.region.clone(), cluster.name.clone()],
            content: content([action.name(), &nodes, node_type.unwrap_or_default()]),
        }
    }

    async fn look(&mut self) -> Result<Stand, AwsError> {
        self.state = self.api.look().await?;
        let stand = self.state.stand(&self.spec.action);
        self.has_begun |= stand == Stand::OnItsWay;
        Ok(stand)
    }

    fn handle(&self) -> String {
        format!("{} {}", self.spec.action.name(), self.spec.cluster.name)
    }

    /// It is not done by waiting.
    fn never(&self, why: &str) -> Failure {
        let name = &self.spec.cluster.name;
        Failure::for_good(format!("cluster {name} is `{}`: {why}", self.state.status))
    }

    /// It was asked for the change, and is seen as it was before: the answer is behind, or something has undone it.
    fn undone(&mut self) -> Phase {
        let since = *self.unseen_since.get_or_insert_with(Instant::now);
        if !self.has_begun && since.elapsed() < BEGINS_WITHIN {
            return Phase::Running(format!("{}, as before", self.state.status));
        }
        let ChangeCluster { cluster, action } = &self.spec;
        let (action, told) = (action.name(), self.state.told());
        Phase::Failed(Failure::retry(format!(
            "cluster {} was asked to {action}, and is {told}: Redshift has given up, or somebody has undone it",
            cluster.name
        )))
    }
}

impl RemoteJob for ClusterJob {
    type Handle = String;

    const NOUN: &'static str = "change of a cluster";

    async fn find(&mut self, key: &Key) -> Result<Vec<Found<String>>, Trouble> {
        let phase = match self.look().await? {
            Stand::Reached => Phase::Succeeded,
            Stand::OnItsWay => Phase::Running(self.state.status.clone()),
            Stand::Busy => Phase::Stopping(self.state.status.clone()),
            Stand::Ready => return Ok(Vec::new()),
            Stand::Never(why) => return Err(self.never(why).into()),
        };
        // Who has brought it there does not matter: it counts as this very attempt's.
        let (generation, attempt) = (key.generation(), Some(self.attempt));
        let (handle, span) = (self.handle(), Span::default());
        Ok(vec![Found { handle, generation, is_same: true, attempt, phase, span }])
    }

    async fn start(&mut self, _attempt: &Attempt) -> Result<String, Trouble> {
        (self.has_begun, self.unseen_since) = (false, None);
        self.api.change(&self.spec.action).await?;
        Ok(self.handle())
    }

    async fn poll(&mut self, _handle: &String) -> Result<Phase, Trouble> {
        let stand = self.look().await?;
        let status = self.state.status.clone();
        Ok(match stand {
            Stand::Reached => Phase::Succeeded,
            Stand::OnItsWay | Stand::Busy => Phase::Running(status),
            Stand::Ready => self.undone(),
            Stand::Never(why) => Phase::Failed(self.never(why)),
        })
    }

    /// Nothing is taken back: Redshift pauses and resumes to the end, and a resize that is broken off takes as long again.
    async fn cancel(&mut self, _handle: &String) -> Result<Cancelled, AwsError> {
        let operation = match self.spec.action {
            Action::Pause => PAUSE_CLUSTER,
            Action::Resume => RESUME_CLUSTER,
            Action::Resize { .. } => RESIZE_CLUSTER,
        };
        Err(operation.refused(None, format!("a {} is not taken back", self.spec.action.name())))
    }

    async fn outputs(&mut self, _handle: &String, log: &Log<'_>) -> Result<Outputs, Trouble> {
        if self.state == State::default() {
            self.look().await?;
        }
        log.info(format!("cluster {} is {}", self.spec.cluster.name, self.state.told()));
        let State { status, nodes, node_type, .. } = &self.state;
        let outputs = [("status", json!(status)), ("nodes", json!(nodes)), ("node_type", json!(node_type))];
        Ok(outputs.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
    }

    fn link(&self, _handle: &String) -> String {
        job::link(&self.region, &self.spec.cluster.name)
    }

    fn place(&self) -> String {
        job::link(&self.region, &self.spec.cluster.name)
    }

    fn lag(&self) -> Duration {
        LAG
    }

    /// A cluster that is on its way refuses it, and one that has arrived is done.
    fn second_start(&self) -> SecondStart {
        SecondStart::DoesNoHarm
    }
}
