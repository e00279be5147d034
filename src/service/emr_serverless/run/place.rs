//! Where the logs of a run are: in S3, in CloudWatch, or where EMR keeps them itself.

use super::api::{Monitoring, Run};
use crate::service::console;

/// The group where none is named (Amazon EMR Serverless User Guide, "Storing logs").
const GROUP: &str = "/aws/emr-serverless";

/// Where the logs of a run are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// The folder in S3.
    pub s3: Option<String>,
    /// The group in CloudWatch, and what the streams of the driver begin with.
    pub cloudwatch: Option<(String, String)>,
}

/// Says where the logs of a run are: what it says itself goes before what its application says.
pub(super) fn places(application: &str, run: &Run, of_application: &Monitoring, driver: &str) -> Places {
    let own = run.configuration_overrides.as_ref().map(|overrides| &overrides.monitoring_configuration);
    let both = [own, Some(of_application)];
    let folder = format!("applications/{application}/jobs/{}/", run.id);
    let s3 = both.iter().flatten().find_map(|one| one.s3_monitoring_configuration.as_ref());
    let s3 = s3.and_then(|s3| s3.log_uri.as_deref());
    let cloudwatch = both.iter().flatten().find_map(|one| one.cloud_watch_logging_configuration.as_ref());
    Places {
        s3: s3.map(|uri| format!("{}/{folder}", uri.trim_end_matches('/'))),
        cloudwatch: cloudwatch.filter(|logging| logging.enabled).map(|logging| {
            let prefix = logging.log_stream_name_prefix.as_deref().unwrap_or_default();
            let group = logging.log_group_name.as_deref().unwrap_or(GROUP);
            (group.to_owned(), format!("{prefix}/{folder}{driver}"))
        }),
    }
}

impl Places {
    /// Says in lines where a person finds them.
    pub(super) fn told(&self, region: &str) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some((group, streams)) = &self.cloudwatch {
            let link = console::log_stream(region, group, &format!("{streams}/stderr"));
            lines.push(format!("its whole log: {link}"));
        }
        if let Some(s3) = &self.s3 {
            lines.push(format!("its logs are in {s3}, some minutes after its end"));
        }
        if lines.is_empty() {
            lines.push(
                "its logs are in EMR Studio for 30 days; `logs` or `log_group` puts them elsewhere too"
                    .to_owned(),
            );
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(run: &Value, application: Value) -> Places {
        let mut whole = json!({"jobRunId": "00r", "state": "RUNNING"});
        whole["configurationOverrides"] = json!({"monitoringConfiguration": run});
        let run = serde_json::from_value(whole).unwrap();
        places("00f", &run, &serde_json::from_value(application).unwrap(), "SPARK_DRIVER")
    }

    #[test]
    fn what_a_run_says_goes_before_what_its_application_says() {
        let s3 = |uri: &str| json!({"s3MonitoringConfiguration": {"logUri": uri}});
        let folder = |begin: &str| Some(format!("s3://{begin}/applications/00f/jobs/00r/"));
        assert_eq!(of(&json!({}), json!({})), Places::default());
        assert_eq!(of(&s3("s3://a/logs/"), s3("s3://b")).s3, folder("a/logs"));
        assert_eq!(of(&json!({}), s3("s3://b")).s3, folder("b"));
        let logging = |more: Value| json!({"cloudWatchLoggingConfiguration": more});
        let streams = "/applications/00f/jobs/00r/SPARK_DRIVER";
        assert_eq!(
            of(&logging(json!({"enabled": true})), json!({})).cloudwatch,
            Some(("/aws/emr-serverless".to_owned(), streams.to_owned()))
        );
        let named = json!({"enabled": true, "logGroupName": "/emr/etl", "logStreamNamePrefix": "p"});
        let place = Some(("/emr/etl".to_owned(), format!("p{streams}")));
        assert_eq!(of(&json!({}), logging(named.clone())).cloudwatch, place);
        assert_eq!(of(&logging(json!({"enabled": false})), logging(named)).cloudwatch, None);
    }

    #[test]
    fn somebody_finds_them() {
        let told = Places { s3: Some("s3://a/b/".to_owned()), cloudwatch: None }.told("eu-west-1");
        assert_eq!(told, ["its logs are in s3://a/b/, some minutes after its end"]);
        assert!(Places::default().told("eu-west-1")[0].contains("EMR Studio"));
    }
}
