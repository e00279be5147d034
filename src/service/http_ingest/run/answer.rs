//! Answers of the API, which are read piece by piece, and why there is none.

use crate::aws::error::causes;
use crate::exec::outcome::Failure;
use crate::service::http_ingest::address::Address;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use std::time::Duration;

/// How much of an answer is told.
const TOLD: usize = 500;

/// An answer that says that all is well.
pub(super) struct Answer {
    /// Where it came from.
    pub address: Address,
    pub response: HttpResponse,
    pub timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It may pass: what is wrong.
    Passing(String),
    /// The API asks to wait, for so long where it says that.
    Wait(String, Option<Duration>),
    /// It knows nobody of this name, or the token has run out.
    Unauthorized(String),
    /// There is nothing at this address.
    Missing(String),
    /// It does not pass.
    Failed(Failure),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Reads the beginning of an answer, on one line.
pub(super) async fn beginning(response: HttpResponse, timeout: Duration) -> String {
    let mut body = ByteStream::new(response.into_body());
    let mut read = Vec::new();
    while read.len() < 4 * TOLD {
        match tokio::time::timeout(timeout, body.next()).await {
            Ok(Some(Ok(piece))) => read.extend_from_slice(&piece),
            Ok(Some(Err(_)) | None) | Err(_) => break,
        }
    }
    let text = String::from_utf8_lossy(&read);
    let line: Vec<&str> = text.split_whitespace().collect();
    line.join(" ").chars().filter(|c| !c.is_control()).take(TOLD).collect()
}

impl Answer {
    /// Returns a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)
    }

    /// Hands the body on, piece by piece.
    pub(super) async fn each(
        self,
        mut take: impl AsyncFnMut(&[u8]) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let mut body = ByteStream::new(self.response.into_body());
        loop {
            match tokio::time::timeout(self.timeout, body.next()).await {
                Ok(Some(Ok(piece))) => take(&piece).await?,
                Ok(Some(Err(error))) => {
                    return Err(Trouble::Passing(format!("the answer has broken off: {}", causes(&error))));
                }
                Ok(None) => return Ok(()),
                Err(_) => {
                    let seconds = self.timeout.as_secs();
                    return Err(Trouble::Passing(format!("nothing more of the answer within {seconds} s")));
                }
            }
        }
    }

    /// Reads the body, which may have so many bytes.
    pub(super) async fn whole(self, most: usize) -> Result<Vec<u8>, Trouble> {
        let told = self.address.to_string();
        let mut whole = Vec::new();
        self.each(async |piece: &[u8]| {
            if whole.len() + piece.len() > most {
                let limit = most >> 20;
                return Err(Failure::for_good(format!(
                    "an answer of {told} has more than {limit} MB, which are read at once: ask for smaller pages"
                ))
                .into());
            }
            whole.extend_from_slice(piece);
            Ok(())
        })
        .await?;
        Ok(whole)
    }
}
