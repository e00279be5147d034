//! Calls that may be repeated: until they are answered, for as long as that may help.

use super::Run;
use super::job::{Listing, RemoteJob};
use super::patience::Patience;
use crate::exec::outcome::{Failure, Trouble};
use crate::exec::time;

/// Lists the task's runs.
pub(super) async fn find<J: RemoteJob>(job: &mut J, run: &Run<'_>) -> Result<Listing<J::Handle>, Failure> {
    let ask = async |job: &mut J| {
        let asked = run.clock.now();
        Ok(Listing { found: job.find(&run.key).await?, asked })
    };
    patiently(run, ask, job).await
}

/// Repeats a call that may be repeated until it is answered, for as long as that may help.
pub(super) async fn patiently<J, T>(
    run: &Run<'_>,
    call: impl AsyncFn(&mut J) -> Result<T, Trouble>,
    job: &mut J,
) -> Result<T, Failure> {
    let mut patience = Patience::new(run.clock.now());
    loop {
        let error = match call(job).await {
            Ok(answer) => {
                run.reach.answered.set(true);
                return Ok(answer);
            }
            Err(Trouble::Failed(failure)) => return Err(failure),
            Err(Trouble::Aws(error)) => error,
        };
        let pause = patience.pause(&error, &run.reach, run.clock.now())?;
        run.log.warning(format!("{error}: trying again"));
        time::sleep(pause).await;
    }
}
