//! What each step's kind says of it.

use crate::diagnostic::Diagnostics;
use crate::resolve::{Pipeline, Scope};

pub(super) fn check(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        task.kind.check(&pipeline.checking(scope, task), diagnostics);
    }
}
