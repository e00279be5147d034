//! What goes wrong at one request.

use super::case::Request;
use serde_json::{Value, json};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    KilledBefore,
    KilledAfter,
    LostBefore,
    LostAfter,
    Error,
    ErrorAfter,
    Unavailable,
    Throttled,
    TimedOut,
}

impl Fault {
    pub(super) const ALL: [Self; 9] = [
        Self::KilledBefore,
        Self::KilledAfter,
        Self::LostBefore,
        Self::LostAfter,
        Self::Error,
        Self::ErrorAfter,
        Self::Unavailable,
        Self::Throttled,
        Self::TimedOut,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::KilledBefore => "killed before",
            Self::KilledAfter => "killed after",
            Self::LostBefore => "reset before",
            Self::LostAfter => "reset after",
            Self::Error => "500 before",
            Self::ErrorAfter => "500 after",
            Self::Unavailable => "503",
            Self::Throttled => "throttled",
            Self::TimedOut => "timed out",
        }
    }

    /// Says whether it is of interest: whether a request that only reads has been done tells nothing.
    pub(super) fn is_for(self, request: &Request) -> bool {
        request.starts || !matches!(self, Self::LostBefore | Self::ErrorAfter)
    }

    /// Says whether somebody kills the worker while its request hangs.
    pub(super) fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter)
    }

    /// The lab's rule for it.
    pub(super) fn rule(self, request: &Request, access_key: &str) -> Value {
        let mut rule = json!({
            "service": request.service, "operation": request.operation,
            "access_key": access_key, "skip": request.nth,
        });
        let s3 = request.service == "s3";
        let internal = match request.service.as_str() {
            "s3" => "InternalError",
            "glue" => "InternalServiceException",
            _ => "InternalServerException",
        };
        let (kind, what) = match self {
            Self::KilledBefore => ("hang", json!("before")),
            Self::KilledAfter | Self::TimedOut => ("hang", json!("after")),
            Self::LostBefore => ("drop", json!("before")),
            Self::LostAfter => ("drop", json!("after")),
            Self::Error => ("error", json!({ "code": internal, "http": 500 })),
            Self::ErrorAfter => ("error", json!({ "code": internal, "http": 500, "after": true })),
            Self::Unavailable => ("error", json!({ "code": "ServiceUnavailable", "http": 503 })),
            Self::Throttled if s3 => ("error", json!({ "code": "SlowDown", "http": 503 })),
            Self::Throttled => ("error", json!({ "code": "ThrottlingException", "http": 400 })),
        };
        rule[kind] = what;
        rule
    }
}
