//! ARNs: names of things in AWS, each kind with the service that it belongs to.

use super::aws::{doubt_region, is_partition, partition_of};
use super::decode::{Leaf, LeafError};
use super::held::Held;
use crate::diagnostic::Code;
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

/// Declares ARNs of one service: what they are, the service, how the resource begins, the service's rule for
/// it, an example.
macro_rules! arns {
    ($($(#[doc = $doc:literal])* $name:ident = $what:literal, $service:literal, $resource:literal, $rule:expr, $example:literal;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub String);

        impl Leaf for $name {
            const EXPECTED: &'static str = concat!($what, "'s ARN");

            fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
                let arn = Arn::parse(&scalar.text)
                    .map_err(|why| wrong(&scalar.text, "ARN", &why, $example))?;
                let is_one = arn.service == $service && arn.resource.starts_with($resource);
                if !is_one {
                    let why = format!("it names `{}` of `{}`", arn.resource, arn.service);
                    return Err(wrong(&scalar.text, concat!("ARN of ", $what), &why, $example));
                }
                if let Some(why) = ($rule)(&arn) {
                    return Err(wrong(&scalar.text, concat!("ARN of ", $what), why, $example));
                }
                Ok(Self(scalar.text.clone()))
            }

            fn doubt(&self) -> Option<LeafError> {
                let region = self.0.split(':').nth(3).filter(|region| !region.is_empty())?;
                doubt_region(region)
            }

            fn leaf_held(arn: &Spanned<Self>) -> Option<Held<'_>> {
                Some(Held::Arn(&arn.value.0, arn.span))
            }

            fn leaf_schema() -> Value {
                json!({
                    "type": "string",
                    "pattern": concat!("^arn:aws(-cn|-us-gov|-eusc|-iso(-[bef])?)?:", $service, ":[^:]*:[^:]*:", $resource),
                })
            }
        }
    )*};
}

arns! {
    /// A role.
    RoleArn = "a role", "iam", "role/", role, "arn:aws:iam::111122223333:role/glue";
    /// A topic that messages are sent to.
    TopicArn = "an SNS topic", "sns", "", topic, "arn:aws:sns:eu-west-1:111122223333:alerts";
    /// A key that encrypts.
    KeyArn = "a KMS key", "kms", "", key, "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    /// A secret.
    SecretArn = "a secret", "secretsmanager", "secret:", placed, "arn:aws:secretsmanager:eu-west-1:111122223333:secret:warehouse-AbCdEf";
}

/// Roles are everywhere in an account (IAM API, `CreateRole`).
fn role(arn: &Arn<'_>) -> Option<&'static str> {
    let name = arn.resource.rsplit('/').next().unwrap_or_default();
    let is_name = (1..=64).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c));
    if !arn.region.is_empty() {
        Some("a role has no region")
    } else if arn.account.is_empty() {
        Some("it has no account")
    } else if !is_name {
        Some("a role's name has at most 64 letters, digits and `_+=,.@-`")
    } else {
        None
    }
}

/// What a region and an account have.
fn placed(arn: &Arn<'_>) -> Option<&'static str> {
    if arn.region.is_empty() {
        Some("it has no region")
    } else if arn.account.is_empty() {
        Some("it has no account")
    } else {
        None
    }
}

/// From the SNS API, `CreateTopic`. A FIFO topic wants a group with each message.
fn topic(arn: &Arn<'_>) -> Option<&'static str> {
    let is_name = (1..=256).contains(&arn.resource.len())
        && arn.resource.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if arn.resource.rsplit('.').next() == Some("fifo") {
        return Some("messages about failures go to standard topics, not to FIFO ones");
    }
    placed(arn).or((!is_name).then_some("a topic's name has letters, digits, `_` and `-`"))
}

fn key(arn: &Arn<'_>) -> Option<&'static str> {
    let is_key = arn.resource.starts_with("key/") || arn.resource.starts_with("alias/");
    placed(arn).or((!is_key).then_some("it names neither `key/...` nor `alias/...`"))
}

fn wrong(text: &str, what: &str, why: &str, example: &str) -> LeafError {
    LeafError::new(Code::InvalidArn, format!("`{text}` is no {what}: {why}"))
        .help(format!("it looks like `{example}`"))
}

/// Returns the account of an ARN, where it has one.
pub fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

/// The parts of an ARN that say what it names: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
struct Arn<'a> {
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes an ARN apart, or says why it is none.
    fn parse(text: &'a str) -> Result<Self, String> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", partition, ..] if !is_partition(partition) => {
                Err(format!("there is no partition `{partition}`"))
            }
            ["arn", partition, _, region, ..] if !region.is_empty() && partition_of(region) != *partition => {
                Err(format!("the region `{region}` is in the partition `{}`", partition_of(region)))
            }
            ["arn", _, service, region, account, resource] => {
                let has_account = account.is_empty()
                    || *account == "aws"
                    || (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
                if service.is_empty() || resource.is_empty() || resource.contains(char::is_whitespace) {
                    Err("the service or the resource is missing".to_owned())
                } else if has_account {
                    Ok(Self { service, region, account, resource })
                } else {
                    Err(format!("an account has 12 digits, not `{account}`"))
                }
            }
            _ => Err("it needs six parts joined by `:`".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_in_its_partition() {
        let why = |text: &str| Arn::parse(text).err();
        for (partition, region) in [
            ("aws", "eu-west-1"),
            ("aws-cn", "cn-north-1"),
            ("aws-us-gov", "us-gov-west-1"),
            ("aws-eusc", "eusc-de-east-1"),
            ("aws-iso", "us-iso-east-1"),
            ("aws-iso-b", "us-isob-east-1"),
            ("aws-iso-f", ""),
        ] {
            assert_eq!(why(&format!("arn:{partition}:sns:{region}:111122223333:alerts")), None);
        }
        let of_china = why("arn:aws:sns:cn-north-1:111122223333:alerts").unwrap();
        assert_eq!(of_china, "the region `cn-north-1` is in the partition `aws-cn`");
        assert_eq!(why("arn:amazon:sns::1:a").unwrap(), "there is no partition `amazon`");
    }
}
