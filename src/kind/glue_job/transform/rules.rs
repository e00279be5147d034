//! `transform-option`: what a `transform` cannot begin with, do or write.

use super::flow;
use super::groups::Window;
use super::rows::Dedupe;
use super::several::{How, Join, Union};
use super::types::spark_type;
use super::value::Type;
use super::{Operation, OperationKind, Operations};
use crate::columns::{Spark, Type as ColumnType, is_same};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::glue_job::{GlueJobStep, WriteSpec};
use crate::kind::shared::columns;
use crate::kind::shared::keys::{chosen_of, missing, unused};
use crate::lang::source::Format;
use crate::scope::{Data, Input};
use crate::text::{Span, Spanned};

/// The first version of Glue with what scripts use: Spark 3.3.
const OLDEST: (u32, u32) = (4, 0);

/// Reports what is wrong with a step that has a `transform`; `version` is the version of Glue, where it is known.
pub(in crate::kind::glue_job) fn check(
    step: &GlueJobStep,
    operations: &Operations,
    version: Option<(u32, u32)>,
    cx: &Checking<'_, '_>,
    diagnostics: &mut Diagnostics,
) {
    begins(step, cx, diagnostics);
    no_bookmark(step, diagnostics);
    for input in &cx.task.inputs {
        if let Some(found) = unreadable(input, step, cx) {
            diagnostics.push(found);
        }
    }
    match &step.write {
        Some(write) => ends(write, diagnostics),
        None => diagnostics.push(missing(cx, "write", "what it writes", "use a `script` that writes itself")),
    }
    for operation in &operations.list {
        check_operation(operation, diagnostics);
    }
    let spark = version.map_or(Spark::V3_5, |(major, _)| Spark::of_glue(major));
    flow::check(step, operations, spark, cx, diagnostics);
    if let Some((major, minor)) = version.filter(|version| *version < OLDEST) {
        let at = step.glue_version.as_ref().map_or_else(|| cx.at(), |version| version.span);
        let message = format!("`transform` needs Glue 4.0, and the job's is {major}.{minor}");
        diagnostics.push(refused(at, message).help("write `glue_version: \"5.1\"`"));
    }
}

fn refused(at: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::TransformOption, at, message)
}

/// A made script reads all that its run is told of: the partition of the run says what is new.
fn no_bookmark(step: &GlueJobStep, diagnostics: &mut Diagnostics) {
    let Some(bookmark) = step.bookmark.as_ref().filter(|word| word.value.0.as_text() != Some("false")) else {
        return;
    };
    let message = "`transform` reads all of its input, and keeps no bookmark";
    diagnostics.push(
        refused(bookmark.span, message)
            .help("take `bookmark` away, and read what is new by its path, such as `.../dt={{ ds }}/`"),
    );
}

/// It begins with the rows of one thing.
fn begins(step: &GlueJobStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    match step.from.as_ref().map(|from| from.0.as_slice()) {
        None | Some([]) => diagnostics.push(missing(cx, "from", "what it reads", "use a `script`")),
        Some([_]) => {}
        Some([_, second, ..]) => diagnostics.push(
            refused(second.span, "`transform` begins with the rows of one thing")
                .help("name the one that it begins with"),
        ),
    }
}

/// Says why a script could not read something.
fn unreadable(input: &Input<'_>, step: &GlueJobStep, cx: &Checking<'_, '_>) -> Option<Diagnostic> {
    let others = step.transform.iter().flat_map(Operations::others);
    let from = step.from.iter().flat_map(|from| &from.0).chain(others);
    let named = from.clone().find(|from| input.name.is_some_and(|name| from.value.starts_with(name)));
    let at = named.or_else(|| from.clone().next()).map_or_else(|| cx.at(), |from| from.span);
    let what = input.name.map_or_else(|| "what it reads".to_owned(), |name| format!("`{name}`"));
    match &input.data {
        Data::Files { format: None, .. } => Some(
            refused(at, format!("the format of {what} is not known"))
                .help("make it a source: `sources: {NAME: {path: ..., format: ...}}`, and name that"),
        ),
        Data::Files { format: Some(Format::Csv(csv)), .. } if csv.header().0 > 1 => {
            let header = csv.header.as_ref().map_or(at, |header| header.span);
            Some(
                refused(header, "Spark passes over one line before the values of a CSV file, and no more")
                    .also(at, "it is read here")
                    .help("write `header: true`, or read the file in a `script`"),
            )
        }
        Data::Files { format: Some(_), columns: Some(columns), .. }
        | Data::Jdbc { columns: Some(columns), .. } => {
            columns.0.iter().find(|(_, column)| spark_type(&column.value.kind).is_none()).map(
                |(name, column)| {
                    let kind = &column.value.kind;
                    refused(column.span, format!("Spark has no type `{kind}`, which `{}` has", name.value))
                        .also(at, "it is read here")
                        .help("read it as `varchar`")
                },
            )
        }
        // By which connection a table of Redshift is reached has its own rule.
        Data::Catalog(_)
        | Data::Table { .. }
        | Data::Files { format: Some(_), columns: None, .. }
        | Data::Jdbc { columns: None, .. } => None,
    }
}

/// It writes files.
fn ends(write: &WriteSpec, diagnostics: &mut Diagnostics) {
    let is_iceberg = write.format.as_ref().is_some_and(|format| format.iceberg().is_some());
    if let Some(table) = write.table.as_ref().filter(|_| !is_iceberg) {
        diagnostics.push(refused(table.span, "`transform` writes files, or a table of Iceberg").help(
            "write `path:`, and declare the table of these files by a `catalog_table`; or make it one of \
                     Iceberg: `format: iceberg`",
        ));
    }
    if let Some(format) = write.format.as_ref().filter(|format| format.files() == Some(&Format::Avro)) {
        diagnostics.push(
            refused(format.span(), "`transform` writes no Avro")
                .help("write `parquet`, `orc`, `json` or `csv`"),
        );
    }
}

fn check_operation(operation: &Operation, diagnostics: &mut Diagnostics) {
    let name = &operation.name;
    match &operation.kind {
        OperationKind::Select(select) => named(name, &select.0, diagnostics),
        OperationKind::Drop(drop) => named(name, &drop.0, diagnostics),
        OperationKind::DropNulls(drop) => named(name, &drop.0, diagnostics),
        OperationKind::Dedupe(dedupe) => check_dedupe(dedupe, name, diagnostics),
        OperationKind::Rename(rename) => {
            some(name, rename.0.0.len(), diagnostics);
            renamed(&rename.0.0, diagnostics);
        }
        OperationKind::Cast(cast) => {
            some(name, cast.0.0.len(), diagnostics);
            for (_, kind) in &cast.0.0 {
                if let Some(found) = no_cast(kind) {
                    diagnostics.push(found);
                }
            }
        }
        OperationKind::Derive(derive) => some(name, derive.0.0.len(), diagnostics),
        OperationKind::FillNulls(fill) => {
            some(name, fill.0.0.len(), diagnostics);
            for (column, _) in fill.0.0.iter().filter(|(column, _)| column.contains(['.', '`'])) {
                let message = format!("Spark fills no column whose name is written as `{}` is", column.value);
                let help = "say it in an expression: `derive: {\"a.b\": \"coalesce(`a.b`, 0)\"}`";
                diagnostics.push(refused(column.span, message).help(help));
            }
        }
        OperationKind::Sort(sort) => some(name, sort.0.0.len(), diagnostics),
        OperationKind::Join(join) => check_join(join, name, diagnostics),
        OperationKind::Union(union) => check_union(union, name, diagnostics),
        OperationKind::Aggregate(aggregate) => some(name, aggregate.r#as.0.len(), diagnostics),
        OperationKind::Window(window) => check_window(window, name, diagnostics),
        OperationKind::Pivot(pivot) => some(name, pivot.values.len().min(pivot.by.0.len()), diagnostics),
        OperationKind::Unpivot(unpivot) => {
            named(name, &unpivot.columns, diagnostics);
            columns::once("keep", &unpivot.keep, diagnostics);
        }
        OperationKind::Flatten(flatten) => named(name, &flatten.columns, diagnostics),
        OperationKind::Normalise(normalise) => named(name, &normalise.columns, diagnostics),
        OperationKind::Repartition(repartition) => {
            let by = repartition.by.as_ref().map_or(0, |by| by.0.len());
            some(name, by + usize::from(repartition.into.is_some()), diagnostics);
        }
        OperationKind::Filter(_)
        | OperationKind::Limit(_)
        | OperationKind::Explode(_)
        | OperationKind::Sample(_)
        | OperationKind::Coalesce(_) => {}
    }
}

/// Says why values cannot be held to a type.
fn no_cast(kind: &Spanned<Type>) -> Option<Diagnostic> {
    let (message, help) = match &kind.value.0 {
        ColumnType::Array(_) | ColumnType::Map(..) | ColumnType::Struct(_) => (
            format!("a part of a `{}` that does not fit would be lost without a word", kind.value.0),
            "write how it is meant in an expression: `derive: {a: \"cast(a as ...)\"}`",
        ),
        ColumnType::Text(Some(_)) | ColumnType::Char(_) => (
            format!("Spark keeps no length of `{}`", kind.value.0),
            "write `varchar`, and cut it where that is meant: `derive: {a: \"left(a, 2)\"}`",
        ),
        other if spark_type(other).is_none() => {
            (format!("Spark has no type `{other}`"), "write one that it has")
        }
        _ => return None,
    };
    Some(refused(kind.span, message).help(help))
}

/// An operation on columns names some, each once.
fn named(name: &Spanned<String>, list: &[Spanned<String>], diagnostics: &mut Diagnostics) {
    some(name, list.len(), diagnostics);
    columns::once(name, list, diagnostics);
}

fn some(name: &Spanned<String>, count: usize, diagnostics: &mut Diagnostics) {
    if count == 0 {
        let message = format!("`{}` names no column", name.value);
        diagnostics.push(refused(name.span, message).help("name one, or take the operation away"));
    }
}

/// Columns are renamed one after the other: a name that is old and new would depend on which comes first.
fn renamed(pairs: &[(Spanned<String>, Spanned<String>)], diagnostics: &mut Diagnostics) {
    for (n, (_, new)) in pairs.iter().enumerate() {
        let is_new = |other: &Spanned<String>| is_same(other, new);
        // Of its own old name a new one may be another spelling.
        let others = pairs.iter().enumerate().filter(|(other, _)| *other != n).map(|(_, pair)| pair);
        if let Some((old, _)) = others.clone().find(|(old, _)| is_new(old)) {
            let message = format!("`{}` is an old name as well as a new one", new.value);
            diagnostics.push(
                refused(new.span, message)
                    .also(old.span, "the old name")
                    .help("rename it in an operation of its own"),
            );
        }
        if let Some((_, first)) = pairs[..n].iter().find(|(_, first)| is_new(first)) {
            let message = format!("two columns would be called `{}`", new.value);
            diagnostics.push(
                refused(new.span, message).also(first.span, "the first one").help("give them two names"),
            );
        }
    }
}

/// Rows that are taken in have a name, by which the script is told where they are.
fn other(with: &Spanned<String>, diagnostics: &mut Diagnostics) {
    if with.contains(['.', '/']) {
        let message = format!("`{}` is no name of a source or a step", with.value);
        diagnostics.push(
            refused(with.span, message).help("make it a source, `sources: {NAME: ...}`, and name that"),
        );
    }
}

fn check_join(join: &Join, name: &Spanned<String>, diagnostics: &mut Diagnostics) {
    other(&join.with, diagnostics);
    chosen_of("`join`", name.span, &join.given(), Join::CHOICES, diagnostics);
    let pairs = join.pairs();
    let how = join.how();
    if let (How::Cross, Some((first, _))) = (how, pairs.first()) {
        diagnostics.push(
            refused(first.span, "a `cross` join takes each with each, by no column")
                .help("take the columns away, or join `inner`"),
        );
    }
    if how != How::Cross && pairs.is_empty() {
        diagnostics.push(
            refused(name.span, "`join` names no column that is the same in both")
                .help("add `on: [COLUMN]`, or `keys: {OWN: OTHER}`"),
        );
    }
    if matches!(how, How::Semi | How::Anti) {
        no_columns(join, how, diagnostics);
    }
}

/// A join that only looks whether there is another row takes no columns.
fn no_columns(join: &Join, how: How, diagnostics: &mut Diagnostics) {
    let select = join.select.as_ref().and_then(|select| Some(("select", select.first()?.span)));
    let prefix = join.prefix.as_ref().map(|prefix| ("prefix", prefix.span));
    for (key, at) in select.into_iter().chain(prefix) {
        let why = format!("a `{}` join takes no columns of the other rows", how.as_str());
        diagnostics.push(unused(key, at, &why, join.how.as_ref().map(|how| (how.span, "here"))));
    }
}

fn check_union(union: &Union, name: &Spanned<String>, diagnostics: &mut Diagnostics) {
    for with in &union.with.0 {
        other(with, diagnostics);
    }
    if union.with.0.is_empty() {
        let message = "`union` names no other rows";
        diagnostics.push(refused(name.span, message).help("name a source or a step: `with: NAME`"));
    }
    if let (Some(missing), false) = (&union.missing, union.by_name()) {
        let because = union.by_name.as_ref().map(|by_name| (by_name.span, "by their order"));
        let why = "which column is missing shows by its name alone";
        diagnostics.push(unused("missing", missing.span, why, because));
    }
}

fn check_window(window: &Window, name: &Spanned<String>, diagnostics: &mut Diagnostics) {
    some(name, window.r#as.0.len(), diagnostics);
    if let (Some(frame), None) = (&window.frame, &window.order) {
        let message = "without an order no row stands before another one";
        diagnostics.push(refused(frame.span, message).help("add `order: COLUMN`"));
    }
}

fn check_dedupe(dedupe: &Dedupe, name: &Spanned<String>, diagnostics: &mut Diagnostics) {
    if let Some(by) = &dedupe.by {
        named(&Spanned::new("by".to_owned(), name.span), by, diagnostics);
    }
    if let (Some(keep), None) = (&dedupe.keep, &dedupe.order) {
        let message = format!("nothing says which row is the {}", keep.value.as_str());
        diagnostics.push(refused(keep.span, message).help("add `order: COLUMN`, or take `keep` away"));
    }
    if let (Some(order), None) = (&dedupe.order, &dedupe.by) {
        let at = order.0.first().map_or(name.span, |order| order.span);
        let message = "rows that are the same in all columns are the same in this one";
        diagnostics.push(refused(at, message).help("say in which columns they are: `by: [...]`"));
    }
}
