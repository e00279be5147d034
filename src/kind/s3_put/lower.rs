//! The object.

use super::S3PutStep;
use crate::kind::contract::{Lowered, Lowering};
use crate::plan::{Job, Work};
use crate::service::s3_put::job::PutObject;

pub(super) fn lower(step: &S3PutStep, cx: &Lowering<'_, '_>) -> Lowered {
    Lowered::work(Work::Job(Job::PutObject(PutObject {
        to: cx.template(&step.to.value.0),
        text: step.text.as_ref().map(|text| cx.template(&text.value)),
        content_type: step.content_type().to_owned(),
        kms_key: cx.kms_key(step.kms_key.as_ref()),
    })))
}
