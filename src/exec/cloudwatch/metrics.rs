//! Metrics of a job that is over: one value for each, over all of its time.

use crate::aws::json::{Client, Service, json_requests};
use crate::aws::{self, AwsError};
use crate::service::metrics;
use aws_config::SdkConfig;
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

/// As its model says (2010-08-01); JSON is one of its protocols.
const CLOUDWATCH: Service =
    Service { id: "CloudWatch", name: "monitoring", target: "GraniteServiceVersion20100801", version: "1.0" };

/// Periods are multiples of it, in seconds.
const MINUTE: u64 = 60;

json_requests! {
    GetMetricData -> Data = metrics::GET_METRIC_DATA;
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetMetricData {
    metric_data_queries: Vec<Query>,
    /// Seconds since 1970.
    start_time: u64,
    end_time: u64,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Query {
    id: String,
    metric_stat: MetricStat,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricStat {
    metric: Named,
    /// Seconds.
    period: u64,
    stat: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    namespace: &'static str,
    metric_name: &'static str,
    dimensions: Vec<Dimension>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Dimension {
    name: &'static str,
    value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Data {
    metric_data_results: Vec<Values>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Values {
    id: String,
    values: Vec<f64>,
}

/// How values of a metric make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// The greatest.
    Most,
    /// All together: each is what was added since the one before.
    Sum,
}

/// A metric.
#[derive(Clone, Debug)]
pub(crate) struct Metric {
    /// Its namespace: `Glue`.
    pub(crate) namespace: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// What else it is known by.
    pub(crate) dimensions: Vec<(&'static str, String)>,
    /// How its values make one.
    pub(crate) over: Over,
}

/// CloudWatch's metrics, as its callers see them.
#[derive(Clone, Debug)]
pub(crate) struct Metrics(Client);

impl Metrics {
    /// Makes a client. Sends nothing.
    pub(crate) fn new(config: &SdkConfig) -> Self {
        Self(Client::new(config, &CLOUDWATCH))
    }

    /// Reads one value of each, over a span of time; nothing of what has none.
    pub(crate) async fn over(
        &self,
        metrics: &[Metric],
        from: SystemTime,
        to: SystemTime,
    ) -> Result<Vec<Option<f64>>, AwsError> {
        let data = aws::send(self.0.request(asked(metrics, from, to))).await?;
        let value = |(n, metric): (usize, &Metric)| {
            let of_it = data.metric_data_results.iter().filter(|result| result.id == id(n));
            let values = of_it.flat_map(|result| result.values.iter().copied());
            match metric.over {
                Over::Most => values.reduce(f64::max),
                Over::Sum => values.reduce(|sum, value| sum + value),
            }
        };
        Ok(metrics.iter().enumerate().map(value).collect())
    }
}

fn id(n: usize) -> String {
    format!("m{n}")
}

/// Asks for as few values as there can be: one or two periods cover the span, from the minute in which it begins.
fn asked(metrics: &[Metric], from: SystemTime, to: SystemTime) -> GetMetricData {
    let seconds =
        |at: SystemTime| at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let start = seconds(from) / MINUTE * MINUTE;
    let span = (seconds(to).saturating_sub(start) / MINUTE + 1) * MINUTE;
    let query = |(n, metric): (usize, &Metric)| Query {
        id: id(n),
        metric_stat: MetricStat {
            metric: Named {
                namespace: metric.namespace,
                metric_name: metric.name,
                dimensions: metric
                    .dimensions
                    .iter()
                    .map(|(name, value)| Dimension { name, value: value.clone() })
                    .collect(),
            },
            period: span,
            stat: match metric.over {
                Over::Most => "Maximum",
                Over::Sum => "Sum",
            },
        },
    };
    GetMetricData {
        metric_data_queries: metrics.iter().enumerate().map(query).collect(),
        start_time: start,
        end_time: start + span,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_period_covers_all() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let metric = Metric {
            namespace: "Glue",
            name: "glue.ALL.jvm.heap.usage",
            dimensions: vec![("Type", "gauge".to_owned())],
            over: Over::Most,
        };
        for (from, to, start, period) in [(119, 121, 60, 120), (120, 120, 120, 60), (0, 3_600, 0, 3_660)] {
            let request =
                serde_json::to_value(asked(std::slice::from_ref(&metric), at(from), at(to))).unwrap();
            assert_eq!(
                request,
                json!({
                    "MetricDataQueries": [{ "Id": "m0", "MetricStat": {
                        "Metric": {
                            "Namespace": "Glue", "MetricName": "glue.ALL.jvm.heap.usage",
                            "Dimensions": [{ "Name": "Type", "Value": "gauge" }],
                        },
                        "Period": period, "Stat": "Maximum",
                    } }],
                    "StartTime": start, "EndTime": start + period,
                })
            );
        }
    }
}
