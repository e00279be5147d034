//! What an error of AWS means: the one place that decides what may be tried again.
//!
//! Takes an [`Operation`] and the SDK's error, gives an [`AwsError`] with its [`Kind`]. The kind depends on
//! both: a timeout of a call that reads is a reason to read again, one of a call that starts something is
//! ambiguous. Codes that only one service has stand with its calls, and those that mean the same in every service
//! here.

use crate::service::call::{Effect, Operation};
use crate::service::failure::Kind;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use std::error::Error;
use std::fmt;

/// An error of AWS. The world's fault, or the user's when the kind is `NotFound`, `Denied` or `Invalid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError {
    /// The call.
    pub operation: Operation,
    /// What it means.
    pub kind: Kind,
    /// The service's code, such as `EntityNotFoundException`.
    pub code: Option<String>,
    /// The service's words, or the chain of causes when there was no answer.
    pub message: String,
    /// The request's id, for AWS's support.
    pub request_id: Option<String>,
    /// The region of the bucket, where S3 tells it.
    pub bucket_region: Option<String>,
}

impl Operation {
    /// Says what an error of this call means.
    #[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
    pub(super) fn error<E>(self, error: SdkError<E, HttpResponse>) -> AwsError
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let code = error.code().map(str::to_owned);
        let request_id = error.request_id().map(str::to_owned);
        let failure = Failure::of(&error, code.as_deref());
        let kind = failure.kind(self);
        let message = match error.message() {
            Some(message) => message.to_owned(),
            None => match &error {
                SdkError::ServiceError(answer) => format!("HTTP status {}", answer.raw().status()),
                _ => causes(&error),
            },
        };
        let bucket_region = bucket_region(&error, &message);
        AwsError { operation: self, kind, code, message, request_id, bucket_region }
    }

    /// Says what it means that a part of this call was refused, which its answer tells.
    pub(crate) fn refused(self, code: Option<&str>, message: String) -> AwsError {
        let kind = Failure::Refused { status: 400, code }.kind(self);
        let code = code.map(str::to_owned);
        AwsError { operation: self, kind, code, message, request_id: None, bucket_region: None }
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.operation.name)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl Error for AwsError {}

/// Finds the region of a bucket, which S3 tells whom it sends elsewhere: in a header, or to whom has signed for
/// another region in its words (`expecting 'eu-west-1'`).
fn bucket_region<E>(error: &SdkError<E, HttpResponse>, message: &str) -> Option<String> {
    let SdkError::ServiceError(answer) = error else { return None };
    let told = answer.raw().headers().get("x-amz-bucket-region");
    let expected = || Some(message.split_once("is wrong; expecting '")?.1.split_once('\'')?.0);
    told.or_else(expected).filter(|region| !region.is_empty()).map(str::to_owned)
}

/// What is known about a failure.
#[derive(Clone, Copy, Debug)]
enum Failure<'a> {
    /// It was not sent, for lack of credentials.
    NoCredentials,
    /// It was not sent: the request cannot be built.
    NotBuilt,
    /// It may have been sent; there is no answer that could be read.
    NoAnswer,
    /// The service refused it.
    Refused { status: u16, code: Option<&'a str> },
}

impl<'a> Failure<'a> {
    fn of<E>(error: &SdkError<E, HttpResponse>, code: Option<&'a str>) -> Self
    where
        E: Error + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(answer) => Self::Refused { status: answer.raw().status().as_u16(), code },
            _ if is_about_credentials(error) => Self::NoCredentials,
            SdkError::ConstructionFailure(_) => Self::NotBuilt,
            SdkError::DispatchFailure(failure) if failure.is_user() => Self::NotBuilt,
            _ => Self::NoAnswer,
        }
    }

    fn kind(self, operation: Operation) -> Kind {
        let failed = match operation.effect {
            Effect::Repeatable => Kind::Unavailable,
            Effect::Starts => Kind::Ambiguous,
        };
        let own = |code: &str| {
            let row = operation.codes.iter().find(|(known, _)| *known == code);
            row.map(|(_, kind)| *kind).or_else(|| by_code(code))
        };
        match self {
            Self::NoCredentials => Kind::Credentials,
            Self::NotBuilt => Kind::Invalid,
            Self::NoAnswer => failed,
            Self::Refused { status, code } => match code.and_then(own) {
                Some(Kind::Unavailable) => failed,
                Some(kind) => kind,
                None => match status {
                    429 => Kind::Throttled,
                    500.. | 408 => failed,
                    404 => Kind::NotFound,
                    401 | 403 => Kind::Denied,
                    409 | 412 => Kind::Conflict,
                    _ => Kind::Invalid,
                },
            },
        }
    }
}

/// Codes that mean the same in every service, some of them with an HTTP status that says something else:
/// the Redshift Data API's throttles are 400. The lists of throttles and of transient errors begin with the
/// SDK's own (`aws-runtime`, `retries/classifiers.rs`).
fn by_code(code: &str) -> Option<Kind> {
    Some(match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottledException"
        | "RequestThrottled"
        | "TooManyRequestsException"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "LimitExceededException"
        | "SlowDown"
        | "PriorRequestNotComplete"
        | "EC2ThrottledException" => Kind::Throttled,

        "ConcurrentModificationException"
        | "OperationAborted"
        | "ResourceNotReadyException"
        | "ResourceNumberLimitExceededException" => Kind::Busy,

        "InternalServiceException"
        | "InternalServerException"
        | "InternalFailure"
        | "InternalError"
        | "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "OperationTimeoutException"
        | "RequestTimeout"
        | "RequestTimeoutException" => Kind::Unavailable,

        "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "RequestTimeTooSkewed"
        | "TokenRefreshRequired" => Kind::Credentials,

        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "MissingAuthenticationToken"
        | "IncompleteSignature"
        | "SignatureDoesNotMatch" => Kind::BadCredentials,

        "EntityNotFoundException"
        | "ResourceNotFoundException"
        | "NoSuchBucket"
        | "NoSuchKey"
        | "NoSuchVersion"
        | "NotFound" => Kind::NotFound,

        "AccessDenied"
        | "AccessDeniedException"
        | "AccessDeniedFault"
        | "UnauthorizedException"
        | "OptInRequired"
        | "NotAuthorized"
        | "KMS.DisabledException" => Kind::Denied,

        "AlreadyExistsException"
        | "ConditionalRequestConflict"
        | "ConflictException"
        | "IdempotentParameterMismatchException"
        | "PreconditionFailed"
        | "VersionMismatchException" => Kind::Conflict,

        "InvalidInputException" | "ValidationException" | "GlueEncryptionException" => Kind::Invalid,

        _ => return None,
    })
}

fn is_about_credentials(error: &(dyn Error + 'static)) -> bool {
    chain(error).any(<dyn Error>::is::<CredentialsError>)
}

/// Joins an error and its causes, none of them twice.
pub(crate) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for error in chain(error) {
        let words = error.to_string();
        if !text.contains(&words) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&words);
        }
    }
    text
}

pub(super) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

#[cfg(test)]
mod tests;
