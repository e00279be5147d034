//! SQL through the Redshift Data API, as the plan keeps it: scripts, loads, checks.

mod rights;
pub mod schema;
pub mod unload;
pub mod view;

pub(in crate::service) use rights::sections;
pub use rights::{
    BATCH_EXECUTE_STATEMENT, CANCEL_STATEMENT, DESCRIBE_STATEMENT, EXECUTE_STATEMENT, GET_STATEMENT_RESULT,
    LIST_STATEMENTS, LOAD_RIGHTS, OPERATIONS, RIGHTS,
};
pub use schema::SpectrumSchema;
pub use unload::{Unload, UnloadFormat};
pub use view::MaterializedView;

use super::load::Load;
use crate::service::assertion::{CHECK_OUTPUTS, Check};
use crate::service::console::{base, encode};
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Members, Output, SECONDS, URL, known, perhaps};
use crate::service::statement::Statement;
use crate::template::Template;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Runs SQL through the Redshift Data API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSql {
    /// Where.
    pub connection: RedshiftConnection,
    /// What.
    pub body: SqlBody,
}

/// How a Redshift database is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedshiftConnection {
    /// A serverless workgroup.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub workgroup: Option<String>,
    /// A provisioned cluster.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cluster: Option<String>,
    /// The database.
    pub database: String,
    /// A database user of the cluster.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub db_user: Option<String>,
    /// A secret with the user and the password.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret: Option<String>,
}

/// What SQL is run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SqlBody {
    /// Statements of the user's.
    Script {
        /// The statements, in order.
        statements: Vec<Statement>,
        /// All or none take effect.
        transaction: bool,
        /// Values for `:name`.
        #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
        params: BTreeMap<String, Template>,
    },
    /// Loads files into a table.
    Load(Box<Load>),
    /// Writes what a query gives to files.
    Unload(Unload),
    /// Makes or refreshes a materialized view.
    MaterializedView(MaterializedView),
    /// Makes an external schema.
    SpectrumSchema(SpectrumSchema),
    /// Asks whether what is asserted holds.
    Check(Check),
}

/// How many statements one call takes (`SqlList` in the service's model). Each is sent by itself where they are no
/// transaction.
pub const MOST_STATEMENTS: usize = 40;

/// How many bytes a statement may have. The Redshift Management Guide says 100 KB, and the service refuses what is
/// "larger than 100kB": the smaller of what that may mean.
pub const LONGEST_STATEMENT: usize = 100_000;

/// Where manifests are put in the bucket of the files, when nobody says another place, or when that is in another
/// region.
pub const BESIDE: &str = "_dagc/manifests/";

/// What a script gives.
pub const SCRIPT_OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    known("rows", Form::Count, "how many rows the statements have changed that give no result"),
];

/// What a load gives.
pub const LOAD_OUTPUTS: &[Output] = &[
    perhaps(
        "handle",
        Form::Text,
        "the service's id of the statement; none when all files were loaded before",
    ),
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    perhaps("rows", Form::Count, "how many rows were loaded"),
    perhaps("files", Form::Count, "from how many files"),
    perhaps("bytes", Form::Count, "their bytes"),
];

impl Members for RunSql {}

impl RunSql {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        match &self.body {
            SqlBody::Script { .. } => SCRIPT_OUTPUTS,
            SqlBody::Load(_) => LOAD_OUTPUTS,
            SqlBody::Unload(_) => unload::OUTPUTS,
            SqlBody::MaterializedView(_) => view::OUTPUTS,
            SqlBody::SpectrumSchema(_) => schema::OUTPUTS,
            SqlBody::Check(_) => CHECK_OUTPUTS,
        }
    }

    /// Returns what it is billed in: a workgroup's time, a minute at least (Amazon Redshift pricing). A cluster is paid
    /// for whatever it does.
    pub fn billed(&self) -> &'static [Billed] {
        match self.connection.workgroup {
            Some(_) => &[Billed { unit: Unit::RpuHours, measured: Measured::Time, least: 60 }],
            None => &[],
        }
    }
}

/// Links to the queries of a workgroup or a cluster in the console.
pub fn link(region: &str, workgroup: Option<&str>, cluster: Option<&str>) -> String {
    let base = base(region);
    match (workgroup, cluster) {
        (None, Some(cluster)) => {
            let cluster = encode(cluster);
            format!(
                "{base}/redshiftv2/home?region={region}#cluster-details?cluster={cluster}&tab=query-monitoring"
            )
        }
        _ => format!("{base}/redshiftv2/home?region={region}#serverless-query-and-database-monitoring"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_console() {
        let link = link("us-east-1", None, Some("c"));
        assert!(link.ends_with("#cluster-details?cluster=c&tab=query-monitoring"), "{link}");
    }
}
