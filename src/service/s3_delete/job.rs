//! Removing objects, as the plan keeps it.

use crate::service::arn::Resource;
use crate::service::call::{Call, Caller, On, Operation, Touched, call, touched};
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::objects::{DELETE_OBJECTS, LIST_OBJECTS};
use crate::service::output::{Form, HANDLE, Members, Output, SECONDS, URL, known};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use crate::template::Template;
use serde::{Deserialize, Serialize};

/// How many objects are removed at most where nobody says it.
pub const MOST: u32 = 10_000;

/// How many may be said to be: their keys are kept while they are counted.
pub const LIMIT: u32 = 1_000_000;

/// Removes objects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteObjects {
    /// A prefix `s3://bucket/prefix`, or a pattern.
    pub path: Template,
    /// Patterns of keys that a pattern does not mean: those that end in `/` are folders.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub except: Vec<String>,
    /// Seconds that must have gone by since an object was written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub older_than: Option<u64>,
    /// With more objects nothing is removed.
    pub max_objects: u32,
    /// With more bytes nothing is removed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_bytes: Option<u64>,
}

/// It has no calls of its own.
pub const OPERATIONS: &[Operation] = &[];

/// What it gives. Nothing is started, so that there is nothing to be found again.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    SECONDS,
    known("objects", Form::Count, "how many objects this attempt has removed"),
    known("bytes", Form::Count, "their bytes"),
    known("skipped", Form::Count, "how many lie there and are too young"),
];

impl Shown for DeleteObjects {}

impl DeleteObjects {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in: removing costs nothing, and counting lists.
    pub fn billed(&self) -> &'static [Billed] {
        &[Billed { unit: Unit::ListRequests, measured: Measured::Calls, least: 0 }]
    }
}

impl Caller for DeleteObjects {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[call(LIST_OBJECTS), call(DELETE_OBJECTS)];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Bucket => touched("the bucket", Resource::bucket_of(&self.path)),
            On::Written => touched("the objects", Resource::matching(&self.path)),
            _ => Vec::new(),
        }
    }
}

impl Lends for DeleteObjects {}

impl Members for DeleteObjects {}

/// The heading of what whoever removes objects must be allowed.
pub const RIGHTS: Heading = Heading::new("`s3_delete`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let delete = DeleteObjects {
        path: Template::text("s3://BUCKET/FOLDER/"),
        except: Vec::new(),
        older_than: None,
        max_objects: MOST,
        max_bytes: None,
    };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&delete]).billed(delete.billed())]
}
