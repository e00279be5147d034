//! `id-collision`: two environments in one Airflow, where each DAG of theirs would have the id of another.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::ProjectSpec;
use crate::lang::project::EnvironmentSpec;
use crate::text::{Span, Spanned};

/// Where an environment's DAG files go.
enum Place<'a> {
    /// An MWAA environment and its region.
    Mwaa(&'a str, Option<&'a str>),
    /// A folder in S3, with a slash at its end.
    Folder(String),
}

impl Place<'_> {
    fn of(spec: &EnvironmentSpec) -> Option<(Place<'_>, Span)> {
        let region = spec.region.as_ref().map(|region| region.value.0.as_str());
        match (&spec.mwaa, &spec.dags) {
            (Some(mwaa), _) => Some((Place::Mwaa(&mwaa.value.0, region), mwaa.span)),
            (None, Some(dags)) => {
                let folder = format!("{}/", dags.value.0.trim_end_matches('/'));
                Some((Place::Folder(folder), dags.span))
            }
            (None, None) => None,
        }
    }

    /// One Airflow reads a folder with all that is in it.
    fn is_in_airflow_of(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Mwaa(a, a_region), Self::Mwaa(b, b_region)) => a == b && a_region == b_region,
            (Self::Folder(a), Self::Folder(b)) => a.starts_with(b.as_str()) || b.starts_with(a.as_str()),
            (Self::Mwaa(..), Self::Folder(_)) | (Self::Folder(_), Self::Mwaa(..)) => false,
        }
    }
}

pub(super) fn check(project: &ProjectSpec, diagnostics: &mut Diagnostics) {
    let mut known: Vec<(&Spanned<String>, Place<'_>, Span)> = Vec::new();
    for (name, spec) in &project.environments.0 {
        let Some((place, span)) = Place::of(spec) else { continue };
        if let Some((other, _, first)) = known.iter().find(|(_, other, _)| place.is_in_airflow_of(other)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::IdCollision,
                    span,
                    format!(
                        "environments `{}` and `{}` share an Airflow, where their DAGs have the same ids",
                        other.value, name.value
                    ),
                )
                .also(*first, format!("environment `{}`", other.value))
                .help("give each environment an Airflow of its own"),
            );
        }
        known.push((name, place, span));
    }
}
