//! A table and its partitions as the Data Catalog takes them.
//!
//! Formats, readers and parameters as the Athena User Guide has them ("Supported `SerDes` and data formats"); characters
//! of folders as Hive and Spark escape them (`FileUtils.escapePathName`, `ExternalCatalogUtils.escapePathName`).

use crate::service::catalog::job::{RegisterTable, TableColumn, TableFormat};
use serde_json::{Map, Value, json};

/// What of a table `UpdateTable` takes (`TableInput`).
const OF_INPUT: [&str; 13] = [
    "Name",
    "Description",
    "Owner",
    "LastAccessTime",
    "LastAnalyzedTime",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
    "TargetTable",
];

/// How files are read and written.
pub(super) struct Reader {
    /// What finds records in them.
    pub input: &'static str,
    /// What would write them.
    output: &'static str,
    /// What makes values of records.
    pub library: &'static str,
    /// Its settings.
    pub settings: Map<String, Value>,
    /// What the table itself says of its files.
    pub parameters: Map<String, Value>,
}

const TEXT: [&str; 2] = [
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
];

impl Reader {
    pub(super) fn of(format: &TableFormat) -> Self {
        let known = |[input, output]: [&'static str; 2], library, classification: &str| {
            let parameters = text_map([("classification", classification)]);
            Self { input, output, library, settings: text_map([("serialization.format", "1")]), parameters }
        };
        match format {
            TableFormat::Parquet => known(
                [
                    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
                    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
                ],
                "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                "parquet",
            ),
            TableFormat::Orc => known(
                [
                    "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
                    "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
                ],
                "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
                "orc",
            ),
            TableFormat::Json => known(TEXT, "org.openx.data.jsonserde.JsonSerDe", "json"),
            TableFormat::Csv { header, delimiter, quote, escape, null } => {
                let mut reader = match quote {
                    Some(quote) => quoted(delimiter, quote, escape.as_deref()),
                    None => plain(delimiter, escape.as_deref(), null.as_deref()),
                };
                if *header > 0 {
                    reader.parameters.insert("skip.header.line.count".to_owned(), json!(header.to_string()));
                }
                reader
            }
        }
    }
}

/// Values that may stand in quotes.
fn quoted(delimiter: &str, quote: &str, escape: Option<&str>) -> Reader {
    let escape = escape.unwrap_or("\\");
    let settings = [("separatorChar", delimiter), ("quoteChar", quote), ("escapeChar", escape)];
    csv("org.apache.hadoop.hive.serde2.OpenCSVSerde", text_map(settings))
}

/// Values that stand in no quotes.
fn plain(delimiter: &str, escape: Option<&str>, null: Option<&str>) -> Reader {
    let mut settings = text_map([("field.delim", delimiter), ("serialization.format", delimiter)]);
    settings.extend(escape.map(|escape| ("escape.delim".to_owned(), json!(escape))));
    settings.extend(null.map(|text| ("serialization.null.format".to_owned(), json!(text))));
    csv("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", settings)
}

fn csv(library: &'static str, settings: Map<String, Value>) -> Reader {
    let [input, output] = TEXT;
    Reader { input, output, library, settings, parameters: text_map([("classification", "csv")]) }
}

fn text_map<const N: usize>(pairs: [(&str, &str); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

/// The table as it is declared.
pub(super) fn table(spec: &RegisterTable) -> Value {
    let reader = Reader::of(&spec.format);
    let mut parameters = reader.parameters.clone();
    parameters.insert("EXTERNAL".to_owned(), json!("TRUE"));
    json!({
        "Name": spec.table.table,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": columns(&spec.partition_by),
        "StorageDescriptor": {
            "Columns": columns(&spec.columns),
            "Location": spec.location,
            "InputFormat": reader.input,
            "OutputFormat": reader.output,
            "SerdeInfo": { "SerializationLibrary": reader.library, "Parameters": reader.settings },
        },
    })
}

/// The table that is there, with what is declared in the place of what it has: its columns, and how its files are read.
/// All else stays.
pub(super) fn updated(there: &Value, spec: &RegisterTable) -> Value {
    let declared = table(spec);
    let mut input: Map<String, Value> = OF_INPUT
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), there.get(*name)?.clone())))
        .filter(|(_, value)| !value.is_null())
        .collect();
    let place = |input: &mut Map<String, Value>, name: &str, declared: &Value| {
        let whole = input.entry(name).or_insert_with(|| json!({}));
        if let (Some(whole), Some(declared)) = (whole.as_object_mut(), declared.as_object()) {
            whole.extend(declared.clone());
        }
    };
    place(&mut input, "StorageDescriptor", &declared["StorageDescriptor"]);
    place(&mut input, "Parameters", &declared["Parameters"]);
    // Its folder is no part of what is changed.
    input["StorageDescriptor"]["Location"] = there["StorageDescriptor"]["Location"].clone();
    Value::Object(input)
}

/// A partition that is read as its table is.
pub(super) fn partition(table: &Value, values: &[String], location: &str) -> Value {
    let mut descriptor = table["StorageDescriptor"].clone();
    descriptor["Location"] = json!(location);
    json!({ "Values": values, "StorageDescriptor": descriptor })
}

fn columns(columns: &[TableColumn]) -> Vec<Value> {
    columns.iter().map(|column| json!({ "Name": column.name, "Type": column.kind })).collect()
}

/// The folder of a partition: `dt=2026-01-31/`.
pub(super) fn folder(spec: &RegisterTable, values: &[String]) -> String {
    let mut folder = format!("{}/", spec.location.trim_end_matches('/'));
    for (column, value) in spec.partition_by.iter().zip(values) {
        folder.push_str(&format!("{}={}/", escaped(&column.name), escaped(value)));
    }
    folder
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_control() || "\"#%'*/:=?\\{[]^".contains(character) {
            escaped.push_str(&format!("%{:02X}", u32::from(character)));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::tests::spec;
    use super::*;

    #[test]
    fn folders_are_those_that_spark_writes() {
        let spec = spec(
            &json!({ "partition_by": [{ "name": "dt", "type": "string" }, { "name": "h", "type": "int" }] }),
        );
        let values = ["2026-01-31 00:00".to_owned(), "7".to_owned()];
        assert_eq!(folder(&spec, &values), "s3://raw/sales/dt=2026-01-31 00%3A00/h=7/");
    }

    #[test]
    fn csv_is_read_with_quotes_or_without() {
        let of = |format: &Value| {
            let table = table(&spec(&json!({ "format": format })));
            let serde = &table["StorageDescriptor"]["SerdeInfo"];
            (
                serde["SerializationLibrary"].as_str().unwrap().to_owned(),
                serde["Parameters"].clone(),
                table["Parameters"].clone(),
            )
        };
        let (library, settings, parameters) =
            of(&json!({ "type": "csv", "header": 1, "delimiter": ";", "quote": "\"" }));
        assert!(library.ends_with("OpenCSVSerde"));
        assert_eq!(settings, json!({ "separatorChar": ";", "quoteChar": "\"", "escapeChar": "\\" }));
        assert_eq!(parameters["skip.header.line.count"], "1");
        let (library, settings, parameters) =
            of(&json!({ "type": "csv", "header": 0, "delimiter": "|", "escape": "!", "null": "NA" }));
        assert!(library.ends_with("LazySimpleSerDe"));
        let expected = json!({
            "field.delim": "|", "serialization.format": "|", "escape.delim": "!", "serialization.null.format": "NA",
        });
        assert_eq!(settings, expected);
        assert_eq!(parameters, json!({ "classification": "csv", "EXTERNAL": "TRUE" }));
    }

    #[test]
    fn what_is_not_declared_stays() {
        let there = json!({
            "Name": "sales", "Description": "mine", "CreatedBy": "me", "VersionId": "3", "Owner": null,
            "Parameters": { "own": "1" }, "PartitionKeys": [],
            "StorageDescriptor": { "Location": "s3://raw/sales", "Columns": [], "BucketColumns": ["id"] },
        });
        let input = updated(&there, &spec(&json!({})));
        assert_eq!(input["Description"], "mine");
        assert_eq!(input["Parameters"]["own"], "1");
        assert_eq!(input["StorageDescriptor"]["BucketColumns"], json!(["id"]));
        assert_eq!(input["StorageDescriptor"]["Location"], "s3://raw/sales");
        assert_eq!(input["StorageDescriptor"]["Columns"], json!([{ "Name": "id", "Type": "bigint" }]));
        assert!(["CreatedBy", "VersionId", "Owner"].iter().all(|name| input.get(name).is_none()), "{input}");
    }
}
