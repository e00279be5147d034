//! What the role of a run must be allowed.
//!
//! From the AWS Glue Developer Guide ("Configure IAM permissions for AWS Glue Data Quality").

use super::job::EvaluateQuality;
use crate::service::arn::{Part, Resource};
use crate::service::role::{Holder, Lends, Lent};

impl Lends for EvaluateQuality {
    fn lends(&self) -> Vec<Lent> {
        let ruleset = Part::Name(self.ruleset.clone());
        let ruleset = Resource::regional("glue", [Part::Fixed("dataQualityRuleset/"), ruleset]);
        let lent = Lent::to(Holder::Role(self.role.clone()))
            .log("log-group:/aws-glue/data-quality/")
            .read_table(&self.table);
        let lent =
            lent.allow("the ruleset", &ruleset, &["glue:GetDataQualityRuleset", "glue:PublishDataQuality"]);
        vec![lent.unknown(format!("the files of table `{}`, which it reads", self.table))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_lent_for_its_table_and_its_rules() {
        let job: EvaluateQuality = serde_json::from_str(
            r#"{"table": {"schema": "raw", "table": "sales"}, "ruleset": "sales-1", "role": "dq", "workers": 5}"#,
        )
        .unwrap();
        let [lent] = job.lends().try_into().unwrap();
        let has = |action: &str, resource: &str| {
            lent.needs.iter().any(|need| need.action == action && need.resource.to_string() == resource)
        };
        let here = "arn:aws:glue:REGION:ACCOUNT";
        assert!(has("glue:GetTable", &format!("{here}:table/raw/sales")), "{lent:?}");
        assert!(has("glue:GetDataQualityRuleset", &format!("{here}:dataQualityRuleset/sales-1")), "{lent:?}");
        assert_eq!(lent.unknown.len(), 1);
    }
}
