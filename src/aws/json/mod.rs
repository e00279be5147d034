//! AWS's JSON protocols, 1.0 and 1.1, and its Query protocol, on the SDK's own runtime and signing: services of which few calls are made need
//! no crate of their own, which would cost a minute of compiling each.
//!
//! Takes a configuration, a [`Service`] and a request, a serde struct tied to its operation by [`json_requests!`];
//! gives what the SDK's requests give: [`super::send`] and [`super::pages`] send it and nothing else does, with the
//! same retries, time-outs, user agent and errors. The lab holds each to AWS's own model.
//!
//! | module | gives |
//! | --- | --- |
//! | [`endpoint`] | where a service is |
//! | [`answer`] | what an answer says |
//! | [`rest`] | requests whose path names the operation |
//! | [`query`] | requests and answers of the older services: forms, and XML |

mod answer;
mod endpoint;
mod query;
mod rest;
#[cfg(test)]
mod tests;

pub(crate) use answer::answered;
pub use answer::{Refused, moment};
pub use query::{Texts, form, texts};
pub(crate) use rest::rest_requests;
pub use rest::{Answered, Placed, Rest};

use super::operation::{Answer, Overrides, Paged, Request};
use crate::service::call::Operation;
use aws_config::SdkConfig;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::orchestrator::operation::Operation as Orchestrated;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime::client::stalled_stream_protection::StalledStreamProtectionInterceptor;
pub(crate) use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::endpoint::{EndpointResolverParams, SharedEndpointResolver};
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
pub(crate) use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::SigningRegion;
use endpoint::Endpoint;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::fmt::{self, Debug};

/// A service that speaks JSON, as its model says.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// `serviceId`: `Athena`.
    pub id: &'static str,
    /// `endpointPrefix`, and the name under which requests are signed: `athena`.
    pub name: &'static str,
    /// `targetPrefix`: `AmazonAthena`; none where the path names the operation.
    pub target: &'static str,
    /// `jsonVersion`: `1.1`; of the Query protocol `apiVersion`: `2012-12-01`.
    pub version: &'static str,
}

/// Glue, as its model says (2017-03-31): several services call it.
pub const GLUE: Service = Service { id: "Glue", name: "glue", target: "AWSGlue", version: "1.1" };

/// A client of one service; cheap to copy.
#[derive(Clone, Debug)]
pub struct Client {
    service: &'static Service,
    config: SdkConfig,
}

impl Client {
    /// Makes a client. Sends nothing.
    pub fn new(config: &SdkConfig, service: &'static Service) -> Self {
        Self { service, config: config.clone() }
    }

    /// Makes a request of a body, which is still to be sent.
    pub fn request<B: Wire>(&self, body: B) -> Json<B> {
        Json { client: self.clone(), body }
    }
}

/// What a request is on the wire, and what is made of its answer.
pub trait Wire: Clone + Debug + Send + Sync + 'static {
    /// What the service answers.
    type Answer: Debug + Send + Sync + 'static;

    /// The call.
    const OPERATION: Operation;
    /// What stands before the service's host for this call (`hostPrefix`).
    const HOST_PREFIX: &'static str;

    /// Puts it into a request.
    fn serialized(&self, service: &Service) -> Result<HttpRequest, BoxError>;

    /// Reads an answer.
    fn answered(response: &HttpResponse) -> Result<Self::Answer, OrchestratorError<Refused>>;
}

/// The body of a request whose operation a header names.
pub trait Body: Serialize + Clone + Debug + Send + Sync + 'static {
    /// What the service answers.
    type Answer: DeserializeOwned + Debug + Send + Sync + 'static;

    /// The call.
    const OPERATION: Operation;
    /// What stands before the service's host for this call (`hostPrefix`).
    const HOST_PREFIX: &'static str = "";
}

impl<B: Body> Wire for B {
    type Answer = <B as Body>::Answer;

    const OPERATION: Operation = <B as Body>::OPERATION;
    const HOST_PREFIX: &'static str = <B as Body>::HOST_PREFIX;

    fn serialized(&self, service: &Service) -> Result<HttpRequest, BoxError> {
        serialized(service, call::<B>(), self)
    }

    fn answered(response: &HttpResponse) -> Result<Self::Answer, OrchestratorError<Refused>> {
        answered(response)
    }
}

/// What AWS calls it, without the service.
fn call<B: Wire>() -> &'static str {
    let name = B::OPERATION.name;
    name.split_once(':').map_or(name, |(_, call)| call)
}

/// The body of a request that is answered page by page.
pub trait PagedBody: Wire {
    /// Asks for the page that a token names.
    fn page(&mut self, token: Option<String>);
    /// The token of the next page.
    fn next(answer: &<Self as Wire>::Answer) -> Option<&str>;
}

/// A request that can be sent.
#[derive(Clone, Debug)]
pub struct Json<B> {
    client: Client,
    body: B,
}

impl<B: Wire> Request for Json<B> {
    type Output = B::Answer;
    type Refusal = Refused;

    const OPERATION: Operation = B::OPERATION;

    async fn sent(self, settings: Overrides) -> Answer<Self> {
        let request = self.body.serialized(self.client.service).map_err(SdkError::construction_failure)?;
        let calling = Calling { name: call::<B>(), host_prefix: B::HOST_PREFIX, answered: given::<B> };
        let Given(answer) = self.client.orchestrated(calling, settings).invoke(request).await?;
        Ok(*answer.downcast().expect("invariant: `given` of this very request has made it"))
    }
}

/// What differs between calls once they are put into requests: the rest is one for all of them, as code that is made for
/// each would be a fiftieth of the worker.
#[derive(Clone, Copy)]
struct Calling {
    name: &'static str,
    host_prefix: &'static str,
    answered: fn(&HttpResponse) -> Result<Given, OrchestratorError<Refused>>,
}

/// What any call is answered.
struct Given(Box<dyn Any + Send + Sync>);

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an answer")
    }
}

fn given<B: Wire>(response: &HttpResponse) -> Result<Given, OrchestratorError<Refused>> {
    B::answered(response).map(|answer| Given(Box::new(answer)))
}

impl<B: PagedBody> Paged for Json<B> {
    fn page(mut self, token: Option<String>) -> Self {
        self.body.page(token);
        self
    }

    fn next(answer: &Self::Output) -> Option<&str> {
        B::next(answer)
    }
}

/// Ties bodies of requests to their operations. A row: the body, what is answered, the operation; for an answer in pages
/// the members that name them; what stands before the service's host.
macro_rules! json_requests {
    ($($body:ident -> $answer:ty = $operation:expr $(, pages $set:ident $get:ident)? $(, host $prefix:literal)?;)+) => {$(
        impl $crate::aws::json::Body for $body {
            type Answer = $answer;

            const OPERATION: $crate::aws::Operation = $operation;
            $(const HOST_PREFIX: &'static str = $prefix;)?
        }
        $(impl $crate::aws::json::PagedBody for $body {
            fn page(&mut self, token: Option<String>) {
                self.$set = token;
            }

            fn next(answer: &$answer) -> Option<&str> {
                answer.$get.as_deref()
            }
        })?
    )+};
}
pub(crate) use json_requests;

impl Client {
    /// Puts together what the SDK's generated clients put together for each call.
    fn orchestrated(
        &self,
        calling: Calling,
        settings: Overrides,
    ) -> Orchestrated<HttpRequest, Given, Refused> {
        let Calling { name, host_prefix, answered } = calling;
        let plugin = StaticRuntimePlugin::new()
            .with_config(self.layer().freeze())
            .with_runtime_components(self.components(host_prefix));
        Orchestrated::builder()
            .service_name(self.service.id)
            .operation_name(name)
            .behavior_version(self.config.behavior_version().unwrap_or_else(BehaviorVersion::v2026_01_12))
            .standard_retry(&settings.retry)
            .timeout_config(self.timeouts(settings.timeouts))
            .runtime_plugin(plugin)
            .with_connection_poisoning()
            .serializer(Ok::<HttpRequest, BoxError>)
            .deserializer(answered)
            .build()
    }

    fn timeouts(&self, own: Option<TimeoutConfig>) -> TimeoutConfig {
        let usual = self.config.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled);
        match own {
            Some(mut own) => {
                own.take_defaults_from(&usual);
                own
            }
            None => usual,
        }
    }

    fn layer(&self) -> Layer {
        let mut layer = Layer::new("JSON service");
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(EndpointResolverParams::new(()));
        layer.store_put(SigV4OperationSigningConfig::default());
        layer.store_put(SigningName::from_static(self.service.name));
        layer.store_put(ApiMetadata::new(self.service.name, env!("CARGO_PKG_VERSION")));
        layer.store_or_unset(self.config.app_name().cloned());
        if let Some(region) = self.config.region() {
            layer.store_put(region.clone());
            layer.store_put(SigningRegion::from(region.clone()));
        }
        if let Some(protection) = self.config.stalled_stream_protection() {
            layer.store_put(protection);
        }
        layer
    }

    fn components(&self, host_prefix: &'static str) -> RuntimeComponentsBuilder {
        let config = &self.config;
        let endpoint = Endpoint::of(self.service, config).before(host_prefix);
        let mut components = RuntimeComponentsBuilder::new("JSON service")
            .with_http_client(config.http_client())
            .with_sleep_impl(config.sleep_impl())
            .with_time_source(config.time_source())
            .with_identity_cache(config.identity_cache())
            .with_endpoint_resolver(Some(SharedEndpointResolver::new(endpoint)))
            .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
            .with_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(
                StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]),
            )))
            .with_interceptor(StalledStreamProtectionInterceptor::default())
            .with_interceptor(ServiceClockSkewInterceptor::new())
            .with_interceptor(RequestInfoInterceptor::new())
            .with_interceptor(UserAgentInterceptor::new())
            .with_interceptor(InvocationIdInterceptor::new())
            .with_interceptor(RecursionDetectionInterceptor::new())
            .with_retry_classifier(TransientErrorClassifier::<Refused>::new())
            .with_retry_classifier(AwsErrorCodeClassifier::<Refused>::new())
            .with_retry_classifier(ServiceClockSkewClassifier::<Refused>::new())
            .with_retry_classifier(HttpStatusCodeClassifier::default());
        if let Some(credentials) = config.credentials_provider() {
            components.set_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials));
        }
        components
    }
}

fn serialized<B: Body>(service: &Service, call: &str, body: &B) -> Result<HttpRequest, BoxError> {
    let body = serde_json::to_vec(body)?;
    let length = body.len().to_string();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.try_insert("content-type", format!("application/x-amz-json-{}", service.version))?;
    headers.try_insert("x-amz-target", format!("{}.{call}", service.target))?;
    headers.try_insert("content-length", length)?;
    Ok(request)
}
