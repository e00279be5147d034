//! The runner's time: tokio's, and in tests a simulated one on the threads that play.
//!
//! All that the runner waits for, it waits for here.

#[cfg(test)]
pub(crate) mod simulated;

#[cfg(test)]
pub(in crate::exec) use simulated::{Instant, sleep, timeout};
#[cfg(not(test))]
pub(in crate::exec) use tokio::time::{Instant, sleep, timeout};
