//! A run of rules over a table of the Data Catalog, as the plan keeps it, its calls, and what they need.

use crate::lang::value::TableName;
use crate::service::arn::{Part, Resource};
use crate::service::call::{Call, Caller, On, Touched, When, call, operations, right, touched};
use crate::service::console::{base, encode};
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::failure::{Codes, Kind};
use crate::service::glue::TO_GLUE;
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Members, Output, SECONDS, URL, known, perhaps};
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use crate::template::Template;
use serde::{Deserialize, Serialize};

/// Evaluates rules over a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluateQuality {
    /// The table.
    pub table: TableName,
    /// The name of the ruleset.
    pub ruleset: String,
    /// The rules, in DQDL, of which the ruleset is made; none where it is there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rules: Option<String>,
    /// Which partitions are looked at.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub partitions: Option<Template>,
    /// The role that it runs as, an ARN.
    pub role: String,
    /// How many workers it has.
    pub workers: u32,
    /// How many minutes it may run, where that is not as the service has it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub timeout_minutes: Option<u32>,
}

/// How many workers a run has where nothing is said (`NumberOfWorkers` in the service's model).
pub const WORKERS: u32 = 5;

/// How many characters rules may have (`DataQualityRulesetString` in the service's model).
pub const LONGEST_RULES: usize = 65_536;

/// How many characters a name may have (`NameString` in the service's model).
pub const LONGEST_NAME: usize = 255;

/// Codes that only this service has.
const CODES: Codes =
    &[("AlreadyExistsException", Kind::Conflict), ("EntityNotFoundException", Kind::NotFound)];

operations! {
    codes CODES;

    /// Reads results, which are allowed under another name.
    BATCH_GET_DATA_QUALITY_RESULT = "glue:BatchGetDataQualityResult" Repeatable Usual [
        right("glue:GetDataQualityResult", On::Read)
    ];
    /// Asks for the end of a run; the runner repeats it within the little time that it has.
    CANCEL_RUN = "glue:CancelDataQualityRulesetEvaluationRun" Repeatable Never [
        right("glue:CancelDataQualityRulesetEvaluationRun", On::Read)
    ];
    /// Makes a ruleset; its name tells its rules, and a second one of its name is refused.
    CREATE_DATA_QUALITY_RULESET = "glue:CreateDataQualityRuleset" Repeatable Usual [
        right("glue:CreateDataQualityRuleset", On::Itself)
    ];
    /// Reads a ruleset.
    GET_DATA_QUALITY_RULESET = "glue:GetDataQualityRuleset" Repeatable Usual [
        right("glue:GetDataQualityRuleset", On::Itself)
    ];
    /// Looks at a run.
    GET_RUN = "glue:GetDataQualityRulesetEvaluationRun" Repeatable Usual [
        right("glue:GetDataQualityRulesetEvaluationRun", On::Read)
    ];
    /// Starts a run; one of a token that is known is given again.
    START_RUN = "glue:StartDataQualityRulesetEvaluationRun" Starts Never [
        right("glue:StartDataQualityRulesetEvaluationRun", On::Read), right("iam:PassRole", On::Role).under(TO_GLUE)
    ];
}

/// What it gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    known("score", Form::Number, "which share of the rules has passed; 1 where the step has succeeded"),
    known("passed", Form::Count, "how many rules have passed"),
    known("failed", Form::Count, "how many rules have not passed; 0 where the step has succeeded"),
    perhaps("dpu_seconds", Form::Number, "how long it has run, by its workers"),
];

/// A run is billed by its workers, each a data processing unit, for a minute at least (AWS Glue pricing).
const BILLED: &[Billed] =
    &[Billed { unit: Unit::DpuHours, measured: Measured::Output("dpu_seconds"), least: 60 }];

impl EvaluateQuality {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in.
    pub fn billed(&self) -> &'static [Billed] {
        BILLED
    }
}

impl Members for EvaluateQuality {}

impl Shown for EvaluateQuality {}

impl Caller for EvaluateQuality {
    fn calls(&self) -> &'static [Call] {
        const MADE: When = When::Planned("with `rules`");
        const RUN: [Call; 4] =
            [call(START_RUN), call(GET_RUN), call(CANCEL_RUN), call(BATCH_GET_DATA_QUALITY_RESULT)];
        const ALL: [Call; 6] = [
            RUN[0],
            RUN[1],
            RUN[2],
            RUN[3],
            Call { operation: CREATE_DATA_QUALITY_RULESET, when: MADE },
            Call { operation: GET_DATA_QUALITY_RULESET, when: MADE },
        ];
        if self.rules.is_some() { &ALL } else { &RUN }
    }

    /// Runs and results have no ARNs of their own: they are allowed on all rulesets.
    fn touches(&self, on: On) -> Vec<Touched> {
        const BEFORE: Part = Part::Fixed("dataQualityRuleset/");
        match on {
            On::Itself => {
                let name = Part::Name(self.ruleset.clone());
                touched("the ruleset", Resource::regional("glue", [BEFORE, name]))
            }
            On::Read => touched("runs of rulesets", Resource::regional("glue", [BEFORE, Part::Any])),
            On::Role => touched("the role that it runs as", Resource::role(&self.role)),
            _ => Vec::new(),
        }
    }
}

/// Links to the table in the console, which shows its data quality. A run has no page whose address is documented.
pub fn link(region: &str, table: &TableName) -> String {
    let (base, database, name) = (base(region), encode(&table.schema), encode(&table.table));
    format!("{base}/glue/home?region={region}#/v2/data-catalog/tables/view/{name}?database={database}")
}

/// The heading of what whoever evaluates rules must be allowed.
pub const RIGHTS: Heading = Heading::new("`data_quality`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let run = EvaluateQuality {
        table: TableName { schema: "DATABASE".to_owned(), table: "TABLE".to_owned() },
        ruleset: "RULESET".to_owned(),
        rules: Some(String::new()),
        partitions: None,
        role: "ROLE".to_owned(),
        workers: WORKERS,
        timeout_minutes: None,
    };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&run]).billed(BILLED)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ruleset_that_is_there_is_not_made() {
        let needs = |more: &str| -> Vec<String> {
            let text = format!(
                r#"{{"table": {{"schema": "raw", "table": "sales"}}, "ruleset": "sales-1", "role": "arn:aws:iam::111122223333:role/dq", "workers": 5{more}}}"#
            );
            let job: EvaluateQuality = serde_json::from_str(&text).unwrap();
            job.needs().iter().map(|need| format!("{} {}", need.action, need.resource)).collect()
        };
        let here = "arn:aws:glue:REGION:ACCOUNT:dataQualityRuleset";
        let own = [
            format!("glue:StartDataQualityRulesetEvaluationRun {here}/*"),
            "iam:PassRole arn:aws:iam::111122223333:role/dq".to_owned(),
            format!("glue:GetDataQualityRulesetEvaluationRun {here}/*"),
            format!("glue:CancelDataQualityRulesetEvaluationRun {here}/*"),
            format!("glue:GetDataQualityResult {here}/*"),
        ];
        assert_eq!(needs(""), own);
        let made = needs(r#", "rules": "Rules = [ RowCount > 0 ]""#);
        assert_eq!(made[..own.len()], own);
        assert_eq!(
            made[own.len()..],
            ["Create", "Get"].map(|verb| format!("glue:{verb}DataQualityRuleset {here}/sales-1"))
        );
    }
}
