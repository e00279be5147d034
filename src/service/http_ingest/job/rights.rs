//! The calls that are made for it, and what their caller must be allowed.

use super::{IngestHttp, MOST_PAGES, OBJECT_BYTES, STATES, WrittenAs};
use crate::service::arn::{Part, Resource};
use crate::service::call::{Call, Caller, On, Touched, When, call, operations, right, touched};
use crate::service::failure::{Codes, Kind};
use crate::service::http_ingest::auth::{Auth, Stored};
use crate::service::objects::{
    ABORT_MULTIPART_UPLOAD, COMPLETE_MULTIPART_UPLOAD, CREATE_MULTIPART_UPLOAD, DELETE_OBJECTS, GET_OBJECT,
    HEAD_WRITTEN, LIST_OBJECTS, LIST_UPLOADS, PUT_READ_IF, UPLOAD_PART, bucket_of,
};
use crate::service::section::{Heading, Section, Who};
use crate::template::Template;
use indexmap::IndexMap;

/// Codes that only this service has (Secrets Manager API Reference, `GetSecretValue`).
const CODES: Codes = &[("DecryptionFailure", Kind::Denied), ("InternalServiceError", Kind::Unavailable)];

const DECRYPTS: When = When::Perhaps("when a secret is encrypted with a KMS key of one's own");

operations! {
    codes CODES;

    /// Reads a secret.
    GET_SECRET_VALUE = "secretsmanager:GetSecretValue" Repeatable Usual [
        right("secretsmanager:GetSecretValue", On::Secret), right("kms:Decrypt", On::Key).when(DECRYPTS)
    ];
}

/// A call that is made only then.
const fn perhaps(operation: crate::service::call::Operation, when: &'static str) -> Call {
    Call { operation, when: When::Perhaps(when) }
}

/// Those of S3.
const FETCHES: [Call; 10] = [
    call(GET_OBJECT),
    call(PUT_READ_IF),
    call(CREATE_MULTIPART_UPLOAD),
    call(UPLOAD_PART),
    call(COMPLETE_MULTIPART_UPLOAD),
    call(LIST_OBJECTS),
    perhaps(ABORT_MULTIPART_UPLOAD, "when the task is killed or fails"),
    perhaps(LIST_UPLOADS, "when the task is tried again"),
    perhaps(HEAD_WRITTEN, "when an attempt before was lost while it completed an object"),
    perhaps(DELETE_OBJECTS, "when files of before are removed"),
];

impl Caller for IngestHttp {
    fn calls(&self) -> &'static [Call] {
        const WITH_SECRET: &[Call] = &[
            FETCHES[0],
            FETCHES[1],
            FETCHES[2],
            FETCHES[3],
            FETCHES[4],
            FETCHES[5],
            FETCHES[6],
            FETCHES[7],
            FETCHES[8],
            FETCHES[9],
            Call { operation: GET_SECRET_VALUE, when: When::Planned("with `auth`") },
        ];
        if self.auth.is_some() { WITH_SECRET } else { &FETCHES }
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        let keys = |own: Option<&str>| touched("the key", Resource::key(own));
        match on {
            On::Bucket => touched("the bucket of the files", Resource::bucket_of(&self.to)),
            On::Read => touched("its state", Resource::objects(bucket_of(&self.to), Some(STATES))),
            On::Written => touched("the files", Resource::matching(&self.to)),
            // A secret has a key of its own.
            On::Key => match &self.kms_key {
                Some(own) if self.auth.is_some() => [keys(Some(own)), keys(None)].concat(),
                own => keys(own.as_deref()),
            },
            On::Secret => self.secrets(),
            _ => Vec::new(),
        }
    }
}

impl IngestHttp {
    /// The secrets, each once.
    fn secrets(&self) -> Vec<Touched> {
        let stored = self.auth.iter().flat_map(Auth::stored);
        let mut all: Vec<Touched> = Vec::new();
        for one in stored.flat_map(|stored| touched("the secret", secret(&stored.from))) {
            if !all.contains(&one) {
                all.push(one);
            }
        }
        all
    }
}

/// A secret by its ARN or its name, to which AWS adds six characters of its own in the ARN.
fn secret(named: &str) -> Resource {
    Resource::whole(named).unwrap_or_else(|| {
        let parts = [Part::Fixed("secret:"), Part::Name(named.to_owned()), Part::Fixed("-??????")];
        Resource::regional("secretsmanager", parts)
    })
}

/// The heading of what whoever fetches from an API must be allowed.
pub const RIGHTS: Heading = Heading::new("`http_ingest`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let secret = "arn:aws:secretsmanager:REGION:ACCOUNT:secret:SECRET";
    let ingest = IngestHttp {
        url: Template::text("https://HOST/"),
        posts: false,
        idempotent: false,
        query: IndexMap::new(),
        headers: IndexMap::new(),
        body: None,
        auth: Some(Auth::Bearer { value: Stored { from: secret.to_owned(), member: None } }),
        pages: None,
        records: None,
        format: WrittenAs::Raw,
        columns: Vec::new(),
        to: Template::text("s3://BUCKET/FOLDER/"),
        appends: false,
        pause: 0,
        max_pages: MOST_PAGES,
        timeout: 0,
        allow_http: false,
        must_have: false,
        missing: None,
        object_bytes: OBJECT_BYTES,
        kms_key: None,
    };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&ingest]).billed(ingest.billed())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::arn::Account;

    #[test]
    fn a_secret_is_that_of_its_name_alone() {
        let account = Account { partition: "aws", region: "eu-west-1", account: "111122223333" };
        for (named, expected) in [
            ("shop/api", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/api-??????"),
            (
                "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop-AbCdEf",
                "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop-AbCdEf",
            ),
        ] {
            assert_eq!(secret(named).policy(account), expected);
        }
    }
}
