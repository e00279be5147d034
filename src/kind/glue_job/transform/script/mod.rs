//! The script of a `transform`: Spark in Python, as one writes it by hand.
//!
//! Takes a step and what it means; gives the text, which `ruff format` leaves as it is, and what its run is told beside its
//! inputs and its output. The shape is that of `dag_templates/glue_job.py.tera`; statements are laid out by
//! [`crate::python`], through which every text of the user's goes.

mod body;
mod files;
mod iceberg;
mod read;

pub(super) use body::{Body, Helper};

use super::Operations;
use crate::kind::contract::Lowering;
use crate::kind::glue_job::redshift::{Statements, connection};
use crate::kind::glue_job::{GlueJobStep, RedshiftTarget, WriteSpec};
use crate::lang::source::{Format, StoredSpec};
use crate::lang::step::WriteMode;
use crate::python::{Expr, INDENT, Keyword, WIDTH, literal};
use crate::template::Template;
use read::{Reading, Warehouse};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use tera::{Context, Tera};

const TEMPLATE: &str = "glue_job.py";

static TERA: LazyLock<Tera> = LazyLock::new(|| {
    let mut tera = Tera::default();
    tera.add_raw_template(TEMPLATE, include_str!("../../../../../dag_templates/glue_job.py.tera"))
        .expect("invariant: the template parses, as the tests of scripts show");
    tera
});

/// A script, and what its run is told.
pub(in crate::kind::glue_job) struct Script {
    /// Its text.
    pub text: String,
    /// What the expressions take of a run, by argument.
    pub arguments: BTreeMap<String, Template>,
}

/// What the template shows: Python that is laid out for its place.
#[derive(Default, Serialize)]
struct View {
    docstring: String,
    has_long_lines: bool,
    sql_imports: String,
    /// What it has only where it is used.
    helpers: Vec<&'static str>,
    constants: Vec<String>,
    signature: String,
    statements: Vec<String>,
    result: String,
    options: String,
    uses_spark: bool,
    reads: Vec<String>,
    /// The statements that write.
    writes: Vec<String>,
    /// Those of them that are passed over where the run has written already.
    once: Vec<String>,
    /// What is written is a frame of Glue's.
    is_loaded: bool,
}

/// Makes the script of a step; none where it lacks what a rule has asked for.
pub(in crate::kind::glue_job) fn script(
    step: &GlueJobStep,
    operations: &Operations,
    cx: &Lowering<'_, '_>,
) -> Option<Script> {
    let fill = |template: &Template| cx.template(template);
    let readings = read::readings(cx)?;
    let first = readings.first()?;
    let frames: Vec<(&str, String)> =
        readings.iter().filter_map(|reading| Some((reading.name?, reading.variable.clone()))).collect();
    let mut body = Body::new(&first.variable, &fill, &frames);
    for operation in &operations.list {
        operation.kind.write(&mut body);
    }
    if readings.iter().any(Reading::is_typed) {
        body.need(Helper::Typed);
    }
    let reads: Vec<String> = readings.iter().flat_map(Reading::statements).collect();
    let docstring = docstring(cx);
    let written = step.write.as_ref()?;
    let rows = call(&readings, &body);
    let is_iceberg = step.writes_iceberg().is_some();
    let Writing { needs, statements: writes, once } = if is_iceberg {
        iceberg::writing(written, &rows)?
    } else if let Some(target) = step.redshift() {
        Writing { statements: load(cx, target, &rows)?, ..Writing::default() }
    } else {
        Writing { statements: write(written, &rows), ..Writing::default() }
    };
    for helper in needs {
        body.need(helper);
    }
    let view = View {
        has_long_lines: docstring.lines().any(|line| literal::width(line) > WIDTH),
        docstring,
        sql_imports: body.sql_imports(),
        helpers: body.helpers(),
        constants: readings.iter().filter_map(Reading::constant).collect(),
        signature: signature(&readings, &body),
        result: body.current().to_owned(),
        options: options(
            &readings,
            &body,
            match step.redshift() {
                Some(_) => None,
                None => Some(if is_iceberg { "dagc-key" } else { "write_path" }),
            },
        ),
        is_loaded: step.redshift().is_some(),
        uses_spark: is_iceberg || reads.iter().any(|statement| statement.contains("spark.")),
        reads,
        writes,
        once,
        statements: body.statements,
    };
    let context = Context::from_serialize(&view).expect("invariant: the view has fields");
    let text = TERA.render(TEMPLATE, &context).expect("invariant: the template uses the view's fields only");
    Some(Script { text, arguments: body.arguments })
}

/// What the script is for, and what it is made from.
fn docstring(cx: &Lowering<'_, '_>) -> String {
    let description = cx.task.step.and_then(|step| step.common().description.as_ref());
    let what = description.map_or_else(
        || format!("Step {} of pipeline {}.", cx.task.name, cx.pipeline),
        |text| text.value.trim().to_owned(),
    );
    let spec = &cx.scope.files.sources().file(cx.task.span.file).path;
    let made = format!("Made by dagc from {spec}, step {}: change that, and not this.", cx.task.name);
    literal::block(&format!("{what}\n\n{made}\n"))
}

/// The names by which the frames are handed over, and the run's values where expressions take some.
fn frames(readings: &[Reading], body: &Body<'_>) -> Vec<String> {
    let names = readings.iter().map(|reading| reading.variable.clone());
    names.chain(body.has(Helper::Filled).then(|| "args".to_owned())).collect()
}

fn signature(readings: &[Reading], body: &Body<'_>) -> String {
    let typed = |name: String| {
        let kind = if name == "args" { "dict[str, str]" } else { "DataFrame" };
        Expr::code(format!("{name}: {kind}"))
    };
    let parameters = frames(readings, body).into_iter().map(typed).collect();
    let call = Expr::Call("def transform".to_owned(), parameters, Vec::new());
    format!("{} -> DataFrame:", call.layout(0, 0, " -> DataFrame:".len()))
}

fn call(readings: &[Reading], body: &Body<'_>) -> Expr {
    let arguments = frames(readings, body).into_iter().map(Expr::code).collect();
    Expr::Call("transform".to_owned(), arguments, Vec::new())
}

/// The statement that reads the run's arguments; `written` is the one by which it writes, none where it loads.
fn options(readings: &[Reading], body: &Body<'_>, written: Option<&str>) -> String {
    let inputs = readings.iter().flat_map(Reading::arguments);
    let values = body.arguments.keys().map(|name| name.trim_start_matches("--").to_owned());
    let is_folder_used = written.is_none() || readings.iter().any(Reading::is_unloaded);
    let own = is_folder_used.then_some("TempDir").into_iter().chain(written).map(str::to_owned);
    let names = std::iter::once("JOB_NAME".to_owned()).chain(inputs).chain(own);
    let names = Expr::texts(names.chain(values));
    let call = Expr::Call("getResolvedOptions".to_owned(), vec![Expr::code("sys.argv"), names], Vec::new());
    assigned("args", &call)
}

/// How a script writes.
#[derive(Default)]
struct Writing {
    /// What the script needs for it.
    needs: Vec<Helper>,
    /// The statements.
    statements: Vec<String>,
    /// Those that are passed over where the run has written already.
    once: Vec<String>,
}

/// The statements that make the rows and write them.
fn write(write: &WriteSpec, rows: &Expr) -> Vec<String> {
    let format = write.format.as_ref().and_then(StoredSpec::files).unwrap_or(&Format::Parquet);
    let mut keywords: Vec<Keyword> = vec![("format".to_owned(), Expr::text(format.name()))];
    let mode = write.mode.as_ref().map_or(WriteMode::Overwrite, |mode| mode.value);
    keywords.push(("mode".to_owned(), Expr::text(mode.as_str())));
    if let Some(by) = write.partition_by.as_ref().filter(|by| !by.is_empty()) {
        let by = Expr::texts(by.iter().map(|column| column.value.as_str()));
        keywords.push(("partitionBy".to_owned(), by));
        if mode == WriteMode::Overwrite {
            // The other partitions stay.
            keywords.push(("partitionOverwriteMode".to_owned(), Expr::text("dynamic")));
        }
    }
    if let Some(compression) = &write.compression {
        keywords.push(("compression".to_owned(), Expr::text(compression.value.as_str())));
    }
    keywords.extend(files::settings(format));
    let save = Expr::Call("rows.write.save".to_owned(), vec![Expr::code("args[\"write_path\"]")], keywords);
    vec![assigned("rows", rows), save.layout(INDENT, INDENT, 0)]
}

/// The statements that make the rows and load them into a table of Redshift.
fn load(cx: &Lowering<'_, '_>, target: &RedshiftTarget, rows: &Expr) -> Option<Vec<String>> {
    let warehouse = Warehouse::new(cx, connection(cx.scope, target)?)?;
    let job = format!("{}-{}-{}", cx.scope.project, cx.pipeline, cx.task.id);
    let Statements { into, before, after } = target.statements(&job);
    let mut options = warehouse.options(&into);
    let mut lines =
        vec![assigned("rows", rows), "frame = DynamicFrame.fromDF(rows, glue, \"rows\")".to_owned()];
    for (name, option, statements) in [("before", "preactions", before), ("after", "postactions", after)] {
        if !statements.is_empty() {
            lines.push(assigned(name, &Expr::texts(statements)));
            options.push((option.to_owned(), Expr::code(format!("\"; \".join({name})"))));
        }
    }
    let keywords = vec![
        ("frame".to_owned(), Expr::code("frame")),
        ("connection_type".to_owned(), Expr::text("redshift")),
        ("connection_options".to_owned(), Expr::dict(options)),
        ("transformation_ctx".to_owned(), Expr::text("written")),
    ];
    let call = Expr::call("glue.write_dynamic_frame.from_options", keywords);
    lines.push(call.layout(INDENT, INDENT, 0));
    Some(lines)
}

/// An assignment in a function, without the space before it.
fn assigned(name: &str, value: &Expr) -> String {
    let head = format!("{name} = ");
    format!("{head}{}", value.layout(INDENT, INDENT + literal::width(&head), 0))
}
