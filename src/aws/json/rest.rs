//! AWS's REST protocol with JSON: the path names the operation, members are in path, query and headers, and the body may be
//! one member as it is.

use super::answer::{Refused, refused};
use crate::service::console::encode;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;

/// A request whose body is one member.
#[derive(Debug)]
pub struct Post {
    uri: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Post {
    /// Begins one: parts of a path, of which every second one is a member.
    pub fn to(parts: &[&str]) -> Self {
        let mut uri = String::new();
        for (n, part) in parts.iter().enumerate() {
            uri.push_str(&if n.is_multiple_of(2) { (*part).to_owned() } else { encode(part) });
        }
        Self { uri, headers: Vec::new(), body: Vec::new() }
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

    /// Takes the body.
    #[must_use]
    pub fn body(self, body: &str) -> Self {
        Self { body: body.as_bytes().to_vec(), ..self }
    }

    /// Makes the request of it.
    pub fn request(self) -> Result<HttpRequest, BoxError> {
        let length = self.body.len().to_string();
        let mut request = HttpRequest::new(SdkBody::from(self.body));
        request.set_method("POST")?;
        request.set_uri(self.uri)?;
        let headers = request.headers_mut();
        headers.try_insert("content-type", "application/octet-stream")?;
        headers.try_insert("content-length", length)?;
        for (name, value) in self.headers {
            headers.try_insert(name, value)?;
        }
        Ok(request)
    }
}

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
        let post = Post::to(&["/2015-03-31/functions/", "arn:aws:lambda:f/x", "/invocations"]);
        let post = post.query("Qualifier", Some("$LATEST")).query("None", None).header("x-a", "b").body("{}");
        let request = post.request().unwrap();
        let expected = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Af%2Fx/invocations?Qualifier=%24LATEST";
        assert_eq!((request.method(), request.uri()), ("POST", expected));
        assert_eq!((request.headers().get("x-a"), request.body().bytes()), (Some("b"), Some(&b"{}"[..])));
    }
}
