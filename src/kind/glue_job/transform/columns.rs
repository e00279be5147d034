//! Operations on columns: `select`, `rename`, `drop`, `cast`, `derive`.

use super::flow::Flow;
use super::names::quoted;
use super::script::{Body, Helper};
use super::types::spark_type;
use super::value::{Expression, Type};
use super::{Transform, operation_of};
use crate::columns::{Clause, Column};
use crate::lang::decode::Map;
use crate::python::Expr;
use crate::text::Spanned;

operation_of! {
    /// The columns that are kept.
    pub struct Select(Vec<Spanned<String>>);
}

impl Transform for Select {
    fn write(&self, body: &mut Body<'_>) {
        body.call("select", self.0.iter().map(|column| Expr::text(quoted(column))).collect());
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need_all(&self.0);
        flow.columns = Some(self.0.iter().map(|column| flow.column(column)).collect());
    }
}

operation_of! {
    /// New names by old ones.
    pub struct Rename(Map<Spanned<String>>);
}

impl Transform for Rename {
    fn write(&self, body: &mut Body<'_>) {
        for (old, new) in &self.0.0 {
            let names = [&old.value, &new.value].map(|name| Expr::text(name.as_str()));
            body.call("withColumnRenamed", names.to_vec());
        }
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        for (old, new) in &self.0.0 {
            flow.need(old);
            let column = flow.column(old);
            flow.remove(old);
            flow.add(Column { name: new.value.clone(), ..column }, new.span);
        }
    }
}

operation_of! {
    /// The columns that are taken away.
    pub struct Drop(Vec<Spanned<String>>);
}

impl Transform for Drop {
    fn write(&self, body: &mut Body<'_>) {
        body.call("drop", self.0.iter().map(|column| Expr::text(column.value.as_str())).collect());
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need_all(&self.0);
        self.0.iter().for_each(|column| flow.remove(column));
    }
}

operation_of! {
    /// New types by columns.
    pub struct Cast(Map<Spanned<Type>>);
}

impl Transform for Cast {
    fn write(&self, body: &mut Body<'_>) {
        body.need(Helper::Cast);
        let made = self.0.0.iter().filter_map(|(column, kind)| {
            let arguments = vec![Expr::text(quoted(column)), Expr::text(spark_type(&kind.value.0)?)];
            Some((column.value.clone(), Expr::Call("cast".to_owned(), arguments, Vec::new())))
        });
        let made = made.collect();
        body.columns(made);
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        flow.need_all(self.0.0.iter().map(|(column, _)| column));
        for (name, kind) in &self.0.0 {
            flow.castable(name, &kind.value.0, kind.span);
        }
        for (name, kind) in &self.0.0 {
            let kind = kind.value.0.in_spark();
            flow.change(name, |column| column.kind = kind);
        }
    }
}

operation_of! {
    /// Expressions by the columns that they make.
    pub struct Derive(Map<Spanned<Expression>>);
}

impl Transform for Derive {
    fn write(&self, body: &mut Body<'_>) {
        let made = self.0.0.iter().map(|(column, expression)| {
            let text = body.expression(expression);
            (column.value.clone(), body.function("expr", text))
        });
        let made = made.collect();
        body.columns(made);
    }

    fn flow(&self, flow: &mut Flow<'_, '_>) {
        let made = self.0.0.iter().map(|(name, expression)| flow.made(name, expression, Clause::Select, &[]));
        let made: Vec<Column> = made.collect();
        for column in made {
            flow.set(column);
        }
    }
}
