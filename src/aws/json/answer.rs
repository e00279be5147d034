//! What an answer says: the members of the operation's output, or a code and words.

use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

/// What a service refuses with.
#[derive(Clone, Debug)]
pub struct Refused(ErrorMetadata);

impl Refused {
    /// A refusal with the code and the words of an answer.
    pub(super) fn of(refusal: ErrorMetadata) -> Self {
        Self(refusal)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Refused {}

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

/// The time that a member tells, in seconds since 1970.
pub fn moment(seconds: Option<f64>) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds?).ok()?)
}

/// Reads an answer. One that cannot be read is none: what became of the call is not known.
pub(crate) fn answered<T: DeserializeOwned>(
    response: &HttpResponse,
) -> Result<T, OrchestratorError<Refused>> {
    let body = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        return Err(refused(response, body));
    }
    // Some services answer with no body what has no members.
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(OrchestratorError::other)
}

/// Why a service refuses.
pub(super) fn refused(response: &HttpResponse, body: &[u8]) -> OrchestratorError<Refused> {
    let header = response.headers().get("x-amzn-errortype");
    OrchestratorError::operation(Refused(refusal(header, body)))
}

/// Finds the code, which a header or a member says, with a namespace before it or an address behind it, and the words.
fn refusal(header: Option<&str>, body: &[u8]) -> ErrorMetadata {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let member = |names: &[&str]| names.iter().find_map(|name| body.get(*name)?.as_str());
    let mut refusal = ErrorMetadata::builder();
    if let Some(code) = header.or_else(|| member(&["code", "__type"])).map(bare) {
        refusal = refusal.code(code);
    }
    if let Some(message) = member(&["message", "Message", "errorMessage"]) {
        refusal = refusal.message(message);
    }
    refusal.build()
}

fn bare(code: &str) -> &str {
    let code = code.split_once(':').map_or(code, |(code, _)| code);
    code.split_once('#').map_or(code, |(_, code)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_wherever_it_stands() {
        for (header, body, code, message) in [
            (
                None,
                r#"{"__type": "com.amazonaws.athena#InvalidRequestException", "Message": "no"}"#,
                Some("InvalidRequestException"),
                Some("no"),
            ),
            (
                Some("TooManyRequestsException:http://internal.amazon.com/"),
                r#"{"message": "slow"}"#,
                Some("TooManyRequestsException"),
                Some("slow"),
            ),
            (None, r#"{"code": "A", "__type": "B"}"#, Some("A"), None),
            (None, r#"{"__type": 1}"#, None, None),
            (None, "<html>bad gateway</html>", None, None),
            (None, "", None, None),
            (None, "[1]", None, None),
        ] {
            let refusal = refusal(header, body.as_bytes());
            assert_eq!((refusal.code(), refusal.message()), (code, message), "{header:?} {body}");
        }
    }
}
