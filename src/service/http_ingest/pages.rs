//! How the next page of an answer is asked for, and what says that there is none.

use super::path::JsonPath;
use serde::{Deserialize, Serialize};

/// How the next page is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Pages {
    /// By the link `rel="next"` of the header `Link` (RFC 8288), until there is none.
    Link,
    /// By a link in the answer, until there is none.
    Next {
        /// Where it stands.
        path: JsonPath,
    },
    /// By what the answer tells, handed back; until it is missing, null, false or empty.
    Cursor {
        /// Where it stands.
        path: JsonPath,
        /// Where it is handed back.
        into: Place,
    },
    /// By the number of the page, until one is empty or short.
    Number {
        /// Where it stands.
        into: Place,
        /// The number of the first page.
        first: u64,
        /// How many records a full page has; then a page with fewer is the last.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        full: Option<u64>,
    },
    /// By how many records came before, until a page is empty or short.
    Offset {
        /// Where it stands.
        into: Place,
        /// How many records a full page has; then a page with fewer is the last.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        full: Option<u64>,
    },
}

/// Where in a request something stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A parameter of the query.
    Query(String),
    /// A member of the body.
    Body(JsonPath),
}

impl Pages {
    /// Says whether the records of a page tell whether there is another one.
    pub fn counts(&self) -> bool {
        match self {
            Self::Number { .. } | Self::Offset { .. } => true,
            Self::Link | Self::Next { .. } | Self::Cursor { .. } => false,
        }
    }

    /// Where a page is named in the request.
    pub fn into(&self) -> Option<&Place> {
        match self {
            Self::Cursor { into, .. } | Self::Number { into, .. } | Self::Offset { into, .. } => Some(into),
            Self::Link | Self::Next { .. } => None,
        }
    }
}
