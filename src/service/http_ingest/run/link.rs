//! Headers: `Link`, by which an answer names the next page, and `Retry-After`.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use std::time::{Duration, SystemTime};

/// Finds the address of the next page in values of the header `Link` (RFC 8288).
pub(super) fn next<'h>(headers: impl Iterator<Item = &'h str>) -> Option<&'h str> {
    headers
        .flat_map(links)
        .find(|(_, rels)| rels.split_whitespace().any(|rel| rel.eq_ignore_ascii_case("next")))
        .map(|(target, _)| target)
}

/// The targets in one value of the header, each with its `rel`.
fn links(header: &str) -> Vec<(&str, &str)> {
    let mut links = Vec::new();
    let mut rest = header;
    while let Some((_, behind)) = rest.split_once('<') {
        let Some((target, behind)) = behind.split_once('>') else { break };
        let end = end_of_parameters(behind);
        let (parameters, behind) = behind.split_at(end);
        links.push((target, rel(parameters)));
        rest = behind;
    }
    links
}

/// Where the parameters of a link end: at a comma that stands in no quotes.
fn end_of_parameters(text: &str) -> usize {
    let mut is_quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => return at,
            _ => {}
        }
    }
    text.len()
}

/// The value of the parameter `rel`.
fn rel(parameters: &str) -> &str {
    let pairs = parameters.split(';').filter_map(|parameter| parameter.split_once('='));
    let mut found = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("rel"));
    found.next().map_or("", |(_, value)| value.trim().trim_matches('"'))
}

/// Reads how long an answer asks to wait: seconds, or a date (RFC 9110, 10.2.3).
pub(super) fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let text = header.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = DateTime::from_str(text, Format::HttpDate).ok()?;
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(at.secs()).ok()?))?;
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found() {
        for (headers, expected) in [
            (
                &["<https://a/?page=2>; rel=\"next\", <https://a/?page=9>; rel=\"last\""][..],
                Some("https://a/?page=2"),
            ),
            (&["<https://a/1>; rel=prev", "</2>;title=\"a, b\"; REL=\"last next\""], Some("/2")),
            (&["<https://a/?q=x,y>; rel=\"next\""], Some("https://a/?q=x,y")),
            (&["<https://a/>; rel=\"prev\""], None),
            (&["<https://a/"], None),
            (&["rel=\"next\""], None),
            (&[], None),
        ] {
            assert_eq!(next(headers.iter().copied()), expected, "{headers:?}");
        }
    }

    #[test]
    fn waits_are_read() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_470);
        for (header, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(10)),
            ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
        ] {
            assert_eq!(retry_after(header, now), expected.map(Duration::from_secs), "{header}");
        }
    }
}
