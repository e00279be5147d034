//! CloudWatch's logs of jobs: the calls.

use super::arn::{Part, Resource};
use super::call::{On, operations, right};

operations! {
    codes &[];

    /// Reads the events of streams that hold a text.
    FILTER_LOG_EVENTS = "logs:FilterLogEvents" Repeatable Usual [right("logs:FilterLogEvents", On::Log)];
    /// Reads the events of a stream.
    GET_LOG_EVENTS = "logs:GetLogEvents" Repeatable Usual [right("logs:GetLogEvents", On::Log)];
}

/// The streams of a log group, or those of all.
pub(super) fn streams(group: Option<&str>) -> Resource {
    let group = match group {
        Some(group) => vec![Part::Name(group.to_owned()), Part::Fixed(":"), Part::Any],
        None => vec![Part::Any],
    };
    Resource::regional("logs", [vec![Part::Fixed("log-group:")], group].concat())
}
