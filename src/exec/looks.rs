//! Waiting without a worker's slot: how long a look stays, and when the next one is due.
//!
//! Where a task waits with `reschedule`, Airflow runs it again and again within one attempt, and each of
//! these runs is a look. The first one starts the job and stays for a while, for jobs that are short; a
//! later one finds the job by its key and looks once. A look that ends while the job goes on says in how
//! many seconds the next one is due. As no look knows the one before it, the time of the attempt is counted
//! from the moment when its first look ended, which Airflow keeps.

use super::time::Instant;
use crate::lang::waiting::SHORTEST_INTERVAL;
use crate::plan::Reschedule;
use std::time::{Duration, SystemTime};

/// The least time to the next look, unless the step says a shorter one.
const SOONEST: Duration = Duration::from_mins(1);

/// How much of the time that an attempt has taken so far is waited until the next look.
const SHARE: u32 = 4;

/// How long a later look may take whatever time is left, so that a job that has ended in time counts.
const LAST: Duration = Duration::from_secs(10);

/// How far the clocks of Airflow and AWS may differ, and how long after the last request of a look Airflow
/// may note its end.
pub(crate) const SKEW: Duration = Duration::from_secs(30);

/// From when to when a job was running, as far as its service says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub started: Option<SystemTime>,
    pub ended: Option<SystemTime>,
}

impl Span {
    /// Finds what was running at a moment.
    pub(crate) fn nearest<T>(items: &[T], span: impl Fn(&T) -> Self, at: SystemTime) -> Option<&T> {
        let gap = |item: &&T| span(item).gap(at);
        items.iter().filter(|item| gap(item) <= SKEW).min_by_key(gap)
    }

    /// Says whether it was running at a moment, by the clocks as they are.
    pub(crate) fn is_at(self, at: SystemTime) -> bool {
        self.gap(at).is_zero()
    }

    /// Says whether it may have been running at a moment.
    pub(crate) fn is_near(self, at: SystemTime) -> bool {
        self.gap(at) <= SKEW
    }

    /// Says whether it was started after a moment.
    pub(crate) fn is_after(self, at: SystemTime) -> bool {
        self.started.is_some_and(|started| started > at)
    }

    /// Says whether it was started before a moment, however the clocks differ.
    pub(crate) fn is_before(self, at: SystemTime) -> bool {
        self.started.is_some_and(|started| started + SKEW < at)
    }

    fn gap(self, at: SystemTime) -> Duration {
        let Some(started) = self.started else { return Duration::MAX };
        let late = started.duration_since(at).unwrap_or_default();
        let early = self.ended.and_then(|ended| at.duration_since(ended).ok()).unwrap_or_default();
        late.max(early)
    }
}

/// The time since a task, or this look at it, began. It can be paused, as tokio's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    /// Begins.
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    /// How long ago that was.
    pub(crate) fn now(self) -> Duration {
        self.0.elapsed()
    }
}

/// The looks of one attempt; a task that stays in its slot has only one. Each `now` is the time since this
/// look began.
#[derive(Clone, Debug)]
pub(crate) struct Looks {
    /// When the first look ended; none in the first look.
    first_ended: Option<SystemTime>,
    /// How long the attempt had taken when this look began; none for the first look.
    before: Option<Duration>,
    reschedule: Option<Reschedule>,
    timeout: Option<Duration>,
}

impl Looks {
    /// Takes what the plan says, and when the first look ended; `now` is the time of the beginning.
    pub(crate) fn new(
        reschedule: Option<Reschedule>,
        timeout: Option<u64>,
        first_ended: Option<SystemTime>,
        now: SystemTime,
    ) -> Self {
        let first_ended = reschedule.and(first_ended);
        let before = reschedule.zip(first_ended).map(|(reschedule, ended)| {
            now.duration_since(ended).unwrap_or_default() + Duration::from_secs(reschedule.stay)
        });
        // Of a task that stays, Airflow holds the time itself.
        let timeout = reschedule.and(timeout).map(Duration::from_secs);
        Self { first_ended, before, reschedule, timeout }
    }

    /// How long the attempt has taken.
    pub(crate) fn elapsed(&self, now: Duration) -> Duration {
        self.before.unwrap_or_default() + now
    }

    /// When the first look ended, while the task's job was running; none in the first look.
    pub(crate) fn first_ended(&self) -> Option<SystemTime> {
        self.first_ended
    }

    /// Says whether another look of this attempt came before.
    pub(crate) fn is_later(&self) -> bool {
        self.before.is_some()
    }

    /// Says whether the task is looked at again and again within one attempt.
    pub(crate) fn are_many(&self) -> bool {
        self.reschedule.is_some()
    }

    /// How long ago the look before this one ended at least. It may have started a job itself, where a deploy has
    /// changed what the task does.
    pub(crate) fn since_the_one_before(&self, now: Duration) -> Duration {
        self.elapsed(now).min(Duration::from_secs(SHORTEST_INTERVAL) + now)
    }

    /// Says whether no look comes after this one, because the task's time is over.
    pub(crate) fn is_last(&self, now: Duration) -> bool {
        self.timeout.is_some_and(|timeout| self.elapsed(now) >= timeout)
    }

    /// Says whether this look ends here, when it would have to wait for so long to see more.
    pub(crate) fn end_before(&self, pause: Duration, now: Duration) -> bool {
        let Some(reschedule) = self.reschedule else { return false };
        let stays = !self.is_later() && now + pause <= Duration::from_secs(reschedule.stay);
        !stays && !self.is_last(now)
    }

    /// The time until the next look: it grows with the attempt.
    pub(crate) fn next(&self, now: Duration) -> Duration {
        let longest = self.reschedule.map_or(SOONEST, |reschedule| Duration::from_secs(reschedule.every));
        self.in_time((self.elapsed(now) / SHARE).max(SOONEST).min(longest), now)
    }

    /// Shortens a pause so that one look comes when the task's time is over, but not so much that Airflow
    /// mistakes it for this one; to whole seconds.
    pub(crate) fn in_time(&self, pause: Duration, now: Duration) -> Duration {
        let left = self.timeout.map(|timeout| timeout.saturating_sub(self.elapsed(now)));
        let seconds = left.map_or(pause, |left| pause.min(left)).as_secs_f64().ceil();
        Duration::from_secs_f64(seconds).max(Duration::from_secs(SHORTEST_INTERVAL))
    }

    /// For how long this look may go on; none for a task that stays in its slot.
    pub(crate) fn left(&self, now: Duration) -> Option<Duration> {
        let left = self.timeout?.saturating_sub(self.elapsed(now));
        Some(if self.is_later() { left.max(LAST) } else { left })
    }

    /// The task's time in seconds, for messages.
    pub(crate) fn limit(&self) -> u64 {
        self.timeout.unwrap_or_default().as_secs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A look whose first one ended so many seconds ago.
    fn looks(reschedule: Option<(u64, u64)>, timeout: Option<u64>, ended: Option<u64>) -> Looks {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(24);
        let ended = ended.map(|seconds| now - Duration::from_secs(seconds));
        Looks::new(reschedule.map(|(stay, every)| Reschedule { stay, every }), timeout, ended, now)
    }

    /// Each look may have started something: an hour after the first one the newest start may be half a minute old.
    #[test]
    fn what_is_known_of_the_look_before_is_the_shortest_interval() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(2);
        let looks = |ago| {
            let reschedule = Reschedule { stay: 0, every: 300 };
            Looks::new(Some(reschedule), None, Some(now - Duration::from_secs(ago)), now)
        };
        for (ago, expected) in [(5, 5), (30, 30), (3600, 30)] {
            let since = looks(ago).since_the_one_before(Duration::ZERO);
            assert_eq!(since, Duration::from_secs(expected), "{ago}");
        }
    }

    #[test]
    fn the_first_look_stays_and_later_ones_do_not() {
        let pause = Duration::from_secs(5);
        for (reschedule, ended, expected) in [
            (None, None, false),
            (None, Some(600), false),
            (Some((60, 300)), None, false),
            (Some((4, 300)), None, true),
            (Some((0, 300)), None, true),
            (Some((60, 300)), Some(1), true),
        ] {
            assert_eq!(
                looks(reschedule, None, ended).end_before(pause, Duration::ZERO),
                expected,
                "{reschedule:?} {ended:?}"
            );
        }
    }

    #[test]
    fn looks_become_rarer_and_one_comes_when_the_time_is_over() {
        for (every, timeout, ended, expected) in [
            (300, None, None, 60),
            (300, None, Some(340), 100),
            (300, None, Some(3600), 300),
            (45, None, Some(3600), 45),
            (300, Some(3600), Some(3350), 190),
            (300, Some(3600), Some(3520), 30),
            (300, Some(3600), Some(4000), 30),
        ] {
            let next = looks(Some((60, every)), timeout, ended).next(Duration::ZERO);
            assert_eq!(next.as_secs(), expected, "{every} {timeout:?} {ended:?}");
        }
    }

    #[test]
    fn the_time_of_a_task_is_that_of_all_its_looks() {
        let task = |ended| looks(Some((60, 300)), Some(3600), ended);
        assert!(!task(None).is_last(Duration::ZERO));
        assert!(!task(Some(3500)).is_last(Duration::ZERO));
        let last = task(Some(3540));
        assert!(last.is_last(Duration::ZERO));
        assert!(!last.end_before(Duration::from_secs(5), Duration::ZERO));
        assert!(!looks(None, Some(1), Some(3600)).is_last(Duration::ZERO));
    }

    #[test]
    fn what_was_running_at_a_moment_is_found() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let span = |started, ended: Option<u64>| Span { started: Some(at(started)), ended: ended.map(at) };
        let first = span(100, Some(200));
        let second = span(205, Some(300));
        let third = span(400, None);
        let spans = [third, second, first, Span::default()];
        for (moment, expected) in [
            (60, None),
            (75, Some(first)),
            (95, Some(first)),
            (150, Some(first)),
            (202, Some(first)),
            (204, Some(second)),
            (329, Some(second)),
            (350, None),
            (9_000, Some(third)),
        ] {
            assert_eq!(Span::nearest(&spans, |span| *span, at(moment)), expected.as_ref(), "{moment}");
        }
    }
}
