//! Writing one object.

use super::job::{PutObject, is_json, no_json};
use crate::aws::s3::{Buckets, Location};
use crate::exec::key::{Identity, content};
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::runner::{Run, by_itself, patiently, seconds};
use crate::exec::start::Start;
use crate::service::objects::link;
use crate::template::RunValues;
use aws_config::SdkConfig;
use aws_sdk_s3::types::ServerSideEncryption;
use serde_json::json;
use std::future::Future;

/// Writes the object, or ends because `stop` is ready.
pub(crate) async fn run(
    spec: &PutObject,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    // Nothing is started that could be found again.
    let run = (start.run)(Identity { kind: "put_object", target: Vec::new(), content: content([]) });
    by_itself(&run, "writing an object", put(start.config, spec, start.values, &run), stop).await
}

async fn put(
    config: &SdkConfig,
    spec: &PutObject,
    values: &RunValues,
    run: &Run<'_>,
) -> Result<Ended, Failure> {
    let to = place(&spec.to.render(values)?)?;
    let text = spec.text.as_ref().map(|text| text.render(values)).transpose()?.unwrap_or_default();
    if is_json(&spec.content_type)
        && spec.text.is_some()
        && let Some(why) = no_json(&text)
    {
        return Err(Failure::for_good(format!("{to} is not written: its text is no JSON: {why}")));
    }
    let buckets = Buckets::new(config);
    let written = patiently(run, || {
        buckets.send(&to.bucket, |client| {
            let encryption = spec.kms_key.as_ref().map(|_| ServerSideEncryption::AwsKms);
            let request = client.put_object().bucket(&to.bucket).key(&to.key);
            request
                .body(text.clone().into_bytes().into())
                .content_type(&spec.content_type)
                .set_server_side_encryption(encryption)
                .set_ssekms_key_id(spec.kms_key.clone())
        })
    })
    .await?;
    run.log.info(format!("wrote {} bytes to {to}", text.len()));
    let region = buckets.elsewhere(&to.bucket).unwrap_or_else(|| buckets.home().to_owned());
    let mut outputs = Outputs::new();
    outputs.insert("handle".to_owned(), json!(to.to_string()));
    outputs.insert("url".to_owned(), json!(link(&region, &to.bucket, &to.key)));
    outputs.insert("seconds".to_owned(), json!(seconds(run.looks.elapsed(run.clock.now()))));
    outputs.insert("bytes".to_owned(), json!(text.len()));
    outputs.insert("version".to_owned(), json!(written.version_id.filter(|version| version != "null")));
    Ok(Ended::Done(outputs))
}

/// Reads the place of one object; values of a run may have made it a folder.
fn place(path: &str) -> Result<Location, Failure> {
    let to: Location = path.parse().map_err(|error| Failure::for_good(format!("{error}")))?;
    if to.key.is_empty() || to.key.ends_with('/') {
        return Err(Failure::for_good(format!("{to} is a folder, and what is written is one object")));
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_one_object() {
        assert_eq!(place("s3://b/a/_DONE").unwrap().key, "a/_DONE");
        for folder in ["s3://b", "s3://b/", "s3://b/a/", "/a"] {
            assert!(place(folder).is_err(), "{folder}");
        }
    }
}
