//! Tables of Iceberg in a job: how Spark is told of them, and the fields by which they are partitioned.

use super::GlueJobStep;
use crate::lang::source::StoredSpec;
use crate::scope::{Data, Input};
use crate::service::glue_job::job::GlueJobDefinition;
use crate::template::Template;
use crate::text::Span;
use std::collections::BTreeMap;

/// The name of the catalog in Spark, as AWS's pages have it.
pub(super) const CATALOG: &str = "glue_catalog";

/// The argument that brings the library (Glue Developer Guide, "Using the Iceberg framework in AWS Glue").
pub(super) const FORMATS: &str = "--datalake-formats";

/// The argument that holds Spark's settings: one, with `--conf` between them.
const SETTINGS: &str = "--conf";

/// What Spark is told of the catalog. A `warehouse` is asked for only where neither the table nor its database says where
/// the table is to lie: dagc chooses none.
const OF_CATALOG: &[&str] = &[
    "spark.sql.extensions=org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.sql.catalog.glue_catalog=org.apache.iceberg.spark.SparkCatalog",
    "spark.sql.catalog.glue_catalog.catalog-impl=org.apache.iceberg.aws.glue.GlueCatalog",
    "spark.sql.catalog.glue_catalog.io-impl=org.apache.iceberg.aws.s3.S3FileIO",
];

impl GlueJobStep {
    /// Returns where it says that it writes a table of Iceberg.
    pub(super) fn writes_iceberg(&self) -> Option<Span> {
        self.write.as_ref()?.format.as_ref().and_then(StoredSpec::iceberg)
    }

    /// Says whether Spark must know tables of Iceberg for the job that is made of it.
    pub(super) fn has_iceberg(&self, inputs: &[Input<'_>]) -> bool {
        let is_read = |input: &Input<'_>| matches!(&input.data, Data::Catalog(table) if table.is_iceberg);
        self.is_spark() && (self.writes_iceberg().is_some() || inputs.iter().any(is_read))
    }
}

/// Tells the job that is made of the library and the catalog, and its runs where they have settings of their own.
pub(super) fn tell(job: &mut GlueJobDefinition, run: &mut BTreeMap<String, Template>) {
    let settings = OF_CATALOG.join(" --conf ");
    if let Some(own) = run.get_mut(SETTINGS) {
        *own = Template::text(format!("{settings} --conf ")).join(own.clone());
    }
    job.arguments.insert(SETTINGS.to_owned(), settings);
    job.arguments.insert(FORMATS.to_owned(), "iceberg".to_owned());
}

/// A field by which a table of Iceberg is partitioned: a column, or what a function makes of it.
pub(super) struct PartitionField<'t> {
    /// The function as Spark's SQL calls it.
    pub function: Option<&'static str>,
    /// The number that `bucket` and `truncate` take.
    pub number: Option<u32>,
    /// The column.
    pub column: &'t str,
}

/// The functions, and whether they take a number (Iceberg, "Spark DDL", `PARTITIONED BY`).
const FUNCTIONS: &[(&str, &str, bool)] = &[
    ("year", "years", false),
    ("month", "months", false),
    ("day", "days", false),
    ("hour", "hours", false),
    ("bucket", "bucket", true),
    ("truncate", "truncate", true),
];

impl<'t> PartitionField<'t> {
    /// Reads `dt`, `day(at)` or `bucket(16, id)`; none where it is none of these.
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let Some((name, rest)) = text.split_once('(') else {
            let is_name = !text.trim().is_empty() && !text.contains(')');
            return is_name.then_some(Self { function: None, number: None, column: text });
        };
        let inner = rest.trim_end().strip_suffix(')')?;
        let name = name.trim().to_lowercase();
        let is_it = |(one, many, _): &&(&str, &str, bool)| name == *one || name == *many;
        let &(_, function, takes_number) = FUNCTIONS.iter().find(is_it)?;
        let (number, column) = if takes_number {
            let (number, column) = inner.split_once(',')?;
            (Some(number.trim().parse().ok().filter(|number| *number > 0)?), column.trim())
        } else {
            (None, inner.trim())
        };
        let is_column = !column.is_empty() && !column.contains(['(', ')', ',']);
        is_column.then_some(Self { function: Some(function), number, column })
    }

    /// Writes it as Spark's SQL has it; `column` is its column there.
    pub(super) fn sql(&self, column: &str) -> String {
        match (self.function, self.number) {
            (None, _) => column.to_owned(),
            (Some(function), None) => format!("{function}({column})"),
            (Some(function), Some(number)) => format!("{function}({number}, {column})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_iceberg_has_them() {
        for (text, expected) in [
            ("dt", Some("dt")),
            ("day(at)", Some("days(at)")),
            ("Hours( at )", Some("hours(at)")),
            ("bucket(16, id)", Some("bucket(16, id)")),
            ("truncate(4,name)", Some("truncate(4, name)")),
            ("bucket(id)", None),
            ("bucket(0, id)", None),
            ("week(at)", None),
            ("day(a, b)", None),
            ("day(at", None),
            ("at)", None),
            ("day()", None),
            (" ", None),
        ] {
            let field = PartitionField::read(text);
            assert_eq!(field.map(|field| field.sql(field.column)).as_deref(), expected, "{text}");
        }
    }
}
