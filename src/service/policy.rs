//! Permissions as policies of IAM: pure.
//!
//! Takes what must be allowed, gives documents that IAM takes: actions that are needed on the same are one statement, resources
//! on which the same is needed too, and what a managed policy has no room for goes into the next one.

use super::arn::{Account, Condition};
use super::call::{Need, When};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many characters a managed policy may have, white space not counted (IAM User Guide, "IAM and STS character limits").
pub const LONGEST_POLICY: usize = 6_144;

/// How many managed policies a role has room for, unless AWS gives it more (IAM User Guide, "IAM object quotas").
pub const MOST_POLICIES: usize = 10;

/// A document of IAM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Document {
    /// The version of the language of policies.
    pub version: &'static str,
    /// What is allowed.
    pub statement: Vec<Statement>,
}

/// What is allowed together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Its name, once in a document: letters and digits.
    pub sid: String,
    /// `Allow`
    pub effect: &'static str,
    /// The actions, sorted.
    pub action: Vec<&'static str>,
    /// On what, sorted.
    pub resource: Vec<String>,
    /// What must be so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<BTreeMap<&'static str, BTreeMap<&'static str, &'static str>>>,
}

/// Makes the documents; none where nothing is needed.
pub fn documents(needs: &[Need], account: Account<'_>) -> Vec<Document> {
    let mut documents = Vec::<Document>::new();
    for statement in statements(needs, account).into_iter().flat_map(parts) {
        match documents.last_mut().filter(|document| document.has_room_for(&statement)) {
            Some(document) => document.statement.push(statement),
            None => documents.push(Document { version: "2012-10-17", statement: vec![statement] }),
        }
    }
    documents.iter_mut().for_each(Document::tell_apart);
    documents
}

/// Says whether a permission is left out of policies: what may be needed, on something that is not known.
pub fn is_left_out(need: &Need) -> bool {
    matches!(need.when, When::Perhaps(_)) && !need.resource.unknown().is_empty()
}

impl Document {
    /// Leaves room for the numbers behind names.
    fn has_room_for(&self, statement: &Statement) -> bool {
        let numbers = 3 * (self.statement.len() + 1);
        length(self) + 1 + length(statement) + numbers <= LONGEST_POLICY
    }

    /// Puts numbers behind names that several statements have.
    fn tell_apart(&mut self) {
        let mut seen = BTreeMap::<String, usize>::new();
        for statement in &mut self.statement {
            let count = seen.entry(statement.sid.clone()).or_default();
            *count += 1;
            if *count > 1 {
                statement.sid.push_str(&count.to_string());
            }
        }
    }
}

/// The characters that count.
fn length(part: &impl Serialize) -> usize {
    serde_json::to_string(part).map_or(usize::MAX, |text| text.chars().filter(|c| !c.is_whitespace()).count())
}

fn statements(needs: &[Need], account: Account<'_>) -> Vec<Statement> {
    let mut on =
        BTreeMap::<(String, Option<Condition>, &'static str), (BTreeSet<&'static str>, &'static str)>::new();
    for need in needs.iter().filter(|need| !is_left_out(need)) {
        // A person writes another name for each thing that a word in capitals stands for.
        let apart = if need.resource.unknown().is_empty() { "" } else { need.what };
        let key = (need.resource.draft(account), need.condition, apart);
        on.entry(key).or_insert((BTreeSet::new(), need.what)).0.insert(need.action);
    }
    let mut of = BTreeMap::<
        (BTreeSet<&'static str>, Option<Condition>, &'static str),
        (Vec<String>, &'static str),
    >::new();
    for ((resource, condition, apart), (actions, what)) in on {
        of.entry((actions, condition, apart)).or_insert((Vec::new(), what)).0.push(resource);
    }
    let made = of.into_iter().map(|((actions, condition, _), (resources, what))| Statement {
        sid: sid(actions.first().copied().unwrap_or_default(), what),
        effect: "Allow",
        action: actions.into_iter().collect(),
        resource: widest(resources),
        condition: condition.map(|Condition { key, value }| {
            BTreeMap::from([("StringEquals", BTreeMap::from([(key, value)]))])
        }),
    });
    made.collect()
}

/// Leaves out resources that another one includes, which ends with a `*` and has no other one.
fn widest(resources: Vec<String>) -> Vec<String> {
    let open: Vec<String> =
        resources.iter().filter_map(|one| one.strip_suffix('*')).map(str::to_owned).collect();
    let includes = |begin: &String, one: &String| {
        !begin.contains('*') && one.starts_with(begin.as_str()) && *one != format!("{begin}*")
    };
    resources.into_iter().filter(|one| !open.iter().any(|begin| includes(begin, one))).collect()
}

/// Cuts a statement in two until each has room in a document.
fn parts(statement: Statement) -> Vec<Statement> {
    let alone = Document { version: "2012-10-17", statement: vec![statement] };
    let fits = length(&alone) < LONGEST_POLICY;
    let [statement] = alone.statement.as_slice() else { return alone.statement };
    if fits || statement.resource.len() < 2 {
        return alone.statement;
    }
    let (one, other) = statement.resource.split_at(statement.resource.len() / 2);
    let part = |resource: &[String]| parts(Statement { resource: resource.to_vec(), ..statement.clone() });
    [part(one), part(other)].concat()
}

/// Names a statement by its service and what it is on: `GlueJob`.
fn sid(action: &str, what: &str) -> String {
    let service = action.split(':').next().unwrap_or_default();
    let what = what.strip_prefix("the ").unwrap_or(what).replace('\'', "");
    let words = service.split('-').chain(what.split(|c: char| !c.is_ascii_alphanumeric()));
    words.fold(String::new(), |mut sid, word| {
        let mut letters = word.chars();
        sid.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        sid + letters.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::arn::{Part, Resource};
    use crate::service::glue::TO_GLUE;

    const HERE: Account<'static> = Account { partition: "aws", region: "eu-west-1", account: "111122223333" };

    fn need(action: &'static str, resource: Resource) -> Need {
        Need { action, what: "the object", resource, when: When::Always, condition: None }
    }

    fn object(key: &str) -> Resource {
        Resource::objects(Some("lake"), Some(key))
    }

    /// `ACTIONS on RESOURCES` of each statement.
    fn shown(needs: &[Need]) -> Vec<String> {
        let statements = documents(needs, HERE).into_iter().flat_map(|document| document.statement);
        let line = |one: Statement| {
            let resources = one.resource.join(" ").replace("arn:aws:s3:::lake/", "");
            let under = one.condition.map_or(String::new(), |condition| format!(" under {condition:?}"));
            format!("{}: {} on {resources}{under}", one.sid, one.action.join(" "))
        };
        statements.map(line).collect()
    }

    #[test]
    fn what_is_allowed_alike_is_one_statement() {
        let (get, put) = ("s3:GetObject", "s3:PutObject");
        let needs = [
            need(put, object("b/")),
            need(get, object("a/")),
            need(get, object("b/")),
            need(get, object("a/x/")),
            need(get, object("c/")),
            need(get, object("a/")),
        ];
        let expected = ["S3Object: s3:GetObject on a/* c/*", "S3Object2: s3:GetObject s3:PutObject on b/*"];
        assert_eq!(shown(&needs), expected);
        assert_eq!(shown(&[]), [""; 0]);
    }

    #[test]
    fn a_condition_keeps_statements_apart() {
        let role = || Resource::role("arn:aws:iam::1:role/x");
        let needs =
            [Need { condition: Some(TO_GLUE), ..need("iam:PassRole", role()) }, need("iam:GetRole", role())];
        let expected = [
            "IamObject: iam:GetRole on arn:aws:iam::1:role/x",
            "IamObject2: iam:PassRole on arn:aws:iam::1:role/x under \
             {\"StringEquals\": {\"iam:PassedToService\": \"glue.amazonaws.com\"}}",
        ];
        assert_eq!(shown(&needs), expected);
    }

    #[test]
    fn what_is_perhaps_needed_on_something_unknown_is_left_out() {
        let perhaps = When::Perhaps("when objects are encrypted with a KMS key");
        let key = Need { when: perhaps, ..need("kms:Decrypt", Resource::key(None)) };
        let known = Need { when: perhaps, ..need("kms:Decrypt", Resource::key(Some("arn:aws:kms:k"))) };
        assert_eq!(shown(&[key]), [""; 0]);
        assert_eq!(shown(&[known]), ["KmsObject: kms:Decrypt on arn:aws:kms:k"]);
        let id = Resource::regional("redshift-serverless", [Part::Fixed("workgroup/"), Part::Unknown("ID")]);
        let expected = "arn:aws:redshift-serverless:eu-west-1:111122223333:workgroup/ID";
        assert_eq!(
            documents(&[need("redshift-data:ExecuteStatement", id)], HERE)[0].statement[0].resource,
            [expected]
        );
    }

    /// Many resources of one statement, and many statements.
    #[test]
    fn no_policy_is_longer_than_iam_takes() {
        let jobs =
            |n: usize| Resource::regional("glue", [Part::Fixed("job/"), Part::Name(format!("job-{n:03}"))]);
        let one: Vec<Need> = (0..400).map(|n| need("glue:StartJobRun", jobs(n))).collect();
        let leaked: Vec<&'static str> = (0..400).map(|n| &*format!("glue:Action{n}").leak()).collect();
        let many: Vec<Need> = (0..400).map(|n| need(leaked[n], jobs(n))).collect();
        for needs in [one, many] {
            let documents = documents(&needs, HERE);
            assert!(documents.len() > 1);
            let resources = documents.iter().flat_map(|document| &document.statement);
            assert_eq!(resources.map(|statement| statement.resource.len()).sum::<usize>(), 400);
            for document in &documents {
                assert!(length(document) <= LONGEST_POLICY, "{}", length(document));
                let sids: BTreeSet<&String> = document.statement.iter().map(|one| &one.sid).collect();
                assert_eq!(sids.len(), document.statement.len());
                assert!(sids.iter().all(|sid| sid.chars().all(|c| c.is_ascii_alphanumeric())), "{sids:?}");
            }
        }
    }

    #[test]
    fn a_sid_is_letters_and_digits() {
        for (action, what, expected) in [
            ("glue:StartJobRun", "the job", "GlueJob"),
            ("logs:GetLogEvents", "the log groups `/aws-glue/jobs/*`", "LogsLogGroupsAwsGlueJobs"),
            ("redshift-data:ListStatements", "all statements", "RedshiftDataAllStatements"),
            ("iam:PassRole", "Glue's role", "IamGluesRole"),
        ] {
            assert_eq!(sid(action, what), expected);
        }
    }
}
