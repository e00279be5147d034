//! Secrets in what is shown: their values become `***`.
//!
//! A value is secret by its name: a param, an argument or an option that is called so, and in SQL the text
//! behind such a word. The words are those by which Airflow masks, and COPY's.

use super::key::hex;
use crate::service::console::encode;
use serde_json::{Map, Value};

/// What stands for a secret.
const MASK: &str = "***";

/// A name that holds one of these is that of a secret.
const WORDS: &[&str] = &[
    "access_key",
    "api_key",
    "apikey",
    "authorization",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "secret",
    "symmetric_key",
    "token",
];

/// A secret that is shorter than this is masked only where its name stands: it could be a part of any word.
const SHORTEST: usize = 4;

/// A line of a secret of several lines that is shorter than this could be any line.
const SHORTEST_LINE: usize = 8;

/// The secrets of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mask {
    secrets: Vec<String>,
}

impl Mask {
    /// Takes the secrets of a run's params, and of what the steps before have given.
    pub(crate) fn new(params: &Map<String, Value>, outputs: &Map<String, Value>) -> Self {
        let mut secrets = Vec::new();
        for (name, value) in params {
            collect(value, is_secret(name), &mut secrets);
        }
        for (step, value) in outputs {
            // A step that is called after a secret gives rows and links as well.
            collect(value, is_secret(step) && !value.is_object(), &mut secrets);
        }
        // The longest first, as one may hold another.
        secrets.sort_by_key(|secret: &String| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    /// Masks the values of secret names, and secrets wherever they stand.
    pub(crate) fn value(&self, name: &str, value: Value) -> Value {
        match value {
            Value::String(text) if is_secret(name) && !is_name_of_secret(&text) => {
                Value::String(MASK.to_owned())
            }
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.value(name, item)).collect())
            }
            Value::Object(members) => {
                let masked = members.into_iter().map(|(name, value)| {
                    let value = self.value(&name, value);
                    (name, value)
                });
                Value::Object(masked.collect())
            }
            Value::Number(number) if is_secret(name) || self.secrets.contains(&number.to_string()) => {
                Value::String(MASK.to_owned())
            }
            other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other,
        }
    }

    /// Masks the secrets in SQL: those of the run, and texts behind a word such as `PASSWORD`.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.text(without_secrets(sql))
    }

    /// Masks the run's secrets in the texts of what a task gives. Its numbers are counts, on which others rely.
    pub(crate) fn outputs(&self, outputs: Map<String, Value>) -> Map<String, Value> {
        let masked = |value| match value {
            Value::String(text) => Value::String(self.text(text)),
            other => other,
        };
        outputs.into_iter().map(|(name, value)| (name, masked(value))).collect()
    }

    /// Masks the run's secrets in any text.
    pub(crate) fn text(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), MASK))
    }
}

fn collect(value: &Value, is_secret_name: bool, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) if is_secret_name => push(text, secrets),
        // A number is shown as it is written.
        Value::Number(number) if is_secret_name => push(&number.to_string(), secrets),
        Value::Array(items) => items.iter().for_each(|item| collect(item, is_secret_name, secrets)),
        Value::Object(members) => {
            members.iter().for_each(|(name, item)| collect(item, is_secret_name || is_secret(name), secrets));
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Adds a secret in all forms in which it may be shown: as it is, in a literal of SQL or of Python, in a text of
/// JSON, in a link or a form, in Base64 or by its bytes, and by its lines, as a key of several lines is printed.
fn push(text: &str, secrets: &mut Vec<String>) {
    let whole = [text, text.trim()].into_iter().filter(|text| text.len() >= SHORTEST);
    let lines = text.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE);
    for part in whole.chain(lines) {
        let doubled = part.replace('\'', "''");
        let in_literal = doubled.replace('\\', "\\\\");
        let escaped = part.replace('\\', "\\\\");
        let quoted = escaped.replace('\'', "\\'");
        let in_json = serde_json::to_string(part).unwrap_or_default();
        let in_json = in_json.get(1..in_json.len().saturating_sub(1)).unwrap_or_default();
        let in_link = encode(part);
        let forms = [doubled, in_literal, escaped, quoted, in_ascii(in_json), in_json.to_owned()];
        let forms =
            forms.into_iter().chain(links(&in_link)).chain(coded(part)).chain([part.to_owned(), in_link]);
        for form in forms {
            if !form.is_empty() && !secrets.contains(&form) {
                secrets.push(form);
            }
        }
    }
}

/// The ways in which others write an encoded text: with small letters in its codes, as a form with `+` for blanks,
/// and with the marks left that only some encode.
fn links(encoded: &str) -> Vec<String> {
    let lower = |text: &str| {
        let mut pieces = text.split('%');
        let mut lower = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (code, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
            lower.push('%');
            lower.push_str(&code.to_lowercase());
            lower.push_str(rest);
        }
        lower
    };
    let form = encoded.replace("%20", "+");
    let marks = [("%21", "!"), ("%27", "'"), ("%28", "("), ("%29", ")"), ("%2A", "*")];
    let browser = marks.iter().fold(encoded.to_owned(), |text, (code, mark)| text.replace(code, mark));
    let path = encoded.replace("%2F", "/");
    [encoded, &form, &browser, &path].into_iter().flat_map(|text| [lower(text), text.to_owned()]).collect()
}

/// A piece of Base64 that is shorter than this could be a part of any word.
const SHORTEST_CODED: usize = 8;

/// A text by its bytes, and in Base64, wherever in a longer text it stands: `user:password` of an HTTP header.
fn coded(text: &str) -> Vec<String> {
    let bytes = hex(text.as_bytes());
    let mut forms: Vec<String> = [b"+/", b"-_"]
        .into_iter()
        .flat_map(|last| (0..3).map(move |before| base64(text.as_bytes(), before, *last)))
        .collect();
    forms.push(bytes.to_uppercase());
    forms.push(bytes);
    forms.retain(|form| form.len() >= SHORTEST_CODED);
    forms
}

/// The characters of Base64 that bytes alone decide where so many others stand before them. `last` are its last two
/// characters.
fn base64(bytes: &[u8], before: usize, last: [u8; 2]) -> String {
    let character = |value: u32| {
        char::from(match u8::try_from(value & 63).unwrap_or_default() {
            value @ 0..26 => b'A' + value,
            value @ 26..52 => b'a' + value - 26,
            value @ 52..62 => b'0' + value - 52,
            62 => last[0],
            _ => last[1],
        })
    };
    let mut all = vec![0; before];
    all.extend_from_slice(bytes);
    let mut coded = String::with_capacity(all.len().div_ceil(3) * 4);
    for group in all.chunks(3) {
        let value =
            (0..3).fold(0, |value, n| value << 8 | u32::from(group.get(n).copied().unwrap_or_default()));
        coded.extend([18, 12, 6, 0].into_iter().take(group.len() + 1).map(|shift| character(value >> shift)));
    }
    // The first and the last character may hold bits of the neighbours.
    let start = (before * 8).div_ceil(6);
    let end = all.len() * 8 / 6;
    coded.get(start..end).unwrap_or_default().to_owned()
}

/// Returns a text of JSON as it is written where only ASCII is.
fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            ascii.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            ascii.push_str(&format!("\\u{unit:04x}"));
        }
    }
    ascii
}

/// Says whether a name is that of a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    WORDS.iter().any(|word| name.contains(word))
}

/// Says whether a value says where a secret or a role is, and not what it is.
fn is_name_of_secret(text: &str) -> bool {
    text.starts_with("arn:") || (text.starts_with("aws_iam_role=") && !text.contains(';'))
}

/// Replaces the literals of SQL that stand behind the name of a secret, with `AS`, `=` or nothing between.
fn without_secrets(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut word = String::new();
    let mut before = String::new();
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        if c == '\'' {
            let length = literal(rest);
            let inside = rest[1..length].trim_end_matches('\'');
            let name = if word.eq_ignore_ascii_case("as") { &before } else { &word };
            if is_secret(name) && !is_name_of_secret(inside) {
                out.push_str(&format!("'{MASK}'"));
            } else {
                out.push_str(&rest[..length]);
            }
            (word, before) = (String::new(), String::new());
            rest = &rest[length..];
            continue;
        }
        if c.is_alphanumeric() || c == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            before = std::mem::replace(&mut word, rest[..length].to_owned());
            out.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        if !c.is_whitespace() && !matches!(c, '=' | '(' | '"') {
            word.clear();
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// Returns the length of the literal with which a text begins, its quotes included.
fn literal(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            // A doubled quote and one behind a backslash do not end it.
            (b'\'', Some(b'\'')) | (b'\\', Some(_)) => at += 2,
            (b'\'', _) => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let module = include_str!("../../dag_templates/dagc_airflow_v1.py");
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
}
