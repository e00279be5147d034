//! The policies of IAM that a plan needs: what `dagc iam --draft` prints.
//!
//! Takes a plan, gives a document: who needs rights, and as which policies; and in sentences what has to be completed, since
//! the plan does not tell it.

use crate::lang::arn::account_of;
use crate::lang::aws::partition_of;
use crate::plan::{ProjectPlan, RoleNeeds};
use crate::service::arn::Account;
use crate::service::call::Need;
use crate::service::policy::{Document, MOST_POLICIES, documents, is_left_out};
use crate::service::role::Holder;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The version of the document. A field may be added without a new one; none goes or changes its meaning.
pub const DRAFT_VERSION: u32 = 1;

/// How long the name of a policy may be (IAM API, `CreatePolicy`).
const LONGEST_NAME: usize = 128;

/// Who needs what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// The version of this form.
    pub version: u32,
    /// The project.
    pub project: String,
    /// The environment.
    pub environment: String,
    /// Who needs rights: the workers, the roles of Glue and Redshift, whoever publishes.
    pub holders: Vec<HolderDraft>,
    /// What has to be completed, in sentences.
    pub unknown: Vec<String>,
}

/// What somebody needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HolderDraft {
    /// Who: `mwaa_execution_role`, `publisher`, `role`, `role_of`, `redshift_default_role`.
    pub holder: &'static str,
    /// The role, or that whose role it is, where it has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The tasks and resources that AWS takes the role on for.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub used_by: BTreeSet<String>,
    /// The policies, of which it needs each.
    pub policies: Vec<PolicyDraft>,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyDraft {
    /// A name for it.
    pub name: String,
    /// What IAM takes.
    pub document: Document,
}

/// Drafts the policies that a plan needs, in an account where it is said.
pub fn draft(plan: &ProjectPlan, account: Option<&str>) -> Draft {
    let needs = plan.needs();
    let owner = account.map_or_else(|| passed_account(&needs.publisher), |account| Some(account.to_owned()));
    let region = plan.environment.region.as_deref();
    let account = Account {
        partition: region.map_or("aws", partition_of),
        region: region.unwrap_or("REGION"),
        account: owner.as_deref().unwrap_or("ACCOUNT"),
    };
    let begin = format!("{}-{}", plan.project, plan.environment.name);
    let mut holders = vec![holder(("mwaa_execution_role", None, "workers"), &begin, &needs.workers, account)];
    let mut unknown: Vec<String> = needs.unknown.iter().map(|what| not_known(what)).collect();
    unknown.extend(incomplete("the workers", &needs.workers, account));
    for (whose, role) in &needs.roles {
        let account = of_holder(whose, account);
        unknown.extend(of_role(whose, role, account));
        let (kind, name) = told(whose);
        let short = short(whose);
        let drafted = holder((kind, name, &short), &begin, &role.needs, account);
        holders.push(HolderDraft { used_by: role.used_by.clone(), ..drafted });
    }
    holders.push(holder(("publisher", None, "publisher"), &begin, &needs.publisher, account));
    unknown.extend(incomplete("the publisher", &needs.publisher, account));
    unknown.extend(holders.iter().filter_map(crowded));
    let (project, environment) = (plan.project.clone(), plan.environment.name.clone());
    Draft { version: DRAFT_VERSION, project, environment, holders, unknown }
}

/// A role is handed on within its account only.
fn passed_account(publisher: &[Need]) -> Option<String> {
    let passed = publisher.iter().filter(|need| need.action == "iam:PassRole");
    let owners: BTreeSet<String> = passed
        .filter_map(|need| account_of(&need.resource.to_string()).map(str::to_owned))
        .filter(|owner| owner.chars().all(|c| c.is_ascii_digit()))
        .collect();
    owners.into_iter().next()
}

/// Returns what kind of holder it is, and its name.
fn told(holder: &Holder) -> (&'static str, Option<&str>) {
    match holder {
        Holder::Role(role) | Holder::Through { role: Some(role), .. } => ("role", Some(role)),
        Holder::Of(id) => ("role_of", Some(id)),
        Holder::DefaultOf(place) => ("redshift_default_role", Some(place)),
        Holder::There { holder, .. } => told(holder),
        Holder::Through { role: None, .. } => ("mwaa_execution_role", None),
    }
}

/// What the names of a holder's policies say of it.
fn short(holder: &Holder) -> String {
    let last = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    let in_region = |name: String, region: &Option<String>| match region {
        Some(region) => format!("{name}-{region}"),
        None => name,
    };
    match holder {
        Holder::Role(arn) => format!("role-{}", last(arn)),
        Holder::Of(id) => format!("role-of-{id}"),
        Holder::DefaultOf(place) => format!("redshift-{place}"),
        Holder::There { holder, region, account } => {
            let name = account.iter().fold(short(holder), |name, account| format!("{name}-{account}"));
            in_region(name, region)
        }
        Holder::Through { role, region } => {
            in_region(format!("role-{}", role.as_deref().map_or_else(|| "workers".to_owned(), last)), region)
        }
    }
}

/// Where things are that a holder is allowed: a role acts in its own account.
fn of_holder<'a>(holder: &'a Holder, account: Account<'a>) -> Account<'a> {
    let (own, region) = match holder {
        Holder::Role(role) => (account_of(role), None),
        Holder::There { account, region, .. } => (account.as_deref(), region.as_deref()),
        Holder::Through { role, region } => (role.as_deref().and_then(account_of), region.as_deref()),
        Holder::Of(_) | Holder::DefaultOf(_) => (None, None),
    };
    Account { account: own.unwrap_or(account.account), region: region.unwrap_or(account.region), ..account }
}

fn holder(
    (kind, name, short): (&'static str, Option<&str>, &str),
    begin: &str,
    needs: &[Need],
    account: Account<'_>,
) -> HolderDraft {
    let documents = documents(needs, account);
    let is_one = documents.len() == 1;
    let numbered = documents.into_iter().enumerate().map(|(n, document)| {
        let end = if is_one { String::new() } else { format!("-{}", n + 1) };
        PolicyDraft { name: policy_name(&format!("{begin}-{short}"), &end), document }
    });
    HolderDraft {
        holder: kind,
        name: name.map(str::to_owned),
        used_by: BTreeSet::new(),
        policies: numbered.collect(),
    }
}

/// Letters, digits and `+=,.@_-` are what IAM takes.
fn policy_name(begin: &str, end: &str) -> String {
    let is_taken = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    let begin = begin.chars().map(|c| if is_taken(c) { c } else { '-' });
    begin.take(LONGEST_NAME - end.len()).chain(end.chars()).collect()
}

/// Names a holder, and what is not known of who it is.
fn named(holder: &Holder) -> (String, Option<String>) {
    match holder {
        Holder::Role(role) | Holder::Through { role: Some(role), .. } => (format!("the role `{role}`"), None),
        Holder::Through { role: None, .. } => ("the workers".to_owned(), None),
        Holder::There { holder, .. } => named(holder),
        Holder::Of(id) => {
            (format!("the role of `{id}`"), Some(format!("the role of `{id}`, which is not made here")))
        }
        Holder::DefaultOf(place) => (
            format!("the default role of `{place}`"),
            Some(format!("which role is the default one of Redshift's `{place}`")),
        ),
    }
}

fn of_role(holder: &Holder, role: &RoleNeeds, account: Account<'_>) -> Vec<String> {
    let (who, whose) = named(holder);
    let unknown = whose.iter().chain(&role.unknown).map(|what| not_known(what));
    unknown.chain(incomplete(&who, &role.needs, account)).collect()
}

fn not_known(what: &str) -> String {
    format!("not known: {what}")
}

/// Something to be completed: the resource, what it is, and when what is left out is needed.
type Open = (String, &'static str, Option<String>);

/// Says which words in capitals are to be filled in, and what is left out: of each thing that a word stands for by itself.
fn incomplete(who: &str, needs: &[Need], account: Account<'_>) -> Vec<String> {
    let mut open = BTreeMap::<Open, (Vec<&str>, Vec<&str>)>::new();
    for need in needs {
        let words = need.resource.unknown();
        let when = is_left_out(need).then(|| need.when.to_string());
        if when.is_some() || !words.is_empty() {
            let key = (need.resource.draft(account), need.what, when);
            let (actions, known) = open.entry(key).or_default();
            actions.push(need.action);
            *known = words;
        }
    }
    let sentence = |((resource, what, when), (actions, words)): (Open, (Vec<&str>, Vec<&str>))| match when {
        Some(when) => {
            let verb = if actions.len() == 1 { "is" } else { "are" };
            let actions = listed(&actions);
            format!("left out of {who}: {actions} on `{resource}` ({what}), which {verb} needed {when}")
        }
        None => format!("fill in {} in `{resource}` of {who}: {what}", listed(&words)),
    };
    open.into_iter().map(sentence).collect()
}

fn listed(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        words => words.join(""),
    }
}

fn crowded(holder: &HolderDraft) -> Option<String> {
    let count = holder.policies.len();
    let name = holder.name.as_deref().unwrap_or(holder.holder);
    (count > MOST_POLICIES).then(|| {
        format!(
            "`{name}` needs {count} policies: a role has room for {MOST_POLICIES} unless AWS gives it more"
        )
    })
}
