//! `lake_formation_grant`: grants permissions of Lake Formation.

mod lower;
mod rules;

use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::{Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs};
use crate::lang::decode::{Leaf, LeafError, Map, record, words};
use crate::lang::held::Held;
use crate::lang::value::{Name, TableName};
use crate::service;
use crate::service::section::Heading;
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

record! {
    "`lake_formation_grant`"
    /// Grants permissions of Lake Formation; what is granted already stays.
    pub struct LakeFormationGrantStep {
        /// Who gets them: roles and users by their ARNs, accounts by their numbers, or `IAM_ALLOWED_PRINCIPALS`.
        pub to: Vec<Spanned<Principal>>,
        /// What they may do.
        pub permissions: Vec<Spanned<Permission>>,
        /// A database of the Data Catalog.
        pub database: Option<Spanned<Name>>,
        /// Tables of the Data Catalog, `database.table`.
        pub tables: Option<Vec<Spanned<TableName>>>,
        /// A database: all of its tables, those to come too.
        pub all_tables_of: Option<Spanned<Name>>,
        /// Values of LF-tags by key: what has one of the values of each key.
        pub tags: Option<Map<Vec<Spanned<String>>>>,
        /// What has the tags.
        pub tagged: Option<Spanned<Tagged>> = Tagged::Tables,
        /// Of one table these columns alone.
        pub columns: Option<Vec<Spanned<String>>>,
        /// Of one table all columns but these.
        pub except_columns: Option<Vec<Spanned<String>>>,
        /// Whether they may grant it to others.
        pub grantable: Option<Spanned<bool>> = false,
    }
    exactly one of [database, tables, all_tables_of, tags]
    at most one of [columns, except_columns]
}

words! {
    "what has LF-tags"
    /// What has LF-tags.
    pub enum Tagged {
        /// Tables, and their columns.
        Tables = "tables",
        /// Databases.
        Databases = "databases",
    }
}

words! {
    "a permission of Lake Formation"
    /// What may be done (Lake Formation Developer Guide, "Lake Formation permissions reference").
    pub enum Permission {
        /// All that may be granted on it.
        All = "all",
        /// To change it in the catalog.
        Alter = "alter",
        /// Of a database: to make tables.
        CreateTable = "create_table",
        /// Of tables: to remove rows.
        Delete = "delete",
        /// To see it in the catalog.
        Describe = "describe",
        /// To remove it from the catalog.
        Drop = "drop",
        /// Of tables: to add rows.
        Insert = "insert",
        /// Of tables and columns: to read rows.
        Select = "select",
    }
}

/// Who gets permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(pub String);

impl Leaf for Principal {
    const EXPECTED: &'static str = "who gets permissions";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = scalar.text.as_str();
        let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_arn =
            text.starts_with("arn:") && text.splitn(6, ':').filter(|part| !part.is_empty()).count() >= 5;
        let service = text.split(':').nth(2).unwrap_or_default();
        let is_group =
            service == "iam" && text.split(':').nth(5).is_some_and(|name| name.starts_with("group/"));
        if is_arn && (is_group || service == "sts") {
            let what = if is_group { "a group of IAM" } else { "a session of a role" };
            let message = format!("Lake Formation grants nothing to {what}: `{}`", text.escape_debug());
            return Err(LeafError::new(Code::InvalidArn, message).help(
                "name the role or the users themselves, such as `arn:aws:iam::111122223333:role/analysts`",
            ));
        }
        if is_account || is_arn || text == "IAM_ALLOWED_PRINCIPALS" {
            return Ok(Self(text.to_owned()));
        }
        Err(LeafError::new(Code::InvalidArn, format!("`{}` is nobody whom Lake Formation knows", text.escape_debug()))
            .help("write the ARN of a role or a user, such as `arn:aws:iam::111122223333:role/analysts`, the number of an account, or `IAM_ALLOWED_PRINCIPALS`"))
    }

    fn leaf_held(name: &Spanned<Self>) -> Option<Held<'_>> {
        name.value.0.starts_with("arn:").then(|| Held::Arn(&name.value.0, name.span))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string" })
    }
}

impl Kind for LakeFormationGrantStep {
    const NAME: &'static str = "lake_formation_grant";
    const ELSEWHERE: &'static [&'static str] =
        &["grant", "grant_permissions", "lake_formation", "lake_formation_permissions", "lakeformation"];
    const BRIEF: &'static str = "grants permissions of Lake Formation";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::lake_formation::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::lake_formation::job::OUTPUTS);

    fn gives<'a>(&'a self, _: &Known<'_, 'a>) -> Gives<'a> {
        Gives::nothing(Nothing::Never)
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        cx.needs_in_catalog(self.tables.as_deref().unwrap_or_default());
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, _: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self)
    }
}
