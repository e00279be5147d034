//! AWS's REST protocol with JSON: the path names the operation, members are in path, query and headers, and the body is
//! JSON of the others, or one member as it is.

use super::answer::{Refused, refused};
use crate::service::console::encode;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use serde::Serialize;

/// A request.
#[derive(Debug)]
pub struct Rest {
    method: &'static str,
    uri: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Rest {
    /// Begins one that sends something: parts of a path, of which every second one is a member.
    pub fn post(parts: &[&str]) -> Self {
        Self::of("POST", parts)
    }

    /// Begins one that reads.
    pub fn get(parts: &[&str]) -> Self {
        Self::of("GET", parts)
    }

    /// Begins one that removes or ends something.
    pub fn delete(parts: &[&str]) -> Self {
        Self::of("DELETE", parts)
    }

    fn of(method: &'static str, parts: &[&str]) -> Self {
        let mut uri = String::new();
        for (n, part) in parts.iter().enumerate() {
            uri.push_str(&if n.is_multiple_of(2) { (*part).to_owned() } else { encode(part) });
        }
        Self { method, uri, headers: Vec::new(), body: Vec::new() }
    }

    /// Adds a member of the query, where there is one.
    #[must_use]
    pub fn query(mut self, name: &str, value: Option<&str>) -> Self {
        if let Some(value) = value {
            let sign = if self.uri.contains('?') { '&' } else { '?' };
            self.uri.push_str(&format!("{sign}{name}={}", encode(value)));
        }
        self
    }

    /// Adds a member that is a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Takes the body, which is one member as it is.
    #[must_use]
    pub fn body(self, body: &str) -> Self {
        Self { body: body.as_bytes().to_vec(), ..self }.header("content-type", "application/octet-stream")
    }

    /// Takes the body: JSON with the members that stand nowhere else.
    pub fn json(self, members: &impl Serialize) -> Result<Self, BoxError> {
        let body = serde_json::to_vec(members)?;
        Ok(Self { body, ..self }.header("content-type", "application/json"))
    }

    /// Makes the request of it.
    pub fn request(self) -> Result<HttpRequest, BoxError> {
        let length = self.body.len().to_string();
        let mut request = HttpRequest::new(SdkBody::from(self.body));
        request.set_method(self.method)?;
        request.set_uri(self.uri)?;
        let headers = request.headers_mut();
        headers.try_insert("content-length", length)?;
        for (name, value) in self.headers {
            headers.try_insert(name, value)?;
        }
        Ok(request)
    }
}

/// A request that says where its members stand.
pub trait Placed {
    /// Puts them there.
    fn rest(&self) -> Result<Rest, BoxError>;
}

/// Ties requests to their operations, which paths name; each is [`Placed`]. A row: the request, what is
/// answered, the operation; for an answer in pages the members that name them.
macro_rules! rest_requests {
    ($($request:ident -> $answer:ty = $operation:expr $(, pages $set:ident $get:ident)?;)+) => {$(
        impl $crate::aws::json::Wire for $request {
            type Answer = $answer;

            const OPERATION: $crate::aws::Operation = $operation;
            const HOST_PREFIX: &'static str = "";

            fn serialized(
                &self,
                _: &$crate::aws::json::Service,
            ) -> Result<$crate::aws::json::HttpRequest, $crate::aws::json::BoxError> {
                $crate::aws::json::Placed::rest(self)?.request()
            }

            fn answered(
                response: &$crate::aws::json::HttpResponse,
            ) -> Result<$answer, $crate::aws::json::OrchestratorError<$crate::aws::json::Refused>> {
                $crate::aws::json::answered(response)
            }
        }
        $(impl $crate::aws::json::PagedBody for $request {
            fn page(&mut self, token: Option<String>) {
                self.$set = token;
            }

            fn next(answer: &$answer) -> Option<&str> {
                answer.$get.as_deref()
            }
        })?
    )+};
}
pub(crate) use rest_requests;

/// What is answered: headers, and a body as it is.
#[derive(Debug)]
pub struct Answered<'r> {
    response: &'r HttpResponse,
    /// The body.
    pub body: &'r [u8],
}

impl<'r> Answered<'r> {
    /// Reads an answer, or why the service refuses.
    pub fn of(response: &'r HttpResponse) -> Result<Self, OrchestratorError<Refused>> {
        let body = response.body().bytes().unwrap_or_default();
        if response.status().is_success() {
            Ok(Self { response, body })
        } else {
            Err(refused(response, body))
        }
    }

    /// A member that is a header.
    pub fn header(&self, name: &'static str) -> Option<String> {
        self.response.headers().get(name).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stand_where_the_model_says() {
        let post = Rest::post(&["/2015-03-31/functions/", "arn:aws:lambda:f/x", "/invocations"]);
        let post = post.query("Qualifier", Some("$LATEST")).query("None", None).header("x-a", "b").body("{}");
        let request = post.request().unwrap();
        let expected = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Af%2Fx/invocations?Qualifier=%24LATEST";
        assert_eq!((request.method(), request.uri()), ("POST", expected));
        assert_eq!((request.headers().get("x-a"), request.body().bytes()), (Some("b"), Some(&b"{}"[..])));
    }
    #[test]
    fn what_is_not_in_the_path_is_in_the_body() {
        let start = Rest::post(&["/applications/", "00f", "/jobruns"]).json(&[("name", "x")]).unwrap();
        let request = start.request().unwrap();
        assert_eq!(
            (request.uri(), request.body().bytes()),
            ("/applications/00f/jobruns", Some(&b"[[\"name\",\"x\"]]"[..]))
        );
        assert_eq!(request.headers().get("content-type"), Some("application/json"));
        let list = Rest::get(&["/applications"]).query("nextToken", Some("a=")).request().unwrap();
        assert_eq!((list.method(), list.uri()), ("GET", "/applications?nextToken=a%3D"));
        assert_eq!(list.headers().get("content-type"), None);
        assert_eq!(Rest::delete(&["/applications/", "a/b"]).request().unwrap().uri(), "/applications/a%2Fb");
    }
}
