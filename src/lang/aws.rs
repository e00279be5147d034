//! Names of AWS that are no ARNs: regions, environments of MWAA.

use super::decode::{Leaf, LeafError};
use crate::diagnostic::{Code, nearest};
use crate::yaml::Scalar;
use serde_json::{Value, json};

/// A region. AWS adds some every year, so that any name of their form is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region(pub String);

/// A part of AWS with accounts and names of its own.
struct Partition {
    /// As ARNs name it.
    name: &'static str,
    /// How its regions begin.
    begins: &'static str,
    /// Those that a slip is compared with.
    regions: &'static [&'static str],
}

/// The partitions as the SDK's own data has them, the one of all other regions last.
const PARTITIONS: &[Partition] = &[
    Partition { name: "aws-cn", begins: "cn-", regions: &["cn-north-1", "cn-northwest-1"] },
    Partition { name: "aws-us-gov", begins: "us-gov-", regions: &["us-gov-east-1", "us-gov-west-1"] },
    Partition { name: "aws-eusc", begins: "eusc-", regions: &["eusc-de-east-1"] },
    Partition { name: "aws-iso", begins: "us-iso-", regions: &["us-iso-east-1", "us-iso-west-1"] },
    Partition { name: "aws-iso-b", begins: "us-isob-", regions: &["us-isob-east-1", "us-isob-west-1"] },
    Partition { name: "aws-iso-e", begins: "eu-isoe-", regions: &["eu-isoe-west-1"] },
    Partition { name: "aws-iso-f", begins: "us-isof-", regions: &["us-isof-east-1", "us-isof-south-1"] },
    Partition { name: "aws", begins: "", regions: REGIONS },
];

const REGIONS: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

fn regions() -> impl Iterator<Item = &'static str> {
    PARTITIONS.iter().flat_map(|partition| partition.regions).copied()
}

/// Says that a region is none of those that AWS had when this was made.
pub(super) fn doubt_region(region: &str) -> Option<LeafError> {
    if regions().any(|known| known == region) {
        return None;
    }
    let error = LeafError::new(Code::UnknownRegion, format!("AWS has no region `{region}` that dagc knows"));
    Some(match nearest(region, regions()) {
        Some(near) => error.help(format!("did you mean `{near}`? If it is a new one, it works")),
        None => error.help("if it is a new one, it works"),
    })
}

/// Says whether AWS has a partition of this name.
pub(super) fn is_partition(name: &str) -> bool {
    PARTITIONS.iter().any(|partition| partition.name == name)
}

/// Returns the partition of a region.
pub fn partition_of(region: &str) -> &'static str {
    let found = PARTITIONS.iter().find(|partition| region.starts_with(partition.begins));
    found.map_or("aws", |partition| partition.name)
}

/// Where in a part of the world a region lies.
const DIRECTIONS: &[&str] =
    &["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

/// What stands before the direction in partitions of their own.
const SPECIAL: &[&str] = &["gov", "iso", "isob", "isoe", "isof", "de"];

/// Says whether a region may begin so: with the two letters of a part of the world or a country.
fn is_part(text: &str) -> bool {
    text == "eusc" || (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase()))
}

impl Leaf for Region {
    const EXPECTED: &'static str = "a region such as `eu-west-1`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = &scalar.text;
        let parts: Vec<&str> = text.split('-').collect();
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        match parts.as_slice() {
            [part, special @ .., direction, number]
                if is_part(part)
                    && special.iter().all(|word| SPECIAL.contains(word))
                    && special.len() < 2
                    && DIRECTIONS.contains(direction)
                    && is_number(number) =>
            {
                Ok(Self(text.clone()))
            }
            _ => {
                let error = LeafError::new(Code::InvalidName, format!("`{text}` is no region of AWS"));
                Err(match nearest(text, regions()) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help("a region is written like `eu-west-1`"),
                })
            }
        }
    }

    fn doubt(&self) -> Option<LeafError> {
        doubt_region(&self.0)
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^[a-z]{2,}(-[a-z]{2,})+-[0-9]+$", "examples": ["eu-west-1"] })
    }
}

/// The name of an environment of MWAA (Amazon MWAA API, `CreateEnvironment`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MwaaName(pub String);

impl Leaf for MwaaName {
    const EXPECTED: &'static str = "the name of an MWAA environment";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        super::value::check_name(&scalar.text)?;
        if scalar.text.len() > 80 {
            let message = "an MWAA environment's name has at most 80 characters";
            return Err(LeafError::new(Code::InvalidName, message));
        }
        Ok(Self(scalar.text.clone()))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]*$", "maxLength": 80 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Style;

    #[test]
    fn every_region_is_one_and_lies_in_its_partition() {
        for partition in PARTITIONS {
            for region in partition.regions {
                let scalar = Scalar { text: (*region).to_owned(), style: Style::Plain, expanded: false };
                assert!(Region::leaf(&scalar).is_ok_and(|region| region.doubt().is_none()), "{region}");
                assert_eq!(partition_of(region), partition.name, "{region}");
            }
        }
        assert_eq!(partition_of("eu-west-9"), "aws");
        assert!(Region("eu-west-9".to_owned()).doubt().is_some());
    }
}
