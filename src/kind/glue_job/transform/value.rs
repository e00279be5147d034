//! What operations take: expressions of Spark SQL, constants, orders of rows, types.

use super::names::quoted;
use crate::columns::Type as ColumnType;
use crate::diagnostic::Code;
use crate::lang::columns::read_type;
use crate::lang::decode::{Leaf, LeafError};
use crate::lang::held::Held;
use crate::template::{Part, Template};
use crate::text::Spanned;
use crate::yaml::Scalar;
use serde_json::{Value, json};

/// An expression of Spark SQL. A `{{ ... }}` in it is a text, in quotes or not: the script gets it as an argument and quotes
/// it itself, so that no value becomes a part of the expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// All of it, as it is written.
    template: Template,
    /// Its pieces.
    pub pieces: Vec<Piece>,
    /// How it is written.
    scalar: Scalar,
}

/// A piece of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Stands as it is.
    Sql(String),
    /// A text that each run fills in, without quotes around it.
    Value(Template),
}

impl Expression {
    /// Returns how it is written.
    pub(super) fn scalar(&self) -> &Scalar {
        &self.scalar
    }

    /// Puts SQL that stands behind it on a line of its own, where a comment may be open at its end.
    pub(super) fn before(&self, end: &str) -> String {
        let is_open = !end.is_empty() && self.scalar.text.contains("--");
        format!("{}{end}", if is_open { "\n" } else { "" })
    }

    /// Returns it when no run fills anything in.
    pub fn as_text(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Sql(text)] => Some(text),
            _ => None,
        }
    }
}

impl Leaf for Expression {
    const EXPECTED: &'static str = "an expression of Spark SQL such as `dep_delay > 15`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let template = Template::leaf(scalar)?;
        if scalar.text.trim().is_empty() {
            return Err(LeafError::new(Code::SqlSyntax, "there is no expression")
                .help("write one of Spark SQL, such as `dep_delay > 15`"));
        }
        let pieces = Reader::default().read(&template)?;
        Ok(Self { template, pieces, scalar: scalar.clone() })
    }

    fn leaf_schema() -> Value {
        json!({ "type": ["string", "number", "boolean"], "examples": ["dep_delay > 15", "upper(carrier)"] })
    }

    fn leaf_held(expression: &Spanned<Self>) -> Option<Held<'_>> {
        Some(Held::Template(&expression.value.template, expression.span))
    }
}

/// Takes an expression apart at its values; what stands in quotes with one is a value as a whole.
#[derive(Default)]
struct Reader {
    pieces: Vec<Piece>,
    sql: String,
    /// The quote that is open, and what has stood behind it.
    open: Option<(char, Template)>,
}

impl Reader {
    fn read(mut self, template: &Template) -> Result<Vec<Piece>, LeafError> {
        for part in template.parts() {
            match part {
                Part::Text(text) => self.text(text)?,
                Part::Expr(expr) => self.value(Template::hole(expr.clone()))?,
            }
        }
        if let Some((quote, _)) = self.open {
            let message = format!("a {quote} is open at the end of the expression");
            return Err(LeafError::new(Code::SqlSyntax, message).help(format!("write {quote} where it ends")));
        }
        self.flush();
        Ok(self.pieces)
    }

    fn text(&mut self, text: &str) -> Result<(), LeafError> {
        if text.contains("{{") {
            let message = "`{{` cannot stand in an expression as it is";
            return Err(LeafError::new(Code::InvalidTemplate, message).help("write `concat('{', '{')`"));
        }
        let mut characters = text.chars();
        while let Some(c) = characters.next() {
            match self.open.take() {
                None if matches!(c, '\'' | '"' | '`') => self.open = Some((c, Template::default())),
                None => self.sql.push(c),
                Some((quote, inside)) if c == quote => self.close(quote, &inside),
                Some((quote, inside)) if c == '\\' && quote != '`' => {
                    let escaped: String = std::iter::once(c).chain(characters.next()).collect();
                    self.open = Some((quote, inside.join(Template::text(escaped))));
                }
                Some((quote, inside)) => self.open = Some((quote, inside.join(Template::text(c)))),
            }
        }
        Ok(())
    }

    fn value(&mut self, value: Template) -> Result<(), LeafError> {
        match self.open.take() {
            None => {
                self.flush();
                self.pieces.push(Piece::Value(value));
            }
            Some(('`', _)) => {
                let message = "the name of a column cannot be filled in by a run";
                return Err(LeafError::new(Code::TemplateNotAllowed, message).help("write the name itself"));
            }
            Some((quote, inside)) => self.open = Some((quote, inside.join(value))),
        }
        Ok(())
    }

    fn close(&mut self, quote: char, inside: &Template) {
        if let Some(text) = inside.as_text() {
            self.sql.extend([&quote.to_string(), text, &quote.to_string()]);
            return;
        }
        self.flush();
        self.pieces.push(Piece::Value(unescaped(inside)));
    }

    fn flush(&mut self) {
        if !self.sql.is_empty() {
            self.pieces.push(Piece::Sql(std::mem::take(&mut self.sql)));
        }
    }
}

/// Reads the escapes of a string of Spark SQL (Spark SQL Guide, "Literals").
fn unescaped(inside: &Template) -> Template {
    let parts = inside.parts().iter().map(|part| match part {
        Part::Expr(expr) => Template::hole(expr.clone()),
        Part::Text(text) => Template::text(unescaped_text(text)),
    });
    parts.fold(Template::default(), Template::join)
}

fn unescaped_text(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match (c, if c == '\\' { characters.next() } else { None }) {
            ('\\', Some('n')) => found.push('\n'),
            ('\\', Some('t')) => found.push('\t'),
            ('\\', Some('r')) => found.push('\r'),
            ('\\', Some('0')) => found.push('\0'),
            ('\\', Some(other)) => found.push(other),
            (c, _) => found.push(c),
        }
    }
    found
}

/// A constant: a text, a number, a truth value.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant(pub Value);

impl Leaf for Constant {
    const EXPECTED: &'static str = "a text, a number, `true` or `false`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        if let Some(at) = scalar.text.find("{{") {
            return Err(crate::lang::decode::template_not_allowed(at));
        }
        let plain = scalar.as_bool().map(Value::from).or_else(|| scalar.as_number());
        Ok(Self(plain.unwrap_or_else(|| Value::from(scalar.text.as_str()))))
    }

    fn leaf_schema() -> Value {
        json!({ "type": ["string", "number", "boolean"] })
    }
}

/// A part of a hundred: more than 0, and 100 at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percent(pub f64);

impl Leaf for Percent {
    const EXPECTED: &'static str = "a number up to 100";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let number = scalar.as_number().and_then(|number| number.as_f64());
        let number = number.filter(|number| *number > 0.0 && *number <= 100.0);
        number.map(Self).ok_or_else(|| {
            let message = format!("`{}` is no part of a hundred", scalar.text);
            LeafError::new(Code::InvalidNumber, message).help("write a number up to 100")
        })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "number", "exclusiveMinimum": 0, "maximum": 100 })
    }
}

/// The type that a column is to have.
#[derive(Clone, Debug, PartialEq)]
pub struct Type(pub ColumnType);

impl Leaf for Type {
    const EXPECTED: &'static str = "a type such as `bigint`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        read_type(&scalar.text).map(Self)
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "examples": ["bigint", "decimal(12, 2)", "date", "timestamp"] })
    }
}

/// A column by whose values rows are ordered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The column.
    pub column: String,
    /// The greatest comes first.
    pub is_descending: bool,
    /// Rows without a value come first, or last; where it is not said, they are less than all others, as in Spark.
    pub nulls_first: Option<bool>,
}

impl Order {
    /// Takes one of the ends from the text, whatever the size of its letters.
    fn end<'t>(text: &'t str, end: &str) -> Option<&'t str> {
        let at = text.len().checked_sub(end.len())?;
        let is_end = text.is_char_boundary(at) && text[at..].eq_ignore_ascii_case(end);
        is_end.then(|| text[..at].trim_end())
    }
}

impl Order {
    /// Writes it as SQL.
    pub(super) fn sql(&self) -> String {
        let direction = if self.is_descending { " desc" } else { "" };
        let nulls = match self.nulls_first {
            None => "",
            Some(true) => " nulls first",
            Some(false) => " nulls last",
        };
        format!("{}{direction}{nulls}", quoted(&self.column))
    }
}

impl Leaf for Order {
    const EXPECTED: &'static str = "a column, with `desc` behind it where the greatest comes first";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let mut text = scalar.text.trim();
        let mut nulls_first = None;
        for (end, first) in [(" nulls first", true), (" nulls last", false)] {
            if let Some(rest) = Self::end(text, end) {
                (text, nulls_first) = (rest, Some(first));
            }
        }
        let descending = Self::end(text, " desc");
        let column = descending.or_else(|| Self::end(text, " asc")).unwrap_or(text);
        if column.is_empty() {
            return Err(LeafError::new(Code::InvalidName, "there is no column"));
        }
        Ok(Self { column: column.to_owned(), is_descending: descending.is_some(), nulls_first })
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "examples": ["time_hour desc", "carrier nulls last"] })
    }
}

/// The rows around each that a function of a window looks at (Spark SQL Guide, "Window Functions").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(pub String);

impl Frame {
    /// Says whether some words are an end of a frame.
    fn is_end(words: &[&str]) -> bool {
        match words {
            ["current", "row"] | ["unbounded", "preceding" | "following"] => true,
            [number, "preceding" | "following"] => number.parse::<u32>().is_ok(),
            _ => false,
        }
    }
}

impl Leaf for Frame {
    const EXPECTED: &'static str = "a frame such as `rows between 6 preceding and current row`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = scalar.text.to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        let is_frame = match words.as_slice() {
            ["rows" | "range", "between", ends @ ..] => {
                let mut ends = ends.split(|word| *word == "and");
                ends.clone().count() == 2 && ends.all(Self::is_end)
            }
            ["rows" | "range", end @ ..] => Self::is_end(end),
            _ => false,
        };
        let error = || {
            LeafError::new(Code::UnknownWord, format!("`{}` is no frame", scalar.text))
                .help("write one such as `rows between 6 preceding and current row`, `range between unbounded preceding and current row`")
        };
        if is_frame { Ok(Self(words.join(" "))) } else { Err(error()) }
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "examples": ["rows between 6 preceding and current row"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::Style;

    fn scalar(text: &str) -> Scalar {
        Scalar { text: text.to_owned(), style: Style::Quoted, expanded: false }
    }

    fn pieces(text: &str) -> Result<Vec<String>, String> {
        let expression = Expression::leaf(&scalar(text)).map_err(|error| error.message)?;
        let shown = expression.pieces.into_iter().map(|piece| match piece {
            Piece::Sql(sql) => sql,
            Piece::Value(value) => format!("<{value}>"),
        });
        Ok(shown.collect())
    }

    #[test]
    fn values_of_a_run_stand_apart() {
        for (text, expected) in [
            ("a > 15", &["a > 15"][..]),
            ("dt = '{{ ds }}'", &["dt = ", "<{{ ds }}>"]),
            ("dt = {{ ds }} and b", &["dt = ", "<{{ ds }}>", " and b"]),
            ("x like 'it\\'s {{ ds }}%' or 'a'", &["x like ", "<it's {{ ds }}%>", " or 'a'"]),
            ("\"a'b\" || '\\\\{{ ds }}'", &["\"a'b\" || ", "<\\{{ ds }}>"]),
            ("`a'b` = 'x\\'y'", &["`a'b` = 'x\\'y'"]),
        ] {
            assert_eq!(pieces(text).unwrap(), expected, "{text}");
        }
        for (text, expected) in [
            ("a = 'b", "a ' is open at the end of the expression"),
            ("`a{{ ds }}`", "the name of a column cannot be filled in by a run"),
            (" ", "there is no expression"),
        ] {
            assert_eq!(pieces(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn orders_are_read_from_their_ends() {
        for (text, expected) in [
            ("a", ("a", false, None)),
            ("a b DESC", ("a b", true, None)),
            ("desc", ("desc", false, None)),
            ("a asc nulls last", ("a", false, Some(false))),
            ("é desc  nulls first", ("é", true, Some(true))),
        ] {
            let order = Order::leaf(&scalar(text)).unwrap();
            assert_eq!((order.column.as_str(), order.is_descending, order.nulls_first), expected, "{text}");
        }
    }
}
