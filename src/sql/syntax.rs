//! Whether a statement parses; with [`tokens`] the only module that names the SQL parser.

mod tokens;

use super::clean;
use super::scan;
use sqlparser::dialect::{
    ClickHouseDialect, Dialect, DuckDbDialect, GenericDialect, HiveDialect, RedshiftSqlDialect,
};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// Why a statement does not parse.
pub(super) enum Wrong {
    /// It is nested deeper than the parser goes.
    TooDeep,
    /// It does not make sense.
    At {
        /// The byte where it stops to make sense, from its first one on; its end when absent.
        at: Option<usize>,
        /// What was expected.
        message: String,
    },
}

/// Parses one statement.
pub(super) fn parse(script: &str, tokens: &[&scan::Token]) -> Result<(), Wrong> {
    let seen = clean::seen(script, tokens, super::Dialect::Redshift);
    let parser = Parser::new(&RedshiftSqlDialect {});
    if let Some(tokens) = tokens::of_parser(script, tokens, &seen) {
        let parsed = whole(parser.with_tokens_with_locations(tokens));
        return parsed.map_err(|error| wrong(error, |_, column| column.checked_sub(1)));
    }
    let text = clean::clean(script, tokens, &seen);
    let parsed = parser.try_with_sql(&text).and_then(whole);
    parsed.map_err(|error| wrong(error, |line, column| offset(&text, line, column)))
}

/// Parses one statement of Athena's: what one of these dialects takes is taken.
pub(super) fn parse_as_athena(script: &str, tokens: &[&scan::Token]) -> Result<(), Wrong> {
    let dialects: [&dyn Dialect; 4] =
        [&GenericDialect {}, &HiveDialect {}, &ClickHouseDialect {}, &DuckDbDialect {}];
    let text = clean::clean(script, tokens, &clean::seen(script, tokens, super::Dialect::Athena));
    let mut first = None;
    for dialect in dialects {
        match Parser::new(dialect).try_with_sql(&text).and_then(whole) {
            Ok(()) => return Ok(()),
            Err(error) => first = first.or(Some(error)),
        }
    }
    first.map_or(Ok(()), |error| Err(wrong(error, |line, column| offset(&text, line, column))))
}

fn whole(mut parser: Parser<'_>) -> Result<(), ParserError> {
    parser.parse_statement()?;
    match &parser.peek_token_ref().token {
        Token::EOF => Ok(()),
        other => Err(ParserError::ParserError(format!(
            "expected the end of the statement, found: {other}{}",
            parser.peek_token_ref().span.start
        ))),
    }
}

/// Puts an error into words; `place` finds a byte by its line and column.
fn wrong(error: ParserError, place: impl FnOnce(usize, usize) -> Option<usize>) -> Wrong {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => return Wrong::TooDeep,
    };
    // The parser writes places into its messages: "... at Line: 2, Column: 7".
    let (message, at) = match message.rsplit_once(" at Line: ") {
        Some((message, written)) => {
            let numbers = written.split_once(", Column: ").and_then(|(line, column)| {
                Some((line.parse::<usize>().ok()?, column.trim().parse::<usize>().ok()?))
            });
            (message.to_owned(), numbers.and_then(|(line, column)| place(line, column)))
        }
        None => (message, None),
    };
    let mut characters = message.trim_end_matches('.').chars();
    let lower = characters.next().map_or_else(String::new, |c| c.to_lowercase().collect());
    let message = format!("{lower}{}", characters.as_str()).replace("expected: ", "expected ");
    let message = message.replace("found: EOF", "found the end").replace("found: ", "found ");
    Wrong::At { at, message }
}

/// Finds the byte at a line and a column, both from 1.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let rest = text.get(start..)?;
    Some(start + rest.char_indices().nth(column.checked_sub(1)?).map_or(rest.len(), |(at, _)| at))
}

#[cfg(test)]
mod tests;
