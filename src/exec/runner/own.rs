//! Work that the worker does itself: no service runs it, so that there is nothing to find again or to cancel.
//!
//! It is done in steps that may be done again, each by one call; an attempt that ends before its time leaves what was
//! done, and the next one goes on from there.

use super::Run;
use super::patience::Patience;
use crate::aws::AwsError;
use crate::exec::outcome::{Ended, Failure};
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::task::Poll;

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
    let things = RefCell::new(things.into_iter());
    let lane = async || {
        loop {
            let next = things.borrow_mut().next();
            let Some(thing) = next else { return Ok(()) };
            work(thing).await?;
        }
    };
    let mut lanes: Vec<_> = (0..lanes).map(|_| Box::pin(lane())).collect();
    poll_fn(|cx| {
        let mut failed = Ok(());
        lanes.retain_mut(|lane| match lane.as_mut().poll(cx) {
            Poll::Ready(Ok(())) => false,
            Poll::Ready(Err(failure)) => {
                failed = Err(failure);
                false
            }
            Poll::Pending => true,
        });
        if failed.is_err() || lanes.is_empty() { Poll::Ready(failed) } else { Poll::Pending }
    })
    .await
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
