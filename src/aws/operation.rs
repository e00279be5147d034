//! Requests of the SDK, each tied to its [`Operation`], and the one way to send them.
//!
//! Takes a request as the SDK builds it and gives its answer or an [`AwsError`]. What may be repeated is known
//! from the request's type and not said by the caller: the SDK's retries are on for calls that read, or put
//! the same thing in place, and off for all that start or create something. A request of a type that is not
//! tied to an operation cannot be sent, and nothing outside of this module sends one (`tests/layers.rs`).

use super::client::{ATTEMPTS, NEVER, USUAL};
use super::{AwsError, Kind, Pace};
use crate::service::call::{Operation, Retry};
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
    pub(crate) retry: RetryConfig,
    pub(crate) timeouts: Option<TimeoutConfig>,
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

/// Sends a request whose answer may take as long as `longest`, since it comes at the end of the work.
pub async fn send_for<R: Request>(request: R, longest: Duration) -> Result<R::Output, AwsError> {
    let timeouts = TimeoutConfig::builder().read_timeout(longest).operation_attempt_timeout(longest);
    send_within(request, Some(timeouts.build())).await
}

/// Sends a request that may take longer or shorter than usual.
async fn send_within<R: Request>(request: R, timeouts: Option<TimeoutConfig>) -> Result<R::Output, AwsError> {
    let operation = request.operation();
    let retry = match operation.retry {
        Retry::Usual => USUAL,
        // What is throttled is sent again by `insist`.
        Retry::Throttled | Retry::Never => NEVER,
    };
    // What it is made of is deep, and the compiler follows futures that hold futures so far and no further.
    let sent = Box::pin(request.sent(Overrides { retry: retry(), timeouts }));
    sent.await.map_err(|error| operation.error(error))
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
        impl $crate::aws::operation::Request for $sdk::operation::$module::builders::$request {
            type Output = $sdk::operation::$module::$output;
            type Refusal = $sdk::operation::$module::$refusal;

            const OPERATION: $crate::aws::Operation = $operation;

            $(fn operation(&self) -> $crate::aws::Operation {
                $except(self)
            })?

            async fn sent(self, settings: $crate::aws::operation::Overrides) -> $crate::aws::operation::Answer<Self> {
                let mut config = $sdk::Config::builder().retry_config(settings.retry);
                config.set_timeout_config(settings.timeouts);
                self.customize().config_override(config).send().await
            }
        }
        $(impl $crate::aws::operation::Paged for $sdk::operation::$module::builders::$request {
            fn page(self, token: Option<String>) -> Self {
                self.$set(token)
            }

            fn next(answer: &Self::Output) -> Option<&str> {
                answer.$get()
            }
        })?
    )+};
}
pub(crate) use requests;
