//! Granting permissions of Lake Formation, as the plan keeps it, its calls, and what they need.

use crate::lang::value::TableName;
use crate::service::arn::Resource;
use crate::service::call::{Call, Caller, On, Touched, call, operations, right, touched};
use crate::service::console::base;
use crate::service::cost::Billed;
use crate::service::failure::{Codes, Kind};
use crate::service::output::{Form, HANDLE, Members, Output, SECONDS, URL, known};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Grants permissions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GrantPermissions {
    /// Who gets them.
    pub principals: Vec<String>,
    /// The permissions, by Lake Formation's names: `SELECT`.
    pub permissions: Vec<String>,
    /// They may be granted on.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub grantable: bool,
    /// On what.
    pub on: Granted,
}

/// What permissions are granted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Granted {
    /// A database.
    Database {
        /// Its name.
        database: String,
    },
    /// Tables.
    Tables {
        /// Their names.
        tables: Vec<TableName>,
    },
    /// Some columns of a table.
    Columns {
        /// The table.
        table: TableName,
        /// These columns.
        columns: Vec<String>,
        /// All columns but `columns`.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        except: bool,
    },
    /// All tables of a database, those to come too.
    AllTables {
        /// The database.
        database: String,
    },
    /// What has one of the values of each of these LF-tags.
    Tagged {
        /// The values by key.
        tags: BTreeMap<String, Vec<String>>,
        /// They are tags of databases, not of tables.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        databases: bool,
    },
}

/// How many grants one call takes (Lake Formation API Reference, `BatchGrantPermissions`).
pub const MOST: usize = 20;

/// Codes that only this service has.
pub const CODES: Codes = &[
    ("ConcurrentModificationException", Kind::Unavailable),
    ("InternalServiceException", Kind::Unavailable),
    ("OperationTimeoutException", Kind::Unavailable),
    ("EntityNotFoundException", Kind::NotFound),
    ("InvalidInputException", Kind::Invalid),
];

operations! {
    codes CODES;

    /// Grants up to 20 times; what is granted already stays.
    BATCH_GRANT_PERMISSIONS = "lakeformation:BatchGrantPermissions" Repeatable Usual
        [right("lakeformation:BatchGrantPermissions", On::Anything)];
}

/// What it gives. Nothing is started, so that there is nothing to be found again.
pub const OUTPUTS: &[Output] =
    &[HANDLE, URL, SECONDS, known("grants", Form::Count, "how many grants there are of it")];

impl GrantPermissions {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in: Lake Formation's permissions cost nothing.
    pub fn billed(&self) -> &'static [Billed] {
        &[]
    }
}

impl Members for GrantPermissions {}

impl Shown for GrantPermissions {}

impl Lends for GrantPermissions {}

impl Caller for GrantPermissions {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[call(BATCH_GRANT_PERMISSIONS)];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Anything => touched("all of Lake Formation: it takes no resource", Resource::Anything),
            _ => Vec::new(),
        }
    }
}

impl Granted {
    /// Names it in few words.
    pub fn name(&self) -> String {
        match self {
            Self::Database { database } => database.clone(),
            Self::Tables { tables } => tables.iter().map(TableName::to_string).collect::<Vec<_>>().join(", "),
            Self::Columns { table, columns, except } => {
                let but = if *except { "all but " } else { "" };
                format!("{table} ({but}{})", columns.join(", "))
            }
            Self::AllTables { database } => format!("{database}.*"),
            Self::Tagged { tags, databases } => {
                let what = if *databases { "databases" } else { "tables" };
                let tags: Vec<String> =
                    tags.iter().map(|(key, values)| format!("{key}: {}", values.join(" or "))).collect();
                format!("{what} with {}", tags.join(", "))
            }
        }
    }
}

/// Links to the permissions in the console.
pub fn link(region: &str) -> String {
    format!("{}/lakeformation/home?region={region}#permissions-list", base(region))
}

/// The heading of what whoever grants must be allowed.
pub const RIGHTS: Heading = Heading::new("`lake_formation_grant`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let grant = GrantPermissions {
        principals: Vec::new(),
        permissions: Vec::new(),
        grantable: false,
        on: Granted::Database { database: String::new() },
    };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&grant])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_granted_is_named() {
        let table = |table: &str| TableName { schema: "mart".to_owned(), table: table.to_owned() };
        for (granted, expected) in [
            (Granted::Database { database: "mart".to_owned() }, "mart"),
            (Granted::Tables { tables: vec![table("a"), table("b")] }, "mart.a, mart.b"),
            (
                Granted::Columns { table: table("a"), columns: vec!["x".to_owned()], except: true },
                "mart.a (all but x)",
            ),
            (Granted::AllTables { database: "mart".to_owned() }, "mart.*"),
            (
                Granted::Tagged {
                    tags: [("pii".to_owned(), vec!["no".to_owned(), "low".to_owned()])].into(),
                    databases: false,
                },
                "tables with pii: no or low",
            ),
        ] {
            assert_eq!(granted.name(), expected);
        }
    }
}
