//! `spectrum_schema`: a schema of Redshift whose tables are those of a database of the Data Catalog.

mod lower;
mod rules;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{
    Checking, Cx, ExternalSchema, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs,
};
use crate::lang::decode::record;
use crate::lang::project::CopyRole;
use crate::lang::value::Name;
use crate::service;
use crate::service::section::Heading;
use crate::text::Spanned;

record! {
    "`spectrum_schema`"
    /// Makes an external schema where there is none, and fails where there is another one of its name.
    pub struct SpectrumSchemaStep {
        /// The schema, as SQL in Redshift names it.
        pub schema: Spanned<Name>,
        /// The database of the Data Catalog whose tables it has.
        pub database: Spanned<String>,
        /// The Redshift connection; may be left out when there is only one.
        pub into: Option<Spanned<String>>,
        /// The role with which Redshift reads the catalog and the files; the connection's `copy_role` when absent.
        pub role: Option<Spanned<CopyRole>>,
        /// The region of the catalog, when it is not the cluster's.
        pub region: Option<Spanned<String>>,
        /// The database is made in the catalog, too, where there is none.
        pub create_database: Option<Spanned<bool>> = false,
    }
}

impl Kind for SpectrumSchemaStep {
    const NAME: &'static str = "spectrum_schema";
    const ELSEWHERE: &'static [&'static str] = &[
        "create_external_schema",
        "external_schema",
        "redshift_external_schema",
        "redshift_spectrum",
        "spectrum",
    ];
    const BRIEF: &'static str = "makes the tables of a catalog's database readable in Redshift";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::redshift::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::redshift::job::schema::OUTPUTS);

    fn gives<'a>(&'a self, _: &Known<'_, 'a>) -> Gives<'a> {
        Gives::nothing(Nothing::Never)
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        cx.connect(self.into.as_ref());
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }

    fn makes_external_schema(&self) -> Option<ExternalSchema> {
        Some(ExternalSchema {
            schema: self.schema.value.to_lowercase(),
            database: self.database.value.to_lowercase(),
        })
    }
}
