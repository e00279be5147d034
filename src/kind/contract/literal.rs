//! Data that is spelled out: a place in S3, a table.

use super::Cx;
use crate::diagnostic::{Code, Diagnostic};
use crate::lang::decode::{Leaf, LeafError};
use crate::lang::value::{TableName, check_pattern};
use crate::scope::Data;
use crate::template::Template;
use crate::text::{Span, Spanned};
use crate::yaml::{Scalar, Style};
use std::borrow::Cow;

impl Cx<'_, '_> {
    /// Reads a table's name that stands where another name might.
    pub fn table(&mut self, text: &Spanned<String>) -> Option<TableName> {
        match table_name(text) {
            Ok(name) => Some(name),
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                self.found.incomplete = true;
                None
            }
        }
    }
}

/// In place of a connection: names without a place are tables of the Data Catalog. No connection is called so.
pub(super) const IN_CATALOG: &str = "catalog:";

/// Reads `s3://...`, `schema.table`, `connection:schema.table` or `catalog:database.table`.
pub(super) fn literal<'a>(
    text: &Spanned<String>,
    connection: Option<&str>,
) -> Result<Data<'a>, Box<Diagnostic>> {
    if text.starts_with("s3://") {
        return path_literal(text);
    }
    let (place, name) = match text.split_once(':') {
        Some((place, name)) => (Some(place), Spanned::new(name.to_owned(), text.span)),
        None => (None, text.clone()),
    };
    let name = table_name(&name)?;
    match (place, connection) {
        (Some("catalog"), _) | (None, Some(IN_CATALOG)) => Ok(Data::catalog(name)),
        (Some(connection), _) | (None, Some(connection)) => {
            Ok(Data::Table { connection: connection.to_owned(), name })
        }
        (None, None) => Err(Box::new(
            Diagnostic::new(
                Code::UnknownConnection,
                text.span,
                format!("`{}` does not say in which Redshift connection it is", text.value),
            )
            .help(format!("write `CONNECTION:{0}`, or `catalog:{0}` for the Data Catalog", text.value)),
        )),
    }
}

/// Reads `s3://...` that stands where a name might.
pub(super) fn path_literal<'a>(text: &Spanned<String>) -> Result<Data<'a>, Box<Diagnostic>> {
    check_pattern(text).map_err(|error| of_leaf(text.span, error))?;
    let path = Template::leaf(&scalar(text)).map_err(|error| of_leaf(text.span, error))?;
    Ok(Data::Files { path: Cow::Owned(path), whole: None, format: None, columns: None })
}

fn table_name(text: &Spanned<String>) -> Result<TableName, Box<Diagnostic>> {
    TableName::leaf(&scalar(text)).map_err(|error| of_leaf(text.span, error))
}

fn scalar(text: &Spanned<String>) -> Scalar {
    Scalar { text: text.value.clone(), style: Style::Plain, expanded: false }
}

fn of_leaf(span: Span, error: LeafError) -> Box<Diagnostic> {
    let mut diagnostic = Diagnostic::new(error.code, span, error.message);
    diagnostic.help = error.help;
    Box::new(diagnostic)
}
