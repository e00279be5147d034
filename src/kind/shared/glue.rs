//! What Glue's jobs and crawlers need.

use super::keys::missing;
use crate::diagnostic::Diagnostics;
use crate::kind::contract::Checking;

/// Says that there is no role to run as. `own` says that the step names one.
pub fn role(own: bool, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let glue = cx.scope.spec.glue.as_ref();
    if !own && glue.is_none_or(|glue| glue.role.is_none()) {
        let environment = &cx.scope.environment.value;
        let elsewhere = format!("`glue: {{role: ...}}` to environment `{environment}`");
        diagnostics.push(missing(cx, "role", "a role to run as", &elsewhere));
    }
}
