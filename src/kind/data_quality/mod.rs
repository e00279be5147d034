//! `data_quality`: rules of Glue Data Quality over a table of the Data Catalog.

mod dqdl;
mod lower;
mod rules;
mod ruleset;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{
    Asks, Checking, Checks, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs, Want,
};
use crate::lang::airflow::Count;
use crate::lang::arn::RoleArn;
use crate::lang::decode::record;
use crate::scope::{CatalogTable, Data, Input, Named};
use crate::service;
use crate::service::data_quality::job::WORKERS;
use crate::service::section::Heading;
use crate::template::Template;
use crate::text::Spanned;
use ruleset::RulesetSpec;

record! {
    "`data_quality`"
    /// Evaluates rules of Glue Data Quality over a table of the Data Catalog, and fails for good when one does not pass.
    pub struct DataQualityStep {
        /// The step whose table is checked, or a table of the Data Catalog, `database.table`.
        pub of: Spanned<String>,
        /// The rules in DQDL, or the path of a file with them that ends in `.dqdl`.
        pub rules: Option<RulesetSpec>,
        /// The name of a ruleset that is there.
        pub ruleset: Option<Spanned<String>>,
        /// Which partitions are looked at, such as `dt = '{{ ds }}'`; all of them when absent.
        pub partitions: Option<Spanned<Template>>,
        /// How many workers it has.
        pub workers: Option<Spanned<Count<1>>> = Count::<1>(WORKERS),
        /// The role that it runs as; that of the environment's `glue` when absent.
        pub role: Option<Spanned<RoleArn>>,
        /// Other readers of the table come after the check, and pipelines that its data starts: `true` unless said
        /// otherwise. With `false` it only reports.
        pub blocks: Option<Spanned<bool>>,
    }
    exactly one of [rules, ruleset]
}

/// Glue Data Quality knows tables of the catalog alone; files want a job that reads them.
const CHECKS: Asks = Asks { does: "checks", want: Want::Catalog, of_one_run: None };

impl DataQualityStep {
    /// The columns of the table, where a source or a step declares them.
    fn columns(&self, cx: &Cx<'_, '_>) -> Option<Vec<String>> {
        if let Some(columns) = Self::table(&cx.found.inputs).and_then(|table| table.columns) {
            return Some(columns.0.iter().map(|(name, _)| name.value.clone()).collect());
        }
        let Named::Steps(steps) = cx.names.find(&self.of, cx.step) else { return None };
        let [step] = steps.as_slice() else { return None };
        let columns = cx.gives[*step].columns.as_ref()?;
        Some(columns.iter().map(|name| (*name).to_owned()).collect())
    }

    /// The table that is checked.
    fn table<'i, 'a>(inputs: &'i [Input<'a>]) -> Option<&'i CatalogTable<'a>> {
        match &inputs.first()?.data {
            Data::Catalog(table) => Some(table),
            Data::Files { .. } | Data::Table { .. } | Data::Jdbc { .. } => None,
        }
    }
}

impl Kind for DataQualityStep {
    const NAME: &'static str = "data_quality";
    const ELSEWHERE: &'static [&'static str] = &[
        "dq",
        "dqdl",
        "evaluate_data_quality",
        "glue_data_quality",
        "glue_data_quality_rule_set_evaluation_run",
    ];
    const BRIEF: &'static str = "evaluates rules of Glue Data Quality over a table of the Data Catalog";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::data_quality::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::data_quality::job::OUTPUTS);

    fn gives<'a>(&'a self, _: &Known<'_, 'a>) -> Gives<'a> {
        Gives::nothing(Nothing::Never)
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        cx.take_one(&self.of, CHECKS);
        let columns = self.columns(cx);
        if let Some(rules) = &self.rules {
            rules.check(columns.as_deref(), cx);
        }
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }

    fn checks(&self) -> Option<Checks> {
        let blocks = self.blocks.as_ref().is_none_or(|blocks| blocks.value);
        Some(Checks { blocks: blocks.then_some(self.of.span) })
    }
}
