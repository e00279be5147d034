//! Answers of JSON: what stands at a path, the records, and the lines that are made of them. No tree is built: a value stays
//! the text that it was.

use crate::service::http_ingest::path::{JsonPath, Step};
use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Finds what stands at a path; nothing where a member is missing.
pub(super) fn at<'a>(json: &'a RawValue, path: &JsonPath) -> serde_json::Result<Option<&'a RawValue>> {
    below(json, &path.0)
}

/// Finds what stands at the rest of a path.
pub(super) fn below<'a>(json: &'a RawValue, steps: &[Step]) -> serde_json::Result<Option<&'a RawValue>> {
    let mut found = json;
    for step in steps {
        let inside = match step {
            Step::Member(name) => members(found)?.into_iter().rev().find(|(own, _)| own == name),
            Step::Item(number) => items(found).nth(*number).transpose()?.map(|item| (String::new(), item)),
        };
        let Some((_, inside)) = inside else { return Ok(None) };
        found = inside;
    }
    Ok(Some(found))
}

/// The members of an object in their order; none of what is no object.
pub(super) fn members(json: &RawValue) -> serde_json::Result<Vec<(String, &RawValue)>> {
    if !json.get().starts_with('{') {
        return Ok(Vec::new());
    }
    serde_json::Deserializer::from_str(json.get()).deserialize_map(Members)
}

/// The items of an array, or one value by itself: each is found when it is asked for, so that millions of them take no room.
#[derive(Clone, Debug, Default)]
pub(super) struct Items<'a>(&'a str);

/// The items of an array; none of what is no array.
pub(super) fn items(json: &RawValue) -> Items<'_> {
    Items(json.get().strip_prefix('[').unwrap_or_default())
}

impl<'a> Iterator for Items<'a> {
    type Item = serde_json::Result<&'a RawValue>;

    fn next(&mut self) -> Option<Self::Item> {
        const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];
        let rest = std::mem::take(&mut self.0);
        if rest.trim_start_matches(SPACE).starts_with(']') {
            return None;
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter();
        let item = values.next()?;
        if item.is_ok() {
            let behind = rest.get(values.byte_offset()..).unwrap_or_default().trim_start_matches(SPACE);
            self.0 = behind.strip_prefix(',').unwrap_or_default();
        }
        Some(item)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// The records at a path of an answer: the items of an array, or one object. Says why there are none where that is not
/// because there is nothing.
pub(super) fn records<'a>(json: &'a RawValue, path: &JsonPath) -> Result<Items<'a>, String> {
    let unread = |error: serde_json::Error| format!("it is no JSON: {error}");
    let Some(found) = at(json, path).map_err(unread)? else {
        let names: Vec<String> =
            members(json).map_err(unread)?.iter().take(20).map(|(name, _)| format!("`{name}`")).collect();
        let has = if names.is_empty() { String::new() } else { format!("; it has {}", names.join(", ")) };
        return Err(format!("it has no `{path}`{has}"));
    };
    match found.get().as_bytes().first() {
        Some(b'[') => Ok(items(found)),
        Some(b'{') => Ok(Items(found.get())),
        Some(b'n') => Ok(Items::default()),
        _ => Err(format!("at `{path}` stands neither an array nor an object")),
    }
}

/// Writes a record as one line. Between its values there may be ends of lines; in texts of JSON they are escaped.
pub(super) fn push_line(record: &RawValue, lines: &mut Vec<u8>) {
    push_flat(record, lines);
    lines.push(b'\n');
}

/// Writes a value without the ends of lines that stand in it.
pub(super) fn push_flat(value: &RawValue, text: &mut Vec<u8>) {
    let bytes = value.get().as_bytes();
    if bytes.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        text.extend(bytes.iter().filter(|byte| !matches!(byte, b'\n' | b'\r')));
    } else {
        text.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> &RawValue {
        serde_json::from_str(text).unwrap()
    }

    fn path(text: &str) -> JsonPath {
        JsonPath::parse(text).unwrap()
    }

    #[test]
    fn what_stands_at_a_path_is_found() {
        let json = raw(r#" {"a": {"b": [1, {"c": null}]}, "x.y": 2, "a b": 1.50} "#);
        for (at_path, expected) in [
            ("a.b[1].c", Some("null")),
            ("a.b[0]", Some("1")),
            ("a.b[2]", None),
            ("a.b.c", None),
            ("a.c", None),
            ("[\"x.y\"]", Some("2")),
            ("a b", Some("1.50")),
        ] {
            assert_eq!(at(json, &path(at_path)).unwrap().map(RawValue::get), expected, "{at_path}");
        }
    }

    #[test]
    fn records_are_cut_out_as_they_are() {
        let of = |json: &str, at: &str| -> Result<Vec<String>, String> {
            let records = records(serde_json::from_str(json).unwrap(), &path(at))?;
            Ok(records.map(|record| record.unwrap().get().to_owned()).collect())
        };
        let text = |texts: &[&str]| Ok(texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(of(r#"{"d": [{"n": 1.0}, [2], 3]}"#, "d"), text(&[r#"{"n": 1.0}"#, "[2]", "3"]));
        assert_eq!(of(" [ 1 ,\n\"],\" , [[3]] ,null] ", "$"), text(&["1", "\"],\"", "[[3]]", "null"]));
        assert_eq!(of("[]", "$"), text(&[]));
        assert_eq!(of("[\n]", "$"), text(&[]));
        assert_eq!(of(r#"{"d": null}"#, "d"), text(&[]));
        assert_eq!(of(r#"{"d": {"a": 1}}"#, "d"), text(&[r#"{"a": 1}"#]));
        assert_eq!(of(r#"{"d": 1, "e": 2}"#, "x").unwrap_err(), "it has no `x`; it has `d`, `e`");
        assert!(of(r#"{"d": 1}"#, "d").unwrap_err().contains("neither an array nor an object"));
    }

    #[test]
    fn a_record_is_one_line() {
        let mut lines = Vec::new();
        push_line(raw("{\r\n  \"a\": \"x\\ny\",\n  \"b\": [1,\n 2]\n}"), &mut lines);
        assert_eq!(String::from_utf8(lines).unwrap(), "{  \"a\": \"x\\ny\",  \"b\": [1, 2]}\n");
    }
}
