//! Requests to the API: at its rate, with its redirects, again where they fail in passing, and with nothing secret in what is
//! told of them.

use super::answer::{Answer, Trouble, beginning};
use super::link::retry_after;
use super::login::Login;
use super::patience::Patience;
use crate::aws::error::causes;
use crate::exec::outcome::Failure;
use crate::exec::runner::Run;
use crate::service::http_ingest::address::Address;
use crate::service::http_ingest::job::IngestHttp;
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use std::cell::Cell;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub method: &'static str,
    pub address: Address,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    /// It may be sent again when it is not known what came of it.
    pub is_repeatable: bool,
}

/// The API.
pub(super) struct Api<'a> {
    connector: SharedHttpConnector,
    run: &'a Run<'a>,
    timeout: Duration,
    pause: Duration,
    allows_http: bool,
    /// When the next request may be sent.
    next: Cell<Instant>,
}

impl<'a> Api<'a> {
    pub(super) fn new(connector: SharedHttpConnector, spec: &IngestHttp, run: &'a Run<'a>) -> Self {
        Self {
            connector,
            run,
            timeout: Duration::from_secs(spec.timeout),
            pause: Duration::from_millis(spec.pause),
            allows_http: spec.allow_http,
            next: Cell::new(Instant::now()),
        }
    }

    /// Says why an address must not be asked; `from` is the one that has led there.
    pub(super) fn refuses(&self, address: &Address, from: Option<&Address>) -> Option<&'static str> {
        let is_led_home = from.is_some_and(|from| {
            let is_at_home = from.is_loopback() && address.is_loopback();
            address.is_local() && !from.is_of_same_origin(address) && !is_at_home
        });
        if is_led_home {
            return Some("it leads to what only this machine reaches");
        }
        let is_open = !address.is_secure && !address.is_loopback() && !self.allows_http;
        is_open.then_some("it has no TLS: say `allow_http: true` where that is meant")
    }

    /// Asks, and has `read` read the answer; again where either fails in passing.
    pub(super) async fn fetch<T>(
        &self,
        asked: &Asked,
        login: &Login<'_>,
        read: impl AsyncFn(Answer) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let mut patience = Patience::default();
        loop {
            let answer = match self.ask(asked, login).await {
                Ok(answer) => read(answer).await,
                Err(trouble) => Err(trouble),
            };
            let trouble = match answer {
                Ok(read) => return Ok(read),
                Err(trouble) => trouble,
            };
            let told = |why: String| login.masked(format!("{}: {why}", asked.name()));
            let (why, pause) = patience.pause(trouble, asked.is_repeatable, told)?;
            self.run.log.warning(format!("{why}: trying again in {:.1} s", pause.as_secs_f64()));
            tokio::time::sleep(pause).await;
        }
    }

    /// Asks once, and goes where the API sends it.
    async fn ask(&self, asked: &Asked, login: &Login<'_>) -> Result<Answer, Trouble> {
        let mut address = asked.address.clone();
        for _ in 0..=REDIRECTS {
            let response = self.send(asked, &address, login).await?;
            let status = response.status().as_u16();
            let told = |why: &str| {
                let from = asked.name();
                Trouble::Failed(Failure::for_good(login.masked(format!("{from}: status {status}: {why}"))))
            };
            match status {
                200..=299 => return Ok(Answer { address, response, timeout: self.timeout }),
                301 | 302 | 303 | 307 | 308 if asked.method != "GET" => {
                    return Err(told("a POST is not sent elsewhere: name the address that the API sends to"));
                }
                301 | 302 | 303 | 307 | 308 => {}
                _ => return Err(refused(asked, login, response, self.timeout).await),
            }
            let to = response.headers().get("location").ok_or_else(|| told("it does not say where to go"))?;
            let next =
                address.join(to).map_err(|why| told(&format!("the address it sends to is none: {why}")))?;
            if let Some(why) = self.refuses(&next, Some(&asked.address)) {
                return Err(told(&format!("the address it sends to is not asked: {why}")));
            }
            address = next;
        }
        let told = format!("{}: it sends elsewhere more than {REDIRECTS} times", asked.name());
        Err(Failure::for_good(login.masked(told)).into())
    }

    /// Sends a request. What says who asks, and the user's own headers, stay with the host that they are meant for.
    async fn send(
        &self,
        asked: &Asked,
        address: &Address,
        login: &Login<'_>,
    ) -> Result<HttpResponse, Trouble> {
        let is_meant = address.is_of_same_origin(&asked.address);
        let mut address = address.clone();
        let mut headers: Vec<(String, String)> =
            vec![("user-agent".to_owned(), concat!("dagc/", env!("CARGO_PKG_VERSION")).to_owned())];
        let own = asked.headers.iter().filter(|(name, _)| is_meant || name == "accept");
        headers.extend(own.cloned());
        if is_meant {
            login.puts_in(&mut address, &mut headers);
        }
        let request = request(asked, &address, headers)?;
        self.turn().await;
        // The connector knows how long an answer may take to begin; a connection that is made may still hang.
        let sent = tokio::time::timeout(self.timeout + Duration::from_secs(10), self.connector.call(request));
        match sent.await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(Trouble::Passing(causes(&error))),
            Err(_) => Err(Trouble::Passing(format!("no answer within {} s", self.timeout.as_secs()))),
        }
    }

    /// Waits until it is this request's turn.
    async fn turn(&self) {
        if !self.pause.is_zero() {
            let turn = self.next.get().max(Instant::now());
            self.next.set(turn + self.pause);
            tokio::time::sleep_until(turn).await;
        }
    }
}

impl Asked {
    /// Names it for a message.
    fn name(&self) -> String {
        format!("{} {}", self.method, self.address)
    }
}

fn request(asked: &Asked, address: &Address, headers: Vec<(String, String)>) -> Result<HttpRequest, Failure> {
    let wrong = |why: &str| Failure::for_good(format!("{} cannot be asked for: {why}", asked.name()));
    let mut request = HttpRequest::new(asked.body.clone().map_or_else(SdkBody::empty, SdkBody::from));
    request.set_method(asked.method).map_err(|_| wrong("the method is none"))?;
    // The error would repeat the address, with what is secret in it.
    request.set_uri(address.to_string()).map_err(|_| wrong("its address is none"))?;
    for (name, value) in headers {
        let told = format!("the header `{name}` cannot be sent");
        request.headers_mut().try_insert(name, value).map_err(|_| wrong(&told))?;
    }
    if let Some(body) = &asked.body {
        let length = body.len().to_string();
        request
            .headers_mut()
            .try_insert("content-length", length)
            .map_err(|_| wrong("its body has no length"))?;
    }
    Ok(request)
}

/// Says what it means that an API refuses.
async fn refused(asked: &Asked, login: &Login<'_>, response: HttpResponse, timeout: Duration) -> Trouble {
    let status = response.status().as_u16();
    let wait = response.headers().get("retry-after").and_then(|wait| retry_after(wait, SystemTime::now()));
    let told = beginning(response, timeout).await;
    let told = if told.is_empty() { format!("status {status}") } else { format!("status {status}: {told}") };
    match (status, wait) {
        (429, wait) => Trouble::Wait(told, wait),
        (503, Some(wait)) => Trouble::Wait(told, Some(wait)),
        (408 | 425 | 500.., _) => Trouble::Passing(told),
        (401, _) => Trouble::Unauthorized(login.masked(format!("{}: {told}", asked.name()))),
        (404, _) => Trouble::Missing(login.masked(format!("{}: {told}", asked.name()))),
        _ => Failure::for_good(login.masked(format!("{}: {told}", asked.name()))).into(),
    }
}
