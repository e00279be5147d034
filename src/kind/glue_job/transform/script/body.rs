//! The statements of a script's `transform`, one operation after the other.

use super::assigned;
use crate::kind::glue_job::transform::names::quoted;
use crate::kind::glue_job::transform::value::{Expression, Order, Piece};
use crate::python::{Expr, Keyword};
use crate::template::Template;
use std::collections::{BTreeMap, BTreeSet};

/// What a script has only where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::kind::glue_job::transform) enum Helper {
    /// `functions as F` of Spark.
    Functions,
    /// Spark's `Window`.
    Window,
    /// The function that puts values of a run into an expression.
    Filled,
    /// The function that casts, and fails where a value does not fit.
    Cast,
    /// The function that gives columns their declared types.
    Typed,
    /// The function that puts a text before the names of columns.
    Prefixed,
    /// The function that makes columns of the fields of a struct.
    Flattened,
    /// The function that looks for the run's key in a table of Iceberg.
    Committed,
    /// The functions that merge rows by a key, and leave the run's key.
    Merged,
}

/// The name of the column that numbers rows, while they are numbered.
const NUMBER: &str = "__row";

/// The statements of `transform`.
pub(in crate::kind::glue_job::transform) struct Body<'b> {
    /// The statements, each laid out behind the indentation of the function.
    pub(super) statements: Vec<String>,
    /// What expressions take of a run, by argument.
    pub(super) arguments: BTreeMap<String, Template>,
    helpers: BTreeSet<Helper>,
    /// The variable that holds the rows.
    current: String,
    fill: &'b dyn Fn(&Template) -> Template,
    /// The variables that hold what is read, by the names of its sources and steps.
    frames: &'b [(&'b str, String)],
}

impl<'b> Body<'b> {
    /// Begins with the rows of a variable; `fill` names tasks in place of steps, `frames` are the variables of what is read.
    pub(super) fn new(
        variable: &str,
        fill: &'b dyn Fn(&Template) -> Template,
        frames: &'b [(&'b str, String)],
    ) -> Self {
        Self {
            statements: Vec::new(),
            arguments: BTreeMap::new(),
            helpers: BTreeSet::new(),
            current: variable.to_owned(),
            fill,
            frames,
        }
    }

    /// Returns the variable that holds the rows.
    pub(in crate::kind::glue_job::transform) fn current(&self) -> &str {
        &self.current
    }

    /// Notes what the script needs.
    pub(in crate::kind::glue_job::transform) fn need(&mut self, helper: Helper) {
        self.helpers.insert(helper);
        if helper == Helper::Typed {
            self.helpers.insert(Helper::Cast);
        }
        if matches!(helper, Helper::Cast | Helper::Typed | Helper::Flattened | Helper::Committed) {
            self.helpers.insert(Helper::Functions);
        }
        if helper == Helper::Merged {
            self.helpers.insert(Helper::Window);
        }
    }

    /// Says whether the script needs it.
    pub(super) fn has(&self, helper: Helper) -> bool {
        self.helpers.contains(&helper)
    }

    /// Names what the script needs, for its template.
    pub(super) fn helpers(&self) -> Vec<&'static str> {
        let name = |helper: &Helper| match helper {
            Helper::Functions => "functions",
            Helper::Window => "window",
            Helper::Filled => "filled",
            Helper::Cast => "cast",
            Helper::Typed => "typed",
            Helper::Prefixed => "prefixed",
            Helper::Flattened => "flattened",
            Helper::Committed => "committed",
            Helper::Merged => "merged",
        };
        self.helpers.iter().map(name).collect()
    }

    /// Returns what is imported of `pyspark.sql`.
    pub(super) fn sql_imports(&self) -> String {
        let column = self.has(Helper::Cast).then_some("Column");
        let window = self.has(Helper::Window).then_some("Window");
        let session = self.has(Helper::Committed).then_some("SparkSession");
        let names = column.into_iter().chain(["DataFrame"]).chain(session).chain(window);
        names.collect::<Vec<_>>().join(", ")
    }

    /// Returns the variable that holds the rows of a source or a step; none where it is none of these, which has its rule.
    pub(in crate::kind::glue_job::transform) fn frame(&self, name: &str) -> Option<String> {
        // A step of an `each` is named with its values or without.
        let is_it =
            |known: &str| known == name || known.strip_prefix(name).is_some_and(|rest| rest.starts_with('['));
        self.frames.iter().find(|(known, _)| is_it(known)).map(|(_, variable)| variable.clone())
    }

    /// Makes the rows what a method of theirs gives.
    pub(in crate::kind::glue_job::transform) fn call(&mut self, method: &str, arguments: Vec<Expr>) {
        self.call_with(method, arguments, Vec::new());
    }

    /// Makes the rows what a method of theirs gives, with arguments by name as well.
    pub(in crate::kind::glue_job::transform) fn call_with(
        &mut self,
        method: &str,
        arguments: Vec<Expr>,
        keywords: Vec<Keyword>,
    ) {
        self.set_rows(&Expr::Call(format!("{}.{method}", self.current), arguments, keywords));
    }

    /// Makes the rows what an expression gives.
    pub(in crate::kind::glue_job::transform) fn set_rows(&mut self, value: &Expr) {
        self.current = self.set("rows", value);
    }

    /// Sets a variable; returns its name.
    pub(in crate::kind::glue_job::transform) fn set(&mut self, name: &str, value: &Expr) -> String {
        self.statements.push(assigned(name, value));
        name.to_owned()
    }

    /// Makes other rows what a method of theirs gives; returns the variable that holds them.
    pub(in crate::kind::glue_job::transform) fn other(
        &mut self,
        rows: &str,
        method: &str,
        arguments: Vec<Expr>,
    ) -> String {
        self.set("other", &Expr::Call(format!("{rows}.{method}"), arguments, Vec::new()))
    }

    /// Groups the rows by columns.
    pub(in crate::kind::glue_job::transform) fn group(&mut self, by: Vec<Expr>) {
        self.set("groups", &Expr::Call(format!("{}.groupBy", self.current), by, Vec::new()));
    }

    /// Makes the groups what a method of theirs gives.
    pub(in crate::kind::glue_job::transform) fn grouped(&mut self, method: &str, arguments: Vec<Expr>) {
        self.set("groups", &Expr::Call(format!("groups.{method}"), arguments, Vec::new()));
    }

    /// Makes the rows what is made of each group.
    pub(in crate::kind::glue_job::transform) fn aggregated(&mut self, made: Vec<Expr>) {
        self.set_rows(&Expr::Call("groups.agg".to_owned(), made, Vec::new()));
    }

    /// Makes or replaces columns, all of them from the rows as they are.
    pub(in crate::kind::glue_job::transform) fn columns(&mut self, mut columns: Vec<(String, Expr)>) {
        if columns.len() == 1
            && let Some((name, value)) = columns.pop()
        {
            self.call("withColumn", vec![Expr::text(name), value]);
        } else {
            self.call("withColumns", vec![Expr::dict(columns)]);
        }
    }

    /// Makes a call of a function of Spark's.
    pub(in crate::kind::glue_job::transform) fn function(&mut self, name: &str, argument: Expr) -> Expr {
        self.need(Helper::Functions);
        Expr::call_with(format!("F.{name}"), argument)
    }

    /// Makes the text of an expression, with the values of the run in it.
    pub(in crate::kind::glue_job::transform) fn expression(&mut self, expression: &Expression) -> Expr {
        self.expression_with(expression, "")
    }

    /// The same, with SQL behind it.
    pub(in crate::kind::glue_job::transform) fn expression_with(
        &mut self,
        expression: &Expression,
        end: &str,
    ) -> Expr {
        let end = expression.before(end);
        if let Some(text) = expression.as_text() {
            return Expr::text(format!("{text}{end}"));
        }
        self.need(Helper::Filled);
        let mut text = String::new();
        for piece in &expression.pieces {
            match piece {
                Piece::Sql(sql) => text.push_str(sql),
                Piece::Value(value) => text.push_str(&format!("{{{{ {} }}}}", self.argument(value))),
            }
        }
        text.push_str(&end);
        Expr::Call("filled".to_owned(), vec![Expr::text(text), Expr::code("args")], Vec::new())
    }

    /// Names the argument in which the script gets a value of the run.
    fn argument(&mut self, value: &Template) -> String {
        let value = (self.fill)(value);
        let stem = argument_name(&value);
        let mut name = stem.clone();
        let mut n = 1;
        while self.arguments.get(&format!("--{name}")).is_some_and(|other| *other != value) {
            n += 1;
            name = format!("{stem}_{n}");
        }
        self.arguments.insert(format!("--{name}"), value);
        name
    }

    /// Makes what rows are ordered by.
    pub(in crate::kind::glue_job::transform) fn order(&mut self, order: &Order) -> Expr {
        let direction = if order.is_descending { "desc" } else { "asc" };
        let nulls = match order.nulls_first {
            None => "",
            Some(true) => "_nulls_first",
            Some(false) => "_nulls_last",
        };
        self.function(&format!("{direction}{nulls}"), Expr::text(quoted(&order.column)))
    }

    /// Keeps the first row of those that are the same in some columns.
    pub(in crate::kind::glue_job::transform) fn first_of(&mut self, by: &[String], orders: &[Order]) {
        self.need(Helper::Window);
        self.need(Helper::Functions);
        let by = by.iter().map(|column| Expr::text(column.as_str())).collect();
        self.set("window", &Expr::Call("Window.partitionBy".to_owned(), by, Vec::new()));
        let orders = orders.iter().map(|order| self.order(order)).collect();
        self.set("window", &Expr::Call("window.orderBy".to_owned(), orders, Vec::new()));
        self.call("withColumn", vec![Expr::text(NUMBER), Expr::code("F.row_number().over(window)")]);
        self.call("where", vec![Expr::text(format!("{NUMBER} = 1"))]);
        self.call("drop", vec![Expr::text(NUMBER)]);
    }
}

/// The longest name of an argument that is made of a template.
const LONGEST: usize = 40;

/// Makes the name of an argument of what it holds: `ds` of `{{ ds }}`, `params_limit` of `{{ params.limit }}`.
fn argument_name(value: &Template) -> String {
    let mut name = String::new();
    for c in value.to_string().chars() {
        match c {
            c if c.is_ascii_alphanumeric() => name.push(c.to_ascii_lowercase()),
            _ if name.is_empty() || name.ends_with('_') => {}
            _ => name.push('_'),
        }
    }
    name.truncate(LONGEST);
    let name = name.trim_end_matches('_');
    // What a script is told otherwise begins with these.
    let is_taken = ["from", "write", "job"].iter().any(|taken| name.starts_with(taken));
    if is_taken || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return format!("value_{name}").trim_end_matches('_').to_owned();
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_called_by_what_they_hold() {
        for (template, expected) in [
            ("{{ ds }}", "ds"),
            ("{{ params.limit }}", "params_limit"),
            ("{{ macros.ds_add(ds, -1) }}", "macros_ds_add_ds_1"),
            ("from {{ ds }}", "value_from_ds"),
            ("航{{ ds }}", "ds"),
            ("2{{ ds }}", "value_2_ds"),
        ] {
            assert_eq!(argument_name(&Template::parse(template).unwrap()), expected, "{template}");
        }
    }
}
