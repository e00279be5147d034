//! `lake_formation_grant`: what may be granted on what (Lake Formation Developer Guide, "Lake Formation permissions reference").

use super::{LakeFormationGrantStep, Permission, Tagged};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::chosen;
use crate::text::{Span, Spanned};

const CODE: Code = Code::LakeFormationOption;

/// What may be granted on databases.
const ON_DATABASES: &[Permission] =
    &[Permission::All, Permission::Alter, Permission::CreateTable, Permission::Describe, Permission::Drop];

/// What may be granted on tables.
const ON_TABLES: &[Permission] = &[
    Permission::All,
    Permission::Alter,
    Permission::Delete,
    Permission::Describe,
    Permission::Drop,
    Permission::Insert,
    Permission::Select,
];

/// What may be granted on columns.
const ON_COLUMNS: &[Permission] = &[Permission::Select];

pub(super) fn check(step: &LakeFormationGrantStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    chosen(&step.given(), LakeFormationGrantStep::CHOICES, cx, diagnostics);
    empty(step, cx.at(), diagnostics);
    columns(step, diagnostics);
    tags(step, diagnostics);
    let (what, allowed) = on(step);
    for permission in &step.permissions {
        if !allowed.contains(&permission.value) {
            let names: Vec<String> = allowed.iter().map(|one| format!("`{}`", one.as_str())).collect();
            let message =
                format!("`{}` is nothing that Lake Formation grants on {what}", permission.value.as_str());
            diagnostics.push(
                Diagnostic::new(CODE, permission.span, message)
                    .help(format!("on {what} it grants {}", names.join(", "))),
            );
        }
    }
}

fn on(step: &LakeFormationGrantStep) -> (&'static str, &'static [Permission]) {
    let of_databases = step.tags.is_some() && step.tagged() == Tagged::Databases;
    if step.columns.is_some() || step.except_columns.is_some() {
        ("columns", ON_COLUMNS)
    } else if step.database.is_some() || of_databases {
        ("a database", ON_DATABASES)
    } else {
        ("tables", ON_TABLES)
    }
}

/// Lists that have nothing in them.
fn empty(step: &LakeFormationGrantStep, at: Span, diagnostics: &mut Diagnostics) {
    let tables = step.tables.as_ref().is_some_and(Vec::is_empty);
    let values = step.tags.iter().flat_map(|tags| &tags.0).find(|(_, values)| values.is_empty());
    let mut tell = |span: Span, message: &str| {
        diagnostics
            .push(Diagnostic::new(CODE, span, message).help("write what is meant, or take the step away"));
    };
    for (is_empty, message) in [
        (step.to.is_empty(), "`to` names nobody"),
        (step.permissions.is_empty(), "`permissions` names none"),
        (tables, "`tables` names none"),
        (step.tags.as_ref().is_some_and(|tags| tags.0.is_empty()), "`tags` names none"),
        (is_none(step.columns.as_ref()) || is_none(step.except_columns.as_ref()), "no column is named"),
    ] {
        if is_empty {
            tell(at, message);
        }
    }
    if let Some((key, _)) = values {
        tell(key.span, "no value of this LF-tag is named");
    }
}

fn is_none(columns: Option<&Vec<Spanned<String>>>) -> bool {
    columns.is_some_and(Vec::is_empty)
}

/// Columns are those of one table.
fn columns(step: &LakeFormationGrantStep, diagnostics: &mut Diagnostics) {
    let Some(first) = step.columns.iter().chain(&step.except_columns).flatten().next() else { return };
    if step.tables.as_ref().is_none_or(|tables| tables.len() != 1) {
        diagnostics.push(
            Diagnostic::new(CODE, first.span, "columns are those of one table")
                .help("name that table alone under `tables`, and write a step for each other one"),
        );
    }
}

/// So many values has a tag in one grant, and so many characters have keys and values (Lake Formation's API model, `LFTag`).
const MOST_VALUES: usize = 50;
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

fn tags(step: &LakeFormationGrantStep, diagnostics: &mut Diagnostics) {
    let mut tell = |span: Span, message: String, help: &str| {
        diagnostics.push(Diagnostic::new(CODE, span, message).help(help));
    };
    for (key, values) in step.tags.iter().flat_map(|tags| &tags.0) {
        let texts = [(key, LONGEST_KEY)].into_iter().chain(values.iter().map(|value| (value, LONGEST_VALUE)));
        for (text, most) in texts.filter(|(text, most)| text.value.chars().count() > *most) {
            let length = text.value.chars().count();
            tell(
                text.span,
                format!("this has {length} characters, and an LF-tag {most}"),
                "write it as the tag has it",
            );
        }
        if let Some(one) = values.get(MOST_VALUES) {
            let message =
                format!("a grant has {MOST_VALUES} values of an LF-tag, and here are {}", values.len());
            tell(one.span, message, "write a second step with the rest");
        }
    }
}
