//! `invalid-name`: names of the user's that are keys, so that no value's type has looked at them.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::shared::keys::identifier;
use crate::lang::ProjectSpec;
use crate::lang::value::check_name;
use crate::resolve::{Pipeline, Scope};
use crate::text::Spanned;

/// Names of the project file. Those of environments become folders.
pub(super) fn project(project: &ProjectSpec, diagnostics: &mut Diagnostics) {
    for (name, environment) in &project.environments.0 {
        plain(name, "an environment", diagnostics);
        for (connection, _) in environment.redshift.iter().flat_map(|redshift| &redshift.0) {
            plain(connection, "a connection", diagnostics);
        }
        for (variable, _) in environment.vars.iter().flat_map(|vars| &vars.0) {
            let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            if variable.is_empty() || !variable.chars().all(is_word) {
                let message = format!("`{}` is no name of a variable", variable.value);
                diagnostics.push(
                    Diagnostic::new(Code::InvalidName, variable.span, message)
                        .help("it has letters, digits, `_` and `-`, so that `${vars.NAME}` can name it"),
                );
            }
        }
    }
}

/// Names of a pipeline: of sources and of params.
pub(super) fn pipeline(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for (source, _) in pipeline.spec.sources() {
        plain(source, "a source", diagnostics);
    }
    for (param, _) in pipeline.spec.params.iter().flat_map(|params| &params.0) {
        identifier(param, "a param", "so that `{{ params.NAME }}` can name it", diagnostics);
    }
}

fn plain(name: &Spanned<String>, what: &str, diagnostics: &mut Diagnostics) {
    if let Err(error) = check_name(name) {
        let message = format!("`{}` is no name of {what}: {}", name.value, error.message);
        let mut diagnostic = Diagnostic::new(error.code, name.span, message);
        diagnostic.help = error.help;
        diagnostics.push(diagnostic);
    }
}
