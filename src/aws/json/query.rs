//! AWS's Query protocol, of the older services: a form names the operation, and the answer is XML.

use super::answer::Refused;
use crate::service::console::encode;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_xml::decode::{Document, ScopedDecoder, XmlDecodeError, try_data};
use std::collections::BTreeMap;

/// The members of an element, of those that are text: `ClusterStatus` is `paused`.
pub type Texts = BTreeMap<String, String>;

/// Makes the request of an operation, of which the service's version and the members are told.
pub fn form(action: &str, version: &str, members: &[(&str, &str)]) -> Result<HttpRequest, BoxError> {
    let mut body = format!("Action={}&Version={}", encode(action), encode(version));
    for (name, value) in members {
        body.push_str(&format!("&{}={}", encode(name), encode(value)));
    }
    let length = body.len().to_string();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri("/")?;
    let headers = request.headers_mut();
    headers.try_insert("content-type", "application/x-www-form-urlencoded")?;
    headers.try_insert("content-length", length)?;
    Ok(request)
}

/// Reads what stands at a path below the root of an answer: the first such element's members; none where there is none. An
/// answer that cannot be read is none: what became of the call is not known.
pub fn texts(response: &HttpResponse, path: &[&str]) -> Result<Option<Texts>, OrchestratorError<Refused>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return at(body, path).map_err(OrchestratorError::other);
    }
    // What is no XML, such as the page of a proxy, tells nothing.
    let error = at(body, &["Error"]).ok().flatten().unwrap_or_default();
    let mut refusal = ErrorMetadata::builder();
    if let Some(code) = error.get("Code") {
        refusal = refusal.code(code);
    }
    if let Some(message) = error.get("Message") {
        refusal = refusal.message(message);
    }
    Err(OrchestratorError::operation(Refused::of(refusal.build())))
}

fn at(body: &[u8], path: &[&str]) -> Result<Option<Texts>, XmlDecodeError> {
    let mut document = Document::try_from(body)?;
    let mut root = document.root_element()?;
    Ok(below(&mut root, path))
}

fn below(element: &mut ScopedDecoder<'_, '_>, path: &[&str]) -> Option<Texts> {
    let Some((first, rest)) = path.split_first() else { return Some(members(element)) };
    while let Some(mut inside) = element.next_tag() {
        if inside.start_el().matches(first) {
            return below(&mut inside, rest);
        }
    }
    None
}

fn members(element: &mut ScopedDecoder<'_, '_>) -> Texts {
    let mut texts = Texts::new();
    while let Some(mut inside) = element.next_tag() {
        let name = inside.start_el().local().to_owned();
        // What has elements in it is no text.
        if let Ok(text) = try_data(&mut inside) {
            texts.insert(name, text.into_owned());
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<?xml version="1.0"?>
        <DescribeClustersResponse xmlns="http://redshift.amazonaws.com/doc/2012-12-01/">
          <DescribeClustersResult>
            <Marker/>
            <Clusters>
              <Cluster>
                <Endpoint><Address>reports.abc</Address><Port>5439</Port></Endpoint>
                <ClusterStatus>available, resize-cleanup</ClusterStatus>
                <NumberOfNodes>2</NumberOfNodes>
                <DBName>a &amp; b</DBName>
              </Cluster>
              <Cluster><ClusterStatus>paused</ClusterStatus></Cluster>
            </Clusters>
          </DescribeClustersResult>
          <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
        </DescribeClustersResponse>"#;

    #[test]
    fn members_are_read_where_they_stand() {
        let found =
            at(ANSWER.as_bytes(), &["DescribeClustersResult", "Clusters", "Cluster"]).unwrap().unwrap();
        let found: Vec<(&str, &str)> =
            found.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(
            found,
            [("ClusterStatus", "available, resize-cleanup"), ("DBName", "a & b"), ("NumberOfNodes", "2")]
        );
        assert_eq!(at(ANSWER.as_bytes(), &["PauseClusterResult", "Cluster"]).unwrap(), None);
        for broken in ["", "<html><br></html", "{}"] {
            assert!(!matches!(at(broken.as_bytes(), &["b"]), Ok(Some(_))), "{broken}");
        }
    }

    #[test]
    fn a_form_tells_what_is_asked() {
        let request = form("ResizeCluster", "2012-12-01", &[("ClusterIdentifier", "a&b c")]).unwrap();
        let body = request.body().bytes().unwrap();
        assert_eq!(body, b"Action=ResizeCluster&Version=2012-12-01&ClusterIdentifier=a%26b%20c");
    }
}
