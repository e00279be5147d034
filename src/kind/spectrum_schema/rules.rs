//! `spectrum_schema`: names, a role, a region.

use super::SpectrumSchemaStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::missing;
use crate::kind::shared::names::{CATALOG_DATABASE, check_region};
use crate::lang::value::LONGEST_NAME;

/// What Redshift's own schemas are called, or begin with (Database Developer Guide, "CREATE SCHEMA": `PG_` is its own).
const OWN: [&str; 4] = ["information_schema", "public", "catalog_history", "pg_"];

pub(super) fn check(step: &SpectrumSchemaStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    name(step, diagnostics);
    CATALOG_DATABASE.check(Some(&step.database), diagnostics);
    if let Some(region) = &step.region {
        check_region(region, diagnostics);
    }
    let Some(connection) = &cx.task.connection else { return };
    if step.role.is_none() && connection.spec.copy_role.is_none() {
        let elsewhere = format!("`copy_role: default` in connection `{}`", connection.name);
        diagnostics.push(missing(cx, "role", "a role with which Redshift reads the catalog", &elsewhere));
    }
}

fn name(step: &SpectrumSchemaStep, diagnostics: &mut Diagnostics) {
    let name = step.schema.value.to_lowercase();
    let (message, help) = if name.len() > LONGEST_NAME {
        (
            format!("a name has at most {LONGEST_NAME} bytes in Redshift, and this one {}", name.len()),
            "write a shorter name",
        )
    } else if OWN.iter().any(|own| name == *own || (own.ends_with('_') && name.starts_with(own))) {
        (
            format!("`{name}` is a schema of Redshift's own"),
            "name a schema that is there for the catalog alone",
        )
    } else {
        return;
    };
    diagnostics.push(Diagnostic::new(Code::InvalidName, step.schema.span, message).help(help));
}
