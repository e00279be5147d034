//! What the role of a run must be allowed: for what it runs and for its logs. What its code reads and writes no plan tells.
//!
//! From the Amazon EMR Serverless User Guide ("Job runtime roles", "Storing logs").

use super::job::{Driver, RunEmrServerless};
use crate::service::arn::Resource;
use crate::service::role::{Holder, Lends, Lent};
use crate::template::Template;

/// What logging to CloudWatch asks for on its group.
const LOG: &[&str] =
    &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"];

impl Lends for RunEmrServerless {
    fn lends(&self) -> Vec<Lent> {
        let lent = Lent::to(Holder::Role(self.role.clone()));
        let lent = self
            .files()
            .into_iter()
            .fold(lent, |lent, file| lent.read(&Resource::object(file), &Resource::bucket_of(file)));
        let lent = match &self.logs {
            Some(logs) => lent.write(&Resource::matching(logs), &Resource::bucket_of(logs)),
            None => lent,
        };
        let lent = match &self.log_group {
            Some(_) => {
                let lent = lent.allow("the logs", &self.log(), LOG);
                lent.allow("the log groups", &Resource::Anything, &["logs:DescribeLogGroups"])
            }
            None => lent,
        };
        let application = &self.application;
        vec![lent.unknown(format!("what its code reads and writes on the application `{application}`"))]
    }
}

impl RunEmrServerless {
    /// The files in S3 that it runs.
    fn files(&self) -> Vec<&Template> {
        let files = match &self.driver {
            Driver::Spark { entry_point, .. } => vec![entry_point],
            Driver::Hive { query_file, init_file, .. } => {
                std::iter::once(query_file).chain(init_file).collect()
            }
        };
        files.into_iter().filter(|file| file.static_prefix().starts_with("s3://")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_lent_for_what_is_run_and_for_its_logs() {
        let job: RunEmrServerless = serde_json::from_str(
            r#"{"application": "etl", "role": "emr", "driver": {"type": "hive", "query_file": "s3://code/q.sql",
                "init_file": "s3://code/i.sql"}, "logs": "s3://logs/emr/", "log_group": "/emr/etl"}"#,
        )
        .unwrap();
        let [lent] = job.lends().try_into().unwrap();
        let has = |action: &str, resource: &str| {
            lent.needs.iter().any(|need| need.action == action && need.resource.to_string() == resource)
        };
        assert!(has("s3:GetObject", "arn:aws:s3:::code/q.sql"), "{lent:?}");
        assert!(has("s3:GetObject", "arn:aws:s3:::code/i.sql"), "{lent:?}");
        assert!(has("s3:PutObject", "arn:aws:s3:::logs/emr/*"), "{lent:?}");
        assert!(has("logs:PutLogEvents", "arn:aws:logs:REGION:ACCOUNT:log-group:/emr/etl:*"), "{lent:?}");
        assert_eq!(lent.unknown.len(), 1);
    }
}
