//! `athena_sql`: SQL of the user's in Athena.

mod lower;
mod rules;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{
    Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs, Several, SqlUse, Statements,
};
use crate::kind::shared::athena::Own;
use crate::lang::decode::record;
use crate::lang::scan_limit::ScanLimit;
use crate::lang::step::SqlSpec;
use crate::lang::value::{S3Path, Seconds};
use crate::scope::NotUnderstood;
use crate::service;
use crate::service::section::Heading;
use crate::sql::Dialect;
use crate::text::Spanned;

record! {
    "`athena_sql`"
    /// Runs SQL in Athena, one statement after the other.
    pub struct AthenaSqlStep {
        /// The SQL, or a path that ends in `.sql`, relative to the spec.
        pub sql: SqlSpec,
        /// The workgroup; that of the environment's `athena`, or `primary`, when absent.
        pub workgroup: Option<Spanned<String>>,
        /// The database of tables that the SQL names without one; that of the environment's `athena`, or `default`, when
        /// absent.
        pub database: Option<Spanned<String>>,
        /// The data catalog; that of the environment's `athena`, or the account's own, when absent.
        pub catalog: Option<Spanned<String>>,
        /// The folder of the results, where the workgroup has none of its own.
        pub output: Option<Spanned<S3Path>>,
        /// A result that is no older than this is given again, and nothing is run: for queries only.
        pub reuse: Option<Spanned<Seconds>>,
        /// A statement that has scanned more is stopped, and the step fails for good.
        pub max_scan: Option<Spanned<ScanLimit>>,
        /// Tables that it reads, where the SQL hides them.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables that it writes, where the SQL hides them.
        pub writes: Option<Vec<Spanned<String>>>,
    }
}

impl AthenaSqlStep {
    /// What it says itself of where it is run.
    fn own(&self) -> Own<'_> {
        Own {
            workgroup: self.workgroup.as_ref(),
            database: self.database.as_ref(),
            catalog: self.catalog.as_ref(),
            output: self.output.as_ref(),
            max_scan: self.max_scan.as_ref(),
        }
    }
}

impl Kind for AthenaSqlStep {
    const NAME: &'static str = "athena_sql";
    const ELSEWHERE: &'static [&'static str] =
        &["athena", "athena_query", "presto_sql", "start_query_execution", "trino_sql"];
    const BRIEF: &'static str = "runs SQL in Athena";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::athena::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::athena::job::OUTPUTS);

    /// Athena knows more than any dialect of the parser: what does not parse passes with a warning.
    fn sql(&self) -> SqlUse {
        SqlUse::Statements(Statements {
            not_understood: NotUnderstood::Passes,
            says_reads: self.reads.is_some(),
            are_together: false,
        })
    }

    fn dialect(&self) -> Dialect {
        Dialect::Athena
    }

    fn gives<'a>(&'a self, known: &Known<'_, 'a>) -> Gives<'a> {
        let [script] = known.scripts else { return Gives::nothing(Nothing::Reported) };
        let settings = self.own().settings(known.scope);
        let data = known.written_of(script, |target| settings.data(target), self.writes.as_deref());
        let nothing = if script.complete && self.writes.is_none() {
            Nothing::Unsaid("writes", "writes no table that dagc sees")
        } else {
            Nothing::Reported
        };
        Gives { several: Several::Asked, ..Gives::of(data, nothing) }
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        let settings = self.own().settings(cx.scope);
        for script in cx.scripts {
            cx.sql_touches_of(script, |target| settings.data(target));
        }
        cx.listed_in_catalog(self.reads.as_deref(), self.writes.as_deref());
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }
}
