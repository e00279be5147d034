//! Work that the worker does itself: no service runs it, so that there is nothing to find again or to cancel.
//!
//! It is done in steps that may be done again, each by one call; an attempt that ends before its time leaves what was
//! done, and the next one goes on from there.

use super::Run;
use super::patience::Patience;
use crate::aws::AwsError;
use crate::exec::outcome::{Ended, Failure};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::future::Future;

/// Does such work to its end, or until `stop` is ready or the task's time is over.
pub(crate) async fn by_itself(
    run: &Run<'_>,
    doing: &str,
    work: impl Future<Output = Result<Ended, Failure>>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    tokio::select! {
        biased;
        ended = work => ended,
        () = stop => Err(Failure::cancelled(format!("stopped by SIGTERM while {doing}"))),
        () = run.time_is_over() => {
            let limit = run.looks.limit();
            Err(Failure::retry(format!("the task's time of {limit} s is over while {doing}")))
        }
    }
}

/// Does work on each of many things, on some of them at once; ends with the first failure.
pub(crate) async fn at_once<T, F>(
    lanes: usize,
    things: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> F,
) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    stream::iter(things).map(Ok).try_for_each_concurrent(lanes, work).await
}

/// Makes a call that may be repeated, again while it fails in passing.
pub(crate) async fn patiently<T, F>(run: &Run<'_>, call: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, AwsError>>,
{
    let mut patience = Patience::new(run.clock.now());
    loop {
        let error = match call().await {
            Ok(answer) => {
                run.reach.answered.set(true);
                return Ok(answer);
            }
            Err(error) => error,
        };
        let pause = patience.pause(&error, &run.reach, run.clock.now())?;
        run.log.warning(format!("{error}: trying again"));
        tokio::time::sleep(pause).await;
    }
}
