//! Walks from page to page, without an API.

use super::*;
use serde_json::json;

fn spec(more: &Value) -> IngestHttp {
    let mut job = json!({
        "url": "https://a/v1/orders?fixed=1", "format": "json_lines", "records": "$", "to": "s3://b/c/", "max_pages": 9,
        "timeout": 60, "object_bytes": 5,
    });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(job).unwrap()
}

/// The positions behind the first page, and the request of each, until there is none.
fn walk(more: &Value, answers: &[(&str, Option<&str>, u64)]) -> Vec<String> {
    let spec = spec(more);
    let requests = Requests::new(&spec, &RunValues::default()).unwrap();
    let (mut position, mut walked) = (Position::First, Vec::new());
    for (json, link, records) in answers {
        let asked = requests.at(&position).unwrap();
        let body = asked.body.map_or(String::new(), |body| format!(" {}", String::from_utf8(body).unwrap()));
        walked.push(format!("{}{body}", asked.address));
        let json: &RawValue = serde_json::from_str(json).unwrap();
        let told = Told { json: Some(json), link: *link, address: &asked.address, records: *records };
        position = match requests.after(&position, &told) {
            Ok(next) => next,
            Err(why) => {
                walked.push(why);
                return walked;
            }
        };
    }
    walked.push(format!("{position:?}"));
    walked
}

#[test]
fn links_are_followed_to_the_end() {
    let base = "https://a/v1/orders?fixed=1";
    let link = json!({ "pages": { "type": "link" } });
    assert_eq!(
        walk(&link, &[("[]", Some("?page=2"), 1), ("[]", None, 1)]),
        [base, "https://a/v1/orders?page=2", "End"]
    );
    let next = json!({
        "pages": { "type": "next", "path": "links.next" },
        "auth": { "type": "query", "name": "key", "value": { "from": "s" } },
    });
    assert_eq!(
        walk(
            &next,
            &[
                (r#"{"links": {"next": "/v1/orders?p=2&key=hunter22"}}"#, None, 1),
                (r#"{"links": {}}"#, None, 1)
            ]
        ),
        [base, "https://a/v1/orders?p=2", "End"]
    );
    for (told, why) in [
        ("https://b/", "the next page is at another host, https://b"),
        ("http://a/", "the next page is at another host, http://a"),
        ("ftp://a/", "its link to the next page is none: it does not begin with `https://`"),
        (base, "it names the first page as the next one"),
    ] {
        assert_eq!(walk(&link, &[("[]", Some(told), 1)]), [base, why]);
    }
}

#[test]
fn cursors_are_handed_back() {
    let base = "https://a/v1/orders?fixed=1";
    let query = json!({ "pages": { "type": "cursor", "path": "next", "into": { "query": "after" } } });
    assert_eq!(
        walk(
            &query,
            &[(r#"{"next": "a b"}"#, None, 1), (r#"{"next": 7}"#, None, 1), (r#"{"next": ""}"#, None, 1)]
        ),
        [base, "https://a/v1/orders?fixed=1&after=a%20b", "https://a/v1/orders?fixed=1&after=7", "End"]
    );
    let body = json!({
        "pages": { "type": "cursor", "path": "next", "into": { "body": "page.after" } },
        "posts": true, "body": { "size": 2 },
    });
    assert_eq!(
        walk(&body, &[(r#"{"next": "x"}"#, None, 1), ("{}", None, 1)]),
        [
            "https://a/v1/orders?fixed=1 {\"size\":2}",
            "https://a/v1/orders?fixed=1 {\"page\":{\"after\":\"x\"},\"size\":2}",
            "End"
        ]
    );
    let same = [(r#"{"next": "x"}"#, None, 1), (r#"{"next": "x"}"#, None, 1)];
    assert_eq!(walk(&query, &same).last().unwrap(), "it names itself as the next page");
    assert_eq!(
        walk(&query, &[(r#"{"next": [1]}"#, None, 1)]).last().unwrap(),
        "at `next` stands neither a text nor a number"
    );
}

#[test]
fn pages_are_counted() {
    let number = |full: Value| json!({ "pages": { "type": "number", "into": { "query": "page" }, "first": 1, "full": full } });
    let of = |page: u64| format!("https://a/v1/orders?fixed=1&page={page}");
    assert_eq!(
        walk(&number(Value::Null), &[("[]", None, 2), ("[]", None, 1), ("[]", None, 0)]),
        [of(1), of(2), of(3), "End".to_owned()]
    );
    assert_eq!(
        walk(&number(json!(2)), &[("[]", None, 2), ("[]", None, 1)]),
        [of(1), of(2), "End".to_owned()]
    );
    let offset = json!({ "pages": { "type": "offset", "into": { "query": "page" } } });
    assert_eq!(
        walk(&offset, &[("[]", None, 3), ("[]", None, 2), ("[]", None, 0)]),
        [of(0), of(3), of(5), "End".to_owned()]
    );
}
