//! The removal.

use super::S3DeleteStep;
use crate::kind::contract::{Lowered, Lowering};
use crate::plan::{Job, Work};
use crate::scope::Data;
use crate::service::s3_delete::job::DeleteObjects;

pub(super) fn lower(step: &S3DeleteStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let Data::Files { path, .. } = &cx.task.inputs.first()?.data else { return None };
    Some(Lowered::work(Work::Job(Job::DeleteObjects(DeleteObjects {
        path: cx.template(path),
        except: cx.no_data.below(path),
        older_than: step.older_than.as_ref().map(|age| age.value.0),
        max_objects: step.max_objects().0,
        max_bytes: step.max_bytes.as_ref().map(|most| most.value),
    }))))
}
