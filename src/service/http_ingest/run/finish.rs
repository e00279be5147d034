//! The end of an ingestion: what was there before goes, and the state says that all is done.

use super::Job;
use super::state::{State, Store};
use crate::aws::AwsError;
use crate::aws::s3::Location;
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::removal;
use crate::exec::runner::{patiently, seconds};
use crate::service::objects::link_below;
use serde_json::json;

impl Job<'_> {
    /// Removes what was there before, and says that all is done.
    pub(super) async fn finish(&self, mut state: State, store: &mut Store<'_>) -> Result<Ended, Failure> {
        if self.spec.must_have && state.done.objects == 0 {
            return Err(Failure::retry(
                "the API has given nothing, and `on_empty` says that this is a failure",
            ));
        }
        let before = patiently(self.run, || self.before()).await?;
        if !before.is_empty() {
            // Whoever has taken over since has none of these objects: they were there when this attempt still went on.
            self.keep(&mut state, store).await?;
            removal::remove(self.buckets, &self.to.bucket, &before, self.run, |_| ()).await?;
            self.run.log.info(format!("{} objects of before are removed", before.len()));
        }
        state.writes += self.uploads.writes.take();
        let outputs = self.outputs(&state, before.len());
        state.outputs = Some(outputs.clone());
        self.keep(&mut state, store).await?;
        Ok(Ended::Done(outputs))
    }

    /// Lists the objects that the step has written before: of this run, or of all.
    async fn before(&self) -> Result<Vec<String>, AwsError> {
        let begin = if self.spec.appends { self.names.of_run() } else { self.names.of_step() };
        let (begin, own) =
            (format!("{}{begin}", self.to.key), format!("{}{}", self.to.key, self.names.own()));
        let place = Location { bucket: self.to.bucket.clone(), key: begin };
        let listed = self.buckets.list(&place).await?;
        Ok(listed.into_iter().map(|object| object.key).filter(|key| !key.starts_with(&own)).collect())
    }

    fn outputs(&self, state: &State, removed: usize) -> Outputs {
        let (to, done) = (self.to, state.done);
        let region = self.buckets.elsewhere(&to.bucket).unwrap_or_else(|| self.buckets.home().to_owned());
        let outputs = [
            ("handle", json!(to.to_string())),
            ("url", json!(link_below(&region, &to.bucket, &to.key))),
            ("seconds", json!(seconds(self.run.looks.elapsed(self.run.clock.now())))),
            ("path", json!(to.to_string())),
            ("pages", json!(done.pages)),
            ("records", json!(done.records)),
            ("bytes", json!(done.bytes)),
            ("objects", json!(done.objects)),
            ("removed", json!(removed)),
            // That which tells it is one.
            ("writes", json!(state.writes + 1)),
        ];
        outputs.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
    }
}
