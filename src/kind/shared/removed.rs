//! `delete-guard`: what is removed is a folder of data, and never a bucket or what the environment itself needs.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::lang::value::S3Uri;
use crate::objects::WILDCARDS;
use crate::scope::Pattern;
use crate::template::{Expr, Part, Template};
use crate::text::{Span, Spanned};

/// Says why a step must not remove what a path means.
pub fn check(path: &Template, at: Span, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let refused = |why: String| {
        Diagnostic::new(Code::DeleteGuard, at, format!("step `{}` would remove {path}, {why}", cx.task.name))
    };
    if let Some(why) = root(path) {
        let help = "name a folder behind the bucket, with text of its own: `s3://bucket/folder/...`";
        diagnostics.push(refused(why).help(help));
        return;
    }
    let pattern = Pattern::new(&path.to_string());
    let kept = kept(cx).into_iter().find(|(_, place)| pattern.holds(&Pattern::new(&place.value.0)));
    if let Some((what, place)) = kept {
        let diagnostic = refused(format!("in which {what} lies"));
        diagnostics.push(diagnostic.also(place.span, "said here").help("name the folders beside it"));
    }
}

/// Says why a path may be the root of a bucket: the first name behind it is not one that is always there.
fn root(path: &Template) -> Option<String> {
    let mut parts = path.parts().iter();
    let Some(Part::Text(text)) = parts.next() else { return None };
    let key = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).map_or("", |(_, key)| key);
    match (key.chars().next(), parts.next()) {
        (None, None) => Some("which is a whole bucket".to_owned()),
        (None, Some(Part::Expr(expr))) if !is_date(expr) => {
            Some(format!("which is a whole bucket where `{expr}` is empty"))
        }
        (Some(c), _) if WILDCARDS.contains(&c) => Some("which may be a whole bucket".to_owned()),
        _ => None,
    }
}

/// Dates are never empty.
fn is_date(expr: &Expr) -> bool {
    match expr {
        Expr::Date { .. }
        | Expr::DsAdd { .. }
        | Expr::DsFormat { .. }
        | Expr::RunId
        | Expr::DagId
        | Expr::TaskId => true,
        Expr::Param(_) | Expr::Output { .. } => false,
    }
}

/// The folders that dagc and Airflow need.
fn kept<'s>(cx: &Checking<'s, '_>) -> Vec<(&'static str, &'s Spanned<S3Uri>)> {
    let spec = cx.scope.spec;
    let dags = spec.dags.iter().map(|dags| ("the folder of DAG files", dags));
    let assets = spec.glue.iter().filter_map(|glue| glue.assets.as_ref());
    let connections = spec.redshift.iter().flat_map(|redshift| &redshift.0);
    let staging = connections.filter_map(|(_, connection)| connection.staging.as_ref());
    dags.chain(assets.map(|assets| ("the folder of scripts", assets)))
        .chain(staging.map(|staging| ("the folder of manifests", staging)))
        .collect()
}
