//! What a kind is lowered with, and to.

use crate::lang::arn::{KeyArn, RoleArn};
use crate::plan::{Resource, Work};
use crate::scope::{Connection, Meaning, NoData, Scope, Script};
use crate::service::redshift::job::RedshiftConnection;
use crate::service::statement::Statement;
use crate::template::Template;
use crate::text::Spanned;
use sha2::{Digest, Sha256};

/// What a step becomes.
pub struct Lowered {
    /// What its task does.
    pub work: Work,
    /// What publishing makes for it.
    pub resources: Vec<Resource>,
}

impl Lowered {
    /// Work that needs nothing to be made.
    pub fn work(work: Work) -> Self {
        Self { work, resources: Vec::new() }
    }
}

/// A step that is lowered: for [`Kind::lower`](super::Kind::lower).
pub struct Lowering<'c, 'a> {
    /// The environment.
    pub scope: &'c Scope<'a>,
    /// What is no data.
    pub no_data: &'c NoData,
    /// The pipeline's name.
    pub pipeline: &'c str,
    /// What the step means.
    pub task: &'c Meaning<'a>,
    /// The steps whose outputs its text uses, with the ids of their tasks.
    pub outputs: Vec<(&'c str, &'c str)>,
}

impl Lowering<'_, '_> {
    /// Names tasks in place of steps, as the values of a run do.
    pub fn template(&self, template: &Template) -> Template {
        if self.outputs.is_empty() {
            return template.clone();
        }
        template.rename_steps(|step| {
            let task = self.outputs.iter().find(|(name, _)| *name == step);
            task.map(|(_, task)| (*task).to_owned())
        })
    }

    /// The role of a step, or the one of the environment.
    pub fn role(&self, own: Option<&Spanned<RoleArn>>) -> Option<String> {
        let environment = self.scope.spec.glue.as_ref().and_then(|glue| glue.role.as_ref());
        own.or(environment).map(|role| role.value.0.clone())
    }

    /// The key of the files of a step, or the one of the environment, which is of no use in another account or region.
    pub fn kms_key(&self, own: Option<&Spanned<KeyArn>>) -> Option<String> {
        let encryption = self.scope.spec.encryption.as_ref().filter(|_| self.task.runs_as.is_none());
        own.or(encryption.map(|encryption| &encryption.kms_key)).map(|key| key.value.0.clone())
    }

    /// The security configuration of a step, or the one of the environment.
    pub fn security_configuration(&self, own: Option<&Spanned<String>>) -> Option<String> {
        let glue = self.scope.spec.glue.as_ref();
        let environment = glue.and_then(|glue| glue.security_configuration.as_ref());
        own.or(environment).map(|name| name.value.clone())
    }

    /// How long Glue's listings may lag, where the project says so.
    pub fn listing_lag(&self) -> Option<u64> {
        let glue = self.scope.spec.glue.as_ref()?;
        glue.listing_lag.as_ref().map(|lag| lag.value.0)
    }

    /// How long the task may take.
    pub fn timeout_minutes(&self) -> Option<u32> {
        self.task.settings.policy.timeout.and_then(|seconds| u32::try_from(seconds.div_ceil(60)).ok())
    }
}

/// Makes a plan's connection.
pub fn connection(connection: &Connection<'_>) -> RedshiftConnection {
    let text = |value: &Option<Spanned<String>>| value.as_ref().map(|value| value.value.clone());
    RedshiftConnection {
        workgroup: text(&connection.spec.workgroup),
        cluster: text(&connection.spec.cluster),
        database: connection.spec.database.value.clone(),
        db_user: text(&connection.spec.db_user),
        secret: connection.spec.secret.as_ref().map(|secret| secret.value.0.clone()),
    }
}

/// Makes templates of a script's statements.
pub fn statements(cx: &Lowering<'_, '_>, script: &Script<'_>) -> Option<Vec<Statement>> {
    let statements = script.script.statements.iter();
    statements
        .map(|statement| {
            let template = match &statement.template {
                Some(template) => cx.template(template),
                None if statement.text.contains("{{") => return None,
                None => Template::text(&statement.text),
            };
            Some(Statement(template))
        })
        .collect()
}

/// The first twelve hexadecimal digits of a content's SHA-256, for names.
pub fn short_hash(content: &[u8]) -> String {
    let mut hash = String::with_capacity(12);
    for byte in &Sha256::digest(content)[..6] {
        hash.push_str(&format!("{byte:02x}"));
    }
    hash
}

/// Puts a slash at the end of a prefix.
pub fn folder(prefix: &str) -> String {
    format!("{}/", prefix.trim_end_matches('/'))
}
