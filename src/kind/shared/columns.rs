//! Names of columns that no table or folder can have, and columns that are named twice.

use crate::columns::is_same;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::value::LONGEST_NAME;
use crate::text::Spanned;

/// How many characters the name of a column may have in the Data Catalog.
const LONGEST_CATALOG_NAME: usize = 255;

/// Quoted identifiers hold anything but nothing.
pub fn redshift(column: &Spanned<String>, diagnostics: &mut Diagnostics) {
    let why = match column.value.len() {
        0 => "a column has a name".to_owned(),
        1..=LONGEST_NAME => return,
        length => format!("a name has at most {LONGEST_NAME} bytes in Redshift, and this one {length}"),
    };
    diagnostics.push(Diagnostic::new(Code::InvalidName, column.span, why).help("write the name of a column"));
}

/// A column of the Data Catalog (`NameString` of Glue).
pub fn catalog(column: &Spanned<String>, diagnostics: &mut Diagnostics) {
    let why = match column.value.chars().count() {
        0 => "a column has a name".to_owned(),
        1..=LONGEST_CATALOG_NAME => return,
        length => {
            format!(
                "a name has at most {LONGEST_CATALOG_NAME} characters in the Data Catalog, and this one {length}"
            )
        }
    };
    diagnostics.push(Diagnostic::new(Code::InvalidName, column.span, why).help("write the name of a column"));
}

/// A column that makes folders stands in them as `NAME=VALUE/`.
pub fn folder(column: &Spanned<String>, diagnostics: &mut Diagnostics) {
    if column.value.is_empty() || column.value.contains(['=', '/']) {
        let message = format!("`{}` cannot be a column of folders", column.value);
        diagnostics.push(
            Diagnostic::new(Code::InvalidName, column.span, message)
                .help("a folder is called `NAME=VALUE`: write a name without `=` and `/`"),
        );
    }
}

/// Says that a column is named twice. Redshift, Glue and Spark tell no small letters from capital ones.
pub fn once(key: &str, columns: &[Spanned<String>], diagnostics: &mut Diagnostics) {
    for (n, column) in columns.iter().enumerate() {
        if let Some(first) = columns[..n].iter().find(|first| is_same(&first.value, &column.value)) {
            let message = format!("`{key}` names `{}` twice", column.value);
            diagnostics.push(
                Diagnostic::new(Code::InvalidName, column.span, message)
                    .also(first.span, "the first time")
                    .help("take one of them away"),
            );
        }
    }
}
