//! Looking at the tokens of a statement by their index.

use super::scan::{Kind, Token};
use super::{Access, Target, Use};
use std::ops::Range;

/// The tokens of a statement, without its comments.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub(super) script: &'a str,
    pub(super) tokens: &'a [&'a Token],
}

/// A name with its qualifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// Its parts, in lower case.
    pub(super) parts: Vec<String>,
    /// Where it stands in the script.
    pub(super) range: Range<usize>,
}

impl Name {
    /// Makes a use of the table. `None` for what is no table of ours: more than three parts.
    pub(super) fn touched(&self, access: Access) -> Option<Use> {
        let mut parts = self.parts.clone();
        let table = parts.pop()?;
        let schema = parts.pop().unwrap_or_default();
        let database = parts.pop();
        let target = Target::Table { database, schema, table };
        parts.is_empty().then(|| Use { access, target, range: self.range.clone() })
    }
}

impl Cursor<'_> {
    /// Says whether a token is this symbol, or this word in any case.
    #[inline]
    pub(super) fn is(&self, n: usize, word: &str) -> bool {
        self.tokens.get(n).is_some_and(|token| token.is(self.script, word))
    }

    /// Says whether a token is one of these words.
    #[inline]
    pub(super) fn any(&self, n: usize, words: &[&str]) -> bool {
        self.tokens.get(n).is_some_and(|token| token.is_any(self.script, words))
    }

    /// Passes over words; gives the index of the first other token.
    pub(super) fn skip(&self, mut n: usize, words: &[&str]) -> usize {
        while self.any(n, words) {
            n += 1;
        }
        n
    }

    /// Says whether these words and symbols stand there, one after the other.
    pub(super) fn has(&self, n: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(m, word)| self.is(n + m, word))
    }

    /// Reads a name without qualifiers, in lower case.
    pub(super) fn one_name(&self, n: usize) -> Option<String> {
        let token = self.tokens.get(n)?;
        let text = token.text(self.script);
        match token.kind {
            Kind::Word => Some(text.to_lowercase()),
            Kind::Name => {
                if let Some(inner) = text.strip_prefix('`') {
                    return Some(inner.strip_suffix('`').unwrap_or(inner).replace("``", "`").to_lowercase());
                }
                let inner = text.strip_prefix('"').unwrap_or(text);
                Some(inner.strip_suffix('"').unwrap_or(inner).replace("\"\"", "\"").to_lowercase())
            }
            Kind::Text | Kind::Number | Kind::Hole | Kind::Comment | Kind::Symbol => None,
        }
    }

    /// Reads a name with its qualifiers; gives it with the index of the token behind it.
    pub(super) fn name(&self, n: usize) -> Option<(Name, usize)> {
        let mut parts = vec![self.one_name(n)?];
        let mut at = n + 1;
        while self.is(at, ".") {
            parts.push(self.one_name(at + 1)?);
            at += 2;
        }
        // `SHOW CREATE TABLE` of Athena's puts one pair of backticks around both.
        if let [whole] = parts.as_slice()
            && self.tokens[n].text(self.script).starts_with('`')
            && let Some((schema, table)) = whole.split_once('.')
        {
            parts = vec![schema.to_owned(), table.to_owned()];
        }
        Some((Name { parts, range: self.tokens[n].range.start..self.tokens[at - 1].range.end }, at))
    }

    /// For each opening parenthesis or bracket the index of the one that closes it, or of the end.
    pub(super) fn closing(&self) -> Vec<usize> {
        let mut closing = vec![self.tokens.len(); self.tokens.len()];
        let mut open = Vec::new();
        for n in (0..self.tokens.len()).filter(|n| self.tokens[*n].kind == Kind::Symbol) {
            if self.is(n, "(") || self.is(n, "[") {
                open.push(n);
            } else if (self.is(n, ")") || self.is(n, "]"))
                && let Some(start) = open.pop()
            {
                closing[start] = n;
            }
        }
        closing
    }

    /// Finds what closes the parenthesis that opens at `open`.
    pub(super) fn close(&self, open: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for n in open..self.tokens.len() {
            if self.is(n, "(") {
                depth += 1;
            } else if self.is(n, ")") {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(n);
                }
            }
        }
        None
    }

    /// Cuts a list at the commas outside of parentheses and brackets.
    pub(super) fn items(&self, list: Range<usize>) -> Vec<Range<usize>> {
        let mut items = Vec::new();
        let (mut depth, mut start) = (0_usize, list.start);
        for n in list.clone() {
            match () {
                () if self.is(n, "(") || self.is(n, "[") => depth += 1,
                () if self.is(n, ")") || self.is(n, "]") => depth = depth.saturating_sub(1),
                () if depth == 0 && self.is(n, ",") => {
                    items.push(start..n);
                    start = n + 1;
                }
                () => {}
            }
        }
        items.push(start..list.end);
        items
    }

    /// Says whether a parenthesis opens a query there, be it within others.
    pub(super) fn opens_query(&self, at: usize) -> bool {
        let inner = (at..self.tokens.len()).find(|n| !self.is(*n, "("));
        inner.is_some_and(|inner| inner > at && self.any(inner, &["select", "with"]))
    }

    /// Finds a word outside of parentheses.
    pub(super) fn find(&self, from: usize, words: &[&str]) -> Option<usize> {
        let mut depth = 0_i32;
        for n in from..self.tokens.len() {
            if self.is(n, "(") {
                depth += 1;
            } else if self.is(n, ")") {
                depth -= 1;
            } else if depth == 0 && self.any(n, words) {
                return Some(n);
            }
        }
        None
    }

    /// Reads the text of a literal in single quotes, as it is written.
    pub(super) fn literal(&self, n: usize) -> Option<&str> {
        let token = self.tokens.get(n).filter(|token| token.kind == Kind::Text)?;
        let inner = token.text(self.script).strip_prefix('\'')?;
        Some(inner.strip_suffix('\'').unwrap_or(inner))
    }

    /// Reads the S3 URI of a literal.
    pub(super) fn prefix(&self, n: usize, access: Access) -> Option<Use> {
        let text = self.literal(n).filter(|text| text.starts_with("s3://"))?;
        let range = self.tokens.get(n)?.range.clone();
        Some(Use { access, target: Target::Prefix(text.to_owned()), range })
    }
}
