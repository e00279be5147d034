//! `sql_check`: assertions on a table that fail the run.

mod lower;
mod rules;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::{
    Asks, Checking, Checks, Cx, Gives, Kind, Known, Lowered, Lowering, Nothing, Outputs, Want,
};
use crate::kind::shared::athena::Own;
use crate::lang::decode::{Decode, Decoder, Definitions, Map, described, record, words};
use crate::lang::held::Show;
use crate::lang::project::VarValue;
use crate::lang::scan_limit::ScanLimit;
use crate::lang::step::{RowCount, SqlSpec};
use crate::lang::value::{S3Path, Seconds, TimeZoneName};
use crate::service;
use crate::service::assertion::CHECK_OUTPUTS;
use crate::service::section::Heading;
use crate::sql::Dialect;
use crate::text::{Span, Spanned};
use crate::yaml::{Entry, Kind as NodeKind, Node};
use serde_json::{Value, json};

record! {
    "`sql_check`"
    /// Fails for good when a table does not hold what it should.
    pub struct SqlCheckStep {
        /// The step whose table is checked, or a table.
        pub of: Option<Spanned<String>>,
        /// The Redshift connection; may be left out when there is only one.
        pub into: Option<Spanned<String>>,
        /// Who is asked: Redshift of its own tables, Athena of those of the Data Catalog.
        pub engine: Option<Spanned<Engine>> = Engine::Redshift,
        /// Athena's workgroup; that of the environment's `athena`, or `primary`, when absent.
        pub workgroup: Option<Spanned<String>>,
        /// The database of tables that a `sql` for Athena names without one; that of the environment's `athena`, or
        /// `default`, when absent.
        pub database: Option<Spanned<String>>,
        /// The folder of Athena's results, where the workgroup has none of its own.
        pub output: Option<Spanned<S3Path>>,
        /// A query of Athena's that has scanned more is stopped, and the step fails for good.
        pub max_scan: Option<Spanned<ScanLimit>>,
        /// What must hold.
        pub expect: Vec<Expectation>,
        /// Other readers of the table come after the check, and pipelines that its data starts: `true` unless said
        /// otherwise. With `false` it only reports.
        pub blocks: Option<Spanned<bool>>,
    }
}

words! {
    "who is asked"
    /// Who is asked whether it holds.
    pub enum Engine {
        /// Redshift.
        Redshift = "redshift",
        /// Athena.
        Athena = "athena",
    }
}

/// Something that must hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Expectation {
    /// The number of rows.
    Rows(Spanned<RowCount>),
    /// No two rows have the same values in these columns.
    Unique(Vec<Spanned<String>>),
    /// These columns have a value in every row.
    NotNull(Vec<Spanned<String>>),
    /// Columns hold these values only.
    Accepted(Map<Vec<Spanned<VarValue>>>),
    /// The newest time of a column is not older than this.
    Fresh(Fresh),
    /// A query that gives the offending rows; none are expected.
    Sql(SqlSpec),
}

record! {
    "`fresh`"
    /// How new a table must be.
    pub struct Fresh {
        /// A column of times.
        pub column: Spanned<String>,
        /// How old its newest value may be.
        pub within: Spanned<Seconds>,
        /// The time zone of a column without one.
        pub timezone: Option<Spanned<TimeZoneName>> = TimeZoneName("UTC".to_owned()),
    }
}

const NAMES: &[&str] = &["rows", "unique", "not_null", "accepted", "fresh", "sql"];

/// Reads a list of columns, which says nothing when it is empty.
fn columns(entry: &Entry, decoder: &mut Decoder<'_>) -> Option<Vec<Spanned<String>>> {
    let columns: Vec<Spanned<String>> = Decode::decode(&entry.value, decoder)?;
    if columns.is_empty() {
        let message = format!("`{}` names no column", entry.key.value);
        decoder.diagnostics.push(
            Diagnostic::new(Code::MissingKey, entry.key.span, message)
                .help(format!("name one, such as `{}: [id]`, or take it away", entry.key.value)),
        );
        return None;
    }
    Some(columns)
}

impl Decode for Expectation {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let entry = match &node.kind {
            NodeKind::Mapping(entries) if entries.len() == 1 => &entries[0],
            NodeKind::Mapping(_) | NodeKind::Scalar(_) | NodeKind::Sequence(_) => {
                decoder.wrong_type(node, "one expectation, such as `rows: \">= 1\"`");
                return None;
            }
        };
        let value = &entry.value;
        match entry.key.value.as_str() {
            "rows" => Decode::decode(value, decoder).map(Self::Rows),
            "unique" => columns(entry, decoder).map(Self::Unique),
            "not_null" => columns(entry, decoder).map(Self::NotNull),
            "accepted" => Decode::decode(value, decoder).map(Self::Accepted),
            "fresh" => Decode::decode(value, decoder).map(Self::Fresh),
            "sql" => Decode::decode(value, decoder).map(Self::Sql),
            other => {
                decoder.diagnostics.push(
                    Diagnostic::new(
                        Code::UnknownKey,
                        entry.key.span,
                        format!("there is no expectation `{other}`"),
                    )
                    .label("unknown key")
                    .suggest(other, NAMES.iter().copied()),
                );
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("Expectation", |definitions| {
            let columns = Vec::<Spanned<String>>::schema(definitions);
            let values = json!({ "type": "object", "additionalProperties": { "type": "array" } });
            let fresh = Fresh::schema(definitions);
            let sql = SqlSpec::schema(definitions);
            json!({
                "type": "object",
                "description": "Something that must hold; one key each.",
                "minProperties": 1,
                "maxProperties": 1,
                "additionalProperties": false,
                "properties": {
                    "rows": described(Spanned::<RowCount>::schema(definitions), "The number of rows."),
                    "unique": described(columns.clone(), "No two rows have the same values in these columns."),
                    "not_null": described(columns, "These columns have a value in every row."),
                    "accepted": described(values, "Columns hold these values only: a list a column."),
                    "fresh": described(fresh, "The newest time of a column is not older than this."),
                    "sql": described(sql, "A query that gives the offending rows; none are expected."),
                },
            })
        })
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        match self {
            Self::Sql(sql) => sql.held(show),
            Self::Fresh(fresh) => fresh.held(show),
            Self::Rows(_) | Self::Unique(_) | Self::NotNull(_) | Self::Accepted(_) => {}
        }
    }

    fn place(&self) -> Option<Span> {
        None
    }
}

/// What is checked.
const CHECKS: Asks = Asks { does: "checks", want: Want::Table, of_one_run: None };

/// What is checked with Athena.
const CHECKS_IN_ATHENA: Asks = Asks { want: Want::Catalog, ..CHECKS };

impl SqlCheckStep {
    fn is_of_athena(&self) -> bool {
        self.engine() == Engine::Athena
    }

    /// What it says itself of where Athena is asked.
    fn own(&self) -> Own<'_> {
        Own {
            workgroup: self.workgroup.as_ref(),
            database: self.database.as_ref(),
            catalog: None,
            output: self.output.as_ref(),
            max_scan: self.max_scan.as_ref(),
        }
    }

    fn mean_in_athena<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        if let Some(of) = &self.of {
            cx.take_one(of, CHECKS_IN_ATHENA);
        }
        let settings = self.own().settings(cx.scope);
        for script in cx.scripts {
            cx.sql_touches_of(script, |target| settings.data(target));
        }
    }
}

impl Kind for SqlCheckStep {
    const NAME: &'static str = "sql_check";
    const ELSEWHERE: &'static [&'static str] = &["assert", "check", "expect", "quality", "test", "validate"];
    const BRIEF: &'static str = "fails the run when a table does not hold what it should";
    const PAGE: &'static str = include_str!("page.md");
    const EXAMPLE: &'static str = include_str!("example.yaml");
    const RIGHTS: Option<Heading> = Some(service::redshift::job::RIGHTS);
    const OUTPUTS: Outputs = Outputs::OfJob(CHECK_OUTPUTS);

    fn dialect(&self) -> Dialect {
        if self.is_of_athena() { Dialect::Athena } else { Dialect::Redshift }
    }

    fn gives<'a>(&'a self, _: &Known<'_, 'a>) -> Gives<'a> {
        Gives::nothing(Nothing::Never)
    }

    fn mean<'a>(&'a self, cx: &mut Cx<'_, 'a>) {
        if self.is_of_athena() {
            return self.mean_in_athena(cx);
        }
        match &self.of {
            Some(of) => cx.take_table(of, self.into.as_ref(), CHECKS),
            None => {
                cx.connect(self.into.as_ref());
            }
        }
        if let Some(connection) = cx.found.connection {
            for script in cx.scripts {
                cx.sql_touches(&connection, script);
            }
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
        Some(Checks { blocks: self.of.as_ref().filter(|_| blocks).map(|of| of.span) })
    }
}
