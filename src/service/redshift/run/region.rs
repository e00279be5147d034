//! The region of a load's files: COPY reads another one's when it is told so, and columns of its own only.
//!
//! From the Redshift Database Developer Guide: "COPY from Amazon S3" (`REGION`), "COPY from columnar data
//! formats".

use crate::exec::outcome::Failure;
use crate::service::redshift::load::{CopyFormat, Load};

/// Where the files of a load are.
pub(super) struct Place<'a> {
    /// Their bucket.
    pub bucket: &'a str,
    /// The bucket's region, when S3 has said that it is not the cluster's.
    pub elsewhere: Option<String>,
    /// The cluster's region.
    pub home: &'a str,
}

/// Says which region COPY has to be told, if any; fails where it would.
pub(super) fn to_tell(load: &Load, place: Place<'_>) -> Result<Option<String>, Failure> {
    let Place { bucket, elsewhere, home } = place;
    let actual = elsewhere.as_deref().unwrap_or(home);
    if let Some(said) = load.region.as_deref().filter(|said| *said != actual && !actual.is_empty()) {
        return Err(Failure::for_good(format!(
            "the bucket {bucket} is in {actual}, and `options: {{region: {said}}}` says another; take it away: \
             dagc asks S3"
        )));
    }
    let format = match load.format {
        CopyFormat::Parquet => Some("Parquet"),
        CopyFormat::Orc => Some("ORC"),
        CopyFormat::Csv { .. }
        | CopyFormat::Delimited { .. }
        | CopyFormat::FixedWidth { .. }
        | CopyFormat::Json { .. }
        | CopyFormat::Avro => None,
    };
    match (format, &elsewhere) {
        (Some(format), Some(region)) => Err(Failure::for_good(format!(
            "the bucket {bucket} is in {region}, and COPY reads {format} files in the cluster's own region \
             {home} only: replicate the bucket, or write CSV, JSON or Avro"
        ))),
        (Some(_), None) => Ok(None),
        (None, _) => Ok(elsewhere.or_else(|| load.region.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::copy::tests::load;
    use super::*;
    use crate::service::redshift::load::CopyMode;

    #[test]
    fn copy_is_told_the_region_of_its_files() {
        let json = CopyFormat::Json { path: None };
        for (format, said, elsewhere, expected) in [
            (json.clone(), None, None, Ok(None)),
            (json.clone(), None, Some("eu-west-1"), Ok(Some("eu-west-1"))),
            (json.clone(), Some("eu-west-1"), Some("eu-west-1"), Ok(Some("eu-west-1"))),
            (json.clone(), Some("us-east-1"), None, Ok(Some("us-east-1"))),
            (json.clone(), Some("eu-west-1"), None, Err("the bucket lake is in us-east-1, and")),
            (json, Some("eu-west-1"), Some("eu-west-2"), Err("the bucket lake is in eu-west-2, and")),
            (CopyFormat::Parquet, None, None, Ok(None)),
            (CopyFormat::Parquet, None, Some("eu-west-1"), Err("the bucket lake is in eu-west-1, and COPY")),
            (CopyFormat::Orc, None, Some("eu-west-1"), Err("the bucket lake is in eu-west-1, and COPY")),
        ] {
            let load = Load { format, region: said.map(str::to_owned), ..load(CopyMode::Append) };
            let place = Place { bucket: "lake", elsewhere: elsewhere.map(str::to_owned), home: "us-east-1" };
            match (to_tell(&load, place), expected) {
                (Ok(told), Ok(expected)) => assert_eq!(told.as_deref(), expected),
                (Err(failure), Err(expected)) => {
                    assert!(failure.message.starts_with(expected), "{}", failure.message);
                }
                (told, expected) => panic!("{told:?} is not {expected:?}"),
            }
        }
    }
}
