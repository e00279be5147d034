//! Policies of IAM that a plan needs, of whole projects.

use dagc::compile::{Environments, compile};
use dagc::emit::iam::{Draft, draft};
use dagc::load::load;
use dagc::service::policy::{LONGEST_POLICY, Statement};
use std::collections::BTreeSet;
use std::path::Path;

fn drafts(project: &str) -> Vec<Draft> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(project);
    let compiled = compile(&load(&root).unwrap(), &Environments::All);
    compiled.plans.iter().map(|plan| draft(plan, None)).collect()
}

fn statements(draft: &Draft) -> impl Iterator<Item = &Statement> {
    let policies = draft.holders.iter().flat_map(|holder| &holder.policies);
    policies.flat_map(|policy| &policy.document.statement)
}

/// The form in which a person reads them: `SID ACTIONS on RESOURCES`.
fn shown(draft: &Draft) -> String {
    let mut lines = vec![format!("{} {}", draft.project, draft.environment)];
    for holder in &draft.holders {
        let used: Vec<&str> = holder.used_by.iter().map(String::as_str).collect();
        let name = holder.name.as_deref().unwrap_or_default();
        lines.push(format!("\n{} {name} ({})", holder.holder, used.join(", ")));
        for policy in &holder.policies {
            lines.push(format!("  {}", policy.name));
            for statement in &policy.document.statement {
                lines.push(format!("    {}", statement.sid));
                lines.extend(statement.action.iter().map(|action| format!("      {action}")));
                lines.extend(statement.resource.iter().map(|resource| format!("      on {resource}")));
                lines.extend(statement.condition.iter().map(|condition| format!("      if {condition:?}")));
            }
        }
    }
    lines.push(String::new());
    lines.extend(draft.unknown.iter().cloned());
    lines.join("\n")
}

#[test]
fn a_plan_drafts_the_policies_that_it_needs() {
    insta::assert_snapshot!("everything", shown(&drafts("tests/projects/everything")[0]));
}

#[test]
fn the_example_project_drafts_its_policies() {
    let drafts: Vec<String> = drafts("").iter().map(shown).collect();
    insta::assert_snapshot!("example", drafts.join("\n\n"));
}

#[test]
fn documents_are_what_iam_takes() {
    for draft in ["", "tests/projects/everything"].iter().flat_map(|project| drafts(project)) {
        let mut names = BTreeSet::new();
        for policy in draft.holders.iter().flat_map(|holder| &holder.policies) {
            assert!(names.insert(&policy.name), "{}", policy.name);
            assert_eq!(policy.document.version, "2012-10-17");
            let text = serde_json::to_string(&policy.document).unwrap();
            assert!(text.len() <= LONGEST_POLICY, "{}: {}", policy.name, text.len());
            let sids: BTreeSet<&String> = policy.document.statement.iter().map(|one| &one.sid).collect();
            assert_eq!(sids.len(), policy.document.statement.len(), "{}", policy.name);
        }
        for Statement { sid, effect, action, resource, .. } in statements(&draft) {
            assert!(sid.chars().all(|c| c.is_ascii_alphanumeric()) && *effect == "Allow", "{sid}");
            assert!(!action.is_empty() && action.is_sorted(), "{action:?}");
            let is_one = |arn: &String| arn == "*" || arn.split(':').count() > 5;
            assert!(!resource.is_empty() && resource.iter().all(is_one), "{resource:?}");
            // Nothing is allowed on all buckets or keys.
            assert!(
                !resource.iter().any(|arn| arn.contains(":::*") || arn.ends_with(":key/*")),
                "{resource:?}"
            );
        }
    }
}
