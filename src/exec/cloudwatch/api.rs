//! The calls of CloudWatch Logs. Members that are not used are not read.

use crate::aws::json::{Client, Json, Service, json_requests};
use crate::aws::operation::Pages;
use crate::aws::{self, AwsError};
use crate::service::logs;
use aws_config::SdkConfig;
use serde::{Deserialize, Serialize};

/// As its model says (2014-03-28).
const LOGS: Service =
    Service { id: "CloudWatch Logs", name: "logs", target: "Logs_20140328", version: "1.1" };

json_requests! {
    FilterLogEvents -> Filtered = logs::FILTER_LOG_EVENTS, pages next_token next_token;
    GetLogEvents -> Page = logs::GET_LOG_EVENTS;
}

/// Asks for the events of streams that hold a text, the oldest first.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FilterLogEvents {
    pub log_group_name: String,
    pub log_stream_names: Vec<String>,
    pub filter_pattern: String,
    /// Milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Asks for the events of a stream.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetLogEvents {
    pub log_group_name: String,
    pub log_stream_name: String,
    pub start_from_head: bool,
    /// Milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Events that hold a text.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Filtered {
    pub events: Vec<Event>,
    next_token: Option<String>,
}

/// A page of a stream. One without events may have others before and behind it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Page {
    pub events: Vec<Event>,
    pub next_forward_token: Option<String>,
    pub next_backward_token: Option<String>,
}

/// A line.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub message: String,
}

/// CloudWatch Logs, as its callers see them; cheap to copy.
#[derive(Clone, Debug)]
pub(crate) struct Logs(Client);

impl Logs {
    /// Makes a client. Sends nothing.
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config, &LOGS))
    }

    /// Reads a page of a stream.
    pub(super) async fn page(&self, request: GetLogEvents) -> Result<Page, AwsError> {
        aws::send(self.0.request(request)).await
    }

    /// Begins to read what holds a text, page by page.
    pub(super) fn filtered(&self, request: FilterLogEvents) -> Pages<Json<FilterLogEvents>> {
        aws::pages(self.0.request(request))
    }
}
