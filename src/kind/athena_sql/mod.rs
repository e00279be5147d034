//! `athena_sql`: SQL of the user's in Athena.

mod lower;
mod rules;

use crate::diagnostic::{Code, Diagnostics};
use crate::kind::contract::{
    Checking, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs, Several, SqlUse, Statements,
    files_of_sql,
};
use crate::lang::decode::{Leaf, LeafError, record};
use crate::lang::step::SqlSpec;
use crate::lang::value::{S3Path, Seconds, TableName};
use crate::scope::{Data, NotUnderstood};
use crate::service;
use crate::service::section::Heading;
use crate::sql::{Dialect, Target};
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

record! {
    "`athena_sql`"
    /// Runs SQL in Athena, one statement after the other.
    pub struct AthenaSqlStep {
        /// The SQL, or a path that ends in `.sql`, relative to the spec.
        pub sql: SqlSpec,
        /// The workgroup; `primary` when absent.
        pub workgroup: Option<Spanned<String>>,
        /// The database of tables that the SQL names without one; `default` when absent.
        pub database: Option<Spanned<String>>,
        /// The data catalog; the account's own when absent.
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

/// How much a statement may scan, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanLimit(pub u64);

impl Leaf for ScanLimit {
    const EXPECTED: &'static str = "a size such as `50GB`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        const UNITS: [(&str, u64); 4] =
            [("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];
        let text = scalar.text.trim();
        let bytes = UNITS.iter().find_map(|(unit, bytes)| {
            let count: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
            count.checked_mul(*bytes).filter(|bytes| *bytes > 0)
        });
        bytes.map(Self).ok_or_else(|| {
            LeafError::new(Code::WrongType, format!("expected {}, found `{}`", Self::EXPECTED, scalar.text))
                .help("write a whole number of KB, MB, GB or TB, such as `50GB`")
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9]+ ?(KB|MB|GB|TB)$", "examples": ["50GB"] })
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
        let data = known.written_of(script, |target| self.data(target), self.writes.as_deref());
        let nothing = if script.complete && self.writes.is_none() {
            Nothing::Unsaid("writes", "writes no table that dagc sees")
        } else {
            Nothing::Reported
        };
        Gives { several: Several::Asked, ..Gives::of(data, nothing) }
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        for script in cx.scripts {
            cx.sql_touches_of(script, |target| self.data(target));
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

/// What Athena calls the account's own catalog.
const OWN_CATALOG: &str = "awsdatacatalog";

impl AthenaSqlStep {
    /// Says what a statement touches: a table of the account's own catalog, or files. What is in another catalog is not
    /// ours.
    fn data<'a>(&self, target: &Target) -> Option<Data<'a>> {
        let (database, schema, table) = match target {
            Target::Prefix(path) => return files_of_sql(path),
            Target::Table { database, schema, table } => (database, schema, table),
        };
        let catalog = database.as_deref().or(self.catalog.as_ref().map(|catalog| catalog.value.as_str()));
        let is_own = catalog.is_none_or(|catalog| catalog.eq_ignore_ascii_case(OWN_CATALOG));
        let own = || self.database.as_ref().map_or("default", |database| &database.value).to_lowercase();
        let schema = if schema.is_empty() { own() } else { schema.clone() };
        let is_ours = is_own && schema != "information_schema";
        is_ours.then(|| Data::Catalog(TableName { schema, table: table.clone() }))
    }
}
