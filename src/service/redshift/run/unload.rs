//! UNLOAD: its SQL, and what it has written.

use super::api::Api;
use crate::exec::log::Log;
use crate::exec::outcome::{Failure, Outputs, Trouble};
use crate::service::redshift::job::{Unload, UnloadFormat};
use crate::sql::write::{self, identifiers, literal};
use crate::template::RunValues;
use aws_sdk_redshiftdata::operation::describe_statement::DescribeStatementOutput;
use serde_json::json;

/// The id of a key: UNLOAD is documented with that, and not with an ARN.
fn key_id(key: &str) -> &str {
    key.rsplit_once(":key/").map_or(key, |(_, id)| id)
}

/// Completes the statement.
pub(super) fn sql(unload: &Unload, values: &RunValues) -> Result<String, Failure> {
    let query = write::render(&unload.query.0, values)?;
    let mut sql = format!("UNLOAD ({}) TO {}", literal(&query), literal(&unload.to.render(values)?));
    let role = if unload.role == "default" { "default".to_owned() } else { literal(&unload.role) };
    sql.push_str(&format!(" IAM_ROLE {role}"));
    match &unload.format {
        UnloadFormat::Parquet => sql.push_str(" FORMAT AS PARQUET"),
        UnloadFormat::Json => sql.push_str(" FORMAT AS JSON"),
        UnloadFormat::Csv { header, delimiter, null } => {
            sql.push_str(&format!(" FORMAT AS CSV DELIMITER AS {}", literal(delimiter)));
            if *header {
                sql.push_str(" HEADER");
            }
            if let Some(null) = null {
                sql.push_str(&format!(" NULL AS {}", literal(null)));
            }
        }
    }
    if !unload.partition_by.is_empty() {
        let include = if unload.include { " INCLUDE" } else { "" };
        sql.push_str(&format!(" PARTITION BY ({}){include}", identifiers(&unload.partition_by)));
    }
    for (word, is_set) in [("MANIFEST", unload.manifest), ("CLEANPATH", unload.replace)] {
        if is_set {
            sql.push_str(&format!(" {word}"));
        }
    }
    if let Some(compression) = &unload.compression {
        sql.push_str(&format!(" {compression}"));
    }
    if !unload.parallel {
        sql.push_str(" PARALLEL OFF");
    }
    if let Some(megabytes) = unload.max_megabytes {
        sql.push_str(&format!(" MAXFILESIZE AS {megabytes} MB"));
    }
    if let Some(key) = &unload.kms_key {
        sql.push_str(&format!(" KMS_KEY_ID {} ENCRYPTED", literal(key_id(key))));
    }
    if let Some(region) = &unload.region {
        sql.push_str(&format!(" REGION AS {}", literal(region)));
    }
    Ok(sql)
}

/// Says what was written, also when another attempt has started it.
pub(super) async fn outputs(
    api: &Api,
    described: &DescribeStatementOutput,
    log: &Log<'_>,
) -> Result<Outputs, Trouble> {
    let sql = format!(
        "SELECT unloaded_rows, unloaded_files_count, unloaded_files_size FROM sys_unload_history WHERE query_id = {}",
        described.redshift_query_id
    );
    let mut outputs = Outputs::new();
    let history = match api.query(&sql).await {
        Ok(history) => Some(history),
        Err(trouble) => {
            log.warning(format!("what was written is not known: {}", Failure::from(trouble).message));
            None
        }
    };
    for (name, column) in
        [("rows", "unloaded_rows"), ("files", "unloaded_files_count"), ("bytes", "unloaded_files_size")]
    {
        let history = history.as_ref();
        let cell = history.and_then(|history| history.value(history.cells.first()?, column));
        let count: Option<u64> = cell.and_then(|text| text.parse().ok());
        outputs.insert(name.to_owned(), json!(count));
    }
    if let (Some(rows), Some(files)) = (outputs["rows"].as_u64(), outputs["files"].as_u64()) {
        log.info(format!("wrote {rows} rows to {files} files"));
    }
    Ok(outputs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::statement::Statement;
    use crate::template::Template;

    #[test]
    fn the_query_stands_in_a_literal_with_its_quotes_doubled() {
        let unload = Unload {
            query: Statement(Template::parse("select 'it''s \\\\', '{{ ds }}' from t").unwrap()),
            to: Template::parse("s3://lake/out/dt={{ ds }}/").unwrap(),
            format: UnloadFormat::Csv {
                header: true,
                delimiter: ";".to_owned(),
                null: Some("NA".to_owned()),
            },
            partition_by: vec!["day".to_owned(), "odd\"name".to_owned()],
            include: true,
            compression: Some("GZIP".to_owned()),
            replace: true,
            parallel: false,
            max_megabytes: Some(100),
            manifest: true,
            role: "arn:aws:iam::111122223333:role/unload".to_owned(),
            kms_key: Some("arn:aws:kms:eu-west-2:111122223333:key/1234abcd".to_owned()),
            region: Some("eu-west-2".to_owned()),
        };
        let values = crate::template::samples().next().unwrap();
        let day = Template::parse("{{ ds }}").unwrap().render(&values).unwrap();
        let expected = "UNLOAD ('select ''it''''s \\\\\\\\'', ''DAY'' from t') TO 's3://lake/out/dt=DAY/' IAM_ROLE \
             'arn:aws:iam::111122223333:role/unload' FORMAT AS CSV DELIMITER AS ';' HEADER NULL AS 'NA' PARTITION BY \
             (\"day\", \"odd\"\"name\") INCLUDE MANIFEST CLEANPATH GZIP PARALLEL OFF MAXFILESIZE AS 100 MB \
             KMS_KEY_ID '1234abcd' ENCRYPTED REGION AS 'eu-west-2'";
        assert_eq!(sql(&unload, &values).unwrap(), expected.replace("DAY", &day));
        let plain = Unload {
            format: UnloadFormat::Parquet,
            partition_by: Vec::new(),
            compression: None,
            replace: false,
            parallel: true,
            max_megabytes: None,
            manifest: false,
            role: "default".to_owned(),
            kms_key: None,
            region: None,
            ..unload
        };
        let sql = sql(&plain, &values).unwrap();
        assert!(sql.ends_with("/' IAM_ROLE default FORMAT AS PARQUET"), "{sql}");
    }
}
