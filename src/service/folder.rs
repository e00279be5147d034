//! The DAG folder of an environment: whom publishing asks for it, and what it writes there.

use super::arn::{Part, Resource};
use super::call::{Call, Caller, On, Touched, When, call, operations, right, touched};
use super::objects::{
    DELETE_OBJECTS, GET_OBJECT, HEAD_BUCKET, HEAD_OBJECT, LIST_OBJECTS, PUT_OBJECT, PUT_OBJECT_IF, split_uri,
};
use super::section::{Heading, Section, Who};

operations! {
    codes &[];

    /// Describes an environment of MWAA.
    GET_ENVIRONMENT = "airflow:GetEnvironment" Repeatable Usual [
        right("airflow:GetEnvironment", On::Itself)
    ];
}

/// A DAG folder, as far as the plan tells.
#[derive(Clone, Copy, Debug)]
pub struct DagFolder<'a> {
    /// The environment of MWAA, which knows its bucket and its key.
    pub mwaa: Option<&'a str>,
    /// Where DAG files go without MWAA: `s3://bucket/prefix`.
    pub dags: Option<&'a str>,
    /// The key with which objects are encrypted.
    pub key: Option<&'a str>,
}

impl Caller for DagFolder<'_> {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[
            call(LIST_OBJECTS),
            call(HEAD_BUCKET),
            call(GET_OBJECT),
            call(HEAD_OBJECT),
            call(PUT_OBJECT),
            call(PUT_OBJECT_IF),
            call(DELETE_OBJECTS),
            Call { operation: GET_ENVIRONMENT, when: When::Planned("when `mwaa` names it") },
        ];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        let dags = self.dags.filter(|_| self.mwaa.is_none()).and_then(split_uri);
        let bucket = dags.map(|(bucket, _)| bucket);
        match (on, self.mwaa) {
            (On::Bucket, _) => touched("the bucket of the DAG folder", Resource::bucket(bucket)),
            (On::Read | On::Written, _) => {
                let prefix = dags.map(|(_, key)| key.trim_matches('/'));
                let prefix = prefix.map(|key| if key.is_empty() { String::new() } else { format!("{key}/") });
                touched("the DAG folder", Resource::objects(bucket, prefix.as_deref()))
            }
            (On::Key, None) => touched("the key", Resource::key(self.key)),
            (On::Key, Some(_)) => touched("the key", Resource::key(None)),
            (On::Itself, Some(name)) => {
                let parts = [Part::Fixed("environment/"), Part::Name(name.to_owned())];
                touched("the environment", Resource::regional("airflow", parts))
            }
            _ => Vec::new(),
        }
    }
}

/// Returns what the page of permissions says of it.
pub(super) fn sections() -> Vec<Section> {
    let folder = DagFolder { mwaa: Some("ENVIRONMENT"), dags: None, key: None };
    vec![Section::new(Who::Publisher, Heading::new("`dagc publish`")).of(&[&folder])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_all_that_lies_in_it() {
        let written = |mwaa, dags| {
            let folder = DagFolder { mwaa, dags, key: None };
            folder.touches(On::Written).remove(0).resource.to_string()
        };
        for (mwaa, dags, expected) in [
            (None, Some("s3://lake/dags"), "arn:aws:s3:::lake/dags/*"),
            (None, Some("s3://lake/dags/"), "arn:aws:s3:::lake/dags/*"),
            (None, Some("s3://lake"), "arn:aws:s3:::lake/*"),
            (Some("prod"), Some("s3://lake/dags"), "arn:aws:s3:::BUCKET/FOLDER*"),
        ] {
            assert_eq!(written(mwaa, dags), expected);
        }
    }
}
