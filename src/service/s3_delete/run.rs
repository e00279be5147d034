//! Removing objects: all are counted before the first is removed.

use super::job::DeleteObjects;
use crate::aws::AwsError;
use crate::aws::s3::{Buckets, Object, REMOVED_AT_ONCE};
use crate::exec::files::{Files, removable};
use crate::exec::key::{Identity, content};
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::runner::{Run, at_once, by_itself, patiently, seconds};
use crate::exec::start::Start;
use crate::service::objects::link_below;
use crate::template::RunValues;
use aws_config::SdkConfig;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::ops::ControlFlow;
use std::time::{Duration, SystemTime};

/// How many calls are under way at a time, of a thousand objects each (S3 takes 3,500 a second of one prefix).
const LANES: usize = 3;

/// Removes the objects, or ends because `stop` is ready.
pub(crate) async fn run(
    spec: &DeleteObjects,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    // Nothing is started that could be found again.
    let run = (start.run)(Identity { kind: "delete_objects", target: Vec::new(), content: content([]) });
    by_itself(&run, "removing objects", remove(start.config, spec, start.values, &run), stop).await
}

async fn remove(
    config: &SdkConfig,
    spec: &DeleteObjects,
    values: &RunValues,
    run: &Run<'_>,
) -> Result<Ended, Failure> {
    let buckets = Buckets::new(config);
    let files = Files::parse(&removable(&spec.path, values)?, &spec.except)?;
    let before = spec.older_than.and_then(|age| SystemTime::now().checked_sub(Duration::from_secs(age)));
    let found = patiently(run, || Found::count(&buckets, &files, spec, before)).await?;
    found.allowed(spec, &files)?;
    let (objects, bytes, skipped) = (found.keys.len(), found.bytes, found.skipped);
    run.log.info(format!("{objects} objects of {bytes} bytes lie in {files}: they are removed"));
    if skipped > 0 {
        run.log.info(format!("{skipped} objects stay: they are not old enough"));
    }
    let removed = Cell::new(0);
    let batches = found.keys.chunks(REMOVED_AT_ONCE);
    at_once(LANES, batches, async |keys| {
        batch(&buckets, files.bucket(), keys, run).await?;
        removed.set(removed.get() + keys.len());
        if objects > REMOVED_AT_ONCE {
            run.log.info(format!("{} of {objects} objects are removed", removed.get()));
        }
        Ok(())
    })
    .await?;
    let region = buckets.elsewhere(files.bucket()).unwrap_or_else(|| buckets.home().to_owned());
    let mut outputs = Outputs::new();
    outputs.insert("handle".to_owned(), json!(files.to_string()));
    outputs.insert("url".to_owned(), json!(link_below(&region, files.bucket(), files.prefix())));
    outputs.insert("seconds".to_owned(), json!(seconds(run.looks.elapsed(run.clock.now()))));
    outputs.insert("objects".to_owned(), json!(objects));
    outputs.insert("bytes".to_owned(), json!(bytes));
    outputs.insert("skipped".to_owned(), json!(skipped));
    Ok(Ended::Done(outputs))
}

/// Removes some objects; what S3 has not removed in passing is removed again.
async fn batch(buckets: &Buckets, bucket: &str, keys: &[String], run: &Run<'_>) -> Result<(), Failure> {
    let left = RefCell::new(keys.to_vec());
    patiently(run, async || {
        let keys = left.borrow().clone();
        let refused = buckets.remove(bucket, &keys).await?;
        let Some(worst) = worst(refused.iter().map(|one| &one.error)) else { return Ok(()) };
        *left.borrow_mut() = refused.into_iter().map(|one| one.key).collect();
        Err(worst)
    })
    .await
}

/// The error that says what comes of them all: one that does not pass, where there is one.
fn worst<'e>(errors: impl Iterator<Item = &'e AwsError>) -> Option<AwsError> {
    errors.min_by_key(|error| error.kind.may_pass_later()).cloned()
}

/// The objects that are to be removed.
#[derive(Debug, Default)]
struct Found {
    keys: Vec<String>,
    bytes: u64,
    /// Those that stay.
    skipped: u64,
}

impl Found {
    /// Counts them, as far as is needed to know that there are too many.
    async fn count(
        buckets: &Buckets,
        files: &Files,
        spec: &DeleteObjects,
        before: Option<SystemTime>,
    ) -> Result<Self, AwsError> {
        let mut found = Self::default();
        let is_old = |object: &Object| {
            spec.older_than.is_none()
                || before.is_some_and(|before| object.modified.is_some_and(|modified| modified < before))
        };
        files
            .each(buckets, |object| {
                if !files.holds(&object) {
                    return ControlFlow::Continue(());
                }
                if !is_old(&object) {
                    found.skipped += 1;
                    return ControlFlow::Continue(());
                }
                found.bytes = found.bytes.saturating_add(object.size);
                found.keys.push(object.key);
                if found.excess(spec).is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .await?;
        Ok(found)
    }

    /// Says of what there is more than the step allows.
    fn excess(&self, spec: &DeleteObjects) -> Option<String> {
        let most = usize::try_from(spec.max_objects).unwrap_or(usize::MAX);
        if self.keys.len() > most {
            return Some(format!("more than {most} objects (`max_objects`)"));
        }
        let bytes = spec.max_bytes.filter(|bytes| self.bytes > *bytes)?;
        Some(format!("more than {bytes} bytes (`max_bytes`)"))
    }

    fn allowed(&self, spec: &DeleteObjects, files: &Files) -> Result<(), Failure> {
        match self.excess(spec) {
            None => Ok(()),
            Some(excess) => Err(Failure::for_good(format!(
                "nothing is removed: {files} has {excess}; if all of them are meant, let the step allow more"
            ))),
        }
    }
}
