//! `write: {redshift: ...}`: a table of Redshift that a job writes, and what its script does so that a run can be repeated.
//!
//! From the Glue Developer Guide, "Redshift connections": the rows are put into a temporary folder, from which COPY takes them.
//! In one transaction the connector makes the table where there is none, does the preactions, the COPY and the postactions.

use crate::kind::contract::short_hash;
use crate::lang::decode::record;
use crate::lang::project::RedshiftSpec;
use crate::lang::step::CopyMode;
use crate::lang::value::{LONGEST_NAME, TableName};
use crate::scope::Scope;
use crate::sql::Access;
use crate::sql::write::{identifier, qualified};
use crate::text::Spanned;

record! {
    "`redshift` of `write`"
    /// A table of Redshift that a job writes by a connection of Glue's, in one transaction.
    pub struct RedshiftTarget {
        /// The table.
        pub table: Spanned<TableName>,
        /// The Redshift connection, which has a `glue_connection`; may be left out when there is only one.
        pub into: Option<Spanned<String>>,
        /// What happens to what is there. `append` adds the rows whenever it is run.
        pub mode: Spanned<CopyMode>,
        /// The columns that tell one row from another, for `merge`.
        pub key: Option<Vec<Spanned<String>>>,
    }
}

impl RedshiftTarget {
    /// What it does to the table.
    pub fn access(&self) -> Access {
        match self.mode.value {
            CopyMode::Append => Access::Appends,
            CopyMode::Replace | CopyMode::Merge => Access::Writes,
        }
    }

    /// The columns of the key.
    pub fn keys(&self) -> &[Spanned<String>] {
        self.key.as_deref().unwrap_or_default()
    }

    /// The statements around the COPY; `job` tells one job from another.
    pub fn statements(&self, job: &str) -> Statements {
        let table = qualified(&self.table.schema, &self.table.table);
        match self.mode.value {
            CopyMode::Append => Statements { into: table, before: Vec::new(), after: Vec::new() },
            CopyMode::Replace => {
                let before = vec![format!("lock table {table}"), format!("delete from {table}")];
                Statements { into: table, before, after: Vec::new() }
            }
            CopyMode::Merge => self.merge(&table, job),
        }
    }

    /// Rows are loaded aside, looked at, and take the place of those with the same key.
    fn merge(&self, table: &str, job: &str) -> Statements {
        let stage = qualified(&self.table.schema, &stage(&self.table.table, job));
        let keys: Vec<String> = self.keys().iter().map(|key| identifier(key)).collect();
        let joined = |join: &str, of: &dyn Fn(&String) -> String| -> String {
            keys.iter().map(of).collect::<Vec<String>>().join(join)
        };
        let nulls = joined(" or ", &|key| format!("{key} is null"));
        let same = joined(" and ", &|key| format!("{table}.{key} = {stage}.{key}"));
        let repeated = format!(
            "(select 1 as one from {stage} group by {} having count(*) > 1) as repeated",
            joined(", ", &Clone::clone)
        );
        // A division by zero undoes everything.
        let guard = |rows: &str, name: &str| {
            format!("select 1 / (case when count(*) = 0 then 1 else 0 end) as {name} from {rows}")
        };
        Statements {
            before: vec![
                format!("drop table if exists {stage}"),
                format!("create table {stage} (like {table} including defaults)"),
            ],
            after: vec![
                guard(&format!("{stage} where {nulls}"), "keys_without_value"),
                guard(&repeated, "duplicate_keys"),
                format!("lock table {table}"),
                format!("delete from {table} using {stage} where {same}"),
                format!("insert into {table} select * from {stage}"),
                format!("drop table {stage}"),
            ],
            into: stage,
        }
    }
}

/// What a script has Redshift do.
pub struct Statements {
    /// The table into which COPY loads.
    pub into: String,
    /// What is done before.
    pub before: Vec<String>,
    /// What is done after.
    pub after: Vec<String>,
}

/// Names the table beside another one into which a job loads.
fn stage(table: &str, job: &str) -> String {
    let hash = short_hash(job.as_bytes());
    let mut name = format!("dagc_stage_{table}");
    name.truncate(name.floor_char_boundary(LONGEST_NAME - 1 - hash.len()));
    format!("{name}_{hash}")
}

/// The Redshift connection of a table that a step writes.
pub(super) fn connection<'a>(scope: &Scope<'a>, target: &'a RedshiftTarget) -> Option<&'a str> {
    let only = || scope.spec.redshift.as_ref()?.0.first().map(|(name, _)| name.value.as_str());
    target.into.as_ref().map(|into| into.value.as_str()).or_else(only)
}

/// Finds the settings of a Redshift connection.
fn spec<'a>(scope: &Scope<'a>, name: &str) -> Option<&'a RedshiftSpec> {
    let all = scope.spec.redshift.as_ref()?;
    all.0.iter().find(|(known, _)| known.value == name).map(|(_, spec)| spec)
}

/// The Glue connection by which jobs reach a Redshift connection.
pub(super) fn glue_connection(scope: &Scope<'_>, name: &str) -> Option<String> {
    spec(scope, name)?.glue_connection.as_ref().map(|name| name.value.clone())
}

/// The role with which COPY and UNLOAD reach the temporary folder; where there is none the job's own is lent.
pub(super) fn role(scope: &Scope<'_>, name: &str) -> Option<String> {
    let role = &spec(scope, name)?.copy_role.as_ref()?.value.0;
    (role.starts_with("arn:") && !role.contains(',')).then(|| role.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_has_its_own_name() {
        let long = "a".repeat(127);
        assert_eq!(stage(&long, "x").len(), LONGEST_NAME);
        assert_ne!(stage(&long, "x"), stage(&long, "y"));
        assert!(stage("crews", "x").starts_with("dagc_stage_crews_"));
    }
}
