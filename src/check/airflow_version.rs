//! `unknown-airflow-version`: DAG files are written for versions that were tried.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::value::AirflowVersion;
use crate::text::Spanned;

/// Warns of a version that is newer than those that dagc was tried with.
pub fn airflow_version(version: &Spanned<AirflowVersion>, diagnostics: &mut Diagnostics) {
    let newest = if version.major == 2 { 11 } else { 3 };
    if version.minor > newest {
        diagnostics.push(
            Diagnostic::new(
                Code::UnknownAirflowVersion,
                version.span,
                format!("dagc was not tried with Airflow {}", version.value),
            )
            .note(format!("DAG files are written as for {}.{newest}", version.major))
            .help("versions 2.9 to 2.11 and 3.0 to 3.3 are known"),
        );
    }
}
