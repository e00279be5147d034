//! Tokens for a client's credentials: asked for once, and once more where the API does not take one any more.

use super::answer::{Answer, Trouble};
use super::api::{Api, Asked};
use super::login::{Login, basic_header};
use crate::exec::log::Log;
use crate::exec::outcome::Failure;
use crate::service::console::encode;
use crate::service::http_ingest::address::Address;
use crate::service::http_ingest::auth::Oauth2;
use serde_json::{Map, Value};

/// How many bytes the answer with a token may have.
const LONGEST_TOKEN: usize = 1 << 20;

/// Asks as who the API knows, and has `read` read the answer.
pub(super) async fn fetch<T>(
    api: &Api<'_>,
    login: &Login<'_>,
    asked: &Asked,
    log: &Log<'_>,
    read: impl AsyncFn(Answer) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let mut is_renewed = false;
    loop {
        if let Some(oauth) = login.needs_token() {
            login.takes_token(&token(oauth, api, login).await?);
        }
        match api.fetch(asked, login, &read).await {
            Err(Trouble::Unauthorized(_)) if !is_renewed && login.forgets_token() => {
                is_renewed = true;
                log.info("the API does not take the token any more: a new one is asked for");
            }
            Err(Trouble::Unauthorized(why)) => {
                return Err(
                    Failure::for_good(format!("{why}; is what `auth` names what the API takes?")).into()
                );
            }
            answer => return answer,
        }
    }
}

async fn token(oauth: &Oauth2, api: &Api<'_>, login: &Login<'_>) -> Result<String, Trouble> {
    let address = Address::parse(&oauth.url).map_err(|why| no_token(&why.to_string()))?;
    if let Some(why) = api.refuses(&address, None) {
        return Err(no_token(why).into());
    }
    let (client, secret) = (login.value(&oauth.client)?, login.value(&oauth.client_secret)?);
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(oauth.scope.as_deref().map(|scope| ("scope", scope)));
    form.extend(oauth.audience.as_deref().map(|audience| ("audience", audience)));
    let mut headers = vec![
        ("accept".to_owned(), "application/json".to_owned()),
        ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
    ];
    if oauth.in_body {
        form.extend([("client_id", client.as_str()), ("client_secret", secret.as_str())]);
    } else {
        // Both are encoded first (RFC 6749, 2.3.1).
        headers.push(basic_header(&encode(&client), &encode(&secret)));
    }
    let form: Vec<String> =
        form.into_iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let body = Some(form.join("&").into_bytes());
    let asked = Asked { method: "POST", address, headers, body, is_repeatable: true };
    let read = async |answer: Answer| read(&answer.whole(LONGEST_TOKEN).await?);
    match api.fetch(&asked, &login.unknown(), read).await {
        Err(Trouble::Failed(failure)) => {
            let message = format!("there is no token: {}", failure.message);
            Err(Failure { message, ..failure }.into())
        }
        Err(Trouble::Missing(why) | Trouble::Unauthorized(why)) => Err(no_token(&why).into()),
        answer => answer,
    }
}

/// Reads an answer with a token (RFC 6749, 5.1). What it says is not told: it may be secret.
fn read(answer: &[u8]) -> Result<String, Trouble> {
    let members: Map<String, Value> = serde_json::from_slice(answer)
        .map_err(|_| Trouble::Passing("the answer with a token is no JSON object".to_owned()))?;
    match members.get("access_token") {
        Some(Value::String(token)) if !token.is_empty() => Ok(token.clone()),
        _ => Err(no_token("the answer has no `access_token`").into()),
    }
}

fn no_token(why: &str) -> Failure {
    Failure::for_good(format!("there is no token: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_token_tells_nothing() {
        assert_eq!(read(br#"{"access_token": "t0ken", "expires_in": 60}"#).unwrap(), "t0ken");
        for answer in [r#"{"token": "t0ken"}"#, "t0ken", r#"{"access_token": ""}"#] {
            let told = format!("{:?}", read(answer.as_bytes()).unwrap_err());
            assert!(!told.contains("t0ken"), "{told}");
        }
    }
}
