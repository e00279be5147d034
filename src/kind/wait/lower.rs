//! A source that waits.

use crate::kind::contract::{Lowered, Lowering};
use crate::lang::source::{SourceSpec, WaitSettings};
use crate::plan::{Job, Work};
use crate::service::s3::job::WaitForObjects;

pub(super) fn lower(source: &SourceSpec, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let settings = source.wait.as_ref().and_then(|wait| wait.settings.as_ref());
    let seconds = |get: fn(&WaitSettings) -> Option<u64>| settings.and_then(get);
    let path = &source.path.as_ref()?.value.0;
    Some(Lowered::work(Work::Job(Job::WaitForObjects(WaitForObjects {
        path: cx.template(path),
        except: cx.no_data.below(path),
        at_least: seconds(|wait| wait.at_least.as_ref().map(|count| count.value.0.into())).unwrap_or(1),
        bytes: seconds(|wait| wait.bytes.as_ref().map(|bytes| bytes.value)),
        marker: settings.and_then(|wait| wait.marker.as_ref().map(|marker| cx.template(&marker.value))),
        settled: seconds(|wait| wait.settled.as_ref().map(|settled| settled.value.0)),
        every: source.wait.as_ref()?.every(),
        timeout: seconds(|wait| wait.timeout.as_ref().map(|timeout| timeout.value.0)),
    }))))
}
