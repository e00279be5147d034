//! Python source as `ruff format` leaves it.
//!
//! An [`Expr`] is a small expression; [`Expr::write`] lays it out within [`WIDTH`] columns: on one line
//! when it fits, else one argument or element a line with a comma after the last one. Text becomes source
//! in `literal` and nowhere else.

pub mod literal;

use literal::{push_string, string, width};
use serde_json::Value;

/// The longest line: ruff's default.
pub const WIDTH: usize = 88;

/// The columns of one level of indentation.
pub const INDENT: usize = 4;

/// A Python expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// Source that stands as it is: a name, a number, something short.
    Code(String),
    /// A string.
    Text(String),
    /// A list.
    List(Vec<Expr>),
    /// A dict.
    Dict(Vec<(Expr, Expr)>),
    /// A call: what is called, positional arguments, keyword arguments.
    Call(String, Vec<Expr>, Vec<Keyword>),
}

/// A keyword argument.
pub type Keyword = (String, Expr);

impl Expr {
    /// Makes source that stands as it is.
    pub fn code(code: impl Into<String>) -> Self {
        Self::Code(code.into())
    }

    /// Makes a string.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Makes a truth value.
    pub fn truth(value: bool) -> Self {
        Self::code(if value { "True" } else { "False" })
    }

    /// Makes a list of strings.
    pub fn texts<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Self::text).collect())
    }

    /// Makes a dict with strings as keys.
    pub fn dict(items: impl IntoIterator<Item = (String, Self)>) -> Self {
        Self::Dict(items.into_iter().map(|(key, value)| (Self::Text(key), value)).collect())
    }

    /// Makes a call with keyword arguments.
    pub fn call(function: impl Into<String>, keywords: Vec<Keyword>) -> Self {
        Self::Call(function.into(), Vec::new(), keywords)
    }

    /// Makes a call with one positional argument.
    pub fn call_with(function: impl Into<String>, argument: Self) -> Self {
        Self::Call(function.into(), vec![argument], Vec::new())
    }

    /// Makes the literal of plain data.
    pub fn json(value: &Value) -> Self {
        match value {
            Value::Null => Self::code("None"),
            Value::Bool(value) => Self::truth(*value),
            Value::Number(number) => Self::code(number.to_string().replace("e+", "e")),
            Value::String(text) => Self::text(text.as_str()),
            Value::Array(items) => Self::List(items.iter().map(Self::json).collect()),
            Value::Object(items) => {
                Self::dict(items.iter().map(|(key, item)| (key.clone(), Self::json(item))))
            }
        }
    }

    /// Makes a `timedelta` of seconds, in the greatest unit that gives a whole number.
    pub fn timedelta(seconds: u64) -> Self {
        let (unit, size) = [("days", 86_400), ("hours", 3_600), ("minutes", 60)]
            .into_iter()
            .find(|(_, size)| seconds >= *size && seconds.is_multiple_of(*size))
            .unwrap_or(("seconds", 1));
        Self::call("timedelta", vec![(unit.to_owned(), Self::code((seconds / size).to_string()))])
    }

    /// Returns the expression laid out, for a place that begins at `column` of a line indented by
    /// `indent`, with `after` columns of other text behind it on its last line.
    pub fn layout(&self, indent: usize, column: usize, after: usize) -> String {
        // Room for a call of some lines.
        let mut out = String::with_capacity(4 * WIDTH);
        self.write(&mut out, indent, column, after);
        out
    }

    fn write(&self, out: &mut String, indent: usize, column: usize, after: usize) {
        let start = out.len();
        self.write_flat(out);
        if column + width(&out[start..]) + after <= WIDTH {
            return;
        }
        match self {
            Self::Code(_) => return,
            Self::List(items) if items.is_empty() => return,
            Self::Dict(items) if items.is_empty() => return,
            Self::Call(_, arguments, keywords) if arguments.is_empty() && keywords.is_empty() => return,
            Self::Text(_) | Self::List(_) | Self::Dict(_) | Self::Call(..) => out.truncate(start),
        }
        let inner = indent + INDENT;
        match self {
            Self::Code(_) => {}
            Self::Text(text) => {
                out.push('(');
                for piece in pieces(text, WIDTH.saturating_sub(inner)) {
                    line(out, inner);
                    push_string(out, &piece);
                }
                line(out, indent);
                out.push(')');
            }
            Self::List(items) => {
                out.push('[');
                for item in items {
                    line(out, inner);
                    item.write(out, inner, inner, 1);
                    out.push(',');
                }
                line(out, indent);
                out.push(']');
            }
            Self::Dict(items) => {
                out.push('{');
                for (key, value) in items {
                    line(out, inner);
                    let start = out.len();
                    key.write(out, inner, inner, 2);
                    out.push_str(": ");
                    let column = column_after(&out[start..], inner);
                    value.write(out, inner, column, 1);
                    out.push(',');
                }
                line(out, indent);
                out.push('}');
            }
            Self::Call(function, arguments, keywords) => {
                out.push_str(function);
                out.push('(');
                line(out, inner);
                // All arguments on one line of their own, if they fit there.
                let start = out.len();
                write_arguments(out, arguments, keywords);
                if inner + width(&out[start..]) > WIDTH {
                    out.truncate(start);
                    write_exploded(out, arguments, keywords, inner);
                }
                line(out, indent);
                out.push(')');
            }
        }
    }

    fn write_flat(&self, out: &mut String) {
        match self {
            Self::Code(code) => out.push_str(code),
            Self::Text(text) => push_string(out, text),
            Self::List(items) => {
                out.push('[');
                for (n, item) in items.iter().enumerate() {
                    comma(out, n);
                    item.write_flat(out);
                }
                out.push(']');
            }
            Self::Dict(items) => {
                out.push('{');
                for (n, (key, value)) in items.iter().enumerate() {
                    comma(out, n);
                    key.write_flat(out);
                    out.push_str(": ");
                    value.write_flat(out);
                }
                out.push('}');
            }
            Self::Call(function, arguments, keywords) => {
                out.push_str(function);
                out.push('(');
                write_arguments(out, arguments, keywords);
                out.push(')');
            }
        }
    }
}

fn write_arguments(out: &mut String, arguments: &[Expr], keywords: &[Keyword]) {
    for (n, argument) in arguments.iter().enumerate() {
        comma(out, n);
        argument.write_flat(out);
    }
    for (n, (name, value)) in keywords.iter().enumerate() {
        comma(out, arguments.len() + n);
        write_name(out, name);
        value.write_flat(out);
    }
}

fn write_exploded(out: &mut String, arguments: &[Expr], keywords: &[Keyword], indent: usize) {
    let mut is_first = true;
    let mut next = |out: &mut String| {
        if !std::mem::take(&mut is_first) {
            line(out, indent);
        }
    };
    for argument in arguments {
        next(out);
        argument.write(out, indent, indent, 1);
        out.push(',');
    }
    for (name, value) in keywords {
        next(out);
        let column = indent + write_name(out, name);
        value.write(out, indent, column, 1);
        out.push(',');
    }
}

/// Writes what stands before a keyword argument's value; returns its columns.
fn write_name(out: &mut String, name: &str) -> usize {
    out.push_str(name);
    out.push('=');
    width(name) + 1
}

fn comma(out: &mut String, n: usize) {
    if n > 0 {
        out.push_str(", ");
    }
}

fn line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

fn column_after(written: &str, start: usize) -> usize {
    match written.rsplit_once('\n') {
        Some((_, last)) => width(last),
        None => start + width(written),
    }
}

/// Breaks a text into pieces, whose literals Python joins again: behind line breaks, else between words. A word
/// that is too long stands alone, where no rule about long lines minds it.
fn pieces(text: &str, room: usize) -> Vec<String> {
    let fits = |text: &str| width(&string(text)) <= room;
    if fits(text) {
        return vec![text.to_owned()];
    }
    let mut found = Vec::new();
    let mut piece = String::new();
    for text_line in text.split_inclusive('\n') {
        for word in text_line.split_inclusive(' ') {
            let joined = format!("{piece}{word}");
            if fits(&joined) {
                piece = joined;
                continue;
            }
            if !piece.is_empty() {
                found.push(std::mem::take(&mut piece));
            }
            if fits(word) {
                word.clone_into(&mut piece);
                continue;
            }
            let bare = word.trim_end_matches(' ');
            found.push(bare.to_owned());
            word[bare.len()..].clone_into(&mut piece);
        }
        // What ends with a line break is a piece of its own, as it is a line of its own.
        if piece.ends_with('\n') {
            found.push(std::mem::take(&mut piece));
        }
    }
    if !piece.is_empty() {
        found.push(piece);
    }
    found
}
