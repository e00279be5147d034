//! Media types of answers that are written as they are.

/// Ends of names by the media type of an answer.
const ENDS: [(&str, &str); 12] = [
    ("application/json", "json"),
    ("application/x-ndjson", "jsonl"),
    ("application/jsonl", "jsonl"),
    ("text/csv", "csv"),
    ("application/xml", "xml"),
    ("text/xml", "xml"),
    ("application/gzip", "gz"),
    ("application/zip", "zip"),
    ("application/pdf", "pdf"),
    ("application/vnd.apache.parquet", "parquet"),
    ("text/html", "html"),
    ("text/plain", "txt"),
];

/// Says how the name of an object ends that holds such an answer.
pub(super) fn end_of(content_type: &str) -> &'static str {
    let name = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match ENDS.iter().find(|(known, _)| *known == name) {
        Some((_, end)) => end,
        None if name.ends_with("+json") => "json",
        None if name.ends_with("+xml") => "xml",
        None => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_tells_how_a_name_ends() {
        for (content_type, expected) in [
            ("application/json; charset=utf-8", "json"),
            ("Text/CSV", "csv"),
            ("application/vnd.api+json", "json"),
            ("application/octet-stream", "bin"),
            ("", "bin"),
        ] {
            assert_eq!(end_of(content_type), expected, "{content_type}");
        }
    }
}
