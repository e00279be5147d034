//! Executions of express state machines: each is started at most once, and what came of it is known from the answer
//! alone.

use super::api::{Execution, StartExecution, StartSyncExecution};
use super::job;
use super::{MARK, MachineJob, meaning};
use crate::exec::given::given;
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::runner::{Once, Phase, Run, once, patiently, seconds};
use crate::service::output::LONGEST_OUTPUT;
use serde_json::{Value, json};
use std::future::Future;

/// Starts one, and waits for its end where the step does.
pub(super) async fn run(
    mut job: MachineJob,
    run: Run<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let name = job.spec.state_machine.name.clone();
    let machine = match job.machine.take() {
        Some(machine) => machine,
        None => patiently(&run, || job.api.machine(&name)).await?,
    };
    let place = job::place(&job.region, Some(&machine));
    let target = job.target_of(machine);
    let done = format!("an execution of `{name}` was started");
    let calling = Once { done: &done, is_idempotent: job.spec.idempotent, place: &place };
    let started = calls(&job, &run, calling, target, stop).await?;
    run.log.info(format!("execution {}: {}", started.arn, job::link(&job.region, &started.arn)));
    let outputs = ended(&job, &started).map_err(|failure| told(&job, failure))?;
    Ok(Ended::Done(with_run(&job, &run, &started, outputs)))
}

/// Sends the start.
async fn calls(
    job: &MachineJob,
    run: &Run<'_>,
    calling: Once<'_>,
    target: String,
    stop: impl Future<Output = ()>,
) -> Result<Execution, Failure> {
    // The name marks it in its log; two of one name are two executions.
    let name = format!("{MARK}{}-{}", run.key, run.context.try_number);
    let (state_machine_arn, input) = (target, job.input.clone());
    if job.spec.no_wait {
        let start = StartExecution { state_machine_arn, name, input };
        let arn = once(run, calling, || job.api.start(start.clone()), stop).await?;
        return Ok(Execution { arn, status: "RUNNING".to_owned(), ..Execution::default() });
    }
    let start = StartSyncExecution { state_machine_arn, name, input };
    once(run, calling, || job.api.start_sync(start.clone()), stop).await
}

/// What an execution gives that has ended, or is not waited for.
fn ended(job: &MachineJob, execution: &Execution) -> Result<Outputs, Failure> {
    match meaning::phase(execution, job.spec.no_wait) {
        Phase::Succeeded => {
            let mut outputs = Outputs::new();
            let what = format!("execution {}", execution.arn);
            let text = execution.output.as_deref();
            given(&what, text, &job.spec.members, LONGEST_OUTPUT, &mut outputs)?;
            Ok(outputs)
        }
        Phase::Failed(failure) => Err(job.masked(failure)),
        Phase::Running(state) | Phase::Stopping(state) | Phase::Unknown(state) => Err(Failure::for_good(
            format!("execution {} is answered in the state `{state}`: it counts as failed", execution.arn),
        )),
    }
}

/// What has failed may have done some of its work: it is done again only where that does no harm.
fn told(job: &MachineJob, failure: Failure) -> Failure {
    if job.spec.idempotent { failure } else { Failure::for_good(failure.message) }
}

fn with_run(job: &MachineJob, run: &Run<'_>, execution: &Execution, mut outputs: Outputs) -> Outputs {
    let billed = &execution.billing_details;
    let used = billed.megabytes.zip(billed.milliseconds);
    let used = used.map_or(Value::Null, |(memory, time)| json!(memory / 1024.0 * time / 1000.0));
    outputs.extend([
        ("handle".to_owned(), json!(execution.arn)),
        ("url".to_owned(), json!(job::link(&job.region, &execution.arn))),
        ("key".to_owned(), json!(run.key.to_string())),
        ("seconds".to_owned(), json!(seconds(run.looks.elapsed(run.clock.now())))),
        ("adopted".to_owned(), json!(false)),
        ("gigabyte_seconds".to_owned(), used),
    ]);
    outputs
}
