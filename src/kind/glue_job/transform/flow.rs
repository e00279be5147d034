//! The columns from one operation to the next with their types, as far as they are known: `unknown-column`, `column-type`, and
//! names that two columns would have.
//!
//! They are known where a source says its `columns`; what is not known is not complained of. Names are the same whatever the
//! size of their letters, as they are to Spark.

use super::Operations;
use super::value::Order;
use crate::columns::{Column, Spark, Type, is_same};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::glue_job::GlueJobStep;
use crate::kind::glue_job::iceberg::PartitionField;
use crate::scope::{CatalogTable, Data, Input};
use crate::text::{SourceMap, Span, Spanned};

/// The columns at a place: none where they are not known.
pub(super) type Columns = Option<Vec<Column>>;

/// What is known while one operation after the other is looked at.
pub(super) struct Flow<'f, 'a> {
    /// The columns.
    pub(super) columns: Columns,
    /// The version of Spark that runs the job.
    pub(super) spark: Spark,
    pub(super) sources: &'f SourceMap,
    inputs: &'f [Input<'a>],
    diagnostics: &'f mut Diagnostics,
}

/// Follows the columns of a step through its operations to what it writes.
pub(super) fn check(
    step: &GlueJobStep,
    operations: &Operations,
    spark: Spark,
    cx: &Checking<'_, '_>,
    diagnostics: &mut Diagnostics,
) {
    let columns = cx.task.inputs.first().and_then(columns_of);
    let sources = cx.scope.files.sources();
    let mut flow = Flow { columns, spark, sources, inputs: &cx.task.inputs, diagnostics };
    for operation in &operations.list {
        operation.kind.flow(&mut flow);
    }
    let write = step.write.as_ref();
    if step.writes_iceberg().is_some() {
        flow.need_fields(write.iter().flat_map(|write| write.partition_by.iter().flatten()));
    } else {
        flow.need_all(write.iter().flat_map(|write| write.partition_by.iter().flatten()));
    }
    flow.need_all(write.iter().flat_map(|write| write.key.iter().flatten()));
    if let Some(target) = step.redshift() {
        flow.need_all(target.keys());
        flow.loaded(target.table.span);
    }
}

/// The columns of a source that says them: what lies in its files besides is not read.
fn columns_of(input: &Input<'_>) -> Columns {
    match &input.data {
        Data::Files { columns: Some(columns), .. }
        | Data::Catalog(CatalogTable { columns: Some(columns), .. })
        | Data::Jdbc { columns: Some(columns), .. } => {
            let declared = columns.0.iter().map(|(name, column)| Column {
                is_nullable: column.value.is_nullable,
                span: Some(name.span),
                ..Column::new(name.value.clone(), column.value.kind.in_spark())
            });
            Some(declared.collect())
        }
        Data::Files { columns: None, .. }
        | Data::Catalog(_)
        | Data::Table { .. }
        | Data::Jdbc { columns: None, .. } => None,
    }
}

impl Flow<'_, '_> {
    /// Says that the columns are loaded into a table of Redshift: as Avro, which has letters, digits and `_` in names, and
    /// of types that are no others' parts.
    fn loaded(&mut self, at: Span) {
        for column in self.columns.clone().into_iter().flatten() {
            let is_plain = column.name.chars().all(|c| c.is_alphanumeric() || c == '_');
            if !is_plain || column.name.starts_with(|c: char| c.is_ascii_digit()) {
                let message = format!("the connector of Redshift takes no column called `{}`", column.name);
                let found = Diagnostic::new(Code::TransformOption, at, message);
                self.report(found.help("rename it before: letters, digits and `_`"));
            }
            if matches!(column.kind, Type::Array(_) | Type::Map(..) | Type::Struct(_)) {
                self.wrong_type(&column, at, "Redshift takes none", "make a text of it: `to_json(...)`");
            }
        }
    }

    /// Says that a column must be there.
    pub(super) fn need(&mut self, column: &Spanned<String>) {
        self.need_at(&column.value, column.span);
    }

    /// Says that columns must be there.
    pub(super) fn need_all<'c>(&mut self, columns: impl IntoIterator<Item = &'c Spanned<String>>) {
        columns.into_iter().for_each(|column| self.need(column));
    }

    /// Says that the columns must be there of which the fields are made that partition a table.
    fn need_fields<'c>(&mut self, fields: impl IntoIterator<Item = &'c Spanned<String>>) {
        for text in fields {
            if let Some(field) = PartitionField::read(text) {
                self.need_at(field.column, text.span);
            }
        }
    }

    /// Says that rows are ordered by columns, which must be there.
    pub(super) fn need_orders<'c>(&mut self, orders: impl IntoIterator<Item = &'c Spanned<Order>>) {
        orders.into_iter().for_each(|order| self.need_at(&order.value.column, order.span));
    }

    fn need_at(&mut self, name: &str, at: Span) {
        if let Some(found) = unknown(name, at, self.columns.as_deref()) {
            self.report(found);
        }
    }

    /// Returns the columns of other rows; none where they are not known.
    pub(super) fn other(&self, with: &str) -> Columns {
        let input = self.inputs.iter().find(|input| input.name == Some(with))?;
        columns_of(input)
    }

    /// Says that a column of other rows must be there.
    pub(super) fn need_in(&mut self, column: &Spanned<String>, known: Option<&[Column]>) {
        if let Some(found) = unknown(column, column.span, known) {
            self.report(found);
        }
    }

    /// Returns a column as it is known here: by its name alone where it is not.
    pub(super) fn column(&self, name: &str) -> Column {
        picked(self.columns.as_deref(), name)
    }

    /// Changes what is known of a column that is there.
    pub(super) fn change(&mut self, name: &str, change: impl FnOnce(&mut Column)) {
        let mut known = self.columns.iter_mut().flatten();
        if let Some(column) = known.find(|column| is_same(&column.name, name)) {
            change(column);
        }
    }

    /// Adds a column, or replaces it.
    pub(super) fn set(&mut self, column: Column) {
        let Some(columns) = &mut self.columns else { return };
        match columns.iter_mut().find(|known| is_same(&known.name, &column.name)) {
            Some(known) => *known = Column { name: known.name.clone(), ..column },
            None => columns.push(column),
        }
    }

    /// Adds a column whose name none may have that is there.
    pub(super) fn add(&mut self, column: Column, at: Span) {
        let Some(columns) = &mut self.columns else { return };
        if has(columns, &column.name) {
            let message = format!("there would be two columns `{}`", column.name);
            self.diagnostics.push(
                Diagnostic::new(Code::TransformOption, at, message)
                    .help("give this one another name, or take the other one away first: `drop`"),
            );
        } else {
            columns.push(column);
        }
    }

    /// Takes a column away.
    pub(super) fn remove(&mut self, name: &str) {
        if let Some(columns) = &mut self.columns {
            columns.retain(|column| !is_same(&column.name, name));
        }
    }

    /// Says that a column has a type that the operation does not take; where it was declared is marked.
    pub(super) fn wrong_type(&mut self, column: &Column, at: Span, why: &str, help: &str) {
        let message = format!("`{}` is {}, and {why}", column.name, column.kind.simple_string());
        let diagnostic = Diagnostic::new(Code::ColumnType, at, message).help(help);
        let declared = column.span.filter(|declared| *declared != at);
        self.report(match declared {
            Some(declared) => diagnostic.also(declared, "the column comes from here"),
            None => diagnostic,
        });
    }

    /// Reports something else.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}

/// Says whether a name is among columns.
pub(super) fn has(columns: &[Column], name: &str) -> bool {
    columns.iter().any(|column| is_same(&column.name, name))
}

/// Returns the column of a name, or one of which nothing but the name is known.
pub(super) fn picked(columns: Option<&[Column]>, name: &str) -> Column {
    let mut known = columns.into_iter().flatten();
    let found = known.find(|column| is_same(&column.name, name)).cloned();
    found.unwrap_or_else(|| Column::new(name, Type::Unknown))
}

/// Says that a name is none of those columns that are known.
fn unknown(name: &str, at: Span, known: Option<&[Column]>) -> Option<Diagnostic> {
    let known = known.filter(|known| !has(known, name))?;
    let diagnostic = Diagnostic::new(Code::UnknownColumn, at, format!("there is no column `{name}` here"));
    Some(diagnostic.suggest(name, known.iter().map(|column| column.name.as_str())))
}
