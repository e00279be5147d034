//! `redshift_copy`: loads files into a table, so that it can be run again.

use crate::source::Spanned;
use crate::spec::decode::{record, words};
use crate::spec::leaf::{S3Path, TableName};
use crate::spec::project::CopyRole;
use crate::spec::source::FormatSpec;

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
}

words! {
    "a mode of loading"
    /// How a load repeats.
    pub enum CopyMode {
        /// Adds the rows of files that were not loaded yet; no file is loaded twice.
        Append = "append",
        /// The table holds the rows of these files and no others.
        Replace = "replace",
        /// Rows with the same key are replaced, others are added.
        Merge = "merge",
    }
}

words! {
    "a compression of files"
    /// How the files are compressed (Redshift Database Developer Guide, "File compression parameters").
    pub enum FileCompression {
        /// Gzip.
        Gzip = "gzip",
        /// Bzip2.
        Bzip2 = "bzip2",
        /// LZO.
        Lzop = "lzop",
        /// Zstandard.
        Zstd = "zstd",
    }
}

record! {
    "`options`"
    /// COPY's options (Redshift Database Developer Guide, "COPY"). Formats that store columns take only
    /// `fillrecord`, `acceptinvchars` and `statupdate`.
    pub struct CopyOptions {
        /// The files' compression.
        pub compression: Option<Spanned<FileCompression>>,
        /// How many wrong rows are left out before the load fails.
        pub maxerror: Option<Spanned<u32>>,
        /// Replaces invalid UTF-8 by this character.
        pub acceptinvchars: Option<Spanned<String>>,
        /// Missing values at the end of a line become NULL.
        pub fillrecord: Option<Spanned<bool>>,
        /// Blank fields become NULL.
        pub blanksasnull: Option<Spanned<bool>>,
        /// Empty fields become NULL.
        pub emptyasnull: Option<Spanned<bool>>,
        /// The form of dates, or `auto`.
        pub dateformat: Option<Spanned<String>>,
        /// The form of times, or `auto`.
        pub timeformat: Option<Spanned<String>>,
        /// Text that is too long is cut.
        pub truncatecolumns: Option<Spanned<bool>>,
        /// Spaces at the end of text are taken away.
        pub trimblanks: Option<Spanned<bool>>,
        /// Blank lines are left out.
        pub ignoreblanklines: Option<Spanned<bool>>,
        /// The character encoding: UTF8, UTF16, UTF16LE, UTF16BE, ISO88591.
        pub encoding: Option<Spanned<String>>,
        /// Statistics are updated after the load.
        pub statupdate: Option<Spanned<bool>>,
        /// Compression encodings are chosen for an empty table.
        pub compupdate: Option<Spanned<bool>>,
        /// The bucket's region, when it is not the cluster's.
        pub region: Option<Spanned<String>>,
    }
}
