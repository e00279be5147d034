//! The grants.

use super::{LakeFormationGrantStep, Tagged};
use crate::kind::contract::Lowered;
use crate::plan::{Job, Work};
use crate::service::lake_formation::job::{GrantPermissions, Granted};
use crate::text::Spanned;

pub(super) fn lower(step: &LakeFormationGrantStep) -> Option<Lowered> {
    let permissions = step.permissions.iter().map(|one| one.value.as_str().to_ascii_uppercase());
    Some(Lowered::work(Work::Job(Job::GrantPermissions(Box::new(GrantPermissions {
        principals: step.to.iter().map(|one| one.value.0.clone()).collect(),
        permissions: permissions.collect(),
        grantable: step.grantable(),
        on: granted(step)?,
    })))))
}

fn granted(step: &LakeFormationGrantStep) -> Option<Granted> {
    if let Some(database) = &step.database {
        return Some(Granted::Database { database: database.value.0.clone() });
    }
    if let Some(database) = &step.all_tables_of {
        return Some(Granted::AllTables { database: database.value.0.clone() });
    }
    if let Some(tags) = &step.tags {
        let tags = tags.0.iter().map(|(key, values)| (key.value.clone(), texts(values))).collect();
        return Some(Granted::Tagged { tags, databases: step.tagged() == Tagged::Databases });
    }
    let tables = step.tables.as_ref()?;
    let (columns, except) = match (&step.columns, &step.except_columns) {
        (Some(columns), _) => (columns, false),
        (None, Some(columns)) => (columns, true),
        (None, None) => {
            return Some(Granted::Tables { tables: tables.iter().map(|one| one.value.clone()).collect() });
        }
    };
    let table = tables.first()?.value.clone();
    Some(Granted::Columns { table, columns: texts(columns), except })
}

fn texts(texts: &[Spanned<String>]) -> Vec<String> {
    texts.iter().map(|one| one.value.clone()).collect()
}
