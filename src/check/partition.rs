//! `invalid-arn`: what is named is in another partition of AWS than the environment, which cannot reach it.
//!
//! Partitions have accounts, roles and endpoints of their own (AWS Fault Isolation Boundaries, "Partitions").

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::aws::partition_of;
use crate::lang::decode::Decode;
use crate::lang::held::Held;
use crate::lang::project::EnvironmentSpec;
use crate::resolve::{Pipeline, Scope};

/// Looks at an environment of the project file.
pub(super) fn environment(spec: &EnvironmentSpec, diagnostics: &mut Diagnostics) {
    check(spec, spec, diagnostics);
}

/// Looks at a pipeline and its steps.
pub(super) fn pipeline(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    check(pipeline.spec, scope.spec, diagnostics);
}

fn check(holder: &impl Decode, environment: &EnvironmentSpec, diagnostics: &mut Diagnostics) {
    let Some(region) = &environment.region else { return };
    let partition = partition_of(&region.value.0);
    holder.held(&mut |held| {
        let Held::Arn(arn, span) = held else { return };
        let mut owns = arn.split(',').filter_map(|arn| arn.split(':').nth(1));
        if let Some(own) = owns.find(|own| *own != partition) {
            let message = format!("this is in the partition `{own}`, and the environment in `{partition}`");
            diagnostics.push(
                Diagnostic::new(Code::InvalidArn, span, message)
                    .also(region.span, "the environment's region")
                    .help(format!("name one that begins with `arn:{partition}:`")),
            );
        }
    });
}
