//! The SQL of loads: pure text.
//!
//! Each load is one transaction. Conditions that must hold are guards: queries that divide by zero when
//! they do not, which undoes everything; the role of the statement tells which one it was.

use super::batch::{Role, Sql};
use crate::plan::{CopyFormat, CopyMode, Load};
use crate::sql_text::{identifier, identifiers, literal, qualified};

/// The table that remembers which files were appended, one in each schema.
const LEDGER: &str = "dagc_loads";

/// Its columns, in the order of [`super::load::ledger_rows`].
const LEDGER_COLUMNS: [&str; 6] = ["table_name", "url", "etag", "size", "key", "loaded_at"];

/// The objects that a load reads besides the files.
#[derive(Clone, Debug)]
pub(super) struct Staged {
    /// The manifest of the files.
    pub manifest: String,
    /// For `append`: the ledger's rows for them, as CSV.
    pub ledger: String,
    /// Tells this load from all others.
    pub token: String,
}

/// The statements of a load, in one transaction.
pub(super) fn statements(load: &Load, staged: &Staged) -> Vec<Sql> {
    let table = qualified(&load.schema, &load.table);
    match load.mode {
        CopyMode::Replace => vec![
            // Not TRUNCATE: it commits.
            Sql::new(Role::Step, format!("DELETE FROM {table}")),
            Sql::new(Role::Copy, copy(load, &table, &staged.manifest)),
        ],
        CopyMode::Append => vec![
            // The lock comes first, so that what follows sees all that others have committed.
            Sql::new(Role::Step, format!("LOCK TABLE {}", ledger(load))),
            Sql::new(Role::Step, copy_ledger(load, staged)),
            Sql::new(Role::NotLoaded, not_loaded(load, &staged.token)),
            Sql::new(Role::Copy, copy(load, &table, &staged.manifest)),
        ],
        CopyMode::Merge => merge(load, &table, staged),
    }
}

/// The roles of the statements of a load.
pub(super) fn roles(mode: CopyMode) -> Vec<Role> {
    match mode {
        CopyMode::Replace => vec![Role::Step, Role::Copy],
        CopyMode::Append => vec![Role::Step, Role::Step, Role::NotLoaded, Role::Copy],
        CopyMode::Merge => vec![
            Role::Step,
            Role::Copy,
            Role::NoNullKeys,
            Role::NoDuplicateKeys,
            Role::Step,
            Role::Step,
            Role::Step,
        ],
    }
}

/// Makes the ledger.
pub(super) fn create_ledger(load: &Load) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (\"table_name\" varchar(128) NOT NULL, \"url\" varchar(1152) NOT NULL, \
         \"etag\" varchar(128) NOT NULL, \"size\" bigint NOT NULL, \"key\" varchar(64) NOT NULL, \
         \"loaded_at\" timestamp NOT NULL)",
        ledger(load)
    )
}

/// Reads what the ledger knows of files whose addresses begin so.
pub(super) fn read_ledger(load: &Load, prefix: &str) -> String {
    format!(
        "SELECT \"url\", \"etag\" FROM {} WHERE \"table_name\" = {} AND left(\"url\", {}) = {}",
        ledger(load),
        literal(&load.table),
        prefix.chars().count(),
        literal(prefix)
    )
}

fn ledger(load: &Load) -> String {
    qualified(&load.schema, LEDGER)
}

fn copy_ledger(load: &Load, staged: &Staged) -> String {
    format!(
        "COPY {} ({}) FROM {} IAM_ROLE {} FORMAT AS CSV",
        ledger(load),
        identifiers(&LEDGER_COLUMNS),
        literal(&staged.ledger),
        role(load)
    )
}

fn not_loaded(load: &Load, token: &str) -> String {
    let ledger = ledger(load);
    guard(
        &format!(
            "{ledger} AS mine JOIN {ledger} AS other ON other.\"table_name\" = mine.\"table_name\" AND \
             other.\"url\" = mine.\"url\" AND other.\"key\" <> mine.\"key\" WHERE mine.\"table_name\" = {} AND \
             mine.\"key\" = {}",
            literal(&load.table),
            literal(token)
        ),
        "files_loaded_before",
    )
}

fn merge(load: &Load, table: &str, staged: &Staged) -> Vec<Sql> {
    let short: String = staged.token.chars().take(12).collect();
    let stage = identifier(&format!("dagc_stage_{short}"));
    let keys: Vec<String> = load.key.iter().map(|key| identifier(key)).collect();
    let nulls: Vec<String> = keys.iter().map(|key| format!("{key} IS NULL")).collect();
    let same: Vec<String> = keys.iter().map(|key| format!("{table}.{key} = {stage}.{key}")).collect();
    let (into, from) = if load.columns.is_empty() {
        (String::new(), "*".to_owned())
    } else {
        let columns = identifiers(&load.columns);
        (format!(" ({columns})"), columns)
    };
    let repeated = format!(
        "(SELECT 1 AS one FROM {stage} GROUP BY {} HAVING count(*) > 1) AS repeated",
        keys.join(", ")
    );
    vec![
        Sql::new(Role::Step, format!("CREATE TEMP TABLE {stage} (LIKE {table} INCLUDING DEFAULTS)")),
        Sql::new(Role::Copy, copy(load, &stage, &staged.manifest)),
        Sql::new(
            Role::NoNullKeys,
            guard(&format!("{stage} WHERE {}", nulls.join(" OR ")), "keys_without_value"),
        ),
        Sql::new(Role::NoDuplicateKeys, guard(&repeated, "duplicate_keys")),
        Sql::new(Role::Step, format!("DELETE FROM {table} USING {stage} WHERE {}", same.join(" AND "))),
        Sql::new(Role::Step, format!("INSERT INTO {table}{into} SELECT {from} FROM {stage}")),
        Sql::new(Role::Step, format!("DROP TABLE {stage}")),
    ]
}

/// A query that fails when there are rows.
fn guard(rows: &str, name: &str) -> String {
    format!("SELECT 1 / (CASE WHEN count(*) = 0 THEN 1 ELSE 0 END) AS {name} FROM {rows}")
}

fn copy(load: &Load, table: &str, manifest: &str) -> String {
    let mut sql = format!("COPY {table}");
    if !load.columns.is_empty() {
        sql.push_str(&format!(" ({})", identifiers(&load.columns)));
    }
    sql.push_str(&format!(
        " FROM {} IAM_ROLE {} MANIFEST {}",
        literal(manifest),
        role(load),
        format(&load.format)
    ));
    for option in &load.options {
        sql.push(' ');
        sql.push_str(option);
    }
    sql
}

fn role(load: &Load) -> String {
    if load.role == "default" { "default".to_owned() } else { literal(&load.role) }
}

fn format(format: &CopyFormat) -> String {
    let mut sql = match format {
        CopyFormat::Csv { delimiter, quote, .. } => {
            format!("FORMAT AS CSV DELIMITER AS {} QUOTE AS {}", literal(delimiter), literal(quote))
        }
        CopyFormat::Delimited { delimiter, quoted, .. } => {
            let quotes = if *quoted { " REMOVEQUOTES" } else { "" };
            format!("DELIMITER AS {} ESCAPE{quotes}", literal(delimiter))
        }
        CopyFormat::Json { path } => format!("FORMAT AS JSON {}", literal(path.as_deref().unwrap_or("auto"))),
        CopyFormat::Parquet => "FORMAT AS PARQUET".to_owned(),
        CopyFormat::Orc => "FORMAT AS ORC".to_owned(),
        CopyFormat::Avro => "FORMAT AS AVRO 'auto'".to_owned(),
    };
    if let CopyFormat::Csv { header, null, .. } | CopyFormat::Delimited { header, null, .. } = format {
        if *header {
            sql.push_str(" IGNOREHEADER AS 1");
        }
        if let Some(null) = null {
            sql.push_str(&format!(" NULL AS {}", literal(null)));
        }
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Template;

    pub(super) fn load(mode: CopyMode) -> Load {
        Load {
            path: Template::text("s3://lake/flights/"),
            staging: "s3://lake/staging/".to_owned(),
            schema: "mart".to_owned(),
            table: "flights".to_owned(),
            mode,
            key: Vec::new(),
            columns: Vec::new(),
            format: CopyFormat::Parquet,
            role: "default".to_owned(),
            options: Vec::new(),
        }
    }

    fn staged() -> Staged {
        Staged {
            manifest: "s3://lake/staging/k.manifest".to_owned(),
            ledger: "s3://lake/staging/k.ledger.csv".to_owned(),
            token: "0123456789abcdef-0-0".to_owned(),
        }
    }

    fn texts(load: &Load) -> Vec<String> {
        let statements = statements(load, &staged());
        assert_eq!(statements.iter().map(|sql| sql.role).collect::<Vec<_>>(), roles(load.mode));
        statements.into_iter().map(|sql| sql.text).collect()
    }

    #[test]
    fn replace_deletes_and_copies() {
        assert_eq!(
            texts(&load(CopyMode::Replace)),
            [
                r#"DELETE FROM "mart"."flights""#,
                r#"COPY "mart"."flights" FROM 's3://lake/staging/k.manifest' IAM_ROLE default MANIFEST FORMAT AS PARQUET"#,
            ]
        );
    }

    #[test]
    fn append_locks_and_remembers() {
        let texts = texts(&load(CopyMode::Append));
        assert_eq!(texts[0], r#"LOCK TABLE "mart"."dagc_loads""#);
        assert_eq!(
            texts[1],
            r#"COPY "mart"."dagc_loads" ("table_name", "url", "etag", "size", "key", "loaded_at") FROM 's3://lake/staging/k.ledger.csv' IAM_ROLE default FORMAT AS CSV"#
        );
        assert!(
            texts[2]
                .ends_with(r#"WHERE mine."table_name" = 'flights' AND mine."key" = '0123456789abcdef-0-0'"#)
        );
        assert!(texts[3].starts_with(r#"COPY "mart"."flights" FROM"#));
        assert_eq!(
            read_ledger(&load(CopyMode::Append), "s3://lake/it's/"),
            r#"SELECT "url", "etag" FROM "mart"."dagc_loads" WHERE "table_name" = 'flights' AND left("url", 15) = 's3://lake/it''s/'"#
        );
    }

    #[test]
    fn merge_stages_guards_and_replaces_by_key() {
        let load = Load {
            key: vec!["id".to_owned(), "Day".to_owned()],
            columns: vec!["id".to_owned(), "Day".to_owned(), "n".to_owned()],
            role: "arn:aws:iam::1:role/copy".to_owned(),
            ..load(CopyMode::Merge)
        };
        assert_eq!(
            texts(&load),
            [
                r#"CREATE TEMP TABLE "dagc_stage_0123456789ab" (LIKE "mart"."flights" INCLUDING DEFAULTS)"#,
                r#"COPY "dagc_stage_0123456789ab" ("id", "Day", "n") FROM 's3://lake/staging/k.manifest' IAM_ROLE 'arn:aws:iam::1:role/copy' MANIFEST FORMAT AS PARQUET"#,
                r#"SELECT 1 / (CASE WHEN count(*) = 0 THEN 1 ELSE 0 END) AS keys_without_value FROM "dagc_stage_0123456789ab" WHERE "id" IS NULL OR "Day" IS NULL"#,
                r#"SELECT 1 / (CASE WHEN count(*) = 0 THEN 1 ELSE 0 END) AS duplicate_keys FROM (SELECT 1 AS one FROM "dagc_stage_0123456789ab" GROUP BY "id", "Day" HAVING count(*) > 1) AS repeated"#,
                r#"DELETE FROM "mart"."flights" USING "dagc_stage_0123456789ab" WHERE "mart"."flights"."id" = "dagc_stage_0123456789ab"."id" AND "mart"."flights"."Day" = "dagc_stage_0123456789ab"."Day""#,
                r#"INSERT INTO "mart"."flights" ("id", "Day", "n") SELECT "id", "Day", "n" FROM "dagc_stage_0123456789ab""#,
                r#"DROP TABLE "dagc_stage_0123456789ab""#,
            ]
        );
    }

    #[test]
    fn formats_and_options_are_written() {
        let null = Some("NA".to_owned());
        for (format, options, expected) in [
            (
                CopyFormat::Csv { header: true, delimiter: ",".to_owned(), quote: "\"".to_owned(), null },
                vec!["GZIP", "MAXERROR 5"],
                r#"FORMAT AS CSV DELIMITER AS ',' QUOTE AS '"' IGNOREHEADER AS 1 NULL AS 'NA' GZIP MAXERROR 5"#,
            ),
            (
                CopyFormat::Delimited { header: false, delimiter: "|".to_owned(), quoted: true, null: None },
                vec![],
                "DELIMITER AS '|' ESCAPE REMOVEQUOTES",
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
            let sql = &texts(&load)[1];
            assert_eq!(sql.split_once(" MANIFEST ").unwrap().1, expected);
        }
    }
}
