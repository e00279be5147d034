//! A text of ASCII as the library reads it: a character is a byte.
//!
//! The library looks at each character many times. Its own input for texts decodes UTF-8 every time, and has it make
//! room for a long line in every scalar.

use saphyr_parser::Input;

/// How many characters the library looks ahead at once, and how many a word is given room for.
const ROOM: usize = 16;

/// What is left of a text of ASCII.
pub(super) struct Ascii<'a> {
    rest: &'a [u8],
    /// How far the library wants to look: it asks for what it has said.
    lookahead: usize,
}

impl<'a> Ascii<'a> {
    /// Takes a text; none when it has other characters, too.
    pub(super) fn new(text: &'a str) -> Option<Self> {
        text.is_ascii().then_some(Self { rest: text.as_bytes(), lookahead: 0 })
    }

    /// Says whether three of a character stand there, and nothing behind them.
    fn marks_document(&self, mark: u8) -> bool {
        self.rest.starts_with(&[mark; 3])
            && matches!(self.rest.get(3), None | Some(b' ' | b'\t' | b'\n' | b'\r' | b'\0'))
    }
}

impl Input for Ascii<'_> {
    #[inline]
    fn lookahead(&mut self, count: usize) {
        self.lookahead = self.lookahead.max(count);
    }

    #[inline]
    fn buflen(&self) -> usize {
        self.lookahead
    }

    #[inline]
    fn bufmaxlen(&self) -> usize {
        ROOM
    }

    #[inline]
    fn raw_read_ch(&mut self) -> char {
        let first = self.peek();
        self.skip();
        first
    }

    #[inline]
    fn raw_read_non_breakz_ch(&mut self) -> Option<char> {
        let first = self.peek_opt().filter(|first| !matches!(first, '\n' | '\r' | '\0'))?;
        self.skip();
        Some(first)
    }

    #[inline]
    fn skip(&mut self) {
        self.skip_n(1);
    }

    #[inline]
    fn skip_n(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    #[inline]
    fn peek(&self) -> char {
        self.peek_nth(0)
    }

    #[inline]
    fn peek_nth(&self, n: usize) -> char {
        self.rest.get(n).map_or('\0', |byte| char::from(*byte))
    }

    #[inline]
    fn peek_opt(&self) -> Option<char> {
        self.rest.first().map(|byte| char::from(*byte))
    }

    #[inline]
    fn next_2_are(&self, first: char, second: char) -> bool {
        self.peek_opt() == Some(first) && self.rest.get(1).map(|byte| char::from(*byte)) == Some(second)
    }

    #[inline]
    fn next_is_document_indicator(&self) -> bool {
        self.next_is_document_start() || self.next_is_document_end()
    }

    #[inline]
    fn next_is_document_start(&self) -> bool {
        self.marks_document(b'-')
    }

    #[inline]
    fn next_is_document_end(&self) -> bool {
        self.marks_document(b'.')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use saphyr_parser::{Parser, ScanError};

    /// Reads a text to its end or its first error.
    fn read<'a>(
        events: impl Iterator<Item = Result<(saphyr_parser::Event<'a>, saphyr_parser::Span), ScanError>>,
    ) -> Vec<String> {
        let mut found = Vec::new();
        for event in events {
            found.push(format!("{event:?}"));
            if event.is_err() {
                break;
            }
        }
        found
    }

    fn check(text: &str) {
        let ascii = Ascii::new(text).expect("ASCII");
        assert_eq!(read(Parser::new(ascii)), read(Parser::new_from_str(text)), "{text:?}");
    }

    #[test]
    fn texts_are_read_as_by_the_library() {
        for text in [
            "",
            "---\na: 1\n...\n--- b\n",
            "a: |\n                     deep\n                      er\n\n                     x\nb: >-\n  c\n\n  d\n",
            "a: a long text that goes on and on and on # and a comment\nb: \"\\x41\\\n  c\"\n",
            "-\ta\n-\t- b\n",
            "a: &x !!str {b: [c, 'd''e'], ? f : g}\n<<: *x\n",
            "a:\r\n  b\r\n  c\r",
            "a\0b: \0",
        ] {
            check(text);
        }
        assert!(Ascii::new("\u{e9}").is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_by_the_library(text in "([ -~]|[\n\t\r\0]|\n {1,40}|  |: |- |---|\\.\\.\\.|#| #|&a |\\*a|[|>][-+]?[1-9]?\n|!!str |\\? |<<: |%YAML 1\\.2\n|['\"\\[\\]{},]|[a-z]{1,40}){0,40}") {
            check(&text);
        }
    }
}
