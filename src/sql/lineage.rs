//! Which tables a statement reads, from its syntax tree; the only module that names the SQL parser.

use super::{Access, Target, Use};
use sqlparser::ast::{
    CreateTableLikeKind, ObjectName, ObjectNamePart, Query, Spanned, Statement, TableFactor, Visit, Visitor,
};
use sqlparser::dialect::RedshiftSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Location;
use std::ops::{ControlFlow, Range};

/// The schema of temporary tables.
pub(super) const TEMPORARY: &str = "pg_temp";

/// What the parser made of a statement.
pub(super) enum Parsed {
    /// The tables that it reads; places are bytes of the statement.
    Reads(Vec<Use>),
    /// It does not parse.
    Wrong {
        /// The byte where it stops to make sense; its end when absent.
        at: Option<usize>,
        /// What was expected.
        message: String,
    },
}

/// Parses one statement and finds the tables that it reads.
pub(super) fn reads(text: &str) -> Parsed {
    let parsed = Parser::new(&RedshiftSqlDialect {}).try_with_sql(text).and_then(|mut parser| {
        let statement = parser.parse_statement()?;
        match parser.peek_token().token {
            sqlparser::tokenizer::Token::EOF => Ok(statement),
            other => Err(ParserError::ParserError(format!(
                "expected the end of the statement, found: {other}{}",
                parser.peek_token().span.start
            ))),
        }
    });
    match parsed {
        Ok(statement) => Parsed::Reads(collect(text, &statement)),
        Err(error) => wrong(text, error),
    }
}

/// Makes a table of the parts of its name. `None` for what is no table of ours: more than three parts.
pub(super) fn table(mut parts: Vec<String>) -> Option<Target> {
    let table = parts.pop()?;
    let schema = parts
        .pop()
        .unwrap_or_else(|| if table.starts_with('#') { TEMPORARY.to_owned() } else { "public".to_owned() });
    let database = parts.pop();
    parts.is_empty().then_some(Target::Table { database, schema, table })
}

/// Says whether a table belongs to the database itself.
pub(super) fn is_system(schema: &str, table: &str) -> bool {
    const SCHEMAS: &[&str] = &["information_schema", "pg_catalog", "pg_internal", "sys"];
    const TABLES: &[&str] = &["pg_", "stl_", "stv_", "svl_", "svv_", "svcs_", "sys_"];
    SCHEMAS.contains(&schema) || (schema == "public" && TABLES.iter().any(|prefix| table.starts_with(prefix)))
}

#[derive(Default)]
struct Collector {
    tables: Vec<(Vec<String>, sqlparser::tokenizer::Span)>,
    /// Names of `WITH` queries.
    queries: Vec<String>,
    /// Aliases of tables: `FROM orders o, o.items i` reads one table.
    aliases: Vec<String>,
}

impl Visitor for Collector {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if let Some(with) = &query.with {
            self.queries.extend(with.cte_tables.iter().map(|cte| cte.alias.name.value.to_lowercase()));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, alias, args: None, .. } = factor {
            self.push(name);
            self.aliases.extend(alias.iter().map(|alias| alias.name.value.to_lowercase()));
        }
        ControlFlow::Continue(())
    }
}

impl Collector {
    fn push(&mut self, name: &ObjectName) {
        let parts = name.0.iter().map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(ident.value.to_lowercase()),
            ObjectNamePart::Function(_) => None,
        });
        if let Some(parts) = parts.collect::<Option<Vec<_>>>() {
            self.tables.push((parts, name.span()));
        }
    }

    fn is_table(&self, parts: &[String]) -> bool {
        match parts {
            [name] => !self.queries.contains(name),
            [first, _] => !self.aliases.contains(first),
            _ => true,
        }
    }
}

fn collect(text: &str, statement: &Statement) -> Vec<Use> {
    let mut collector = Collector::default();
    let _ = statement.visit(&mut collector);
    if let Statement::CreateTable(create) = statement
        && let Some(CreateTableLikeKind::Parenthesized(like) | CreateTableLikeKind::Plain(like)) =
            &create.like
    {
        collector.push(&like.name);
    }
    let lines = Lines::new(text);
    let tables = std::mem::take(&mut collector.tables);
    tables
        .into_iter()
        .filter(|(parts, _)| collector.is_table(parts))
        .filter_map(|(parts, span)| {
            let range = lines.range(span);
            Some(Use { access: Access::Reads, target: table(parts)?, range })
        })
        .collect()
}

fn wrong(text: &str, error: ParserError) -> Parsed {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => "it is nested too deep".to_owned(),
    };
    // The parser writes places into its messages: "... at Line: 2, Column: 7".
    let (message, at) = match message.rsplit_once(" at Line: ") {
        Some((message, place)) => {
            let location = place.split_once(", Column: ").and_then(|(line, column)| {
                Some(Location { line: line.parse().ok()?, column: column.trim().parse().ok()? })
            });
            (message.to_owned(), location.and_then(|location| Lines::new(text).offset(location)))
        }
        None => (message, None),
    };
    let mut characters = message.trim_end_matches('.').chars();
    let lower = characters.next().map_or_else(String::new, |c| c.to_lowercase().collect());
    let message = format!("{lower}{}", characters.as_str()).replace("expected: ", "expected ");
    let message = message.replace("found: EOF", "found the end").replace("found: ", "found ");
    Parsed::Wrong { at, message }
}

/// Turns the parser's lines and columns into bytes.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    fn offset(&self, location: Location) -> Option<usize> {
        let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
        let start = *self.starts.get(line)?;
        let rest = &self.text[start..];
        Some(start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at))
    }

    fn range(&self, span: sqlparser::tokenizer::Span) -> Range<usize> {
        let start = self.offset(span.start).unwrap_or(0);
        start..self.offset(span.end).unwrap_or(self.text.len()).max(start)
    }
}
