//! The lab of this test process, its control interface, and clients of it.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::Future;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// A lab that runs.
pub(crate) struct Lab {
    port: u16,
    /// What a client of the lab needs in its environment.
    pub(crate) env: BTreeMap<String, String>,
    /// Ends when its standard input does, which is when this process ends.
    _process: Option<Child>,
    _state: Option<tempfile::TempDir>,
}

/// Returns the lab: the one of the whole test run, which `DAGC_LAB` describes, or one of our own.
pub(crate) fn lab() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| match std::env::var("DAGC_LAB") {
        Ok(described) => Lab::described(&described, None, None),
        Err(_) => Lab::start(),
    })
}

/// The folder of this repository's tests.
fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

impl Lab {
    /// Starts a lab of one's own, which ends with this process.
    pub(crate) fn start() -> Self {
        let made = Command::new(crate::python_tools::python_program())
            .arg(tests().join("env/ensure.py"))
            .arg("lab")
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let folder = String::from_utf8(made.stdout).unwrap();
        let state = tempfile::tempdir().unwrap();
        let mut process = Command::new(Path::new(folder.trim()).join("bin/python"))
            .args(["-m", "lab", "--port", "0", "--until-eof", "--state"])
            .arg(state.path())
            .env("PYTHONPATH", tests())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self::described(&line, Some(process), Some(state))
    }

    fn described(line: &str, process: Option<Child>, state: Option<tempfile::TempDir>) -> Self {
        let ready: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("the lab said `{line}`"));
        Self {
            port: u16::try_from(ready["port"].as_u64().unwrap()).unwrap(),
            env: serde_json::from_value(ready["env"].clone()).unwrap(),
            _process: process,
            _state: state,
        }
    }

    /// Sends a control request.
    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.request(method, path, body);
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "{method} /_lab/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}")))
    }

    /// Adds a fault rule.
    pub(crate) fn fault(&self, rule: &Value) {
        self.control("POST", "faults", rule);
    }

    /// Waits for so many seconds until a call with this key hangs; says whether one does.
    pub(crate) fn hangs(&self, access_key: &str, seconds: f64) -> bool {
        let path = format!("hanging?access_key={access_key}&seconds={seconds}");
        self.control("GET", &path, &Value::Null) == true
    }

    /// Returns all calls with this key, in their order.
    pub(crate) fn calls_with(&self, access_key: &str) -> Vec<Value> {
        let calls = self.control("GET", &format!("journal?access_key={access_key}"), &Value::Null);
        calls.as_array().unwrap().clone()
    }

    /// Returns the requests of an operation in which a member has a value.
    pub(crate) fn calls(&self, service: &str, operation: &str, member: &str, value: &str) -> Vec<Value> {
        let journal =
            self.control("GET", &format!("journal?service={service}&operation={operation}"), &Value::Null);
        let entries = journal.as_array().unwrap().iter().cloned();
        entries.filter(|entry| entry["request"][member] == value).collect()
    }

    /// Makes a secret with a login for a database; gives its ARN.
    pub(crate) fn secret(&self, name: &str) -> String {
        self.control("PUT", "secret", &json!({ "name": name }))["arn"].as_str().unwrap().to_owned()
    }

    /// Runs SQL in a warehouse; gives the rows.
    pub(crate) fn sql(&self, workgroup: &str, sql: &str) -> Value {
        let body = json!({ "workgroup": workgroup, "database": "analytics", "sql": sql });
        self.control("POST", "sql", &body)["rows"].clone()
    }
}

/// Runs a call of a client to its end.
pub(crate) fn block_on<T>(call: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(call)
}

impl Lab {
    /// The configuration of clients of the lab.
    pub(crate) fn config(&self) -> SdkConfig {
        block_on(
            aws_config::defaults(BehaviorVersion::v2026_01_12())
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .endpoint_url(&self.env["AWS_ENDPOINT_URL"])
                .region(Region::new("us-east-1"))
                .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "tests"))
                .load(),
        )
    }
}

fn config() -> SdkConfig {
    lab().config()
}

/// A client of S3.
pub(crate) fn s3() -> aws_sdk_s3::Client {
    s3_in("us-east-1")
}

/// A client of S3 in a region.
pub(crate) fn s3_in(region: &'static str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(&config()).region(Region::new(region));
    aws_sdk_s3::Client::from_conf(config.force_path_style(true).build())
}

/// A client of Glue.
pub(crate) fn glue() -> aws_sdk_glue::Client {
    aws_sdk_glue::Client::new(&config())
}

/// A client of the Redshift Data API.
pub(crate) fn redshift_data() -> aws_sdk_redshiftdata::Client {
    aws_sdk_redshiftdata::Client::new(&config())
}

/// Makes a bucket.
pub(crate) fn bucket(name: &str) {
    block_on(s3().create_bucket().bucket(name).send()).unwrap();
}

/// Makes a bucket in another region than that of the workers and clusters; gives a client that reaches it.
pub(crate) fn bucket_elsewhere(name: &str) -> aws_sdk_s3::Client {
    let client = s3_in("eu-west-1");
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1);
    let place = place.build();
    block_on(client.create_bucket().bucket(name).create_bucket_configuration(place).send()).unwrap();
    client
}

/// Writes an object.
pub(crate) fn put(bucket: &str, key: &str, text: impl Into<Vec<u8>>) {
    block_on(s3().put_object().bucket(bucket).key(key).body(text.into().into()).send()).unwrap();
}

/// Writes many objects, some at a time.
pub(crate) fn put_all(bucket: &str, objects: impl IntoIterator<Item = (String, String)>) {
    let client = s3();
    block_on(async {
        let mut running = tokio::task::JoinSet::new();
        for (key, text) in objects {
            running.spawn(client.put_object().bucket(bucket).key(key).body(text.into_bytes().into()).send());
            if running.len() > 20 {
                running.join_next().await.unwrap().unwrap().unwrap();
            }
        }
        for put in running.join_all().await {
            put.unwrap();
        }
    });
}

/// Lists the keys of objects.
pub(crate) fn keys(bucket: &str, prefix: &str) -> Vec<String> {
    let listed = block_on(s3().list_objects_v2().bucket(bucket).prefix(prefix).send()).unwrap();
    listed.contents.unwrap_or_default().into_iter().filter_map(|object| object.key).collect()
}

/// Writes lines of CSV.
pub(crate) fn csv(rows: &[&str]) -> String {
    rows.iter().fold(String::new(), |mut text, row| {
        writeln!(text, "{row}").unwrap();
        text
    })
}
