//! A provisioned cluster of Redshift by its identifier or its ARN.

use crate::service::qualified::{Qualified, Thing};

/// A cluster as the user names it: `reports`, or its ARN.
pub type Cluster = Qualified<OfRedshift>;

/// Provisioned clusters of Redshift.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfRedshift;

/// How long an identifier may be (Redshift API Reference, `CreateCluster`).
const LONGEST_NAME: usize = 63;

impl Thing for OfRedshift {
    const WHAT: &'static str = "a cluster of Redshift";
    const SERVICE: &'static str = "redshift";
    const TYPE: &'static str = "cluster:";
    const NO_QUALIFIER: &'static str = "an identifier has no `:`";

    fn name(text: &str) -> Result<(), String> {
        let is_one = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=LONGEST_NAME).contains(&text.len()) || !text.bytes().all(is_one) {
            return Err(format!("an identifier has 1 to {LONGEST_NAME} small letters, digits and `-`"));
        }
        if !text.starts_with(|first: char| first.is_ascii_lowercase())
            || text.ends_with('-')
            || text.contains("--")
        {
            return Err(
                "an identifier begins with a letter, does not end with `-`, and has no `--`".to_owned()
            );
        }
        Ok(())
    }

    fn is_qualifier(_: &str) -> bool {
        false
    }
}

/// Why nothing is done to Redshift Serverless.
pub const SERVERLESS: &str = "Redshift Serverless has nothing to pause: it computes, and bills for that, only while something is asked";

/// What to do there.
pub const SERVERLESS_CURE: &str = "take the step away; how large a workgroup is its base capacity says (`aws redshift-serverless update-workgroup`)";

/// Says whether a text names a thing of Redshift Serverless.
pub fn is_serverless(text: &str) -> bool {
    text.starts_with("arn:") && text.split(':').nth(2) == Some("redshift-serverless")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::arn::Account;

    #[test]
    fn a_cluster_is_named_in_two_ways() {
        let account = Account { partition: "aws", region: "eu-west-1", account: "111122223333" };
        let arn = "arn:aws:redshift:eu-west-1:111122223333:cluster:reports";
        for text in ["reports", arn] {
            let cluster = Cluster::parse(text).unwrap();
            assert_eq!((cluster.name.as_str(), cluster.to_string().as_str()), ("reports", text));
            assert_eq!(cluster.resource().policy(account), arn);
        }
    }

    #[test]
    fn what_is_no_cluster_is_told() {
        let long = "x".repeat(64);
        let others = [
            "arn:aws:redshift:eu-west-1:111122223333:namespace:0123",
            "arn:aws:redshift::111122223333:cluster:a",
            "arn:aws:redshift-serverless:eu-west-1:111122223333:workgroup/0123",
        ];
        for text in ["", "Reports", "1st", "a-", "a--b", "a_b", "a:b", &long].into_iter().chain(others) {
            assert!(Cluster::parse(text).is_err(), "{text}");
            assert_eq!(is_serverless(text), text.contains("serverless"), "{text}");
        }
    }
}
