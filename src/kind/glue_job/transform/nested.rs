//! Operations on values with parts, and on texts: `explode`, `flatten`, `normalise`.

use super::Transform;
use super::flow::Flow;
use super::names::quoted;
use super::script::{Body, Helper};
use crate::columns::{Column, Type};
use crate::lang::decode::{record, words};
use crate::python::Expr;
use crate::text::Spanned;

record! {
    "`explode`"
    /// Makes a row of each element of an array.
    pub struct Explode {
        /// The column with arrays.
        pub column: Spanned<String>,
        /// The column in which the element stands; the array's own when absent.
        pub r#as: Option<Spanned<String>>,
        /// A row whose array is empty or missing is kept, with no element.
        pub outer: Option<Spanned<bool>> = false,
    }
}

impl Transform for Explode {
    fn write(&self, body: &mut Body<'_>) {
        let name = self.r#as.as_ref().unwrap_or(&self.column);
        let function = if self.outer() { "explode_outer" } else { "explode" };
        let made = body.function(function, Expr::text(quoted(&self.column)));
        body.columns(vec![(name.value.clone(), made)]);
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need(&self.column);
        let column = flow.column(&self.column);
        let kind = match &column.kind {
            Type::Array(of) => (**of).clone(),
            Type::Unknown => Type::Unknown,
            _ => {
                let help = "explode a column of the type `array<...>`, or make one: `split(..., ',')`";
                flow.wrong_type(&column, self.column.span, "`explode` takes an array", help);
                Type::Unknown
            }
        };
        let name = self.r#as.as_ref().unwrap_or(&self.column);
        flow.set(Column { span: Some(name.span), ..Column::new(name.value.clone(), kind) });
    }
}

record! {
    "`flatten`"
    /// Makes columns of the fields of structs.
    pub struct Flatten {
        /// The columns with structs; they are replaced.
        pub columns: Vec<Spanned<String>>,
        /// Stands between the name of the column and that of the field.
        pub separator: Option<Spanned<String>> = "_".to_owned(),
    }
}

impl Flatten {
    /// Puts the fields of a struct in its place; where they are those of the files alone, no column is known any more.
    fn fields(&self, flow: &mut Flow<'_, '_>, name: &Spanned<String>) {
        let column = flow.column(name);
        match &column.kind {
            Type::Struct(fields) => {
                flow.remove(name);
                for (field, kind) in fields {
                    let made = format!("{}{}{field}", column.name, self.separator());
                    flow.add(Column { span: column.span, ..Column::new(made, kind.clone()) }, name.span);
                }
            }
            Type::Unknown => flow.columns = None,
            _ => {
                let help = "take it out of the list: it has no fields";
                flow.wrong_type(&column, name.span, "`flatten` takes a struct", help);
            }
        }
    }
}

impl Transform for Flatten {
    fn write(&self, body: &mut Body<'_>) {
        body.need(Helper::Flattened);
        for column in &self.columns {
            let rows = Expr::code(body.current());
            let texts = [&column.value, &self.separator()].map(|text| Expr::text(text.as_str()));
            let arguments = std::iter::once(rows).chain(texts).collect();
            body.set_rows(&Expr::Call("flattened".to_owned(), arguments, Vec::new()));
        }
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need_all(&self.columns);
        for column in &self.columns {
            self.fields(flow, column);
        }
    }
}

record! {
    "`normalise`"
    /// Writes texts in one way.
    pub struct Normalise {
        /// The columns with texts.
        pub columns: Vec<Spanned<String>>,
        /// Blanks at both ends go.
        pub trim: Option<Spanned<bool>> = true,
        /// Several blanks become one, and line breaks and tabs are blanks.
        pub collapse: Option<Spanned<bool>> = false,
        /// The size of letters.
        pub case: Option<Spanned<Case>>,
        /// A text of which nothing is left is no value.
        pub empty_as_null: Option<Spanned<bool>> = false,
    }
}

words! {
    "a size of letters"
    /// How letters are written.
    pub enum Case {
        /// Small letters.
        Lower = "lower",
        /// Capital letters.
        Upper = "upper",
    }
}

impl Normalise {
    fn expression(&self, column: &str) -> String {
        let mut text = quoted(column);
        if self.collapse() {
            text = format!("regexp_replace({text}, '\\\\s+', ' ')");
        }
        if self.trim() {
            text = format!("trim({text})");
        }
        if let Some(case) = &self.case {
            text = format!("{}({text})", case.value.as_str());
        }
        if self.empty_as_null() {
            text = format!("nullif({text}, '')");
        }
        text
    }
}

impl Transform for Normalise {
    fn write(&self, body: &mut Body<'_>) {
        let made = self.columns.iter().map(|column| {
            let text = Expr::text(self.expression(column));
            (column.value.clone(), body.function("expr", text))
        });
        let made = made.collect();
        body.columns(made);
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need_all(&self.columns);
        for name in &self.columns {
            let column = flow.column(name);
            if !matches!(column.kind, Type::Text(_) | Type::Char(_) | Type::Null | Type::Unknown) {
                flow.wrong_type(&column, name.span, "`normalise` takes a text", "take it out of the list");
            }
        }
    }
}
