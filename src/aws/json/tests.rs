//! What goes over the wire, and what is made of the answers, without a network.

use super::super::client::{USUAL, unconnected};
use super::*;
use crate::aws::{self, Kind};
use crate::service::call::{Effect, Retry};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SERVICE: Service = Service { id: "Thing", name: "thing", target: "AmazonThing", version: "1.0" };

const READS: Operation = Operation {
    name: "thing:GetThing",
    effect: Effect::Repeatable,
    retry: Retry::Usual,
    rights: &[],
    codes: &[],
};

const STARTS: Operation =
    Operation { name: "thing:StartThing", effect: Effect::Starts, retry: Retry::Never, ..READS };

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetThing {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct StartThing {}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Thing {
    names: Vec<String>,
    next_token: Option<String>,
}

json_requests! {
    GetThing -> Thing = READS, pages next_token next_token;
    StartThing -> Thing = STARTS;
}

/// A request as it was sent: its address, headers and body.
type Sent = (String, BTreeMap<String, String>, String);

/// What is answered: a status and a body; none where the connection breaks.
type Given = Option<(u16, &'static str)>;

/// Answers with what it was given, one after the other: a status and a body, or none where the connection breaks.
#[derive(Clone, Debug)]
struct Canned {
    answers: Arc<Mutex<Vec<Given>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl HttpClient for Canned {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let headers =
            request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        self.sent.lock().unwrap().push((request.uri().to_owned(), headers, body));
        HttpConnectorFuture::ready(match self.answers.lock().unwrap().remove(0) {
            Some((status, body)) => {
                let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
                response.headers_mut().insert("x-amzn-requestid", "r-1");
                Ok(response)
            }
            None => Err(ConnectorError::io("connection reset".into())),
        })
    }
}

/// A client with these answers, and what it sends.
fn client(answers: &[Given]) -> (Client, Arc<Mutex<Vec<Sent>>>) {
    let canned = Canned { answers: Arc::new(Mutex::new(answers.to_vec())), sent: Arc::default() };
    let sent = canned.sent.clone();
    let credentials = Credentials::new("AKIA", "secret", Some("session".to_owned()), None, "tests");
    let config = unconnected("eu-west-1")
        .into_builder()
        .http_client(SharedHttpClient::new(canned))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(AtOnce)
        .build();
    (Client::new(&config, &SERVICE), sent)
}

/// Sleeps not at all, and gives nothing up.
#[derive(Debug)]
struct AtOnce;

impl AsyncSleep for AtOnce {
    fn sleep(&self, time: Duration) -> Sleep {
        if time > Duration::from_secs(20) {
            return Sleep::new(std::future::pending());
        }
        Sleep::new(std::future::ready(()))
    }
}

fn get() -> GetThing {
    GetThing { id: "x".to_owned(), next_token: None }
}

#[tokio::test]
async fn a_request_is_signed_and_names_its_operation() {
    let (client, sent) = client(&[Some((200, r#"{"Names": ["a"], "New": 1}"#))]);
    let answer = aws::send(client.request(get())).await.unwrap();
    assert_eq!(answer.names, ["a"]);
    let (uri, headers, body) = sent.lock().unwrap().remove(0);
    assert_eq!((uri.as_str(), body.as_str()), ("https://thing.eu-west-1.amazonaws.com/", r#"{"Id":"x"}"#));
    assert_eq!(headers["x-amz-target"], "AmazonThing.GetThing");
    assert_eq!(headers["content-type"], "application/x-amz-json-1.0");
    assert_eq!(headers["x-amz-security-token"], "session");
    let signed = &headers["authorization"];
    assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=AKIA/"), "{signed}");
    assert!(signed.contains("/eu-west-1/thing/aws4_request"), "{signed}");
    assert!(signed.contains("x-amz-target"), "{signed}");
    assert!(headers["user-agent"].contains("api/thing"), "{headers:?}");
    assert!(headers.contains_key("amz-sdk-invocation-id") && headers.contains_key("amz-sdk-request"));
}

#[tokio::test]
async fn a_refusal_is_an_error_like_any_other() {
    let refusal = r#"{"__type": "com.amazonaws.thing#InvalidRequestException", "Message": "no such thing"}"#;
    let (client, sent) = client(&[Some((400, refusal))]);
    let error = aws::send(client.request(get())).await.unwrap_err();
    assert_eq!((error.kind, sent.lock().unwrap().len()), (Kind::Invalid, 1));
    assert_eq!(error.to_string(), "thing:GetThing: InvalidRequestException: no such thing (request r-1)");
}

#[tokio::test]
async fn what_reads_is_sent_again_and_what_starts_is_not() {
    let throttled = Some((400, r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#));
    let (reading, sent) = client(&[throttled, None, Some((503, "")), Some((200, ""))]);
    assert!(aws::send(reading.request(get())).await.unwrap().names.is_empty());
    assert_eq!(sent.lock().unwrap().len(), 4);
    let attempts = USUAL().max_attempts() as usize;
    let (reading, sent) = client(&vec![throttled; attempts]);
    assert_eq!(aws::send(reading.request(get())).await.unwrap_err().kind, Kind::Throttled);
    assert_eq!(sent.lock().unwrap().len(), attempts);
    for (answer, expected) in [
        (throttled, Kind::Throttled),
        (None, Kind::Ambiguous),
        (Some((500, "")), Kind::Ambiguous),
        (Some((200, "<html>")), Kind::Ambiguous),
        (Some((403, "")), Kind::Denied),
    ] {
        let (starting, sent) = client(&[answer]);
        assert_eq!(
            aws::send(starting.request(StartThing {})).await.unwrap_err().kind,
            expected,
            "{answer:?}"
        );
        assert_eq!(sent.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn pages_are_asked_for_one_by_one() {
    let (client, sent) =
        client(&[Some((200, r#"{"Names": ["a"], "NextToken": "2"}"#)), Some((200, r#"{"Names": ["b"]}"#))]);
    let mut pages = aws::pages(client.request(get()));
    let mut names = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        names.extend(page.names);
    }
    assert_eq!(names, ["a", "b"]);
    assert_eq!(sent.lock().unwrap()[1].2, r#"{"Id":"x","NextToken":"2"}"#);
}

#[tokio::test]
async fn nothing_is_sent_without_credentials() {
    let (client, sent) = client(&[]);
    let config =
        unconnected("eu-west-1").into_builder().http_client(client.config.http_client().unwrap()).build();
    let error = aws::send(Client::new(&config, &SERVICE).request(StartThing {})).await.unwrap_err();
    assert!(matches!(error.kind, Kind::Credentials | Kind::Invalid), "{error:?}");
    assert!(sent.lock().unwrap().is_empty());
}
