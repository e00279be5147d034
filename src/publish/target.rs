//! Where to: the DAG folder of an environment.
//!
//! MWAA is asked for its bucket, folder, key and version; otherwise `dagc.yaml` or the command line says it.

use super::error::{Error, Result};
use super::event::{Event, Observer};
use super::folder::Folder;
use super::s3::S3Folder;
use super::store::Store;
use crate::aws::operation::requests;
use crate::aws::s3::Buckets;
use crate::aws::{self, Kind};
use crate::plan::Environment;
use crate::service::folder as asked;
use crate::service::objects::split_uri;
use aws_sdk_mwaa::types::EnvironmentStatus;
use std::path::PathBuf;
use std::sync::Arc;

requests! {
    aws_sdk_mwaa::get_environment[GetEnvironmentFluentBuilder GetEnvironmentOutput GetEnvironmentError]
        = asked::GET_ENVIRONMENT;
}

/// The clients that publishing calls; making one calls nothing.
#[derive(Clone, Debug)]
pub struct Clients {
    /// S3, wherever a bucket is.
    pub s3: Arc<Buckets>,
    /// Glue.
    pub glue: aws_sdk_glue::Client,
    /// MWAA.
    pub mwaa: aws_sdk_mwaa::Client,
}

/// What an MWAA environment says of itself, as far as publishing needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Mwaa {
    bucket: String,
    folder: String,
    kms_key: Option<String>,
}

/// Finds the DAG folder of an environment; `to` is a folder on this machine that is taken instead.
pub async fn target(
    clients: &Clients,
    environment: &Environment,
    to: Option<PathBuf>,
    observer: Observer<'_>,
) -> Result<Store> {
    if let Some(to) = to {
        return local(to);
    }
    if let Some(name) = &environment.mwaa {
        let answer = aws::send(clients.mwaa.get_environment().name(name)).await;
        let answer = answer.map_err(|error| match error.kind {
            Kind::NotFound => {
                Error::NoEnvironment { environment: name.clone(), region: clients.s3.home().to_owned() }
            }
            _ => Error::aws(format!("read the MWAA environment `{name}`"))(error),
        })?;
        let described = answer
            .environment()
            .ok_or_else(|| Error::IncompleteEnvironment { environment: name.clone(), what: "all" })?;
        let (mwaa, warnings) = read(name, described, environment)?;
        for warning in warnings {
            observer(&Event::Warning(warning));
        }
        is_in_its_region(&clients.s3, name, &mwaa.bucket).await?;
        return Ok(Store::S3(S3Folder::new(clients.s3.clone(), &mwaa.bucket, &mwaa.folder, mwaa.kms_key)));
    }
    environment
        .dags
        .as_deref()
        .and_then(|uri| S3Folder::at(clients.s3.clone(), uri, environment.kms_key.clone()))
        .map(Store::S3)
        .ok_or_else(|| Error::NoTarget(environment.name.clone()))
}

/// MWAA reads a bucket of its own region only.
async fn is_in_its_region(s3: &Buckets, name: &str, bucket: &str) -> Result<()> {
    let region = s3.region(bucket).await.map_err(Error::aws(format!("look at the bucket {bucket}")))?;
    if region == s3.home() {
        return Ok(());
    }
    let home = s3.home().to_owned();
    Err(Error::BucketElsewhere { environment: name.to_owned(), bucket: bucket.to_owned(), region, home })
}

/// Takes a folder on this machine, which has no scheme such as `s3:`.
fn local(to: PathBuf) -> Result<Store> {
    let is_scheme = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric());
    match to.to_str().and_then(|text| text.split_once(":/")) {
        Some((scheme, _)) if is_scheme(scheme) => Err(Error::NotAFolder(to.display().to_string())),
        Some(_) | None => Ok(Store::Folder(Folder::new(to))),
    }
}

/// Reads MWAA's answer: the folder, and what the user should know.
fn read(
    name: &str,
    described: &aws_sdk_mwaa::types::Environment,
    environment: &Environment,
) -> Result<(Mwaa, Vec<String>)> {
    let lacks = |what| Error::IncompleteEnvironment { environment: name.to_owned(), what };
    let bucket = described
        .source_bucket_arn()
        .and_then(|arn| arn.rsplit(':').next())
        .filter(|bucket| !bucket.is_empty())
        .ok_or_else(|| lacks("SourceBucketArn"))?;
    let folder = described.dag_s3_path().ok_or_else(|| lacks("DagS3Path"))?;
    let mut warnings = Vec::new();
    match described.status() {
        None | Some(EnvironmentStatus::Available) => {}
        Some(status) => warnings.push(format!(
            "MWAA environment `{name}` is {}: its Airflow may see the files only later",
            status.as_str()
        )),
    }
    if let Some(version) = described.airflow_version() {
        warnings.extend(compare_versions(name, version, environment)?);
    }
    let folder =
        if folder.starts_with("s3://") { split_uri(folder).map_or("", |(_, key)| key) } else { folder };
    let mwaa = Mwaa {
        bucket: bucket.to_owned(),
        folder: folder.to_owned(),
        kms_key: described.kms_key().filter(|key| !key.is_empty()).map(ToOwned::to_owned),
    };
    Ok((mwaa, warnings))
}

/// Two major versions read different DAG files; two minor ones nearly the same.
fn compare_versions(name: &str, actual: &str, environment: &Environment) -> Result<Option<String>> {
    let planned = environment.airflow;
    let mut numbers = actual.split('.').map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        return Ok(Some(format!(
            "MWAA environment `{name}` runs Airflow `{actual}`, which dagc cannot judge"
        )));
    };
    if major != planned.major {
        return Err(Error::AirflowVersion {
            environment: name.to_owned(),
            actual: actual.to_owned(),
            planned: planned.to_string(),
        });
    }
    let differs = minor != planned.minor;
    Ok(differs.then(|| {
        format!("MWAA environment `{name}` runs Airflow {actual}; the DAG files are made for {planned}")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::value::AirflowVersion;

    fn environment() -> Environment {
        Environment {
            name: "dev".to_owned(),
            airflow: AirflowVersion { major: 2, minor: 11 },
            region: None,
            mwaa: Some("acme-dev".to_owned()),
            dags: None,
            kms_key: None,
            paused: true,
        }
    }

    #[test]
    fn an_address_is_no_folder() {
        for (to, is_taken) in [
            ("s3://acme-dags/dags", false),
            ("s3:/acme-dags/dags", false),
            ("file:///srv/dags", false),
            ("/srv/dags", true),
            ("dags", true),
            ("a:b", true),
            ("./s3:/x", true),
        ] {
            assert_eq!(local(PathBuf::from(to)).is_ok(), is_taken, "{to}");
        }
        let hint = Error::NotAFolder("s3://acme-dags/dags".to_owned()).hint().unwrap();
        assert!(hint.contains("dags: s3://acme-dags/dags"), "{hint}");
    }

    #[test]
    fn reads_what_mwaa_says() {
        let base = || {
            aws_sdk_mwaa::types::Environment::builder()
                .source_bucket_arn("arn:aws:s3:::acme-mwaa")
                .dag_s3_path("dags/")
        };
        let key = "arn:aws:kms:eu-west-1:111122223333:key/1";
        for (described, expected) in [
            (base().airflow_version("2.11.2"), "acme-mwaa dags/ - 0"),
            (base().airflow_version("2.10.3"), "acme-mwaa dags/ - 1"),
            (base().airflow_version("next"), "acme-mwaa dags/ - 1"),
            (base().status(EnvironmentStatus::Updating), "acme-mwaa dags/ - 1"),
            (base().status(EnvironmentStatus::Available).kms_key(key), &format!("acme-mwaa dags/ {key} 0")),
            (base().dag_s3_path("s3://acme-mwaa/air/dags"), "acme-mwaa air/dags - 0"),
            (base().airflow_version("3.0.6"), "AirflowVersion"),
            (base().source_bucket_arn(""), "IncompleteEnvironment"),
        ] {
            let got = match read("acme-dev", &described.build(), &environment()) {
                Ok((mwaa, warnings)) => {
                    let key = mwaa.kms_key.as_deref().unwrap_or("-");
                    format!("{} {} {key} {}", mwaa.bucket, mwaa.folder, warnings.len())
                }
                Err(error) => format!("{error:?}").split_whitespace().next().unwrap_or_default().to_owned(),
            };
            assert_eq!(got, expected);
        }
    }
}
