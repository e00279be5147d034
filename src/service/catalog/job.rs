//! A table of the Data Catalog with its partitions, as the plan keeps it, the calls, and what they need.

use crate::lang::value::TableName;
use crate::service::arn::{Part, Resource};
use crate::service::call::{Call, Caller, On, Touched, When, call, operations, right};
use crate::service::console::{base, encode};
use crate::service::cost::Billed;
use crate::service::failure::{Codes, Kind};
use crate::service::output::{Form, HANDLE, Members, Output, SECONDS, URL, known};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use crate::template::Template;
use serde::{Deserialize, Serialize};

pub use crate::lang::step::OnDrift;

/// Makes a table where there is none, and adds partitions to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegisterTable {
    /// The table, in small letters.
    pub table: TableName,
    /// The folder of its files, which ends in `/`.
    pub location: String,
    /// What its files are.
    pub format: TableFormat,
    /// The columns that stand in its files.
    pub columns: Vec<TableColumn>,
    /// The columns that make folders.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub partition_by: Vec<TableColumn>,
    /// The values of `partition_by` in each partition that is added.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub partitions: Vec<Vec<Template>>,
    /// What happens when the table is there and is another one.
    pub on_drift: OnDrift,
}

/// A column, in small letters, with its type as the Data Catalog writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// `decimal(12,2)`
    #[serde(rename = "type")]
    pub kind: String,
}

/// What the files of a table are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TableFormat {
    /// Parquet.
    Parquet,
    /// ORC.
    Orc,
    /// One JSON object a line.
    Json,
    /// Lines of values.
    Csv {
        /// How many lines stand before the values.
        header: u32,
        /// Between values.
        delimiter: String,
        /// Around values; none where they stand in no quotes.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        quote: Option<String>,
        /// Before what is text.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        escape: Option<String>,
        /// What means no value.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        null: Option<String>,
    },
}

/// How many partitions one call makes or changes (Glue API Reference, `BatchCreatePartition`, `BatchUpdatePartition`).
pub const MOST: usize = 100;

/// Codes that only this service has.
const CODES: Codes = &[
    ("AlreadyExistsException", Kind::Conflict),
    ("EntityNotFoundException", Kind::NotFound),
    ("FederationSourceRetryableException", Kind::Unavailable),
];

operations! {
    codes CODES;

    /// Adds up to 100 partitions; what is there already stays.
    BATCH_CREATE_PARTITION = "glue:BatchCreatePartition" Repeatable Usual
        [right("glue:BatchCreatePartition", On::Itself)];
    /// Reads up to 1,000 partitions.
    BATCH_GET_PARTITION = "glue:BatchGetPartition" Repeatable Usual [right("glue:BatchGetPartition", On::Itself)];
    /// Changes up to 100 partitions.
    BATCH_UPDATE_PARTITION = "glue:BatchUpdatePartition" Repeatable Usual
        [right("glue:BatchUpdatePartition", On::Itself)];
    /// Makes a table; a second one of its name is refused.
    CREATE_TABLE = "glue:CreateTable" Starts Throttled [right("glue:CreateTable", On::Itself)];
    /// Reads a table.
    GET_TABLE = "glue:GetTable" Repeatable Usual [right("glue:GetTable", On::Itself)];
    /// Changes a version of a table; one that is no more the newest is refused.
    UPDATE_TABLE = "glue:UpdateTable" Starts Throttled [right("glue:UpdateTable", On::Itself)];
}

/// What it gives. Nothing is started, so that there is nothing to be found again.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    SECONDS,
    known("done", Form::Text, "`created`, `updated` or `kept`: what has become of the table"),
    known("partitions_added", Form::Count, "how many partitions this attempt has added"),
    known("partitions_moved", Form::Count, "how many partitions it has given another place"),
];

impl RegisterTable {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in: a million objects and a million requests a month are free (AWS Glue pricing), and
    /// it has a handful.
    pub fn billed(&self) -> &'static [Billed] {
        &[]
    }

    /// Says whether it changes what is there.
    fn updates(&self) -> bool {
        self.on_drift == OnDrift::Update
    }
}

impl Members for RegisterTable {}

impl Shown for RegisterTable {}

impl Lends for RegisterTable {}

const PARTITIONS: When = When::Planned("with `partitions`");
const UPDATES: When = When::Planned("with `on_drift: update`");

impl Caller for RegisterTable {
    fn calls(&self) -> &'static [Call] {
        const ADD: [Call; 4] = [
            call(GET_TABLE),
            call(CREATE_TABLE),
            Call { operation: BATCH_GET_PARTITION, when: PARTITIONS },
            Call { operation: BATCH_CREATE_PARTITION, when: PARTITIONS },
        ];
        const ALL: [Call; 6] = [
            ADD[0],
            ADD[1],
            ADD[2],
            ADD[3],
            Call { operation: UPDATE_TABLE, when: UPDATES },
            Call { operation: BATCH_UPDATE_PARTITION, when: UPDATES },
        ];
        const MAKE: [Call; 2] = [ADD[0], ADD[1]];
        const CHANGE: [Call; 3] = [ADD[0], ADD[1], ALL[4]];
        match (self.partition_by.is_empty() || self.partitions.is_empty(), self.updates()) {
            (false, false) => &ADD,
            (false, true) => &ALL,
            (true, false) => &MAKE,
            (true, true) => &CHANGE,
        }
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        let On::Itself = on else { return Vec::new() };
        let TableName { schema, table } = &self.table;
        let name = |name: &String| Part::Name(name.clone());
        let resources = [
            vec![Part::Fixed("catalog")],
            vec![Part::Fixed("database/"), name(schema)],
            vec![Part::Fixed("table/"), name(schema), Part::Fixed("/"), name(table)],
        ];
        let touched = |parts: Vec<Part>| Touched {
            what: "the catalog, its database and the table",
            resource: Resource::regional("glue", parts),
            when: When::Always,
        };
        resources.into_iter().map(touched).collect()
    }
}

/// Links to a table in the console.
pub fn link(region: &str, table: &TableName) -> String {
    let (base, database, name) = (base(region), encode(&table.schema), encode(&table.table));
    format!("{base}/glue/home?region={region}#/v2/data-catalog/tables/view/{name}?database={database}")
}

/// The heading of what whoever registers tables must be allowed.
pub const RIGHTS: Heading = Heading::new("`catalog_table`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let column = TableColumn { name: String::new(), kind: String::new() };
    let table = RegisterTable {
        table: TableName { schema: "DATABASE".to_owned(), table: "TABLE".to_owned() },
        location: String::new(),
        format: TableFormat::Parquet,
        columns: Vec::new(),
        partition_by: vec![column],
        partitions: vec![Vec::new()],
        on_drift: OnDrift::Update,
    };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&table])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_done_is_asked_for() {
        let count = |partitions: Vec<Vec<Template>>, on_drift| {
            let column = TableColumn { name: "dt".to_owned(), kind: "string".to_owned() };
            let table = RegisterTable {
                table: TableName { schema: "raw".to_owned(), table: "sales".to_owned() },
                location: "s3://raw/".to_owned(),
                format: TableFormat::Orc,
                columns: Vec::new(),
                partition_by: vec![column],
                partitions,
                on_drift,
            };
            let needs = table.needs();
            assert!(needs.iter().any(|need| need.resource.to_string().ends_with(":table/raw/sales")));
            needs.len() / 3
        };
        let one = || vec![vec![Template::text("1")]];
        assert_eq!([count(Vec::new(), OnDrift::Fail), count(Vec::new(), OnDrift::Update)], [2, 3]);
        assert_eq!([count(one(), OnDrift::Warn), count(one(), OnDrift::Update)], [4, 6]);
    }
}
