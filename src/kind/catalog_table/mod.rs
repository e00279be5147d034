//! `catalog_table`: a table of the Data Catalog as it is declared, with its partitions.

mod lower;
mod rules;
mod types;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{
    Asks, Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs, Want,
};
use crate::lang::columns::Column;
use crate::lang::decode::{Map, record};
use crate::lang::source::{Format, FormatSpec};
use crate::lang::step::OnDrift;
use crate::lang::value::{S3Path, TableName};
use crate::scope::{Data, Meaning};
use crate::service;
use crate::service::section::Heading;
use crate::sql::Access;
use crate::template::Template;
use crate::text::Spanned;

record! {
    "`catalog_table`"
    /// Makes a table of the Data Catalog where there is none, compares it with what is declared where there is one, and adds
    /// partitions to it, without a crawler. One of `from` and `path`.
    pub struct CatalogTableStep {
        /// The table, `database.table`.
        pub table: Spanned<TableName>,
        /// The source or step whose files it has.
        pub from: Option<Spanned<String>>,
        /// The folder of its files, where no name fits.
        pub path: Option<Spanned<S3Path>>,
        /// The format of its files: `parquet`, `orc`, `json` or `csv`; that of `from` when absent.
        pub format: Option<FormatSpec>,
        /// The columns in its files and their types; those of `from` when absent.
        pub columns: Option<Map<Spanned<Column>>>,
        /// The columns that make folders, `NAME=VALUE/`, and their types, in the order of the folders.
        pub partition_by: Option<Map<Spanned<Column>>>,
        /// The partitions that are added, each with a value for each column of `partition_by`.
        pub partitions: Option<Vec<Map<Spanned<Template>>>>,
        /// What happens when the table is there and has other columns, or is read otherwise.
        pub on_drift: Option<Spanned<OnDrift>> = OnDrift::Fail,
    }
    exactly one of [from, path]
}

/// A table has all files of its folder: those of other runs, too.
const REGISTERS: Asks = Asks { does: "makes a table of", want: Want::Files, of_one_run: None };

impl CatalogTableStep {
    /// The name of the table as the catalog has it.
    fn name(&self) -> TableName {
        let TableName { schema, table } = &self.table.value;
        TableName { schema: schema.to_lowercase(), table: table.to_lowercase() }
    }

    /// Its files: where they are, their format and their columns.
    fn files<'t, 'a>(task: &'t Meaning<'a>) -> Option<&'t Data<'a>> {
        task.inputs.iter().map(|input| &input.data).find(|data| matches!(data, Data::Files { .. }))
    }

    fn format_of<'t>(&'t self, task: &'t Meaning<'_>) -> Option<&'t Format> {
        let of_files = match Self::files(task)? {
            Data::Files { format, .. } => *format,
            Data::Catalog(_) | Data::Table { .. } | Data::Jdbc { .. } => None,
        };
        self.format.as_ref().map(|format| &format.format).or(of_files)
    }

    fn columns_of<'t>(&'t self, task: &'t Meaning<'_>) -> Option<&'t Map<Spanned<Column>>> {
        let of_files = match Self::files(task)? {
            Data::Files { columns, .. } => *columns,
            Data::Catalog(_) | Data::Table { .. } | Data::Jdbc { .. } => None,
        };
        self.columns.as_ref().or(of_files)
    }

    /// The names of its columns: those in its files, and those of their folders.
    fn all_columns<'a>(&'a self, known: &Known<'_, 'a>) -> Option<Vec<&'a str>> {
        let of_files = || {
            let data = known.of(&self.from.as_ref()?.value);
            data.into_iter().find_map(|data| match data {
                Data::Files { columns, .. } => columns,
                Data::Catalog(_) | Data::Table { .. } | Data::Jdbc { .. } => None,
            })
        };
        let columns = self.columns.as_ref().or_else(of_files)?;
        let folders = self.partition_by.iter().flat_map(|columns| &columns.0);
        Some(columns.0.iter().chain(folders).map(|(name, _)| name.value.as_str()).collect())
    }

    /// The folder of its files, which ends in `/`: what stands before the folders of partitions. None where it is not the
    /// same in each run.
    fn location(&self, task: &Meaning<'_>) -> Option<String> {
        let Data::Files { path, whole, .. } = Self::files(task)? else { return None };
        let path = whole.as_ref().unwrap_or(path);
        if let Some(text) = path.as_text() {
            let folder = text.trim_end_matches('/');
            return Some(format!("{folder}/"));
        }
        let text = path.static_prefix();
        let (folder, begin) = text.rsplit_once('/')?;
        let by = self.partition_by.as_ref()?;
        let is_partition =
            begin.strip_suffix('=').is_some_and(|name| by.0.iter().any(|(key, _)| key.value == name));
        (is_partition && folder.len() > "s3://".len()).then(|| format!("{folder}/"))
    }
}

impl Kind for CatalogTableStep {
    const NAME: &'static str = "catalog_table";
    const ELSEWHERE: &'static [&'static str] = &[
        "add_partitions",
        "create_table",
        "external_table",
        "glue_catalog_partition",
        "glue_catalog_table",
        "glue_table",
        "register_table",
    ];
    const BRIEF: &'static str =
        "makes a table of the Data Catalog, and adds its partitions without a crawler";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::catalog::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::catalog::job::OUTPUTS);

    fn gives<'a>(&'a self, known: &Known<'_, 'a>) -> Gives<'a> {
        let columns = self.all_columns(known);
        Gives { columns, ..Gives::of(vec![Data::catalog(self.name())], Nothing::Reported) }
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        if let Some(from) = &self.from {
            cx.take_one(from, REGISTERS);
        }
        if let Some(path) = &self.path {
            cx.take_path(&path.value.0, path.span);
        }
        cx.touch_own(Access::Creates, self.table.span);
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }
}
