//! `wait`: a source that waits for its files. It is written on the source, and its record is the source.

mod lower;
mod rules;

pub use rules::settings;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs};
use crate::lang::decode::{Decode, Definitions};
use crate::lang::source::{SourceSpec, WaitSettings};
use crate::scope::marker;
use crate::service;
use crate::service::section::Heading;
use serde_json::Value;

impl Kind for SourceSpec {
    const NAME: &'static str = "wait";
    const ELSEWHERE: &'static [&'static str] = &[];
    const BRIEF: &'static str = "waits until files are in S3";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::s3::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::s3::job::OUTPUTS);

    fn keys(definitions: &mut Definitions) -> Value {
        WaitSettings::schema(definitions)
    }

    /// The source is named, and not its wait.
    fn gives<'a>(&'a self, _: &Known<'_, 'a>) -> Gives<'a> {
        Gives::nothing(Nothing::Never)
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        let Some(path) = &self.path else { return };
        cx.reads(path.value.0.to_string(), path.span);
        if let Some(marker) = marker(self) {
            cx.reads(marker, path.span);
        }
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }
}
