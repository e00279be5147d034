//! `invalid-name`: names of columns that no table or folder can have, and columns that are named twice.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::step::{Expectation, SqlCheckStep};
use crate::resolve::{Action, Pipeline, Scope};
use crate::text::Spanned;

/// The longest name (Redshift Database Developer Guide, "Names and identifiers").
const LONGEST: usize = 127;

pub(super) fn check(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        match &task.action {
            Action::Copy { step, .. } => {
                for (key, columns) in [("columns", &step.columns), ("key", &step.key)] {
                    let columns = columns.as_deref().unwrap_or_default();
                    for column in columns {
                        redshift(column, diagnostics);
                    }
                    once(key, columns, diagnostics);
                }
            }
            Action::Check { step, .. } => expected(step, diagnostics),
            Action::GlueJob { step, .. } => {
                let columns = step.write.as_ref().and_then(|write| write.partition_by.as_deref());
                let columns = columns.unwrap_or_default();
                for column in columns {
                    folder(column, diagnostics);
                }
                once("partition_by", columns, diagnostics);
            }
            Action::Wait(_)
            | Action::Crawl { .. }
            | Action::Sql { .. }
            | Action::Bash { .. }
            | Action::Operator(_) => {}
        }
    }
}

fn expected(step: &SqlCheckStep, diagnostics: &mut Diagnostics) {
    for expectation in &step.expect {
        match expectation {
            Expectation::Unique(columns) | Expectation::NotNull(columns) => {
                for column in columns {
                    redshift(column, diagnostics);
                }
            }
            Expectation::Accepted(columns) => {
                columns.0.iter().for_each(|(column, _)| redshift(column, diagnostics));
            }
            Expectation::Fresh(fresh) => redshift(&fresh.column, diagnostics),
            Expectation::Rows(_) | Expectation::Sql(_) => {}
        }
    }
}

/// Quoted identifiers hold anything but nothing.
fn redshift(column: &Spanned<String>, diagnostics: &mut Diagnostics) {
    let why = match column.value.len() {
        0 => "a column has a name".to_owned(),
        1..=LONGEST => return,
        length => format!("a name has at most {LONGEST} bytes in Redshift, and this one {length}"),
    };
    diagnostics.push(Diagnostic::new(Code::InvalidName, column.span, why).help("write the name of a column"));
}

/// A column that makes folders stands in them as `NAME=VALUE/`.
fn folder(column: &Spanned<String>, diagnostics: &mut Diagnostics) {
    if column.value.is_empty() || column.value.contains(['=', '/']) {
        let message = format!("`{}` cannot be a column of folders", column.value);
        diagnostics.push(
            Diagnostic::new(Code::InvalidName, column.span, message)
                .help("a folder is called `NAME=VALUE`: write a name without `=` and `/`"),
        );
    }
}

fn once(key: &str, columns: &[Spanned<String>], diagnostics: &mut Diagnostics) {
    for (n, column) in columns.iter().enumerate() {
        if let Some(first) = columns[..n].iter().find(|first| first.value == column.value) {
            let message = format!("`{key}` names `{}` twice", column.value);
            diagnostics.push(
                Diagnostic::new(Code::InvalidName, column.span, message)
                    .also(first.span, "the first time")
                    .help("take one of them away"),
            );
        }
    }
}
