//! Tables of Redshift that a job reads and writes: by which connection of Glue's, and how they are written.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::glue_job::{GlueJobStep, RedshiftTarget, WriteSpec};
use crate::kind::shared::columns;
use crate::kind::shared::keys::{self, unused};
use crate::scope::Data;
use crate::text::Span;

pub(super) fn check(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let Some(write) = &step.write else { return reached(step, cx, diagnostics) };
    if let Some(target) = &write.redshift {
        merge_key(target, cx, diagnostics);
        of_files(write, target, diagnostics);
    }
    reached(step, cx, diagnostics);
}

/// dagc's script reaches a table of Redshift by a connection of Glue's; one of the user's knows its own way.
fn reached(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    if step.transform.is_none() {
        return;
    }
    let all = cx.scope.spec.redshift.as_ref().map_or(&[][..], |redshift| &redshift.0);
    let from = step.from.as_ref().and_then(|from| from.0.first()).map_or_else(|| cx.at(), |from| from.span);
    let read = cx.task.inputs.iter().filter_map(|input| match &input.data {
        Data::Table { connection, .. } => Some((connection.as_str(), from)),
        Data::Files { .. } | Data::Catalog(_) | Data::Jdbc { .. } => None,
    });
    let target = step.write.as_ref().and_then(|write| write.redshift.as_ref());
    let written = target.and_then(|target| {
        let only = || all.first().map(|(name, _)| name.value.as_str());
        let name = target.into.as_ref().map(|into| into.value.as_str()).or_else(only)?;
        Some((name, target.table.span))
    });
    let mut told: Vec<&str> = Vec::new();
    for (name, at) in read.chain(written) {
        let known = all.iter().find(|(known, spec)| known.value == name && spec.glue_connection.is_none());
        if let Some((known, _)) = known.filter(|_| !told.contains(&name)) {
            told.push(name);
            diagnostics.push(no_way(name, known.span, at));
        }
    }
}

fn no_way(name: &str, known: Span, at: Span) -> Diagnostic {
    let message =
        format!("no Glue job reaches connection `{name}`: it does not say by which connection of Glue's");
    Diagnostic::new(Code::MissingKey, at, message)
        .also(known, "`glue_connection` is missing")
        .help("add `glue_connection: NAME` to it in dagc.yaml")
}

/// A merge needs a key, and nothing else has one.
fn merge_key(target: &RedshiftTarget, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    for column in target.keys() {
        columns::redshift(column, diagnostics);
    }
    columns::once("key", target.keys(), diagnostics);
    keys::merge_key(&target.mode, target.keys(), cx, diagnostics);
}

/// What is said of files.
fn of_files(write: &WriteSpec, target: &RedshiftTarget, diagnostics: &mut Diagnostics) {
    let by = write.partition_by.as_ref().and_then(|by| Some(("partition_by", by.first()?.span)));
    let partition = write.partition.as_ref().and_then(|values| Some(("partition", values.0.first()?.0.span)));
    let keys = [
        write.format.as_ref().map(|format| ("format", format.span())),
        by,
        partition,
        write.compression.as_ref().map(|compression| ("compression", compression.span)),
        write.mode.as_ref().map(|mode| ("mode", mode.span)),
        write.key.as_ref().and_then(|key| Some(("key", key.first()?.span))),
        write.location.as_ref().map(|location| ("location", location.span)),
    ];
    for (key, at) in keys.into_iter().flatten() {
        let why = "it is about files, and a table is written";
        diagnostics.push(unused(key, at, why, Some((target.table.span, "the table"))));
    }
}
