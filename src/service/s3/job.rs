//! Waiting until objects are there, as the plan keeps it.

use crate::service::arn::Resource;
use crate::service::call::{Call, Caller, On, Operation, Touched, call, touched};
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::objects::LIST_OBJECTS;
use crate::service::output::{Form, HANDLE, Members, Output, SECONDS, URL, known};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use crate::template::Template;
use serde::{Deserialize, Serialize};

/// Waits until objects are there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitForObjects {
    /// A prefix `s3://bucket/prefix`, or a pattern.
    pub path: Template,
    /// How many objects at least.
    pub at_least: u64,
    /// How many bytes in all at least.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bytes: Option<u64>,
    /// The name of an object under the prefix that must be there; it is not counted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub marker: Option<Template>,
    /// Patterns of keys that are no data: those that end in `/` are folders.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub except: Vec<String>,
    /// Seconds for which nothing may have changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub settled: Option<u64>,
    /// Seconds between two looks.
    pub every: u64,
    /// Seconds after which the wait fails for good.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub timeout: Option<u64>,
}

/// It has no calls of its own.
pub const OPERATIONS: &[Operation] = &[];

/// What it gives. Nothing is started, so that there is nothing to be found again.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    SECONDS,
    known("objects", Form::Count, "how many objects are there"),
    known("bytes", Form::Count, "their bytes"),
];

impl Shown for WaitForObjects {}

impl WaitForObjects {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in: each look lists.
    pub fn billed(&self) -> &'static [Billed] {
        &[Billed { unit: Unit::ListRequests, measured: Measured::Calls, least: 0 }]
    }
}

impl Caller for WaitForObjects {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[call(LIST_OBJECTS)];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        if on == On::Bucket {
            touched("the bucket of the files", Resource::bucket_of(&self.path))
        } else {
            Vec::new()
        }
    }
}

impl Lends for WaitForObjects {}

impl Members for WaitForObjects {}

/// The heading of what whoever waits for objects must be allowed.
pub const RIGHTS: Heading = Heading::new("`wait` of a source");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let wait = WaitForObjects {
        path: Template::text("s3://BUCKET/"),
        at_least: 1,
        bytes: None,
        marker: None,
        except: Vec::new(),
        settled: None,
        every: 1,
        timeout: None,
    };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&wait]).billed(wait.billed())]
}
