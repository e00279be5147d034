//! The pages of one object: asked for one by one, and written as they come.

use super::media::end_of;
use super::page::Fetching;
use super::records::{Items, push_line, records};
use super::state::{Part, Pending, Position, State, Tally};
use super::table::Columns;
use super::upload::Upload;
use crate::exec::outcome::Failure;
use crate::service::http_ingest::job::WrittenAs;
use crate::service::http_ingest::pages::Pages;
use crate::service::http_ingest::path::JsonPath;
use serde_json::value::RawValue;
use std::time::Duration;
use tokio::time::Instant;

/// How old an object becomes at most: what is fetched again after a lost worker is no more than this.
const OLDEST: Duration = Duration::from_mins(5);

/// How many bytes of lines are put together before they are written.
const LINES: usize = 64 << 10;

/// What was written.
pub(super) enum Written {
    /// An object, which is still to be completed.
    Object(Pending),
    /// The pages had nothing in them.
    Nothing { next: Position, done: Tally },
}

impl Fetching<'_> {
    /// Fetches pages until their object is large or old enough, or there is none any more.
    pub(super) async fn object(&self, state: &mut State) -> Result<Written, Failure> {
        if self.job.spec.format == WrittenAs::Raw { self.raw(state).await } else { self.lines(state).await }
    }

    async fn lines(&self, state: &mut State) -> Result<Written, Failure> {
        let spec = self.job.spec;
        let began = Instant::now();
        let (mut next, mut done, mut upload) = (state.next.clone(), state.done, None::<Upload<'_>>);
        loop {
            let Some(page) = self.page(&next, done).await? else {
                next = Position::End;
                break;
            };
            let json = page.json.as_deref().unwrap_or_default();
            let wrong = |why: String| self.wrong(&page.address, &why);
            let json: &RawValue = serde_json::from_slice(json).map_err(|error| wrong(error.to_string()))?;
            let whole = JsonPath::default();
            let found = records(json, spec.records.as_ref().unwrap_or(&whole)).map_err(wrong)?;
            let found = self.write(found, state, done, &mut upload).await?;
            next = self.after(&next, &page, Some(json), found)?;
            done.pages += 1;
            done.records += found;
            let bytes = upload.as_ref().map_or(0, Upload::bytes);
            if next == Position::End || bytes >= spec.object_bytes || began.elapsed() > OLDEST {
                break;
            }
        }
        let Some(upload) = upload else { return Ok(Written::Nothing { next, done }) };
        Ok(Written::Object(pending(upload.end().await?, next, done)))
    }

    /// Writes records as lines; gives how many there are.
    async fn write<'u>(
        &'u self,
        found: Items<'_>,
        state: &mut State,
        done: Tally,
        upload: &mut Option<Upload<'u>>,
    ) -> Result<u64, Failure> {
        let unread = |error: serde_json::Error| Failure::for_good(format!("a record is no JSON: {error}"));
        let Some(first) = found.clone().next() else { return Ok(0) };
        let is_csv = self.job.spec.format == WrittenAs::Csv;
        let (end, content_type) =
            if is_csv { ("csv", "text/csv") } else { ("jsonl", "application/x-ndjson") };
        let columns = if is_csv { self.columns(first.map_err(unread)?, state)? } else { Columns::default() };
        let mut lines = Vec::with_capacity(LINES);
        if upload.is_none() {
            *upload = Some(self.uploads().begin(self.key(done, end), content_type).await?);
            if is_csv {
                columns.push_header(&mut lines);
            }
        }
        let Some(upload) = upload else { return Ok(0) };
        let mut written = 0;
        for record in found {
            let record = record.map_err(unread)?;
            written += 1;
            if is_csv {
                self.warn(columns.push(record, &mut lines).map_err(unread)?);
            } else {
                push_line(record, &mut lines);
            }
            if lines.len() >= LINES {
                upload.push(&lines).await?;
                lines.clear();
            }
        }
        upload.push(&lines).await?;
        Ok(written)
    }

    /// The columns: those that the step names, or those of the first record of the run.
    fn columns(&self, first: &RawValue, state: &mut State) -> Result<Columns, Failure> {
        let named = &self.job.spec.columns;
        if !named.is_empty() {
            return Ok(Columns::named(named));
        }
        if state.columns.is_empty() {
            state.columns = Columns::of(first).map_err(Failure::for_good)?.paths().to_vec();
        }
        Ok(Columns::named(&state.columns))
    }

    /// Says once that records have what is no column.
    fn warn(&self, left_out: Option<String>) {
        let is_said = !self.job.spec.columns.is_empty() || self.has_warned.get();
        if let Some(name) = left_out.filter(|_| !is_said) {
            self.has_warned.set(true);
            self.job.run.log.warning(format!(
                "`{name}` of a later record is no column, and is left out: the first record has none; name the `columns`"
            ));
        }
    }

    /// Writes one answer as it is.
    async fn raw(&self, state: &mut State) -> Result<Written, Failure> {
        let (position, mut done) = (state.next.clone(), state.done);
        let Some(mut page) = self.page(&position, done).await? else {
            return Ok(Written::Nothing { next: Position::End, done });
        };
        let json = page.json.take();
        let wrong = |why: String| self.wrong(&page.address, &why);
        let read: Option<&RawValue> = match json.as_deref() {
            Some(json) => Some(serde_json::from_slice(json).map_err(|error| wrong(error.to_string()))?),
            None => None,
        };
        let found = match (read, &self.job.spec.records) {
            (Some(json), Some(path)) => records(json, path).map_err(wrong)?.count() as u64,
            _ => 0,
        };
        let next = self.after(&position, &page, read, found)?;
        if let (Some(json), false) = (&json, self.is_empty_page(found)) {
            let key = self.key(done, end_of(&page.content_type));
            let mut upload = self.uploads().begin(key, &page.content_type).await?;
            upload.push(json).await?;
            page.upload = Some(upload.end().await?);
        }
        done.pages += 1;
        done.records += found;
        match page.upload {
            Some(upload) => Ok(Written::Object(pending(upload, next, done))),
            None => Ok(Written::Nothing { next, done }),
        }
    }

    /// The page behind the last one has no record, and is not written.
    fn is_empty_page(&self, found: u64) -> bool {
        let spec = self.job.spec;
        found == 0 && spec.records.is_some() && spec.pages.as_ref().is_some_and(Pages::counts)
    }
}

fn pending(
    (key, upload, parts, bytes): (String, String, Vec<Part>, u64),
    next: Position,
    done: Tally,
) -> Pending {
    let done = Tally { bytes: done.bytes + bytes, objects: done.objects + 1, ..done };
    Pending { key, upload, parts, bytes, next, done }
}
