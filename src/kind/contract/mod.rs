//! What a kind of step says of itself: the contract between a kind's folder and everything else.
//!
//! A kind is the record of its keys (`record!`) with an `impl` of [`Kind`]. The driver of each stage asks it through
//! the closed enum that the one table makes ([`super::table`]), so that no other place lists kinds. Before a kind is asked
//! what it means, what its record holds has been read: SQL is parsed, files are there. What `record!` shows
//! ([`Held`](crate::lang::held::Held)) no kind has to show again: templates are checked and filled in, SQL files are known,
//! wherever in the record they stand.

mod connection;
mod cx;
mod gives;
mod input;
mod literal;
mod lowering;
mod partition;
mod runs;
mod touches;

pub use cx::{Checking, Cx, Found, Known, Waited};
pub use gives::{Gives, Nothing, Parts, Several};
pub use input::{Asks, Want};
pub use lowering::{Lowered, Lowering, connection, folder, short_hash, statements};
pub use runs::Runs;
pub use touches::{files_of_sql, of_sql};

use crate::diagnostic::Diagnostics;
use crate::lang::decode::{Decode, Definitions};
use crate::lang::json::JsonValue;
use crate::lang::source::Format;
use crate::lang::step::{CopyMode, OutputsSpec};
use crate::lang::value::{S3Path, TableName};
use crate::plan::OutputForm;
use crate::scope::{Meaning, NotUnderstood};
use crate::service::output::Output;
use crate::service::section::Heading;
use crate::sql::Dialect;
use crate::template::Template;
use crate::text::{Span, Spanned};
use serde_json::Value;

/// A kind of step, as the record of its keys.
pub trait Kind: Decode {
    /// The key under which it is written; for `wait`, the one of the source.
    const NAME: &'static str;
    /// What it is called in AWS, in Airflow, in other tools.
    const ELSEWHERE: &'static [&'static str];
    /// What it does, in a few words, for the list of kinds.
    const BRIEF: &'static str;
    /// Its page but for what is made: example, keys, outputs, rights.
    const PAGE: &'static str;
    /// A pipeline that has it.
    const EXAMPLE: &'static str;
    /// The heading of what its worker must be allowed, which its service has with the rights; none where that is not
    /// dagc's to say.
    const RIGHTS: Option<Heading>;
    /// What it gives to later steps.
    const OUTPUTS: Outputs;

    /// Returns the schema of the keys that its page lists.
    fn keys(definitions: &mut Definitions) -> Value {
        Self::schema(definitions)
    }

    /// Says what its SQL is.
    fn sql(&self) -> SqlUse {
        SqlUse::Queries
    }

    /// Says whose SQL it is.
    fn dialect(&self) -> Dialect {
        Dialect::Redshift
    }

    /// Says what it stands for where another step names it.
    fn gives<'a>(&'a self, known: &Known<'_, 'a>) -> Gives<'a>;

    /// Resolves what it names, and notes what it touches and comes after.
    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>);

    /// Reports what is wrong with it; what lies between steps is not its affair.
    fn check(&self, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics);

    /// Makes the work of its task. `None` means that no rule has asked for something that is missing: a bug.
    fn lower(&self, cx: &Lowering<'_, '_>) -> Option<Lowered>;

    /// Returns the outputs that the user declares, where [`Outputs::Declared`] says that there may be some.
    fn declared(&self) -> Option<&OutputsSpec> {
        None
    }

    /// Names the members of the JSON that its code gives, where [`Outputs::OfCode`] says that there may be some.
    fn members(&self) -> &[Spanned<String>] {
        &[]
    }

    /// Says why it gives nothing to later steps though its kind does, and where that is written.
    fn no_output(&self) -> Option<(Span, &'static str)> {
        None
    }

    /// Returns the data that it writes by a path or a name of its own, with what it says of it.
    fn written(&self) -> Option<Written<'_>> {
        None
    }

    /// Returns the view that it makes by a key of its own, of what its queries read; those in statements that it runs are
    /// found there.
    fn makes_view(&self) -> Option<MadeView<'_>> {
        None
    }

    /// Returns the schema that it makes by keys of its own, whose tables are those of a database of the Data Catalog; those
    /// in statements that it runs are found there.
    fn makes_external_schema(&self) -> Option<ExternalSchema> {
        None
    }

    /// Returns the files that it loads into a table by keys of its own.
    fn loads<'a>(&'a self, _: &Meaning<'a>) -> Option<Loads<'a>> {
        None
    }

    /// Says that it adds what it finds among its files to the tables of these files.
    fn adds_partitions(&self) -> bool {
        false
    }

    /// Says that what it writes to S3 is named by whole keys, and not by what keys begin with.
    fn writes_whole_keys(&self) -> bool {
        false
    }

    /// Says that templates in its files are filled in.
    fn fills_files(&self) -> bool {
        false
    }

    /// Reports what it names that Airflow 3 has not in a run which data has started.
    fn check_started_by_data(&self, _: &mut Diagnostics) {}

    /// Says that it checks data, and where that is named if others wait for it.
    fn checks(&self) -> Option<Checks> {
        None
    }

    /// Names the pipeline of which it starts a run.
    fn starts(&self) -> Option<Started<'_>> {
        None
    }

    /// Names the cluster of Redshift that it pauses.
    fn pauses(&self) -> Option<&str> {
        None
    }

    /// Names what publishing makes for it.
    fn publishes(&self, _: &Checking<'_, '_>) -> Option<Published> {
        None
    }

    /// Says whether another step of its kind publishes the very same.
    fn publishes_same(&self, _: &Meaning<'_>, _: &Self, _: &Meaning<'_>) -> bool {
        false
    }

    /// Lists patterns of keys in S3 that are no data though they may lie among data.
    fn no_data(&self, _: &Meaning<'_>) -> Vec<String> {
        Vec::new()
    }
}

/// What a kind gives to later steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// A service does the work while the task waits, and `dagc exec` gives these.
    OfJob(&'static [Output]),
    /// A service runs code of the user's while the task waits: `dagc exec` gives these, and those members of the JSON that
    /// the code gives which the user names ([`Kind::members`]).
    OfCode(&'static [Output]),
    /// Airflow does the work, and gives these.
    OfAirflow(&'static [Output]),
    /// The worker does the work, and gives what the user declares; this when nothing is declared.
    Declared(OutputForm),
}

impl Outputs {
    /// Says whether a service does the work, while the task waits.
    pub fn has_job(self) -> bool {
        match self {
            Self::OfJob(_) | Self::OfCode(_) => true,
            Self::OfAirflow(_) | Self::Declared(_) => false,
        }
    }
}

/// Another pipeline of which a step starts a run.
#[derive(Clone, Copy, Debug)]
pub struct Started<'w> {
    /// Its name, which is the id of its DAG.
    pub name: &'w str,
    /// Where that is written.
    pub span: Span,
    /// This project makes it.
    pub is_own: bool,
    /// The step is done when the run is.
    pub waits: bool,
    /// What it is given.
    pub params: &'w [(Spanned<String>, JsonValue)],
}

/// What the SQL of a kind is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlUse {
    /// Statements that it runs as they are.
    Statements(Statements),
    /// Queries.
    Queries,
}

/// Statements that a step runs as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statements {
    /// What is done about those that dagc does not understand: they pass where the user says what they touch.
    pub not_understood: NotUnderstood,
    /// The user says what they read.
    pub says_reads: bool,
    /// All or none of them take effect.
    pub are_together: bool,
}

/// Files that a step loads into a table.
#[derive(Clone, Copy, Debug)]
pub struct Loads<'w> {
    /// The table.
    pub table: &'w TableName,
    /// What happens to what is there, as it is written.
    pub mode: &'w Spanned<CopyMode>,
    /// The format of the files, where it is known.
    pub format: Option<&'w Format>,
}

/// Data that a step writes by a path or a name of its own.
#[derive(Clone, Copy, Debug)]
pub struct Written<'w> {
    /// The prefix.
    pub path: Option<&'w Template>,
    /// The table of the Data Catalog.
    pub table: Option<&'w TableName>,
    /// The format of the files.
    pub format: Option<&'w Format>,
    /// The columns that make folders.
    pub partition_by: &'w [Spanned<String>],
    /// The table is one of Iceberg.
    pub iceberg: Option<Iceberg<'w>>,
}

/// A table of Iceberg that a step writes.
#[derive(Clone, Copy, Debug)]
pub struct Iceberg<'w> {
    /// Where that is said.
    pub span: Span,
    /// The folder of its files, where the step says it.
    pub location: Option<&'w Spanned<S3Path>>,
}

/// A view that a step makes by a key of its own.
#[derive(Clone, Copy, Debug)]
pub struct MadeView<'w> {
    /// What the view does with its tables.
    pub kind: ViewKind,
    /// Its name, as it is written.
    pub name: &'w Spanned<TableName>,
    /// The views on it that may be dropped with it.
    pub drops: &'w [Spanned<TableName>],
    /// The database refreshes it by itself.
    pub refreshes_itself: bool,
}

/// A schema of Redshift that a step makes by keys of its own, in small letters.
#[derive(Clone, Debug)]
pub struct ExternalSchema {
    /// Its name.
    pub schema: String,
    /// The database of the Data Catalog whose tables it has.
    pub database: String,
}

/// What a view does with its tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ViewKind {
    /// It is bound to them, and reads them when it is read.
    #[default]
    Plain,
    /// It looks them up when it is read, and stays when they are dropped.
    Late,
    /// It is bound to them, and holds rows of its own, which `REFRESH` makes anew.
    Materialized,
}

/// A step that checks data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    /// Where the data is named for which others wait; none when they do not.
    pub blocks: Option<Span>,
}

/// What publishing makes for a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// What it is: "crawler".
    pub what: &'static str,
    /// Its name.
    pub name: String,
    /// Where that is written.
    pub span: Span,
}
