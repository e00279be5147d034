//! `missing-key`: an environment whose steps run in AWS, and which does not say in which region.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Project, Scope};
use crate::text::FileId;

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    if scope.spec.region.is_some() {
        return;
    }
    let tasks = project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks);
    let Some(first) = tasks.into_iter().find(|task| task.kind.outputs().has_job()) else { return };
    let environment = &scope.environment;
    diagnostics.push(
        Diagnostic::new(
            Code::MissingKey,
            environment.span,
            format!("environment `{}` does not say its region", environment.value),
        )
        .label("`region` is missing")
        .also(first.span, format!("`{}` runs in AWS", first.name))
        .help("add `region:` to it, such as `region: eu-west-1`"),
    );
}
