//! The run by which a service has followed one that has failed, as Glue does for jobs with `MaxRetries`.

use super::Run;
use super::decide::{Next, decide, goes_on};
use super::facts::{earlier, first_look};
use super::job::{Found, Listing, RemoteJob};
use super::listing::find;
use super::settle::{Open, Settling};
use crate::exec::Exit;
use crate::exec::outcome::Failure;
use crate::exec::time;
use std::time::Duration;

/// Finds the run that has followed one that has failed, beside which another one may be missing in a listing until then; gives
/// the failure when there is none.
pub(super) async fn follower<J: RemoteJob>(
    job: &mut J,
    run: &Run<'_>,
    (handle, unseen_until): (&J::Handle, Option<Duration>),
    failure: Failure,
) -> Result<J::Handle, Failure> {
    let within = match failure.exit {
        Exit::Retry => job.follows_within().await,
        _ if unseen_until.is_none() => return Err(failure),
        _ => Duration::ZERO,
    };
    if !within.is_zero() {
        let seconds = within.as_secs();
        run.log
            .info(format!("{failure}; looking whether it is started again by itself, {seconds} s at most"));
    }
    let open = Open::NoneAfter(handle.clone());
    let mut settling = Settling::new(open, run.clock.now(), within, job.pace());
    loop {
        let Listing { found, asked } = match find(job, run).await {
            Ok(listing) => listing,
            Err(_) if within.is_zero() => return Err(beside(job, unseen_until, failure)),
            Err(trouble) => return Err(unseen(job, failure, &trouble)),
        };
        let newer = newer(found, handle, run);
        let next = decide(&newer, run.key.generation(), first_look(run));
        let Some(pause) = settling.pause(&next, asked, run.clock.now()) else {
            let unseen_until = unseen_until.filter(|until| asked < *until);
            return followed((job, run), (handle, next), &newer, unseen_until, failure);
        };
        time::sleep(pause).await;
    }
}

/// Leaves what is listed before a run, as what follows it is.
fn newer<H: super::Handle>(mut found: Vec<Found<H>>, handle: &H, run: &Run<'_>) -> Vec<Found<H>> {
    earlier(run).disown(&mut found, run.key.generation());
    if !broken!(FollowsAnything) {
        found.truncate(found.iter().position(|found| found.handle == *handle).unwrap_or_default());
    }
    found
}

/// Gives the run that has followed, or the failure with what goes on or may.
fn followed<J: RemoteJob>(
    (job, run): (&J, &Run<'_>),
    (handle, next): (&J::Handle, Next<J::Handle>),
    newer: &[Found<J::Handle>],
    unseen_until: Option<Duration>,
    failure: Failure,
) -> Result<J::Handle, Failure> {
    let noun = J::NOUN;
    if let Next::Adopt(other) = next
        && other != *handle
    {
        run.log.warning(format!("{failure}; going on with {noun} {other}, which followed"));
        return Ok(other);
    }
    let Some(Found { handle, .. }) = newer.iter().find(|found| goes_on(&found.phase)) else {
        return Err(beside(job, unseen_until, failure));
    };
    let (Failure { exit, message }, link) = (failure, job.link(handle));
    Err(Failure { exit, message: format!("{message}; {noun} {handle} goes on: {link}") })
}

/// Says in the failure of a run that it cannot be seen what follows it.
fn unseen<J: RemoteJob>(job: &J, Failure { exit, message }: Failure, trouble: &Failure) -> Failure {
    let (trouble, place) = (&trouble.message, job.place());
    let what =
        format!("whether the service starts it again by itself cannot be seen: {trouble}; look at {place}");
    Failure { exit, message: format!("{message}; {what}") }
}

/// Says in the failure of a run what may go on beside it.
pub(super) fn beside<J: RemoteJob>(job: &J, unseen_until: Option<Duration>, failure: Failure) -> Failure {
    if unseen_until.is_none() {
        return failure;
    }
    let (Failure { exit, message }, noun, place) = (failure, J::NOUN, job.place());
    let message = format!("{message}; a {noun} that another attempt has started may go on: {place}");
    Failure { exit, message }
}
