//! Copying objects within S3: nothing of them comes to the worker.

mod parts;

use super::job::CopyObjects;
use crate::aws::AwsError;
use crate::aws::s3::{Buckets, Location, Object};
use crate::exec::files::{Files, removable};
use crate::exec::key::{Identity, content};
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::removal;
use crate::exec::runner::{Run, at_once, by_itself, patiently, seconds};
use crate::exec::start::Start;
use crate::service::console::encode;
use crate::service::objects::link_below;
use crate::template::RunValues;
use aws_sdk_s3::types::{AnnotationDirective, ServerSideEncryption, StorageClass, TaggingDirective};
use parts::{Uploads, in_parts, source_of};
use serde_json::json;
use std::cell::Cell;
use std::future::Future;
use std::ops::ControlFlow;

/// How many objects are under way at a time.
const LANES: usize = 16;

/// After how many objects the log says how many there are.
const TOLD: u64 = 1000;

/// Copies the objects, or ends because `stop` is ready; what was begun in parts is given up then.
pub(crate) async fn run(
    spec: &CopyObjects,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    // Nothing is started that could be found again.
    let run = (start.run)(Identity { kind: "copy_objects", target: Vec::new(), content: content([]) });
    let job = Job { buckets: Buckets::new(start.config), spec, run: &run, uploads: Uploads::default() };
    let ended = by_itself(&run, "copying objects", job.copy(start.values), stop).await;
    job.uploads.give_up(&job.buckets, run.log).await;
    ended
}

/// What is copied, and what for.
struct Job<'a> {
    buckets: Buckets,
    spec: &'a CopyObjects,
    run: &'a Run<'a>,
    uploads: Uploads,
}

/// An object with the place of its copy.
#[derive(Clone, Debug)]
struct Copy {
    from_bucket: String,
    object: Object,
    bucket: String,
    key: String,
}

/// What has become of the objects so far.
#[derive(Debug, Default)]
struct Done {
    copied: Cell<u64>,
    skipped: Cell<u64>,
}

impl Job<'_> {
    async fn copy(&self, values: &RunValues) -> Result<Ended, Failure> {
        let path = if self.spec.removes {
            removable(&self.spec.path, values)?
        } else {
            self.spec.path.render(values)?
        };
        let files = Files::parse(&path, &self.spec.except)?;
        let to = folder(&self.spec.to.render(values)?)?;
        let found = patiently(self.run, || self.find(&files)).await?;
        let (copies, marker) = self.placed(found, &files, &to)?;
        let bytes: u64 = copies.iter().chain(&marker).map(|copy| copy.object.size).sum();
        let objects = copies.len() + marker.iter().len();
        self.run.log.info(format!("{objects} objects of {bytes} bytes are to be in {to}, from {files}"));
        let done = Done::default();
        let there = self.there(&to).await?;
        at_once(LANES, &copies, |copy| self.one(copy, &there, &done)).await?;
        // It says that all others are there.
        if let Some(copy) = &marker {
            self.one(copy, &there, &done).await?;
        }
        let removed =
            if self.spec.removes { self.remove(&copies, marker.as_ref(), &files, &to).await? } else { 0 };
        let region = self.buckets.elsewhere(&to.bucket).unwrap_or_else(|| self.buckets.home().to_owned());
        let mut outputs = Outputs::new();
        outputs.insert("handle".to_owned(), json!(to.to_string()));
        outputs.insert("url".to_owned(), json!(link_below(&region, &to.bucket, &to.key)));
        outputs.insert("seconds".to_owned(), json!(seconds(self.run.looks.elapsed(self.run.clock.now()))));
        outputs.insert("objects".to_owned(), json!(objects));
        outputs.insert("bytes".to_owned(), json!(bytes));
        outputs.insert("copied".to_owned(), json!(done.copied.get()));
        outputs.insert("skipped".to_owned(), json!(done.skipped.get()));
        outputs.insert("removed".to_owned(), json!(removed));
        Ok(Ended::Done(outputs))
    }

    /// Lists what is to be copied, as far as is needed to know that it is too much.
    async fn find(&self, files: &Files) -> Result<Vec<Object>, AwsError> {
        let most = usize::try_from(self.spec.max_objects).unwrap_or(usize::MAX);
        let marker = self.spec.marker.as_ref().and_then(|marker| files.beside(marker).ok());
        let mut found = Vec::new();
        files
            .each(&self.buckets, |object| {
                let is_marker = marker.as_ref().is_some_and(|marker| marker.is(&object.key));
                let is_meant = if self.spec.all { files.holds(&object) } else { files.has(&object) };
                if is_meant || is_marker {
                    found.push(object);
                }
                if found.len() > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .await?;
        Ok(found)
    }

    /// Says where each object goes, the marker apart; refuses what makes no sense.
    fn placed(
        &self,
        found: Vec<Object>,
        files: &Files,
        to: &Location,
    ) -> Result<(Vec<Copy>, Option<Copy>), Failure> {
        if found.is_empty() && self.spec.may_be_empty {
            return Ok((Vec::new(), None));
        }
        let most = self.spec.max_objects;
        if found.len() as u64 > u64::from(most) {
            return Err(Failure::for_good(format!(
                "nothing is copied: {files} has more than {most} objects (`max_objects`); if all of them are meant, let the \
                 step allow more"
            )));
        }
        let marker_key = self.spec.marker.as_ref().map(|marker| files.beside(marker)).transpose()?;
        let mut copies = Vec::with_capacity(found.len());
        let mut marker = None;
        for object in found {
            let key = format!("{}{}", to.key, files.relative(&object.key));
            let (from_bucket, bucket) = (files.bucket().to_owned(), to.bucket.clone());
            if from_bucket == bucket && (object.key == key || files.holds_key(&key)) {
                return Err(Failure::for_good(format!(
                    "nothing is copied: {to} lies in {files}, of which it gets copies"
                )));
            }
            let is_marker = marker_key.as_ref().is_some_and(|marker| marker.is(&object.key));
            let copy = Copy { from_bucket, object, bucket, key };
            if is_marker {
                marker = Some(copy);
            } else {
                copies.push(copy);
            }
        }
        if marker.is_none()
            && let Some(name) = &self.spec.marker
        {
            return Err(Failure::retry(format!(
                "nothing is copied: the marker {name} is missing in {files}"
            )));
        }
        if copies.is_empty() && !self.spec.may_be_empty {
            return Err(Failure::retry(format!("nothing is copied: there are no objects in {files}")));
        }
        Ok((copies, marker))
    }

    /// Lists what is at the place of the copies.
    async fn there(&self, to: &Location) -> Result<Vec<Object>, Failure> {
        patiently(self.run, || self.buckets.list(to)).await
    }

    async fn one(&self, copy: &Copy, there: &[Object], done: &Done) -> Result<(), Failure> {
        let same = at(there, &copy.key).filter(|there| there.size == copy.object.size);
        let is_there = match same {
            Some(there) if !self.spec.again => {
                there.etag == copy.object.etag || source_of(self, copy, there).await?
            }
            Some(_) | None => false,
        };
        if is_there {
            done.skipped.set(done.skipped.get() + 1);
        } else {
            if copy.object.size > self.spec.parts_from {
                in_parts(self, copy).await?;
            } else {
                self.at_a_time(copy).await?;
            }
            done.copied.set(done.copied.get() + 1);
            if done.copied.get().is_multiple_of(TOLD) {
                self.run.log.info(format!("{} objects are copied", done.copied.get()));
            }
        }
        Ok(())
    }

    async fn at_a_time(&self, copy: &Copy) -> Result<(), Failure> {
        let spec = self.spec;
        let sent = self.send(copy, || async {
            self.buckets
                .send(&copy.bucket, |client| {
                    client
                        .copy_object()
                        .bucket(&copy.bucket)
                        .key(&copy.key)
                        .copy_source(copy.source())
                        .copy_source_if_match(copy.etag())
                        .tagging_directive(TaggingDirective::Replace)
                        .annotation_directive(AnnotationDirective::Exclude)
                        .set_server_side_encryption(
                            spec.kms_key.as_ref().map(|_| ServerSideEncryption::AwsKms),
                        )
                        .set_ssekms_key_id(spec.kms_key.clone())
                        .set_storage_class(spec.storage_class.as_deref().map(StorageClass::from))
                })
                .await
        });
        sent.await.map(drop)
    }

    /// Sends what copies an object, or a part of it; says of which object S3 speaks.
    async fn send<T, F>(&self, copy: &Copy, call: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, AwsError>>,
    {
        patiently(self.run, || async {
            call().await.map_err(|mut error| {
                error.message =
                    format!("{} to s3://{}/{}: {}", copy.name(), copy.bucket, copy.key, error.message);
                error
            })
        })
        .await
        .map_err(|failure| changed(copy, failure))
    }

    /// Removes what was copied, the marker last, once all copies are there and the objects are those that were copied.
    async fn remove(
        &self,
        copies: &[Copy],
        marker: Option<&Copy>,
        files: &Files,
        to: &Location,
    ) -> Result<u64, Failure> {
        let (there, now) = (self.there(to).await?, patiently(self.run, || self.find(files)).await?);
        let is_copied =
            |copy: &&Copy| at(&there, &copy.key).is_some_and(|there| there.size == copy.object.size);
        if let Some(missing) = copies.iter().chain(marker).find(|copy| !is_copied(copy)) {
            return Err(Failure::retry(format!(
                "nothing is removed: {} has no copy any more",
                missing.name()
            )));
        }
        let (mut keys, mut changed) = (Vec::new(), 0);
        for copy in copies {
            match at(&now, &copy.object.key) {
                Some(object) if object.etag == copy.object.etag => keys.push(copy.object.key.clone()),
                Some(_) => changed += 1,
                None => {}
            }
        }
        removal::remove(&self.buckets, files.bucket(), &keys, self.run, |_| ()).await?;
        if changed > 0 {
            let told = format!("{changed} objects of {files} have changed since they were copied, and stay");
            return Err(Failure::retry(told));
        }
        let marker: Vec<String> = marker.map(|marker| marker.object.key.clone()).into_iter().collect();
        removal::remove(&self.buckets, files.bucket(), &marker, self.run, |_| ()).await?;
        let removed = keys.len() + marker.len();
        self.run.log.info(format!("{removed} objects of {files} are removed"));
        Ok(removed as u64)
    }
}

/// What is not any more as it was listed may be copied by the next attempt.
fn changed(copy: &Copy, failure: Failure) -> Failure {
    let is_changed = ["PreconditionFailed", "NoSuchKey"].iter().any(|code| failure.message.contains(code));
    if is_changed {
        Failure::retry(format!("{} has changed since it was listed: {}", copy.name(), failure.message))
    } else {
        failure
    }
}

/// Reads the folder of the copies.
fn folder(path: &str) -> Result<Location, Failure> {
    let to: Location = path.parse().map_err(|error| Failure::for_good(format!("{error}")))?;
    if to.key.starts_with('/') || to.key.contains("//") || !(to.key.is_empty() || to.key.ends_with('/')) {
        return Err(Failure::for_good(format!(
            "nothing is copied: {to} is no folder, or one without a name"
        )));
    }
    Ok(to)
}

/// Finds an object of a listing.
fn at<'o>(listed: &'o [Object], key: &str) -> Option<&'o Object> {
    listed.binary_search_by(|object| object.key.as_str().cmp(key)).ok().map(|found| &listed[found])
}

impl Copy {
    /// Names what is copied.
    fn name(&self) -> String {
        format!("s3://{}/{}", self.from_bucket, self.object.key)
    }

    /// Names it as a header does.
    fn source(&self) -> String {
        format!("{}/{}", self.from_bucket, encode(&self.object.key).replace("%2F", "/"))
    }

    /// Its entity tag, with quotes.
    fn etag(&self) -> String {
        format!("\"{}\"", self.object.etag)
    }
}
