//! Resources of AWS as policies name them.

use crate::template::{self, Template};
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Each has a name of its own in all of AWS.
    World,
    /// In an account, in all of its regions.
    Account,
    /// In a region of an account: the plan's own.
    Region,
    /// In another region of an account.
    Abroad(String),
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

    /// A resource of this region, or of the plan's own.
    pub fn in_region(region: Option<&str>, service: &'static str, parts: impl Into<Vec<Part>>) -> Self {
        let place = region.map_or(Place::Region, |region| Place::Abroad(region.to_owned()));
        Self::Arn(Arn { service, place, parts: parts.into() })
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

    /// The bucket of a path; a hole in its name is whatever a run fills in.
    pub fn bucket_of(path: &Template) -> Self {
        Self::Arn(Arn { service: "s3", place: Place::World, parts: path_parts(path).0 })
    }

    /// The object of a path; a hole is whatever a run fills in.
    pub fn object(path: &Template) -> Self {
        let (mut parts, key) = path_parts(path);
        parts.push(Part::Fixed("/"));
        parts.extend(key);
        Self::Arn(Arn { service: "s3", place: Place::World, parts })
    }

    /// The objects that a prefix or a pattern means: of a pattern those that it matches, and more where `[...]` stands.
    pub fn matching(path: &Template) -> Self {
        let Self::Arn(mut arn) = Self::object(path) else { return Self::Anything };
        let is_pattern = arn.parts.iter().any(|part| matches!(part, Part::Name(name) if name.contains(WILD)));
        arn.parts = arn.parts.into_iter().flat_map(opened).collect();
        if !is_pattern {
            arn.parts.push(Part::Any);
        }
        Self::Arn(arn)
    }

    /// The objects of a folder, and those whose keys begin as it is called: Hadoop asks for the folder itself, as for an
    /// object, and marks it with one beside it (`flights_$folder$`).
    pub fn folder(path: &Template) -> Self {
        let Self::Arn(mut arn) = Self::matching(path) else { return Self::Anything };
        if let [.., Part::Name(name), Part::Any] = arn.parts.as_mut_slice() {
            name.truncate(name.trim_end_matches('/').len());
        }
        Self::Arn(arn)
    }

    /// The words for what is not known of it.
    pub fn unknown(&self) -> Vec<&'static str> {
        let Self::Arn(arn) = self else { return Vec::new() };
        let words = arn.parts.iter().filter_map(|part| match part {
            Part::Unknown(word) => Some(*word),
            Part::Fixed(_) | Part::Name(_) | Part::Any => None,
        });
        words.collect()
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
        self.written(account, |_| "*", &escaped).replace("**", "*")
    }

    /// Writes it for a policy of an account that a person completes: words in capitals stand for what is not known.
    pub fn draft(&self, account: Account<'_>) -> String {
        self.written(account, |word| word, &escaped).replace("**", "*")
    }

    fn written(
        &self,
        account: Account<'_>,
        unknown: fn(&'static str) -> &'static str,
        named: &dyn Fn(&str) -> String,
    ) -> String {
        let arn = match self {
            Self::Anything => return "*".to_owned(),
            Self::Whole(arn) => return arn.clone(),
            Self::Arn(arn) => arn,
        };
        let Account { partition, region, account } = account;
        let (region, account) = match &arn.place {
            Place::World => ("", ""),
            Place::Account => ("", account),
            Place::Region => (region, account),
            Place::Abroad(region) => (region.as_str(), account),
        };
        let part = |part: &Part| match part {
            Part::Fixed(text) => (*text).to_owned(),
            Part::Name(name) => named(name),
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
        f.write_str(&self.written(SOME, |word| word, &str::to_owned))
    }
}

/// Characters of patterns in paths.
const WILD: [char; 3] = ['*', '?', '['];

/// Writes a name so that a policy means no other one: there `*`, `?` and `${` are no text.
fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut rest = name.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '*' => text.push_str("${*}"),
            '?' => text.push_str("${?}"),
            '$' if rest.peek() == Some(&'{') => text.push_str("${$}"),
            other => text.push(other),
        }
    }
    text
}

/// Makes anything of what is a pattern in a name.
fn opened(part: Part) -> Vec<Part> {
    let Part::Name(name) = part else { return vec![part] };
    let mut parts = Vec::new();
    let mut rest = name.as_str();
    while let Some((before, wild)) = rest.find(WILD).map(|at| rest.split_at(at)) {
        let end = if wild.starts_with('[') { wild.find(']').unwrap_or(0) } else { 0 };
        parts.extend([Part::Name(before.to_owned()), Part::Any]);
        rest = &wild[end + 1..];
    }
    parts.push(Part::Name(rest.to_owned()));
    parts.retain(|part| *part != Part::Name(String::new()));
    parts
}

/// Takes a path in S3 apart: the name of its bucket, and what stands behind it. What begins with a hole may be anywhere.
fn path_parts(path: &Template) -> (Vec<Part>, Vec<Part>) {
    let (mut bucket, mut key) = (Vec::new(), Vec::new());
    let mut is_key = false;
    for (n, part) in path.parts().iter().enumerate() {
        match part {
            template::Part::Expr(_) if is_key => key.push(Part::Any),
            template::Part::Expr(_) => bucket.push(Part::Any),
            template::Part::Text(text) if is_key => key.push(Part::Name(text.clone())),
            template::Part::Text(text) => {
                let text = text.strip_prefix("s3://").filter(|_| n == 0).unwrap_or(text);
                let (name, behind) =
                    text.split_once('/').map_or((text, None), |(name, key)| (name, Some(key)));
                bucket.extend((!name.is_empty()).then(|| Part::Name(name.to_owned())));
                is_key = behind.is_some();
                key.extend(behind.filter(|key| !key.is_empty()).map(|key| Part::Name(key.to_owned())));
            }
        }
    }
    match path.parts().first() {
        Some(template::Part::Text(_)) if bucket.iter().any(|part| *part != Part::Any) => (bucket, key),
        Some(template::Part::Text(_)) => (vec![Part::Unknown("BUCKET")], key),
        _ => (vec![Part::Unknown("BUCKET")], vec![Part::Unknown("FOLDER"), Part::Any]),
    }
}

fn bucket(name: Option<&str>) -> Part {
    name.map_or(Part::Unknown("BUCKET"), |name| Part::Name(name.to_owned()))
}

#[cfg(test)]
mod tests;
