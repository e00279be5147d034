//! The copies.

use super::S3CopyStep;
use crate::kind::contract::{Lowered, Lowering};
use crate::lang::step::OnEmpty;
use crate::plan::{Job, Work};
use crate::scope::Data;
use crate::service::s3_copy::job::{CopyObjects, PARTS_FROM};
use crate::template::Template;

pub(super) fn lower(step: &S3CopyStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let Data::Files { path, .. } = &cx.task.inputs.first()?.data else { return None };
    let to = cx.template(&step.to.value.0);
    let is_folder = to.to_string().ends_with('/');
    let copy = CopyObjects {
        path: cx.template(path),
        except: cx.no_data.below(path),
        to: if is_folder { to } else { to.join(Template::text("/")) },
        marker: step.marker.as_ref().map(|marker| marker.value.clone()),
        all: step.all(),
        again: !step.only_changed(),
        removes: step.delete_source(),
        may_be_empty: step
            .on_empty
            .as_ref()
            .map_or(step.delete_source(), |answer| answer.value == OnEmpty::Skip),
        max_objects: step.max_objects().0,
        parts_from: PARTS_FROM,
        kms_key: cx.kms_key(step.kms_key.as_ref()),
        storage_class: step.storage_class.as_ref().map(|class| class.value.as_str().to_uppercase()),
    };
    Some(Lowered::work(Work::Job(Job::CopyObjects(Box::new(copy)))))
}
