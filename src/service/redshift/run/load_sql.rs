//! The SQL of loads: pure text.
//!
//! Each load is one transaction. Conditions that must hold are guards: queries that divide by zero when
//! they do not, which undoes everything; the role of the statement tells which one it was.

use super::batch::{Role, Sql};
use super::copy::{Staged, copy};
use super::ledger;
use super::merge::{self, Columns};
use crate::service::redshift::load::{CopyMode, Load};
use crate::sql::write::qualified;

/// The statements of a load, in one transaction; `columns` are those of a merge.
///
/// The lock comes first, so that what follows sees all that others have committed. The ledger then holds the
/// files whose rows the table holds, whatever the mode.
pub(super) fn statements(load: &Load, columns: Option<&Columns>, staged: &Staged) -> Vec<Sql> {
    let step = |text: String| Sql::new(Role::Step, text);
    let table = qualified(&load.schema, &load.table);
    let load_files = || Sql::new(Role::Copy, copy(load, &table, &load.columns, &staged.manifest));
    let mut statements = vec![Sql::new(Role::Lock, ledger::lock(load))];
    match (load.mode, columns) {
        (CopyMode::Append, _) => statements.extend([
            step(ledger::copy(load, staged)),
            Sql::new(Role::NotLoaded, ledger::not_loaded(load, &staged.token)),
            load_files(),
        ]),
        (CopyMode::Replace, _) => statements.extend([
            step(ledger::forget_all(load)),
            step(ledger::copy(load, staged)),
            // Not TRUNCATE: it commits.
            step(format!("DELETE FROM {table}")),
            load_files(),
        ]),
        (CopyMode::Merge, columns) => {
            statements.push(step(ledger::copy(load, staged)));
            statements.push(step(ledger::forget_older(load, &staged.token)));
            statements
                .extend(columns.into_iter().flat_map(|columns| merge::statements(load, columns, staged)));
        }
    }
    statements.push(step(ledger::forget_without_rows(load, &staged.token)));
    statements
}

/// The roles of the statements of a load, up to the last that is more than a step.
pub(super) fn roles(mode: CopyMode) -> Vec<Role> {
    match mode {
        CopyMode::Append => vec![Role::Lock, Role::Step, Role::NotLoaded, Role::Copy],
        CopyMode::Replace => vec![Role::Lock, Role::Step, Role::Step, Role::Step, Role::Copy],
        CopyMode::Merge => vec![
            Role::Lock,
            Role::Step,
            Role::Step,
            Role::Step,
            Role::Copy,
            Role::NoNullKeys,
            Role::NoDuplicateKeys,
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::super::copy::tests::{load, staged};
    use super::super::merge::tests::all;
    use super::*;

    fn texts(load: &Load) -> Vec<String> {
        let statements = statements(load, Some(&all(&["id"])), &staged());
        let roles = roles(load.mode);
        let written: Vec<Role> = statements.iter().map(|sql| sql.role).collect();
        assert_eq!(written[..roles.len()], roles);
        assert!(written[roles.len()..].iter().all(|role| *role == Role::Step));
        statements.into_iter().map(|sql| sql.text).collect()
    }

    #[test]
    fn every_mode_locks_and_remembers() {
        let lock = r#"LOCK TABLE "mart"."dagc_loads_flights""#;
        let remember = r#"COPY "mart"."dagc_loads_flights" ("url", "etag", "size", "key", "loaded_at") FROM 's3://lake/staging/k.ledger.csv' IAM_ROLE default FORMAT AS CSV"#;
        let files = r#"COPY "mart"."flights" FROM 's3://lake/staging/k.manifest' IAM_ROLE default MANIFEST FORMAT AS PARQUET"#;
        let forget = r#"DELETE FROM "mart"."dagc_loads_flights" WHERE "key" = '0123456789abcdef-0-0' AND NOT EXISTS (SELECT 1 FROM "mart"."flights")"#;
        let append = texts(&load(CopyMode::Append));
        assert_eq!([&append[0], &append[1], &append[3], &append[4]], [lock, remember, files, forget]);
        assert_eq!(
            texts(&load(CopyMode::Replace)),
            [
                lock,
                r#"DELETE FROM "mart"."dagc_loads_flights""#,
                remember,
                r#"DELETE FROM "mart"."flights""#,
                files,
                forget
            ]
        );
        let merge = texts(&Load { key: vec!["id".to_owned()], ..load(CopyMode::Merge) });
        assert_eq!([&merge[0], &merge[1], &merge[merge.len() - 1]], [lock, remember, forget]);
    }

    #[test]
    fn what_is_staged_in_another_region_is_read_there() {
        let staged = Staged { region: Some("eu-west-1".to_owned()), ..staged() };
        let sql = statements(&load(CopyMode::Append), None, &staged);
        assert!(
            sql[1].text.ends_with("IAM_ROLE default FORMAT AS CSV REGION 'eu-west-1'"),
            "{}",
            sql[1].text
        );
    }
}
