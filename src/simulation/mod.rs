//! The promises of the runner, held by playing histories: at most one job goes on for a task, whatever dies.
//!
//! A history is played from a number, its seed: the real runner, from its first look to its last word, with a
//! simulated service, a simulated Airflow and a simulated time. What goes wrong in it, and when, is its [`script`].
//! The same seed gives the same history, byte for byte. `make simulate` plays them for a minute.
//!
//! | module | gives |
//! | --- | --- |
//! | [`script`] | what a history is played from |
//! | [`history`] | one history |
//! | [`airflow`] | attempts, retries, clears |
//! | [`world`] | the service as it really is; the calls and what happens to them |
//! | [`service`], [`services`], [`calls`] | what the runner is told of it |
//! | [`promises`] | what must hold |
//! | [`report`] | a history that breaks one, as short as it can be made |
//! | [`calibration`] | what was measured with the real worker, played: it comes to the same |
//!
//! Its time is `exec::time::simulated`; the runner broken on purpose is `exec::runner::breaks`.

mod airflow;
mod calibration;
mod calls;
mod crawler;
mod history;
mod process;
mod promises;
mod report;
mod script;
mod service;
mod services;
mod tests;
mod traits;
mod world;
