//! `sql_check`: assertions on a table that fail the run.

use super::redshift_sql::SqlSpec;
use crate::diagnostic::{Code, Diagnostic};
use crate::lang::decode::{Decode, Decoder, Definitions, Leaf, LeafError, Map, described, record};
use crate::lang::value::Seconds;
use crate::text::Spanned;
use crate::yaml::{Entry, Kind, Node, Scalar};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

record! {
    "`sql_check`"
    /// Fails for good when a table does not hold what it should.
    pub struct SqlCheckStep {
        /// The step whose table is checked, or a table.
        pub of: Option<Spanned<String>>,
        /// The Redshift connection; may be left out when there is only one.
        pub into: Option<Spanned<String>>,
        /// What must hold.
        pub expect: Vec<Expectation>,
        /// Other readers of the table come after the check, and pipelines that its data starts: `true` unless said
        /// otherwise. With `false` it only reports.
        pub blocks: Option<Spanned<bool>>,
    }
}

/// Something that must hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    /// The number of rows.
    Rows(Spanned<RowCount>),
    /// No two rows have the same values in these columns.
    Unique(Vec<Spanned<String>>),
    /// These columns have a value in every row.
    NotNull(Vec<Spanned<String>>),
    /// Columns hold these values only.
    Accepted(Map<Vec<Spanned<crate::lang::project::VarValue>>>),
    /// The newest time of a column is not older than this.
    Fresh(Fresh),
    /// A query that gives the offending rows; none are expected.
    Sql(SqlSpec),
}

record! {
    "`fresh`"
    /// How new a table must be.
    pub struct Fresh {
        /// A column of times.
        pub column: Spanned<String>,
        /// How old its newest value may be.
        pub within: Spanned<Seconds>,
    }
}

/// A comparison with a number of rows: `>= 1`, `= 24`, `1000`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCount {
    /// `=`, `!=`, `<`, `<=`, `>` or `>=`.
    pub operator: String,
    /// The number.
    pub count: u64,
}

impl RowCount {
    /// Says whether a number of rows satisfies it.
    pub fn holds(&self, rows: u64) -> bool {
        match self.operator.as_str() {
            "=" => rows == self.count,
            "!=" => rows != self.count,
            "<" => rows < self.count,
            "<=" => rows <= self.count,
            ">" => rows > self.count,
            _ => rows >= self.count,
        }
    }
}

impl Leaf for RowCount {
    const EXPECTED: &'static str = "a comparison such as `\">= 1\"`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = scalar.text.trim();
        let (operator, number) = match text.find(|c: char| c.is_ascii_digit()) {
            Some(at) => (text[..at].trim(), text[at..].trim()),
            None => (text, ""),
        };
        let operator = match operator {
            "" | "==" | "=" => "=",
            "!=" | "<>" => "!=",
            known @ ("<" | "<=" | ">" | ">=") => known,
            _ => "",
        };
        match (operator, number.parse()) {
            (operator, Ok(count)) if !operator.is_empty() => {
                Ok(Self { operator: operator.to_owned(), count })
            }
            _ => Err(LeafError::new(
                Code::InvalidRowCount,
                format!("`{}` compares with no number of rows", scalar.text),
            )
            .help("write an operator and a number, such as \">= 1\" or \"= 24\"")),
        }
    }

    fn leaf_schema() -> Value {
        json!({ "type": ["string", "integer"], "examples": [">= 1"] })
    }
}

const NAMES: &[&str] = &["rows", "unique", "not_null", "accepted", "fresh", "sql"];

/// Reads a list of columns, which says nothing when it is empty.
fn columns(entry: &Entry, decoder: &mut Decoder<'_>) -> Option<Vec<Spanned<String>>> {
    let columns: Vec<Spanned<String>> = Decode::decode(&entry.value, decoder)?;
    if columns.is_empty() {
        let message = format!("`{}` names no column", entry.key.value);
        decoder.diagnostics.push(
            Diagnostic::new(Code::MissingKey, entry.key.span, message)
                .help(format!("name one, such as `{}: [id]`, or take it away", entry.key.value)),
        );
        return None;
    }
    Some(columns)
}

impl Decode for Expectation {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let entry = match &node.kind {
            Kind::Mapping(entries) if entries.len() == 1 => &entries[0],
            Kind::Mapping(_) | Kind::Scalar(_) | Kind::Sequence(_) => {
                decoder.wrong_type(node, "one expectation, such as `rows: \">= 1\"`");
                return None;
            }
        };
        let value = &entry.value;
        match entry.key.value.as_str() {
            "rows" => Decode::decode(value, decoder).map(Self::Rows),
            "unique" => columns(entry, decoder).map(Self::Unique),
            "not_null" => columns(entry, decoder).map(Self::NotNull),
            "accepted" => Decode::decode(value, decoder).map(Self::Accepted),
            "fresh" => Decode::decode(value, decoder).map(Self::Fresh),
            "sql" => Decode::decode(value, decoder).map(Self::Sql),
            other => {
                decoder.diagnostics.push(
                    Diagnostic::new(
                        Code::UnknownKey,
                        entry.key.span,
                        format!("there is no expectation `{other}`"),
                    )
                    .label("unknown key")
                    .suggest(other, NAMES.iter().copied()),
                );
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("Expectation", |definitions| {
            let columns = Vec::<Spanned<String>>::schema(definitions);
            let values = json!({ "type": "object", "additionalProperties": { "type": "array" } });
            let fresh = Fresh::schema(definitions);
            let sql = SqlSpec::schema(definitions);
            json!({
                "type": "object",
                "description": "Something that must hold; one key each.",
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": false,
                "properties": {
                    "rows": described(Spanned::<RowCount>::schema(definitions), "The number of rows."),
                    "unique": described(columns.clone(), "No two rows have the same values in these columns."),
                    "not_null": described(columns, "These columns have a value in every row."),
                    "accepted": described(values, "Columns hold these values only: a list a column."),
                    "fresh": described(fresh, "The newest time of a column is not older than this."),
                    "sql": described(sql, "A query that gives the offending rows; none are expected."),
                },
            })
        })
    }
}
