//! Fetching from HTTP APIs: every way of paging, every way of logging in, what fails in passing and what for good; nothing
//! twice, nothing lost, nothing of before left, and no secret anywhere.

use super::http_api::{Api, Asked, Given, json as given, status};
use super::lab::{Lab, block_on, bucket, keys, lab, put, s3};
use super::task::{Ended, Task, until};
use dagc::aws::json::{Body, Client, Service};
use dagc::aws::{Effect, Operation, Retry};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// As its model says (2017-10-17).
const SECRETS_MANAGER: Service =
    Service { id: "Secrets Manager", name: "secretsmanager", target: "secretsmanager", version: "1.1" };

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct CreateSecret {
    name: String,
    secret_string: String,
}

#[derive(Debug, Deserialize)]
struct Created {
    #[serde(rename = "ARN")]
    arn: String,
}

impl Body for CreateSecret {
    type Answer = Created;

    const OPERATION: Operation = Operation {
        name: "secretsmanager:CreateSecret",
        effect: Effect::Starts,
        retry: Retry::Never,
        rights: &[],
        codes: &[],
    };
}

/// Keeps a secret; gives its ARN.
pub(super) fn secret(lab: &Lab, name: &str, text: &str) -> String {
    let client = Client::new(&lab.config(), &SECRETS_MANAGER);
    let create = CreateSecret { name: name.to_owned(), secret_string: text.to_owned() };
    block_on(dagc::aws::send(client.request(create))).unwrap().arn
}

/// A job that fetches from an address into `out/` of a bucket.
pub(super) fn job(url: &str, bucket: &str, more: &Value) -> Value {
    let mut job = json!({
        "type": "ingest_http", "url": url, "format": "json_lines", "records": "items", "to": format!("s3://{bucket}/out/"),
        "max_pages": 100, "timeout": 10, "object_bytes": 1 << 20,
    });
    job.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    job
}

/// A task in a bucket of its own.
fn task(name: &str, url: &str, more: &Value) -> Task {
    bucket(name);
    Task::new(name, job(url, name, more))
}

fn content(bucket: &str, key: &str) -> String {
    let get = s3().get_object().bucket(bucket).key(key);
    let bytes = block_on(async {
        let object = get.send().await.unwrap();
        object.body.collect().await.unwrap().into_bytes()
    });
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The lines of all files, in the order of their names.
fn lines(bucket: &str) -> Vec<String> {
    let texts = keys(bucket, "out/").into_iter().map(|key| content(bucket, &key));
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The numbers of all records, in the order of the files.
fn numbers(bucket: &str) -> Vec<u64> {
    let number = |line: String| serde_json::from_str::<Value>(&line).unwrap()["n"].as_u64().unwrap();
    lines(bucket).into_iter().map(number).collect()
}

/// Records of these numbers.
fn items(numbers: impl IntoIterator<Item = u64>) -> Value {
    numbers.into_iter().map(|n| json!({ "n": n })).collect()
}

/// Uploads that are not complete.
fn open_uploads(bucket: &str) -> usize {
    let listed = block_on(s3().list_multipart_uploads().bucket(bucket).send()).unwrap();
    listed.uploads.unwrap_or_default().len()
}

fn counts(ended: &Ended) -> [Value; 3] {
    ["pages", "records", "objects"].map(|output| ended.outputs[output].clone())
}

#[test]
fn records_become_lines_of_json() {
    let name = "ingest-lines";
    let api = Api::start(|_, _| {
        given(
            "{\"data\": {\"items\": [{\"n\": 1.50,\n \"t\": \"a\\nb\"}, {\"n\": 12345678901234567890123}]}}",
        )
    });
    let more = json!({ "query": { "day": "{{ ds }}" }, "records": "data.items" });
    let ended = task(name, &api.at("/orders?fixed=1"), &more).run().expect(0);
    assert_eq!(api.targets(), ["/orders?fixed=1&day=2026-01-31"]);
    assert_eq!(lines(name), ["{\"n\": 1.50, \"t\": \"a\\nb\"}", "{\"n\": 12345678901234567890123}"]);
    assert_eq!(counts(&ended), [1, 2, 1]);
    assert_eq!(ended.outputs["path"], "s3://ingest-lines/out/");
    let key = keys(name, "out/").remove(0);
    assert_eq!(ended.outputs["bytes"], content(name, &key).len());
    let asked = &api.asked()[0];
    assert_eq!((asked.method.as_str(), asked.header("accept")), ("GET", "application/json"));
    assert!(asked.header("user-agent").starts_with("dagc/"));
}

#[test]
fn pages_are_followed_in_every_way() {
    let pages = |asked: &Asked, _: usize| -> Given {
        let page: u64 = asked.parameter("page").parse().unwrap_or(0);
        match asked.path() {
            "/link" if page < 2 => given(json!({ "items": items([page]) }))
                .header("Link", &format!("</link?page={}>; rel=\"next\", </link>; rel=\"first\"", page + 1)),
            "/next" if page < 2 => given(
                json!({ "items": items([page]), "links": { "next": format!("next?page={}", page + 1) } }),
            ),
            "/link" | "/next" => given(json!({ "items": items([page]), "links": { "next": null } })),
            "/cursor" => {
                let at: u64 = asked.parameter("after").parse().unwrap_or(0);
                let next = if at < 2 { json!(at + 1) } else { json!("") };
                given(json!({ "items": items([at]), "meta": { "next": next } }))
            }
            "/body" => {
                let at = serde_json::from_str::<Value>(&asked.body).unwrap()["after"].as_u64().unwrap_or(0);
                given(
                    json!({ "items": items([at]), "meta": { "next": if at < 2 { json!(at + 1) } else { Value::Null } } }),
                )
            }
            "/page" => given(json!({ "items": if page < 4 { items([page - 1]) } else { items([]) } })),
            _ => {
                let offset: u64 = asked.parameter("offset").parse().unwrap();
                given(json!({ "items": items((offset..3).take(2)) }))
            }
        }
    };
    let api = Api::start(pages);
    let cases = [
        ("link", json!({ "pages": { "type": "link" } }), 3),
        ("next", json!({ "pages": { "type": "next", "path": "links.next" } }), 3),
        (
            "cursor",
            json!({ "pages": { "type": "cursor", "path": "meta.next", "into": { "query": "after" } } }),
            3,
        ),
        (
            "body",
            json!({
                "posts": true, "idempotent": true, "body": { "day": "{{ ds }}" },
                "pages": { "type": "cursor", "path": "meta.next", "into": { "body": "after" } },
            }),
            3,
        ),
        ("page", json!({ "pages": { "type": "number", "into": { "query": "page" }, "first": 1 } }), 4),
        ("offset", json!({ "pages": { "type": "offset", "into": { "query": "offset" }, "full": 2 } }), 2),
    ];
    for (path, more, asked) in cases {
        let name = format!("ingest-pages-{path}");
        let ended = task(&name, &api.at(&format!("/{path}")), &more).run().expect(0);
        assert_eq!(numbers(&name), [0, 1, 2], "{path}");
        assert_eq!(counts(&ended), [asked, 3, 1], "{path}");
    }
    let posted = api.asked().into_iter().find(|asked| asked.path() == "/body").unwrap();
    assert_eq!((posted.method.as_str(), posted.body.as_str()), ("POST", r#"{"day":"2026-01-31"}"#));
}

#[test]
fn a_table_has_the_columns_of_its_first_record() {
    let name = "ingest-csv";
    let api = Api::start(|asked, _| match asked.parameter("page") {
        "1" => given(json!({ "items": [{ "a": "x,y", "n": 1 }] })),
        "2" => given(json!({ "items": [{ "n": 2, "a": null, "b": true }] })),
        _ => given(json!({ "items": [] })),
    });
    let pages = json!({ "type": "number", "into": { "query": "page" }, "first": 1 });
    // Each page is an object.
    let more = json!({ "format": "csv", "pages": pages, "object_bytes": 1 });
    let ended = task(name, &api.at("/"), &more).run().expect(0).says("`b` of a later record is no column");
    let texts: Vec<String> = keys(name, "out/").iter().map(|key| content(name, key)).collect();
    assert_eq!(texts, ["a,n\n\"x,y\",1\n", "a,n\n,2\n"]);
    assert_eq!(counts(&ended), [3, 2, 2]);
}

#[test]
fn answers_are_written_as_they_are() {
    let name = "ingest-raw";
    let body: Vec<u8> = (0..20_000_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let sent = body.clone();
    let api = Api::start(move |asked, _| match asked.path() {
        "/1" => status(200, sent.clone())
            .header("Content-Type", "application/gzip")
            .header("Link", "</2>; rel=next"),
        _ => status(200, "a,b\n").header("Content-Type", "text/csv; charset=utf-8"),
    });
    let more = json!({ "format": "raw", "pages": { "type": "link" } });
    let ended = task(name, &api.at("/1"), &more).run().expect(0);
    let keys = keys(name, "out/");
    assert!(keys[0].ends_with("-00001.gz") && keys[1].ends_with("-00002.csv"), "{keys:?}");
    let object = s3().get_object().bucket(name).key(&keys[0]);
    let there = block_on(async { object.send().await.unwrap().body.collect().await.unwrap().to_vec() });
    assert!(there == body);
    assert_eq!(
        (counts(&ended), &ended.outputs["bytes"]),
        ([json!(2), json!(0), json!(2)], &json!(20_000_004))
    );
    assert_eq!(lab().calls("s3", "UploadPart", "bucket", name).len(), 4);
}

/// The real value of every secret of these tests.
const SECRET: &str = "s3cr3t-v4lue/+=";

/// Fails the test where a secret is told; the encoded forms too.
fn tells_nothing(ended: &Ended, bucket: &str) {
    let states = keys(bucket, "_dagc/").into_iter().map(|key| content(bucket, &key));
    let all: Vec<String> =
        states.chain(lines(bucket)).chain([ended.log.clone(), ended.outputs.to_string()]).collect();
    for form in [SECRET, "s3cr3t-v4lue", "s3cr3t%2Dv4lue", "czNjcjN0LXY0bHVl", "t0ken-1", "t0ken-2"] {
        assert!(all.iter().all(|text| !text.contains(form)), "{form}: {all:?}");
    }
}

#[test]
fn secrets_reach_the_api_and_nothing_else() {
    let known =
        json!({ "user": "me", "value": SECRET, "client_id": "id", "client_secret": SECRET }).to_string();
    let arn = secret(lab(), "ingest/login", &known);
    secret(lab(), "ingest/whole", SECRET);
    // What it was told it says again: in its words, and in the link to the next page.
    let api = Api::start(|asked, _| {
        if asked.path() == "/denied" {
            return status(403, format!("who is {}?", asked.header("x-api-key")));
        }
        if asked.path() == "/refused" {
            return status(400, format!("what is {}?", asked.target));
        }
        let link = format!("<{}&page=2>; rel=\"next\"", asked.target);
        let page = given(json!({ "items": items([1]) }));
        if asked.parameter("page").is_empty() { page.header("Link", &link) } else { page }
    });
    let stored = |member: Option<&str>| match member {
        Some(member) => json!({ "from": arn, "member": member }),
        None => json!({ "from": "ingest/whole" }),
    };
    let basic = json!({ "type": "basic", "user": stored(Some("user")), "password": stored(Some("value")) });
    let header = json!({ "type": "header", "name": "X-Api-Key", "value": stored(None), "prefix": "Key " });
    let query = json!({ "type": "query", "name": "key", "value": stored(Some("value")) });
    for (kind, auth, header, expected) in [
        ("basic", basic, "authorization", "Basic bWU6czNjcjN0LXY0bHVlLys9"),
        (
            "bearer",
            json!({ "type": "bearer", "value": stored(Some("value")) }),
            "authorization",
            "Bearer s3cr3t-v4lue/+=",
        ),
        ("header", header.clone(), "x-api-key", "Key s3cr3t-v4lue/+="),
        ("query", query.clone(), "", ""),
    ] {
        let name = format!("ingest-auth-{kind}");
        let more = json!({ "auth": auth, "pages": { "type": "link" } });
        let ended = task(&name, &api.at(&format!("/{kind}?a=b")), &more).run().expect(0);
        tells_nothing(&ended, &name);
        let asked: Vec<Asked> =
            api.asked().into_iter().filter(|asked| asked.path() == format!("/{kind}")).collect();
        assert_eq!(asked.len(), 2, "{kind}");
        for asked in asked {
            assert_eq!(asked.header(header), expected, "{kind}");
            let in_query = if kind == "query" { "s3cr3t-v4lue%2F%2B%3D" } else { "" };
            assert_eq!(asked.parameter("key"), in_query, "{kind}");
        }
    }
    let denied = task("ingest-auth-denied", &api.at("/denied"), &json!({ "auth": header })).run().expect(78);
    let denied = denied.says("/denied: status 403: who is ***?");
    tells_nothing(&denied, "ingest-auth-denied");
    let refused =
        task("ingest-auth-refused", &api.at("/refused"), &json!({ "auth": query })).run().expect(78);
    tells_nothing(&refused.says("status 400: what is /refused?key=***?"), "ingest-auth-refused");
    for (secret, member, why) in [
        ("ingest/whole", Some("a"), "the secret `ingest/whole` of Secrets Manager is no JSON object"),
        (arn.as_str(), Some("none"), "has no member `none`"),
        ("ingest/nowhere", None, "ResourceNotFoundException"),
    ] {
        let auth = json!({ "type": "bearer", "value": { "from": secret, "member": member } });
        let wrong = Task::new(
            "ingest-auth-wrong",
            job(&api.at("/x"), "ingest-auth-bearer", &json!({ "auth": auth })),
        );
        let ended = wrong.run().expect(78).says(why);
        tells_nothing(&ended, "ingest-auth-bearer");
    }
}

#[test]
fn a_token_is_asked_for_once_and_again_when_it_has_run_out() {
    let name = "ingest-oauth";
    secret(lab(), name, &json!({ "client_id": "me:1", "client_secret": SECRET }).to_string());
    let tokens = AtomicUsize::new(0);
    let api = Api::start(move |asked, _| {
        if asked.path() == "/token" {
            let n = tokens.fetch_add(1, Ordering::SeqCst) + 1;
            return given(json!({ "access_token": format!("t0ken-{n}"), "expires_in": 1 }));
        }
        let page: u64 = asked.parameter("page").parse().unwrap();
        // The first token runs out on the way.
        let is_known =
            asked.header("authorization") == if page < 3 { "Bearer t0ken-1" } else { "Bearer t0ken-2" };
        match (is_known, page) {
            (false, _) => status(401, "expired"),
            (true, 1..5) => given(json!({ "items": items([page]) })),
            (true, _) => given(json!({ "items": [] })),
        }
    });
    let stored = |member: &str| json!({ "from": name, "member": member });
    let auth = json!({
        "type": "oauth2", "url": api.at("/token"), "client": stored("client_id"),
        "client_secret": stored("client_secret"), "scope": "orders read",
    });
    let pages = json!({ "type": "number", "into": { "query": "page" }, "first": 1 });
    let ended = task(name, &api.at("/orders"), &json!({ "auth": auth, "pages": pages })).run().expect(0);
    assert_eq!(numbers(name), [1, 2, 3, 4]);
    tells_nothing(&ended, name);
    let asked: Vec<Asked> = api.asked().into_iter().filter(|asked| asked.path() == "/token").collect();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].body, "grant_type=client_credentials&scope=orders%20read");
    // `me%3A1:s3cr3t-v4lue%2F%2B%3D`
    assert_eq!(asked[0].header("authorization"), "Basic bWUlM0ExOnMzY3IzdC12NGx1ZSUyRiUyQiUzRA==");
    // One that is never taken is asked for twice.
    let wrong = Api::start(|asked, _| match asked.path() {
        "/token" => given(json!({ "access_token": "t0ken-1" })),
        _ => status(401, "no t0ken-1 here"),
    });
    let auth = json!({
        "type": "oauth2", "url": wrong.at("/token"), "client": stored("client_id"),
        "client_secret": stored("client_secret"), "in_body": true,
    });
    let ended = task("ingest-oauth-wrong", &wrong.at("/"), &json!({ "auth": auth })).run().expect(78);
    tells_nothing(&ended.says("is what `auth` names what the API takes?"), "ingest-oauth-wrong");
    assert_eq!(wrong.targets(), ["/token", "/", "/token", "/"]);
    assert!(wrong.asked()[0].body.ends_with("&client_id=me%3A1&client_secret=s3cr3t-v4lue%2F%2B%3D"));
}

#[test]
fn what_fails_in_passing_is_asked_for_again() {
    let name = "ingest-passing";
    let api = Api::start(|_, n| match n {
        0 => status(429, "slow").header("Retry-After", "1"),
        1 => status(503, "busy").header("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),
        2 => status(500, "oh"),
        3 => given(json!({ "items": items([1, 2, 3]) })).cut(5),
        4 => status(200, "<html>sign in</html>"),
        _ => given(json!({ "items": items([1]) })),
    });
    let began = Instant::now();
    let ended = task(name, &api.at("/"), &json!({})).run().expect(0);
    assert!(began.elapsed() > Duration::from_secs(1));
    let ended =
        ended.says("status 429: slow: trying again in 1.0 s").says("status 503: busy: trying again in 0.0 s");
    ended.says("status 500: oh").says("the answer has broken off").says("the answer is no JSON");
    assert_eq!((numbers(name), api.asked().len()), (vec![1], 6));
    let never = Api::start(|_, _| status(502, "bad gateway"));
    let ended = task("ingest-never", &never.at("/"), &json!({})).run().expect(75);
    ended.says("status 502: bad gateway, 6 times in a row");
    assert_eq!(never.asked().len(), 6);
    let late = Api::start(|_, n| {
        given(json!({ "items": [] })).late(Duration::from_secs(if n == 0 { 5 } else { 0 }))
    });
    task("ingest-late", &late.at("/"), &json!({ "timeout": 1 })).run().expect(0).says("trying again");
    assert_eq!(late.asked().len(), 2);
}

#[test]
fn what_is_never_json_ends() {
    let name = "ingest-never-json";
    let api = Api::start(|_, _| status(200, "<html>sign in</html>"));
    let ended = task(name, &api.at("/"), &json!({})).run().expect(75);
    ended.says("the answer is no JSON: expected value at line 1 column 1, 6 times in a row");
    assert_eq!((api.asked().len(), keys(name, "out/")), (6, Vec::new()));
}

#[test]
fn what_fails_for_good_says_why() {
    let name = "ingest-for-good";
    let api = Api::start(|asked, _| match asked.path() {
        "/400" => status(400, "no\n  such day\u{7}"),
        "/404" => status(404, "nothing here"),
        "/missing" => given(json!({ "rows": [], "meta": 1 })),
        "/round" => {
            let next = match asked.parameter("at") {
                "a" => "b",
                _ => "a",
            };
            given(json!({ "items": items([1]), "next": next }))
        }
        "/scalar" => given(json!({ "items": 7 })),
        "/gzip" => given("{}").header("Content-Encoding", "gzip"),
        "/large" => given(format!("{{\"items\": \"{}\"}}", "x".repeat(33 << 20))),
        "/elsewhere" => given(json!({ "items": [], "next": "https://other.example/2" })),
        "/inside" => {
            let link = "<http://169.254.169.254/latest/meta-data/>; rel=next";
            given(json!({ "items": [], "next": "http://[fd00:ec2::254]/" })).header("Link", link)
        }
        _ => given(json!({ "items": items([1]), "next": "/again" })),
    });
    bucket(name);
    let ended = |path: &str, more: &Value| Task::new(name, job(&api.at(path), name, more)).run();
    ended("/400", &json!({})).expect(78).says("/400: status 400: no such day");
    ended("/404", &json!({})).expect(78).says("/404: status 404: nothing here");
    ended("/404", &json!({ "missing": "retry" })).expect(75);
    let nothing = ended("/404", &json!({ "missing": "skip" })).expect(0);
    assert_eq!(counts(&nothing), [0, 0, 0]);
    ended("/404", &json!({ "missing": "skip", "must_have": true })).expect(75).says("has given nothing");
    ended("/missing", &json!({})).expect(78).says("it has no `items`; it has `");
    ended("/scalar", &json!({})).expect(78).says("neither an array nor an object");
    ended("/gzip", &json!({})).expect(78).says("compressed (gzip)");
    ended("/large", &json!({})).expect(78).says("more than 32 MB");
    let next = json!({ "pages": { "type": "next", "path": "next" } });
    ended("/elsewhere", &next).expect(78).says("the next page is at another host, https://other.example");
    // `allow_http` allows no other host either.
    let open = |pages: Value| json!({ "pages": pages, "allow_http": true });
    let inside = ended("/inside", &open(json!({ "type": "link" }))).expect(78);
    inside.says("the next page is at another host, http://169.254.169.254");
    let inside = ended("/inside", &open(json!({ "type": "next", "path": "next" }))).expect(78);
    inside.says("the next page is at another host, http://[fd00:ec2::254]");
    ended("/again", &next).expect(78).says("it names the first page as the next one");
    let still = json!({ "pages": { "type": "cursor", "path": "next", "into": { "query": "at" } } });
    ended("/still", &still).expect(78).says("it names itself as the next page");
    assert_eq!(api.targets().iter().filter(|target| target.starts_with("/still")).count(), 2);
    ended("/round", &still).expect(78).says("its pages go round: the next page is one that was there before");
    assert_eq!(api.targets().iter().filter(|target| target.starts_with("/round")).count(), 3);
    let pages =
        json!({ "pages": { "type": "number", "into": { "query": "p" }, "first": 1 }, "max_pages": 3 });
    ended("/more", &pages).expect(78).says("there are more than 3 pages");
    let open = Task::new(name, job("http://api.example/", name, &json!({})));
    open.run().expect(78).says("http://api.example is not asked: it has no TLS");
    assert_eq!((keys(name, "out/"), open_uploads(name)), (Vec::new(), 0));
}

#[test]
fn redirects_are_followed_without_what_is_not_meant_for_others() {
    let name = "ingest-redirects";
    secret(lab(), name, SECRET);
    let other = Api::start(|_, _| given(json!({ "items": items([1]) })));
    let there = other.at("/there");
    let api = Api::start(move |asked, _| match asked.path() {
        "/near" => status(302, "").header("Location", "/here?a=b"),
        "/far" => status(307, "").header("Location", &there),
        "/round" => status(301, "").header("Location", "/round"),
        "/nowhere" => status(302, ""),
        "/inside" => status(302, "").header("Location", "ftp://x/"),
        "/metadata" => status(302, "").header("Location", "http://169.254.169.254/latest/meta-data/iam/"),
        "/credentials" => status(302, "").header("Location", "http://[::ffff:169.254.170.2]/v2/"),
        "/hidden" => status(302, "").header("Location", "http://2852039166/latest/"),
        _ => given(json!({ "items": items([1]) })),
    });
    let auth = json!({ "type": "header", "name": "X-Api-Key", "value": { "from": name } });
    let more = json!({ "auth": auth, "headers": { "X-Own": "1", "Accept": "application/json" } });
    bucket(name);
    let of =
        |path: &str, more: &Value| Task::new(&format!("{name}{path}"), job(&api.at(path), name, more)).run();
    of("/near", &more).expect(0);
    assert_eq!(api.targets(), ["/near", "/here?a=b"]);
    assert_eq!(api.asked()[1].header("x-api-key"), SECRET);
    of("/far", &more).expect(0);
    let asked = other.asked();
    assert_eq!((asked[0].header("x-api-key"), asked[0].header("x-own")), ("", ""));
    assert_eq!(asked[0].header("accept"), "application/json");
    of("/round", &more).expect(78).says("it sends elsewhere more than 5 times");
    of("/nowhere", &more).expect(78).says("it does not say where to go");
    of("/inside", &more).expect(78).says("the address it sends to is none");
    let open = json!({ "allow_http": true });
    of("/metadata", &open).expect(78).says("is not asked: it leads to what only this machine reaches");
    of("/credentials", &open).expect(78).says("is not asked: it leads to what only this machine reaches");
    of("/hidden", &open).expect(78).says("the address it sends to is none");
    let post = json!({ "posts": true, "idempotent": true });
    of("/near", &post).expect(78).says("a POST is not sent elsewhere");
}

#[test]
fn requests_keep_to_their_rate() {
    let name = "ingest-rate";
    let api = Api::start(|asked, _| {
        let page: u64 = asked.parameter("page").parse().unwrap();
        given(json!({ "items": if page < 4 { items([page]) } else { items([]) } }))
    });
    let pages = json!({ "type": "number", "into": { "query": "page" }, "first": 1 });
    task(name, &api.at("/"), &json!({ "pages": pages, "pause": 300 })).run().expect(0);
    let asked = api.asked();
    assert_eq!(asked.len(), 4);
    for two in asked.windows(2) {
        assert!(two[1].at - two[0].at > Duration::from_millis(250), "{asked:?}");
    }
}

/// Five pages of a record each, of which each becomes an object.
fn five(asked: &Asked) -> Given {
    let page: u64 = asked.parameter("page").parse().unwrap_or(1);
    let item = json!({ "items": items([page]) });
    if page < 5 {
        given(item).header("Link", &format!("<?page={}>; rel=next", page + 1))
    } else {
        given(item)
    }
}

/// Kills an attempt at a request of S3, then runs the next one.
fn killed_at(name: &str, operation: &str, hang: &str, skip: usize) -> (Ended, Api) {
    let api = Api::start(|asked, _| five(asked));
    let more = json!({ "pages": { "type": "link" }, "object_bytes": 1 });
    let task = task(name, &api.at("/"), &more);
    lab().fault(&json!({
        "service": "s3", "operation": operation, "match": { "bucket": name }, "hang": hang, "skip": skip,
    }));
    let access_key = format!("AKIA{name}");
    let task = task.env("AWS_ACCESS_KEY_ID", &access_key);
    let running = task.spawn();
    assert!(lab().hangs(&access_key, 20.0), "{operation}");
    running.sigkill();
    (task.retry().run(), api)
}

#[test]
fn an_attempt_after_a_lost_one_goes_on() {
    // Before and after each request of the second and of the third object, the claim, and the end.
    for (n, (operation, hang, skip)) in [
        ("PutObject", "before", 0),
        ("PutObject", "after", 0),
        ("CreateMultipartUpload", "after", 2),
        ("UploadPart", "before", 2),
        ("UploadPart", "after", 2),
        ("PutObject", "before", 3),
        ("PutObject", "after", 3),
        ("CompleteMultipartUpload", "before", 2),
        ("CompleteMultipartUpload", "after", 2),
        ("CompleteMultipartUpload", "after", 4),
        ("ListObjectsV2", "before", 0),
        ("PutObject", "before", 6),
        ("PutObject", "after", 6),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("ingest-killed-{n}");
        let (ended, api) = killed_at(&name, operation, hang, skip);
        let ended = ended.expect(0);
        assert_eq!(numbers(&name), [1, 2, 3, 4, 5], "{operation} {hang} {skip}: {}", ended.log);
        assert_eq!(counts(&ended), [5, 5, 5], "{operation} {hang} {skip}");
        // At most the pages of one object are fetched again; where nothing was kept, all of them.
        let most = if skip == 0 && operation == "PutObject" { 10 } else { 6 };
        assert!(api.asked().len() <= most, "{operation} {hang} {skip}: {:?}", api.targets());
        let names = keys(&name, "out/");
        let ends = ["-00001.jsonl", "-00002.jsonl", "-00003.jsonl", "-00004.jsonl", "-00005.jsonl"];
        assert!(
            names.len() == 5 && names.iter().zip(ends).all(|(name, end)| name.ends_with(end)),
            "{names:?}"
        );
        assert_eq!(open_uploads(&name), 0, "{operation} {hang} {skip}");
    }
}

#[test]
fn an_answer_that_was_lost_changes_nothing() {
    for (n, (operation, fault)) in [
        ("PutObject", json!({ "drop": "after" })),
        ("PutObject", json!({ "drop": "before" })),
        ("PutObject", json!({ "error": { "code": "InternalError", "http": 500, "after": true } })),
        ("PutObject", json!({ "error": { "code": "SlowDown", "http": 503 } })),
        ("CompleteMultipartUpload", json!({ "drop": "after" })),
        ("CreateMultipartUpload", json!({ "drop": "after" })),
        ("UploadPart", json!({ "drop": "after" })),
        ("GetObject", json!({ "drop": "after" })),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("ingest-lost-{n}");
        let api = Api::start(|asked, _| five(asked));
        let task = task(&name, &api.at("/"), &json!({ "pages": { "type": "link" }, "object_bytes": 1 }));
        let skip = usize::from(operation != "GetObject");
        let mut rule =
            json!({ "service": "s3", "operation": operation, "match": { "bucket": name }, "skip": skip });
        rule.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        lab().fault(&rule);
        let ended = task.run().expect(0);
        assert_eq!((numbers(&name), api.asked().len()), (vec![1, 2, 3, 4, 5], 5), "{operation} {fault}");
        assert_eq!(counts(&ended), [5, 5, 5], "{operation} {fault}");
    }
}

#[test]
fn what_is_done_is_done() {
    let name = "ingest-done";
    let api = Api::start(|asked, _| five(asked));
    let task = task(name, &api.at("/"), &json!({ "pages": { "type": "link" } }));
    let first = task.run().expect(0);
    let again = task.retry().run().expect(0).says("an attempt before this one has fetched all of it");
    assert_eq!((first.outputs, api.asked().len()), (again.outputs, 5));
}

#[test]
fn nothing_of_before_is_left() {
    let name = "ingest-before";
    let api = Api::start(|asked, n| if n < 5 { five(asked) } else { given(json!({ "items": items([7]) })) });
    let more = json!({ "pages": { "type": "link" }, "object_bytes": 1 });
    let task = task(name, &api.at("/"), &more);
    task.run().expect(0);
    put(name, "out/other", "{\"n\": 100}\n");
    put(name, "out/part-00000000-x.jsonl", "{\"n\": 101}\n");
    // A person clears the task: what others have put there stays.
    let cleared = task.cleared().run().expect(0).says("5 objects of before are removed");
    assert_eq!((counts(&cleared), &cleared.outputs["removed"]), ([json!(1), json!(1), json!(1)], &json!(5)));
    let mut found = numbers(name);
    found.sort_unstable();
    assert_eq!(found, [7, 100, 101]);
    // A deploy has changed what is asked for.
    let changed = job(&api.at("/changed"), name, &more);
    task.cleared().job(changed).retry().run().expect(0).says("1 objects of before are removed");
    assert_eq!(keys(name, "out/").len(), 3);
    // What a lost attempt of before had begun is given up.
    lab().fault(&json!({
        "service": "s3", "operation": "CompleteMultipartUpload", "match": { "bucket": name }, "hang": "before",
    }));
    let again = task.cleared().retry().cleared().env("AWS_ACCESS_KEY_ID", "AKIAingest-before");
    let running = again.spawn();
    assert!(lab().hangs("AKIAingest-before", 20.0));
    running.sigkill();
    assert_eq!(open_uploads(name), 1);
    again.retry().cleared().run().expect(0);
    assert_eq!((keys(name, "out/").len(), open_uploads(name)), (3, 0));
}

#[test]
fn other_runs_are_replaced_or_left() {
    let name = "ingest-runs";
    let api = Api::start(|_, n| given(json!({ "items": items([n as u64]) })));
    let first = task(name, &api.at("/"), &json!({}));
    first.run().expect(0);
    let of_run = |run: &str, more: &Value| Task::new(name, job(&api.at("/"), name, more)).of_run(run);
    of_run("manual__1", &json!({ "appends": true })).run().expect(0);
    assert_eq!(keys(name, "out/").len(), 2);
    let ended = of_run("manual__2", &json!({})).run().expect(0).says("2 objects of before are removed");
    assert_eq!(ended.outputs["removed"], 2);
    assert_eq!(numbers(name), [2]);
}

#[test]
fn of_two_attempts_one_stops() {
    let name = "ingest-two";
    let api = Api::start(|asked, n| five(asked).late(Duration::from_secs(if n == 2 { 5 } else { 0 })));
    let task = task(name, &api.at("/"), &json!({ "pages": { "type": "link" }, "object_bytes": 1 }));
    let first = task.spawn();
    until("the third page", || api.asked().len() == 3);
    let second = task.retry().run().expect(0);
    assert_eq!(counts(&second), [5, 5, 5]);
    first.ended().expect(75).says("another attempt of this task goes on, and this one stops");
    assert_eq!((numbers(name), open_uploads(name)), (vec![1, 2, 3, 4, 5], 0));
}

#[test]
fn of_two_that_begin_at_once_the_later_one_goes_on() {
    let name = "ingest-at-once";
    let api = Api::start(|asked, n| five(asked).late(Duration::from_secs(if n == 0 { 6 } else { 0 })));
    let task = task(name, &api.at("/"), &json!({ "pages": { "type": "link" }, "object_bytes": 1 }));
    // It has seen no state when the one of before writes the first one.
    lab().fault(
        &json!({ "service": "s3", "operation": "PutObject", "match": { "bucket": name }, "delay": 3 }),
    );
    let second = task.retry().spawn();
    until("the state of the second", || !lab().calls("s3", "PutObject", "bucket", name).is_empty());
    let first = task.spawn();
    until("the first page", || api.asked().len() == 1);
    assert_eq!(counts(&second.ended().expect(0)), [5, 5, 5]);
    first.ended().expect(75).says("another attempt of this task goes on, and this one stops");
    assert_eq!((numbers(name), open_uploads(name)), (vec![1, 2, 3, 4, 5], 0));
}

#[test]
fn of_two_attempts_one_stops_in_the_middle_of_an_object() {
    let name = "ingest-two-parts";
    // Each page is longer than a part.
    let api = Api::start(|asked, n| {
        let page: u64 = asked.parameter("page").parse().unwrap_or(1);
        let item = given(json!({ "items": [{ "n": page, "x": "x".repeat(9 << 20) }] }));
        let item =
            if page < 3 { item.header("Link", &format!("<?page={}>; rel=next", page + 1)) } else { item };
        item.late(Duration::from_secs(if n == 1 { 8 } else { 0 }))
    });
    let task = task(name, &api.at("/"), &json!({ "pages": { "type": "link" }, "object_bytes": 1 << 30 }));
    let first = task.spawn();
    until("the second page", || api.asked().len() == 2);
    assert_eq!((lab().calls("s3", "UploadPart", "bucket", name).len(), open_uploads(name)), (1, 1));
    let second = task.retry().run().expect(0).says("that a lost attempt has left are gone");
    assert_eq!(counts(&second), [3, 3, 1]);
    let first = first.ended().expect(75);
    first
        .says("another attempt of this task goes on, and this one stops")
        .says("somebody has given up s3://");
    assert_eq!((numbers(name), open_uploads(name)), (vec![1, 2, 3], 0));
}

#[test]
fn what_lost_attempts_have_begun_is_found_on_every_page() {
    let name = "ingest-uploads";
    let api = Api::start(|asked, _| five(asked));
    let task = task(name, &api.at("/"), &json!({ "pages": { "type": "link" }, "object_bytes": 1 }));
    let access_key = "AKIAingest-uploads";
    lab().fault(&json!({
        "service": "s3", "operation": "CompleteMultipartUpload", "match": { "bucket": name }, "hang": "before",
    }));
    let running = task.clone().env("AWS_ACCESS_KEY_ID", access_key).spawn();
    assert!(lab().hangs(access_key, 20.0));
    running.sigkill();
    let listed = block_on(s3().list_multipart_uploads().bucket(name).send()).unwrap();
    let key = listed.uploads.unwrap()[0].key.clone().unwrap();
    let begun = key.strip_suffix("00001.jsonl").unwrap();
    // Two of one key, and one of a name that another task's may be.
    for key in [format!("{begun}00002.jsonl"), format!("{begun}00002.jsonl"), "out/part-other".to_owned()] {
        block_on(s3().create_multipart_upload().bucket(name).key(key).send()).unwrap();
    }
    lab().fault(&json!({
        "service": "s3", "operation": "ListMultipartUploads", "match": { "bucket": name }, "script": { "at_once": 1 },
        "times": 3,
    }));
    task.retry().run().expect(0);
    assert_eq!((numbers(name), open_uploads(name)), (vec![1, 2, 3, 4, 5], 1));
    assert_eq!(lab().calls("s3", "ListMultipartUploads", "bucket", name).len(), 4);
}

#[test]
fn sigterm_gives_up_what_is_open() {
    let name = "ingest-sigterm";
    let api = Api::start(|asked, n| five(asked).late(Duration::from_secs(if n == 1 { 60 } else { 0 })));
    let task = task(name, &api.at("/"), &json!({ "pages": { "type": "link" } }));
    let running = task.spawn();
    until("the second page", || api.asked().len() == 2);
    assert_eq!(open_uploads(name), 1);
    let (ended, took) = running.sigterm();
    ended.expect(143).says("stopped by SIGTERM while fetching from an API");
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!((keys(name, "out/"), open_uploads(name)), (Vec::new(), 0));
    task.retry().run().expect(0);
    assert_eq!(numbers(name), [1, 2, 3, 4, 5]);
}

#[test]
fn a_post_is_sent_once() {
    let name = "ingest-post";
    let api =
        Api::start(|_, n| if n == 0 { status(500, "oh") } else { given(json!({ "items": items([1]) })) });
    let post = task(name, &api.at("/"), &json!({ "posts": true, "body": { "day": "{{ ds }}" } }));
    post.run().expect(78).says("status 500: oh; whether the API has done what it was asked for is not known");
    post.retry().run().expect(78).says("an attempt before this one may have sent its POST");
    assert_eq!(api.asked().len(), 1);
    post.retry().cleared().run().expect(0);
    assert_eq!((api.asked().len(), numbers(name)), (2, vec![1]));
}
