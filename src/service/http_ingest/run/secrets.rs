//! The secrets of Secrets Manager with which an API is asked: each is read once, and none of them is shown.

use crate::aws::json::{Client, Service, json_requests};
use crate::aws::{self, AwsError};
use crate::exec::outcome::Failure;
use crate::exec::runner::{Run, patiently};
use crate::service::http_ingest::auth::{Auth, Stored};
use crate::service::http_ingest::job::GET_SECRET_VALUE;
use aws_config::{Region, SdkConfig};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// As its model says (2017-10-17).
const SECRETS_MANAGER: Service =
    Service { id: "Secrets Manager", name: "secretsmanager", target: "secretsmanager", version: "1.1" };

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue {
    secret_id: String,
}

/// What is answered.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct SecretValue {
    /// None where the secret is binary.
    secret_string: Option<String>,
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue")
    }
}

json_requests! {
    GetSecretValue -> SecretValue = GET_SECRET_VALUE;
}

/// The texts of secrets, by the names or ARNs under which they were asked for.
#[derive(Default)]
pub(super) struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// Reads the secrets that an API asks for.
    pub(super) async fn read(config: &SdkConfig, auth: &Auth, run: &Run<'_>) -> Result<Self, Failure> {
        let mut texts = BTreeMap::new();
        for stored in auth.stored() {
            if !texts.contains_key(&stored.from) {
                texts.insert(stored.from.clone(), read(config, &stored.from, run).await?);
            }
        }
        Ok(Self(texts))
    }

    /// Finds a value in them.
    pub(super) fn value(&self, stored: &Stored) -> Result<String, Failure> {
        let Stored { from, member } = stored;
        let text = self.0.get(from).map(String::as_str).unwrap_or_default();
        let Some(member) = member else {
            let text = text.trim();
            return if text.is_empty() { Err(wrong(from, "is empty")) } else { Ok(text.to_owned()) };
        };
        let Ok(members) = serde_json::from_str::<Map<String, Value>>(text) else {
            return Err(wrong(from, &format!("is no JSON object, of which `{member}` could be a member")));
        };
        match members.get(member) {
            Some(Value::String(value)) if !value.is_empty() => Ok(value.clone()),
            Some(Value::Number(value)) => Ok(value.to_string()),
            Some(_) => Err(wrong(from, &format!("has a member `{member}` that is empty, or no text"))),
            None => Err(wrong(from, &format!("has no member `{member}`"))),
        }
    }
}

fn wrong(from: &str, why: &str) -> Failure {
    Failure::for_good(format!("the secret `{from}` of Secrets Manager {why}"))
}

async fn read(config: &SdkConfig, from: &str, run: &Run<'_>) -> Result<String, Failure> {
    let client = Client::new(&in_its_region(config, from), &SECRETS_MANAGER);
    let answer = patiently(run, || async {
        let request = client.request(GetSecretValue { secret_id: from.to_owned() });
        aws::send(request).await.map_err(|error| told(from, error))
    });
    answer.await?.secret_string.ok_or_else(|| wrong(from, "is binary, and holds no text"))
}

/// Says which secret it is: Secrets Manager does not.
fn told(from: &str, mut error: AwsError) -> AwsError {
    if !error.message.contains(from) {
        error.message = format!("{}: the secret `{from}`", error.message);
    }
    error
}

/// A secret is read where its ARN says that it is.
fn in_its_region(config: &SdkConfig, from: &str) -> SdkConfig {
    let own = from.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(2));
    match own.filter(|own| !own.is_empty()) {
        Some(own) => config.clone().into_builder().region(Region::new(own.to_owned())).build(),
        None => config.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_in_secrets() {
        let text = |text: &str| Secrets(BTreeMap::from([("api".to_owned(), text.to_owned())]));
        let of = |secret: &str, member: Option<&str>| {
            let stored = Stored { from: "api".to_owned(), member: member.map(str::to_owned) };
            text(secret).value(&stored).map_err(|failure| failure.message)
        };
        assert_eq!(of(r#"{"a": "x", "n": 1}"#, Some("a")).as_deref(), Ok("x"));
        assert_eq!(of(r#"{"a": "x", "n": 1}"#, Some("n")).as_deref(), Ok("1"));
        assert_eq!(of("x\n", None).as_deref(), Ok("x"));
        for (secret, member, why) in [
            ("hunter22", Some("a"), "is no JSON object, of which `a` could be a member"),
            (r#"{"a": ""}"#, Some("a"), "has a member `a` that is empty, or no text"),
            (r#"{"a": "hunter22"}"#, Some("b"), "has no member `b`"),
            (" ", None, "is empty"),
        ] {
            let told = of(secret, member).unwrap_err();
            assert!(told.ends_with(why) && !told.contains("hunter22"), "{told}");
        }
    }

    #[test]
    fn a_secret_is_read_in_its_region() {
        let config = crate::aws::client::unconnected("eu-west-1");
        for (from, region) in [
            ("api", "eu-west-1"),
            ("arn:aws:secretsmanager:us-east-1:111122223333:secret:a-AbCdEf", "us-east-1"),
        ] {
            assert_eq!(in_its_region(&config, from).region(), Some(&Region::new(region)), "{from}");
        }
    }
}
