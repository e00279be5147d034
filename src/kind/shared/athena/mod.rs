//! SQL in Athena: what holds for a step, which is what it says itself, or else what its environment says under `athena`; and
//! the job that it becomes.

mod asked;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::contract::{Lowering, files_of_sql, folder};
use crate::kind::shared::names::{ATHENA_WORKGROUP, CATALOG_DATABASE, DATA_CATALOG};
use crate::lang::scan_limit::ScanLimit;
use crate::lang::value::S3Path;
use crate::lang::value::TableName;
use crate::objects::wildcard;
use crate::scope::Script;
use crate::scope::{Data, Scope};
use crate::service::athena::job::{LONGEST_STATEMENT, PRIMARY, RunAthena};
use crate::sql::Target;
use crate::template::Template;
use crate::text::Spanned;

/// What Athena calls the account's own catalog.
const OWN_CATALOG: &str = "awsdatacatalog";

/// What a step says itself of it.
#[derive(Clone, Copy, Default)]
pub struct Own<'s> {
    /// The workgroup.
    pub workgroup: Option<&'s Spanned<String>>,
    /// The database of names without one.
    pub database: Option<&'s Spanned<String>>,
    /// The data catalog.
    pub catalog: Option<&'s Spanned<String>>,
    /// The folder of the results.
    pub output: Option<&'s Spanned<S3Path>>,
    /// How much a statement may scan.
    pub max_scan: Option<&'s Spanned<ScanLimit>>,
}

/// What holds for a step.
pub struct Settings<'s> {
    /// The workgroup.
    pub workgroup: Option<&'s str>,
    /// The database of names without one.
    pub database: Option<&'s str>,
    /// The data catalog.
    pub catalog: Option<&'s str>,
    /// The folder of the results.
    pub output: Option<Template>,
    /// How many bytes a statement may scan.
    pub most_bytes: Option<u64>,
}

impl<'s> Own<'s> {
    /// Returns what holds for the step.
    pub fn settings(self, scope: &Scope<'s>) -> Settings<'s> {
        let all = scope.spec.athena.as_ref();
        let text = |own: Option<&'s Spanned<String>>, all: Option<&'s Spanned<String>>| {
            own.or(all).map(|text| text.value.as_str())
        };
        let own_output = self.output.map(|output| output.value.0.clone());
        let limit = self.max_scan.or(all.and_then(|all| all.max_scan.as_ref()));
        Settings {
            workgroup: text(self.workgroup, all.and_then(|all| all.workgroup.as_ref())),
            database: text(self.database, all.and_then(|all| all.database.as_ref())),
            catalog: text(self.catalog, all.and_then(|all| all.catalog.as_ref())),
            output: own_output.or_else(|| Some(Template::text(&all?.output.as_ref()?.value.0))),
            most_bytes: limit.map(|limit| limit.value.0),
        }
    }

    /// Says what Athena does not take.
    pub fn check(self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        ATHENA_WORKGROUP.check(self.workgroup, diagnostics);
        CATALOG_DATABASE.check(self.database, diagnostics);
        DATA_CATALOG.check(self.catalog, diagnostics);
        let Some((output, c)) = self.output.and_then(|output| Some((output, wildcard(&output.value.0)?)))
        else {
            return;
        };
        let message = format!("step `{}` writes its results to a pattern", cx.task.name);
        diagnostics.push(
            Diagnostic::new(Code::PathPattern, output.span, message)
                .label(format!("`{c}` would be part of the name"))
                .help("write the folder"),
        );
    }
}

/// Says which statements are too long.
pub fn longest(script: &Script<'_>, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    let statements = &script.script.statements;
    for statement in statements.iter().filter(|statement| statement.text.len() > LONGEST_STATEMENT) {
        let start = statement.range.start;
        let message =
            format!("this statement has {} bytes; Athena takes {LONGEST_STATEMENT}", statement.text.len());
        let span = script.locate(cx.scope.files.sources(), start..start + 1);
        diagnostics.push(
            Diagnostic::new(Code::SqlLimit, span, message).help("read long lists of values from a table"),
        );
    }
}

impl Settings<'_> {
    /// Makes the job of a step, without what it asks: where it is run, and what its statements and inputs touch.
    pub fn job(&self, cx: &Lowering<'_, '_>) -> RunAthena {
        let mut run = RunAthena {
            workgroup: self.workgroup.unwrap_or(PRIMARY).to_owned(),
            catalog: self.catalog.map(str::to_owned),
            database: self.database.map(str::to_owned),
            output: self.output.as_ref().map(|output| place(&cx.template(output))),
            most_bytes: self.most_bytes,
            ..RunAthena::default()
        };
        asked::add(&mut run, self, cx);
        run
    }

    /// Says what a statement touches: a table of the account's own catalog, or files. What is in another catalog is not
    /// ours.
    pub fn data<'a>(&self, target: &Target) -> Option<Data<'a>> {
        let (database, schema, table) = match target {
            Target::Prefix(path) => return files_of_sql(path),
            Target::Table { database, schema, table } => (database, schema, table),
        };
        let is_own = self.catalog_of(database.as_deref()).is_none();
        let own = || self.database.unwrap_or("default").to_lowercase();
        let schema = if schema.is_empty() { own() } else { schema.clone() };
        let is_ours = is_own && schema != "information_schema";
        is_ours.then(|| Data::catalog(TableName { schema, table: table.clone() }))
    }

    /// Names the catalog of others in which something is.
    pub fn foreign(&self, target: &Target) -> Option<String> {
        let Target::Table { database, .. } = target else { return None };
        self.catalog_of(database.as_deref()).map(str::to_owned)
    }

    /// Names a database of the account's own catalog; the step's own where the name is empty.
    pub fn own_database(&self, name: &str) -> Option<String> {
        let target = Target::Table { database: None, schema: name.to_owned(), table: String::new() };
        match self.data(&target)? {
            Data::Catalog(table) => Some(table.name.schema),
            Data::Files { .. } | Data::Table { .. } | Data::Jdbc { .. } => None,
        }
    }

    /// Names the catalog that is not the account's own.
    fn catalog_of<'n>(&'n self, named: Option<&'n str>) -> Option<&'n str> {
        named.or(self.catalog).filter(|catalog| !catalog.eq_ignore_ascii_case(OWN_CATALOG))
    }
}

/// Athena writes below what it is told, which is a folder.
fn place(output: &Template) -> Template {
    match output.as_text() {
        Some(text) => Template::text(folder(text)),
        None if output.to_string().ends_with('/') => output.clone(),
        None => output.clone().join(Template::text("/")),
    }
}
