//! `invalid-import-path`: classes that Airflow has not, so that it would not read the DAG file.
//!
//! A provider may be newer or older than that of the table of signatures: of its modules only what can never be a
//! class is refused. Airflow's own package has in Airflow 3 only the old names that the table has.

use super::signature::Signature;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::lang::value::{AirflowVersion, ImportPath};
use crate::text::{Span, Spanned};

/// Packages of Airflow's own: Airflow 3 keeps old names there, and no more.
const CORE: &[&str] = &["airflow.operators.", "airflow.sensors.", "airflow.contrib."];

/// A module of Airflow 2.11 that Airflow 3 has under no name.
const GONE: &str = "airflow.operators.subdag";

/// Says why there is no such class.
pub(super) fn unknown(path: &Spanned<ImportPath>, airflow: AirflowVersion) -> Option<Diagnostic> {
    let (span, path) = (path.span, path.value.0.as_str());
    let (module, class) = path.rsplit_once('.')?;
    if Signature::of(path).is_some() && !(airflow.major > 2 && module == GONE) {
        return None;
    }
    if let Some(inside) = Signature::paths().find_map(|known| known.strip_prefix(path)?.strip_prefix('.')) {
        let diagnostic = report(span, format!("`{path}` is a module, and no class"));
        return Some(diagnostic.help(format!("write the class behind it, such as `{path}.{inside}`")));
    }
    if let Some(known) = Signature::paths().find(|known| *known != path && known.eq_ignore_ascii_case(path)) {
        return Some(report(span, format!("there is no `{path}`")).help(format!("write `{known}`")));
    }
    if airflow.major > 2 && CORE.iter().any(|core| path.starts_with(core)) {
        let diagnostic = report(span, format!("Airflow {} has no `{path}`", airflow.major));
        return Some(match elsewhere(class) {
            Some(other) => diagnostic.help(format!("write `{other}`")),
            None => diagnostic.help("write the provider's class that does this"),
        });
    }
    None
}

fn report(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(Code::InvalidImportPath, span, message).note("Airflow would not read the DAG file")
}

/// Finds where a provider has an operator that is called so, or nearly.
fn elsewhere(class: &str) -> Option<&'static str> {
    let wanted = if class == "DummyOperator" { "EmptyOperator" } else { class };
    let providers = || Signature::paths().filter(|known| known.starts_with("airflow.providers."));
    let name = |path: &'static str| path.rsplit('.').next().unwrap_or_default();
    let near = nearest(wanted, providers().map(name))?;
    providers().find(|known| name(known) == near)
}
