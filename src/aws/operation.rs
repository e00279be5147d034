//! The calls that dagc makes: what each does to the world, which permissions it needs, and the one way to
//! send it.
//!
//! Takes a request as the SDK builds it and gives its answer or an [`AwsError`]. What may be repeated is known
//! from the request's type and not said by the caller: the SDK's retries are on for calls that read, or put
//! the same thing in place, and off for all that start or create something. A request of a type that is not in
//! the table below cannot be sent, and nothing outside of this module sends one (`tests/layers.rs`).

use super::client::{ATTEMPTS, NEVER, USUAL};
use super::{AwsError, Kind, Pace};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use std::error::Error;
use std::future::Future;
use std::time::Duration;

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `glue:StartJobRun`
    pub name: &'static str,
    /// What it does to the world.
    pub effect: Effect,
    /// The actions of IAM that the caller must be allowed.
    pub permissions: &'static [&'static str],
}

/// What a call does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Sending it twice does no more than sending it once: it reads, or it puts the same thing in place.
    Repeatable,
    /// Sending it twice may start or create two of something, or the second is refused because of the first.
    Starts,
}

/// A request of the SDK whose operation is known.
pub trait Request: Send + Sized {
    /// What the service answers.
    type Output: Send;
    /// What the service refuses with.
    type Refusal: ProvideErrorMetadata + Error + Send + Sync + 'static;

    /// The call.
    const OPERATION: Operation;

    /// What this very request does to the world.
    fn effect(&self) -> Effect {
        Self::OPERATION.effect
    }

    /// The call, as this very request makes it.
    fn operation(&self) -> Operation {
        Operation { effect: self.effect(), ..Self::OPERATION }
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

/// Sends a request: once when it starts something, again and again when that does no harm.
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
    let retry = match operation.effect {
        Effect::Repeatable => USUAL,
        Effect::Starts => NEVER,
    };
    request.sent(Overrides { retry: retry(), timeouts }).await.map_err(|error| operation.error(error))
}

/// Sends a request once, for a caller with less time than repetitions take, who repeats it in a way of its own.
pub async fn send_once<R: Request>(request: R) -> Result<R::Output, AwsError> {
    let operation = request.operation();
    let settings = Overrides { retry: NEVER(), timeouts: None };
    request.sent(settings).await.map_err(|error| operation.error(error))
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

/// Makes the table of calls. A row: the crate and the module of the operation, its types (request, answer,
/// refusal), the call's name, what it does, the permissions that it needs, and for an answer in pages how the
/// next one is asked for and what names it.
macro_rules! operations {
    ($($sdk:ident :: $module:ident [$request:ident $output:ident $refusal:ident]
        $name:literal $effect:ident [$($permission:literal)+]
        $(, pages $set:ident $get:ident)? $(, except $except:path)?;)+) => {
        /// All calls that dagc makes.
        pub const OPERATIONS: &[Operation] = &[$(
            <$sdk::operation::$module::builders::$request as Request>::OPERATION,
        )+];
        $(
            impl Request for $sdk::operation::$module::builders::$request {
                type Output = $sdk::operation::$module::$output;
                type Refusal = $sdk::operation::$module::$refusal;

                const OPERATION: Operation =
                    Operation { name: $name, effect: Effect::$effect, permissions: &[$($permission),+] };

                $(fn effect(&self) -> Effect {
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
        )+
    };
}

operations! {
    aws_sdk_cloudwatchlogs::filter_log_events[FilterLogEventsFluentBuilder FilterLogEventsOutput FilterLogEventsError]
        "logs:FilterLogEvents" Repeatable ["logs:FilterLogEvents"], pages set_next_token next_token;
    aws_sdk_cloudwatchlogs::get_log_events[GetLogEventsFluentBuilder GetLogEventsOutput GetLogEventsError]
        "logs:GetLogEvents" Repeatable ["logs:GetLogEvents"];

    aws_sdk_glue::batch_stop_job_run[BatchStopJobRunFluentBuilder BatchStopJobRunOutput BatchStopJobRunError]
        "glue:BatchStopJobRun" Repeatable ["glue:BatchStopJobRun"];
    aws_sdk_glue::create_crawler[CreateCrawlerFluentBuilder CreateCrawlerOutput CreateCrawlerError]
        "glue:CreateCrawler" Starts ["glue:CreateCrawler" "iam:PassRole"];
    aws_sdk_glue::create_job[CreateJobFluentBuilder CreateJobOutput CreateJobError]
        "glue:CreateJob" Starts ["glue:CreateJob" "iam:PassRole"];
    aws_sdk_glue::get_crawler[GetCrawlerFluentBuilder GetCrawlerOutput GetCrawlerError]
        "glue:GetCrawler" Repeatable ["glue:GetCrawler"];
    aws_sdk_glue::get_job[GetJobFluentBuilder GetJobOutput GetJobError]
        "glue:GetJob" Repeatable ["glue:GetJob"];
    aws_sdk_glue::get_job_run[GetJobRunFluentBuilder GetJobRunOutput GetJobRunError]
        "glue:GetJobRun" Repeatable ["glue:GetJobRun"];
    aws_sdk_glue::get_job_runs[GetJobRunsFluentBuilder GetJobRunsOutput GetJobRunsError]
        "glue:GetJobRuns" Repeatable ["glue:GetJobRuns"], pages set_next_token next_token;
    aws_sdk_glue::list_crawls[ListCrawlsFluentBuilder ListCrawlsOutput ListCrawlsError]
        "glue:ListCrawls" Repeatable ["glue:ListCrawls"], pages set_next_token next_token;
    aws_sdk_glue::start_crawler[StartCrawlerFluentBuilder StartCrawlerOutput StartCrawlerError]
        "glue:StartCrawler" Starts ["glue:StartCrawler"];
    aws_sdk_glue::start_job_run[StartJobRunFluentBuilder StartJobRunOutput StartJobRunError]
        "glue:StartJobRun" Starts ["glue:StartJobRun"];
    aws_sdk_glue::stop_crawler[StopCrawlerFluentBuilder StopCrawlerOutput StopCrawlerError]
        "glue:StopCrawler" Repeatable ["glue:StopCrawler"];
    aws_sdk_glue::update_crawler[UpdateCrawlerFluentBuilder UpdateCrawlerOutput UpdateCrawlerError]
        "glue:UpdateCrawler" Repeatable ["glue:UpdateCrawler" "iam:PassRole"];
    aws_sdk_glue::update_job[UpdateJobFluentBuilder UpdateJobOutput UpdateJobError]
        "glue:UpdateJob" Repeatable ["glue:UpdateJob" "iam:PassRole"];

    aws_sdk_mwaa::get_environment[GetEnvironmentFluentBuilder GetEnvironmentOutput GetEnvironmentError]
        "airflow:GetEnvironment" Repeatable ["airflow:GetEnvironment"];

    aws_sdk_redshiftdata::batch_execute_statement[BatchExecuteStatementFluentBuilder BatchExecuteStatementOutput BatchExecuteStatementError]
        "redshift-data:BatchExecuteStatement" Starts ["redshift-data:BatchExecuteStatement"];
    aws_sdk_redshiftdata::cancel_statement[CancelStatementFluentBuilder CancelStatementOutput CancelStatementError]
        "redshift-data:CancelStatement" Repeatable ["redshift-data:CancelStatement"];
    aws_sdk_redshiftdata::describe_statement[DescribeStatementFluentBuilder DescribeStatementOutput DescribeStatementError]
        "redshift-data:DescribeStatement" Repeatable ["redshift-data:DescribeStatement"];
    aws_sdk_redshiftdata::execute_statement[ExecuteStatementFluentBuilder ExecuteStatementOutput ExecuteStatementError]
        "redshift-data:ExecuteStatement" Starts ["redshift-data:ExecuteStatement"];
    aws_sdk_redshiftdata::get_statement_result[GetStatementResultFluentBuilder GetStatementResultOutput GetStatementResultError]
        "redshift-data:GetStatementResult" Repeatable ["redshift-data:GetStatementResult"], pages set_next_token next_token;
    aws_sdk_redshiftdata::list_statements[ListStatementsFluentBuilder ListStatementsOutput ListStatementsError]
        "redshift-data:ListStatements" Repeatable ["redshift-data:ListStatements"], pages set_next_token next_token;

    aws_sdk_s3::delete_objects[DeleteObjectsFluentBuilder DeleteObjectsOutput DeleteObjectsError]
        "s3:DeleteObjects" Repeatable ["s3:DeleteObject"];
    aws_sdk_s3::get_object[GetObjectFluentBuilder GetObjectOutput GetObjectError]
        "s3:GetObject" Repeatable ["s3:GetObject"];
    aws_sdk_s3::head_bucket[HeadBucketFluentBuilder HeadBucketOutput HeadBucketError]
        "s3:HeadBucket" Repeatable ["s3:ListBucket"];
    aws_sdk_s3::head_object[HeadObjectFluentBuilder HeadObjectOutput HeadObjectError]
        "s3:HeadObject" Repeatable ["s3:GetObject"];
    aws_sdk_s3::list_objects_v2[ListObjectsV2FluentBuilder ListObjectsV2Output ListObjectsV2Error]
        "s3:ListObjectsV2" Repeatable ["s3:ListBucket"], pages set_continuation_token next_continuation_token;
    aws_sdk_s3::put_object[PutObjectFluentBuilder PutObjectOutput PutObjectError]
        "s3:PutObject" Repeatable ["s3:PutObject"], except of_put;
}

/// An object that is put under a condition is refused when it is put again.
fn of_put(request: &aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder) -> Effect {
    if request.get_if_none_match().is_some() || request.get_if_match().is_some() {
        Effect::Starts
    } else {
        Effect::Repeatable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verbs of calls that leave the world as it is when they are sent twice; every other call says why
    /// it may be.
    #[test]
    fn what_starts_or_creates_is_never_repeated() {
        for operation in OPERATIONS {
            let (service, call) = operation.name.split_once(':').unwrap();
            let reads =
                ["Get", "List", "Describe", "Filter", "Head"].iter().any(|verb| call.starts_with(verb));
            let puts_in_place = matches!(
                operation.name,
                "glue:BatchStopJobRun"
                    | "glue:StopCrawler"
                    | "glue:UpdateCrawler"
                    | "glue:UpdateJob"
                    | "redshift-data:CancelStatement"
                    | "s3:DeleteObjects"
                    | "s3:PutObject"
            );
            let expected = if reads || puts_in_place { Effect::Repeatable } else { Effect::Starts };
            assert_eq!(operation.effect, expected, "{}", operation.name);
            let service = format!("{service}:");
            let permissions = operation.permissions.iter().filter(|action| **action != "iam:PassRole");
            assert!(permissions.clone().count() > 0, "{}", operation.name);
            assert!(permissions.into_iter().all(|action| action.starts_with(&service)), "{}", operation.name);
        }
    }

    #[test]
    fn a_put_under_a_condition_is_never_repeated() {
        let config = aws_sdk_s3::Config::builder().behavior_version_latest().build();
        let client = aws_sdk_s3::Client::from_conf(config);
        assert_eq!(client.put_object().effect(), Effect::Repeatable);
        assert_eq!(client.put_object().if_none_match("*").effect(), Effect::Starts);
        assert_eq!(client.put_object().if_match("\"etag\"").effect(), Effect::Starts);
    }
}
