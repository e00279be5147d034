//! `invalid-name`: names that AWS's own rules refuse, which would be found when the task runs.
//!
//! From the services' models (`botocore`): `WorkgroupName` and `ClusterIdentifier` of the Redshift Data API,
//! `NameString` of Glue; from the Redshift Management Guide, `GetClusterCredentials`, for users.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::ProjectSpec;
use crate::lang::aws::Region;
use crate::lang::decode::Leaf;
use crate::resolve::{Action, Pipeline, Scope, Task};
use crate::text::Spanned;
use crate::yaml::{Scalar, Style};

/// A service's rule for a name.
struct Rule {
    /// What is named, with its article.
    what: &'static str,
    /// What it may be.
    help: &'static str,
    holds: fn(&str) -> bool,
}

const WORKGROUP: Rule = Rule {
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

const CLUSTER: Rule = Rule {
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

const DATABASE: Rule = Rule {
    what: "a database of Redshift",
    help: "it has at most 127 bytes, and no blanks, quotes or `/`",
    holds: |name| {
        (1..=127).contains(&name.len())
            && !name.contains(|c: char| c.is_whitespace() || "'\"`/\\;".contains(c))
    },
};

const DB_USER: Rule = Rule {
    what: "a user of a Redshift database",
    help: "it has at most 64 letters, digits and `_+.@-`, and is not `public`",
    holds: |name| {
        let user = name.strip_prefix("IAM:").or(name.strip_prefix("IAMR:")).unwrap_or(name);
        (1..=64).contains(&user.len())
            && !user.eq_ignore_ascii_case("public")
            && user.chars().all(|c| c.is_ascii_alphanumeric() || "_+.@-$".contains(c))
    },
};

const GLUE: Rule = Rule {
    what: "a name of Glue",
    help: "it has at most 255 characters, none of them a line break, and no blanks at its ends",
    holds: is_glue_name,
};

const CATALOG_DATABASE: Rule = Rule {
    what: "a database of the Data Catalog",
    help: "it has at most 255 letters, digits, `_` and `-`",
    holds: |name| (1..=255).contains(&name.len()) && name.bytes().all(is_word),
};

const TABLE_PREFIX: Rule = Rule {
    what: "a beginning of tables' names",
    help: "it has at most 128 letters, digits, `_` and `-`",
    holds: |name| name.len() <= 128 && name.bytes().all(is_word),
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
    fn check(&self, name: Option<&Spanned<String>>, diagnostics: &mut Diagnostics) {
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

/// Looks at the connections and the Glue settings of the project file.
pub(super) fn project(project: &ProjectSpec, diagnostics: &mut Diagnostics) {
    for (_, environment) in &project.environments.0 {
        for (_, connection) in environment.redshift.iter().flat_map(|redshift| &redshift.0) {
            WORKGROUP.check(connection.workgroup.as_ref(), diagnostics);
            CLUSTER.check(connection.cluster.as_ref(), diagnostics);
            DATABASE.check(Some(&connection.database), diagnostics);
            DB_USER.check(connection.db_user.as_ref(), diagnostics);
        }
        let security = environment.glue.as_ref().and_then(|glue| glue.security_configuration.as_ref());
        GLUE.check(security, diagnostics);
    }
}

/// Looks at what the steps of a pipeline name.
pub(super) fn pipeline(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        match &task.action {
            Action::Crawl { step, .. } => {
                GLUE.check(Some(&step.crawler), diagnostics);
                CATALOG_DATABASE.check(step.database.as_ref(), diagnostics);
                TABLE_PREFIX.check(step.table_prefix.as_ref(), diagnostics);
            }
            Action::GlueJob { step, .. } => {
                let lists = step.connections.iter().flatten();
                let names = [&step.job, &step.name, &step.security_configuration];
                for name in names.into_iter().flatten().chain(lists) {
                    GLUE.check(Some(name), diagnostics);
                }
                if step.script.is_some() && step.name.is_none() {
                    own_name(scope, pipeline, task, diagnostics);
                }
            }
            Action::Copy { step, .. } => {
                let region = step.options.as_ref().and_then(|options| options.region.as_ref());
                if let Some(region) = region {
                    check_region(region, diagnostics);
                }
            }
            Action::Wait(_)
            | Action::Sql { .. }
            | Action::Check { .. }
            | Action::Bash { .. }
            | Action::Operator(_) => {}
        }
    }
}

/// The name that a job gets of its project, pipeline and step.
fn own_name(scope: &Scope<'_>, pipeline: &Pipeline<'_>, task: &Task<'_>, diagnostics: &mut Diagnostics) {
    let name = format!("{}-{}-{}", scope.project, pipeline.spec.pipeline.value.0, task.id);
    if !is_glue_name(&name) {
        let message =
            format!("the job of step `{}` would have a name of {} characters", task.name, name.len());
        diagnostics.push(
            Diagnostic::new(Code::InvalidName, task.span, message)
                .note(format!("it would be called `{name}`"))
                .help(format!("give it one: `name: ...`; {}", GLUE.help)),
        );
    }
}

fn check_region(region: &Spanned<String>, diagnostics: &mut Diagnostics) {
    let scalar = Scalar { text: region.value.clone(), style: Style::Quoted, expanded: true };
    if let Err(error) = Region::leaf(&scalar) {
        let mut diagnostic = Diagnostic::new(error.code, region.span, error.message);
        diagnostic.help = error.help;
        diagnostics.push(diagnostic);
    }
}
