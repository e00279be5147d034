//! The time that Airflow gives between SIGTERM and the end, and what it is spent on.

use crate::exec::RunContext;
use std::time::Duration;

/// After SIGTERM: how long the answer to a start that is under way is waited for, and when all is over at the
/// least. Airflow 3 gives 5 seconds.
pub(super) const ANSWER: Duration = Duration::from_millis(1_500);
pub(super) const ENDED: Duration = Duration::from_secs(4);

/// What is left for the last words where Airflow gives more.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How much of the time is left for stopping a run, for how long one is looked for at most, and the pause between
/// two looks.
const STOPPING: Duration = Duration::from_millis(800);
const LOOKING: Duration = Duration::from_secs(10);
pub(super) const AGAIN: Duration = Duration::from_millis(250);

/// How long it may take from SIGTERM to the end.
pub(super) fn ended_within(context: &RunContext) -> Duration {
    let grace = Duration::from_secs(context.grace.unwrap_or_default());
    let grace = if broken!(EndsTooLate) { grace + Duration::from_secs(10) } else { grace };
    grace.saturating_sub(LAST_WORDS).max(ENDED)
}

/// For how long a run is looked for.
pub(super) fn looking(context: &RunContext) -> Duration {
    ended_within(context).saturating_sub(ANSWER + STOPPING).min(LOOKING)
}
