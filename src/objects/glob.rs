//! One segment of a path as a pattern: `*`, `?` and `[...]`, as shells know them.

use std::ops::Range;

/// The characters that make a text a pattern.
pub const WILDCARDS: [char; 3] = ['*', '?', '['];

/// A segment: text, or a pattern that never crosses a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    text: String,
    tokens: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    One(char),
    /// `?`
    Any,
    /// `*`
    Many,
    /// `[a-z]`, `[!a-z]`
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// A pattern that dagc does not know. The user's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// Bytes of the text.
    pub range: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: &'static str,
}

impl PatternError {
    fn new(range: Range<usize>, message: &str, help: &'static str) -> Self {
        Self { range, message: message.to_owned(), help }
    }

    /// The same in a longer text.
    #[must_use]
    pub fn behind(mut self, bytes: usize) -> Self {
        self.range = self.range.start + bytes..self.range.end + bytes;
        self
    }
}

impl Glob {
    /// Reads a segment.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let length = match c {
                '*' if text[at..].starts_with("**") => {
                    return Err(PatternError::new(
                        at..at + 2,
                        "`**` is no pattern of dagc: a `*` stays in its folder",
                        "name the folder, with a slash at its end: that is all that lies in it, at any depth",
                    ));
                }
                '*' => {
                    tokens.push(Token::Many);
                    1
                }
                '?' => {
                    tokens.push(Token::Any);
                    1
                }
                '[' => {
                    let (token, length) = class(&text[at..]).map_err(|error| error.behind(at))?;
                    tokens.push(token);
                    length
                }
                '{' if text[at..].contains('}') => {
                    let end = at + text[at..].find('}').unwrap_or_default() + 1;
                    return Err(PatternError::new(
                        at..end,
                        "alternatives in braces are no pattern of dagc",
                        "write one source or step for each, or `each:`; `[{]` is the character itself",
                    ));
                }
                other => {
                    tokens.push(Token::One(other));
                    other.len_utf8()
                }
            };
            at += length;
        }
        Ok(Self { text: text.to_owned(), tokens })
    }

    /// Returns it as it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Says whether it is more than a text.
    pub fn is_pattern(&self) -> bool {
        self.tokens.iter().any(|token| !matches!(token, Token::One(_)))
    }

    /// Returns the pieces of text between wildcards; the first or the last is empty where one stands there.
    pub fn pieces(&self) -> Vec<String> {
        let texts = self.tokens.split(|token| !matches!(token, Token::One(_)));
        let text = |tokens: &[Token]| {
            tokens
                .iter()
                .filter_map(|token| match token {
                    Token::One(c) => Some(*c),
                    Token::Any | Token::Many | Token::Class { .. } => None,
                })
                .collect()
        };
        texts.map(text).collect()
    }

    /// Says whether it matches all of a name without slashes.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut t, mut n) = (0, 0);
        // Where to go on when the newest `*` takes one character more.
        let mut retry: Option<(usize, usize)> = None;
        while n < name.len() {
            match self.tokens.get(t) {
                Some(Token::Many) => {
                    retry = Some((t + 1, n));
                    t += 1;
                }
                Some(token) if token.takes(name[n]) => {
                    t += 1;
                    n += 1;
                }
                Some(_) | None => {
                    let Some((after, from)) = retry else { return false };
                    retry = Some((after, from + 1));
                    (t, n) = (after, from + 1);
                }
            }
        }
        self.tokens[t..].iter().all(|token| *token == Token::Many)
    }
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::One(one) => *one == c,
            Self::Any | Self::Many => true,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)) != *negated
            }
        }
    }
}

/// Reads `[...]`; gives its length, too. A `]` that comes first is one of the characters.
fn class(text: &str) -> Result<(Token, usize), PatternError> {
    let mut chars = text.char_indices().skip(1).peekable();
    let negated = chars.next_if(|(_, c)| matches!(c, '!' | '^')).is_some();
    let mut members: Vec<char> = Vec::new();
    let mut end = None;
    for (at, c) in chars {
        if c == ']' && !members.is_empty() {
            end = Some(at + 1);
            break;
        }
        members.push(c);
    }
    let Some(end) = end else {
        return Err(PatternError::new(
            0..1,
            "`[` begins a set of characters that no `]` ends",
            "write `[0-9]` for one of several characters, or `[[]` for the character itself",
        ));
    };
    let mut ranges = Vec::new();
    let mut rest = members.as_slice();
    while let [first, tail @ ..] = rest {
        match tail {
            ['-', last, tail @ ..] => {
                if first > last {
                    return Err(PatternError::new(
                        0..end,
                        "a range in this set ends before it begins",
                        "write the smaller character first: `[a-z]`",
                    ));
                }
                ranges.push((*first, *last));
                rest = tail;
            }
            tail => {
                ranges.push((*first, *first));
                rest = tail;
            }
        }
    }
    Ok((Token::Class { negated, ranges }, end))
}
