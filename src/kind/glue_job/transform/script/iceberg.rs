//! How a script writes a table of Iceberg: once for each key of a run.

use super::{Helper, Writing, assigned};
use crate::kind::glue_job::WriteSpec;
use crate::kind::glue_job::iceberg::{CATALOG, PartitionField};
use crate::kind::glue_job::transform::names::{quoted, string};
use crate::lang::step::WriteMode;
use crate::lang::value::TableName;
use crate::python::{Expr, INDENT, literal};

/// The name of a table in Spark.
pub(super) fn table(name: &TableName) -> String {
    format!("{CATALOG}.{}.{}", quoted(&name.schema), quoted(&name.table))
}

/// Makes the statements; `rows` is the call that gives the rows.
pub(super) fn writing(write: &WriteSpec, rows: &Expr) -> Option<Writing> {
    let table = table(&write.table.as_ref()?.value);
    let mode = write.mode.as_ref().map_or(WriteMode::Overwrite, |mode| mode.value);
    let (needs, once) = if mode == WriteMode::Merge {
        (vec![Helper::Committed, Helper::Merged], merge(write, &table))
    } else {
        (vec![Helper::Committed], added(write, mode))
    };
    let statements = vec![
        assigned("table", &Expr::text(table.as_str())),
        assigned("key", &Expr::code("args[\"dagc_key\"]")),
        assigned("rows", rows),
        "rows.limit(0).createOrReplaceTempView(\"rows\")".to_owned(),
        Expr::call_with("spark.sql", Expr::text(create(write, &table))).layout(INDENT, INDENT, 0),
    ];
    Some(Writing { needs, statements, once })
}

/// The table as it is made where it is not there: in version 2 of the format, which Athena and Redshift write.
fn create(write: &WriteSpec, table: &str) -> String {
    let fields = write.partition_by.iter().flatten();
    let fields = fields.filter_map(|field| {
        let field = PartitionField::read(field)?;
        Some(field.sql(&quoted(field.column)))
    });
    let fields: Vec<String> = fields.collect();
    let mut text = format!("create table if not exists {table} using iceberg");
    if !fields.is_empty() {
        text.push_str(&format!(" partitioned by ({})", fields.join(", ")));
    }
    if let Some(location) = write.location.as_ref().and_then(|location| location.value.0.as_text()) {
        text.push_str(&format!(" location {}", string(location.trim_end_matches('/'))));
    }
    text.push_str(" tblproperties ('format-version' = '2') as select * from rows");
    text
}

/// Adds the rows, or puts them in place of those that are there: of the partitions for which there are rows, else of all.
fn added(write: &WriteSpec, mode: WriteMode) -> Vec<String> {
    let is_partitioned = write.partition_by.as_ref().is_some_and(|fields| !fields.is_empty());
    let how = match mode {
        WriteMode::Append => "append()",
        WriteMode::Overwrite | WriteMode::Merge if is_partitioned => "overwritePartitions()",
        WriteMode::Overwrite | WriteMode::Merge => "overwrite(F.lit(True))",
    };
    let option = "rows.writeTo(table).option(\"snapshot-property.dagc-key\", key)";
    vec![format!("writer = {option}"), format!("writer.{how}")]
}

/// Replaces the rows of the same key, and adds the others.
fn merge(write: &WriteSpec, table: &str) -> Vec<String> {
    let key = write.key.as_deref().unwrap_or_default();
    let columns = Expr::texts(key.iter().map(|column| column.value.as_str()));
    let view = Expr::Call("keyed".to_owned(), vec![Expr::code("rows"), columns], Vec::new());
    let same = key.iter().map(|column| {
        let column = quoted(column);
        format!("t.{column} = s.{column}")
    });
    let same: Vec<String> = same.collect();
    let text = format!(
        "merge into {table} as t using rows as s on {} when matched then update set * when not matched then insert *",
        same.join(" and ")
    );
    let deeper = 2 * INDENT;
    let head = "rows = ";
    let arguments = vec![Expr::code("spark"), Expr::text(text), Expr::code("key")];
    vec![
        format!("{head}{}", view.layout(deeper, deeper + literal::width(head), 0)),
        "rows.createOrReplaceTempView(\"rows\")".to_owned(),
        Expr::Call("commit".to_owned(), arguments, Vec::new()).layout(deeper, deeper, 0),
    ]
}
