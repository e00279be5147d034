//! Which request is made for a page, and which page comes next.

use super::api::Asked;
use super::records::at;
use super::state::Position;
use crate::exec::outcome::Failure;
use crate::service::http_ingest::address::Address;
use crate::service::http_ingest::job::{IngestHttp, WrittenAs};
use crate::service::http_ingest::pages::{Pages, Place};
use crate::service::http_ingest::path::{JsonPath, Step};
use crate::template::RunValues;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// The requests of a run.
pub(super) struct Requests<'a> {
    pages: Option<&'a Pages>,
    base: Asked,
    body: Option<Value>,
    /// The parameter in which a secret stands: it is kept nowhere.
    secret: Option<&'a str>,
}

/// What an answer tells of the next page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'t> {
    /// The answer, where it is read.
    pub json: Option<&'t RawValue>,
    /// The link of its header.
    pub link: Option<&'t str>,
    /// Where it came from.
    pub address: &'t Address,
    /// How many records it has.
    pub records: u64,
}

impl<'a> Requests<'a> {
    /// Completes the requests of a step for a run.
    pub(super) fn new(spec: &'a IngestHttp, values: &RunValues) -> Result<Self, Failure> {
        let url = spec.url.render(values)?;
        let mut address = Address::parse(&url)
            .map_err(|why| Failure::for_good(format!("`{}` cannot be asked for: {why}", shown(&url))))?;
        for (name, value) in &spec.query {
            address.set(name, &value.render(values)?);
        }
        let mut headers = Vec::new();
        for (name, value) in &spec.headers {
            headers.push((name.to_ascii_lowercase(), value.render(values)?));
        }
        let body = spec.body.as_ref().map(|body| body.render(values)).transpose()?;
        let mut absent = |name: &str, value: &str| {
            if headers.iter().all(|(own, _)| own != name) {
                headers.push((name.to_owned(), value.to_owned()));
            }
        };
        absent("accept", if spec.format == WrittenAs::Raw { "*/*" } else { "application/json" });
        if body.is_some() {
            absent("content-type", "application/json");
        }
        let base = Asked {
            method: if spec.posts { "POST" } else { "GET" },
            address,
            headers,
            body: None,
            is_repeatable: spec.is_repeatable(),
        };
        let secret = spec.auth.as_ref().and_then(|auth| auth.parameter());
        Ok(Self { pages: spec.pages.as_ref(), base, body, secret })
    }

    /// Where the first page is.
    pub(super) fn address(&self) -> &Address {
        &self.base.address
    }

    /// The request for a page.
    pub(super) fn at(&self, position: &Position) -> Result<Asked, Failure> {
        let mut asked = self.base.clone();
        let mut body = self.body.clone();
        let first = match self.pages {
            Some(Pages::Number { first, .. }) => Some(*first),
            Some(Pages::Offset { .. }) => Some(0),
            Some(Pages::Link | Pages::Next { .. } | Pages::Cursor { .. }) | None => None,
        };
        let value = match position {
            Position::First => first.map(|first| json!(first)),
            Position::Number(number) => Some(json!(number)),
            Position::Cursor(cursor) => Some(cursor.clone()),
            Position::Address(address) => {
                asked.address = Address::parse(address)
                    .map_err(|why| Failure::for_good(format!("`{}`: {why}", shown(address))))?;
                None
            }
            Position::End => None,
        };
        match (self.pages.and_then(Pages::into), value) {
            (Some(Place::Query(name)), Some(value)) => asked.address.set(name, &plain(&value)),
            (Some(Place::Body(path)), Some(value)) => {
                let put = put(body.get_or_insert_with(|| Value::Object(Map::new())), path, value);
                put.map_err(|why| {
                    Failure::for_good(format!("the page cannot be named at `{path}` of the body: {why}"))
                })?;
            }
            _ => {}
        }
        asked.body = body.map(|body| body.to_string().into_bytes());
        Ok(asked)
    }

    /// Says which page comes after one.
    pub(super) fn after(&self, position: &Position, told: &Told<'_>) -> Result<Position, String> {
        let Some(pages) = self.pages else { return Ok(Position::End) };
        let next = match pages {
            Pages::Link => told.link.map_or(Ok(Position::End), |link| self.followed(link, told))?,
            Pages::Next { path } => match found(told, path)? {
                Some(Value::String(link)) => self.followed(&link, told)?,
                Some(_) => return Err(format!("at `{path}` stands no link")),
                None => Position::End,
            },
            Pages::Cursor { path, .. } => found(told, path)?.map_or(Position::End, Position::Cursor),
            Pages::Number { first, full, .. } => {
                let number = if let Position::Number(number) = position { *number } else { *first };
                if is_last(told.records, *full) { Position::End } else { Position::Number(number + 1) }
            }
            Pages::Offset { full, .. } => {
                let before = if let Position::Number(number) = position { *number } else { 0 };
                let behind = before.saturating_add(told.records);
                if is_last(told.records, *full) { Position::End } else { Position::Number(behind) }
            }
        };
        let is_itself = next == *position && next != Position::End;
        if is_itself { Err("it names itself as the next page".to_owned()) } else { Ok(next) }
    }

    /// Follows a link to the next page. Whoever has sent it may not name another host: the secrets are for this one.
    fn followed(&self, link: &str, told: &Told<'_>) -> Result<Position, String> {
        let joined = told.address.join(link);
        let mut next = joined.map_err(|why| format!("its link to the next page is none: {why}"))?;
        if !next.is_of_same_origin(&self.base.address) {
            return Err(format!("the next page is at another host, {}", next.origin()));
        }
        if let Some(secret) = self.secret {
            next.remove(secret);
        }
        if next == self.base.address {
            return Err("it names the first page as the next one".to_owned());
        }
        Ok(Position::Address(next.to_string()))
    }
}

/// Finds what an answer tells; nothing where it is null, false, empty or missing.
fn found(told: &Told<'_>, path: &JsonPath) -> Result<Option<Value>, String> {
    let Some(json) = told.json else { return Ok(None) };
    let Some(found) = at(json, path).map_err(|error| format!("it is no JSON: {error}"))? else {
        return Ok(None);
    };
    match serde_json::from_str(found.get()) {
        Ok(Value::Null | Value::Bool(false)) => Ok(None),
        Ok(Value::String(text)) if text.is_empty() => Ok(None),
        Ok(value @ (Value::String(_) | Value::Number(_))) => Ok(Some(value)),
        _ => Err(format!("at `{path}` stands neither a text nor a number")),
    }
}

/// Says whether a page with so many records is the last.
fn is_last(records: u64, full: Option<u64>) -> bool {
    records == 0 || full.is_some_and(|full| records < full)
}

/// Puts a value into a body.
fn put(body: &mut Value, path: &JsonPath, value: Value) -> Result<(), String> {
    let mut place = body;
    for step in &path.0 {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        place = match (step, place) {
            (Step::Member(name), Value::Object(members)) => {
                members.entry(name.clone()).or_insert(Value::Null)
            }
            (Step::Item(number), Value::Array(items)) => {
                items.get_mut(*number).ok_or_else(|| format!("there is no item {number}"))?
            }
            (Step::Member(name), _) => {
                return Err(format!("`{name}` would be a member of what is no object"));
            }
            (Step::Item(number), _) => return Err(format!("item {number} would be one of what is no array")),
        };
    }
    *place = value;
    Ok(())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An address without its query, in which anything may stand.
fn shown(address: &str) -> &str {
    address.split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
