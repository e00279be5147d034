//! The ledger of a table: the files whose rows it holds, and the lock under which it is loaded.
//!
//! It is a table of its own beside each table that is loaded. Every load locks it before its first read:
//! `LOCK TABLE` takes no snapshot, so that what follows sees all that the load before has committed, also
//! under snapshot isolation, where two loads that read first would both add their rows. Loads of other tables
//! do not wait, and neither do those who read the table itself.

use super::api::Api;
use super::copy::{Staged, guard, role};
use crate::aws::s3::Object;
use crate::exec::outcome::Trouble;
use crate::service::redshift::load::{Load, ledger_name};
use crate::sql::write::{identifiers, literal, qualified};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The one ledger of a schema, which dagc kept before there was one for each table.
const OF_SCHEMA: &str = "dagc_loads";

/// The columns, in the order of [`rows`].
const COLUMNS: [&str; 5] = ["url", "etag", "size", "key", "loaded_at"];

/// Writes the name of a load's ledger, with its schema.
pub(super) fn name(load: &Load) -> String {
    qualified(&load.schema, &ledger_name(&load.table))
}

/// Holds back other loads of the table, and sees what they have done.
pub(super) fn lock(load: &Load) -> String {
    format!("LOCK TABLE {}", name(load))
}

/// Adds the rows that are staged.
pub(super) fn copy(load: &Load, staged: &Staged) -> String {
    let region = staged.region.as_ref().map(|region| format!(" REGION {}", literal(region)));
    format!(
        "COPY {} ({}) FROM {} IAM_ROLE {} FORMAT AS CSV{}",
        name(load),
        identifiers(&COLUMNS),
        literal(&staged.ledger),
        role(load),
        region.unwrap_or_default()
    )
}

/// Forgets all files.
pub(super) fn forget_all(load: &Load) -> String {
    format!("DELETE FROM {}", name(load))
}

/// Forgets what was known before of the files of a load.
pub(super) fn forget_older(load: &Load, token: &str) -> String {
    let (ledger, token) = (name(load), literal(token));
    format!(
        "DELETE FROM {ledger} WHERE \"key\" <> {token} AND {url} IN (SELECT {url} FROM {ledger} WHERE \"key\" = \
         {token})",
        url = exactly("\"url\"")
    )
}

/// Forgets the files of a load after which the table has no row: they had none. So a table that is empty beside
/// a ledger that is not has lost rows.
pub(super) fn forget_without_rows(load: &Load, token: &str) -> String {
    format!(
        "DELETE FROM {} WHERE \"key\" = {} AND NOT EXISTS (SELECT 1 FROM {})",
        name(load),
        literal(token),
        qualified(&load.schema, &load.table)
    )
}

/// Fails when another load has loaded one of the files of a load.
pub(super) fn not_loaded(load: &Load, token: &str) -> String {
    let ledger = name(load);
    guard(
        &format!(
            "{ledger} AS mine JOIN {ledger} AS other ON {} = {} AND other.\"key\" <> mine.\"key\" WHERE \
             mine.\"key\" = {}",
            exactly("other.\"url\""),
            exactly("mine.\"url\""),
            literal(token)
        ),
        "files_loaded_before",
    )
}

/// Redshift passes over blanks at the end when it compares texts; keys may differ by nothing else.
fn exactly(url: &str) -> String {
    format!("{url} || '|'")
}

/// The rows for these files, as CSV.
pub(super) fn rows(objects: &[Object], bucket: &str, token: &str, now: Timestamp) -> String {
    let now = now.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut text = String::new();
    for object in objects {
        let size = object.size.to_string();
        let cells = [&url(bucket, &object.key), &object.etag, &size, token, &now];
        let cells: Vec<String> =
            cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// Writes the address of an object.
pub(super) fn url(bucket: &str, key: &str) -> String {
    format!("s3://{bucket}/{key}")
}

/// Says whether the table that is loaded holds no row.
pub(super) async fn is_beside_nothing(api: &Api, load: &Load) -> Result<bool, Trouble> {
    let rows = api.query(&format!("SELECT 1 FROM {} LIMIT 1", qualified(&load.schema, &load.table))).await?;
    Ok(rows.cells.is_empty())
}

/// Makes the ledger when it is not there.
pub(super) async fn ensure(api: &Api, load: &Load) -> Result<(), Trouble> {
    read(api, load, &format!("SELECT \"url\", \"etag\" FROM {} LIMIT 0", name(load))).await.map(|_| ())
}

/// Reads which files were loaded, of those whose addresses begin so: their entity tags by address.
pub(super) async fn known(api: &Api, load: &Load, prefix: &str) -> Result<BTreeMap<String, String>, Trouble> {
    let sql = format!(
        "SELECT \"url\", \"etag\" FROM {} WHERE left(\"url\", {}) = {}",
        name(load),
        prefix.chars().count(),
        literal(prefix)
    );
    read(api, load, &sql).await
}

async fn read(api: &Api, load: &Load, sql: &str) -> Result<BTreeMap<String, String>, Trouble> {
    let rows = match api.query(sql).await {
        Err(trouble) if says(&trouble, "does not exist") => {
            let made = make(api, load).await;
            // Another load may have made it at the same time, which is an error here and fine.
            match api.query(sql).await {
                Ok(rows) => rows,
                Err(error) => return Err(made.err().unwrap_or(error)),
            }
        }
        answer => answer?,
    };
    // The addresses as they are: a key may end with a blank.
    let known = rows.cells.into_iter().filter_map(|row| {
        let mut cells = row.into_iter().flatten();
        Some((cells.next()?, cells.next()?))
    });
    Ok(known.collect())
}

/// Makes the ledger, out of the rows of the schema's when there is one. These go there: when the new ledger is
/// dropped so that all files are loaded anew, they must not come back.
async fn make(api: &Api, load: &Load) -> Result<(), Trouble> {
    match api.query(&create_from_schema(load)).await {
        Err(trouble) if says(&trouble, "does not exist") => api.query(&create(load)).await.map(|_| ()),
        answer => {
            answer?;
            api.query(&forget_in_schema(load)).await.map(|_| ())
        }
    }
}

fn says(trouble: &Trouble, words: &str) -> bool {
    matches!(trouble, Trouble::Failed(failure) if failure.message.contains(words))
}

fn create_from_schema(load: &Load) -> String {
    format!(
        "CREATE TABLE {} AS SELECT {} FROM {} WHERE \"table_name\" = {}",
        name(load),
        identifiers(&COLUMNS),
        qualified(&load.schema, OF_SCHEMA),
        literal(&load.table)
    )
}

fn forget_in_schema(load: &Load) -> String {
    format!(
        "DELETE FROM {} WHERE \"table_name\" = {}",
        qualified(&load.schema, OF_SCHEMA),
        literal(&load.table)
    )
}

fn create(load: &Load) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {} (\"url\" varchar(1152) NOT NULL, \"etag\" varchar(128) NOT NULL, \"size\" \
         bigint NOT NULL, \"key\" varchar(64) NOT NULL, \"loaded_at\" timestamp NOT NULL)",
        name(load)
    )
}

#[cfg(test)]
mod tests {
    use super::super::copy::tests::load;
    use super::*;
    use crate::service::redshift::load::CopyMode;

    #[test]
    fn a_blank_at_the_end_tells_two_files_apart() {
        let append = load(CopyMode::Append);
        assert_eq!(
            not_loaded(&append, "k-0-0"),
            "SELECT 1 / (CASE WHEN count(*) = 0 THEN 1 ELSE 0 END) AS files_loaded_before FROM \
             \"mart\".\"dagc_loads_flights\" AS mine JOIN \"mart\".\"dagc_loads_flights\" AS other ON \
             other.\"url\" || '|' = mine.\"url\" || '|' AND other.\"key\" <> mine.\"key\" WHERE mine.\"key\" = \
             'k-0-0'"
        );
        assert_eq!(
            forget_older(&append, "k-0-0"),
            "DELETE FROM \"mart\".\"dagc_loads_flights\" WHERE \"key\" <> 'k-0-0' AND \"url\" || '|' IN (SELECT \
             \"url\" || '|' FROM \"mart\".\"dagc_loads_flights\" WHERE \"key\" = 'k-0-0')"
        );
    }

    #[test]
    fn there_is_a_row_for_each_file() {
        let now = "2026-01-31T03:15:00.5Z".parse().unwrap();
        let object = Object { key: "in/a\"b ".to_owned(), size: 7, etag: "1".to_owned(), modified: None };
        assert_eq!(
            rows(&[object], "lake", "k-0-0", now),
            "\"s3://lake/in/a\"\"b \",\"1\",\"7\",\"k-0-0\",\"2026-01-31 03:15:00\"\n"
        );
    }
}
