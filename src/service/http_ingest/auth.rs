//! How an API knows who asks: where the secrets are kept, and where in a request they stand.

use serde::{Deserialize, Serialize};

/// A value that Secrets Manager keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The secret's name or ARN.
    pub from: String,
    /// The member of its JSON; all of its text when absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub member: Option<String>,
}

/// How an API knows who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Auth {
    /// A user with a password (RFC 7617).
    Basic {
        /// The user.
        user: Stored,
        /// The password.
        password: Stored,
    },
    /// A token in the header `Authorization` (RFC 6750).
    Bearer {
        /// The token.
        value: Stored,
    },
    /// A header of its own, such as `X-Api-Key`.
    Header {
        /// The header.
        name: String,
        /// Its value.
        value: Stored,
        /// What stands before the value.
        #[serde(skip_serializing_if = "String::is_empty", default)]
        prefix: String,
    },
    /// A parameter of the query.
    Query {
        /// The parameter.
        name: String,
        /// Its value.
        value: Stored,
    },
    /// A token that a server gives for a client's credentials (RFC 6749, 4.4).
    Oauth2(Oauth2),
}

/// Whom a token is asked for, and with what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oauth2 {
    /// Where tokens are given.
    pub url: String,
    /// The client's id.
    pub client: Stored,
    /// The client's secret.
    pub client_secret: Stored,
    /// What the token is to be good for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scope: Option<String>,
    /// Whom it is for, where the server asks that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub audience: Option<String>,
    /// The client's credentials stand in the body, and not in the header `Authorization`.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub in_body: bool,
}

impl Auth {
    /// The values that are kept for it.
    pub fn stored(&self) -> Vec<&Stored> {
        match self {
            Self::Basic { user, password } => vec![user, password],
            Self::Bearer { value } | Self::Header { value, .. } | Self::Query { value, .. } => vec![value],
            Self::Oauth2(oauth) => vec![&oauth.client, &oauth.client_secret],
        }
    }

    /// The parameter of the query in which a secret stands.
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Query { name, .. } => Some(name),
            Self::Basic { .. } | Self::Bearer { .. } | Self::Header { .. } | Self::Oauth2(_) => None,
        }
    }
}
