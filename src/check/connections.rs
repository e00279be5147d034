//! `unknown-connection`: the connection of a source's table.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Pipeline, Scope};

pub(super) fn sources(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let known = || scope.spec.redshift.iter().flat_map(crate::lang::decode::Map::names);
    for (_, source) in pipeline.spec.sources() {
        if let Some(connection) = &source.r#in
            && known().all(|name| name != connection.value)
        {
            let environment = &scope.environment.value;
            let message =
                format!("environment `{environment}` has no Redshift connection `{}`", connection.value);
            diagnostics.push(
                Diagnostic::new(Code::UnknownConnection, connection.span, message)
                    .suggest(connection, known()),
            );
        }
    }
}
