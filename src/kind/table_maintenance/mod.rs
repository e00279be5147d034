//! `table_maintenance`: puts the files of a table of Iceberg together, and forgets its old snapshots.

mod lower;
mod rules;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{
    Asks, Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs, Want,
};
use crate::kind::shared::athena::Own;
use crate::lang::airflow::Count;
use crate::lang::decode::record;
use crate::lang::value::{S3Path, Seconds};
use crate::service;
use crate::service::section::Heading;
use crate::sql::Dialect;
use crate::template::Template;
use crate::text::Spanned;

record! {
    "`table_maintenance`"
    /// Puts the files of a table of Iceberg together, and forgets its old snapshots, by Athena.
    pub struct TableMaintenanceStep {
        /// The step that writes the table, or the table.
        pub of: Spanned<String>,
        /// Small files are put together, and deletes with them.
        pub compact: Option<Spanned<bool>> = true,
        /// Only of the partitions for which this holds: a condition on the columns by which the table is partitioned.
        pub r#where: Option<Spanned<Template>>,
        /// Old snapshots are forgotten, and the files removed that only they have.
        pub expire: Option<Spanned<bool>> = true,
        /// How old a snapshot may be; what the table says, or five days, when absent.
        pub keep: Option<Spanned<Seconds>>,
        /// How many snapshots stay, however old they are; what the table says, or one, when absent.
        pub keep_snapshots: Option<Spanned<Count<1>>>,
        /// Athena's workgroup; that of the environment's `athena`, or `primary`, when absent.
        pub workgroup: Option<Spanned<String>>,
        /// The folder of Athena's results, where the workgroup has none of its own.
        pub output: Option<Spanned<S3Path>>,
    }
}

/// What is maintained.
const MAINTAINS: Asks = Asks { does: "maintains", want: Want::Catalog, of_one_run: None };

impl TableMaintenanceStep {
    /// What it says itself of where Athena is asked.
    fn own(&self) -> Own<'_> {
        Own { workgroup: self.workgroup.as_ref(), output: self.output.as_ref(), ..Own::default() }
    }
}

impl Kind for TableMaintenanceStep {
    const NAME: &'static str = "table_maintenance";
    const ELSEWHERE: &'static [&'static str] =
        &["compaction", "expire_snapshots", "iceberg_maintenance", "optimize", "table_optimizer", "vacuum"];
    const BRIEF: &'static str = "compacts a table of Iceberg and forgets its old snapshots";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::athena::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::athena::job::OUTPUTS);

    fn dialect(&self) -> Dialect {
        Dialect::Athena
    }

    fn gives<'a>(&'a self, _: &Known<'_, 'a>) -> Gives<'a> {
        Gives::nothing(Nothing::Never)
    }

    /// Its rows stay as they are: it comes after all that change them.
    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        cx.take_one(&self.of, MAINTAINS);
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }
}
