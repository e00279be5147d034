//! Loads: exactly the files that are there when the load starts, in one transaction.
//!
//! The files are listed and written into a manifest, because COPY's own `FROM` is a prefix. The manifest's
//! name carries the key and its content's hash, so that no later attempt changes what a running COPY reads.
//! With `append`, files that the ledger knows are left out, and one that has changed since is refused, and so is
//! a table that has lost their rows. A
//! `merge` asks for the table's columns, so that what is loaded aside has those that the files have.

use super::api::Api;
use super::batch::{Batch, Role};
use super::copy::{self, Staged};
use super::ledger::{self, url};
use super::load_sql;
use super::{explain, merge, region};
use crate::aws::s3::{Buckets, Location, Object};
use crate::exec::files::Files;
use crate::exec::key::{content, hex};
use crate::exec::log::Log;
use crate::exec::outcome::{Failure, Outputs, Trouble};
use crate::exec::runner::Attempt;
use crate::service::redshift::job::BESIDE;
use crate::service::redshift::load::{CopyFormat, CopyMode, Load};
use crate::sql::write::literal;
use crate::template::{RunValues, Template};
use aws_sdk_redshiftdata::operation::describe_statement::DescribeStatementOutput;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A load whose path is complete.
pub(super) struct LoadJob {
    load: Load,
    files: Files,
}

/// What a started load reads.
#[derive(Debug)]
pub(super) struct Prepared {
    pub token: String,
    files: usize,
    bytes: u64,
}

/// What listing the files has led to.
pub(super) enum Ready {
    /// All files were loaded before.
    Nothing(Outputs),
    Loading(Prepared, Batch),
}

impl LoadJob {
    pub(crate) fn new(load: &Load, values: &RunValues) -> Result<Self, Failure> {
        let files = Files::parse(&load.path.render(values)?, &load.except)?;
        Ok(Self { load: load.clone(), files })
    }

    /// Returns the hash of what the load does. Which files there are is no part of it: they are those that are
    /// there when the load starts.
    pub(crate) fn content(&self) -> String {
        content([known_by(&self.load).as_str(), &self.files.to_string()])
    }

    pub(crate) fn roles(&self) -> Vec<Role> {
        load_sql::roles(self.load.mode)
    }

    /// Lists the files and writes the manifest.
    pub(crate) async fn prepare(
        &self,
        api: &Api,
        s3: &Buckets,
        attempt: &Attempt,
        log: &Log<'_>,
    ) -> Result<Ready, Trouble> {
        let mut objects = self.files.list(s3).await?;
        let bucket = self.files.bucket();
        let elsewhere = s3.elsewhere(bucket);
        let region = region::to_tell(&self.load, region::Place { bucket, elsewhere, home: s3.home() })?;
        if let Some(region) = region.as_ref().filter(|region| *region != s3.home()) {
            log.info(format!("the bucket {bucket} is in {region}"));
        }
        let load = Load { region, ..self.load.clone() };
        objects.retain(|object| self.files.has(object));
        if objects.is_empty() {
            return Err(Failure::retry(format!("there are no files in {}", self.files)).into());
        }
        // One that is named may be: waiting for it was right, and there is nothing to load yet.
        if objects.iter().all(|object| object.size == 0) {
            return Err(Failure::retry(format!("{} is empty", self.files)).into());
        }
        if self.load.mode == CopyMode::Append {
            let prefix = url(self.files.bucket(), self.files.prefix());
            let known = ledger::known(api, &self.load, &prefix).await?;
            let all = objects.len();
            objects = not_loaded(objects, self.files.bucket(), &known, &ledger::name(&self.load))?;
            if objects.len() < all {
                self.holds_rows(api).await?;
            }
            if objects.is_empty() {
                log.info(format!("all {all} files were loaded before: nothing to do"));
                return Ok(Ready::Nothing(counts(Some(0), Some(0), Some(0))));
            }
            if objects.len() < all {
                log.info(format!(
                    "{} of {all} files were loaded before and are left out",
                    all - objects.len()
                ));
            }
        } else {
            ledger::ensure(api, &self.load).await?;
        }
        let columns = match self.load.mode {
            CopyMode::Merge => Some(merge::columns(api, &self.load).await?),
            CopyMode::Append | CopyMode::Replace => None,
        };
        let token = attempt.token();
        let manifest = manifest(&objects, self.files.bucket());
        let name = format!("{token}-{}", fingerprint(&objects, &manifest));
        let staging = self.staging(&load)?;
        let rows = ledger::rows(&objects, self.files.bucket(), &token, Timestamp::now());
        let staged = Staged {
            manifest: put(s3, &staging, &format!("{name}.manifest"), manifest).await?,
            ledger: put(s3, &staging, &format!("{name}.ledger.csv"), rows).await?,
            region: load.region.clone(),
            token: token.clone(),
        };
        let bytes = objects.iter().map(|object| object.size).sum();
        log.info(format!(
            "loading {} files of {bytes} bytes into {}.{}",
            objects.len(),
            self.load.schema,
            self.load.table
        ));
        let sqls = load_sql::statements(&load, columns.as_ref(), &staged);
        let batch = Batch { sqls, transaction: true, params: Vec::new() };
        batch.validate()?;
        Ok(Ready::Loading(Prepared { token, files: objects.len(), bytes }, batch))
    }

    /// Fails when the table has lost the rows of files that the ledger has: what is left out then is in no table,
    /// and the run would end green.
    async fn holds_rows(&self, api: &Api) -> Result<(), Trouble> {
        if !ledger::is_beside_nothing(api, &self.load).await? {
            return Ok(());
        }
        Err(Failure::for_good(format!(
            "files were loaded before, and {}.{} is empty: somebody has taken their rows away. To load them again, `DROP \
             TABLE {}` and clear this task; where the table is emptied after each load, use `mode: replace`",
            self.load.schema,
            self.load.table,
            ledger::name(&self.load)
        ))
        .into())
    }

    /// Returns where the manifest is put. All that a COPY reads of another region has to be in that one, the
    /// manifest too: it is put beside the files then.
    fn staging(&self, load: &Load) -> Result<Location, Failure> {
        let said: Location =
            load.staging.parse().map_err(|error| Failure::for_good(format!("staging: {error}")))?;
        if load.region.is_none() || said.bucket == self.files.bucket() {
            return Ok(said);
        }
        Ok(Location { bucket: self.files.bucket().to_owned(), key: BESIDE.to_owned() })
    }

    /// Says what a load that succeeded has loaded, also when another attempt started it.
    pub(crate) async fn outputs(
        &self,
        api: &Api,
        described: &DescribeStatementOutput,
        prepared: Option<&Prepared>,
        log: &Log<'_>,
    ) -> Result<Outputs, Trouble> {
        let at = self.roles().iter().position(|role| *role == Role::Copy).unwrap_or_default();
        let Some(copy) = described.sub_statements().get(at) else { return Ok(counts(None, None, None)) };
        if self.load.options.may_leave_out() {
            explain::warn_of_left_out_rows(api, copy.redshift_query_id, log).await;
        }
        // The Data API may say 0 for a COPY that has loaded rows.
        let mut rows = u64::try_from(copy.result_rows).ok().filter(|rows| *rows > 0);
        let (mut files, mut bytes) = (None, None);
        if let Some(prepared) = prepared {
            files = u64::try_from(prepared.files).ok();
            bytes = Some(prepared.bytes);
        }
        if rows.is_none() || files.is_none() {
            let sql = format!(
                "SELECT loaded_rows, source_file_count, source_file_bytes FROM sys_load_history WHERE query_id = {}",
                copy.redshift_query_id
            );
            match api.query(&sql).await {
                Ok(history) => {
                    if let Some(row) = history.cells.first() {
                        let number = |column| history.value(row, column).and_then(|text| text.parse().ok());
                        rows = rows.or_else(|| number("loaded_rows"));
                        files = files.or_else(|| number("source_file_count"));
                        bytes = bytes.or_else(|| number("source_file_bytes"));
                    }
                }
                Err(trouble) => {
                    log.warning(format!("what was loaded is not known: {}", Failure::from(trouble).message));
                }
            }
        }
        if let Some(rows) = rows {
            log.info(format!("loaded {rows} rows"));
        }
        Ok(counts(rows, files, bytes))
    }
}

/// Writes what tells one load from another. The hash of it is in the name of statements that run while dagc is
/// upgraded: where a load is the same, this text has to stay the same, whatever becomes of the plan's form.
fn known_by(load: &Load) -> String {
    #[derive(Serialize)]
    struct KnownBy<'a> {
        path: &'a Template,
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        except: &'a [String],
        staging: &'a str,
        schema: &'a str,
        table: &'a str,
        mode: CopyMode,
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        key: &'a [String],
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        columns: &'a [String],
        format: &'a CopyFormat,
        role: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        region: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        options: Vec<String>,
    }
    let Load { path, except, staging, schema, table, mode, key, columns, format, role, region, options } =
        load;
    let (mode, region, options) = (*mode, region.as_deref(), copy::options(options));
    let known_by =
        KnownBy { path, except, staging, schema, table, mode, key, columns, format, role, region, options };
    serde_json::to_string(&known_by).unwrap_or_default()
}

async fn put(s3: &Buckets, folder: &Location, name: &str, text: String) -> Result<String, Trouble> {
    let separator = if folder.key.is_empty() || folder.key.ends_with('/') { "" } else { "/" };
    let place = Location { bucket: folder.bucket.clone(), key: format!("{}{separator}{name}", folder.key) };
    let body = SdkBody::from(text);
    let request = |client: &aws_sdk_s3::Client| {
        let body = body.try_clone().expect("invariant: what is in memory can be sent again");
        client.put_object().bucket(&place.bucket).key(&place.key).body(ByteStream::new(body))
    };
    s3.send(&place.bucket, request).await?;
    Ok(place.to_string())
}

fn counts(rows: Option<u64>, files: Option<u64>, bytes: Option<u64>) -> Outputs {
    let counts = [("rows", json!(rows)), ("files", json!(files)), ("bytes", json!(bytes))];
    counts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Leaves out the files that were loaded before; refuses those that have changed since.
fn not_loaded(
    objects: Vec<Object>,
    bucket: &str,
    known: &BTreeMap<String, String>,
    ledger: &str,
) -> Result<Vec<Object>, Failure> {
    let mut new = Vec::new();
    for object in objects {
        let url = url(bucket, &object.key);
        match known.get(&url) {
            None => new.push(object),
            Some(etag) if *etag == object.etag => {}
            Some(_) => {
                return Err(Failure::for_good(format!(
                    "{url} was loaded before and has changed since: `append` would load its rows twice; use \
                     `mode: merge`, or write changes to new files. If the table has its rows as they are now, as when it \
                     changed while it was loaded: UPDATE {ledger} SET etag = {} WHERE url = {}",
                    literal(&object.etag),
                    literal(&url),
                )));
            }
        }
    }
    Ok(new)
}

/// Tells these files in this state from all others.
fn fingerprint(objects: &[Object], manifest: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(manifest.as_bytes());
    for object in objects {
        hash.update(object.etag.as_bytes());
        hash.update([0]);
    }
    hex(&hash.finalize()[..4])
}

/// COPY's manifest; columnar formats want the length of each file.
fn manifest(objects: &[Object], bucket: &str) -> String {
    // Written piece by piece: a folder may have 100,000 files, and a worker has little memory.
    let mut text = r#"{"entries":["#.to_owned();
    for (n, object) in objects.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let url = json!(url(bucket, &object.key));
        let length = object.size;
        text.push_str(&format!(
            r#"{comma}{{"mandatory":true,"meta":{{"content_length":{length}}},"url":{url}}}"#
        ));
    }
    text + "]}"
}

#[cfg(test)]
mod tests;
