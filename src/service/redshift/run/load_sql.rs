//! The SQL of loads: pure text.
//!
//! Each load is one transaction. Conditions that must hold are guards: queries that divide by zero when
//! they do not, which undoes everything; the role of the statement tells which one it was.

use super::batch::{Role, Sql};
use super::ledger;
use super::merge::{self, Columns};
use crate::service::redshift::job::{CopyFormat, CopyMode, Load};
use crate::sql::write::{identifiers, literal, qualified};

/// The objects that a load reads besides the files.
#[derive(Clone, Debug)]
pub(super) struct Staged {
    /// The manifest of the files.
    pub manifest: String,
    /// The ledger's rows for them, as CSV.
    pub ledger: String,
    /// The region of what is staged, when it is not the cluster's.
    pub region: Option<String>,
    /// Tells this load from all others.
    pub token: String,
}

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

/// A query that fails when there are rows.
pub(super) fn guard(rows: &str, name: &str) -> String {
    format!("SELECT 1 / (CASE WHEN count(*) = 0 THEN 1 ELSE 0 END) AS {name} FROM {rows}")
}

/// The COPY of the files; into all columns when none are named.
pub(super) fn copy(load: &Load, table: &str, columns: &[String], manifest: &str) -> String {
    let mut sql = format!("COPY {table}");
    if !columns.is_empty() {
        sql.push_str(&format!(" ({})", identifiers(columns)));
    }
    sql.push_str(&format!(
        " FROM {} IAM_ROLE {} MANIFEST {}",
        literal(manifest),
        role(load),
        format(&load.format)
    ));
    if let Some(region) = &load.region {
        sql.push_str(&format!(" REGION {}", literal(region)));
    }
    for option in &load.options {
        sql.push(' ');
        sql.push_str(option);
    }
    sql
}

/// The role with which COPY reads S3.
pub(super) fn role(load: &Load) -> String {
    if load.role == "default" { "default".to_owned() } else { literal(&load.role) }
}

fn format(format: &CopyFormat) -> String {
    let mut sql = match format {
        CopyFormat::Csv { delimiter, quote, .. } => {
            format!("FORMAT AS CSV DELIMITER AS {} QUOTE AS {}", literal(delimiter), literal(quote))
        }
        CopyFormat::Delimited { delimiter, escape, quoted, .. } => {
            let escape = if *escape { " ESCAPE" } else { "" };
            let quotes = if *quoted { " REMOVEQUOTES" } else { "" };
            format!("DELIMITER AS {}{escape}{quotes}", literal(delimiter))
        }
        CopyFormat::FixedWidth { columns, .. } => format!("FIXEDWIDTH AS {}", literal(columns)),
        CopyFormat::Json { path } => format!("FORMAT AS JSON {}", literal(path.as_deref().unwrap_or("auto"))),
        CopyFormat::Parquet => "FORMAT AS PARQUET".to_owned(),
        CopyFormat::Orc => "FORMAT AS ORC".to_owned(),
        CopyFormat::Avro => "FORMAT AS AVRO 'auto'".to_owned(),
    };
    if let CopyFormat::Csv { header, null, .. }
    | CopyFormat::Delimited { header, null, .. }
    | CopyFormat::FixedWidth { header, null, .. } = format
    {
        if *header > 0 {
            sql.push_str(&format!(" IGNOREHEADER AS {header}"));
        }
        if let Some(null) = null {
            sql.push_str(&format!(" NULL AS {}", literal(null)));
        }
    }
    sql
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::merge::tests::all;
    use super::*;
    use crate::template::Template;

    pub(crate) fn load(mode: CopyMode) -> Load {
        Load {
            path: Template::text("s3://lake/flights/"),
            except: Vec::new(),
            staging: "s3://lake/staging/".to_owned(),
            schema: "mart".to_owned(),
            table: "flights".to_owned(),
            mode,
            key: Vec::new(),
            columns: Vec::new(),
            format: CopyFormat::Parquet,
            role: "default".to_owned(),
            region: None,
            options: Vec::new(),
        }
    }

    pub(crate) fn staged() -> Staged {
        Staged {
            manifest: "s3://lake/staging/k.manifest".to_owned(),
            ledger: "s3://lake/staging/k.ledger.csv".to_owned(),
            region: None,
            token: "0123456789abcdef-0-0".to_owned(),
        }
    }

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

    #[test]
    fn formats_and_options_are_written() {
        let null = Some("NA".to_owned());
        for (format, options, expected) in [
            (
                CopyFormat::Csv { header: 1, delimiter: ",".to_owned(), quote: "\"".to_owned(), null },
                vec!["GZIP", "MAXERROR 5"],
                r#"FORMAT AS CSV DELIMITER AS ',' QUOTE AS '"' IGNOREHEADER AS 1 NULL AS 'NA' GZIP MAXERROR 5"#,
            ),
            (
                CopyFormat::Delimited {
                    header: 0,
                    delimiter: "|".to_owned(),
                    escape: true,
                    quoted: true,
                    null: None,
                },
                vec![],
                "DELIMITER AS '|' ESCAPE REMOVEQUOTES",
            ),
            (
                CopyFormat::Delimited {
                    header: 2,
                    delimiter: "\t".to_owned(),
                    escape: false,
                    quoted: false,
                    null: None,
                },
                vec!["ROUNDEC"],
                "DELIMITER AS '\t' IGNOREHEADER AS 2 ROUNDEC",
            ),
            (
                CopyFormat::FixedWidth { columns: "id:5,name:20".to_owned(), header: 0, null: None },
                vec![],
                "FIXEDWIDTH AS 'id:5,name:20'",
            ),
            (CopyFormat::Json { path: None }, vec![], "FORMAT AS JSON 'auto'"),
            (
                CopyFormat::Json { path: Some("s3://b/paths.json".to_owned()) },
                vec![],
                "FORMAT AS JSON 's3://b/paths.json'",
            ),
            (CopyFormat::Avro, vec![], "FORMAT AS AVRO 'auto'"),
            (CopyFormat::Orc, vec![], "FORMAT AS ORC"),
        ] {
            let options = options.into_iter().map(str::to_owned).collect();
            let load = Load { format, options, ..load(CopyMode::Replace) };
            let sql = &texts(&load)[4];
            assert_eq!(sql.split_once(" MANIFEST ").unwrap().1, expected);
        }
    }
}
