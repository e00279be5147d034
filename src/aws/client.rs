//! The one configuration of AWS clients.
//!
//! Takes what the project says about region and profile; the rest is the SDK's default chain: environment,
//! profile files, the container's credentials, which is where MWAA's workers get theirs. One HTTP client
//! with rustls and the system's root certificates serves all services, and honours `HTTP_PROXY`,
//! `HTTPS_PROXY` and `NO_PROXY`. What gives the container its credentials lies on this machine and is never
//! asked through a proxy, as in AWS's own tools.

use super::program::Program;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::pool::{BuildError, Client, ConnectionPool};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_runtime::client::auth::no_auth::NO_AUTH_SCHEME_ID;
use aws_smithy_runtime::client::auth::no_auth::NoAuthScheme;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::identity::no_auth::NoAuthIdentityResolver;
use aws_smithy_runtime::client::orchestrator::endpoints::StaticUriEndpointResolver;
use aws_smithy_runtime::client::retries::strategy::NeverRetryStrategy;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use std::net::IpAddr;
use std::time::Duration;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long one attempt of a call may take. The longest poll, Redshift's, is answered after 30 seconds.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a connection may be silent before the network is asked whether it is still there: NAT gateways and VPC endpoints
/// forget one after 350 seconds, and a function may take longer to answer (Amazon VPC User Guide, "Troubleshoot NAT gateways").
const KEEPALIVE: Duration = Duration::from_mins(1);

/// How often a call is sent at most when nothing is lost by sending it again.
pub(super) const ATTEMPTS: u32 = 4;

/// What differs between users of AWS.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The region; the default chain's when absent.
    pub region: Option<String>,
    /// The profile in the user's configuration files; the default chain's when absent.
    pub profile: Option<String>,
    /// How long one attempt of a call may take; longer where large objects are sent.
    pub attempt_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { region: None, profile: None, attempt_timeout: ATTEMPT_TIMEOUT }
    }
}

/// Makes the configuration for all clients. Sends nothing: a profile that signs in does so on first use.
pub async fn connect(settings: &Settings) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(settings.attempt_timeout)
        .operation_attempt_timeout(settings.attempt_timeout)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client())
        .timeout_config(timeouts);
    if let Ok(name) = AppName::new(concat!("dagc-", env!("CARGO_PKG_VERSION"))) {
        loader = loader.app_name(name);
    }
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(program) = Program::of_profile(settings.profile.as_deref()).await {
        loader = loader.credentials_provider(program);
    }
    // Set after loading: whoever gives credentials may be asked again.
    loader.load().await.into_builder().retry_config(NEVER()).build()
}

/// Returns the region of a configuration; nothing where it has none.
pub fn region(config: &SdkConfig) -> String {
    config.region().map_or_else(String::new, ToString::to_string)
}

/// Makes a configuration for clients of tests, which send nothing.
#[cfg(test)]
pub fn unconnected(region: &'static str) -> SdkConfig {
    let builder = SdkConfig::builder().behavior_version(BehaviorVersion::v2026_01_12());
    builder.retry_config(NEVER()).region(Region::new(region)).build()
}

/// Repeats nothing. All clients begin so; what may be repeated is said for each call, by its operation.
pub(super) const NEVER: fn() -> RetryConfig = RetryConfig::disabled;

/// Repeats what failed in passing.
pub(super) const USUAL: fn() -> RetryConfig = || RetryConfig::standard().with_max_attempts(ATTEMPTS);

/// Makes what sends requests to others than AWS, through the same proxies and with the same certificates. An answer may take
/// as long as `longest` to begin; it comes piece by piece.
pub fn connector(config: &SdkConfig, longest: Duration) -> SharedHttpConnector {
    let settings =
        HttpConnectorSettings::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(longest).build();
    http_client().http_connector(&settings, &components(config))
}

/// What a connector may ask of a call, which is a clock; the rest belongs to calls of AWS and is never asked.
fn components(config: &SdkConfig) -> RuntimeComponents {
    RuntimeComponents::builder("connector")
        .with_sleep_impl(config.sleep_impl())
        .with_time_source(config.time_source())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(Vec::new())))
        .with_endpoint_resolver(Some(StaticUriEndpointResolver::http_localhost(0)))
        .with_auth_scheme(NoAuthScheme::new())
        .with_identity_cache(Some(IdentityCache::no_cache()))
        .with_identity_resolver(NO_AUTH_SCHEME_ID, NoAuthIdentityResolver::new())
        .with_retry_strategy(Some(NeverRetryStrategy::new()))
        .build()
        .expect("invariant: all that is required is set")
}

fn http_client() -> SharedHttpClient {
    let pool = || ConnectionPool::builder().tcp_keepalive(KEEPALIVE);
    let proxied = pool().proxy_config(ProxyConfig::from_env());
    let proxied = proxied.tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
    let direct = pool().build_http();
    SharedHttpClient::new(ByHost { proxied: of_pool(proxied), direct: of_pool(direct) })
}

fn of_pool(pool: Result<ConnectionPool, BuildError>) -> SharedHttpClient {
    let pool = pool.expect("invariant: nothing is set that a pool refuses");
    SharedHttpClient::new(Client::new(&pool).expect("invariant: a pool without partitions has one"))
}

/// Goes past the proxy where a host is this machine's own.
#[derive(Debug)]
struct ByHost<T> {
    proxied: T,
    direct: T,
}

impl HttpClient for ByHost<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(ByHost {
            proxied: self.proxied.http_connector(settings, components),
            direct: self.direct.http_connector(settings, components),
        })
    }
}

impl HttpConnector for ByHost<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if is_of_this_machine(request.uri()) { self.direct.call(request) } else { self.proxied.call(request) }
    }
}

/// Says whether an address without TLS is a loopback one, or one of those under which AWS gives metadata and
/// credentials to what runs on a machine.
fn is_of_this_machine(uri: &str) -> bool {
    let Some(rest) = uri.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(inside) => inside.split(']').next(),
        None => authority.split(':').next(),
    };
    match host.unwrap_or_default().parse() {
        Ok(IpAddr::V4(host)) => host.is_loopback() || host.is_link_local(),
        Ok(IpAddr::V6(host)) => host.is_loopback() || host.segments().starts_with(&[0xfd00, 0x0ec2]),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connector_lacks_nothing() {
        let settings = HttpConnectorSettings::builder().build();
        http_client().http_connector(&settings, &components(&unconnected("eu-west-1")));
    }

    #[test]
    fn metadata_is_asked_without_a_proxy() {
        for (uri, expected) in [
            ("http://169.254.170.2/v2/credentials/1", true),
            ("http://169.254.169.254/latest/api/token", true),
            ("http://[fd00:ec2::23]/v1/credentials", true),
            ("http://127.0.0.1:8080?a=b", true),
            ("http://[::1]:8080/", true),
            ("https://169.254.170.2/", false),
            ("http://10.0.0.1/", false),
            ("http://[fd00:ec3::1]/", false),
            ("http://169.254.170.2.example.com/", false),
            ("http://aws.lab/", false),
            ("https://glue.eu-west-1.amazonaws.com/", false),
        ] {
            assert_eq!(is_of_this_machine(uri), expected, "{uri}");
        }
    }
}
