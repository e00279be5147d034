//! `redshift_copy`: loads files into a Redshift table.

mod lower;
mod rules;

use crate::diagnostic::Diagnostics;
use crate::kind::contract::{
    Asks, Checking, Cx, Gives, Kind, Known, Loads, Lowered, Lowering, Outputs, Want,
};
use crate::lang::decode::record;
use crate::lang::project::CopyRole;
use crate::lang::source::{Format, FormatSpec};
use crate::lang::step::{CompUpdate, CopyMode, FileCompression};
use crate::lang::value::{S3Path, TableName};
use crate::scope::{Data, Meaning, paths_of};
use crate::service;
use crate::service::section::Heading;
use crate::sql::Access;
use crate::text::Spanned;

record! {
    "`redshift_copy`"
    /// Loads the files of a source or a step into a table, exactly the files that are there when it starts,
    /// in one transaction.
    pub struct RedshiftCopyStep {
        /// The source or step whose files are loaded.
        pub from: Option<Spanned<String>>,
        /// The prefix that is loaded, where no name fits.
        pub path: Option<Spanned<S3Path>>,
        /// The format; known from the source or step before when absent.
        pub format: Option<FormatSpec>,
        /// The table.
        pub table: Spanned<TableName>,
        /// The Redshift connection; may be left out when there is only one.
        pub into: Option<Spanned<String>>,
        /// What happens to what is there.
        pub mode: Spanned<CopyMode>,
        /// The columns that tell one row from another, for `merge`.
        pub key: Option<Vec<Spanned<String>>>,
        /// The table's columns in the order of the files; the source's, or the table's own, when absent.
        pub columns: Option<Vec<Spanned<String>>>,
        /// COPY's own options.
        pub options: Option<Box<CopyOptions>>,
        /// The role with which COPY reads S3; the connection's when absent.
        pub role: Option<Spanned<CopyRole>>,
    }
    exactly one of [from, path]
}

record! {
    "`options`"
    /// COPY's options (Redshift Database Developer Guide, "COPY"). Formats that store columns take only
    /// `acceptinvchars`, `explicit_ids`, `fillrecord`, `serializetojson` and `statupdate`.
    pub struct CopyOptions {
        /// The files' compression.
        pub compression: Option<Spanned<FileCompression>>,
        /// How many wrong rows are left out before the load fails.
        pub maxerror: Option<Spanned<u32>>,
        /// Leaves out all wrong rows.
        pub ignoreallerrors: Option<Spanned<bool>>,
        /// Replaces invalid UTF-8 by this character.
        pub acceptinvchars: Option<Spanned<String>>,
        /// Missing values at the end of a line become NULL, or the empty text.
        pub fillrecord: Option<Spanned<bool>>,
        /// Blank fields become NULL.
        pub blanksasnull: Option<Spanned<bool>>,
        /// Empty fields become NULL.
        pub emptyasnull: Option<Spanned<bool>>,
        /// Dates that are none become NULL; goes with `dateformat`.
        pub acceptanydate: Option<Spanned<bool>>,
        /// The form of dates, or `auto`.
        pub dateformat: Option<Spanned<String>>,
        /// The form of times, or `auto`.
        pub timeformat: Option<Spanned<String>>,
        /// Numbers are rounded to the column's scale, not cut.
        pub roundec: Option<Spanned<bool>>,
        /// Text that is too long is cut.
        pub truncatecolumns: Option<Spanned<bool>>,
        /// Spaces at the end of text are taken away.
        pub trimblanks: Option<Spanned<bool>>,
        /// Blank lines are left out.
        pub ignoreblanklines: Option<Spanned<bool>>,
        /// The character encoding: UTF8, UTF16, UTF16LE, UTF16BE, ISO88591.
        pub encoding: Option<Spanned<String>>,
        /// The widths of the columns, in place of a delimiter: `id:5,name:20`.
        pub fixedwidth: Option<Spanned<String>>,
        /// The files give the values of an IDENTITY column.
        pub explicit_ids: Option<Spanned<bool>>,
        /// Nested values of Parquet and ORC become the JSON of a SUPER column.
        pub serializetojson: Option<Spanned<bool>>,
        /// Statistics are updated after the load.
        pub statupdate: Option<Spanned<bool>>,
        /// Compression encodings are chosen for an empty table: `true`, `false`, or `preset`.
        pub compupdate: Option<Spanned<CompUpdate>>,
        /// How many rows are looked at to choose them.
        pub comprows: Option<Spanned<u32>>,
        /// The bucket's region, when it is not the cluster's.
        pub region: Option<Spanned<String>>,
    }
}

/// What a load takes; of a step that writes partitions those of this run.
const LOADS: Asks = Asks { does: "loads", want: Want::Files, of_one_run: Some("path") };

impl Kind for RedshiftCopyStep {
    const NAME: &'static str = "redshift_copy";
    const ELSEWHERE: &'static [&'static str] =
        &["copy", "copy_into", "load", "redshift", "redshift_load", "s3_to_redshift"];
    const BRIEF: &'static str = "loads files into a table so that it can be run again";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::redshift::job::LOAD_RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(service::redshift::job::LOAD_OUTPUTS);

    fn gives<'a>(&'a self, known: &Known<'_, 'a>) -> Gives<'a> {
        known.table(self.into.as_ref(), &self.table)
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        cx.connect(self.into.as_ref());
        if let Some(from) = &self.from {
            cx.take_one(from, LOADS);
        }
        if let Some(path) = &self.path {
            cx.take_path(&path.value.0, path.span);
        }
        let own = self.format.as_ref().map(|format| (&format.format, format.span));
        let given = cx.found.inputs.first().and_then(|input| match input.data {
            Data::Files { format: Some(format), .. } => Some((format, self.from.as_ref()?.span)),
            Data::Files { .. } | Data::Catalog(_) | Data::Table { .. } | Data::Jdbc { .. } => None,
        });
        if let Some((format, span)) = own.or(given)
            && let Some(path) = paths_of(format)
        {
            cx.reads(path, span);
        }
        let access = match self.mode.value {
            CopyMode::Append => Access::Appends,
            CopyMode::Replace | CopyMode::Merge => Access::Writes,
        };
        cx.touch_own(access, self.table.span);
    }

    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
        rules::check(self, cx, diagnostics);
    }

    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered> {
        lower::lower(self, cx)
    }

    fn loads<'a>(&'a self, task: &Meaning<'a>) -> Option<Loads<'a>> {
        Some(Loads { table: &self.table.value, mode: &self.mode, format: self.format_of(task) })
    }

    fn no_data(&self, _: &Meaning<'_>) -> Vec<String> {
        self.format.as_ref().and_then(|format| paths_of(&format.format)).into_iter().collect()
    }
}

impl RedshiftCopyStep {
    /// Returns the files that it loads.
    pub fn files<'t, 'a>(task: &'t Meaning<'a>) -> Option<&'t Data<'a>> {
        task.inputs.first().map(|input| &input.data)
    }

    /// Returns the format of the files: its own, or that of what gives them.
    pub fn format_of<'s>(&'s self, task: &Meaning<'s>) -> Option<&'s Format> {
        let given = match Self::files(task) {
            Some(Data::Files { format, .. }) => *format,
            Some(Data::Catalog(_) | Data::Table { .. } | Data::Jdbc { .. }) | None => None,
        };
        self.format.as_ref().map(|format| &format.format).or(given)
    }
}
