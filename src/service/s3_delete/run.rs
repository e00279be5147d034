//! Removing objects: all are counted before the first is removed.

use super::job::DeleteObjects;
use crate::aws::AwsError;
use crate::aws::s3::{Buckets, Object, REMOVED_AT_ONCE};
use crate::exec::files::{Files, removable};
use crate::exec::key::{Identity, content};
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::removal;
use crate::exec::runner::{Run, by_itself, patiently, seconds};
use crate::exec::start::Start;
use crate::service::objects::link_below;
use crate::template::RunValues;
use aws_config::SdkConfig;
use serde_json::json;
use std::cell::Cell;
use std::future::Future;
use std::ops::ControlFlow;
use std::time::{Duration, SystemTime};

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
    let told = |more: usize| {
        removed.set(removed.get() + more);
        if objects > REMOVED_AT_ONCE {
            run.log.info(format!("{} of {objects} objects are removed", removed.get()));
        }
    };
    removal::remove(&buckets, files.bucket(), &found.keys, run, told).await?;
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
