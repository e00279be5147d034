//! The types of expressions, of casts and of columns that meet, and what is found wrong on the way.

use super::flow::Flow;
use super::names::quoted;
use super::value::Expression;
use crate::columns::{
    self, Chance, Clause, Column, Finding, FindingKind, Schema, Spark, Type, Weight, is_same, wider,
};
use crate::diagnostic::{Code, Diagnostic};
use crate::text::{Span, Spanned};
use crate::yaml::{Kind, Node};
use std::collections::BTreeSet;

/// Stands in the names of columns by which values of the run are looked at: no column is called so.
const FILLED: char = '\u{1}';

/// The type of an expression.
pub(super) struct Typed {
    /// Its type.
    pub(super) kind: Type,
    is_nullable: bool,
}

impl Typed {
    /// Makes the column that holds it.
    pub(super) fn column(self, name: &Spanned<String>) -> Column {
        let Self { kind, is_nullable } = self;
        Column { is_nullable, span: Some(name.span), ..Column::new(name.value.clone(), kind) }
    }
}

impl Flow<'_, '_> {
    /// Makes the column of an expression, and reports what is wrong with it.
    pub(super) fn made(
        &mut self,
        name: &Spanned<String>,
        expression: &Spanned<Expression>,
        clause: Clause,
        grouped: &[String],
    ) -> Column {
        self.typed(expression, "", clause, grouped).column(name)
    }

    /// Finds the type of an expression, with what stands `behind` it in the script, and reports what is wrong with it.
    pub(super) fn typed(
        &mut self,
        expression: &Spanned<Expression>,
        behind: &str,
        clause: Clause,
        grouped: &[String],
    ) -> Typed {
        let scalar = expression.value.scalar();
        let (mut text, filled) = standing(&scalar.text);
        let end = text.len();
        text.push_str(&expression.value.before(behind));
        let filled =
            filled.into_iter().map(|name| Column { is_nullable: false, ..Column::new(name, Type::STRING) });
        let typed = self.among_these(filled, |schema, spark| {
            columns::typed(&text, &columns::Scope { schema, clause, grouped, spark })
        });
        let node = Node { span: expression.span, kind: Kind::Scalar(scalar.clone()) };
        // A value of the run is a text as it comes, and what it is compared with is what is meant.
        let is_filled =
            |finding: &Finding| text.get(finding.range.clone()).is_some_and(|part| part.contains(FILLED));
        let is_said = |finding: &Finding| finding.kind.weight() == Weight::Error || !is_filled(finding);
        for finding in typed.findings.into_iter().filter(is_said) {
            if finding.range.end <= end {
                let at = node.locate(self.sources, finding.range.clone());
                self.told(finding, at);
            } else if finding.kind != FindingKind::UnknownColumn {
                // The columns behind it are asked for where they are written.
                self.told(finding, expression.span);
            }
        }
        Typed { kind: typed.kind, is_nullable: typed.is_nullable }
    }

    /// Says that Spark casts no value of a column to this type.
    pub(super) fn castable(&mut self, column: &Spanned<String>, kind: &Type, at: Span) {
        let (known, kind) = (self.column(column), kind.in_spark());
        if known.kind == Type::Unknown || kind == Type::Unknown {
            return;
        }
        let text = format!("cast({} as {})", quoted(column), kind.simple_string());
        let found = self.among_these([], |schema, spark| {
            let scope = columns::Scope { schema, clause: Clause::Select, grouped: &[], spark };
            columns::typed(&text, &scope).findings
        });
        if found.iter().any(|finding| finding.kind == FindingKind::RefusedCast) {
            let why = format!("Spark makes no {} of it", kind.simple_string());
            self.wrong_type(&known, at, &why, "write how it is meant in an expression: `derive`");
        }
    }

    /// Says that two columns by which rows are joined can never be the same, or are compared as something else.
    pub(super) fn comparable(&mut self, own: &Spanned<String>, at: &Spanned<String>, theirs: &Column) {
        let own = self.column(own);
        let text = format!("own.{} = other.{}", quoted(&own.name), quoted(&theirs.name));
        let of = |table: &str, column: &Column| Column { of: Some(table.to_owned()), ..column.clone() };
        let schema = Schema::closed(vec![of("own", &own), of("other", theirs)]);
        let scope =
            columns::Scope { schema: &schema, clause: Clause::Filter, grouped: &[], spark: self.spark };
        for finding in columns::typed(&text, &scope).findings {
            let code = match finding.kind {
                FindingKind::WrongType => Code::ColumnType,
                FindingKind::SilentCast => Code::DoubtfulExpression,
                _ => continue,
            };
            let [one, other] = [&own, theirs].map(|column| column.kind.simple_string());
            let message = format!("`{}` is {one} here, and `{}` is {other} there", own.name, theirs.name);
            let diagnostic = Diagnostic::new(code, at.span, message).help("give both one type first: `cast`");
            self.report(
                own.span.into_iter().fold(diagnostic, |diagnostic, own| diagnostic.also(own, "this one")),
            );
        }
    }

    /// Puts other rows below, whose columns have the same names or the same order: the types become those that hold both.
    pub(super) fn joined(&mut self, with: &Spanned<String>, other: Vec<Column>, by_name: bool) {
        let mut own = self.columns.take().unwrap_or_default();
        for (n, column) in other.into_iter().enumerate() {
            let known = if by_name {
                own.iter_mut().find(|known| is_same(&known.name, &column.name))
            } else {
                own.get_mut(n)
            };
            let Some(known) = known else {
                own.push(Column { is_nullable: true, ..column });
                continue;
            };
            known.is_nullable |= column.is_nullable;
            if let Some(kind) = wider(&known.kind, &column.kind, self.spark) {
                known.kind = kind;
            } else {
                let why = format!("{} in `{}`: no type holds both", column.kind.simple_string(), with.value);
                let known = known.clone();
                self.wrong_type(&known, with.span, &why, "give both one type first: `cast`");
            }
        }
        self.columns = Some(own);
    }

    /// Looks at something among the columns that are here, and `more` that are there for this only.
    fn among_these<T>(
        &mut self,
        more: impl IntoIterator<Item = Column>,
        look: impl FnOnce(&Schema, Spark) -> T,
    ) -> T {
        let is_open = self.columns.is_none();
        let mut columns = self.columns.take().unwrap_or_default();
        let own = columns.len();
        columns.extend(more);
        let mut schema = Schema { columns, is_open };
        let found = look(&schema, self.spark);
        schema.columns.truncate(own);
        self.columns = (!is_open).then_some(schema.columns);
        found
    }

    fn told(&mut self, finding: Finding, at: Span) {
        let Finding { kind, message, help, .. } = finding;
        let code = match kind {
            FindingKind::Syntax => Code::SqlSyntax,
            FindingKind::UnknownColumn => Code::UnknownColumn,
            FindingKind::Differs(chance) => match (self.spark, chance) {
                (Spark::V3_5, Chance::Certain | Chance::Possible) => Code::NextSpark,
                // It has come: what fails for every row is worth a word.
                (Spark::V4_1, Chance::Certain) => Code::DoubtfulExpression,
                (Spark::V4_1, Chance::Possible) | (_, Chance::Rare) => return,
            },
            kind => match kind.weight() {
                Weight::Error => Code::ColumnType,
                Weight::Warning => Code::DoubtfulExpression,
                Weight::Note => return,
            },
        };
        let message = said(&message);
        let diagnostic = Diagnostic::new(code, at, message);
        self.report(match help {
            // They are no columns that could be meant.
            Some(help) => diagnostic.help(said(&help).replace(", `{{ ... }}`", "")),
            None => diagnostic,
        });
    }
}

/// Names values of the run as they are written.
fn said(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            FILLED if said.ends_with("{{ ... }}") => {}
            FILLED => said.push_str("{{ ... }}"),
            c => said.push(c),
        }
    }
    said
}

/// Puts a column in the place of each text that a run fills in, as long as it is written, so that places stay what they
/// are. Returns the names of these columns too.
fn standing(written: &str) -> (String, BTreeSet<String>) {
    let mut text = String::with_capacity(written.len());
    let mut names = BTreeSet::new();
    // The quote that is open, where it stands, and whether something is filled in behind it.
    let mut open: Option<(char, usize, bool)> = None;
    let mut rest = written;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        if rest.starts_with("{{") {
            length = rest.find("}}").map_or(rest.len(), |at| at + 2);
            match &mut open {
                Some((_, _, is_filled)) => {
                    *is_filled = true;
                    text.extend(std::iter::repeat_n(FILLED, length));
                }
                None => stand(&mut text, length, &mut names),
            }
        } else {
            match open {
                None if matches!(c, '\'' | '"' | '`') => open = Some((c, text.len(), false)),
                Some((quote, _, _)) if c == '\\' && quote != '`' => {
                    length += rest[1..].chars().next().map_or(0, char::len_utf8);
                }
                Some((quote, start, is_filled)) if quote == c => {
                    open = None;
                    if is_filled {
                        let length = text.len() + 1 - start;
                        text.truncate(start);
                        stand(&mut text, length, &mut names);
                        rest = &rest[1..];
                        continue;
                    }
                }
                _ => {}
            }
            text.push_str(&rest[..length]);
        }
        rest = &rest[length..];
    }
    (text, names)
}

/// Writes the name of a column of so many bytes.
fn stand(text: &mut String, length: usize, names: &mut BTreeSet<String>) {
    let name: String = std::iter::repeat_n(FILLED, length.saturating_sub(2)).collect();
    text.push('`');
    text.push_str(&name);
    text.push('`');
    names.insert(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_fills_in_stands_as_a_column_of_the_same_length() {
        for (written, shape) in [
            ("a + 1", "a + 1"),
            ("dt = '{{ ds }}'", "dt = `________`"),
            ("dt = {{ ds }}", "dt = `______`"),
            ("concat('it\\'s {{ ds }}', \"x\", `b`)", "concat(`______________`, \"x\", `b`)"),
            ("'ä {{ ds", "'ä _____"),
            ("'\\", "'\\"),
            ("{{ a }}{{ b }}", "`_____``_____`"),
        ] {
            let (text, names) = standing(written);
            assert_eq!(text.replace(FILLED, "_"), shape, "{written}");
            assert_eq!(text.len(), written.len(), "{written}");
            assert!(names.iter().all(|name| name.chars().all(|c| c == FILLED)), "{written}");
        }
    }
}
