//! What a position in SQL stands in.

use crate::sql::Dialect;

/// What a position in SQL stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Between the tokens.
    Code,
    /// `'...'`
    Literal,
    /// `"..."`
    Identifier,
    /// `-- ...`
    LineComment,
    /// `/* ... */`
    BlockComment,
}

/// Reads SQL piece by piece and knows what its end stands in. What is between `$$` is SQL as well, and whatever
/// stands open in it ends with it.
#[derive(Clone, Debug, Default)]
pub struct Scanner {
    dialect: Dialect,
    state: State,
    /// What ends the text between dollar signs, when it is in one: `$$`, `$tag$`.
    body: Option<String>,
    /// How many such texts have begun and ended.
    pub(super) signs: usize,
    /// What may become such a sign.
    sign: String,
    /// The last character was one of a name, of which a dollar sign behind it is a part.
    in_name: bool,
    /// The last character, when it may begin a token of two.
    held: Option<char>,
    depth: usize,
    /// How many literals have begun.
    pub(super) literals: usize,
    /// The last character ended a literal; a quote behind it goes on with it.
    has_ended: bool,
    /// Within the literal, an odd number of quotes were doubled or escaped so far.
    pub(super) inner: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Code,
    Literal,
    Identifier,
    /// A name between backticks, as Hive writes it.
    Backticks,
    LineComment,
    BlockComment,
}

impl Scanner {
    /// Begins to read SQL of a dialect.
    pub fn of(dialect: Dialect) -> Self {
        Self { dialect, ..Self::default() }
    }

    /// Returns what the end of the text stands in.
    pub fn place(&self) -> Place {
        match self.state {
            State::Code => Place::Code,
            State::Literal => Place::Literal,
            State::Identifier | State::Backticks => Place::Identifier,
            State::LineComment => Place::LineComment,
            State::BlockComment => Place::BlockComment,
        }
    }

    /// Reads on.
    pub fn read(&mut self, text: &str) {
        text.chars().for_each(|c| self.read_one(c));
    }

    pub(super) fn read_one(&mut self, c: char) {
        let is_athena = self.dialect == Dialect::Athena;
        if !is_athena && self.ends_sign(c) {
            return;
        }
        let held = self.held.take();
        let has_ended = std::mem::take(&mut self.has_ended);
        match (self.state, held, c) {
            (State::Code, _, '\'') => {
                self.state = State::Literal;
                self.literals += usize::from(!has_ended);
                self.inner = has_ended && !self.inner;
            }
            (State::Code, _, '"') => self.state = State::Identifier,
            (State::Code, _, '`') if is_athena => self.state = State::Backticks,
            (State::Code, Some('-'), '-') => self.state = State::LineComment,
            (State::Code, Some('/'), '*') => {
                self.state = State::BlockComment;
                self.depth = 1;
            }
            // After a backslash nothing ends the literal. A doubled quote ends it and begins another.
            (State::Literal, Some('\\'), _) if !is_athena => self.inner ^= c == '\'',
            (State::Literal, _, '\'') => {
                self.state = State::Code;
                self.has_ended = true;
            }
            (State::Identifier, _, '"')
            | (State::Backticks, _, '`')
            | (State::LineComment, _, '\n' | '\r') => {
                self.state = State::Code;
            }
            (State::BlockComment, Some('/'), '*') if !is_athena => self.depth += 1,
            (State::BlockComment, Some('*'), '/') => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.state = State::Code;
                }
            }
            (State::Code, _, '-' | '/') | (State::Literal, _, '\\') | (State::BlockComment, _, '*' | '/') => {
                self.held = Some(c);
            }
            _ => {}
        }
    }

    /// Says whether a character ends the sign that begins or ends a text between dollar signs.
    fn ends_sign(&mut self, c: char) -> bool {
        let goes_on_name = c.is_alphanumeric() || c == '_';
        let was_in_name = self.in_name;
        self.in_name = goes_on_name || (c == '$' && was_in_name);
        if c != '$' {
            let goes_on = goes_on_name && !(self.sign == "$" && c.is_ascii_digit()) && !self.sign.is_empty();
            if goes_on {
                self.sign.push(c);
            } else {
                self.sign.clear();
            }
            return false;
        }
        let sign = std::mem::replace(&mut self.sign, "$".to_owned());
        let is_whole = !sign.is_empty();
        match &self.body {
            Some(body) if is_whole && body.strip_suffix('$') == Some(&sign) => self.body = None,
            None if is_whole && self.state == State::Code => self.body = Some(sign + "$"),
            // A name may have dollar signs in it.
            None if was_in_name => {
                self.sign.clear();
                return false;
            }
            Some(_) | None => return false,
        }
        self.signs += 1;
        self.sign.clear();
        self.held = None;
        self.state = State::Code;
        self.in_name = false;
        true
    }
}
