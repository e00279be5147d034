//! What became of the rules: each is a row of the log, and one that has not passed fails the task for good.

use crate::exec::log::Log;
use crate::exec::outcome::{Failure, Outputs};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many rules that have not passed the error names; the log has all of them.
const MOST_NAMED: usize = 5;

/// Results of rulesets.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Results {
    results: Vec<OfRuleset>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OfRuleset {
    rule_results: Vec<OfRule>,
    aggregated_metrics: Option<Sums>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OfRule {
    name: String,
    description: Option<String>,
    evaluated_rule: Option<String>,
    evaluation_message: Option<String>,
    result: String,
    evaluated_metrics: BTreeMap<String, f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Sums {
    total_rows_processed: Option<f64>,
    total_rows_failed: Option<f64>,
}

impl Results {
    /// Says whether the results of all rulesets are there, and each has a rule.
    pub(super) fn are_whole(&self, rulesets: usize) -> bool {
        rulesets > 0
            && self.results.len() == rulesets
            && self.results.iter().all(|result| !result.rule_results.is_empty())
    }
}

impl OfRule {
    fn has_passed(&self) -> bool {
        self.result == "PASS"
    }

    /// The rule as it is written.
    fn rule(&self) -> &str {
        let written = self.description.as_deref().or(self.evaluated_rule.as_deref());
        written.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(&self.name)
    }

    /// Why it has not passed.
    fn why(&self) -> String {
        let said = self.evaluation_message.as_deref().map(str::trim).filter(|text| !text.is_empty());
        said.map(|said| format!(": {}", said.split_whitespace().collect::<Vec<_>>().join(" ")))
            .unwrap_or_default()
    }

    fn metrics(&self) -> String {
        let one = |(name, value): (&String, &f64)| format!("{name} = {value}");
        let all: Vec<String> = self.evaluated_metrics.iter().map(one).collect();
        if all.is_empty() { String::new() } else { format!(" ({})", all.join(", ")) }
    }
}

/// Tells what became of each rule, and gives the sum of it; fails for good when one has not passed.
pub(super) fn told(results: &Results, log: &Log<'_>) -> Result<Outputs, Failure> {
    let rules: Vec<&OfRule> = results.results.iter().flat_map(|result| &result.rule_results).collect();
    for rule in &rules {
        let metrics = rule.metrics();
        match rule.result.as_str() {
            "PASS" => log.info(format!("passed: {}{metrics}", rule.rule())),
            "FAIL" => log.error(format!("failed: {}{}{metrics}", rule.rule(), rule.why())),
            "ERROR" => log.error(format!("not evaluated: {}{}", rule.rule(), rule.why())),
            other => log.error(format!("{other}: {}{}", rule.rule(), rule.why())),
        }
    }
    for sums in results.results.iter().filter_map(|result| result.aggregated_metrics.as_ref()) {
        if let (Some(all), Some(failed)) = (sums.total_rows_processed, sums.total_rows_failed) {
            log.info(format!("{failed} of {all} rows do not pass the rules that look at rows"));
        }
    }
    verdict(&rules)?;
    Ok(outputs(rules.len()))
}

fn verdict(rules: &[&OfRule]) -> Result<(), Failure> {
    let failed: Vec<&&OfRule> = rules.iter().filter(|rule| !rule.has_passed()).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let named = failed.iter().take(MOST_NAMED).map(|rule| format!("{}{}", rule.rule(), rule.why()));
    let named = named.collect::<Vec<_>>().join("; ");
    let more = failed.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let count = format!("{} of {} rules have not passed", failed.len(), rules.len());
    Err(Failure::for_good(format!("{count}: {named}{more}")))
}

fn outputs(passed: usize) -> Outputs {
    let known: [(&str, Value); 3] = [("score", json!(1.0)), ("passed", json!(passed)), ("failed", json!(0))];
    known.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(rules: &Value) -> Results {
        serde_json::from_value(json!({ "Results": [{ "RuleResults": rules }] })).unwrap()
    }

    fn of(results: &Results) -> Result<(), String> {
        let rules: Vec<&OfRule> = results.results.iter().flat_map(|result| &result.rule_results).collect();
        verdict(&rules).map_err(|failure| failure.message)
    }

    #[test]
    fn whatever_has_not_passed_has_failed() {
        let one = |name: &str, result: &str| {
            json!({ "Name": name, "Description": format!("IsUnique \"{name}\""), "Result": result,
                "EvaluationMessage": "Value: 0.5 does\nnot meet it", "EvaluatedMetrics": { "m": 0.5 } })
        };
        assert_eq!(of(&results(&json!([one("a", "PASS")]))), Ok(()));
        for (result, rules) in [("FAIL", 2), ("ERROR", 2), ("WARN", 2)] {
            let told = of(&results(&json!([one("a", "PASS"), one("b", result)]))).unwrap_err();
            let why = "IsUnique \"b\": Value: 0.5 does not meet it";
            assert_eq!(told, format!("1 of {rules} rules have not passed: {why}"));
        }
        let many: Vec<Value> = (0..7).map(|n| one(&n.to_string(), "FAIL")).collect();
        let told = of(&results(&json!(many))).unwrap_err();
        assert!(told.starts_with("7 of 7 rules") && told.ends_with("; and 2 more"), "{told}");
    }

    #[test]
    fn no_result_is_no_success() {
        assert!(!Results::default().are_whole(0));
        assert!(!Results::default().are_whole(1));
        assert!(!results(&json!([])).are_whole(1));
        assert!(results(&json!([{ "Result": "PASS" }])).are_whole(1));
        assert!(!results(&json!([{ "Result": "PASS" }])).are_whole(2));
    }
}
