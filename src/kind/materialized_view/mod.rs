//! `materialized_view`: a query whose rows Redshift keeps.

mod lower;
mod rules;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{
    Checking, Cx, Gives, Kind, Known, Lowered, Lowering, MadeView, Outputs, ViewKind,
};
use crate::lang::decode::{record, words};
use crate::lang::step::SqlSpec;
use crate::lang::value::TableName;
use crate::service;
use crate::service::section::Heading;
use crate::sql::Access;
use crate::text::Spanned;

record! {
    "`materialized_view`"
    /// Makes a materialized view where there is none, makes it anew where its definition has changed, and refreshes it
    /// otherwise.
    pub struct MaterializedViewStep {
        /// The view.
        pub view: Spanned<TableName>,
        /// Its query, or a path that ends in `.sql`, relative to the spec; the same in every run.
        pub sql: SqlSpec,
        /// The Redshift connection; may be left out when there is only one.
        pub into: Option<Spanned<String>>,
        /// Redshift refreshes it by itself as well, some time after its tables have changed; `false` when absent.
        pub auto_refresh: Option<Spanned<bool>>,
        /// Snapshots have it; `true` when absent.
        pub backup: Option<Spanned<bool>>,
        /// Where its rows are, without a `distkey`.
        pub diststyle: Option<Spanned<DistStyle>>,
        /// The column by whose values its rows are distributed.
        pub distkey: Option<Spanned<String>>,
        /// The columns by which its rows are sorted.
        pub sortkey: Option<Vec<Spanned<String>>>,
        /// Views on it that are dropped with it when its definition has changed. The steps that make them have to run
        /// again then.
        pub drop_with: Option<Vec<Spanned<TableName>>>,
    }
}

words! {
    "a distribution style"
    /// Where the rows of a view are.
    pub enum DistStyle {
        /// One after the other on each slice: Redshift's own choice.
        Even = "even",
        /// All on each node.
        All = "all",
    }
}

impl Kind for MaterializedViewStep {
    const NAME: &'static str = "materialized_view";
    const ELSEWHERE: &'static [&'static str] =
        &["materialised_view", "matview", "mview", "redshift_materialized_view", "refresh_materialized_view"];
    const BRIEF: &'static str = "makes a materialized view of Redshift, and refreshes it";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::redshift::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::redshift::job::view::OUTPUTS);

    fn gives<'a>(&'a self, known: &Known<'_, 'a>) -> Gives<'a> {
        known.table(self.into.as_ref(), &self.view)
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        let Some(connection) = cx.connect(self.into.as_ref()) else { return };
        for script in cx.scripts {
            cx.sql_touches(&connection, script);
        }
        for access in [Access::Creates, Access::Writes] {
            cx.touch_own(access, self.view.span);
        }
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }

    fn makes_view(&self) -> Option<MadeView<'_>> {
        let drops = self.drop_with.as_deref().unwrap_or_default();
        Some(MadeView {
            kind: ViewKind::Materialized,
            name: &self.view,
            drops,
            refreshes_itself: self.auto_refresh.as_ref().is_some_and(|auto| auto.value),
        })
    }
}
