//! ARNs: names of things in AWS, each kind with the service that it belongs to.

use super::decode::{Leaf, LeafError};
use crate::diagnostic::Code;
use crate::yaml::Scalar;
use serde_json::{Value, json};

/// Declares ARNs of one service: what they are, the service, how the resource begins, an example.
macro_rules! arns {
    ($($(#[doc = $doc:literal])* $name:ident = $what:literal, $service:literal, $resource:literal, $example:literal;)*) => {$(
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
                Ok(Self(scalar.text.clone()))
            }

            fn leaf_schema() -> Value {
                json!({
                    "type": "string",
                    "pattern": concat!("^arn:aws(-cn|-us-gov)?:", $service, ":[^:]*:[^:]*:", $resource),
                })
            }
        }
    )*};
}

arns! {
    /// A role.
    RoleArn = "a role", "iam", "role/", "arn:aws:iam::111122223333:role/glue";
    /// A topic that messages are sent to.
    TopicArn = "an SNS topic", "sns", "", "arn:aws:sns:eu-west-1:111122223333:alerts";
    /// A key that encrypts.
    KeyArn = "a KMS key", "kms", "", "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    /// A secret.
    SecretArn = "a secret", "secretsmanager", "secret:", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:warehouse-AbCdEf";
}

fn wrong(text: &str, what: &str, why: &str, example: &str) -> LeafError {
    LeafError::new(Code::InvalidArn, format!("`{text}` is no {what}: {why}"))
        .help(format!("it looks like `{example}`"))
}

/// The parts of an ARN that say what it names: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
struct Arn<'a> {
    service: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes an ARN apart, or says why it is none.
    fn parse(text: &'a str) -> Result<Self, String> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", partition, ..] if !matches!(*partition, "aws" | "aws-cn" | "aws-us-gov") => {
                Err(format!("there is no partition `{partition}`"))
            }
            ["arn", _, service, _, account, resource] => {
                let has_account = account.is_empty()
                    || *account == "aws"
                    || (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()));
                if service.is_empty() || resource.is_empty() || resource.contains(char::is_whitespace) {
                    Err("the service or the resource is missing".to_owned())
                } else if has_account {
                    Ok(Self { service, resource })
                } else {
                    Err(format!("an account has 12 digits, not `{account}`"))
                }
            }
            _ => Err("it needs six parts joined by `:`".to_owned()),
        }
    }
}
