//! The arguments of a run of a Glue job: pure.
//!
//! The script gets `--from` (when it reads one thing) and `--from_NAME` for each source or step, with `_base` behind
//! it the folder of all partitions, and of a table of another database how it is read (`_connection`, `_type`,
//! `_partition_by`, `_partitions`); `--write_path` or `--write_table`, with `--write_format`,
//! `--write_partition_by` (joined by commas), `--write_compression`, `--write_mode`, `--write_key` and `--write_location`
//! as far as the step says them, for a table of Redshift `--write_connection` as well;
//! then the user's own.

use super::job::{Bookmark, BookmarkRange, Input, Jdbc, Output, RunGlueJob};
use crate::service::place::Place;
use crate::service::shown::Shown;
use crate::template::Template;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The arguments stand in the place of what they are made of.
impl Shown for RunGlueJob {
    fn as_sent(&self, request: &mut Map<String, Value>) {
        // That the job forgets what it has read is no argument.
        let resets = self.bookmark.as_ref().is_some_and(Bookmark::may_reset);
        request.retain(|name, _| match name.as_str() {
            "inputs" | "output" | "bookmark_range" | "autoscale" => false,
            "bookmark" => resets,
            _ => true,
        });
        let made = arguments(self);
        if !made.is_empty() {
            request.insert("arguments".to_owned(), json!(made));
        }
    }
}

/// Makes the arguments of a run, without what it is found again by.
pub(crate) fn arguments(run: &RunGlueJob) -> BTreeMap<String, Template> {
    let mut arguments = BTreeMap::new();
    if let [input] = run.inputs.as_slice() {
        read("--from".to_owned(), input, &mut arguments);
    }
    for input in &run.inputs {
        if let Some(name) = &input.name {
            read(format!("--from_{}", name.replace('-', "_")), input, &mut arguments);
        }
    }
    if let Some(output) = &run.output {
        written(output, &mut arguments);
    }
    arguments.extend(run.arguments.iter().map(|(name, value)| (name.clone(), value.clone())));
    // What a run fills in of the bookmark is made an argument then.
    let switches = switches(run.bookmark.as_ref(), run.autoscale);
    arguments.extend(switches.into_iter().map(|(name, value)| (name, Template::text(value))));
    if let Some(BookmarkRange { from, to }) = &run.bookmark_range {
        arguments.insert("--job-bookmark-from".to_owned(), from.clone());
        arguments.insert("--job-bookmark-to".to_owned(), to.clone());
    }
    arguments
}

/// Where one run's partition is read, Spark finds the columns of its folders by the folder of all.
fn read(name: String, input: &Input, arguments: &mut BTreeMap<String, Template>) {
    if let Some(whole) = &input.whole {
        put(arguments, format!("{name}_base"), whole.clone());
    }
    let value = match &input.place {
        Place::Prefix(path) => path.clone(),
        Place::CatalogTable(name) | Place::Table { name, .. } => Template::text(name.to_string()),
        Place::Database { connection, table } => {
            let jdbc = input.jdbc.as_ref();
            put(arguments, format!("{name}_connection"), Template::text(connection));
            if let Some(jdbc) = jdbc {
                in_database(&name, jdbc, arguments);
            }
            jdbc.and_then(|jdbc| jdbc.query.clone()).unwrap_or_else(|| Template::text(table))
        }
    };
    put(arguments, name, value);
}

/// How a table of another database is read; its name or the query is the argument without more behind its name.
fn in_database(name: &str, jdbc: &Jdbc, arguments: &mut BTreeMap<String, Template>) {
    let Jdbc { r#type, query: _, partition_by, partitions } = jdbc;
    for (end, value) in [
        ("type", Some(r#type.as_str().to_owned())),
        ("partition_by", partition_by.clone()),
        ("partitions", partitions.map(|partitions| partitions.to_string())),
    ] {
        if let Some(value) = value {
            put(arguments, format!("{name}_{end}"), Template::text(value));
        }
    }
}

/// What stands behind the name of an argument that says what is read, where it is a table of another database.
pub const OF_DATABASE: &[&str] = &["connection", "type", "partition_by", "partitions"];

/// Sets an argument; further values stand behind the first one, after a comma.
fn put(arguments: &mut BTreeMap<String, Template>, name: String, value: Template) {
    match arguments.entry(name) {
        Entry::Vacant(entry) => {
            entry.insert(value);
        }
        Entry::Occupied(mut entry) if *entry.get() != value => {
            let both = entry.get().clone().join(Template::text(",")).join(value);
            entry.insert(both);
        }
        Entry::Occupied(_) => {}
    }
}

fn written(output: &Output, arguments: &mut BTreeMap<String, Template>) {
    let Output { place, format, partition_by, compression, mode, key, location, redshift } = output;
    let redshift = redshift.as_ref();
    let (name, value) = match place {
        Place::Prefix(path) => ("path", path.clone()),
        Place::CatalogTable(name) | Place::Table { name, .. } => ("table", Template::text(name.to_string())),
        Place::Database { table, .. } => ("table", Template::text(table)),
    };
    arguments.insert(format!("--write_{name}"), value);
    if let Some(location) = location {
        arguments.insert("--write_location".to_owned(), location.clone());
    }
    for (name, value) in [
        ("format", format.clone()),
        ("partition_by", partition_by.as_ref().map(|columns| columns.join(","))),
        ("compression", compression.map(|compression| compression.as_str().to_owned())),
        ("mode", mode.map(|mode| mode.as_str().to_owned())),
        ("key", key.as_ref().map(|columns| columns.join(","))),
        ("mode", redshift.map(|redshift| redshift.mode.as_str().to_owned())),
        ("connection", redshift.and_then(|redshift| redshift.connection.clone())),
        ("key", redshift.filter(|redshift| !redshift.key.is_empty()).map(|redshift| redshift.key.join(","))),
    ] {
        if let Some(value) = value {
            arguments.insert(format!("--write_{name}"), Template::text(value));
        }
    }
}

/// How a run uses its job's bookmark.
pub const BOOKMARK: &str = "--job-bookmark-option";

/// Glue's own arguments for what else it takes no setting for: in a run, or in a job's definition.
pub fn switches(bookmark: Option<&Bookmark>, autoscale: Option<bool>) -> BTreeMap<String, String> {
    let mut arguments = BTreeMap::new();
    if let Some(option) = bookmark.and_then(Bookmark::word).and_then(Bookmark::option) {
        arguments.insert(BOOKMARK.to_owned(), option.to_owned());
    }
    if let Some(autoscale) = autoscale {
        arguments.insert("--enable-auto-scaling".to_owned(), autoscale.to_string());
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn shown(run: &Value) -> Value {
        let mut job = json!({ "job": "clean" });
        job.as_object_mut().unwrap().extend(run.as_object().unwrap().clone());
        json!(arguments(&serde_json::from_value(job).unwrap()))
    }

    fn prefix(name: &str, path: &str) -> Value {
        json!({ "name": name, "place": { "prefix": { "path": path } } })
    }

    #[test]
    fn a_script_hears_of_what_it_reads() {
        let table =
            json!({ "name": "zones", "place": { "catalog": { "database": "raw", "table": "zones" } } });
        let other = json!({
            "name": "rates", "place": { "redshift": { "connection": "w", "schema": "mart", "table": "rates" } },
        });
        let partition = json!({
            "name": "clean-up", "place": { "prefix": { "path": "s3://lake/e/dt={{ ds }}/" } },
            "whole": "s3://lake/e/", "format": "parquet",
        });
        for (inputs, expected) in [
            (json!([]), json!({})),
            (
                json!([prefix("raw", "s3://raw/")]),
                json!({ "--from": "s3://raw/", "--from_raw": "s3://raw/" }),
            ),
            (json!([{ "place": { "prefix": { "path": "s3://raw/" } } }]), json!({ "--from": "s3://raw/" })),
            (json!([table, other]), json!({ "--from_zones": "raw.zones", "--from_rates": "mart.rates" })),
            (
                json!([partition, table]),
                json!({
                    "--from_clean_up": "s3://lake/e/dt={{ ds }}/", "--from_clean_up_base": "s3://lake/e/",
                    "--from_zones": "raw.zones",
                }),
            ),
            // Several things of one name stand there with commas between them, each once.
            (
                json!([prefix("a", "s3://b/1/"), prefix("a", "s3://b/{{ ds }}/"), prefix("c", "s3://b/3/")]),
                json!({ "--from_a": "s3://b/1/,s3://b/{{ ds }}/", "--from_c": "s3://b/3/" }),
            ),
            (json!([prefix("a", "s3://b/1/"), prefix("a", "s3://b/1/")]), json!({ "--from_a": "s3://b/1/" })),
        ] {
            assert_eq!(shown(&json!({ "inputs": inputs })), expected, "{inputs}");
        }
    }

    #[test]
    fn a_script_hears_of_what_it_writes() {
        let path = json!({ "place": { "prefix": { "path": "s3://lake/e/" } } });
        assert_eq!(shown(&json!({ "output": path })), json!({ "--write_path": "s3://lake/e/" }));
        let table = json!({
            "place": { "catalog": { "database": "lake", "table": "e" } }, "format": "parquet",
            "partition_by": ["dt", "hr"], "compression": "zstd", "mode": "append",
        });
        let expected = json!({
            "--write_table": "lake.e", "--write_format": "parquet", "--write_partition_by": "dt,hr",
            "--write_compression": "zstd", "--write_mode": "append",
        });
        assert_eq!(shown(&json!({ "output": table })), expected);
    }

    #[test]
    fn the_users_arguments_stay() {
        let run = json!({ "arguments": { "--day": "{{ ds }}" }, "bookmark": false, "autoscale": true });
        let expected = json!({
            "--day": "{{ ds }}", "--job-bookmark-option": "job-bookmark-disable", "--enable-auto-scaling": "true",
        });
        assert_eq!(shown(&run), expected);
    }
}
