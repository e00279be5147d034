//! What publishing's tests need of the lab beyond what all tests do: clients that go through its proxy, and
//! the journal from a mark on.

use crate::aws::lab::lab;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use dagc::aws::s3::Buckets;
use dagc::publish::Clients;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// The key of who publishes: it may do what the page on permissions lists for the publisher.
const PUBLISHER: &str = "AKIAPUBLISHERPUBLISH";

/// A key that may do all.
pub(super) const ANYBODY: &str = "AKIAIOSFODNN7EXAMPLE";

/// Makes a bucket, by a key that may do all.
pub(super) async fn bucket(name: &str) {
    s3_of(ANYBODY).await.create_bucket().bucket(name).send().await.unwrap();
}

/// Makes a bucket in another region than the publisher's.
pub(super) async fn bucket_elsewhere(name: &str) {
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1);
    let request = s3_of(ANYBODY).await.create_bucket().bucket(name);
    request.create_bucket_configuration(place.build()).send().await.unwrap();
}

/// Returns the publisher's clients of the lab.
pub(super) async fn clients() -> Clients {
    clients_of(PUBLISHER).await
}

/// Returns clients of the lab. MWAA's puts a prefix before the host, so it cannot go to an IP address.
pub(super) async fn clients_of(key: &str) -> Clients {
    let config = config_of(key).await;
    let mwaa = aws_sdk_mwaa::config::Builder::from(&config).endpoint_url(&lab().env["AWS_ENDPOINT_URL_MWAA"]);
    Clients {
        s3: Arc::new(Buckets::new(&config)),
        glue: aws_sdk_glue::Client::new(&config),
        mwaa: aws_sdk_mwaa::Client::from_conf(mwaa.build()),
    }
}

/// Returns a key's client of S3.
pub(super) async fn s3_of(key: &str) -> aws_sdk_s3::Client {
    aws_sdk_s3::Client::new(&config_of(key).await)
}

async fn config_of(key: &str) -> SdkConfig {
    let env = &lab().env;
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(key, "secret", None, None, "tests"))
        .http_client(proxied(env["HTTP_PROXY"].clone()))
        .endpoint_url(&env["AWS_ENDPOINT_URL"])
        .load()
        .await
}

/// Returns a client of the lab's S3 behind a line that carries so many bytes a second towards it. An attempt
/// of a call may take a second.
pub(super) async fn behind_a_slow_line(bytes_a_second: usize) -> Arc<Buckets> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let lab = lab().env["AWS_ENDPOINT_URL"].trim_start_matches("http://").to_owned();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, lab) = (client.unwrap(), TcpStream::connect(&lab).unwrap());
            let (mut answers, mut back) = (lab.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut answers, &mut back));
            std::thread::spawn(move || carry(client, lab, bytes_a_second));
        }
    });
    let second = Duration::from_secs(1);
    let timeouts = TimeoutConfig::builder().read_timeout(second).operation_attempt_timeout(second).build();
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(PUBLISHER, "secret", None, None, "tests"))
        .http_client(Builder::new().build_http())
        .endpoint_url(format!("http://127.0.0.1:{port}"))
        .timeout_config(timeouts)
        .retry_config(RetryConfig::disabled())
        .load()
        .await;
    Arc::new(Buckets::new(&config))
}

/// Carries what a client sends, a tenth of a second's bytes at a time.
fn carry(mut client: TcpStream, mut lab: TcpStream, bytes_a_second: usize) {
    let mut piece = vec![0; bytes_a_second / 10];
    loop {
        let read = client.read(&mut piece).unwrap_or(0);
        if read == 0 || lab.write_all(&piece[..read]).is_err() {
            return;
        }
        std::thread::sleep(Duration::from_millis((read * 1000 / bytes_a_second) as u64));
    }
}

/// Returns the number of the last call that arrived.
pub(super) fn mark() -> u64 {
    journal(0).iter().filter_map(|entry| entry["n"].as_u64()).max().unwrap_or(0)
}

/// Returns the calls that arrived after a mark.
pub(super) fn journal(mark: u64) -> Vec<Value> {
    let answer = lab().control("GET", "journal", &Value::Null);
    let entries = answer.as_array().cloned().unwrap_or_default();
    entries.into_iter().filter(|entry| entry["n"].as_u64() > Some(mark)).collect()
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
