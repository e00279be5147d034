//! CloudWatch's logs of jobs: the calls.

use super::call::{On, operations, right};

operations! {
    codes &[];

    /// Reads the events of streams that hold a text.
    FILTER_LOG_EVENTS = "logs:FilterLogEvents" Repeatable Usual [right("logs:FilterLogEvents", On::Log)];
    /// Reads the events of a stream.
    GET_LOG_EVENTS = "logs:GetLogEvents" Repeatable Usual [right("logs:GetLogEvents", On::Log)];
}
