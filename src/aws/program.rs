//! Credentials of profiles that name a program, and of those that `aws login` has signed in.
//!
//! The SDK knows both, as features that bring another two dozen crates into the worker, which needs neither. A
//! program is run here as the SDK does. A profile with a `login_session` was signed in by AWS's command line,
//! which gives its credentials away as such a program does; and so it does for a role that such a profile
//! assumes.

use aws_config::profile::{ProfileSet, load};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, future};
use aws_types::os_shim_internal::{Env, Fs};
use jiff::Timestamp;
use serde::Deserialize;
use std::borrow::Cow;
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// How many profiles may stand behind one another by `source_profile`.
const LONGEST_CHAIN: usize = 10;

/// Credentials that a program writes, as AWS's tools have agreed on it.
#[derive(Debug)]
pub(super) struct Program {
    /// For the shell; it may hold a secret.
    command: Secret,
}

struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// What a program writes.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<Timestamp>,
}

impl Program {
    /// Returns the program of the profile that is used; none when the SDK's own chain knows it, or the
    /// environment holds credentials, which come first.
    pub(super) async fn of_profile(profile: Option<&str>) -> Option<Self> {
        let env = Env::real();
        if env.get("AWS_ACCESS_KEY_ID").is_ok_and(|key| !key.trim().is_empty()) {
            return None;
        }
        let selected = profile.map(|name| Cow::Owned(name.to_owned()));
        let profiles = load(&Fs::real(), &env, &<_>::default(), selected).await.ok()?;
        command(&profiles).map(|command| Self { command: Secret(command) })
    }

    async fn credentials(&self) -> Result {
        let mut program = Command::new("sh");
        program.args(["-c", &self.command.0]).stdin(Stdio::null());
        let failed = |why: String| CredentialsError::provider_error(format!("the profile's program {why}"));
        let done = tokio::task::spawn_blocking(move || program.output())
            .await
            .map_err(|error| failed(format!("was given up: {error}")))?
            .map_err(|error| failed(format!("cannot be run: {error}")))?;
        if !done.status.success() {
            let told = String::from_utf8_lossy(&done.stderr);
            let last = told.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
            return Err(failed(format!("failed ({}): {}", done.status, last.trim())));
        }
        // What it wrote is not told: it holds the secret.
        let written: Written = serde_json::from_slice(&done.stdout)
            .map_err(|_| failed("wrote no JSON with `AccessKeyId` and `SecretAccessKey`".to_owned()))?;
        if written.version != 1 {
            return Err(failed(format!("writes version {}, not 1", written.version)));
        }
        let expiration = written.expiration.and_then(|at| SystemTime::try_from(at).ok());
        let Written { access_key_id, secret_access_key, session_token, .. } = written;
        Ok(Credentials::new(access_key_id, secret_access_key, session_token, expiration, "program"))
    }
}

impl ProvideCredentials for Program {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// Returns the command that gives the credentials of the selected profile.
fn command(profiles: &ProfileSet) -> Option<String> {
    let selected = profiles.selected_profile();
    let by_cli = || {
        let name = selected.replace('\'', r"'\''");
        Some(format!("aws configure export-credentials --profile '{name}' --format process"))
    };
    let mut name = selected;
    for n in 0..LONGEST_CHAIN {
        let profile = profiles.get_profile(name)?;
        let source = profile.get("source_profile").filter(|source| *source != name);
        match (profile.get("role_arn").and(source), n) {
            (Some(source), _) => name = source,
            // Keys in the file come first.
            (None, _) if profile.get("aws_access_key_id").is_some() => return None,
            (None, 0) if profile.get("credential_process").is_some() => {
                return profile.get("credential_process").map(str::to_owned);
            }
            (None, _) => {
                let is_ours =
                    ["credential_process", "login_session"].iter().any(|key| profile.get(key).is_some());
                return if is_ours { by_cli() } else { None };
            }
        }
    }
    None
}
