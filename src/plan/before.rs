//! Plan files of the version before: a DAG that was published by an older dagc goes on with the plan it was published
//! with, and a run that is in the middle goes on where it is.
//!
//! Takes the text of a plan file of any version that is read, gives it in the form of today. What version 2 wrote
//! otherwise: checks as SQL, COPY's options as SQL, and the arguments by which a Glue job's script hears of its data
//! among the user's.

use super::{CONNECTED_PLAN_FILE, Job, PLAN_FILE_VERSION, PlanFile, PlannedTask};
use crate::lang::step::{CompUpdate, FileCompression, RowCount};
use crate::service::assertion::{Assertion, Check, Expected};
use crate::service::glue_crawler::job::Crawl;
use crate::service::glue_job::job::RunGlueJob;
use crate::service::redshift::job::{RedshiftConnection, RunSql, SqlBody, Unload};
use crate::service::redshift::load::{Load, LoadOptions};
use crate::service::s3::job::WaitForObjects;
use crate::service::s3_put::job::PutObject;
use crate::service::statement::Statement;
use crate::template::Template;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The oldest version of plan files that is read.
pub const OLDEST_PLAN_FILE: u32 = 2;

/// Reads the plan file of a version.
pub fn read(version: u32, text: &str) -> Result<PlanFile, serde_json::Error> {
    if (PLAN_FILE_VERSION..=CONNECTED_PLAN_FILE).contains(&version) {
        return serde_json::from_str(text);
    }
    let PlanFile { version: _, project, dag_id, environment, region, time_zone, tasks } =
        serde_json::from_str::<PlanFile<Before>>(text)?;
    let tasks = tasks.into_iter().map(|(id, task)| (id, of_today(task))).collect();
    Ok(PlanFile { version: PLAN_FILE_VERSION, project, dag_id, environment, region, time_zone, tasks })
}

fn of_today(task: PlannedTask<Before>) -> PlannedTask {
    let PlannedTask { step, on_kill, timeout, runs_as, reschedule, job } = task;
    PlannedTask { step, on_kill, timeout, runs_as, reschedule, job: job.into() }
}

/// A job of version 2.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Before {
    WaitForObjects(WaitForObjects),
    PutObject(PutObject),
    Crawl(Crawl),
    /// What its script reads and writes stands among the arguments.
    RunGlueJob(Box<RunGlueJob>),
    RunSql(Box<RunSqlBefore>),
}

#[derive(Deserialize)]
struct RunSqlBefore {
    connection: RedshiftConnection,
    body: BodyBefore,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum BodyBefore {
    Script {
        statements: Vec<Statement>,
        transaction: bool,
        #[serde(default)]
        params: BTreeMap<String, Template>,
    },
    Load(Box<LoadBefore>),
    Unload(Unload),
    Check {
        checks: Vec<CheckBefore>,
    },
}

#[derive(Deserialize)]
struct LoadBefore {
    #[serde(flatten)]
    load: Load,
    #[serde(default, deserialize_with = "options")]
    options: LoadOptions,
}

#[derive(Deserialize)]
struct CheckBefore {
    name: String,
    sql: Statement,
    kind: CheckKind,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum CheckKind {
    Count(RowCount),
    NoRows,
    /// The query ends with a limit, which is read there.
    NoRowsUpTo(serde::de::IgnoredAny),
}

impl From<Before> for Job {
    fn from(job: Before) -> Self {
        match job {
            Before::WaitForObjects(wait) => Self::WaitForObjects(wait),
            Before::PutObject(put) => Self::PutObject(put),
            Before::Crawl(crawl) => Self::Crawl(crawl),
            Before::RunGlueJob(run) => Self::RunGlueJob(run),
            Before::RunSql(run) => {
                Self::RunSql(Box::new(RunSql { connection: run.connection, body: run.body.into() }))
            }
        }
    }
}

impl From<BodyBefore> for SqlBody {
    fn from(body: BodyBefore) -> Self {
        match body {
            BodyBefore::Script { statements, transaction, params } => {
                Self::Script { statements, transaction, params }
            }
            BodyBefore::Load(before) => Self::Load(Box::new(Load { options: before.options, ..before.load })),
            BodyBefore::Unload(unload) => Self::Unload(unload),
            BodyBefore::Check { checks } => {
                let assertions = checks.into_iter().map(Assertion::from).collect();
                Self::Check(Check { table: None, assertions })
            }
        }
    }
}

impl From<CheckBefore> for Assertion {
    fn from(CheckBefore { name, sql, kind }: CheckBefore) -> Self {
        let expect = match kind {
            CheckKind::Count(count) => Expected::Count(count),
            CheckKind::NoRows | CheckKind::NoRowsUpTo(_) => Expected::NoRows,
        };
        Self::Query { name, query: sql, expect }
    }
}

/// Reads COPY's options from the SQL that dagc has written.
fn options<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LoadOptions, D::Error> {
    let mut options = LoadOptions::default();
    for written in Vec::<String>::deserialize(deserializer)? {
        read_option(&written, &mut options)
            .ok_or_else(|| D::Error::custom(format!("COPY's option `{written}` is not known")))?;
    }
    Ok(options)
}

fn read_option(written: &str, options: &mut LoadOptions) -> Option<()> {
    let (word, rest) = written.split_once(' ').unwrap_or((written, ""));
    match word {
        "IGNOREALLERRORS" => options.ignoreallerrors = true,
        "FILLRECORD" => options.fillrecord = true,
        "BLANKSASNULL" => options.blanksasnull = true,
        "EMPTYASNULL" => options.emptyasnull = true,
        "ACCEPTANYDATE" => options.acceptanydate = true,
        "ROUNDEC" => options.roundec = true,
        "TRUNCATECOLUMNS" => options.truncatecolumns = true,
        "TRIMBLANKS" => options.trimblanks = true,
        "IGNOREBLANKLINES" => options.ignoreblanklines = true,
        "EXPLICIT_IDS" => options.explicit_ids = true,
        "SERIALIZETOJSON" => options.serializetojson = true,
        "STATUPDATE" => options.statupdate = Some(rest == "ON"),
        "COMPUPDATE" => {
            options.compupdate = Some(match rest {
                "ON" => CompUpdate::On,
                "OFF" => CompUpdate::Off,
                "PRESET" => CompUpdate::Preset,
                _ => return None,
            });
        }
        "GZIP" => options.compression = Some(FileCompression::Gzip),
        "BZIP2" => options.compression = Some(FileCompression::Bzip2),
        "LZOP" => options.compression = Some(FileCompression::Lzop),
        "ZSTD" => options.compression = Some(FileCompression::Zstd),
        "MAXERROR" => options.maxerror = Some(rest.parse().ok()?),
        "COMPROWS" => options.comprows = Some(rest.parse().ok()?),
        "ACCEPTINVCHARS" => options.acceptinvchars = Some(unquoted(rest.strip_prefix("AS ")?)?),
        "DATEFORMAT" => options.dateformat = Some(unquoted(rest)?),
        "TIMEFORMAT" => options.timeformat = Some(unquoted(rest)?),
        "ENCODING" => options.encoding = Some(rest.to_owned()),
        _ => return None,
    }
    Some(())
}

/// Reads a literal as [`crate::sql::write::literal`] writes it.
fn unquoted(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.replace("''", "'").replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Every option as version 2 wrote it, and as a plan holds it.
    const OPTIONS: &[(&str, &str)] = &[
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

    /// Reads options from a plan of version 2.
    fn read_options(options: &[&str]) -> Result<LoadOptions, String> {
        let body = json!({
            "type": "load", "path": "s3://lake/", "staging": "s3://lake/", "schema": "mart", "table": "t",
            "mode": "append", "format": { "type": "parquet" }, "role": "default", "options": options,
        });
        let job = json!({ "type": "run_sql", "connection": { "database": "d" }, "body": body });
        let task = json!({ "step": "load", "on_kill": "cancel", "job": job });
        let plan = json!({
            "version": 2, "project": "p", "dag_id": "d", "environment": "dev", "region": null,
            "tasks": { "load": task },
        });
        let plan = read(2, &plan.to_string()).map_err(|error| error.to_string())?;
        match &plan.tasks["load"].job {
            Job::RunSql(run) => match &run.body {
                SqlBody::Load(load) => Ok(load.options.clone()),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_option_of_copy_is_read() {
        for (option, written) in OPTIONS {
            let expected: LoadOptions = serde_json::from_str(option).unwrap();
            assert_eq!(read_options(&[written]).unwrap(), expected, "{written}");
        }
        let both = read_options(&["MAXERROR 5", "GZIP"]).unwrap();
        assert_eq!(json!(both), json!({ "maxerror": 5, "compression": "gzip" }));
        assert!(read_options(&["FLYING 'high'"]).unwrap_err().contains("`FLYING 'high'` is not known"));
    }
}
