//! What holds for a step: what it says itself, or else what its environment says under `athena`.

use super::AthenaSqlStep;
use crate::kind::contract::files_of_sql;
use crate::lang::value::TableName;
use crate::scope::{Data, Scope};
use crate::sql::Target;
use crate::template::Template;
use crate::text::Spanned;

/// What Athena calls the account's own catalog.
const OWN_CATALOG: &str = "awsdatacatalog";

/// What holds for a step.
pub(super) struct Settings<'s> {
    /// The workgroup.
    pub(super) workgroup: Option<&'s str>,
    /// The database of names without one.
    pub(super) database: Option<&'s str>,
    /// The data catalog.
    pub(super) catalog: Option<&'s str>,
    /// The folder of the results.
    pub(super) output: Option<Template>,
    /// How many bytes a statement may scan.
    pub(super) most_bytes: Option<u64>,
}

impl AthenaSqlStep {
    /// Returns what holds for it.
    pub(super) fn settings<'s>(&'s self, scope: &Scope<'s>) -> Settings<'s> {
        let all = scope.spec.athena.as_ref();
        let text = |own: &'s Option<Spanned<String>>, all: Option<&'s Spanned<String>>| {
            own.as_ref().or(all).map(|text| text.value.as_str())
        };
        let own_output = self.output.as_ref().map(|output| output.value.0.clone());
        let limit = self.max_scan.as_ref().or(all.and_then(|all| all.max_scan.as_ref()));
        Settings {
            workgroup: text(&self.workgroup, all.and_then(|all| all.workgroup.as_ref())),
            database: text(&self.database, all.and_then(|all| all.database.as_ref())),
            catalog: text(&self.catalog, all.and_then(|all| all.catalog.as_ref())),
            output: own_output.or_else(|| Some(Template::text(&all?.output.as_ref()?.value.0))),
            most_bytes: limit.map(|limit| limit.value.0),
        }
    }
}

impl Settings<'_> {
    /// Says what a statement touches: a table of the account's own catalog, or files. What is in another catalog is not
    /// ours.
    pub(super) fn data<'a>(&self, target: &Target) -> Option<Data<'a>> {
        let (database, schema, table) = match target {
            Target::Prefix(path) => return files_of_sql(path),
            Target::Table { database, schema, table } => (database, schema, table),
        };
        let is_own = self.catalog_of(database.as_deref()).is_none();
        let own = || self.database.unwrap_or("default").to_lowercase();
        let schema = if schema.is_empty() { own() } else { schema.clone() };
        let is_ours = is_own && schema != "information_schema";
        is_ours.then(|| Data::Catalog(TableName { schema, table: table.clone() }))
    }

    /// Names the catalog of others in which something is.
    pub(super) fn foreign(&self, target: &Target) -> Option<String> {
        let Target::Table { database, .. } = target else { return None };
        self.catalog_of(database.as_deref()).map(str::to_owned)
    }

    /// Names a database of the account's own catalog; the step's own where the name is empty.
    pub(super) fn own_database(&self, name: &str) -> Option<String> {
        let target = Target::Table { database: None, schema: name.to_owned(), table: String::new() };
        match self.data(&target)? {
            Data::Catalog(name) => Some(name.schema),
            Data::Files { .. } | Data::Table { .. } => None,
        }
    }

    /// Names the catalog that is not the account's own.
    fn catalog_of<'n>(&'n self, named: Option<&'n str>) -> Option<&'n str> {
        named.or(self.catalog).filter(|catalog| !catalog.eq_ignore_ascii_case(OWN_CATALOG))
    }
}
