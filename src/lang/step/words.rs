//! Words of kinds that a plan carries as well.

use crate::diagnostic::Code;
use crate::lang::decode::{Leaf, LeafError, words};
use crate::yaml::Scalar;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

words! {
    "a recrawl policy"
    /// What a crawler looks at again.
    pub enum Recrawl {
        /// Everything.
        Everything = "everything",
        /// Folders that are new.
        NewFolders = "new_folders",
        /// What S3's events name.
        Events = "events",
    }
}

words! {
    "an answer to a changed schema"
    /// What a crawler does when columns change.
    pub enum OnSchemaChange {
        /// The table in the catalog is updated.
        Update = "update",
        /// The change is logged only.
        Log = "log",
    }
}

words! {
    "an answer to another table"
    /// What happens when a table of the Data Catalog is there and is not the one that is declared.
    pub enum OnDrift {
        /// The task fails, and says what differs.
        Fail = "fail",
        /// What differs is logged, and stays.
        Warn = "warn",
        /// It becomes what is declared.
        Update = "update",
    }
}

words! {
    "an answer to what is running"
    /// What happens when it is running already.
    pub enum IfRunning {
        /// Its result counts as ours, though it may have gone past what was written since it began.
        Adopt = "adopt",
        /// It is waited for, then one of ours is started.
        Wait = "wait",
        /// The task fails.
        Fail = "fail",
    }
}

words! {
    "a way to start"
    /// How a replication is started that has run before.
    pub enum ReplicationStart {
        /// All tables are loaded anew.
        Reload = "reload",
        /// It goes on where it has stopped.
        Resume = "resume",
    }
}

words! {
    "a mode of loading"
    /// How a load repeats.
    pub enum CopyMode {
        /// Adds the rows of files that were not loaded yet; no file is loaded twice.
        Append = "append",
        /// The table holds the rows of these files and no others.
        Replace = "replace",
        /// Rows with the same key are replaced, others are added.
        Merge = "merge",
    }
}

words! {
    "a compression of files"
    /// How the files are compressed (Redshift Database Developer Guide, "File compression parameters").
    pub enum FileCompression {
        /// Gzip.
        Gzip = "gzip",
        /// Bzip2.
        Bzip2 = "bzip2",
        /// LZO.
        Lzop = "lzop",
        /// Zstandard.
        Zstd = "zstd",
    }
}

/// How COPY chooses the encodings of an empty table's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompUpdate {
    /// From a sample of the rows.
    On,
    /// Not at all.
    Off,
    /// From the columns' types.
    Preset,
}

impl Leaf for CompUpdate {
    const EXPECTED: &'static str = "`true`, `false` or `preset`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        match scalar.as_bool() {
            Some(true) => Ok(Self::On),
            Some(false) => Ok(Self::Off),
            None if scalar.text.eq_ignore_ascii_case("preset") => Ok(Self::Preset),
            None => Err(LeafError::new(
                Code::WrongType,
                format!("expected {}, found `{}`", Self::EXPECTED, scalar.text),
            )),
        }
    }

    fn leaf_schema() -> Value {
        json!({ "enum": [true, false, "preset"] })
    }
}

words! {
    "an answer to nothing that is there"
    /// What happens when there is nothing.
    pub enum OnEmpty {
        /// The task fails, and is tried again.
        Fail = "fail",
        /// The task is done.
        Skip = "skip",
    }
}

words! {
    "a compression"
    /// How files are compressed.
    pub enum Compression {
        /// Snappy.
        Snappy = "snappy",
        /// Gzip.
        Gzip = "gzip",
        /// Zstandard.
        Zstd = "zstd",
        /// Not at all.
        None = "none",
    }
}

words! {
    "a write mode"
    /// What happens to what is there.
    pub enum WriteMode {
        /// The partitions that are written are replaced.
        Overwrite = "overwrite",
        /// Files, or rows, are added.
        Append = "append",
        /// Rows of the same key are replaced, and the others added.
        Merge = "merge",
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
