//! `s3_copy`: copies or moves objects within S3.

mod lower;
mod rules;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{
    Asks, Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs, Want, Written,
};
use crate::lang::airflow::Count;
use crate::lang::arn::KeyArn;
use crate::lang::decode::{record, words};
use crate::lang::source::FormatSpec;
use crate::lang::step::OnEmpty;
use crate::lang::value::S3Path;
use crate::objects::{escaped, opened, opened_text};
use crate::scope::{Data, Meaning};
use crate::service;
use crate::service::s3_copy::job::MOST;
use crate::service::section::Heading;
use crate::sql::Access;
use crate::text::Spanned;
use std::borrow::Cow;

record! {
    "`s3_copy`"
    /// Copies the objects of a source or a step, of a folder or of a pattern to a folder, within S3. One of `from` and
    /// `path`.
    pub struct S3CopyStep {
        /// The source or step whose files are copied; of a step that writes partitions those of this run.
        pub from: Option<Spanned<String>>,
        /// The folder, the pattern or the object, where no name fits.
        pub path: Option<Spanned<S3Path>>,
        /// The folder that gets the copies; their names below the folder of the files stay.
        pub to: Spanned<S3Path>,
        /// The format of the files, for steps that read the copies; that of what is copied when absent.
        pub format: Option<FormatSpec>,
        /// The name of an object beside the files that must be there, such as `_SUCCESS`, and is copied last.
        pub marker: Option<Spanned<String>>,
        /// Copies what is no data, too: hidden, empty and what the project names.
        pub all: Option<Spanned<bool>> = false,
        /// Leaves what is there already, with the same content.
        pub only_changed: Option<Spanned<bool>> = true,
        /// Removes what was copied, once all copies are there.
        pub delete_source: Option<Spanned<bool>> = false,
        /// What happens when there is nothing to copy; `fail` when absent, `skip` with `delete_source`.
        pub on_empty: Option<Spanned<OnEmpty>>,
        /// With more objects nothing is copied and the task fails, from 1 to 1000000.
        pub max_objects: Option<Spanned<Count<1>>> = Count::<1>(MOST),
        /// The KMS key with which the copies are encrypted; that of the environment's
        /// `encryption`, or as their bucket says when absent.
        pub kms_key: Option<Spanned<KeyArn>>,
        /// The storage class of the copies; `standard` when absent.
        pub storage_class: Option<Spanned<CopyClass>>,
    }
    exactly one of [from, path]
}

words! {
    "a storage class"
    /// The storage class of copies (S3 API, `CopyObject`).
    pub enum CopyClass {
        /// S3 Standard.
        Standard = "standard",
        /// S3 Intelligent-Tiering.
        Tiering = "intelligent_tiering",
        /// S3 Standard-Infrequent Access.
        Rare = "standard_ia",
        /// S3 One Zone-Infrequent Access.
        OneZone = "onezone_ia",
        /// S3 Glacier Instant Retrieval.
        Instant = "glacier_ir",
        /// S3 Glacier Flexible Retrieval.
        Glacier = "glacier",
        /// S3 Glacier Deep Archive.
        Deep = "deep_archive",
    }
}

/// What is copied; of a step that writes partitions those of this run.
const COPIES: Asks = Asks { does: "copies", want: Want::Files, of_one_run: Some("path") };

impl Kind for S3CopyStep {
    const NAME: &'static str = "s3_copy";
    const ELSEWHERE: &'static [&'static str] =
        &["copy_object", "copy_objects", "cp", "mv", "s3_copy_object", "s3_move", "s3_sync", "sync"];
    const BRIEF: &'static str = "copies or moves objects within S3";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::s3_copy::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::s3_copy::job::OUTPUTS);

    fn gives<'a>(&'a self, known: &Known<'_, 'a>) -> Gives<'a> {
        let of = self.from.as_ref().and_then(|from| known.of(from).into_iter().next());
        let (format, columns) = match of {
            Some(Data::Files { format, columns, .. }) => (format, columns),
            Some(Data::Catalog(_) | Data::Table { .. } | Data::Jdbc { .. }) | None => (None, None),
        };
        let format = self.format.as_ref().map(|format| &format.format).or(format);
        let path = Cow::Borrowed(&self.to.value.0);
        Gives::of(vec![Data::Files { path, whole: None, format, columns }], Nothing::Reported)
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        if let Some(from) = &self.from {
            cx.take_one(from, COPIES);
        }
        if let Some(path) = &self.path {
            cx.take_path(&path.value.0, path.span);
        }
        let taken = cx.found.inputs.first().map(|input| input.data.clone());
        if let Some(data @ Data::Files { .. }) = &taken {
            if let (Some(marker), Data::Files { path, .. }) = (&self.marker, data) {
                cx.reads(beside(&path.to_string(), marker), marker.span);
            }
            if self.delete_source() {
                let at = self.from.as_ref().map_or(self.to.span, |from| from.span);
                let at = self.path.as_ref().map_or(at, |path| path.span);
                cx.touch(Access::Empties, data, at);
            }
        }
        cx.touch_own(Access::Writes, self.to.span);
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }

    fn written(&self) -> Option<Written<'_>> {
        let format = self.format.as_ref().map(|format| &format.format);
        Some(Written { path: Some(&self.to.value.0), table: None, format, partition_by: &[], iceberg: None })
    }

    /// The marker, where it was and where it is copied to.
    fn no_data(&self, task: &Meaning<'_>) -> Vec<String> {
        let Some(marker) = &self.marker else { return Vec::new() };
        let to = opened_text(&self.to.value.0.to_string());
        let mut markers = vec![format!("{}/{}", to.trim_end_matches('/'), escaped(marker))];
        if let Some(Data::Files { path, .. }) = task.inputs.first().map(|input| &input.data) {
            markers.push(opened(&beside(&path.to_string(), marker)));
        }
        markers
    }
}

/// An object in the folder of files.
fn beside(path: &str, marker: &str) -> String {
    let folder = match path.rfind('/') {
        Some(slash) if path[slash..].contains(crate::objects::WILDCARDS) => &path[..slash],
        _ => path.trim_end_matches('/'),
    };
    format!("{folder}/{}", escaped(marker))
}
