//! A cluster of EMR by its name or its id, and the ARNs that are made of it.

use crate::service::arn::{Part, Resource};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A cluster as the user names it: `etl`, or its id, `j-2H3EEJJ1EOUTN`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cluster(String);

/// How long a name may be (`XmlStringMaxLen256` in the service's model).
const LONGEST_NAME: usize = 256;

/// What ids begin with, and how many letters and digits stand behind it at least (AWS's guides show 12 and 13).
const ID_BEGINS: &str = "j-";
const FEWEST: usize = 8;

impl Cluster {
    /// Reads it; says why a text names none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let length = text.chars().count();
        if (1..=LONGEST_NAME).contains(&length) && !text.contains(char::is_control) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("a name has 1 to {LONGEST_NAME} characters, none of them a line break"))
    }

    /// Its id, where the user says one.
    pub fn id(&self) -> Option<&str> {
        let rest = self.0.strip_prefix(ID_BEGINS)?;
        let is_one = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        (rest.len() >= FEWEST && rest.bytes().all(is_one)).then_some(self.0.as_str())
    }

    /// Says whether this name is the cluster's.
    pub fn is(&self, name: &str) -> bool {
        self.0 == name
    }

    /// What is allowed on the cluster, and with it on its steps.
    pub fn itself(&self) -> Resource {
        // ARNs have the id, which a name does not tell.
        let part = self.id().map_or(Part::Unknown("CLUSTER"), |id| Part::Name(id.to_owned()));
        Resource::regional("elasticmapreduce", [Part::Fixed("cluster/"), part])
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_named_in_two_ways() {
        let here = "arn:aws:elasticmapreduce:REGION:ACCOUNT:cluster/";
        for (text, id, resource) in [
            ("j-2H3EEJJ1EOUTN", Some("j-2H3EEJJ1EOUTN"), "j-2H3EEJJ1EOUTN"),
            ("etl of shop", None, "CLUSTER"),
            ("j-etl", None, "CLUSTER"),
        ] {
            let cluster = Cluster::parse(text).unwrap();
            assert_eq!((cluster.id(), cluster.to_string().as_str()), (id, text));
            assert_eq!(cluster.itself().to_string(), format!("{here}{resource}"));
            assert!(cluster.is(text) && !cluster.is("other"));
        }
        for text in ["", "a\nb", &"x".repeat(257)] {
            assert!(Cluster::parse(text).is_err(), "{text}");
        }
    }
}
