//! What several documents of the language share: settings of tasks, and who is told.

use super::airflow::{Count, Limit, Owner, PoolName};
use super::arn::TopicArn;
use super::decode::{record, words};
use super::value::Seconds;
use super::waiting::WaitingSpec;
use crate::text::Spanned;

record! {
    "`defaults`"
    /// Settings that steps have in common.
    pub struct Defaults {
        /// Who answers for it.
        pub owner: Option<Spanned<Owner>>,
        /// How often a failed task is tried again.
        pub retries: Option<Spanned<Count<0>>>,
        /// How long to wait before trying again.
        pub retry_delay: Option<Spanned<Seconds>>,
        /// How long a task may take.
        pub timeout: Option<Spanned<Limit>>,
        /// The Airflow pool.
        pub pool: Option<Spanned<PoolName>>,
        /// The weight in the queue; greater is sooner.
        pub priority: Option<Spanned<Count<0>>>,
        /// What happens to the running job when Airflow kills the task.
        pub on_kill: Option<Spanned<OnKill>>,
        /// Where a task waits while its job runs: `worker` (in its slot; when absent), or `reschedule`.
        pub waiting: Option<WaitingSpec>,
        /// Who is told when a task fails.
        pub on_failure: Option<NotifySpec>,
    }
}

record! {
    "`on_failure`"
    /// Who is told about a failure.
    pub struct NotifySpec {
        /// An SNS topic.
        pub sns: Spanned<TopicArn>,
    }
}

words! {
    "a trigger rule"
    /// When a task may start, given how its upstream tasks ended.
    pub enum TriggerRule {
        /// All upstream tasks succeeded.
        AllSuccess = "all_success",
        /// All upstream tasks failed.
        AllFailed = "all_failed",
        /// All upstream tasks ended.
        AllDone = "all_done",
        /// All upstream tasks were skipped.
        AllSkipped = "all_skipped",
        /// At least one failed; does not wait for the others.
        OneFailed = "one_failed",
        /// At least one succeeded; does not wait for the others.
        OneSuccess = "one_success",
        /// At least one ended.
        OneDone = "one_done",
        /// None failed: all succeeded or were skipped.
        NoneFailed = "none_failed",
        /// None failed, and at least one succeeded.
        NoneFailedMinOneSuccess = "none_failed_min_one_success",
        /// None was skipped.
        NoneSkipped = "none_skipped",
        /// Starts at once.
        Always = "always",
    }
}

words! {
    "an answer to a kill"
    /// What happens to the running job when Airflow kills the task.
    pub enum OnKill {
        /// The job is cancelled.
        Cancel = "cancel",
        /// The job goes on; the next attempt adopts it.
        Leave = "leave",
    }
}
