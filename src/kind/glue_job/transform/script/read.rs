//! How a script reads what its step takes.

use super::{assigned, files, iceberg};
use crate::kind::contract::Lowering;
use crate::kind::glue_job::redshift;
use crate::kind::glue_job::transform::names::quoted;
use crate::kind::glue_job::transform::types::spark_type;
use crate::lang::columns::Column;
use crate::lang::decode::Map;
use crate::lang::python::KEYWORDS;
use crate::lang::source::{Format, JdbcPartition, JdbcSpec};
use crate::python::{Expr, Keyword, literal};
use crate::scope::{Data, Input};
use crate::sql::write::qualified;
use crate::text::Spanned;
use std::collections::BTreeSet;

/// The names of a script that no frame can have.
const TAKEN: &[&str] = &[
    "Column",
    "DataFrame",
    "DynamicFrame",
    "F",
    "GlueContext",
    "Job",
    "SparkContext",
    "Window",
    "after",
    "args",
    "before",
    "cast",
    "commit",
    "filled",
    "flattened",
    "frame",
    "getResolvedOptions",
    "glue",
    "groups",
    "is_committed",
    "job",
    "key",
    "keyed",
    "main",
    "other",
    "prefixed",
    "re",
    "rows",
    "spark",
    "sys",
    "table",
    "transform",
    "typed",
    "window",
    "writer",
];

/// The longest name of a frame.
const LONGEST: usize = 40;

/// A frame that a script reads.
pub(super) struct Reading<'a> {
    /// The source or the step.
    pub name: Option<&'a str>,
    /// The variable that holds it.
    pub variable: String,
    /// The argument that says where it is.
    argument: String,
    /// The argument that says where the folder of all partitions is.
    base: Option<String>,
    /// It is in several places.
    is_many: bool,
    source: Source<'a>,
}

enum Source<'a> {
    Files { format: &'a Format, schema: Option<String> },
    Table { database: String, name: String },
    Iceberg { table: String, columns: Option<Vec<String>> },
    Database { spec: &'a JdbcSpec, schema: Option<String> },
    Redshift { warehouse: Warehouse, table: String },
}

/// How a script reaches a table of Redshift.
pub(super) struct Warehouse {
    /// The Glue connection.
    connection: String,
    /// The role with which Redshift reaches the temporary folder.
    role: Option<String>,
}

impl Warehouse {
    /// Finds it; none where the connection does not say it, which has its rule.
    pub(super) fn new(cx: &Lowering<'_, '_>, connection: &str) -> Option<Self> {
        let role = redshift::role(cx.scope, connection);
        Some(Self { connection: redshift::glue_connection(cx.scope, connection)?, role })
    }

    /// The options of Glue's with which a table is reached (Glue Developer Guide, "Redshift connections").
    pub(super) fn options(&self, table: &str) -> Vec<(String, Expr)> {
        let named = |key: &str, value: &str| (key.to_owned(), Expr::text(value));
        let mut options = vec![
            ("redshiftTmpDir".to_owned(), Expr::code("args[\"TempDir\"]")),
            named("useConnectionProperties", "true"),
            named("connectionName", &self.connection),
            named("dbtable", table),
        ];
        options.extend(self.role.as_ref().map(|role| named("aws_iam_role", role)));
        options
    }
}

/// Lists what a script reads, in the order in which the step takes it; none where that is nothing that can be read, which
/// has its rule.
pub(super) fn readings<'a>(cx: &Lowering<'_, 'a>) -> Option<Vec<Reading<'a>>> {
    let inputs = &cx.task.inputs;
    let mut taken: BTreeSet<String> = TAKEN.iter().map(|name| (*name).to_owned()).collect();
    let mut found: Vec<Reading<'a>> = Vec::new();
    for input in inputs {
        let argument = match input.name {
            Some(name) => format!("from_{}", name.replace('-', "_")),
            None => "from".to_owned(),
        };
        // Several places of one name reach the script as one argument.
        if let Some(known) = found.iter_mut().find(|known| known.argument == argument) {
            known.is_many = true;
            continue;
        }
        found.push(reading(cx, input, argument, &mut taken)?);
    }
    Some(found)
}

fn reading<'a>(
    cx: &Lowering<'_, 'a>,
    input: &Input<'a>,
    argument: String,
    taken: &mut BTreeSet<String>,
) -> Option<Reading<'a>> {
    let source = match &input.data {
        Data::Files { format, columns, .. } => {
            Source::Files { format: (*format)?, schema: columns.map(schema) }
        }
        Data::Catalog(table) if table.is_iceberg => Source::Iceberg {
            table: iceberg::table(&table.name),
            columns: table.columns.map(|columns| columns.names().map(quoted).collect()),
        },
        Data::Catalog(table) => {
            Source::Table { database: table.name.schema.clone(), name: table.name.table.clone() }
        }
        Data::Jdbc { spec, columns } => Source::Database { spec, schema: columns.map(schema) },
        Data::Table { connection, name } => {
            let table = qualified(&name.schema, &name.table);
            Source::Redshift { warehouse: Warehouse::new(cx, connection)?, table }
        }
    };
    let base = matches!(&input.data, Data::Files { whole: Some(_), .. }).then(|| format!("{argument}_base"));
    let variable = variable(input.name.unwrap_or("source"), taken);
    Some(Reading { name: input.name, variable, argument, base, is_many: false, source })
}

/// Names a variable.
fn variable(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut stem: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(LONGEST).collect();
    if stem.starts_with(|c: char| !c.is_ascii_alphabetic()) {
        stem.insert_str(0, "rows_");
    }
    while KEYWORDS.contains(&stem.as_str()) || taken.contains(&stem) {
        stem.push('_');
    }
    taken.insert(stem.clone());
    stem
}

/// Writes columns as Spark reads them.
fn schema(columns: &Map<Spanned<Column>>) -> String {
    let columns = columns
        .0
        .iter()
        .filter_map(|(name, column)| Some(format!("{} {}", quoted(name), spark_type(&column.value.kind)?)));
    columns.collect::<Vec<_>>().join(", ")
}

impl Reading<'_> {
    /// Returns the arguments of the run that say where it is.
    pub(super) fn arguments(&self) -> Vec<String> {
        match self.source {
            Source::Files { .. } => std::iter::once(&self.argument).chain(&self.base).cloned().collect(),
            Source::Database { spec, .. } if spec.query.is_some() => vec![self.argument.clone()],
            Source::Table { .. }
            | Source::Iceberg { .. }
            | Source::Database { .. }
            | Source::Redshift { .. } => Vec::new(),
        }
    }

    /// Says whether it is put into the temporary folder first.
    pub(super) fn is_unloaded(&self) -> bool {
        matches!(self.source, Source::Redshift { .. })
    }

    /// Says whether its columns are given their types once they are read.
    pub(super) fn is_typed(&self) -> bool {
        matches!(self.source, Source::Database { schema: Some(_), .. })
    }

    fn constant_name(&self) -> String {
        format!("{}_SCHEMA", self.variable.to_uppercase())
    }

    /// Returns the constant that holds its columns.
    pub(super) fn constant(&self) -> Option<String> {
        let (Source::Files { schema: Some(schema), .. } | Source::Database { schema: Some(schema), .. }) =
            &self.source
        else {
            return None;
        };
        let head = format!("{} = ", self.constant_name());
        let value = Expr::text(schema.as_str()).layout(0, literal::width(&head), 0);
        Some(format!("{head}{value}"))
    }

    /// Returns the statements that read it.
    pub(super) fn statements(&self) -> Vec<String> {
        match &self.source {
            Source::Files { format, schema } => vec![self.files(format, schema.is_some())],
            Source::Table { database, name } => {
                let named = |key: &str, value: &str| (key.to_owned(), Expr::text(value));
                let keywords = vec![
                    named("database", database),
                    named("table_name", name),
                    named("transformation_ctx", &self.variable),
                ];
                let call = Expr::call("glue.create_dynamic_frame.from_catalog", keywords);
                vec![assigned("frame", &call), format!("{} = frame.toDF()", self.variable)]
            }
            Source::Redshift { warehouse, table } => {
                let keywords = vec![
                    ("connection_type".to_owned(), Expr::text("redshift")),
                    ("connection_options".to_owned(), Expr::dict(warehouse.options(table))),
                    ("transformation_ctx".to_owned(), Expr::text(self.variable.as_str())),
                ];
                let call = Expr::call("glue.create_dynamic_frame.from_options", keywords);
                vec![assigned("frame", &call), format!("{} = frame.toDF()", self.variable)]
            }
            Source::Iceberg { table, columns } => self.iceberg(table, columns.as_deref()),
            Source::Database { spec, .. } => {
                let rows = if self.is_typed() {
                    let arguments = vec![Expr::code("frame.toDF()"), Expr::code(self.constant_name())];
                    Expr::Call("typed".to_owned(), arguments, Vec::new())
                } else {
                    Expr::code("frame.toDF()")
                };
                vec![assigned("frame", &self.database(spec)), assigned(&self.variable, &rows)]
            }
        }
    }

    fn iceberg(&self, table: &str, columns: Option<&[String]>) -> Vec<String> {
        let read = assigned(&self.variable, &Expr::call_with("spark.table", Expr::text(table)));
        let picked = columns.map(|columns| {
            let columns = columns.iter().map(|column| Expr::text(column.as_str())).collect();
            let select = format!("{}.select", self.variable);
            assigned(&self.variable, &Expr::Call(select, columns, Vec::new()))
        });
        std::iter::once(read).chain(picked).collect()
    }

    /// Reads a table of a database by its Glue connection (Glue Developer Guide, "Reading from JDBC tables in parallel" and
    /// "Pushdown when working with JDBC sources").
    fn database(&self, spec: &JdbcSpec) -> Expr {
        let named = |key: &str, value: &str| (key.to_owned(), Expr::text(value));
        let by = spec.partition.as_ref().and_then(JdbcPartition::by);
        let mut options = vec![
            named("useConnectionProperties", "true"),
            named("connectionName", &spec.connection),
            named("dbtable", &spec.table),
        ];
        if spec.query.is_some() {
            // Glue puts the condition of a share behind the query.
            let query = if by.is_some() {
                format!("f\"select * from ({{args['{}']}}) t where\"", self.argument)
            } else {
                format!("args[\"{}\"]", self.argument)
            };
            options.push(("sampleQuery".to_owned(), Expr::code(query)));
        }
        if let (Some((option, by)), Some(partition)) = (by, &spec.partition) {
            if spec.query.is_some() {
                options.push(named("enablePartitioningForSampleQuery", "true"));
            }
            options.push(named(option, by));
            options.push(named("hashpartitions", &partition.into().0.to_string()));
        }
        let keywords = vec![
            named("connection_type", spec.r#type.value.as_str()),
            ("connection_options".to_owned(), Expr::dict(options)),
            named("transformation_ctx", &self.variable),
        ];
        Expr::call("glue.create_dynamic_frame.from_options", keywords)
    }

    fn files(&self, format: &Format, is_declared: bool) -> String {
        let many = if self.is_many { ".split(\",\")" } else { "" };
        let place = Expr::code(format!("args[\"{}\"]{many}", self.argument));
        let mut keywords: Vec<Keyword> = vec![("format".to_owned(), Expr::text(format.name()))];
        if is_declared {
            keywords.push(("schema".to_owned(), Expr::code(self.constant_name())));
        }
        if let Some(base) = &self.base {
            keywords.push(("basePath".to_owned(), Expr::code(format!("args[\"{base}\"]"))));
        }
        keywords.extend(files::settings(format));
        keywords.extend(files::read_settings(format, is_declared));
        assigned(&self.variable, &Expr::Call("spark.read.load".to_owned(), vec![place], keywords))
    }
}
