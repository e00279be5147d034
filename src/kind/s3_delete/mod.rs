//! `s3_delete`: removes objects, after they were counted.

mod lower;
mod rules;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{
    Asks, Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs, Want,
};
use crate::lang::airflow::{Count, Limit};
use crate::lang::decode::record;
use crate::lang::value::S3Path;
use crate::service;
use crate::service::s3_delete::job::MOST;
use crate::service::section::Heading;
use crate::sql::Access;
use crate::text::Spanned;

record! {
    "`s3_delete`"
    /// Removes objects, after they were counted: those of a source or a step, of a folder or of a pattern. One of `from`
    /// and `path`.
    pub struct S3DeleteStep {
        /// The source or step whose files are removed; of a step that writes partitions those of this run.
        pub from: Option<Spanned<String>>,
        /// The folder, the pattern or the object, where no name fits.
        pub path: Option<Spanned<S3Path>>,
        /// Removes only what was written longer ago, such as `30d`.
        pub older_than: Option<Spanned<Limit>>,
        /// With more objects nothing is removed and the task fails, from 1 to 1000000.
        pub max_objects: Option<Spanned<Count<1>>> = Count::<1>(MOST),
        /// With more bytes nothing is removed and the task fails.
        pub max_bytes: Option<Spanned<u64>>,
    }
    exactly one of [from, path]
}

/// What is removed; of a step that writes partitions those of this run.
const REMOVES: Asks = Asks { does: "removes", want: Want::Files, of_one_run: Some("path") };

impl Kind for S3DeleteStep {
    const NAME: &'static str = "s3_delete";
    const ELSEWHERE: &'static [&'static str] =
        &["cleanup", "delete", "delete_objects", "remove", "rm", "s3_delete_objects", "s3_remove"];
    const BRIEF: &'static str = "removes objects, after they were counted";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::s3_delete::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::s3_delete::job::OUTPUTS);

    fn gives<'a>(&'a self, _: &Known<'_, 'a>) -> Gives<'a> {
        Gives::nothing(Nothing::Never)
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        if let Some(from) = &self.from {
            cx.take_one(from, REMOVES);
        }
        if let Some(path) = &self.path {
            cx.take_path(&path.value.0, path.span);
        }
        // What it takes it does not read.
        for touch in &mut cx.found.touches {
            touch.access = Access::Empties;
        }
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }
}
