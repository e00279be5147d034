//! The permissions that callers of AWS need: what `docs/permissions.md` is made from.
//!
//! Each row names actions of IAM. A test holds them to the table of calls ([`super::operation`]): no call needs
//! an action that is not here, and none is here that no call needs, but for those that AWS itself asks for on
//! the way (keys, secrets, credentials of a database). The tests' emulation of AWS reads the page and refuses
//! what it does not list.

use std::fmt::Write as _;

/// Who calls, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A worker that waits for files.
    Wait,
    /// A worker that runs a crawler.
    Crawler,
    /// A worker that runs a Glue job.
    GlueJob,
    /// A worker that runs SQL or checks.
    Sql,
    /// A worker that loads files; it runs SQL as well.
    Load,
    /// A worker that tells of a failed task.
    Notifier,
    /// Who publishes.
    Publisher,
}

/// Actions, on what, and when they are needed.
#[derive(Clone, Copy, Debug)]
pub struct Right {
    /// Who needs it.
    pub caller: Caller,
    /// The actions: `glue:StartJobRun`.
    pub actions: &'static [&'static str],
    /// The resource.
    pub on: &'static str,
    /// Its ARN in a policy, with what differs in capitals; `*` where AWS takes no other.
    pub resources: &'static [&'static str],
    /// When it is needed; empty for always.
    pub when: &'static str,
}

const fn right(
    caller: Caller,
    actions: &'static [&'static str],
    on: (&'static str, &'static [&'static str]),
    when: &'static str,
) -> Right {
    let (on, resources) = on;
    Right { caller, actions, on, resources, when }
}

const ANY: &[&str] = &["*"];
const BUCKET: &[&str] = &["arn:aws:s3:::BUCKET"];
const JOB: &[&str] = &["arn:aws:glue:REGION:ACCOUNT:job/JOB"];
const CRAWLER: &[&str] = &["arn:aws:glue:REGION:ACCOUNT:crawler/CRAWLER"];
const KEY: &[&str] = &["arn:aws:kms:REGION:ACCOUNT:key/KEY"];
/// The last part of a workgroup's ARN is not its name.
const WORKGROUP: &[&str] = &["arn:aws:redshift-serverless:REGION:ACCOUNT:workgroup/ID"];

/// All permissions.
pub const RIGHTS: &[Right] = &[
    right(Caller::Wait, &["s3:ListBucket"], ("the bucket of the files", BUCKET), ""),
    right(
        Caller::Crawler,
        &["glue:StartCrawler", "glue:GetCrawler", "glue:StopCrawler"],
        ("the crawler", CRAWLER),
        "",
    ),
    right(Caller::Crawler, &["glue:ListCrawls"], ("all crawlers", ANY), ""),
    right(
        Caller::Crawler,
        &["logs:FilterLogEvents"],
        (
            "the log group `/aws-glue/crawlers`",
            &["arn:aws:logs:REGION:ACCOUNT:log-group:/aws-glue/crawlers:*"],
        ),
        "for the crawler's log; without it there is a warning and no log",
    ),
    right(
        Caller::GlueJob,
        &["glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"],
        ("the job", JOB),
        "",
    ),
    right(
        Caller::GlueJob,
        &["glue:GetJob"],
        ("the job", JOB),
        "for how often Glue retries it, and how many runs it takes at a time; without it the longest time is waited",
    ),
    right(
        Caller::GlueJob,
        &["logs:GetLogEvents"],
        ("the log groups `/aws-glue/jobs/*`", &["arn:aws:logs:REGION:ACCOUNT:log-group:/aws-glue/jobs/*"]),
        "for the run's log; without it there is a warning and no log",
    ),
    right(
        Caller::Sql,
        &["redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement"],
        (
            "the workgroup or cluster",
            &[
                "arn:aws:redshift-serverless:REGION:ACCOUNT:workgroup/ID",
                "arn:aws:redshift:REGION:ACCOUNT:cluster:CLUSTER",
            ],
        ),
        "",
    ),
    right(
        Caller::Sql,
        &[
            "redshift-data:DescribeStatement",
            "redshift-data:GetStatementResult",
            "redshift-data:ListStatements",
            "redshift-data:CancelStatement",
        ],
        ("all statements", ANY),
        "",
    ),
    right(
        Caller::Sql,
        &["redshift-serverless:GetCredentials"],
        ("the workgroup", WORKGROUP),
        "when the connection has a `workgroup` and no `secret`",
    ),
    right(
        Caller::Sql,
        &["redshift:GetClusterCredentialsWithIAM"],
        ("the cluster's database", &["arn:aws:redshift:REGION:ACCOUNT:dbname:CLUSTER/DATABASE"]),
        "when it has a `cluster`, and neither `db_user` nor `secret`",
    ),
    right(
        Caller::Sql,
        &["redshift:GetClusterCredentials"],
        (
            "the cluster's database user and database",
            &[
                "arn:aws:redshift:REGION:ACCOUNT:dbuser:CLUSTER/USER",
                "arn:aws:redshift:REGION:ACCOUNT:dbname:CLUSTER/DATABASE",
            ],
        ),
        "when it has a `cluster` and a `db_user`",
    ),
    right(
        Caller::Sql,
        &["secretsmanager:GetSecretValue"],
        ("the secret", &["arn:aws:secretsmanager:REGION:ACCOUNT:secret:SECRET"]),
        "when it has a `secret`",
    ),
    right(Caller::Load, &["s3:ListBucket"], ("the bucket of the files", BUCKET), ""),
    right(
        Caller::Load,
        &["s3:PutObject"],
        ("the manifests: `staging`", &["arn:aws:s3:::BUCKET/STAGING*"]),
        "",
    ),
    right(
        Caller::Load,
        &["kms:GenerateDataKey"],
        ("the key", KEY),
        "when the bucket of the manifests encrypts with a KMS key",
    ),
    right(Caller::Notifier, &["sns:Publish"], ("the topic", &["arn:aws:sns:REGION:ACCOUNT:TOPIC"]), ""),
    right(
        Caller::Publisher,
        &["s3:ListBucket"],
        ("the buckets of the DAG folder and of Glue's assets", BUCKET),
        "",
    ),
    right(
        Caller::Publisher,
        &["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        ("the DAG folder and Glue's assets", &["arn:aws:s3:::BUCKET/FOLDER*"]),
        "",
    ),
    right(
        Caller::Publisher,
        &["kms:GenerateDataKey", "kms:Decrypt"],
        ("the key", KEY),
        "when objects are encrypted with a KMS key",
    ),
    right(
        Caller::Publisher,
        &["airflow:GetEnvironment"],
        ("the environment", &["arn:aws:airflow:REGION:ACCOUNT:environment/ENVIRONMENT"]),
        "when `mwaa` names it",
    ),
    right(
        Caller::Publisher,
        &["glue:GetJob", "glue:UpdateJob"],
        ("the jobs", JOB),
        "when a step has a `script`",
    ),
    right(Caller::Publisher, &["glue:CreateJob"], ("all jobs", ANY), "when a step has a `script`"),
    right(
        Caller::Publisher,
        &["glue:GetCrawler", "glue:UpdateCrawler"],
        ("the crawlers", CRAWLER),
        "when a `glue_crawler` has a `from` or a `path`",
    ),
    right(
        Caller::Publisher,
        &["glue:CreateCrawler"],
        ("all crawlers", ANY),
        "when a `glue_crawler` has a `from` or a `path`",
    ),
    right(
        Caller::Publisher,
        &["iam:PassRole"],
        ("Glue's role", &["arn:aws:iam::ACCOUNT:role/ROLE"]),
        "when jobs or crawlers are made or changed",
    ),
];

impl Caller {
    const ALL: [Self; 7] =
        [Self::Wait, Self::Crawler, Self::GlueJob, Self::Sql, Self::Load, Self::Notifier, Self::Publisher];

    /// Returns the heading of its table.
    fn heading(self) -> &'static str {
        match self {
            Self::Wait => "`wait` of a source",
            Self::Crawler => "`glue_crawler`",
            Self::GlueJob => "`glue_job`",
            Self::Sql => "`redshift_sql` and `sql_check`",
            Self::Load => "`redshift_copy`",
            Self::Notifier => "`on_failure`",
            Self::Publisher => "`dagc publish`",
        }
    }

    /// Says what else is needed.
    fn note(self) -> &'static str {
        match self {
            Self::Load => "Those of `redshift_sql`, and:",
            Self::Wait | Self::Crawler | Self::GlueJob | Self::Sql | Self::Notifier | Self::Publisher => "",
        }
    }

    /// Returns the permissions of this caller.
    pub fn rights(self) -> impl Iterator<Item = &'static Right> {
        let is_its =
            move |right: &&Right| right.caller == self || (self == Self::Load && right.caller == Self::Sql);
        RIGHTS.iter().filter(is_its)
    }
}

/// Writes the page about permissions, in Markdown.
pub fn page() -> String {
    let mut page = String::from(
        "# Permissions\n\n\
         Made by `dagc schema permissions` from the calls in the code; the emulation of AWS that the tests run \
         against refuses\nwhat is not listed here, and what is listed where the resource is another.\n\n\
         In a resource, words in capitals stand for yours. No condition of a policy is needed; those that AWS has may \
         narrow\nthe permissions further, such as `iam:PassedToService` with `glue.amazonaws.com` for `iam:PassRole`. A bucket\nthat encrypts with a KMS key asks for `kms:GenerateDataKey` on that key of whoever writes to it, and for \
         `kms:Decrypt`\nof whoever reads.\n\n\
         ## The workers\n\n\
         The execution role of the MWAA environment, beside what MWAA itself asks for, by what its pipelines do.\n",
    );
    for caller in Caller::ALL {
        match caller {
            Caller::Publisher => page.push_str("\n## The publisher\n\nWho runs `dagc publish`.\n"),
            Caller::Wait
            | Caller::Crawler
            | Caller::GlueJob
            | Caller::Sql
            | Caller::Load
            | Caller::Notifier => {}
        }
        let _ = write!(page, "\n### {}\n\n", caller.heading());
        if !caller.note().is_empty() {
            let _ = write!(page, "{}\n\n", caller.note());
        }
        page.push_str("| action | on | resource | when |\n| --- | --- | --- | --- |\n");
        for right in RIGHTS.iter().filter(|right| right.caller == caller) {
            let resources =
                right.resources.iter().map(|arn| format!("`{arn}`")).collect::<Vec<_>>().join(", ");
            for action in right.actions {
                let _ = writeln!(page, "| `{action}` | {} | {resources} | {} |", right.on, right.when);
            }
        }
    }
    page.push_str(
        "\nCOPY itself reads S3 with the role of the connection's `copy_role`, and Glue's jobs and crawlers with \
         theirs.\n",
    );
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::operation::OPERATIONS;
    use std::collections::BTreeSet;

    /// What AWS asks for on the way of another call.
    const ON_THE_WAY: &[&str] = &[
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "redshift-serverless:GetCredentials",
        "redshift:GetClusterCredentials",
        "redshift:GetClusterCredentialsWithIAM",
        "secretsmanager:GetSecretValue",
        // The support module calls it, with boto3.
        "sns:Publish",
    ];

    #[test]
    fn the_page_lists_what_the_calls_need() {
        let listed: BTreeSet<&str> = RIGHTS.iter().flat_map(|right| right.actions).copied().collect();
        let called = OPERATIONS.iter().flat_map(|operation| operation.permissions).copied();
        let needed: BTreeSet<&str> = called.chain(ON_THE_WAY.iter().copied()).collect();
        assert_eq!(listed, needed);
    }
}
