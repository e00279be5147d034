//! `http_ingest`: an address that can be asked, keys that go together, and nothing secret that is written by hand.

use super::auth::AuthSpec;
use super::pages::PagesSpec;
use super::{HttpIngestStep, IngestFormat, Method};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::{chosen_of, unused};
use crate::lang::secret::is_secret;
use crate::objects::wildcard;
use crate::service::http_ingest::address::{Address, NoAddress};
use crate::template::{Part, Template};
use crate::text::{Span, Spanned};

/// How many seconds an answer may be waited for.
const LONGEST: u64 = 3600;

pub(super) fn check(step: &HttpIngestStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    address(&step.url, step.allow_http(), diagnostics);
    if let Some(auth) = &step.auth {
        check_auth(auth, step, cx, diagnostics);
    }
    if let Some(pages) = &step.pages {
        check_pages(pages, step, cx, diagnostics);
    }
    secrets(step, diagnostics);
    method(step, diagnostics);
    what_is_read(step, cx, diagnostics);
    folder(step, cx, diagnostics);
    if let Some(timeout) = step.timeout.as_ref().filter(|timeout| timeout.value.0 > LONGEST) {
        let message = "`timeout` is at most `1h`: it is that of one answer";
        diagnostics.push(
            Diagnostic::new(Code::InvalidDuration, timeout.span, message)
                .help("how long the task may take is said beside `http_ingest`"),
        );
    }
}

/// An address whose host is known, and of HTTP over TLS.
fn address(url: &Spanned<Template>, allows_http: bool, diagnostics: &mut Diagnostics) {
    let origin = url.value.static_prefix();
    let behind = origin.split_once("://").map_or("", |(_, behind)| behind);
    if url.value.as_text().is_none() && !behind.contains(['/', '?']) {
        let message = "the host of an address must be known when compiling";
        diagnostics.push(
            Diagnostic::new(Code::InvalidUrl, url.span, message)
                .help("use `${vars.NAME}` for what differs between environments: secrets are sent there"),
        );
        return;
    }
    // What a run fills in has no say in what the address is.
    let filled = url.value.parts().iter().map(|part| match part {
        Part::Text(text) => text.as_str(),
        Part::Expr(_) => "0",
    });
    let filled: String = filled.collect();
    match Address::parse(&filled) {
        Err(NoAddress::Login) => diagnostics.push(written(url.span, "the login before the host")),
        Err(why) => diagnostics.push(
            Diagnostic::new(
                Code::InvalidUrl,
                url.span,
                format!("this is no address that can be asked: {why}"),
            )
            .help("write it as `https://api.example.com/v1/orders`"),
        ),
        Ok(address) if !address.is_secure && !allows_http && !address.is_loopback() => diagnostics.push(
            Diagnostic::new(
                Code::InvalidUrl,
                url.span,
                "what is asked without TLS may be read and changed on its way",
            )
            .help("write `https://`, or say `allow_http: true` where there is no other way"),
        ),
        Ok(address) => {
            if let Some(name) = address.parameters().iter().find(|name| is_secret(name)) {
                diagnostics.push(written(url.span, &format!("the parameter `{name}`")));
            }
        }
    }
}

fn check_auth(auth: &AuthSpec, step: &HttpIngestStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    chosen_of(&format!("`auth` of {}", cx.what()), auth.span, &auth.given(), AuthSpec::CHOICES, diagnostics);
    if let Some(oauth) = &auth.oauth2 {
        address(&oauth.token_url, step.allow_http(), diagnostics);
        if oauth.token_url.value.as_text().is_none() {
            let message = "the address of tokens must be known when compiling";
            diagnostics.push(
                Diagnostic::new(Code::TemplateNotAllowed, oauth.token_url.span, message)
                    .help("use `${vars.NAME}` for what differs between environments"),
            );
        }
    }
    if let Some(header) = &auth.header {
        header_name(&header.name, diagnostics);
    }
}

/// A token of HTTP (RFC 9110, 5.6.2).
fn header_name(name: &Spanned<String>, diagnostics: &mut Diagnostics) {
    let is_one =
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c));
    if !is_one {
        let message = format!("`{}` is no name of a header", name.value);
        diagnostics.push(
            Diagnostic::new(Code::InvalidName, name.span, message).help("write one such as `X-Api-Key`"),
        );
    }
}

fn check_pages(
    pages: &PagesSpec,
    step: &HttpIngestStep,
    cx: &Checking<'_, '_>,
    diagnostics: &mut Diagnostics,
) {
    let what = |key: &str| format!("{key} of {}", cx.what());
    chosen_of(&what("`pages`"), pages.span, &pages.given(), PagesSpec::CHOICES, diagnostics);
    if let Some(cursor) = &pages.cursor {
        let choices = super::CursorSpec::CHOICES;
        chosen_of(&what("`cursor`"), cursor.span, &cursor.given(), choices, diagnostics);
    }
    if let Some(page) = &pages.page {
        chosen_of(&what("`page`"), page.span, &page.given(), super::NumberSpec::CHOICES, diagnostics);
    }
    if let Some(offset) = &pages.offset {
        chosen_of(&what("`offset`"), offset.span, &offset.given(), super::OffsetSpec::CHOICES, diagnostics);
    }
    if let Some(link) = pages.link.as_ref().filter(|link| !link.value) {
        diagnostics.push(
            Diagnostic::new(
                Code::HttpOption,
                link.span,
                "`link: false` says of no page how the next one is asked for",
            )
            .help("take `pages` away where there is one page"),
        );
    }
    sizes(pages, diagnostics);
    places(pages, step, diagnostics);
    let counted = pages.given().into_iter().find(|(key, _)| ["page", "offset"].contains(key));
    if let (Some((key, at)), None) = (counted, &step.records) {
        let message = format!("`{key}` ends with a page without records, and nothing says where these are");
        diagnostics.push(Diagnostic::new(Code::MissingKey, at, message).help("add `records:` to the step"));
    }
}

/// A full page has records.
fn sizes(pages: &PagesSpec, diagnostics: &mut Diagnostics) {
    let sizes =
        [pages.page.as_ref().map(|page| &page.size), pages.offset.as_ref().map(|offset| &offset.size)];
    if let Some(size) = sizes.into_iter().flatten().flatten().find(|size| size.value == 0) {
        diagnostics.push(
            Diagnostic::new(Code::InvalidNumber, size.span, "a full page has at least one record")
                .help("write what the API is asked for, such as `100`"),
        );
    }
}

/// A page is named in what is sent.
fn places(pages: &PagesSpec, step: &HttpIngestStep, diagnostics: &mut Diagnostics) {
    let bodies = [
        pages.cursor.as_ref().and_then(|cursor| cursor.body.as_ref()),
        pages.page.as_ref().and_then(|page| page.body.as_ref()),
        pages.offset.as_ref().and_then(|offset| offset.body.as_ref()),
    ];
    if let Some(body) = bodies.into_iter().flatten().find(|_| step.method() == Method::Get) {
        diagnostics.push(
            Diagnostic::new(Code::HttpOption, body.span, "a page is named in the body, and GET sends none")
                .help("say `method: post`, or `query` where the API takes a parameter"),
        );
    }
}

/// Values that are secret by their names stand in no spec, no plan and no log.
fn secrets(step: &HttpIngestStep, diagnostics: &mut Diagnostics) {
    for (what, map) in [("header", &step.headers), ("parameter", &step.query)] {
        for (name, value) in map.iter().flat_map(|map| &map.0) {
            let is_written = value.value.parts().iter().all(|part| matches!(part, Part::Text(_)));
            let is_cookie = what == "header" && name.eq_ignore_ascii_case("cookie");
            if (is_secret(name) || is_cookie) && is_written && !value.value.parts().is_empty() {
                diagnostics.push(written(value.span, &format!("the {what} `{}`", name.value)));
            }
        }
    }
    for (name, value) in step.headers.iter().flat_map(|map| &map.0) {
        header_name(name, diagnostics);
        header_value(name, value, diagnostics);
    }
}

/// Headers that say how a request is sent, which is not the user's to say.
const OF_HTTP: [&str; 5] = ["connection", "content-length", "host", "te", "transfer-encoding"];

/// What is known of a value can be sent (RFC 9110, 5.5).
fn header_value(name: &Spanned<String>, value: &Spanned<Template>, diagnostics: &mut Diagnostics) {
    if OF_HTTP.iter().any(|known| name.eq_ignore_ascii_case(known)) {
        let message = format!("`{}` is not for you to say: it follows from the request", name.value);
        diagnostics.push(Diagnostic::new(Code::HttpOption, name.span, message).help("take it away"));
    }
    let is_sent = |c: char| matches!(c, ' '..='~' | '\t');
    let texts = value.value.parts().iter().filter_map(|part| match part {
        Part::Text(text) => Some(text),
        Part::Expr(_) => None,
    });
    if let Some(c) = texts.flat_map(|text| text.chars()).find(|c| !is_sent(*c)) {
        let message = format!("the header `{}` cannot hold `{}`", name.value, c.escape_default());
        diagnostics.push(
            Diagnostic::new(Code::HttpOption, value.span, message)
                .help("a header has one line of ASCII; what is longer belongs into `body`"),
        );
    }
}

fn written(at: Span, what: &str) -> Diagnostic {
    Diagnostic::new(Code::WrittenSecret, at, format!("{what} holds a secret, which is written here for all to read"))
        .label("it would stand in the plan file, too")
        .help("keep it in AWS Secrets Manager, and say under `auth` where it belongs: `auth: {header: {name: X-Api-Key, secret: NAME}}`")
}

fn method(step: &HttpIngestStep, diagnostics: &mut Diagnostics) {
    if step.method() == Method::Post {
        return;
    }
    if let Some(body) = &step.body {
        diagnostics.push(
            Diagnostic::new(Code::HttpOption, body.span, "GET sends no body")
                .help("say `method: post`, or put it into `query`"),
        );
    }
    if let Some(idempotent) = &step.idempotent {
        diagnostics.push(unused(
            "idempotent",
            idempotent.span,
            "what GET asks for may be asked for again",
            None,
        ));
    }
}

/// Where the records are is said where they are read, and nowhere else.
fn what_is_read(step: &HttpIngestStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let format = step.format();
    let said = step.format.as_ref().map(|format| (format.span, "said here"));
    if step.records.is_none() && format != IngestFormat::Raw {
        diagnostics.push(
            Diagnostic::new(
                Code::MissingKey,
                cx.at(),
                format!("{} does not say where the records are", cx.what()),
            )
            .label("`records` is missing")
            .help("add `records: data.items`, or `records: $` where the answer is the array itself"),
        );
    }
    let counts = step.pages.as_ref().is_some_and(|pages| pages.page.is_some() || pages.offset.is_some());
    if let (Some(records), IngestFormat::Raw, false) = (&step.records, format, counts) {
        diagnostics.push(unused("records", records.span, "answers are written as they are", said));
    }
    if let (Some(columns), true) = (&step.columns, format != IngestFormat::Csv) {
        let at = columns.first().map_or(cx.at(), |column| column.span);
        diagnostics.push(unused("columns", at, "only CSV has columns", said));
    }
}

/// Files go to a folder; where it is the same in every run, what is there is the user's to decide about.
fn folder(step: &HttpIngestStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let to = &step.to;
    if let Some(c) = wildcard(&to.value.0) {
        let message = format!("step `{}` writes to a pattern", cx.task.name);
        diagnostics.push(
            Diagnostic::new(Code::PathPattern, to.span, message)
                .label(format!("`{c}` would be part of the name"))
                .help("write the folder"),
        );
    }
    if step.mode.is_none() && to.value.0.as_text().is_some() {
        let message =
            "this folder is the same in every run, and nothing says what becomes of the files of others";
        diagnostics
            .push(Diagnostic::new(Code::MissingKey, to.span, message).label("`mode` is missing").help(
            "say `mode: replace` or `mode: append`, or give each run a folder of its own: `.../dt={{ ds }}/`",
        ));
    }
}
