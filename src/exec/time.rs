//! The runner's time: tokio's, and in tests a simulated one on the threads that play.
//!
//! All that the runner waits for, it waits for here.

#[cfg(test)]
pub(crate) mod simulated;

#[cfg(test)]
pub(in crate::exec) use simulated::timeout;
#[cfg(test)]
pub(crate) use simulated::{Instant, sleep};
#[cfg(not(test))]
pub(in crate::exec) use tokio::time::timeout;
#[cfg(not(test))]
pub(crate) use tokio::time::{Instant, sleep};
