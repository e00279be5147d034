//! Resources of AWS as policies name them.

use std::fmt;

/// Something that an action may be allowed on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// `*`
    Anything,
    /// An ARN that somebody has written whole.
    Whole(String),
    /// A resource by its parts.
    Arn(Arn),
}

/// A resource by its parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arn {
    /// The service: `glue`.
    pub service: &'static str,
    /// Where such resources are.
    pub place: Place,
    /// What stands behind the account.
    pub parts: Vec<Part>,
}

/// Where resources are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Each has a name of its own in all of AWS.
    World,
    /// In an account, in all of its regions.
    Account,
    /// In a region of an account.
    Region,
}

/// A part of a resource's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What every such name has.
    Fixed(&'static str),
    /// A name of the user's.
    Name(String),
    /// What only AWS or a run knows: a word in capitals.
    Unknown(&'static str),
    /// Whatever stands there.
    Any,
}

/// A condition of a policy: `iam:PassedToService` is `glue.amazonaws.com`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The key.
    pub key: &'static str,
    /// What it must be equal to.
    pub value: &'static str,
}

/// What a resource is written for.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`
    pub partition: &'a str,
    /// The region.
    pub region: &'a str,
    /// The account's number.
    pub account: &'a str,
}

/// Words for what differs.
const SOME: Account<'static> = Account { partition: "aws", region: "REGION", account: "ACCOUNT" };

impl Resource {
    /// A resource of a region.
    pub fn regional(service: &'static str, parts: impl Into<Vec<Part>>) -> Self {
        Self::Arn(Arn { service, place: Place::Region, parts: parts.into() })
    }

    /// A bucket; of a name that is not known, any.
    pub fn bucket(name: Option<&str>) -> Self {
        Self::Arn(Arn { service: "s3", place: Place::World, parts: vec![bucket(name)] })
    }

    /// The objects of a bucket whose keys begin so; where that is not known, all of some folder.
    pub fn objects(name: Option<&str>, prefix: Option<&str>) -> Self {
        let prefix = prefix.map_or(Part::Unknown("FOLDER"), |prefix| Part::Name(prefix.to_owned()));
        let parts = vec![bucket(name), Part::Fixed("/"), prefix, Part::Any];
        Self::Arn(Arn { service: "s3", place: Place::World, parts })
    }

    /// A role by its ARN or its name.
    pub fn role(role: &str) -> Self {
        Self::whole(role).unwrap_or_else(|| {
            let parts = vec![Part::Fixed("role/"), Part::Name(role.to_owned())];
            Self::Arn(Arn { service: "iam", place: Place::Account, parts })
        })
    }

    /// A key of KMS by its ARN; any key where it is not known.
    pub fn key(key: Option<&str>) -> Self {
        let some = || Self::regional("kms", [Part::Fixed("key/"), Part::Unknown("KEY")]);
        key.and_then(Self::whole).unwrap_or_else(some)
    }

    /// A text that is an ARN.
    pub fn whole(text: &str) -> Option<Self> {
        text.starts_with("arn:").then(|| Self::Whole(text.to_owned()))
    }

    /// Writes it for a policy of an account: `*` stands for what is not known.
    pub fn policy(&self, account: Account<'_>) -> String {
        self.written(account, |_| "*").replace("**", "*")
    }

    fn written(&self, account: Account<'_>, unknown: fn(&'static str) -> &'static str) -> String {
        let arn = match self {
            Self::Anything => return "*".to_owned(),
            Self::Whole(arn) => return arn.clone(),
            Self::Arn(arn) => arn,
        };
        let Account { partition, region, account } = account;
        let (region, account) = match arn.place {
            Place::World => ("", ""),
            Place::Account => ("", account),
            Place::Region => (region, account),
        };
        let part = |part: &Part| match part {
            Part::Fixed(text) => (*text).to_owned(),
            Part::Name(name) => name.clone(),
            Part::Unknown(word) => unknown(word).to_owned(),
            Part::Any => "*".to_owned(),
        };
        let parts: String = arn.parts.iter().map(part).collect();
        format!("arn:{partition}:{}:{region}:{account}:{parts}", arn.service)
    }
}

/// As pages show it: words in capitals stand for what is not known.
impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written(SOME, |word| word))
    }
}

fn bucket(name: Option<&str>) -> Part {
    name.map_or(Part::Unknown("BUCKET"), |name| Part::Name(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_written_for_pages_and_for_policies() {
        let account = Account { partition: "aws-cn", region: "cn-north-1", account: "111122223333" };
        let job = Resource::regional("glue", [Part::Fixed("job/"), Part::Name("clean".to_owned())]);
        for (resource, page, policy) in [
            (Resource::Anything, "*", "*"),
            (
                job,
                "arn:aws:glue:REGION:ACCOUNT:job/clean",
                "arn:aws-cn:glue:cn-north-1:111122223333:job/clean",
            ),
            (Resource::bucket(Some("raw")), "arn:aws:s3:::raw", "arn:aws-cn:s3:::raw"),
            (Resource::objects(None, Some("in/")), "arn:aws:s3:::BUCKET/in/*", "arn:aws-cn:s3:::*/in/*"),
            (Resource::objects(Some("b"), None), "arn:aws:s3:::b/FOLDER*", "arn:aws-cn:s3:::b/*"),
            (
                Resource::role("glue"),
                "arn:aws:iam::ACCOUNT:role/glue",
                "arn:aws-cn:iam::111122223333:role/glue",
            ),
            (Resource::role("arn:aws:iam::1:role/x"), "arn:aws:iam::1:role/x", "arn:aws:iam::1:role/x"),
            (
                Resource::key(None),
                "arn:aws:kms:REGION:ACCOUNT:key/KEY",
                "arn:aws-cn:kms:cn-north-1:111122223333:key/*",
            ),
        ] {
            assert_eq!(
                (resource.to_string(), resource.policy(account)),
                (page.to_owned(), policy.to_owned())
            );
        }
    }
}
