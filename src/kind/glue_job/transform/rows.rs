//! Operations on rows: which are kept, in what order, in how many tasks.

use super::flow::Flow;
use super::names::quoted;
use super::script::Body;
use super::value::{Constant, Expression, Order, Percent};
use super::{Transform, operation_of};
use crate::columns::{Clause, Type};
use crate::diagnostic::{Code, Diagnostic};
use crate::lang::airflow::Count;
use crate::lang::decode::{Map, OneOrMany, record, words};
use crate::python::Expr;
use crate::text::Spanned;
use serde_json::Value;

operation_of! {
    /// What is true of the rows that are kept.
    pub struct Filter(Spanned<Expression>);
}

impl Transform for Filter {
    fn write(&self, body: &mut Body<'_>) {
        let text = body.expression(&self.0);
        body.call("where", vec![text]);
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        let kind = flow.typed(&self.0, "", Clause::Filter, &[]).kind;
        if !matches!(kind, Type::Boolean | Type::Null | Type::Unknown) {
            let message = format!("a row is kept where this is true, and it is {}", kind.simple_string());
            flow.report(
                Diagnostic::new(Code::ColumnType, self.0.span, message)
                    .help("compare it with something: `... > 0`, `... = 'a'`"),
            );
        }
    }
}

operation_of! {
    /// Columns that must have a value.
    pub struct DropNulls(Vec<Spanned<String>>);
}

impl Transform for DropNulls {
    fn write(&self, body: &mut Body<'_>) {
        let tests: Vec<String> =
            self.0.iter().map(|column| format!("{} is not null", quoted(column))).collect();
        body.call("where", vec![Expr::text(tests.join(" and "))]);
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need_all(&self.0);
        for column in &self.0 {
            flow.change(column, |column| column.is_nullable = false);
        }
    }
}

operation_of! {
    /// Values by columns.
    pub struct FillNulls(Map<Spanned<Constant>>);
}

impl Transform for FillNulls {
    fn write(&self, body: &mut Body<'_>) {
        let values =
            self.0.0.iter().map(|(column, value)| (column.value.clone(), Expr::json(&value.value.0)));
        body.call("fillna", vec![Expr::dict(values)]);
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need_all(self.0.0.iter().map(|(column, _)| column));
        for (name, value) in &self.0.0 {
            let column = flow.column(name);
            if !takes(&column.kind, &value.value.0) {
                let help = "say how it is meant in an expression: `derive: {a: \"coalesce(a, ...)\"}`";
                flow.wrong_type(&column, value.span, "Spark fills it with no such value", help);
            }
        }
    }
}

/// Says whether Spark fills a column of a type with a value as it is (`DataFrame.fillna`); other columns it passes over
/// without a word.
fn takes(kind: &Type, value: &Value) -> bool {
    match kind {
        Type::Unknown => true,
        Type::Text(_) | Type::Char(_) => value.is_string(),
        Type::Boolean => value.is_boolean(),
        Type::TinyInt | Type::SmallInt | Type::Integer | Type::BigInt => value.is_i64() || value.is_u64(),
        Type::Real | Type::Double | Type::Decimal(..) => value.is_number(),
        _ => false,
    }
}

record! {
    "`dedupe`"
    /// One row is kept of those that are the same in some columns.
    pub struct Dedupe {
        /// The columns; all of them when absent.
        pub by: Option<Vec<Spanned<String>>>,
        /// With `order`: which row is kept.
        pub keep: Option<Spanned<Keep>> = Keep::Latest,
        /// The columns that tell which row is the latest; any row is kept when absent.
        pub order: Option<OneOrMany<Spanned<Order>>>,
    }
}

words! {
    "a row that is kept"
    /// Which row is kept.
    pub enum Keep {
        /// The one with the greatest value of `order`.
        Latest = "latest",
        /// The one with the least value of `order`.
        Earliest = "earliest",
    }
}

impl Transform for Dedupe {
    fn write(&self, body: &mut Body<'_>) {
        let by: Vec<String> = self.by.iter().flatten().map(|column| quoted(column)).collect();
        let Some(order) = &self.order else {
            if by.is_empty() {
                body.call("distinct", Vec::new());
            } else {
                let names = self.by.iter().flatten().map(|column| column.value.as_str());
                body.call("dropDuplicates", vec![Expr::texts(names)]);
            }
            return;
        };
        let is_latest = self.keep() == Keep::Latest;
        let orders = order.0.iter().map(|order| {
            // A row that has no such value is never the one that is kept, if there is another.
            let is_descending = is_latest != order.is_descending;
            let nulls_first = Some(order.nulls_first.unwrap_or(false));
            Order { is_descending, nulls_first, column: order.column.clone() }
        });
        let orders: Vec<Order> = orders.collect();
        body.first_of(&by, &orders);
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need_all(self.by.iter().flatten());
        flow.need_orders(self.order.iter().flat_map(|order| &order.0));
    }
}

operation_of! {
    /// Columns with their directions.
    pub struct Sort(OneOrMany<Spanned<Order>>);
}

impl Transform for Sort {
    fn write(&self, body: &mut Body<'_>) {
        let by = self.0.0.iter().map(|order| body.order(order)).collect();
        body.call("orderBy", by);
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need_orders(&self.0.0);
    }
}

operation_of! {
    /// How many.
    pub struct Limit(Spanned<Count<1>>);
}

impl Transform for Limit {
    fn write(&self, body: &mut Body<'_>) {
        body.call("limit", vec![Expr::code(self.0.value.0.to_string())]);
    }

    fn flow(&self, _: &mut Flow<'_, '_>) {}
}

record! {
    "`sample`"
    /// Some rows are kept by chance.
    pub struct Sample {
        /// How many of a hundred, about.
        pub percent: Spanned<Percent>,
        /// The same rows are kept wherever this number is the same.
        pub seed: Option<Spanned<Count<0>>> = Count::<0>(0),
    }
}

impl Transform for Sample {
    fn write(&self, body: &mut Body<'_>) {
        let fraction = Expr::code(format!("{:?}", self.percent.value.0 / 100.0));
        let seed = ("seed".to_owned(), Expr::code(self.seed().0.to_string()));
        body.call_with("sample", Vec::new(), vec![("fraction".to_owned(), fraction), seed]);
    }

    fn flow(&self, _: &mut Flow<'_, '_>) {}
}

record! {
    "`repartition`"
    /// The rows are dealt out anew.
    pub struct Repartition {
        /// To how many tasks; Spark's own number when absent.
        pub into: Option<Spanned<Count<1>>>,
        /// Rows that are the same in these columns go to one task.
        pub by: Option<OneOrMany<Spanned<String>>>,
    }
}

impl Transform for Repartition {
    fn write(&self, body: &mut Body<'_>) {
        let into = self.into.iter().map(|into| Expr::code(into.value.0.to_string()));
        let by = self.by.iter().flat_map(|by| &by.0).map(|column| Expr::text(quoted(column)));
        body.call("repartition", into.chain(by).collect());
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need_all(self.by.iter().flat_map(|by| &by.0));
    }
}

operation_of! {
    /// To how many tasks.
    pub struct Coalesce(Spanned<Count<1>>);
}

impl Transform for Coalesce {
    fn write(&self, body: &mut Body<'_>) {
        body.call("coalesce", vec![Expr::code(self.0.value.0.to_string())]);
    }

    fn flow(&self, _: &mut Flow<'_, '_>) {}
}
