//! The COPY of a load, and what its statements have in common: pure text.

use crate::lang::step::CompUpdate;
use crate::service::redshift::load::{CopyFormat, Load, LoadOptions};
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
    for option in options(&load.options) {
        sql.push(' ');
        sql.push_str(&option);
    }
    sql
}

/// Writes COPY's options, each as it stands behind the format.
pub(super) fn options(options: &LoadOptions) -> Vec<String> {
    let switches = [
        ("IGNOREALLERRORS", options.ignoreallerrors),
        ("FILLRECORD", options.fillrecord),
        ("BLANKSASNULL", options.blanksasnull),
        ("EMPTYASNULL", options.emptyasnull),
        ("ACCEPTANYDATE", options.acceptanydate),
        ("ROUNDEC", options.roundec),
        ("TRUNCATECOLUMNS", options.truncatecolumns),
        ("TRIMBLANKS", options.trimblanks),
        ("IGNOREBLANKLINES", options.ignoreblanklines),
        ("EXPLICIT_IDS", options.explicit_ids),
        ("SERIALIZETOJSON", options.serializetojson),
    ];
    let mut written: Vec<String> =
        switches.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.to_owned()).collect();
    let statupdate = options.statupdate.map(|on| if on { "ON" } else { "OFF" });
    let compupdate = options.compupdate.map(|choice| match choice {
        CompUpdate::On => "ON",
        CompUpdate::Off => "OFF",
        CompUpdate::Preset => "PRESET",
    });
    written.extend(statupdate.map(|word| format!("STATUPDATE {word}")));
    written.extend(compupdate.map(|word| format!("COMPUPDATE {word}")));
    written.extend(options.compression.map(|compression| compression.as_str().to_uppercase()));
    for (name, count) in [("MAXERROR", options.maxerror), ("COMPROWS", options.comprows)] {
        written.extend(count.map(|count| format!("{name} {count}")));
    }
    for (name, value) in [
        ("ACCEPTINVCHARS AS", &options.acceptinvchars),
        ("DATEFORMAT", &options.dateformat),
        ("TIMEFORMAT", &options.timeformat),
    ] {
        written.extend(value.as_ref().map(|value| format!("{name} {}", literal(value))));
    }
    written.extend(options.encoding.as_ref().map(|encoding| format!("ENCODING {}", encoding.to_uppercase())));
    written
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
    use crate::service::redshift::load::CopyMode;
    use crate::template::Template;
    use serde_json::json;

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
            options: LoadOptions::default(),
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
                json!({ "compression": "gzip", "maxerror": 5 }),
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
                json!({}),
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
                json!({ "roundec": true }),
                "DELIMITER AS '\t' IGNOREHEADER AS 2 ROUNDEC",
            ),
            (
                CopyFormat::FixedWidth { columns: "id:5,name:20".to_owned(), header: 0, null: None },
                json!({}),
                "FIXEDWIDTH AS 'id:5,name:20'",
            ),
            (CopyFormat::Json { path: None }, json!({}), "FORMAT AS JSON 'auto'"),
            (
                CopyFormat::Json { path: Some("s3://b/paths.json".to_owned()) },
                json!({}),
                "FORMAT AS JSON 's3://b/paths.json'",
            ),
            (CopyFormat::Avro, json!({}), "FORMAT AS AVRO 'auto'"),
            (CopyFormat::Orc, json!({}), "FORMAT AS ORC"),
        ] {
            let options = serde_json::from_value(options).unwrap();
            let load = Load { format, options, ..load(CopyMode::Replace) };
            let sql = copy(&load, "t", &[], "s3://lake/m");
            assert_eq!(sql.split_once(" MANIFEST ").unwrap().1, expected);
        }
    }

    /// Every option, as a plan holds it and as COPY reads it.
    const EVERY_OPTION: &[(&str, &str)] = &[
        (r#"{"ignoreallerrors":true}"#, "IGNOREALLERRORS"),
        (r#"{"fillrecord":true}"#, "FILLRECORD"),
        (r#"{"blanksasnull":true}"#, "BLANKSASNULL"),
        (r#"{"emptyasnull":true}"#, "EMPTYASNULL"),
        (r#"{"acceptanydate":true}"#, "ACCEPTANYDATE"),
        (r#"{"roundec":true}"#, "ROUNDEC"),
        (r#"{"truncatecolumns":true}"#, "TRUNCATECOLUMNS"),
        (r#"{"trimblanks":true}"#, "TRIMBLANKS"),
        (r#"{"ignoreblanklines":true}"#, "IGNOREBLANKLINES"),
        (r#"{"explicit_ids":true}"#, "EXPLICIT_IDS"),
        (r#"{"serializetojson":true}"#, "SERIALIZETOJSON"),
        (r#"{"statupdate":true}"#, "STATUPDATE ON"),
        (r#"{"statupdate":false}"#, "STATUPDATE OFF"),
        (r#"{"compupdate":"on"}"#, "COMPUPDATE ON"),
        (r#"{"compupdate":"off"}"#, "COMPUPDATE OFF"),
        (r#"{"compupdate":"preset"}"#, "COMPUPDATE PRESET"),
        (r#"{"compression":"gzip"}"#, "GZIP"),
        (r#"{"compression":"bzip2"}"#, "BZIP2"),
        (r#"{"compression":"lzop"}"#, "LZOP"),
        (r#"{"compression":"zstd"}"#, "ZSTD"),
        (r#"{"maxerror":5}"#, "MAXERROR 5"),
        (r#"{"comprows":1000}"#, "COMPROWS 1000"),
        (r#"{"acceptinvchars":"'"}"#, "ACCEPTINVCHARS AS ''''"),
        (r#"{"dateformat":"auto"}"#, "DATEFORMAT 'auto'"),
        (r#"{"timeformat":"MM\\DD 'at' HH"}"#, r"TIMEFORMAT 'MM\\DD ''at'' HH'"),
        (r#"{"encoding":"UTF16"}"#, "ENCODING UTF16"),
    ];

    #[test]
    fn each_option_is_written() {
        for (option, expected) in EVERY_OPTION {
            let read: LoadOptions = serde_json::from_str(option).unwrap();
            assert_eq!(options(&read), [*expected]);
            assert_eq!(serde_json::to_string(&read).unwrap(), *option);
        }
        let lower = LoadOptions { encoding: Some("utf8".to_owned()), ..LoadOptions::default() };
        assert_eq!(options(&lower), ["ENCODING UTF8"]);
        // Switches first, then choices, numbers, texts.
        let all = json!({
            "encoding": "UTF16", "dateformat": "auto", "maxerror": 5, "compression": "gzip", "compupdate": "on",
            "roundec": true, "fillrecord": true,
        });
        assert_eq!(
            options(&serde_json::from_value(all).unwrap()).join(" "),
            "FILLRECORD ROUNDEC COMPUPDATE ON GZIP MAXERROR 5 DATEFORMAT 'auto' ENCODING UTF16"
        );
    }
}
