//! Another role, most often of another account, that the worker takes on for a task.

use super::client::USUAL;
use super::error::{causes, chain};
use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_types::error::ErrorMetadata;
use std::sync::{Mutex, PoisonError};

/// The longest name of a session (STS API, `AssumeRole`).
const LONGEST_SESSION: usize = 64;

/// A role that is taken on.
#[derive(Clone, Copy, Debug)]
pub struct Role<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// What its trust policy asks for.
    pub external_id: Option<&'a str>,
    /// What `CloudTrail` says of who has taken it on; what STS does not take in a name becomes `-`.
    pub session: &'a str,
}

/// Why a role was not taken on.
#[derive(Debug)]
pub struct NotTaken {
    /// Its ARN.
    pub role: String,
    /// STS has refused it.
    pub is_refused: bool,
    /// The causes, in words.
    pub why: String,
}

impl Role<'_> {
    /// Takes the role on: what is made with the configuration that it returns acts as the role. Asks for credentials at
    /// once, so that who may not has a word that says so.
    pub async fn take_on(&self, config: &SdkConfig) -> Result<SdkConfig, NotTaken> {
        let asking = config.to_builder().retry_config(USUAL()).build();
        let mut builder =
            AssumeRoleProvider::builder(self.arn).configure(&asking).session_name(self.session_name());
        if let Some(id) = self.external_id {
            builder = builder.external_id(id);
        }
        let provider = builder.build().await;
        let first = provider.provide_credentials().await.map_err(|error| self.not_taken(&error))?;
        let taken = Taken { provider, first: Mutex::new(Some(first)) };
        Ok(config.to_builder().credentials_provider(SharedCredentialsProvider::new(taken)).build())
    }

    fn session_name(&self) -> String {
        let is_taken = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        let name = format!("dagc-{}", self.session);
        name.chars().map(|c| if is_taken(c) { c } else { '-' }).take(LONGEST_SESSION).collect()
    }

    fn not_taken(&self, error: &CredentialsError) -> NotTaken {
        // STS's own words say it all; what stands before them is the SDK's.
        let told = chain(error).find_map(|error| error.downcast_ref::<ErrorMetadata>());
        let why = told.map_or_else(
            || causes(error),
            |told| format!("{}: {}", told.code().unwrap_or_default(), told.message().unwrap_or_default()),
        );
        NotTaken { role: self.arn.to_owned(), is_refused: why.starts_with("AccessDenied"), why }
    }
}

/// Gives the credentials with which the role was taken on, and asks for others when these have ended.
#[derive(Debug)]
struct Taken {
    provider: AssumeRoleProvider,
    first: Mutex<Option<Credentials>>,
}

impl ProvideCredentials for Taken {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        match first {
            Some(first) => future::ProvideCredentials::ready(Ok(first)),
            None => self.provider.provide_credentials(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_called_as_sts_takes_it() {
        let name = |session| Role { arn: "", external_id: None, session }.session_name();
        assert_eq!(name("sales_daily"), "dagc-sales_daily");
        assert_eq!(name("größe daily"), "dagc-gr--e-daily");
        assert_eq!(name(&"x".repeat(250)).len(), LONGEST_SESSION);
    }
}
