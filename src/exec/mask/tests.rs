//! Secrets in every form in which they may be shown.

use super::*;
use crate::lang::secret::WORDS;
use serde_json::json;

#[test]
fn secrets_in_sql_are_masked() {
    let mask = Mask::new(json!({"api_token": "t0'ken", "day": "2026"}).as_object().unwrap(), &Map::new());
    for (sql, expected) in [
        ("CREATE USER u PASSWORD 'Abc''123'", "CREATE USER u PASSWORD '***'"),
        (
            "copy t from 's3://b/' secret_access_key 'x' access_key_id AS 'y'",
            "copy t from 's3://b/' secret_access_key '***' access_key_id AS '***'",
        ),
        ("CREDENTIALS 'aws_access_key_id=a;aws_secret_access_key=b'", "CREDENTIALS '***'"),
        (
            "CREDENTIALS 'aws_iam_role=arn:aws:iam::1:role/r'",
            "CREDENTIALS 'aws_iam_role=arn:aws:iam::1:role/r'",
        ),
        ("master_symmetric_key = 'k", "master_symmetric_key = '***'"),
        ("PASSWORD ''", "PASSWORD '***'"),
        (r"select 'a\\', password 'a\'b'", r"select 'a\\', password '***'"),
        ("password 'é\\é", "password '***'"),
        ("select 't0''ken', 'it''s 2026'", "select '***', 'it''s 2026'"),
        ("select password, 'x', 'ünï' -- it's", "select password, 'x', 'ünï' -- it's"),
        ("", ""),
    ] {
        assert_eq!(mask.sql(sql), expected, "{sql}");
    }
}

/// What Airflow shows of a run is masked by the support module, which has the words once more.
#[test]
fn the_support_module_has_the_same_words() {
    let module = include_str!("../../../dag_templates/dagc_airflow_v1.py");
    let (_, list) = module.split_once("SECRET_WORDS = (").unwrap();
    let (list, _) = list.split_once(')').unwrap();
    let words: Vec<_> = list.split(',').map(|word| word.trim().trim_matches('"')).collect();
    assert_eq!(words.strip_suffix(&[""]).unwrap(), WORDS);
}

/// Each form in which a database, a job or JSON repeats a secret.
#[test]
fn secrets_are_masked_in_every_form() {
    let params = json!({
        "db_password": "ab\\cd\"ef'g", "api_token": 1_234_567_890, "private_key": "-----BEGIN\nLINEONE-AAA\nab\n",
        "tokens": ["pässwörd", "🔑x"],
    });
    let mask = Mask::new(params.as_object().unwrap(), &Map::new());
    for (text, expected) in [
        (r#"plain ab\cd"ef'g."#, "plain ***."),
        (r#"insert into t values ('ab\\cd"ef''g')"#, "insert into t values ('***')"),
        (r#"conf {"password": "ab\\cd\"ef'g"}"#, r#"conf {"password": "***"}"#),
        (r#"["ab\\cd\"ef'g"]"#, r#"["***"]"#),
        (r#"{'password': 'ab\\cd"ef\'g'}"#, "{'password': '***'}"),
        ("https://s3/?prefix=ab%5Ccd%22ef%27g", "https://s3/?prefix=***"),
        ("ab%5ccd%22ef%27g ab%5Ccd%22ef'g", "*** ***"),
        ("61625c6364226566276 61625c63642265662767", "61625c6364226566276 ***"),
        (r"pässwörd p\u00e4ssw\u00f6rd \ud83d\udd11x", "*** *** ***"),
        ("pin 1234567890", "pin ***"),
        ("| LINEONE-AAA", "| ***"),
        (r"-----BEGIN\nLINEONE-AAA\nab\n", "***"),
        ("ab", "ab"),
    ] {
        assert_eq!(mask.text(text.to_owned()), expected, "{text}");
    }
    assert_eq!(mask.value("n", json!(1_234_567_890)), json!("***"));
    assert_eq!(mask.value("pin_token", json!(12)), json!("***"));
}

/// What stands in an HTTP header: `user:password` in Base64, with any user and with what follows.
#[test]
fn secrets_are_masked_in_base64() {
    let mask = Mask::new(json!({"password": "sw0rd&fi sh?"}).as_object().unwrap(), &Map::new());
    for (text, expected) in [
        ("Basic dXNlcjpzdzByZCZmaSBzaD8=", "Basic dXNlcjp***8="),
        ("Basic bWU6c3cwcmQmZmkgc2g/", "Basic bWU6***"),
        ("Basic bWU6c3cwcmQmZmkgc2g_", "Basic bWU6***"),
        ("Basic eW91OnN3MHJkJmZpIHNoPyE=", "Basic eW91On***yE="),
        ("c3cwcmQmZmkgc2g/", "***"),
        ("sw0rd%26fi+sh%3f sw0rd%26fi+sh%3F sw0rd%26fi%20sh%3F", "*** *** ***"),
    ] {
        assert_eq!(mask.text(text.to_owned()), expected, "{text}");
    }
    // Too short for pieces of it to mean anything.
    let short = Mask::new(json!({"password": "abcd"}).as_object().unwrap(), &Map::new());
    assert_eq!(short.text("YWJjZA== 61626364".to_owned()), "YWJjZA== ***");
}

/// What a step before has given under the name of a secret is one; what a step is called makes none of its
/// counts and links.
#[test]
fn secrets_of_steps_before_are_masked() {
    let outputs = json!({
        "login": {"token": "abcdef", "rows": 7777}, "get_token": {"handle": "load-1"}, "secret": "ghijkl",
    });
    let mask = Mask::new(&Map::new(), outputs.as_object().unwrap());
    assert_eq!(mask.text("abcdef 7777 load-1 ghijkl".to_owned()), "*** 7777 load-1 ***");
    let given = json!({"url": "https://x/abcdef/", "rows": 7777, "list": null});
    let expected = json!({"url": "https://x/***/", "rows": 7777, "list": null});
    assert_eq!(Value::Object(mask.outputs(given.as_object().unwrap().clone())), expected);
}

#[test]
fn secrets_in_values_are_masked() {
    let params = json!({"password": "hunter22", "pin": "1", "nested": {"token": ["abcd"]}});
    let mask = Mask::new(params.as_object().unwrap(), &Map::new());
    let value = json!({
        "arguments": {"--db-password": "x", "--url": "jdbc:u:hunter22@h", "--n": 1, "--t": "abcd"},
        "connection": {"secret": "arn:aws:secretsmanager:eu-west-1:1:secret:x"},
    });
    assert_eq!(
        mask.value("", value),
        json!({
            "arguments": {"--db-password": "***", "--url": "jdbc:u:***@h", "--n": 1, "--t": "***"},
            "connection": {"secret": "arn:aws:secretsmanager:eu-west-1:1:secret:x"},
        })
    );
}
