//! `format`: what the files of a source are, and how they are read.

use crate::diagnostic::{Code, Diagnostic};
use crate::lang::decode::{Decode, Decoder, Definitions, Field, Leaf, LeafError, Written, record};
use crate::lang::held::Show;
use crate::lang::value::S3Uri;
use crate::text::{Span, Spanned};
use crate::yaml::{Kind, Node, Scalar};
use serde_json::{Value, json};

/// The format of files: a bare word, or a word with settings.
#[derive(Clone, Debug, PartialEq)]
pub struct FormatSpec {
    /// Where it stands.
    pub span: Span,
    /// Which format.
    pub format: Format,
}

/// A format with its settings.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    /// Lines of values.
    Csv(CsvSettings),
    /// JSON objects.
    Json(JsonSettings),
    /// Parquet.
    Parquet,
    /// ORC.
    Orc,
    /// Avro.
    Avro,
}

impl Format {
    /// The names.
    pub const NAMES: &'static [&'static str] = &["csv", "json", "parquet", "orc", "avro"];

    /// Returns the name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Csv(_) => "csv",
            Self::Json(_) => "json",
            Self::Parquet => "parquet",
            Self::Orc => "orc",
            Self::Avro => "avro",
        }
    }

    /// Says whether the format stores columns, so that COPY takes few options.
    pub fn is_columnar(&self) -> bool {
        matches!(self, Self::Parquet | Self::Orc)
    }
}

record! {
    "`csv`"
    /// CSV files.
    pub struct CsvSettings {
        /// The first line names the columns, or how many lines stand before the values.
        pub header: Option<Spanned<Header>> = Header(0),
        /// The character between values.
        pub delimiter: Option<Spanned<String>> = ",".to_owned(),
        /// The character around values. With the empty text no value stands in quotes.
        pub quote: Option<Spanned<String>> = "\"".to_owned(),
        /// The character before a quote that is part of a value; the quote itself when absent.
        pub escape: Option<Spanned<String>>,
        /// The text that means no value; the empty text when absent.
        pub null_as: Option<Spanned<String>>,
    }
}

record! {
    "`json`"
    /// JSON files.
    pub struct JsonSettings {
        /// One object a line; `true` when absent.
        pub lines: Option<Spanned<bool>>,
        /// How COPY finds the values of columns: a JSONPaths file in S3, `auto ignorecase` for names in any
        /// case, or `noshred` for the whole object in one SUPER column; `auto` when absent.
        pub path: Option<Spanned<JsonPath>>,
    }
}

/// Lines before the values of a CSV file: `true`, `false`, or how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header(pub u32);

impl Leaf for Header {
    const EXPECTED: &'static str = "`true`, `false` or a number of lines";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        match scalar.as_bool() {
            Some(on) => Ok(Self(on.into())),
            None if scalar.is_number() => u32::leaf(scalar).map(Self),
            None => Err(LeafError::new(
                Code::WrongType,
                format!("expected {}, found `{}`", Self::EXPECTED, scalar.text),
            )),
        }
    }

    fn leaf_schema() -> Value {
        json!({ "anyOf": [{ "type": "boolean" }, { "type": "integer", "minimum": 0 }] })
    }
}

impl Written for Header {
    fn written(&self) -> Value {
        match self.0 {
            lines @ (0 | 1) => json!(lines == 1),
            lines => json!(lines),
        }
    }
}

/// How COPY finds the values of columns in JSON objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonPath {
    /// By the columns' names: `auto`, `auto ignorecase`.
    Names(&'static str),
    /// The whole object goes into one column.
    Whole,
    /// By a JSONPaths file.
    File(S3Uri),
}

impl JsonPath {
    const WORDS: [&'static str; 3] = ["auto", "auto ignorecase", "noshred"];

    /// Returns what COPY's `JSON` takes.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Names(word) => word,
            Self::Whole => "noshred",
            Self::File(uri) => &uri.0,
        }
    }
}

impl Leaf for JsonPath {
    const EXPECTED: &'static str = "a JSONPaths file, `auto ignorecase` or `noshred`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        match Self::WORDS.into_iter().find(|word| *word == scalar.text) {
            Some("noshred") => Ok(Self::Whole),
            Some(word) => Ok(Self::Names(word)),
            None => S3Uri::leaf(scalar).map(Self::File).map_err(|error| {
                error.help(format!(
                    "write the S3 address of a JSONPaths file, or one of `{}`",
                    Self::WORDS.join("`, `")
                ))
            }),
        }
    }

    fn leaf_schema() -> Value {
        json!({ "anyOf": [{ "enum": Self::WORDS }, S3Uri::leaf_schema()] })
    }
}

/// What to write for a format that is called otherwise elsewhere.
fn elsewhere(format: &str) -> Option<&'static str> {
    match format.to_lowercase().as_str() {
        "tsv" | "tab" | "tab_separated" => Some("write `format: {csv: {delimiter: \"\\t\"}}`"),
        "psv" | "pipe" => Some("write `format: {csv: {delimiter: \"|\"}}`"),
        "text" | "txt" | "delimited" | "dsv" => {
            Some("write `format: {csv: {delimiter: \"|\"}}`, with the character that is between the values")
        }
        "jsonl" | "ndjson" | "json_lines" | "jsonlines" => {
            Some("write `format: json`: it is one object a line")
        }
        "csv.gz" | "gzip" | "gz" | "json.gz" => Some(
            "write the format of what is compressed; a load names the compression as `options: {compression: gzip}`",
        ),
        "delta" | "hudi" | "iceberg" => Some(
            "it is a table, and not files: read and write it in a `glue_job`, or name its table of the Data Catalog",
        ),
        _ => None,
    }
}

impl Decode for FormatSpec {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let (name, span, settings) = match &node.kind {
            Kind::Scalar(scalar) => (scalar.text.as_str(), node.span, None),
            Kind::Mapping(entries) if entries.len() == 1 => {
                (entries[0].key.value.as_str(), entries[0].key.span, Some(&entries[0].value))
            }
            Kind::Mapping(_) | Kind::Sequence(_) => {
                decoder.wrong_type(node, "a format such as `parquet` or `csv: {header: true}`");
                return None;
            }
        };
        let settings = settings.filter(|node| !node.is_null());
        let format = match name {
            "csv" => Format::Csv(match settings {
                Some(node) => CsvSettings::decode(node, decoder)?,
                None => CsvSettings {
                    span,
                    header: None,
                    delimiter: None,
                    quote: None,
                    escape: None,
                    null_as: None,
                },
            }),
            "json" => Format::Json(match settings {
                Some(node) => JsonSettings::decode(node, decoder)?,
                None => JsonSettings { span, lines: None, path: None },
            }),
            "parquet" => Format::Parquet,
            "orc" => Format::Orc,
            "avro" => Format::Avro,
            other => {
                let unknown = Diagnostic::new(Code::UnknownWord, span, format!("`{other}` is no format"));
                decoder.diagnostics.push(match elsewhere(other) {
                    Some(cure) => unknown.help(cure),
                    None => unknown.suggest(other, Format::NAMES.iter().copied()),
                });
                return None;
            }
        };
        if let (Some(node), true) = (settings, !matches!(format, Format::Csv(_) | Format::Json(_))) {
            decoder.record(node, &format!("`{name}`"), &[])?;
        }
        Some(Self { span, format })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let csv = CsvSettings::field_schema(definitions);
        let json = JsonSettings::field_schema(definitions);
        json!({ "anyOf": [
            { "enum": Format::NAMES },
            {
                "type": "object",
                "properties": { "csv": csv, "json": json },
                "additionalProperties": false,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ] })
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        match &self.format {
            Format::Csv(csv) => csv.held(show),
            Format::Json(json) => json.held(show),
            Format::Parquet | Format::Orc | Format::Avro => {}
        }
    }

    fn place(&self) -> Option<Span> {
        Some(self.span)
    }
}
