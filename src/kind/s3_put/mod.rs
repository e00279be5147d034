//! `s3_put`: writes one object, such as a marker, a manifest or a small JSON.

mod lower;
mod rules;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs};
use crate::lang::arn::KeyArn;
use crate::lang::decode::record;
use crate::lang::value::S3Path;
use crate::objects::opened_text;
use crate::scope::{Data, Meaning};
use crate::service;
use crate::service::section::Heading;
use crate::sql::Access;
use crate::template::Template;
use crate::text::Spanned;

record! {
    "`s3_put`"
    /// Writes one object, such as a marker, a manifest or a small JSON.
    pub struct S3PutStep {
        /// The object.
        pub to: Spanned<S3Path>,
        /// What is in it; nothing when absent, as in a marker.
        pub text: Option<Spanned<Template>>,
        /// Its media type; by the end of its key when absent. JSON is checked.
        pub content_type: Option<Spanned<String>>,
        /// The KMS key with which it is encrypted; that of the environment's
        /// `encryption`, or as its bucket says when absent.
        pub kms_key: Option<Spanned<KeyArn>>,
        /// Whether who reads the folder takes it as data; `true` when absent.
        pub data: Option<Spanned<bool>>,
    }
}

impl Kind for S3PutStep {
    const NAME: &'static str = "s3_put";
    const ELSEWHERE: &'static [&'static str] =
        &["create_object", "put_object", "s3_create_object", "write_file"];
    const BRIEF: &'static str = "writes a marker, a manifest or another small object";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::s3_put::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::s3_put::job::OUTPUTS);

    fn gives<'a>(&'a self, _: &Known<'_, 'a>) -> Gives<'a> {
        Gives::of(vec![Data::path(&self.to.value.0)], Nothing::Reported)
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        cx.touch_own(Access::Writes, self.to.span);
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        Some(lower::lower(self, cx))
    }

    fn writes_whole_keys(&self) -> bool {
        true
    }

    fn no_data(&self, _: &Meaning<'_>) -> Vec<String> {
        let is_data = self.data.as_ref().is_none_or(|data| data.value);
        if is_data { Vec::new() } else { vec![opened_text(&self.to.value.0.to_string())] }
    }
}

impl S3PutStep {
    /// Returns the media type: its own, or what the end of the key says.
    fn content_type(&self) -> &str {
        let by_key = || service::s3_put::job::content_type(&self.to.value.0.to_string(), self.text.is_some());
        self.content_type.as_ref().map_or_else(by_key, |given| &given.value)
    }
}
