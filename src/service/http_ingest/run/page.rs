//! One page: asked for, and read, or written while it comes.

use super::answer::{Answer, Trouble};
use super::api::Api;
use super::ask::{Requests, Told};
use super::link;
use super::login::Login;
use super::media::end_of;
use super::rounds::Rounds;
use super::state::{Part, Position, Tally};
use super::upload::Uploads;
use super::{Job, token};
use crate::exec::outcome::Failure;
use crate::service::http_ingest::address::Address;
use crate::service::http_ingest::job::{LONGEST_PAGE, Missing};
use serde_json::value::RawValue;
use std::cell::{Cell, RefCell};

/// The pages of a run.
pub(super) struct Fetching<'f> {
    pub job: &'f Job<'f>,
    pub api: &'f Api<'f>,
    pub login: &'f Login<'f>,
    pub requests: &'f Requests<'f>,
    /// The pages so far.
    pub rounds: RefCell<Rounds>,
    /// It was said that members are left out.
    pub has_warned: Cell<bool>,
}

/// An answer that was read.
pub(super) struct Page {
    /// Its body, where it is read.
    pub json: Option<Vec<u8>>,
    /// The link of its header to the next page.
    pub link: Option<String>,
    /// Where it came from.
    pub address: Address,
    /// Its media type.
    pub content_type: String,
    /// What was written of it already: its key, its upload, its parts, its bytes.
    pub upload: Option<(String, String, Vec<Part>, u64)>,
}

impl Fetching<'_> {
    /// Asks for a page; none where there is nothing, and that is no failure.
    pub(super) async fn page(&self, position: &Position, done: Tally) -> Result<Option<Page>, Failure> {
        let spec = self.job.spec;
        if done.pages >= u64::from(spec.max_pages) {
            return Err(Failure::for_good(format!(
                "there are more than {} pages (`max_pages`): if all of them are meant, let the step allow more",
                spec.max_pages
            )));
        }
        let asked = self.requests.at(position)?;
        let read = async |answer: Answer| {
            if spec.reads_answers() { self.read(answer).await } else { self.stream(answer, done).await }
        };
        match token::fetch(self.api, self.login, &asked, self.job.run.log, read).await {
            Ok(page) => Ok(Some(page)),
            Err(Trouble::Failed(failure)) => Err(failure),
            Err(Trouble::Missing(why)) => match spec.missing.filter(|_| *position == Position::First) {
                Some(Missing::Skip) => {
                    self.job.run.log.info(format!("{why}: there is nothing to fetch"));
                    Ok(None)
                }
                Some(Missing::Retry) => Err(Failure::retry(why)),
                None => Err(Failure::for_good(why)),
            },
            Err(Trouble::Unauthorized(why)) => Err(Failure::for_good(why)),
            Err(Trouble::Passing(why) | Trouble::Wait(why, _)) => Err(Failure::retry(self.login.masked(why))),
        }
    }

    /// Reads an answer, which is JSON.
    async fn read(&self, answer: Answer) -> Result<Page, Trouble> {
        if let Some(coding) = answer.header("content-encoding").filter(|coding| *coding != "identity") {
            let told = format!("the answer is compressed ({coding}), which was not asked for");
            return Err(Failure::for_good(told).into());
        }
        let mut page = head(&answer);
        let json = answer.whole(LONGEST_PAGE).await?;
        if let Err(error) = serde_json::from_slice::<&RawValue>(&json) {
            return Err(Trouble::Passing(format!("the answer is no JSON: {error}")));
        }
        page.json = Some(json);
        Ok(page)
    }

    /// Writes an answer while it comes.
    async fn stream(&self, answer: Answer, done: Tally) -> Result<Page, Trouble> {
        let mut page = head(&answer);
        let key = self.key(done, end_of(&page.content_type));
        let mut upload = None;
        answer
            .each(async |piece: &[u8]| {
                if upload.is_none() && !piece.is_empty() {
                    upload = Some(self.uploads().begin(key.clone(), &page.content_type).await?);
                }
                if let Some(upload) = &mut upload {
                    upload.push(piece).await?;
                }
                Ok(())
            })
            .await?;
        if let Some(upload) = upload {
            page.upload = Some(upload.end().await?);
        }
        Ok(page)
    }

    /// Says which page comes after one that has so many records.
    pub(super) fn after(
        &self,
        position: &Position,
        page: &Page,
        json: Option<&RawValue>,
        records: u64,
    ) -> Result<Position, Failure> {
        let told = Told { json, link: page.link.as_deref(), address: &page.address, records };
        let next = self.requests.after(position, &told).map_err(|why| self.wrong(&page.address, &why))?;
        if self.rounds.borrow_mut().is_back_at(&next) {
            let why = "its pages go round: the next page is one that was there before";
            return Err(self.wrong(&page.address, why));
        }
        Ok(next)
    }

    /// Says what is wrong with an answer.
    pub(super) fn wrong(&self, address: &Address, why: &str) -> Failure {
        Failure::for_good(self.login.masked(format!("the answer of {address} is not as it should be: {why}")))
    }

    /// The key of the next object.
    pub(super) fn key(&self, done: Tally, end: &str) -> String {
        format!("{}{}{:05}.{end}", self.job.to.key, self.job.names.own(), done.objects + 1)
    }

    /// Where objects are written.
    pub(super) fn uploads(&self) -> &Uploads<'_> {
        self.job.uploads
    }
}

/// What the head of an answer tells.
fn head(answer: &Answer) -> Page {
    let links = answer.response.headers().get_all("link");
    Page {
        json: None,
        link: link::next(links).map(str::to_owned),
        address: answer.address.clone(),
        content_type: answer.header("content-type").unwrap_or("application/octet-stream").to_owned(),
        upload: None,
    }
}
