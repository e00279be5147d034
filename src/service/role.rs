//! Roles that AWS takes on to do a job's work: whose they are, and what they must be allowed.
//!
//! What a service does with a role are no calls of dagc's: AWS's guides say what is asked for on the way, and the plan on
//! what.

use super::arn::{Condition, Part, Resource};
use super::call::{Need, When};
use crate::lang::value::TableName;

/// Whose role it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// A role by its ARN or its name.
    Role(String),
    /// The role of something in AWS, which the plan may hold: `glue_job:NAME`, `crawler:NAME`.
    Of(String),
    /// The default role of a workgroup or a cluster of Redshift.
    DefaultOf(String),
    /// The role of what a task runs or uses through a connection.
    There {
        /// Of what.
        holder: Box<Holder>,
        /// The account, where it is the connection's own.
        account: Option<String>,
        /// The region, where it is the connection's own.
        region: Option<String>,
    },
    /// Who runs tasks through a connection.
    Through {
        /// The role that the workers take on; themselves when absent.
        role: Option<String>,
        /// The region, where it is the connection's own.
        region: Option<String>,
    },
}

/// What a role must be allowed for one job, or for something that publishing makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lent {
    /// Whose role.
    pub holder: Holder,
    /// What it must be allowed.
    pub needs: Vec<Need>,
    /// What it needs beside that the plan does not tell, in sentences.
    pub unknown: Vec<String>,
}

/// What AWS takes a role on for.
pub trait Lends {
    /// What each role must be allowed; nothing where there is none.
    fn lends(&self) -> Vec<Lent> {
        Vec::new()
    }
}

/// Actions on objects and on their bucket that reading asks for.
const READ: &[&str] = &["s3:GetObject"];
const WRITE: &[&str] = &["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"];
const LIST: &[&str] = &["s3:GetBucketLocation", "s3:ListBucket"];
const DECRYPT: &[&str] = &["kms:Decrypt"];
const ENCRYPT: &[&str] = &["kms:Decrypt", "kms:GenerateDataKey"];

/// Actions on a table of the Data Catalog, its database and the catalog.
const READ_TABLE: &[&str] = &[
    "glue:BatchGetPartition",
    "glue:GetDatabase",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTables",
];
const WRITE_TABLE: &[&str] = &[
    "glue:BatchCreatePartition",
    "glue:BatchGetPartition",
    "glue:BatchUpdatePartition",
    "glue:CreatePartition",
    "glue:CreateTable",
    "glue:GetDatabase",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTables",
    "glue:UpdatePartition",
    "glue:UpdateTable",
];

impl Lent {
    /// A role of which nothing is known yet.
    pub(super) fn to(holder: Holder) -> Self {
        Self { holder, needs: Vec::new(), unknown: Vec::new() }
    }

    /// It must be allowed these actions in any case.
    pub(super) fn allow(self, what: &'static str, resource: &Resource, actions: &[&'static str]) -> Self {
        self.allow_when(what, resource, actions, When::Always, None)
    }

    /// It must be allowed this action under a condition.
    pub(super) fn allow_under(
        self,
        what: &'static str,
        resource: &Resource,
        action: &'static str,
        condition: Condition,
    ) -> Self {
        self.allow_when(what, resource, &[action], When::Always, Some(condition))
    }

    fn allow_when(
        mut self,
        what: &'static str,
        resource: &Resource,
        actions: &[&'static str],
        when: When,
        condition: Option<Condition>,
    ) -> Self {
        let need = |action| Need { action, what, resource: resource.clone(), when, condition };
        self.needs.extend(actions.iter().copied().map(need));
        self
    }

    /// It reads objects of a bucket.
    pub(super) fn read(self, objects: &Resource, bucket: &Resource) -> Self {
        let lent = self.allow("the files that are read", objects, READ);
        lent.allow("the buckets of files", bucket, LIST).key(DECRYPT)
    }

    /// It writes objects of a bucket.
    pub(super) fn write(self, objects: &Resource, bucket: &Resource) -> Self {
        let lent = self.allow("the files that are written", objects, WRITE);
        lent.allow("the buckets of files", bucket, LIST).key(ENCRYPT)
    }

    /// It encrypts what it writes with this key.
    pub(super) fn encrypt(self, key: &str) -> Self {
        self.allow("the key of files that are written", &Resource::key(Some(key)), ENCRYPT)
    }

    /// It removes objects.
    pub(super) fn remove(self, objects: &Resource) -> Self {
        self.allow("the files that are removed", objects, &["s3:DeleteObject"])
    }

    /// It may meet a key of KMS.
    fn key(self, actions: &[&'static str]) -> Self {
        let perhaps = When::Perhaps("when objects are encrypted with a KMS key");
        self.allow_when("the key", &Resource::key(None), actions, perhaps, None)
    }

    /// It reads a table of the Data Catalog.
    pub(super) fn read_table(self, table: &TableName) -> Self {
        self.tables(None, &table.schema, &[Part::Name(table.table.clone())], READ_TABLE)
    }

    /// It reads all tables of a database of the Data Catalog, of this region or the plan's own.
    pub(super) fn read_tables(self, region: Option<&str>, database: &str) -> Self {
        self.tables(region, database, &[Part::Any], READ_TABLE)
    }

    /// It makes a database of the Data Catalog, of this region or the plan's own.
    pub(super) fn make_database(self, region: Option<&str>, database: &str) -> Self {
        let own = vec![Part::Fixed("database/"), Part::Name(database.to_owned())];
        [vec![Part::Fixed("catalog")], own].into_iter().fold(self, |lent, parts| {
            lent.allow("the database", &Resource::in_region(region, "glue", parts), &["glue:CreateDatabase"])
        })
    }

    /// It writes a table of the Data Catalog.
    pub(super) fn write_table(self, table: &TableName) -> Self {
        self.tables(None, &table.schema, &[Part::Name(table.table.clone())], WRITE_TABLE)
    }

    /// It makes the tables of a database whose names begin so.
    pub(super) fn write_tables(self, database: &str, begin: &str) -> Self {
        self.tables(None, database, &[Part::Name(begin.to_owned()), Part::Any], WRITE_TABLE)
    }

    fn tables(self, region: Option<&str>, database: &str, table: &[Part], actions: &[&'static str]) -> Self {
        let name = Part::Name(database.to_owned());
        let of = [&[Part::Fixed("table/"), name.clone(), Part::Fixed("/")], table].concat();
        let resources = [vec![Part::Fixed("catalog")], vec![Part::Fixed("database/"), name], of];
        resources.into_iter().fold(self, |lent, parts| {
            lent.allow("the catalog and its tables", &Resource::in_region(region, "glue", parts), actions)
        })
    }

    /// It writes logs into groups whose names begin so.
    pub(super) fn log(self, groups: &'static str) -> Self {
        let actions = &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
        self.allow("the logs", &Resource::regional("logs", [Part::Fixed(groups), Part::Any]), actions)
    }

    /// Something is needed that the plan does not tell.
    pub(super) fn unknown(mut self, sentence: String) -> Self {
        self.unknown.push(sentence);
        self
    }
}
