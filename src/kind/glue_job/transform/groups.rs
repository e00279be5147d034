//! Operations on rows that belong together: `aggregate`, `window`, `pivot`, `unpivot`.

use super::Transform;
use super::flow::Flow;
use super::names::{quoted, string};
use super::script::Body;
use super::value::{Constant, Expression, Frame, Order};
use crate::columns::{Clause, Column, Type};
use crate::lang::decode::{Map, OneOrMany, record};
use crate::python::Expr;
use crate::text::{Span, Spanned};

record! {
    "`aggregate`"
    /// Makes one row of those that are the same in some columns.
    pub struct Aggregate {
        /// The columns; all rows become one when absent.
        pub by: Option<OneOrMany<Spanned<String>>>,
        /// What is made of the rows: `name: expression`, such as `trips: count(*)`.
        pub r#as: Map<Spanned<Expression>>,
    }
}

impl Transform for Aggregate {
    fn write(&self, body: &mut Body<'_>) {
        let by = self.by.iter().flat_map(|by| &by.0).map(|column| Expr::text(quoted(column))).collect();
        body.group(by);
        let made = self.r#as.0.iter().map(|(name, expression)| {
            let text = body.expression_with(expression, &format!(" as {}", quoted(name)));
            body.function("expr", text)
        });
        let made = made.collect();
        body.aggregated(made);
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        let by = self.by.iter().flat_map(|by| &by.0);
        flow.need_all(by.clone());
        let grouped: Vec<String> = by.clone().map(|column| column.value.clone()).collect();
        let kept: Vec<(Column, Span)> = by.map(|column| (flow.column(column), column.span)).collect();
        let made = self.r#as.0.iter();
        let made = made
            .map(|(name, value)| (flow.made(name, value, Clause::Aggregate, &grouped), name.span))
            .collect::<Vec<_>>();
        flow.columns = Some(Vec::new());
        for (column, at) in kept.into_iter().chain(made) {
            flow.add(column, at);
        }
    }
}

record! {
    "`window`"
    /// Adds columns that are made of other rows as well: ranks, running sums, the row before.
    pub struct Window {
        /// The rows that are the same in these columns are looked at together; all rows when absent.
        pub by: Option<OneOrMany<Spanned<String>>>,
        /// The order in which they are looked at.
        pub order: Option<OneOrMany<Spanned<Order>>>,
        /// The rows around each that count, such as `rows between 6 preceding and current row`.
        pub frame: Option<Spanned<Frame>>,
        /// What is made: `name: function`, such as `place: row_number()`.
        pub r#as: Map<Spanned<Expression>>,
    }
}

impl Window {
    /// Writes what stands behind a function.
    fn over(&self) -> String {
        let by: Vec<String> = self.by.iter().flat_map(|by| &by.0).map(|column| quoted(column)).collect();
        let order: Vec<String> =
            self.order.iter().flat_map(|order| &order.0).map(|order| order.value.sql()).collect();
        let mut parts = Vec::new();
        if !by.is_empty() {
            parts.push(format!("partition by {}", by.join(", ")));
        }
        if !order.is_empty() {
            parts.push(format!("order by {}", order.join(", ")));
        }
        parts.extend(self.frame.iter().map(|frame| frame.value.0.clone()));
        format!(" over ({})", parts.join(" "))
    }
}

impl Transform for Window {
    fn write(&self, body: &mut Body<'_>) {
        let over = self.over();
        let made = self.r#as.0.iter().map(|(name, expression)| {
            let text = body.expression_with(expression, &over);
            (name.value.clone(), body.function("expr", text))
        });
        let made = made.collect();
        body.columns(made);
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need_all(self.by.iter().flat_map(|by| &by.0));
        flow.need_orders(self.order.iter().flat_map(|order| &order.0));
        let over = self.over();
        let made = self.r#as.0.iter().map(|(name, value)| {
            let typed = flow.typed(value, &over, Clause::Select, &[]);
            typed.column(name)
        });
        let made: Vec<Column> = made.collect();
        for column in made {
            flow.set(column);
        }
    }
}

record! {
    "`pivot`"
    /// Makes columns of the values of one column.
    pub struct Pivot {
        /// One row is made of those that are the same in these columns.
        pub by: OneOrMany<Spanned<String>>,
        /// The column whose values become columns.
        pub column: Spanned<String>,
        /// These values, each a column of its name.
        pub values: Vec<Spanned<Constant>>,
        /// What stands in them, such as `sum(fare)`.
        pub r#as: Spanned<Expression>,
    }
}

impl Transform for Pivot {
    fn write(&self, body: &mut Body<'_>) {
        body.group(self.by.0.iter().map(|column| Expr::text(quoted(column))).collect());
        let values = self.values.iter().map(|value| Expr::json(&value.value.0)).collect();
        body.grouped("pivot", vec![Expr::text(quoted(&self.column)), Expr::List(values)]);
        let text = body.expression(&self.r#as);
        let made = body.function("expr", text);
        body.aggregated(vec![made]);
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need_all(self.by.0.iter().chain([&self.column]));
        let grouped: Vec<String> = self.by.0.iter().map(|column| column.value.clone()).collect();
        let typed = flow.typed(&self.r#as, "", Clause::Aggregate, &grouped);
        let kept: Vec<(Column, Span)> =
            self.by.0.iter().map(|column| (flow.column(column), column.span)).collect();
        flow.columns = Some(Vec::new());
        for (column, at) in kept {
            flow.add(column, at);
        }
        for value in &self.values {
            let name = value.value.0.as_str().map_or_else(|| value.value.0.to_string(), str::to_owned);
            // A group may have no row with the value.
            flow.add(Column::new(name, typed.kind.clone()), value.span);
        }
    }
}

record! {
    "`unpivot`"
    /// Makes a row of each of some columns.
    pub struct Unpivot {
        /// The columns that stay as they are.
        pub keep: Vec<Spanned<String>>,
        /// The columns of which rows are made; of one type.
        pub columns: Vec<Spanned<String>>,
        /// The column in which their names stand.
        pub name: Spanned<String>,
        /// The column in which their values stand.
        pub value: Spanned<String>,
    }
}

impl Unpivot {
    /// Makes the column of the values: they are of one type, as `stack` has it.
    fn one_type(&self, flow: &mut Flow<'_, '_>) -> Column {
        let known: Vec<(Column, Span)> = self
            .columns
            .iter()
            .map(|column| (flow.column(column), column.span))
            .filter(|(column, _)| column.kind != Type::Unknown)
            .collect();
        let Some((first, _)) = known.first() else {
            return Column::new(self.value.value.clone(), Type::Unknown);
        };
        if let Some((other, at)) = known.iter().find(|(column, _)| column.kind != first.kind) {
            let why = format!(
                "`{}` is {}: rows are made of columns of one type",
                first.name,
                first.kind.simple_string()
            );
            flow.wrong_type(other, *at, &why, "change its type first: `cast`");
        }
        let is_whole = known.len() == self.columns.len();
        Column::new(self.value.value.clone(), if is_whole { first.kind.clone() } else { Type::Unknown })
    }
}

impl Transform for Unpivot {
    fn write(&self, body: &mut Body<'_>) {
        let pairs = self.columns.iter().map(|column| format!("{}, {}", string(column), quoted(column)));
        let text = format!(
            "stack({}, {}) as ({}, {})",
            self.columns.len(),
            pairs.collect::<Vec<_>>().join(", "),
            quoted(&self.name),
            quoted(&self.value)
        );
        let made = body.function("expr", Expr::text(text));
        let kept = self.keep.iter().map(|column| Expr::text(quoted(column)));
        body.call("select", kept.chain([made]).collect());
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need_all(self.keep.iter().chain(&self.columns));
        let value = self.one_type(flow);
        let kept: Vec<(Column, Span)> =
            self.keep.iter().map(|column| (flow.column(column), column.span)).collect();
        let name = Column { is_nullable: false, ..Column::new(self.name.value.clone(), Type::STRING) };
        flow.columns = Some(Vec::new());
        let made = [(name, self.name.span), (value, self.value.span)];
        for (column, at) in kept.into_iter().chain(made) {
            flow.add(column, at);
        }
    }
}
