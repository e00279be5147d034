//! Names that AWS's own rules refuse, which would be found when the task runs.
//!
//! From the services' models (`botocore`): `WorkGroupName` of Athena, `WorkgroupName` and `ClusterIdentifier` of the Redshift Data API,
//! `NameString` of Glue, `LogGroupName` and `LogStreamName` of CloudWatch's logs; from the Redshift Management Guide, `GetClusterCredentials`, for users.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::aws::Region;
use crate::lang::decode::Leaf;
use crate::lang::value::LONGEST_NAME;
use crate::text::Spanned;
use crate::yaml::{Scalar, Style};

/// A service's rule for a name.
pub struct Rule {
    /// What is named, with its article.
    what: &'static str,
    /// What it may be.
    pub help: &'static str,
    /// Says whether the service takes it.
    pub holds: fn(&str) -> bool,
}

/// Workgroups of Redshift Serverless.
pub const WORKGROUP: Rule = Rule {
    what: "a workgroup of Redshift Serverless",
    help: "it has 3 to 64 of a-z, 0-9 and `-`, or is the ARN of a workgroup",
    holds: |name| {
        let is_name = (3..=64).contains(&name.len()) && name.bytes().all(is_low);
        is_name
            || (name.starts_with("arn:")
                && name.contains(":redshift-serverless:")
                && name.contains(":workgroup/"))
    },
};

/// Workgroups of Athena (`WorkGroupName`).
pub const ATHENA_WORKGROUP: Rule = Rule {
    what: "a workgroup of Athena",
    help: "it has at most 128 letters, digits and `._-`",
    holds: |name| (1..=128).contains(&name.len()) && name.bytes().all(|byte| is_word(byte) || byte == b'.'),
};

/// Data catalogs of Athena (`CatalogNameString`).
pub const DATA_CATALOG: Rule = Rule {
    what: "a data catalog",
    help: "it has at most 256 characters, none of them a line break",
    holds: |name| (1..=256).contains(&name.chars().count()) && !name.contains(char::is_control),
};

/// Clusters of Redshift.
pub const CLUSTER: Rule = Rule {
    what: "a cluster of Redshift",
    help: "it has at most 63 of a-z, 0-9 and single `-`, begins with a letter and does not end with `-`",
    holds: |name| {
        (1..=63).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && !name.ends_with('-')
            && !name.contains("--")
            && name.bytes().all(is_low)
    },
};

/// Databases of Redshift.
pub const DATABASE: Rule = Rule {
    what: "a database of Redshift",
    help: "it has at most 127 bytes, and no blanks, quotes or `/`",
    holds: |name| {
        (1..=LONGEST_NAME).contains(&name.len())
            && !name.contains(|c: char| c.is_whitespace() || "'\"`/\\;".contains(c))
    },
};

/// Users of a database of Redshift.
pub const DB_USER: Rule = Rule {
    what: "a user of a Redshift database",
    help: "it has at most 64 letters, digits and `_+.@-`, and is not `public`",
    holds: |name| {
        let user = name.strip_prefix("IAM:").or(name.strip_prefix("IAMR:")).unwrap_or(name);
        (1..=64).contains(&user.len())
            && !user.eq_ignore_ascii_case("public")
            && user.chars().all(|c| c.is_ascii_alphanumeric() || "_+.@-$".contains(c))
    },
};

/// Names of Glue.
pub const GLUE: Rule = Rule {
    what: "a name of Glue",
    help: "it has at most 255 characters, none of them a line break, and no blanks at its ends",
    holds: is_glue_name,
};

/// Databases of the Data Catalog.
pub const CATALOG_DATABASE: Rule = Rule {
    what: "a database of the Data Catalog",
    help: "it has at most 255 letters, digits, `_` and `-`",
    holds: |name| (1..=255).contains(&name.len()) && name.bytes().all(is_word),
};

/// What the names of a crawler's tables begin with.
pub const TABLE_PREFIX: Rule = Rule {
    what: "a beginning of tables' names",
    help: "it has at most 128 letters, digits, `_` and `-`",
    holds: |name| name.len() <= 128 && name.bytes().all(is_word),
};

/// Log groups of CloudWatch.
pub const LOG_GROUP: Rule = Rule {
    what: "a log group",
    help: "it has at most 512 letters, digits and `.-_/#`: `/emr/etl`",
    holds: |name| {
        (1..=512).contains(&name.len()) && name.bytes().all(|byte| is_word(byte) || b"./#".contains(&byte))
    },
};

/// What the names of log streams begin with.
pub const STREAM_PREFIX: Rule = Rule {
    what: "a beginning of log streams' names",
    help: "it has at most 256 characters, and no `:` and `*`",
    holds: |name| (1..=256).contains(&name.chars().count()) && !name.contains([':', '*']),
};

fn is_low(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_glue_name(name: &str) -> bool {
    (1..=255).contains(&name.chars().count())
        && name.trim() == name
        && !name.contains(|c: char| c.is_control())
}

impl Rule {
    /// Says that a name is none that the service takes.
    pub fn check(&self, name: Option<&Spanned<String>>, diagnostics: &mut Diagnostics) {
        let Some(name) = name.filter(|name| !(self.holds)(name)) else { return };
        let message = format!("`{}` cannot be {}", name.value.escape_debug(), self.what);
        let diagnostic = Diagnostic::new(Code::InvalidName, name.span, message);
        let near = name.trim().to_ascii_lowercase().replace(['_', ' ', '.'], "-");
        diagnostics.push(if near != name.value && (self.holds)(&near) {
            diagnostic.help(format!("{}; is it `{near}`?", self.help))
        } else {
            diagnostic.help(self.help)
        });
    }
}

/// Says that a text is no region of AWS, or none that is known.
pub fn check_region(region: &Spanned<String>, diagnostics: &mut Diagnostics) {
    let scalar = Scalar { text: region.value.clone(), style: Style::Quoted, expanded: true };
    let doubt = match Region::leaf(&scalar) {
        Ok(region) => region.doubt(),
        Err(error) => Some(error),
    };
    if let Some(error) = doubt {
        let mut diagnostic = Diagnostic::new(error.code, region.span, error.message);
        diagnostic.help = error.help;
        diagnostics.push(diagnostic);
    }
}
