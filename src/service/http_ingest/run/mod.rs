//! Fetching what an HTTP API gives: page by page into objects, so that an attempt after a lost one goes on behind the last
//! object that is there, and nothing is there twice.
//!
//! Before an object is completed the state names it, with its upload and the page behind it: whether an attempt dies before,
//! while or after S3 makes it, the next one completes it or finds it complete. A state is written by one attempt alone.
//!
//! | module | gives |
//! | --- | --- |
//! | [`state`] | how far it has come, in S3 |
//! | [`upload`] | objects, written in parts |
//! | [`secrets`], [`login`], [`token`] | who asks |
//! | [`api`], [`answer`], [`link`], [`patience`] | requests, their answers, their headers; when they are sent again |
//! | [`ask`] | which request is made for a page, and which page comes next |
//! | [`rounds`] | pages that go round |
//! | [`records`], [`table`] | what is made of answers |
//! | [`page`], [`media`] | one page; how the name of its object ends where it is written as it is |
//! | [`pages`] | the pages of one object |
//! | [`names`] | where objects are put, and what they are called |
//! | [`finish`] | what was there before goes, and all is done |

mod answer;
mod api;
mod ask;
mod finish;
mod link;
mod login;
mod media;
mod names;
mod page;
mod pages;
mod patience;
mod records;
mod rounds;
mod secrets;
mod state;
mod table;
mod token;
mod upload;

use super::job::{IngestHttp, STATES};
use crate::aws::client::connector;
use crate::aws::s3::{Buckets, Location};
use crate::exec::key::{Identity, content};
use crate::exec::outcome::{Ended, Failure};
use crate::exec::runner::{Run, by_itself};
use crate::exec::start::Start;
use crate::template::RunValues;
use api::Api;
use ask::Requests;
use aws_config::SdkConfig;
use login::Login;
use names::{Names, folder};
use page::Fetching;
use pages::Written;
use rounds::Rounds;
use secrets::Secrets;
use state::{Pending, Position, State, Store, Tally};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::time::Duration;
use upload::Uploads;

/// How often the state is taken over at most from an attempt of before, which goes on writing.
const CLAIMS: usize = 5;

/// What an ingestion is known by: what it fetches, with the values of the run, and what it makes of it.
pub(crate) fn identity(spec: &IngestHttp, values: &RunValues) -> Result<Identity, Failure> {
    // How it is done may change in between.
    let what =
        IngestHttp { pause: 0, max_pages: 0, timeout: 0, object_bytes: 0, kms_key: None, ..spec.clone() };
    let mut parts = vec![serde_json::to_string(&what).unwrap_or_default()];
    parts.extend([spec.url.render(values)?, spec.to.render(values)?]);
    for value in spec.query.values().chain(spec.headers.values()) {
        parts.push(value.render(values)?);
    }
    if let Some(body) = &spec.body {
        parts.push(body.render(values)?.to_string());
    }
    let content = content(parts.iter().map(String::as_str));
    Ok(Identity { kind: "ingest_http", target: Vec::new(), content })
}

/// Fetches all pages, or ends because `stop` is ready; an object that is not complete is given up then.
pub(crate) async fn run(
    spec: &IngestHttp,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    let run = (start.run)(identity(spec, start.values)?);
    let to = folder(&spec.to.render(start.values)?)?;
    let buckets = Buckets::new(start.config);
    let uploads = Uploads {
        buckets: &buckets,
        run: &run,
        bucket: &to.bucket,
        kms_key: spec.kms_key.as_deref(),
        open: RefCell::new(None),
        writes: Cell::new(0),
    };
    let job = Job { spec, run: &run, to: &to, buckets: &buckets, uploads: &uploads, names: Names::new(&run) };
    let ended = by_itself(&run, "fetching from an API", job.ingest(start.config, start.values), stop).await;
    uploads.give_up(run.log).await;
    ended
}

/// What is fetched, and where it goes.
struct Job<'a> {
    spec: &'a IngestHttp,
    run: &'a Run<'a>,
    to: &'a Location,
    buckets: &'a Buckets,
    uploads: &'a Uploads<'a>,
    names: Names,
}

impl Job<'_> {
    async fn ingest(&self, config: &SdkConfig, values: &RunValues) -> Result<Ended, Failure> {
        let requests = Requests::new(self.spec, values)?;
        let key = format!("{STATES}{}.json", self.run.key.instance());
        let place = Location { bucket: self.to.bucket.clone(), key };
        let kms_key = self.spec.kms_key.as_deref();
        let mut store = Store { buckets: self.buckets, place, kms_key, etag: None };
        let state = self.begun(store.read(self.run).await?)?;
        if let Some(outputs) = state.outputs {
            self.run.log.info("an attempt before this one has fetched all of it");
            return Ok(Ended::Done(outputs));
        }
        let login = match &self.spec.auth {
            Some(auth) => Login::new(auth, Secrets::read(config, auth, self.run).await?)?,
            None => Login::nobody(),
        };
        let longest = Duration::from_secs(self.spec.timeout);
        let api = Api::new(connector(config, longest), self.spec, self.run);
        if let Some(why) = api.refuses(requests.address(), None) {
            return Err(Failure::for_good(format!("{} is not asked: {why}", requests.address().origin())));
        }
        let mut state = self.claimed(state, &mut store).await?;
        let is_first = state.serial == 1;
        if let Some(pending) = state.pending.take() {
            self.resume(pending, &mut state).await?;
        }
        if !is_first {
            self.uploads.give_up_lost(&format!("{}{}", self.to.key, self.names.of_run())).await?;
        }
        self.fetch(&api, &login, &requests, &mut state, &mut store).await?;
        self.finish(state, &mut store).await
    }

    /// Takes the state over: from here on an attempt that somebody takes for dead writes nothing more.
    ///
    /// Where two begin at once, the one of before may write in between: whoever came later goes on.
    async fn claimed(&self, mut state: State, store: &mut Store<'_>) -> Result<State, Failure> {
        let own = self.run.context.try_number;
        for _ in 0..CLAIMS {
            state.attempt = own;
            if self.is_kept(&mut state, store).await? {
                return Ok(state);
            }
            let found = store.read(self.run).await?;
            if found.as_ref().is_some_and(|found| found.attempt >= own || found.outputs.is_some()) {
                break;
            }
            state = self.begun(found)?;
        }
        Err(lost(store))
    }

    /// Where it begins: where an attempt before has come to, or anew.
    fn begun(&self, found: Option<State>) -> Result<State, Failure> {
        let key = &self.run.key;
        let Some(found) = found else { return Ok(self.anew()) };
        if found.generation != key.generation() || found.content != key.content() {
            // That it was there before is known by its number.
            return Ok(State { serial: found.serial, ..self.anew() });
        }
        if found.outputs.is_none() && !self.spec.is_repeatable() {
            return Err(Failure::for_good(
                "an attempt before this one may have sent its POST, and what came of it is not known: clear the task to send \
                 it again, or say `idempotent: true` where it may be sent more than once",
            ));
        }
        let Tally { pages, objects, .. } = found.done;
        if found.outputs.is_none() && pages > 0 {
            self.run.log.info(format!(
                "an attempt before this one has fetched {pages} pages into {objects} objects: it goes on from there"
            ));
        }
        Ok(found)
    }

    fn anew(&self) -> State {
        let key = &self.run.key;
        State { generation: key.generation(), content: key.content().to_owned(), ..State::default() }
    }

    /// Writes the state; fails where another attempt has.
    async fn keep(&self, state: &mut State, store: &mut Store<'_>) -> Result<(), Failure> {
        if self.is_kept(state, store).await? { Ok(()) } else { Err(lost(store)) }
    }

    /// Writes the state; says whether it was written, and no other attempt has.
    async fn is_kept(&self, state: &mut State, store: &mut Store<'_>) -> Result<bool, Failure> {
        state.writes += self.uploads.writes.take();
        store.write(state, self.run).await
    }

    /// Completes what an attempt before has left; where that was given up, its pages are fetched again.
    async fn resume(&self, pending: Pending, state: &mut State) -> Result<(), Failure> {
        let name = format!("s3://{}/{}", self.to.bucket, pending.key);
        if self.uploads.complete(&pending).await? {
            self.run.log.info(format!("{name}, which an attempt before this one has written, is complete"));
            (state.next, state.done) = (pending.next, pending.done);
        } else {
            self.run.log.warning(format!("{name} was given up: its pages are fetched again"));
        }
        Ok(())
    }

    /// Fetches object by object.
    async fn fetch(
        &self,
        api: &Api<'_>,
        login: &Login<'_>,
        requests: &Requests<'_>,
        state: &mut State,
        store: &mut Store<'_>,
    ) -> Result<(), Failure> {
        let rounds = RefCell::new(Rounds::new(state.next.clone()));
        let pages = Fetching { job: self, api, login, requests, rounds, has_warned: Cell::new(false) };
        while state.next != Position::End {
            let pending = match pages.object(state).await? {
                Written::Object(pending) => pending,
                Written::Nothing { next, done } => {
                    (state.next, state.done) = (next, done);
                    continue;
                }
            };
            state.pending = Some(pending.clone());
            // Once the state may name it, it is not given up.
            let open = self.uploads.open.take();
            if !self.is_kept(state, store).await? {
                self.uploads.open.replace(open);
                return Err(lost(store));
            }
            state.pending = None;
            if !self.uploads.complete(&pending).await? {
                let key = &pending.key;
                return Err(Failure::retry(format!("somebody has given up s3://{}/{key}", self.to.bucket)));
            }
            let (bytes, pages, records) = (pending.bytes, pending.done.pages, pending.done.records);
            self.run.log.info(format!(
                "wrote s3://{}/{} of {bytes} bytes; {records} records of {pages} pages so far",
                self.to.bucket, pending.key
            ));
            (state.next, state.done) = (pending.next, pending.done);
        }
        Ok(())
    }
}

/// Says that another attempt has taken over.
fn lost(store: &Store<'_>) -> Failure {
    Failure::retry(format!(
        "another attempt of this task goes on, and this one stops: {} has changed since",
        store.place
    ))
}
