//! Invocations of functions: each is sent at most once, and what came of it is known from the answer alone.
//!
//! Lambda lists no invocations and takes no token: they are run by [`once`]. A call that is waited for may take as long
//! as a function may, fifteen minutes.

use super::job::{self, INVOKE, InvokeFunction, LONGEST_EVENT, LONGEST_PAYLOAD};
use crate::aws::json::{Answered, Client, Refused, Rest, Service, Wire};
use crate::aws::{self, AwsError};
use crate::exec::given::given;
use crate::exec::key::{Identity, content};
use crate::exec::log::Log;
use crate::exec::mask::Mask;
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::runner::{Once, Run, once, seconds};
use crate::exec::start::{Start, in_region};
use crate::service::call::Operation;
use crate::service::output::LONGEST_OUTPUT;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::base64;
use serde::Deserialize;
use serde_json::json;
use std::future::Future;
use std::time::Duration;

/// As its model says (2015-03-31).
const LAMBDA: Service = Service { id: "Lambda", name: "lambda", target: "", version: "" };

/// How long an answer may take: fifteen minutes, and what the way takes.
const LONGEST_RUN: Duration = Duration::from_secs(15 * 60 + 30);

/// What is sent.
#[derive(Clone, Debug)]
struct Invoke {
    function: String,
    qualifier: Option<String>,
    is_event: bool,
    payload: String,
}

/// What is answered.
#[derive(Debug, Default)]
struct Invoked {
    request: String,
    version: Option<String>,
    /// It has failed: `Handled` by its runtime, or `Unhandled`.
    error: Option<String>,
    /// The end of its log.
    log: Option<String>,
    payload: String,
}

impl Wire for Invoke {
    type Answer = Invoked;

    const OPERATION: Operation = INVOKE;
    const HOST_PREFIX: &'static str = "";

    fn serialized(&self, _: &Service) -> Result<HttpRequest, BoxError> {
        let post = Rest::post(&["/2015-03-31/functions/", &self.function, "/invocations"])
            .query("Qualifier", self.qualifier.as_deref())
            .body(&self.payload);
        let post = if self.is_event {
            post.header("x-amz-invocation-type", "Event")
        } else {
            post.header("x-amz-invocation-type", "RequestResponse").header("x-amz-log-type", "Tail")
        };
        post.request()
    }

    fn answered(response: &HttpResponse) -> Result<Invoked, OrchestratorError<Refused>> {
        let answered = Answered::of(response)?;
        let log = answered.header("x-amz-log-result").and_then(|log| base64::decode(log).ok());
        Ok(Invoked {
            request: answered.header("x-amzn-requestid").unwrap_or_default(),
            version: answered.header("x-amz-executed-version"),
            error: answered.header("x-amz-function-error"),
            log: log.map(|log| String::from_utf8_lossy(&log).into_owned()),
            payload: String::from_utf8_lossy(answered.body).into_owned(),
        })
    }
}

/// Why a function says that it has failed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Told {
    error_message: Option<String>,
    error_type: Option<String>,
    #[serde(alias = "trace")]
    stack_trace: Vec<serde_json::Value>,
}

/// Invokes the function of a step.
pub(crate) async fn run(
    spec: &InvokeFunction,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let region = aws::region(start.config);
    let function = &spec.function;
    in_region(function, function.region(), &region)?;
    let payload = spec.payload.render(start.values)?.to_string();
    let most = if spec.no_wait { LONGEST_EVENT } else { LONGEST_PAYLOAD };
    if payload.len() > most {
        let bytes = payload.len();
        return Err(Failure::for_good(format!("the payload has {bytes} bytes, and Lambda takes {most}")));
    }
    let run = (start.run)(Identity { kind: "invoke_function", target: Vec::new(), content: content([]) });
    let link = job::link(&region, &function.name);
    let invoke = Invoke {
        function: function.target(),
        qualifier: function.qualifier.clone(),
        is_event: spec.no_wait,
        payload,
    };
    let client = Client::new(start.config, &LAMBDA);
    let done = format!("the function `{function}` was invoked");
    let calling = Once { done: &done, is_idempotent: spec.idempotent, place: &link };
    let mut invoked = once(&run, calling, || sent(&client, invoke.clone()), stop).await?;
    let mask = Mask::new(&start.values.params, &start.values.outputs);
    if let Some(tail) = &invoked.log {
        logged(&mask.text(tail.clone()), run.log);
    }
    if let Some(kind) = invoked.error.take() {
        return Err(failed(spec, &kind, &invoked, &mask, run.log));
    }
    outputs(spec, &invoked, &link, &run).map(Ended::Done)
}

async fn sent(client: &Client, invoke: Invoke) -> Result<Invoked, AwsError> {
    aws::send_for(client.request(invoke), LONGEST_RUN).await
}

/// Passes on the end of its log.
fn logged(tail: &str, log: &Log<'_>) {
    log.info("the end of the function's log, of 4 KB at most:");
    for line in tail.lines() {
        log.info(format!("    {line}"));
    }
}

/// Says why a function has failed. What has failed may have done some of its work: it is done again only where that does
/// no harm.
fn failed(spec: &InvokeFunction, kind: &str, invoked: &Invoked, mask: &Mask, log: &Log<'_>) -> Failure {
    let told: Told = serde_json::from_str(&invoked.payload).unwrap_or_default();
    for line in &told.stack_trace {
        let line = line.as_str().map_or_else(|| line.to_string(), str::to_owned);
        for line in mask.text(line).lines() {
            log.info(format!("    {line}"));
        }
    }
    let parts = [told.error_type, told.error_message].into_iter().flatten();
    let why: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(": ")) };
    let (function, request) = (&spec.function, &invoked.request);
    let message = mask.text(format!("the function `{function}` has failed ({kind}, request {request}){why}"));
    if spec.idempotent {
        return Failure::retry(message);
    }
    Failure::for_good(format!(
        "{message}; it is not invoked again, as it may have done some of its work: a function that may be run more \
         than once says `idempotent: true`"
    ))
}

fn outputs(spec: &InvokeFunction, invoked: &Invoked, link: &str, run: &Run<'_>) -> Result<Outputs, Failure> {
    let mut outputs = Outputs::new();
    let text = Some(invoked.payload.as_str()).filter(|text| !text.is_empty());
    let what = format!("the function `{}`", spec.function);
    given(&what, text, &spec.members, LONGEST_OUTPUT, &mut outputs)?;
    outputs.extend([
        ("handle".to_owned(), json!(invoked.request)),
        ("url".to_owned(), json!(link)),
        ("seconds".to_owned(), json!(seconds(run.looks.elapsed(run.clock.now())))),
        ("version".to_owned(), json!(invoked.version)),
        ("gigabyte_seconds".to_owned(), json!(invoked.log.as_deref().and_then(used))),
    ]);
    Ok(outputs)
}

/// Reads what a function has used in the report at the end of its log.
fn used(log: &str) -> Option<f64> {
    let report = log.lines().rev().find(|line| line.starts_with("REPORT "))?;
    let number =
        |name: &str| -> Option<f64> { report.split_once(name)?.1.split_whitespace().next()?.parse().ok() };
    Some(number("Memory Size: ")? / 1024.0 * number("Billed Duration: ")? / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_stands_in_the_report() {
        let log = "START RequestId: r\nREPORT RequestId: r\tDuration: 1500.10 ms\tBilled Duration: 2000 ms\t\
                   Memory Size: 512 MB\tMax Memory Used: 40 MB\t\n";
        assert_eq!(used(log), Some(1.0));
        for log in ["", "REPORT RequestId: r", "REPORT Memory Size: x MB\tBilled Duration: 1 ms"] {
            assert_eq!(used(log), None, "{log}");
        }
    }
}
