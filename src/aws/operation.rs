//! Requests of the SDK, each tied to its [`Operation`], and the one way to send them.
//!
//! Takes a request as the SDK builds it and gives its answer or an [`AwsError`]. What may be repeated is known
//! from the request's type and not said by the caller: the SDK's retries are on for calls that read, or put
//! the same thing in place, and off for all that start or create something. A request of a type that is not
//! tied to an operation cannot be sent, and nothing outside of this module sends one (`tests/layers.rs`).

use super::client::{ATTEMPTS, NEVER, USUAL};
use super::{AwsError, Kind, Pace};
use crate::service::call::{Operation, Retry};
use crate::service::{
    folder, glue_crawler::job as glue_crawler, glue_job::job as glue_job, logs, objects,
    redshift::job as redshift,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use std::error::Error;
use std::future::Future;
use std::time::Duration;

/// A request of the SDK whose operation is known.
pub trait Request: Send + Sized {
    /// What the service answers.
    type Output: Send;
    /// What the service refuses with.
    type Refusal: ProvideErrorMetadata + Error + Send + Sync + 'static;

    /// The call.
    const OPERATION: Operation;

    /// The call, as this very request makes it.
    fn operation(&self) -> Operation {
        Self::OPERATION
    }

    /// Sends it with these settings. Use [`send`].
    fn sent(self, settings: Overrides) -> impl Future<Output = Answer<Self>> + Send;
}

/// A request that is answered page by page.
pub trait Paged: Request + Clone {
    /// Asks for the page that a token names.
    #[must_use]
    fn page(self, token: Option<String>) -> Self;
    /// The token of the next page.
    fn next(answer: &Self::Output) -> Option<&str>;
}

/// What the SDK gives.
pub type Answer<R> = Result<<R as Request>::Output, SdkError<<R as Request>::Refusal, HttpResponse>>;

/// What one call has other than its client.
#[derive(Clone, Debug)]
pub struct Overrides {
    retry: RetryConfig,
    timeouts: Option<TimeoutConfig>,
}

/// Sends a request: as often as its operation says.
pub async fn send<R: Request>(request: R) -> Result<R::Output, AwsError> {
    send_within(request, None).await
}

/// Sends what creates something, and again where the service has refused it for too many calls: then nothing
/// was created.
pub async fn insist<R: Request>(
    request: impl Fn() -> R,
    timeouts: Option<TimeoutConfig>,
) -> Result<R::Output, AwsError> {
    let mut pace = Pace::growing(Duration::from_millis(500), Duration::from_secs(20));
    for _ in 1..ATTEMPTS {
        match send_within(request(), timeouts.clone()).await {
            Err(error) if error.kind == Kind::Throttled => tokio::time::sleep(pace.wait()).await,
            answer => return answer,
        }
    }
    send_within(request(), timeouts).await
}

/// Sends a request that may take longer or shorter than usual.
pub async fn send_within<R: Request>(
    request: R,
    timeouts: Option<TimeoutConfig>,
) -> Result<R::Output, AwsError> {
    let operation = request.operation();
    let retry = match operation.retry {
        Retry::Usual => USUAL,
        // What is throttled is sent again by `insist`.
        Retry::Throttled | Retry::Never => NEVER,
    };
    request.sent(Overrides { retry: retry(), timeouts }).await.map_err(|error| operation.error(error))
}

/// The pages of an answer, which are asked for one by one.
#[derive(Debug)]
pub struct Pages<R> {
    request: R,
    /// The token of the next page; none for the first.
    token: Option<String>,
    has_ended: bool,
}

/// Begins to read what is answered page by page.
pub fn pages<R: Paged>(request: R) -> Pages<R> {
    Pages { request, token: None, has_ended: false }
}

impl<R: Paged> Pages<R> {
    /// Returns the next page, none after the last.
    pub async fn next(&mut self) -> Result<Option<R::Output>, AwsError> {
        if self.has_ended {
            return Ok(None);
        }
        let answer = send(self.request.clone().page(self.token.clone())).await?;
        let next = R::next(&answer).filter(|next| !next.is_empty());
        // A service that names the same page again would be asked for ever.
        self.has_ended = next.is_none() || next == self.token.as_deref();
        self.token = next.map(str::to_owned);
        Ok(Some(answer))
    }
}

/// Ties requests to their operations. A row: the crate and the module of the operation, its types (request, answer,
/// refusal), the operation; for an answer in pages how the next one is asked for and what names it.
macro_rules! requests {
    ($($sdk:ident :: $module:ident [$request:ident $output:ident $refusal:ident] = $operation:expr
        $(, pages $set:ident $get:ident)? $(, except $except:path)?;)+) => {$(
        impl Request for $sdk::operation::$module::builders::$request {
            type Output = $sdk::operation::$module::$output;
            type Refusal = $sdk::operation::$module::$refusal;

            const OPERATION: Operation = $operation;

            $(fn operation(&self) -> Operation {
                $except(self)
            })?

            async fn sent(self, settings: Overrides) -> Answer<Self> {
                let mut config = $sdk::Config::builder().retry_config(settings.retry);
                config.set_timeout_config(settings.timeouts);
                self.customize().config_override(config).send().await
            }
        }
        $(impl Paged for $sdk::operation::$module::builders::$request {
            fn page(self, token: Option<String>) -> Self {
                self.$set(token)
            }

            fn next(answer: &Self::Output) -> Option<&str> {
                answer.$get()
            }
        })?
    )+};
}

requests! {
    aws_sdk_cloudwatchlogs::filter_log_events[FilterLogEventsFluentBuilder FilterLogEventsOutput FilterLogEventsError] = logs::FILTER_LOG_EVENTS, pages set_next_token next_token;
    aws_sdk_cloudwatchlogs::get_log_events[GetLogEventsFluentBuilder GetLogEventsOutput GetLogEventsError] = logs::GET_LOG_EVENTS;

    aws_sdk_glue::batch_stop_job_run[BatchStopJobRunFluentBuilder BatchStopJobRunOutput BatchStopJobRunError] = glue_job::BATCH_STOP_JOB_RUN;
    aws_sdk_glue::create_crawler[CreateCrawlerFluentBuilder CreateCrawlerOutput CreateCrawlerError] = glue_crawler::CREATE_CRAWLER;
    aws_sdk_glue::create_job[CreateJobFluentBuilder CreateJobOutput CreateJobError] = glue_job::CREATE_JOB;
    aws_sdk_glue::get_crawler[GetCrawlerFluentBuilder GetCrawlerOutput GetCrawlerError] = glue_crawler::GET_CRAWLER;
    aws_sdk_glue::get_job[GetJobFluentBuilder GetJobOutput GetJobError] = glue_job::GET_JOB;
    aws_sdk_glue::get_job_run[GetJobRunFluentBuilder GetJobRunOutput GetJobRunError] = glue_job::GET_JOB_RUN;
    aws_sdk_glue::get_job_runs[GetJobRunsFluentBuilder GetJobRunsOutput GetJobRunsError] = glue_job::GET_JOB_RUNS, pages set_next_token next_token;
    aws_sdk_glue::list_crawls[ListCrawlsFluentBuilder ListCrawlsOutput ListCrawlsError] = glue_crawler::LIST_CRAWLS, pages set_next_token next_token;
    aws_sdk_glue::start_crawler[StartCrawlerFluentBuilder StartCrawlerOutput StartCrawlerError] = glue_crawler::START_CRAWLER;
    aws_sdk_glue::start_job_run[StartJobRunFluentBuilder StartJobRunOutput StartJobRunError] = glue_job::START_JOB_RUN;
    aws_sdk_glue::stop_crawler[StopCrawlerFluentBuilder StopCrawlerOutput StopCrawlerError] = glue_crawler::STOP_CRAWLER;
    aws_sdk_glue::update_crawler[UpdateCrawlerFluentBuilder UpdateCrawlerOutput UpdateCrawlerError] = glue_crawler::UPDATE_CRAWLER;
    aws_sdk_glue::update_job[UpdateJobFluentBuilder UpdateJobOutput UpdateJobError] = glue_job::UPDATE_JOB;

    aws_sdk_mwaa::get_environment[GetEnvironmentFluentBuilder GetEnvironmentOutput GetEnvironmentError] = folder::GET_ENVIRONMENT;

    aws_sdk_redshiftdata::batch_execute_statement[BatchExecuteStatementFluentBuilder BatchExecuteStatementOutput BatchExecuteStatementError] = redshift::BATCH_EXECUTE_STATEMENT;
    aws_sdk_redshiftdata::cancel_statement[CancelStatementFluentBuilder CancelStatementOutput CancelStatementError] = redshift::CANCEL_STATEMENT;
    aws_sdk_redshiftdata::describe_statement[DescribeStatementFluentBuilder DescribeStatementOutput DescribeStatementError] = redshift::DESCRIBE_STATEMENT;
    aws_sdk_redshiftdata::execute_statement[ExecuteStatementFluentBuilder ExecuteStatementOutput ExecuteStatementError] = redshift::EXECUTE_STATEMENT;
    aws_sdk_redshiftdata::get_statement_result[GetStatementResultFluentBuilder GetStatementResultOutput GetStatementResultError] = redshift::GET_STATEMENT_RESULT, pages set_next_token next_token;
    aws_sdk_redshiftdata::list_statements[ListStatementsFluentBuilder ListStatementsOutput ListStatementsError] = redshift::LIST_STATEMENTS, pages set_next_token next_token;

    aws_sdk_s3::delete_objects[DeleteObjectsFluentBuilder DeleteObjectsOutput DeleteObjectsError] = objects::DELETE_OBJECTS;
    aws_sdk_s3::get_object[GetObjectFluentBuilder GetObjectOutput GetObjectError] = objects::GET_OBJECT;
    aws_sdk_s3::head_bucket[HeadBucketFluentBuilder HeadBucketOutput HeadBucketError] = objects::HEAD_BUCKET;
    aws_sdk_s3::head_object[HeadObjectFluentBuilder HeadObjectOutput HeadObjectError] = objects::HEAD_OBJECT;
    aws_sdk_s3::list_objects_v2[ListObjectsV2FluentBuilder ListObjectsV2Output ListObjectsV2Error] = objects::LIST_OBJECTS, pages set_continuation_token next_continuation_token;
    aws_sdk_s3::put_object[PutObjectFluentBuilder PutObjectOutput PutObjectError] = objects::PUT_OBJECT, except of_put;
}

/// An object that is put under a condition is refused when it is put again.
fn of_put(request: &aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder) -> Operation {
    if request.get_if_none_match().is_some() || request.get_if_match().is_some() {
        objects::PUT_OBJECT_IF
    } else {
        objects::PUT_OBJECT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_put_under_a_condition_is_never_repeated() {
        let config = aws_sdk_s3::Config::builder().behavior_version_latest().build();
        let client = aws_sdk_s3::Client::from_conf(config);
        assert_eq!(client.put_object().operation(), objects::PUT_OBJECT);
        assert_eq!(client.put_object().if_none_match("*").operation(), objects::PUT_OBJECT_IF);
        assert_eq!(client.put_object().if_match("\"etag\"").operation(), objects::PUT_OBJECT_IF);
    }
}
