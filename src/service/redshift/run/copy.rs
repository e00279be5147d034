//! The COPY of a load, and what its statements have in common: pure text.

use crate::service::redshift::job::{CopyFormat, Load};
use crate::sql::write::{identifiers, literal};

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
    use super::*;
    use crate::service::redshift::job::CopyMode;
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
            let sql = copy(&load, "t", &[], "s3://lake/m");
            assert_eq!(sql.split_once(" MANIFEST ").unwrap().1, expected);
        }
    }
}
