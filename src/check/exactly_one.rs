//! `conflicting-keys` and `missing-key`: keys of which exactly one must stand.

use crate::diagnostic::Diagnostics;
use crate::kind::shared::keys::{Key, at_most_one, chosen_of, first_line, key};
use crate::lang::project::{EnvironmentSpec, RedshiftSpec};
use crate::lang::source::SourceSpec;
use crate::resolve::{Pipeline, Scope};
use crate::text::Spanned;

/// Looks at an environment of the project file.
pub(super) fn environment(spec: &EnvironmentSpec, diagnostics: &mut Diagnostics) {
    chosen_of("the environment", spec.span, &spec.given(), EnvironmentSpec::CHOICES, diagnostics);
    for (name, connection) in spec.redshift.iter().flat_map(|redshift| &redshift.0) {
        redshift(name, connection, diagnostics);
    }
}

fn redshift(name: &Spanned<String>, connection: &RedshiftSpec, diagnostics: &mut Diagnostics) {
    let what = format!("connection `{}`", name.value);
    let workgroup = key("workgroup", connection.workgroup.as_ref());
    let cluster = key("cluster", connection.cluster.as_ref());
    chosen_of(&what, name.span, &connection.given(), RedshiftSpec::CHOICES, diagnostics);
    let user = key("db_user", connection.db_user.as_ref());
    if let (Some(_), None) = (workgroup, cluster) {
        at_most_one(&what, [workgroup, user], diagnostics);
    }
}

/// Looks at the sources of a pipeline.
pub(super) fn pipeline(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for (name, source) in pipeline.spec.sources() {
        of_source(name, source, diagnostics);
    }
}

fn of_source(name: &Spanned<String>, source: &SourceSpec, diagnostics: &mut Diagnostics) {
    let what = format!("source `{}`", name.value);
    let path = key("path", source.path.as_ref());
    let table = key("table", source.table.as_ref());
    chosen_of(&what, name.span, &source.given(), SourceSpec::CHOICES, diagnostics);
    if table.is_some() {
        return at_most_one(&what, [table, key_of_wait(source)], diagnostics);
    }
    if let Some(jdbc) = &source.jdbc {
        let jdbc = Some(("jdbc", first_line(jdbc.span)));
        at_most_one(&what, [jdbc, key_of_wait(source)], diagnostics);
        return at_most_one(&what, [jdbc, key("in", source.r#in.as_ref())], diagnostics);
    }
    at_most_one(&what, [path, key("in", source.r#in.as_ref())], diagnostics);
}

fn key_of_wait(source: &SourceSpec) -> Key<'static> {
    source.wait.as_ref().filter(|wait| !wait.off).map(|wait| ("wait", wait.span))
}
