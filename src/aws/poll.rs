//! How long to wait between two looks at something that runs.

use std::time::Duration;

/// A growing interval. Every wait is jittered, so that tasks that started together do not ask together.
#[derive(Clone, Debug)]
pub struct Pace {
    next: Duration,
    longest: Duration,
    growth: f64,
}

/// How much a throttled caller slows down, beyond its usual growth.
const THROTTLED: f64 = 2.0;

/// How far throttling may stretch the interval beyond its usual longest.
const THROTTLED_LONGEST: u32 = 4;

impl Pace {
    /// Begins with `first` and grows by half each time, up to `longest`.
    pub fn growing(first: Duration, longest: Duration) -> Self {
        Self { next: first.min(longest), longest, growth: 1.5 }
    }

    /// Always the same interval.
    pub fn steady(every: Duration) -> Self {
        Self { next: every, longest: every, growth: 1.0 }
    }

    /// Returns the next wait: up to a tenth shorter or longer than the interval.
    pub fn wait(&mut self) -> Duration {
        let wait = self.next.mul_f64(0.9 + fastrand::f64() * 0.2);
        self.next = self.next.mul_f64(self.growth).min(self.longest.max(self.next));
        wait
    }

    /// The service throttles: all further waits are longer.
    pub fn slow_down(&mut self) {
        self.longest = self.longest.max(self.next.mul_f64(THROTTLED)).min(self.ceiling());
        self.next = self.next.mul_f64(THROTTLED).min(self.longest);
    }

    fn ceiling(&self) -> Duration {
        (self.longest * THROTTLED_LONGEST).min(Duration::from_mins(5)).max(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_about(wait: Duration, seconds: f64) -> bool {
        (wait.as_secs_f64() - seconds).abs() <= seconds * 0.101
    }

    #[test]
    fn intervals_grow_up_to_the_longest_and_jitter() {
        let mut pace = Pace::growing(Duration::from_secs(2), Duration::from_secs(6));
        for expected in [2.0, 3.0, 4.5, 6.0, 6.0] {
            let wait = pace.wait();
            assert!(is_about(wait, expected), "{wait:?} {expected}");
        }
        let waits: Vec<_> = (0..8).map(|_| pace.wait()).collect();
        assert!(waits.iter().any(|wait| *wait != waits[0]));
    }

    #[test]
    fn throttling_stretches_the_interval_but_not_for_ever() {
        let mut pace = Pace::steady(Duration::from_secs(10));
        pace.slow_down();
        assert!(is_about(pace.wait(), 20.0));
        for _ in 0..20 {
            pace.slow_down();
        }
        assert!(pace.wait() <= Duration::from_secs(330));
    }
}
