//! The effects: what was decided is sent to the service, and what it answers is told to the decision.

use super::acquire::{Acquiring, Step};
use super::facts::facts;
use super::follow::{beside, follower};
use super::found::stopped;
use super::job::{Attempt, Phase, Prepared, RemoteJob};
use super::listing::{find, patiently};
use super::stop::{Held, State};
use super::watch::{Verdict, Watch};
use super::{Run, seconds};
use crate::exec::outcome::{Ended, Failure, Outputs, Trouble};
use crate::exec::time;
use serde_json::{Value, json};
use std::time::Duration;

/// Brings a job to its end, or to the end of the look.
pub(super) async fn drive<J: RemoteJob>(
    job: &mut J,
    run: &Run<'_>,
    state: &State<J::Handle>,
) -> Result<Ended, Failure> {
    let (mut handle, found, mut polled) = match acquire(job, run, state).await? {
        Acquired::Job { handle, found, polled } => (handle, found, polled),
        Acquired::Nothing(outputs) => return Ok(Ended::Done(unstarted(common(outputs, run, false), job))),
    };
    let unseen_until = found.and_then(|found| found.unseen_until);
    loop {
        state.held.replace(Held::Run(handle.clone()));
        run.log.info(job.link(&handle));
        let failure = match watch(job, run, &handle, polled.take()).await {
            Watched::Succeeded => break,
            Watched::GoesOn(name) => return Ok(Ended::GoesOn(going_on(job, run, &handle, &name))),
            Watched::Failed(failure) => failure,
            Watched::Left(failure) => return Err(beside(job, unseen_until, failure)),
        };
        state.held.replace(Held::Failed(handle.clone()));
        handle = follower(job, run, (&handle, unseen_until), failure).await?;
    }
    state.held.replace(Held::Done(handle.clone()));
    let outputs = patiently(run, async |job: &mut J| job.outputs(&handle, run.log).await, job).await?;
    Ok(Ended::Done(identified(common(outputs, run, found.is_some()), job, &handle)))
}

fn going_on<J: RemoteJob>(job: &J, run: &Run<'_>, handle: &J::Handle, state: &str) -> Outputs {
    let next = run.looks.next(run.clock.now()).as_secs();
    run.log.info(format!("{} {handle} goes on: the next look is in {next} s", J::NOUN));
    let mut outputs = Outputs::new();
    outputs.insert("key".to_owned(), json!(run.key.to_string()));
    outputs.insert("state".to_owned(), json!(state));
    outputs.insert("next_look".to_owned(), json!(next));
    identified(outputs, job, handle)
}

fn identified<J: RemoteJob>(mut outputs: Outputs, job: &J, handle: &J::Handle) -> Outputs {
    outputs.insert("handle".to_owned(), json!(handle.to_string()));
    outputs.insert("url".to_owned(), json!(job.link(handle)));
    outputs
}

/// There was nothing to start: what every job gives is there all the same.
fn unstarted<J: RemoteJob>(mut outputs: Outputs, job: &J) -> Outputs {
    outputs.insert("handle".to_owned(), Value::Null);
    outputs.insert("url".to_owned(), json!(job.place()));
    outputs
}

fn common(mut outputs: Outputs, run: &Run<'_>, is_adopted: bool) -> Outputs {
    outputs.insert("key".to_owned(), json!(run.key.to_string()));
    outputs.insert("adopted".to_owned(), json!(is_adopted));
    outputs.insert("seconds".to_owned(), json!(seconds(run.looks.elapsed(run.clock.now()))));
    outputs
}

enum Acquired<H> {
    /// The run, where it was found, and how it was when it was looked at.
    Job {
        handle: H,
        found: Option<Adopted>,
        polled: Option<Phase>,
    },
    Nothing(Outputs),
}

/// A run was found.
#[derive(Clone, Copy)]
struct Adopted {
    /// Until when another one may be missing in a listing; none when there can be no other.
    unseen_until: Option<Duration>,
}

/// Finds the job or starts it.
async fn acquire<J: RemoteJob>(
    job: &mut J,
    run: &Run<'_>,
    state: &State<J::Handle>,
) -> Result<Acquired<J::Handle>, Failure> {
    let mut acquiring = Acquiring::new(facts(job, run));
    let mut step = acquiring.began(run.clock.now());
    loop {
        step = match step {
            Step::Look(pause) => {
                time::sleep(pause).await;
                let found = find(job, run).await;
                let found = found.map_err(|failure| unseen(job, &acquiring, failure))?;
                state.held.replace(Held::Nothing);
                acquiring.found(found, run.clock.now())
            }
            Step::Confirm(handle) => {
                state.held.replace(Held::Run(handle.clone()));
                state.unseen_until.set(acquiring.unseen_until());
                match job.look(&handle).await {
                    Ok(phase) => {
                        state.held.replace(Held::Nothing);
                        acquiring.confirmed(handle, phase, run.clock.now())
                    }
                    // It is held until a listing tells more.
                    Err(trouble) => acquiring.unconfirmed(handle, &trouble),
                }
            }
            Step::Cancel(handle) => {
                let answer = job.cancel(&handle).await;
                acquiring.cancelled(handle, answer)
            }
            Step::Start(failed) => {
                let attempt =
                    Attempt { key: run.key.clone(), of_task: run.context.try_number, number: failed };
                let prepare = async |job: &mut J| job.prepare(&attempt, run.log).await;
                if let Prepared::Nothing(outputs) = patiently(run, prepare, job).await? {
                    return Ok(Acquired::Nothing(outputs));
                }
                state.starting.replace(Some(attempt.clone()));
                match job.start(&attempt).await {
                    Ok(handle) => {
                        state.held.replace(Held::Run(handle.clone()));
                        state.unseen_until.set(None);
                        state.starting.take();
                        run.log.info(format!("started {} {handle}", J::NOUN));
                        return Ok(Acquired::Job { handle, found: None, polled: None });
                    }
                    Err(Trouble::Failed(failure)) => return Err(failure),
                    Err(Trouble::Aws(error)) => acquiring.not_started(error, run.clock.now()),
                }
            }
            Step::Adopt(handle, polled) => {
                state.held.replace(Held::Run(handle.clone()));
                state.starting.take();
                state.unseen_until.set(acquiring.unseen_until());
                let found = Some(Adopted { unseen_until: acquiring.unseen_until() });
                return Ok(Acquired::Job { handle, found, polled });
            }
            Step::Fail(failure) if acquiring.may_have_started() => {
                return Err(unseen(job, &acquiring, failure));
            }
            Step::Fail(failure) => return Err(failure),
        };
        if !acquiring.may_have_started() {
            state.starting.take();
        }
    }
}

/// Says in a failure what may go on meanwhile, and where.
fn unseen<J: RemoteJob>(
    job: &J,
    acquiring: &Acquiring<'_, J::Handle>,
    Failure { exit, message }: Failure,
) -> Failure {
    let (noun, place) = (J::NOUN, job.place());
    let what = if acquiring.may_have_started() {
        format!("; a {noun} was being started, and may go on: {place}")
    } else if acquiring.follows_others() {
        format!("; a {noun} that was started before may go on: {place}")
    } else {
        String::new()
    };
    Failure { exit, message: message + &what }
}

/// What waiting for a run has led to.
enum Watched {
    Succeeded,
    /// The look ends while the run is in this state.
    GoesOn(String),
    /// It has failed, or there is no such run any more.
    Failed(Failure),
    /// It is waited for no longer, and goes on or was told to stop.
    Left(Failure),
}

/// Waits until a run has ended, or the look ends.
async fn watch<J: RemoteJob>(
    job: &mut J,
    run: &Run<'_>,
    handle: &J::Handle,
    mut polled: Option<Phase>,
) -> Watched {
    let unseen_until = run.clock.now() + job.unseen();
    let mut watch = Watch::new((J::NOUN, handle), &run.looks, run.log, job.pace(), unseen_until);
    loop {
        let polled = match polled.take() {
            Some(phase) => Ok(phase),
            None => job.poll(handle).await,
        };
        if watch.reads_log(&polled, run.clock.now()) {
            job.follow(handle, run.log).await;
        }
        match watch.polled(polled, run.clock.now()) {
            Verdict::Again(pause) => time::sleep(pause).await,
            Verdict::GoesOn(state) => return Watched::GoesOn(state),
            Verdict::Succeeded => return Watched::Succeeded,
            Verdict::Failed(failure) => {
                return Watched::Failed(job.explain(handle, failure, run.log).await);
            }
            Verdict::Lost(failure) => return Watched::Failed(failure),
            Verdict::OutOfSight(Failure { exit, message }) => {
                let message = format!("{message}: {}", job.link(handle));
                return Watched::Left(Failure { exit, message });
            }
            Verdict::Abandoned(Failure { exit, message }) => {
                let what = stopped(job, run, handle).await;
                return Watched::Left(Failure { exit, message: format!("{message}; {what}") });
            }
        }
    }
}
