//! A run on an application of EMR Serverless, as the plan keeps it, its calls, and what they need.

use super::application::Application;
use crate::service::arn::{Condition, Resource};
use crate::service::call::{Call, Caller, On, Touched, When, call, operations, right, touched, wanted};
use crate::service::console::base;
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::failure::{Codes, Kind};
use crate::service::logs::{self, GET_LOG_EVENTS};
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Members, Output, SECONDS, URL, known, perhaps};
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use crate::template::Template;
use serde::{Deserialize, Serialize};

/// Runs Spark or Hive on an application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunEmrServerless {
    /// The application.
    pub application: Application,
    /// The role that it runs as, an ARN.
    pub role: String,
    /// What it runs.
    pub driver: Driver,
    /// The folder in S3 for its logs, beside where the application has them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub logs: Option<Template>,
    /// The log group for the lines of its driver.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub log_group: Option<String>,
    /// How many minutes it may run, where that is not as the service has it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub timeout_minutes: Option<u32>,
}

/// What is run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Driver {
    /// `spark-submit`.
    Spark {
        /// The script or the jar.
        entry_point: Template,
        /// What it is given.
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        arguments: Vec<Template>,
        /// Options that stand before it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        parameters: Option<Template>,
    },
    /// `hive`.
    Hive {
        /// The file of the query, in S3.
        query_file: Template,
        /// The file of what comes before it.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        init_file: Option<Template>,
        /// Options of the command.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        parameters: Option<Template>,
    },
}

/// How long these may be (`EntryPointPath`, `SparkSubmitParameters`, `Query` and `InitScriptPath` in the service's model).
pub const LONGEST_ENTRY_POINT: usize = 4_096;
/// Options of Spark and of Hive.
pub const LONGEST_PARAMETERS: usize = 102_400;
/// The address of a query.
pub const LONGEST_QUERY: usize = 10_280;
/// The address of what comes before it.
pub const LONGEST_INIT_FILE: usize = 256;

/// Codes that only this service has. A quota is refused as payment is asked for: 402.
const CODES: Codes = &[("ServiceQuotaExceededException", Kind::Busy)];

/// A role is handed to EMR Serverless alone.
const TO_EMR: Condition = Condition { key: "iam:PassedToService", value: "emr-serverless.amazonaws.com" };

operations! {
    codes CODES;

    /// Asks for the end of a run; the runner repeats it within the little time that it has.
    CANCEL_JOB_RUN = "emr-serverless:CancelJobRun" Repeatable Never [right("emr-serverless:CancelJobRun", On::Read)];
    /// Looks at an application.
    GET_APPLICATION = "emr-serverless:GetApplication" Repeatable Usual [right("emr-serverless:GetApplication", On::Itself)];
    /// Looks at a run.
    GET_JOB_RUN = "emr-serverless:GetJobRun" Repeatable Usual [right("emr-serverless:GetJobRun", On::Read)];
    /// Lists applications: their ARNs have the id.
    LIST_APPLICATIONS = "emr-serverless:ListApplications" Repeatable Usual [
        right("emr-serverless:ListApplications", On::Anything)
    ];
    /// Lists the runs of an application.
    LIST_JOB_RUNS = "emr-serverless:ListJobRuns" Repeatable Usual [right("emr-serverless:ListJobRuns", On::Itself)];
    /// Starts an application; one that is started stays so.
    START_APPLICATION = "emr-serverless:StartApplication" Repeatable Usual [
        right("emr-serverless:StartApplication", On::Itself)
    ];
    /// Starts a run; one of a token that is known is given again.
    START_JOB_RUN = "emr-serverless:StartJobRun" Starts Never [
        right("emr-serverless:StartJobRun", On::Itself), right("iam:PassRole", On::Role).under(TO_EMR)
    ];
}

/// What it gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    known("application", Form::Text, "the id of the application"),
    perhaps("release", Form::Text, "the release of EMR that it ran on"),
    perhaps("logs", Form::Text, "the folder in S3 of its logs"),
    perhaps("vcpu_hours", Form::Number, "hours of processors that it is billed"),
    perhaps("memory_gb_hours", Form::Number, "hours of gigabytes of memory that it is billed"),
    perhaps("storage_gb_hours", Form::Number, "hours of gigabytes of storage that it is billed"),
];

/// Each worker is billed for a minute at least (Amazon EMR pricing).
const fn of(unit: Unit, output: &'static str) -> Billed {
    Billed { unit, measured: Measured::Output(output), least: 60 }
}

const BILLED: &[Billed] = &[
    of(Unit::ServerlessCpuHours, "vcpu_hours"),
    of(Unit::ServerlessMemoryHours, "memory_gb_hours"),
    of(Unit::ServerlessStorageHours, "storage_gb_hours"),
];

impl RunEmrServerless {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in.
    pub fn billed(&self) -> &'static [Billed] {
        BILLED
    }
}

impl Members for RunEmrServerless {}

impl Shown for RunEmrServerless {}

impl Caller for RunEmrServerless {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[
            call(START_JOB_RUN),
            call(GET_JOB_RUN),
            call(LIST_JOB_RUNS),
            call(CANCEL_JOB_RUN),
            call(GET_APPLICATION),
            Call {
                operation: START_APPLICATION,
                when: When::Perhaps("when the application does not start by itself"),
            },
            Call { operation: LIST_APPLICATIONS, when: When::Planned("when `application` is no id") },
            wanted(
                GET_LOG_EVENTS,
                "for its log, where it goes to CloudWatch; without it there is a warning and no log",
            ),
        ];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Itself => touched("the application", self.application.itself()),
            On::Read => touched("its runs", self.application.runs()),
            On::Anything if self.application.id().is_none() => {
                touched("all applications", Resource::Anything)
            }
            On::Role => touched("the role that it runs as", Resource::role(&self.role)),
            On::Log => touched("its log group", self.log()),
            _ => Vec::new(),
        }
    }
}

impl RunEmrServerless {
    /// The log group of the step, or the application's.
    pub(super) fn log(&self) -> Resource {
        logs::streams(self.log_group.as_deref())
    }
}

/// Links to the applications in the console. What a run looks like is shown by EMR Studio, whose address nobody can tell
/// beforehand; the link to its user interface that EMR gives is good for an hour.
pub fn place(region: &str) -> String {
    format!("{}/emr/home?region={region}#/serverless", base(region))
}

/// The heading of what whoever runs it must be allowed.
pub const RIGHTS: Heading = Heading::new("`emr_serverless`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let run = RunEmrServerless {
        application: Application::default(),
        role: "ROLE".to_owned(),
        driver: Driver::Spark { entry_point: Template::text(""), arguments: Vec::new(), parameters: None },
        logs: None,
        log_group: None,
        timeout_minutes: None,
    };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&run]).billed(BILLED)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_of_its_application() {
        let job: RunEmrServerless = serde_json::from_str(
            r#"{"application": "00fkm6vigfuq6215", "role": "arn:aws:iam::111122223333:role/emr",
                "driver": {"type": "spark", "entry_point": "s3://b/x.py"}, "log_group": "/emr/etl"}"#,
        )
        .unwrap();
        let needs: Vec<String> =
            job.needs().iter().map(|need| format!("{} {}", need.action, need.resource)).collect();
        let application = "arn:aws:emr-serverless:REGION:ACCOUNT:/applications/00fkm6vigfuq6215";
        let runs = format!("{application}/jobruns/*");
        assert_eq!(
            needs,
            [
                format!("emr-serverless:StartJobRun {application}"),
                "iam:PassRole arn:aws:iam::111122223333:role/emr".to_owned(),
                format!("emr-serverless:GetJobRun {runs}"),
                format!("emr-serverless:ListJobRuns {application}"),
                format!("emr-serverless:CancelJobRun {runs}"),
                format!("emr-serverless:GetApplication {application}"),
                format!("emr-serverless:StartApplication {application}"),
                "logs:GetLogEvents arn:aws:logs:REGION:ACCOUNT:log-group:/emr/etl:*".to_owned(),
            ]
        );
    }
}
