//! CloudWatch's metrics of jobs: the calls.

use super::call::{On, operations, right};

operations! {
    codes &[];

    /// Reads values of metrics. CloudWatch has no rights for single ones (Service Authorization Reference).
    GET_METRIC_DATA = "cloudwatch:GetMetricData" Repeatable Usual [right("cloudwatch:GetMetricData", On::Anything)];
}
