//! The lab from Rust: one for all tests of this process, started with the first one that asks.
//!
//! `tests/with_lab.py` may have started one for several processes; then `DAGC_LAB` says where it is. The lab
//! is shared, so every test uses names of its own, and reads the journal from its own [`Lab::mark`] on.

use crate::python_tools::environment;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// Services that put a prefix before the host cannot go to an IP address: they go to this name, by the proxy.
const PROXIED: &str = "http://aws.lab";

/// A running lab.
pub(crate) struct Lab {
    port: u64,
    /// Ends when its standard input does, which is when this process ends.
    _process: Option<Mutex<Child>>,
}

/// Returns the lab.
pub(crate) fn lab() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| match std::env::var("DAGC_LAB") {
        Ok(line) => Lab { port: port(&line), _process: None },
        Err(_) => start(),
    })
}

fn start() -> Lab {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lab-{}", std::process::id()));
    let mut process = Command::new(environment("lab").join("bin/python"))
        .args(["-m", "lab", "--port", "0", "--until-eof", "--state"])
        .arg(state)
        .env("PYTHONPATH", root.join("tests"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    Lab { port: port(&line), _process: Some(Mutex::new(process)) }
}

fn port(line: &str) -> u64 {
    let described: Value = serde_json::from_str(line).expect("the lab says where it is");
    described["port"].as_u64().unwrap()
}

impl Lab {
    /// Returns the configuration with which clients reach it.
    pub(crate) async fn config(&self) -> SdkConfig {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test"))
            .http_client(proxied(endpoint.clone()))
            .endpoint_url(endpoint)
            .load()
            .await
    }

    /// Returns a client of MWAA.
    pub(crate) async fn mwaa(&self) -> aws_sdk_mwaa::Client {
        let config = self.config().await;
        let config = aws_sdk_mwaa::config::Builder::from(&config).endpoint_url(PROXIED).build();
        aws_sdk_mwaa::Client::from_conf(config)
    }

    /// Describes an MWAA environment: `{name, bucket, dag_path, version, kms_key, status}`.
    pub(crate) fn make_mwaa(&self, environment: &Value) {
        self.control("PUT", "mwaa", Some(environment));
    }

    /// Adds nothing and forgets nothing: returns the number of the last call that arrived.
    pub(crate) fn mark(&self) -> u64 {
        self.journal(0).iter().filter_map(|entry| entry["n"].as_u64()).max().unwrap_or(0)
    }

    /// Returns the calls that arrived after a mark.
    pub(crate) fn journal(&self, mark: u64) -> Vec<Value> {
        let answer = self.control("GET", "journal", None);
        let entries = answer.as_array().cloned().unwrap_or_default();
        entries.into_iter().filter(|entry| entry["n"].as_u64() > Some(mark)).collect()
    }

    /// Adds a fault rule; name things in it that only your test uses.
    pub(crate) fn fault(&self, rule: &Value) {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock();
        let listed = self.control("GET", "faults", None);
        let mut rules: Vec<Value> = listed.as_array().cloned().unwrap_or_default();
        for old in &mut rules {
            // What was used up stays so: the list that is put in place counts from zero again.
            let used = old["used"].as_u64().unwrap_or(0);
            if let Some(times) = old["times"].as_u64() {
                old["times"] = json!(times.saturating_sub(used));
            }
        }
        rules.push(rule.clone());
        self.control("PUT", "faults", Some(&Value::Array(rules)));
    }

    fn control(&self, method: &str, word: &str, body: Option<&Value>) -> Value {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream =
            TcpStream::connect(("127.0.0.1", u16::try_from(self.port).unwrap())).expect("the lab is running");
        write!(
            stream,
            "{method} /_lab/{word} HTTP/1.0\r\nHost: lab\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.lines().next().unwrap().contains(" 200"), "{method} {word}: {answer}");
        serde_json::from_str(body).unwrap()
    }
}

fn proxied(proxy: String) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let proxy = ProxyConfig::http(proxy.as_str()).unwrap().no_proxy("127.0.0.1");
        let mut connector = Connector::builder().proxy_config(proxy);
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.build_http()
    })
}
