//! `transform`: what happens to the columns and rows of a `glue_job`, one operation after the other.
//!
//! An operation is a mapping of one key, its name, to what it takes. Each says how it is written in Python
//! ([`Transform`]); [`script`] makes the whole script of them, and [`rules`] says what is wrong.

mod columns;
mod flow;
mod groups;
mod names;
mod nested;
mod rows;
pub(super) mod rules;
pub(super) mod script;
mod several;
mod types;
mod typing;
mod value;

use crate::diagnostic::{Code, Diagnostic};
use crate::lang::decode::{Decode, Decoder, Definitions, first_line};
use crate::lang::held::Show;
use crate::text::{Span, Spanned};
use crate::yaml::{Kind, Node};
use columns::{Cast, Derive, Drop, Rename, Select};
use flow::Flow;
use groups::{Aggregate, Pivot, Unpivot, Window};
use nested::{Explode, Flatten, Normalise};
use rows::{Coalesce, Dedupe, DropNulls, FillNulls, Filter, Limit, Repartition, Sample, Sort};
use script::Body;
use serde_json::{Value, json};
use several::{Join, Union};

/// An operation, as the record of what it takes.
trait Transform {
    /// Writes the statements that it becomes.
    fn write(&self, body: &mut Body<'_>);

    /// Says which columns it needs, and which there are behind it.
    fn flow(&self, flow: &mut Flow<'_, '_>);

    /// Names the other rows that it takes in: sources or steps.
    fn others(&self) -> &[Spanned<String>] {
        &[]
    }
}

/// Declares the operations: the closed enum, its reader, its schema, and every dispatch.
macro_rules! operations {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*) => {
        /// What happens to rows.
        #[derive(Clone, Debug, PartialEq)]
        pub enum OperationKind {
            $($(#[doc = $doc])* $variant($variant),)*
        }

        impl OperationKind {
            /// The names of all operations.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            fn decode(name: &str, node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
                match name {
                    $($name => $variant::decode(node, decoder).map(Self::$variant),)*
                    _ => None,
                }
            }

            fn schemas(definitions: &mut Definitions) -> Value {
                let mut properties = serde_json::Map::new();
                $({
                    let doc = crate::lang::decode::doc_text(&[$($doc),*]);
                    let schema = $variant::schema(definitions);
                    properties.insert($name.to_owned(), crate::lang::decode::described(schema, &doc));
                })*
                Value::Object(properties)
            }

            fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
                match self { $(Self::$variant(operation) => operation.held(show),)* }
            }

            fn write(&self, body: &mut Body<'_>) {
                match self { $(Self::$variant(operation) => operation.write(body),)* }
            }

            fn flow(&self, flow: &mut Flow<'_, '_>) {
                match self { $(Self::$variant(operation) => operation.flow(flow),)* }
            }

            fn others(&self) -> &[Spanned<String>] {
                match self { $(Self::$variant(operation) => operation.others(),)* }
            }
        }
    };
}

operations! {
    /// Keeps these columns, in this order.
    Select = "select",
    /// Gives columns other names: `old: new`.
    Rename = "rename",
    /// Takes columns away.
    Drop = "drop",
    /// Changes the types of columns. A value that does not fit fails the job.
    Cast = "cast",
    /// Adds columns, or replaces them, each by an expression of Spark SQL over the columns as they were.
    Derive = "derive",
    /// Keeps the rows for which an expression of Spark SQL is true.
    Filter = "filter",
    /// Drops the rows in which one of these columns has no value.
    DropNulls = "drop_nulls",
    /// Gives columns a value where they have none.
    FillNulls = "fill_nulls",
    /// Keeps one row of those that are the same in these columns.
    Dedupe = "dedupe",
    /// Orders the rows: `column`, `column desc`, `column nulls last`.
    Sort = "sort",
    /// Keeps so many rows at most: after `sort` the first ones, else any.
    Limit = "limit",
    /// Adds the columns of other rows, by columns that are the same in both.
    Join = "join",
    /// Adds other rows below.
    Union = "union",
    /// Makes one row of those that are the same in some columns.
    Aggregate = "aggregate",
    /// Adds columns that are made of other rows as well: ranks, running sums, the row before.
    Window = "window",
    /// Makes columns of the values of one column.
    Pivot = "pivot",
    /// Makes a row of each of some columns.
    Unpivot = "unpivot",
    /// Makes a row of each element of an array.
    Explode = "explode",
    /// Makes columns of the fields of structs.
    Flatten = "flatten",
    /// Writes texts in one way: without blanks at their ends, in small letters, none where they are empty.
    Normalise = "normalise",
    /// Keeps some rows by chance.
    Sample = "sample",
    /// Deals the rows out anew to so many tasks, each of which writes a file.
    Repartition = "repartition",
    /// Brings the rows together in so many tasks at most, without dealing them out.
    Coalesce = "coalesce",
}

/// The operations, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Operations {
    /// Where they stand.
    pub span: Span,
    /// They; none where rows are written as they are read.
    pub list: Vec<Operation>,
}

impl Decode for Operations {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let span = first_line(node, decoder.sources);
        Some(Self { span, list: Vec::decode(node, decoder)? })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Vec::<Operation>::schema(definitions)
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        self.list.held(show);
    }

    fn place(&self) -> Option<Span> {
        Some(self.span)
    }
}

/// An operation, with where it is named.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its name in the spec.
    pub name: Spanned<String>,
    /// What it does.
    pub kind: OperationKind,
}

impl Decode for Operation {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let entry = match &node.kind {
            Kind::Mapping(entries) if entries.len() == 1 => &entries[0],
            Kind::Mapping(entries) if entries.len() > 1 => {
                let second = &entries[1].key;
                let message = format!("an operation has one name, and here is `{}` as well", second.value);
                decoder.diagnostics.push(
                    Diagnostic::new(Code::UnknownKey, second.span, message)
                        .also(entries[0].key.span, "the operation")
                        .help("begin the second one with `-`, or put what belongs to the first into `{...}`"),
                );
                return None;
            }
            Kind::Mapping(_) | Kind::Scalar(_) | Kind::Sequence(_) => {
                decoder.wrong_type(node, "an operation such as `filter: \"amount > 0\"`");
                return None;
            }
        };
        let name = entry.key.clone();
        if !OperationKind::NAMES.contains(&name.value.as_str()) {
            decoder.diagnostics.push(unknown(&name));
            return None;
        }
        let kind = OperationKind::decode(&name, &entry.value, decoder)?;
        Some(Self { name, kind })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.refer("Operation", |definitions| {
            json!({
                "type": "object",
                "description": "What happens to the rows: one operation.",
                "properties": OperationKind::schemas(definitions),
                "additionalProperties": false,
                "minProperties": 1,
                "maxProperties": 1,
            })
        })
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        self.kind.held(show);
    }

    fn place(&self) -> Option<Span> {
        Some(self.name.span)
    }
}

/// What operations are called in Spark, in SQL, in other tools.
const ELSEWHERE: &[(&str, &str)] = &[
    ("add_column", "derive"),
    ("agg", "aggregate"),
    ("as", "rename"),
    ("clean", "normalise"),
    ("deduplicate", "dedupe"),
    ("distinct", "dedupe"),
    ("drop_duplicates", "dedupe"),
    ("dropDuplicates", "dedupe"),
    ("dropna", "drop_nulls"),
    ("fillna", "fill_nulls"),
    ("groupBy", "aggregate"),
    ("group_by", "aggregate"),
    ("keep", "select"),
    ("lookup", "join"),
    ("lower", "normalise"),
    ("melt", "unpivot"),
    ("mutate", "derive"),
    ("not_null", "drop_nulls"),
    ("orderBy", "sort"),
    ("order_by", "sort"),
    ("project", "select"),
    ("remove", "drop"),
    ("trim", "normalise"),
    ("union_all", "union"),
    ("unionByName", "union"),
    ("upper", "normalise"),
    ("where", "filter"),
    ("withColumn", "derive"),
    ("with_column", "derive"),
    ("withColumnRenamed", "rename"),
];

fn unknown(name: &Spanned<String>) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        Code::UnknownWord,
        name.span,
        format!("`transform` has no operation `{}`", name.value),
    );
    match ELSEWHERE.iter().find(|(other, _)| *other == name.value) {
        Some((_, own)) => diagnostic.help(format!("write `{own}:`")),
        None => diagnostic.suggest(&name.value, OperationKind::NAMES.iter().copied()),
    }
}

impl Operations {
    /// Lists the other rows that are taken in, by the names of their sources or steps.
    pub(super) fn others(&self) -> impl Iterator<Item = &Spanned<String>> + Clone {
        self.list.iter().flat_map(|operation| operation.kind.others())
    }
}

/// Declares an operation that is nothing but a value of a type that can be read: a list, a map, one text.
macro_rules! operation_of {
    ($(#[doc = $doc:literal])* pub struct $name:ident($type:ty);) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name(pub $type);

        impl crate::lang::decode::Decode for $name {
            fn decode(
                node: &crate::yaml::Node,
                decoder: &mut crate::lang::decode::Decoder<'_>,
            ) -> Option<Self> {
                <$type>::decode(node, decoder).map(Self)
            }

            fn schema(definitions: &mut crate::lang::decode::Definitions) -> serde_json::Value {
                <$type>::schema(definitions)
            }

            fn held<'h>(&'h self, show: &mut crate::lang::held::Show<'_, 'h>) {
                self.0.held(show);
            }

            fn place(&self) -> Option<crate::text::Span> {
                self.0.place()
            }
        }
    };
}
use operation_of;
