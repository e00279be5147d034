//! How often, and when, a request is sent again.

use super::answer::Trouble;
use crate::aws::Pace;
use crate::exec::outcome::Failure;
use std::time::Duration;

/// How often a request is sent at most that fails in passing.
const ATTEMPTS: u32 = 6;

/// For how long one request is put off at most because the API asks for it.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// The repetitions of one request.
pub(super) struct Patience {
    pace: Pace,
    attempts: u32,
    waited: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let pace = Pace::growing(Duration::from_secs(1), Duration::from_secs(30));
        Self { pace, attempts: 0, waited: Duration::ZERO }
    }
}

impl Patience {
    /// Returns what is wrong, and the pause before the request is sent again; or that it is not. `told` names the request
    /// in what is told.
    pub(super) fn pause(
        &mut self,
        trouble: Trouble,
        is_repeatable: bool,
        told: impl Fn(String) -> String,
    ) -> Result<(String, Duration), Trouble> {
        match trouble {
            Trouble::Passing(why) if !is_repeatable => Err(Failure::for_good(told(format!(
                "{why}; whether the API has done what it was asked for is not known, and a POST is not sent again without \
                 `idempotent: true`"
            )))
            .into()),
            Trouble::Passing(why) => {
                self.attempts += 1;
                if self.attempts == ATTEMPTS {
                    let why = format!("{why}, {ATTEMPTS} times in a row");
                    return Err(Failure::retry(told(why)).into());
                }
                Ok((told(why), self.pace.wait()))
            }
            Trouble::Wait(why, asked_for) => {
                if asked_for.is_none() {
                    self.pace.slow_down();
                }
                let pause = asked_for.unwrap_or_else(|| self.pace.wait());
                self.waited = self.waited.saturating_add(pause);
                if self.waited > LONGEST_WAIT {
                    let why = format!("{why}, and asks to wait for {} s", self.waited.as_secs());
                    return Err(Failure::retry(told(why)).into());
                }
                Ok((told(why), pause))
            }
            trouble => Err(trouble),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Exit;

    fn ends(patience: &mut Patience, trouble: Trouble, is_repeatable: bool) -> Failure {
        match patience.pause(trouble, is_repeatable, |why| format!("GET x: {why}")) {
            Err(Trouble::Failed(failure)) => failure,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_fails_is_sent_again_so_often() {
        let mut patience = Patience::default();
        let passing = || Trouble::Passing("oh".to_owned());
        for _ in 1..ATTEMPTS {
            let (why, pause) = patience.pause(passing(), true, |why| why).unwrap();
            assert!(why == "oh" && pause < Duration::from_secs(31), "{why} {pause:?}");
        }
        let failure = ends(&mut patience, passing(), true);
        assert_eq!((failure.exit, failure.message.as_str()), (Exit::Retry, "GET x: oh, 6 times in a row"));
        assert_eq!(ends(&mut Patience::default(), passing(), false).exit, Exit::ForGood);
    }

    #[test]
    fn an_hour_is_waited_for() {
        let mut patience = Patience::default();
        let wait = |seconds| Trouble::Wait("slow".to_owned(), Some(Duration::from_secs(seconds)));
        for _ in 0..2 {
            let (_, pause) = patience.pause(wait(1800), true, |why| why).unwrap();
            assert_eq!(pause, Duration::from_mins(30));
        }
        assert_eq!(ends(&mut patience, wait(1), true).exit, Exit::Retry);
        assert_eq!(ends(&mut Patience::default(), wait(u64::MAX), true).exit, Exit::Retry);
    }
}
