//! Loads: files that become rows of a table, and what COPY is to do with them.

use crate::lang::step::{CompUpdate, FileCompression};
use crate::lang::value::LONGEST_NAME;
use crate::template::Template;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

pub use crate::lang::step::CopyMode;

/// A load of files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// The files: a prefix, or a pattern.
    pub path: Template,
    /// Patterns of keys that are no data: those that end in `/` are folders.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub except: Vec<String>,
    /// Where the manifest of the files is written: `s3://bucket/prefix/`.
    pub staging: String,
    /// The schema, as in the catalog of the database.
    pub schema: String,
    /// The table.
    pub table: String,
    /// How it repeats.
    pub mode: CopyMode,
    /// The columns of the key, for `merge`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub key: Vec<String>,
    /// The columns in the order of the files; the table's own when empty.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub columns: Vec<String>,
    /// The format.
    pub format: CopyFormat,
    /// `default`, or the ARN of a role.
    pub role: String,
    /// The region of the files' bucket, when it is not the cluster's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<String>,
    /// COPY's options.
    #[serde(skip_serializing_if = "LoadOptions::is_empty", default)]
    pub options: LoadOptions,
}

/// COPY's options, by the names under which a step has them.
#[expect(clippy::struct_excessive_bools, reason = "words of COPY, of which each stands there or not")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoadOptions {
    /// The files' compression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<FileCompression>,
    /// How many wrong rows are left out before the load fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maxerror: Option<u32>,
    /// Leaves out all wrong rows.
    #[serde(skip_serializing_if = "is_off")]
    pub ignoreallerrors: bool,
    /// Replaces invalid UTF-8 by this character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptinvchars: Option<String>,
    /// Missing values at the end of a line become NULL, or the empty text.
    #[serde(skip_serializing_if = "is_off")]
    pub fillrecord: bool,
    /// Blank fields become NULL.
    #[serde(skip_serializing_if = "is_off")]
    pub blanksasnull: bool,
    /// Empty fields become NULL.
    #[serde(skip_serializing_if = "is_off")]
    pub emptyasnull: bool,
    /// Dates that are none become NULL.
    #[serde(skip_serializing_if = "is_off")]
    pub acceptanydate: bool,
    /// The form of dates, or `auto`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dateformat: Option<String>,
    /// The form of times, or `auto`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeformat: Option<String>,
    /// Numbers are rounded to the column's scale, not cut.
    #[serde(skip_serializing_if = "is_off")]
    pub roundec: bool,
    /// Text that is too long is cut.
    #[serde(skip_serializing_if = "is_off")]
    pub truncatecolumns: bool,
    /// Spaces at the end of text are taken away.
    #[serde(skip_serializing_if = "is_off")]
    pub trimblanks: bool,
    /// Blank lines are left out.
    #[serde(skip_serializing_if = "is_off")]
    pub ignoreblanklines: bool,
    /// The character encoding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The files give the values of an IDENTITY column.
    #[serde(skip_serializing_if = "is_off")]
    pub explicit_ids: bool,
    /// Nested values become the JSON of a SUPER column.
    #[serde(skip_serializing_if = "is_off")]
    pub serializetojson: bool,
    /// Statistics are updated after the load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statupdate: Option<bool>,
    /// How the encodings of an empty table's columns are chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compupdate: Option<CompUpdate>,
    /// How many rows are looked at to choose them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comprows: Option<u32>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it")]
fn is_off(switch: &bool) -> bool {
    !switch
}

impl LoadOptions {
    /// Says whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Says whether rows may be left out without an end of the load.
    pub fn may_leave_out(&self) -> bool {
        self.ignoreallerrors || self.maxerror.is_some_and(|most| most > 0)
    }
}

/// Makes the name of the table, beside a table that is loaded, that remembers which files' rows it holds.
pub fn ledger_name(table: &str) -> String {
    let mut name = format!("dagc_loads_{table}");
    if name.len() > LONGEST_NAME {
        let digest = Sha256::digest(table.as_bytes());
        let hash = digest[..4].iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        name.truncate(name.floor_char_boundary(LONGEST_NAME - 1 - hash.len()));
        name.push_str(&format!("_{hash}"));
    }
    name
}

/// The format of the files of a load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CopyFormat {
    /// CSV.
    Csv {
        /// How many lines stand before the values; `true` is one.
        #[serde(deserialize_with = "lines")]
        header: u32,
        /// The character between values.
        delimiter: String,
        /// The character around values.
        quote: String,
        /// The text that means no value.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        null: Option<String>,
    },
    /// Values between delimiters: what COPY reads without `CSV`.
    Delimited {
        /// How many lines stand before the values; `true` is one.
        #[serde(deserialize_with = "lines")]
        header: u32,
        /// The character between values.
        delimiter: String,
        /// A `\` stands before characters that mean themselves.
        #[serde(default = "yes")]
        escape: bool,
        /// Values may stand in quotes.
        quoted: bool,
        /// The text that means no value.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        null: Option<String>,
    },
    /// Values in columns of so many characters: `id:5,name:20`.
    FixedWidth {
        /// The columns with their widths.
        columns: String,
        /// How many lines stand before the values; `true` is one.
        #[serde(deserialize_with = "lines")]
        header: u32,
        /// The text that means no value.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        null: Option<String>,
    },
    /// JSON.
    Json {
        /// A JSONPaths file, `auto ignorecase` or `noshred`; `auto` without.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        path: Option<String>,
    },
    /// Parquet.
    Parquet,
    /// ORC.
    Orc,
    /// Avro.
    Avro,
}

fn lines<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Lines {
        Any(bool),
        Many(u32),
    }
    Ok(match Lines::deserialize(deserializer)? {
        Lines::Any(any) => any.into(),
        Lines::Many(lines) => lines,
    })
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_has_its_ledger() {
        assert_eq!(ledger_name("flights"), "dagc_loads_flights");
        let (one, other) = ("ä".repeat(63), format!("{}b", "ä".repeat(62)));
        for long in [&one, &other] {
            let name = ledger_name(long);
            assert!(name.len() <= LONGEST_NAME && name.starts_with("dagc_loads_ä"), "{name}");
        }
        assert_ne!(ledger_name(&one), ledger_name(&other));
    }
}
