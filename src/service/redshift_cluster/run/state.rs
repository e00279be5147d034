//! How a cluster stands, and what that means for what is to be done to it.

use crate::aws::json::Texts;
use crate::service::redshift_cluster::job::Action;

/// A cluster as it is seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// `ClusterStatus`, which may have a comma in it: `available, resize-cleanup`.
    pub status: String,
    /// `ClusterAvailabilityStatus`: `Available`; empty where it is not told.
    availability: String,
    /// How many nodes it has.
    pub nodes: u32,
    /// Their type.
    pub node_type: String,
}

/// What a state means for what is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// It is done.
    Reached,
    /// It is being done.
    OnItsWay,
    /// It can be done.
    Ready,
    /// Something else goes on, and ends.
    Busy,
    /// It is not done by waiting: what is wrong, and what to do.
    Never(&'static str),
}

impl State {
    /// Reads what Redshift tells of a cluster; nothing where it does not tell how it is.
    pub(super) fn of(texts: &Texts) -> Option<Self> {
        let text = |name: &str| texts.get(name).cloned().unwrap_or_default();
        Some(Self {
            status: texts.get("ClusterStatus").filter(|status| !status.is_empty())?.clone(),
            availability: text("ClusterAvailabilityStatus"),
            nodes: text("NumberOfNodes").parse().unwrap_or_default(),
            node_type: text("NodeType"),
        })
    }

    /// Says what it means for an action (Redshift API Reference, `Cluster`).
    pub(super) fn stand(&self, action: &Action) -> Stand {
        let is_way_of =
            |own: &Action| if own.name() == action.name() { Stand::OnItsWay } else { Stand::Busy };
        match self.status.as_str() {
            "available" | "available, resize-cleanup" => self.available(action),
            "paused" => match action {
                Action::Pause => Stand::Reached,
                Action::Resume => Stand::Ready,
                Action::Resize { .. } => {
                    Stand::Never("it is paused, and is resized while it runs: resume it first")
                }
            },
            "pausing" => is_way_of(&Action::Pause),
            "resuming" => is_way_of(&Action::Resume),
            // To which size it is resized is not told here: it is looked at when that is over.
            "available, prep-for-resize" | "resizing" => match action {
                Action::Resize { .. } => Stand::OnItsWay,
                Action::Pause | Action::Resume => Stand::Busy,
            },
            "storage-full" => match action {
                Action::Resume => Stand::Reached,
                Action::Pause | Action::Resize { .. } => Stand::Ready,
            },
            "deleting" | "final-snapshot" => Stand::Never("it is being deleted"),
            "hardware-failure" => Stand::Never("its hardware has failed: restore it from a snapshot"),
            "incompatible-hsm"
            | "incompatible-network"
            | "incompatible-parameters"
            | "incompatible-restore" => {
                Stand::Never("it cannot be used as it is set up: its page in the console says why")
            }
            // `modifying`, `rebooting`, `creating`, and what AWS may add.
            _ => Stand::Busy,
        }
    }

    fn available(&self, action: &Action) -> Stand {
        match action {
            Action::Pause => Stand::Ready,
            // It is there before it takes queries.
            Action::Resume if self.availability == "Unavailable" => Stand::OnItsWay,
            Action::Resume => Stand::Reached,
            Action::Resize { nodes, node_type, .. } => {
                let is_of = node_type.as_ref().is_none_or(|node_type| *node_type == self.node_type);
                let has = nodes.is_none_or(|nodes| nodes == self.nodes);
                if is_of && has { Stand::Reached } else { Stand::Ready }
            }
        }
    }

    /// Tells it in few words: `available, 2 nodes of ra3.large`.
    pub(super) fn told(&self) -> String {
        let Self { status, nodes, node_type, .. } = self;
        let noun = if *nodes == 1 { "node" } else { "nodes" };
        format!("{status}, {nodes} {noun} of {node_type}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(status: &str) -> State {
        State { status: status.to_owned(), nodes: 2, node_type: "ra3.large".to_owned(), ..State::default() }
    }

    fn resize(nodes: u32, node_type: Option<&str>) -> Action {
        Action::Resize { nodes: Some(nodes), node_type: node_type.map(str::to_owned), classic: false }
    }

    #[test]
    fn a_state_means_what_is_to_be_done() {
        use Stand::{Busy, OnItsWay, Reached, Ready};
        for (status, pause, resume, grow) in [
            ("available", Ready, Reached, Ready),
            ("available, resize-cleanup", Ready, Reached, Ready),
            ("available, prep-for-resize", Busy, Busy, OnItsWay),
            ("pausing", OnItsWay, Busy, Busy),
            ("resuming", Busy, OnItsWay, Busy),
            ("resizing", Busy, Busy, OnItsWay),
            ("cancelling-resize", Busy, Busy, Busy),
            ("storage-full", Ready, Reached, Ready),
            ("modifying", Busy, Busy, Busy),
            ("what-comes-in-2030", Busy, Busy, Busy),
        ] {
            let state = state(status);
            let all = [Action::Pause, Action::Resume, resize(4, None)].map(|action| state.stand(&action));
            assert_eq!(all, [pause, resume, grow], "{status}");
        }
        let paused = state("paused");
        assert_eq!([paused.stand(&Action::Pause), paused.stand(&Action::Resume)], [Reached, Ready]);
        for (status, action) in
            [("paused", resize(4, None)), ("deleting", Action::Pause), ("hardware-failure", Action::Resume)]
        {
            assert!(matches!(state(status).stand(&action), Stand::Never(_)), "{status}");
        }
    }

    #[test]
    fn a_cluster_of_the_size_is_not_resized() {
        let state = state("available");
        for (action, stand) in [
            (resize(2, None), Stand::Reached),
            (resize(2, Some("ra3.large")), Stand::Reached),
            (resize(2, Some("ra3.4xlarge")), Stand::Ready),
            (resize(3, Some("ra3.large")), Stand::Ready),
        ] {
            assert_eq!(state.stand(&action), stand, "{action:?}");
        }
    }

    #[test]
    fn an_answer_without_a_state_tells_nothing() {
        let told = |status: &str| State::of(&[("ClusterStatus".to_owned(), status.to_owned())].into());
        assert_eq!(told("paused").map(|state| state.status).as_deref(), Some("paused"));
        assert_eq!([told(""), State::of(&Texts::new())], [None, None]);
    }

    #[test]
    fn one_that_takes_no_queries_yet_is_not_resumed() {
        let state = State { availability: "Unavailable".to_owned(), ..state("available") };
        assert_eq!(state.stand(&Action::Resume), Stand::OnItsWay);
    }
}
