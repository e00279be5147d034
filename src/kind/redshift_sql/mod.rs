//! `redshift_sql`: SQL of the user's in Redshift.

mod lower;
mod rules;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{
    Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs, Several, SqlUse, Statements,
};
use crate::lang::decode::{Map, record};
use crate::lang::step::SqlSpec;
use crate::objects::opened_text;
use crate::plan::Place;
use crate::scope::{Meaning, NotUnderstood};
use crate::service;
use crate::service::section::Heading;
use crate::sql::Access;
use crate::template::Template;
use crate::text::Spanned;

/// The name of the list that UNLOAD writes behind the prefix of its files.
const UNLOADED: &str = "manifest";

record! {
    "`redshift_sql`"
    /// Runs SQL in Redshift, in one transaction unless told otherwise.
    pub struct RedshiftSqlStep {
        /// The SQL, or a path that ends in `.sql`, relative to the spec.
        pub sql: SqlSpec,
        /// The Redshift connection; may be left out when there is only one.
        pub into: Option<Spanned<String>>,
        /// All statements or none take effect.
        pub transaction: Option<Spanned<bool>> = true,
        /// Values for `:NAME` in the SQL, sent beside it.
        pub params: Option<Map<Spanned<Template>>>,
        /// Tables that it reads, where the SQL hides them.
        pub reads: Option<Vec<Spanned<String>>>,
        /// Tables that it writes, where the SQL hides them.
        pub writes: Option<Vec<Spanned<String>>>,
    }
}

impl Kind for RedshiftSqlStep {
    const NAME: &'static str = "redshift_sql";
    const ELSEWHERE: &'static [&'static str] =
        &["query", "redshift_data", "redshift_query", "sql", "sql_script", "transform"];
    const BRIEF: &'static str = "runs SQL in Redshift";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::redshift::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::redshift::job::SCRIPT_OUTPUTS);

    fn sql(&self) -> SqlUse {
        let is_told = self.reads.is_some() || self.writes.is_some();
        SqlUse::Statements(Statements {
            not_understood: if is_told { NotUnderstood::Passes } else { NotUnderstood::Refused },
            says_reads: self.reads.is_some(),
            are_together: self.is_together(),
        })
    }

    fn gives<'a>(&'a self, known: &Known<'_, 'a>) -> Gives<'a> {
        let connection = known.connection(self.into.as_ref());
        let (Some(connection), [script]) = (connection, known.scripts) else {
            return Gives::nothing(Nothing::Reported);
        };
        let data = known.written(&connection, script, self.writes.as_deref());
        let nothing = if script.complete && self.writes.is_none() {
            Nothing::Unsaid("writes", "writes no table that dagc sees")
        } else {
            Nothing::Reported
        };
        Gives { several: Several::Asked, ..Gives::of(data, nothing) }
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        let Some(connection) = cx.connect(self.into.as_ref()) else { return };
        for script in cx.scripts {
            cx.sql_touches(&connection, script);
        }
        cx.listed(self.reads.as_deref(), self.writes.as_deref(), Some(connection.name));
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }

    /// UNLOAD writes a list of its files behind their prefix.
    fn no_data(&self, task: &Meaning<'_>) -> Vec<String> {
        let writes = task.touches.iter().filter(|touch| touch.access == Access::Writes);
        let lists = writes.filter_map(|touch| match &touch.dataset {
            Place::Prefix(path) => Some(opened_text(path.trim_end_matches('*')) + UNLOADED),
            Place::Table { .. } | Place::CatalogTable(_) | Place::Database { .. } => None,
        });
        lists.collect()
    }
}

impl RedshiftSqlStep {
    /// Says whether all statements or none take effect.
    pub fn is_together(&self) -> bool {
        self.transaction()
    }
}
