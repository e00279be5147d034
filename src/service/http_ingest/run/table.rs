//! Records as CSV (RFC 4180): the names of the columns in the first line of each object, a text that is empty in quotes, and
//! nothing where there is no value.

use super::records::{below, members, push_flat};
use crate::service::http_ingest::path::{JsonPath, Step};
use serde_json::value::RawValue;

/// The columns of a table, each with the place of its values in a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Columns(Vec<JsonPath>);

impl Columns {
    /// Takes columns that somebody has named.
    pub(super) fn named(paths: &[JsonPath]) -> Self {
        Self(paths.to_vec())
    }

    /// Takes the members of a record.
    pub(super) fn of(record: &RawValue) -> Result<Self, String> {
        let members = members(record).map_err(|error| error.to_string())?;
        if members.is_empty() {
            return Err("the first record is no object with members: name the `columns`".to_owned());
        }
        Ok(Self(members.into_iter().map(|(name, _)| JsonPath(vec![Step::Member(name)])).collect()))
    }

    /// Returns where the values are.
    pub(super) fn paths(&self) -> &[JsonPath] {
        &self.0
    }

    /// Writes the names.
    pub(super) fn push_header(&self, lines: &mut Vec<u8>) {
        for (n, path) in self.0.iter().enumerate() {
            if n > 0 {
                lines.push(b',');
            }
            push_text(&name(path), lines);
        }
        lines.push(b'\n');
    }

    /// Writes a record; gives the name of a member that is no column, where it has one.
    pub(super) fn push(&self, record: &RawValue, lines: &mut Vec<u8>) -> serde_json::Result<Option<String>> {
        let members = members(record)?;
        for (n, path) in self.0.iter().enumerate() {
            if n > 0 {
                lines.push(b',');
            }
            let value = match path.0.split_first() {
                Some((Step::Member(name), rest)) => match members.iter().rev().find(|(own, _)| own == name) {
                    Some((_, inside)) => below(inside, rest)?,
                    None => None,
                },
                Some((Step::Item(_), _)) | None => below(record, &path.0)?,
            };
            if let Some(value) = value {
                push_value(value, lines)?;
            }
        }
        lines.push(b'\n');
        let begins = |name: &str| {
            self.0.iter().any(|path| {
                matches!(path.0.first(), Some(Step::Member(own)) if own == name) || path.0.is_empty()
            })
        };
        Ok(members.into_iter().map(|(name, _)| name).find(|name| !begins(name)))
    }
}

/// The name of a column: the members on the way to it.
fn name(path: &JsonPath) -> String {
    let steps = path.0.iter().map(|step| match step {
        Step::Member(name) => name.clone(),
        Step::Item(number) => number.to_string(),
    });
    steps.collect::<Vec<_>>().join("_")
}

fn push_value(value: &RawValue, lines: &mut Vec<u8>) -> serde_json::Result<()> {
    match value.get().as_bytes().first() {
        Some(b'n') | None => {}
        Some(b'"') => push_text(&serde_json::from_str::<String>(value.get())?, lines),
        Some(b'{' | b'[') => {
            let mut flat = Vec::new();
            push_flat(value, &mut flat);
            push_text(&String::from_utf8_lossy(&flat), lines);
        }
        Some(_) => lines.extend_from_slice(value.get().as_bytes()),
    }
    Ok(())
}

fn push_text(text: &str, lines: &mut Vec<u8>) {
    let is_plain = !text.is_empty()
        && !text.contains([',', '"', '\n', '\r'])
        && !text.starts_with([' ', '\t'])
        && !text.ends_with([' ', '\t']);
    if is_plain {
        lines.extend_from_slice(text.as_bytes());
    } else {
        lines.push(b'"');
        lines.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        lines.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> &RawValue {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn records_become_lines() {
        let first = raw(r#"{"id": 1, "who": "a \"b\", c", "at": null, "tags": ["x", "y"]}"#);
        let columns = Columns::of(first).unwrap();
        let mut lines = Vec::new();
        columns.push_header(&mut lines);
        assert_eq!(columns.push(first, &mut lines).unwrap(), None);
        let other = raw(r#"{"who": "", "id": 2.50, "new": 1, "tags": {"a": true}}"#);
        assert_eq!(columns.push(other, &mut lines).unwrap().as_deref(), Some("new"));
        columns.push(raw(r#"{"who": "x\ny", "at": false}"#), &mut lines).unwrap();
        columns.push(raw("7"), &mut lines).unwrap();
        let expected = "id,who,at,tags\n1,\"a \"\"b\"\", c\",,\"[\"\"x\"\", \"\"y\"\"]\"\n2.50,\"\",,\"{\"\"a\"\": true}\"\n,\"x\ny\",false,\n,,,\n";
        assert_eq!(String::from_utf8(lines).unwrap(), expected);
    }

    #[test]
    fn columns_may_be_anywhere_in_a_record() {
        let paths = ["id", "buyer.name", "lines[0].n"].map(|path| JsonPath::parse(path).unwrap());
        let columns = Columns::named(&paths);
        let mut lines = Vec::new();
        columns.push_header(&mut lines);
        columns.push(raw(r#"{"id": 1, "buyer": {"name": "ü"}, "lines": [{"n": 3}]}"#), &mut lines).unwrap();
        columns.push(raw(r#"{"buyer": null, "lines": []}"#), &mut lines).unwrap();
        assert_eq!(String::from_utf8(lines).unwrap(), "id,buyer_name,lines_0_n\n1,ü,3\n,,\n");
        assert!(Columns::of(raw("[1]")).is_err());
    }
}
