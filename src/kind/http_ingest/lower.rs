//! What is fetched, as the plan keeps it.

use super::{HttpIngestStep, IngestFormat, Method, Mode, OnMissing};
use crate::kind::contract::{Lowered, Lowering};
use crate::lang::decode::Map;
use crate::lang::step::OnEmpty;
use crate::plan::{Job, Work};
use crate::service::http_ingest::job::{IngestHttp, Missing, OBJECT_BYTES, WrittenAs};
use crate::template::Template;
use crate::text::Spanned;
use indexmap::IndexMap;

pub(super) fn lower(step: &HttpIngestStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let texts = |map: &Option<Map<Spanned<Template>>>| -> IndexMap<String, Template> {
        let texts = map.iter().flat_map(|map| &map.0);
        texts.map(|(name, value)| (name.value.clone(), cx.template(&value.value))).collect()
    };
    let to = cx.template(&step.to.value.0);
    let is_folder = to.to_string().ends_with('/');
    let pages = match &step.pages {
        Some(pages) => Some(pages.planned()?),
        None => None,
    };
    let auth = match &step.auth {
        Some(auth) => Some(auth.planned()?),
        None => None,
    };
    let ingest = IngestHttp {
        url: cx.template(&step.url.value),
        posts: step.method() == Method::Post,
        idempotent: step.idempotent(),
        query: texts(&step.query),
        headers: texts(&step.headers),
        body: step.body.as_ref().map(|body| body.json(&|text| cx.template(text))),
        auth,
        pages,
        records: step.records.as_ref().map(|path| path.value.0.clone()),
        format: match step.format() {
            IngestFormat::JsonLines => WrittenAs::JsonLines,
            IngestFormat::Csv => WrittenAs::Csv,
            IngestFormat::Raw => WrittenAs::Raw,
        },
        columns: step.columns.iter().flatten().map(|path| path.value.0.clone()).collect(),
        to: if is_folder { to } else { to.join(Template::text("/")) },
        appends: step.mode.as_ref().is_some_and(|mode| mode.value == Mode::Append),
        pause: step.rate.as_ref().map_or(0, |rate| rate.value.pause()),
        max_pages: step.max_pages().0,
        timeout: step.timeout().0,
        allow_http: step.allow_http(),
        must_have: step.on_empty() == OnEmpty::Fail,
        missing: match step.on_missing() {
            OnMissing::Fail => None,
            OnMissing::Retry => Some(Missing::Retry),
            OnMissing::Skip => Some(Missing::Skip),
        },
        object_bytes: OBJECT_BYTES,
        kms_key: cx.kms_key(step.kms_key.as_ref()),
    };
    Some(Lowered::work(Work::Job(Job::IngestHttp(Box::new(ingest)))))
}
