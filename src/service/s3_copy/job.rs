//! Copying objects, as the plan keeps it.

use crate::service::arn::Resource;
use crate::service::call::{Call, Caller, On, Operation, Touched, When, call, touched};
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::objects::{
    ABORT_MULTIPART_UPLOAD, COMPLETE_MULTIPART_UPLOAD, COPY_OBJECT, CREATE_MULTIPART_UPLOAD, DELETE_READ,
    HEAD_OBJECT, HEAD_WRITTEN, LIST_OBJECTS, UPLOAD_PART_COPY,
};
use crate::service::output::{Form, HANDLE, Members, Output, SECONDS, URL, known};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use crate::template::Template;
use serde::{Deserialize, Serialize};

/// How many objects are copied at most where nobody says it.
pub const MOST: u32 = 100_000;

/// How many may be said to be: what is known of each is kept.
pub const LIMIT: u32 = 1_000_000;

/// From how many bytes on an object is copied in parts. S3 copies 5 GB in one call; smaller parts keep each call short, and
/// several are under way.
pub const PARTS_FROM: u64 = 256 << 20;

/// Copies objects.
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the step by itself")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CopyObjects {
    /// A prefix `s3://bucket/prefix`, or a pattern.
    pub path: Template,
    /// Patterns of keys that are no data: those that end in `/` are folders.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub except: Vec<String>,
    /// The folder that gets them, with its slash.
    pub to: Template,
    /// The name of an object beside the files that must be there, and is copied last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub marker: Option<String>,
    /// Copies what is no data, too.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub all: bool,
    /// Copies what is there already, too.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub again: bool,
    /// Removes what was copied, when all of it was.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub removes: bool,
    /// It is no failure that there is nothing.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub may_be_empty: bool,
    /// With more objects nothing is copied.
    pub max_objects: u32,
    /// Bytes from which on an object is copied in parts, none of which is smaller.
    pub parts_from: u64,
    /// The ARN of the key with which the copies are encrypted; as their bucket says when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kms_key: Option<String>,
    /// The storage class of the copies; the standard one when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub storage_class: Option<String>,
}

/// It has no calls of its own.
pub const OPERATIONS: &[Operation] = &[];

/// What it gives. Nothing is started, so that there is nothing to be found again.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    SECONDS,
    known(
        "objects",
        Form::Count,
        "how many objects the folder has got of it, those that were there included",
    ),
    known("bytes", Form::Count, "their bytes"),
    known("copied", Form::Count, "how many of them this attempt has copied"),
    known("skipped", Form::Count, "how many of them were there already"),
    known("removed", Form::Count, "how many were removed where they were"),
];

impl Shown for CopyObjects {}

impl CopyObjects {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in: each copy, and each part of one, is a request that writes; listing is one for a thousand.
    pub fn billed(&self) -> &'static [Billed] {
        &[Billed { unit: Unit::WriteRequests, measured: Measured::Output("copied"), least: 0 }]
    }
}

const IN_PARTS: When = When::Perhaps("when an object is copied in parts");

/// A call that is made for objects that are copied in parts.
const fn in_parts(operation: Operation) -> Call {
    Call { operation, when: IN_PARTS }
}

const COPIES: [Call; 8] = [
    call(LIST_OBJECTS),
    call(COPY_OBJECT),
    in_parts(HEAD_OBJECT),
    in_parts(HEAD_WRITTEN),
    in_parts(CREATE_MULTIPART_UPLOAD),
    in_parts(UPLOAD_PART_COPY),
    in_parts(COMPLETE_MULTIPART_UPLOAD),
    in_parts(ABORT_MULTIPART_UPLOAD),
];

impl Caller for CopyObjects {
    fn calls(&self) -> &'static [Call] {
        const MOVES: &[Call] = &[
            COPIES[0],
            COPIES[1],
            COPIES[2],
            COPIES[3],
            COPIES[4],
            COPIES[5],
            COPIES[6],
            COPIES[7],
            Call { operation: DELETE_READ, when: When::Planned("with `delete_source`") },
        ];
        if self.removes { MOVES } else { &COPIES }
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        let both = |what: [&'static str; 2], resources: [Resource; 2]| {
            let [one, other] = resources;
            let mut both = touched(what[0], one);
            both.extend(touched(what[1], other));
            both
        };
        match on {
            On::Bucket => both(
                ["the bucket of the files", "the bucket of the copies"],
                [Resource::bucket_of(&self.path), Resource::bucket_of(&self.to)],
            ),
            On::Read => touched("the files", Resource::matching(&self.path)),
            On::Written => touched("the copies", Resource::matching(&self.to)),
            On::Key => match &self.kms_key {
                None => touched("the keys", Resource::key(None)),
                own => both(["the keys", "the key"], [Resource::key(None), Resource::key(own.as_deref())]),
            },
            _ => Vec::new(),
        }
    }
}

impl Lends for CopyObjects {}

impl Members for CopyObjects {}

/// The heading of what whoever copies objects must be allowed.
pub const RIGHTS: Heading = Heading::new("`s3_copy`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let copy = CopyObjects {
        path: Template::text("s3://BUCKET/FOLDER/"),
        except: Vec::new(),
        to: Template::text("s3://BUCKET/FOLDER/"),
        marker: None,
        all: false,
        again: false,
        removes: true,
        may_be_empty: false,
        max_objects: MOST,
        parts_from: PARTS_FROM,
        kms_key: None,
        storage_class: None,
    };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&copy]).billed(copy.billed())]
}
