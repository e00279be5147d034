//! `data-day`: dates of the run's own start, where data has started it.
//!
//! A run that is started by data has no logical date: `ds` is the day on which it happens to start. The interval of
//! the run that made the data is `data_interval_start` and `data_interval_end`, in Airflow 2 and 3 alike.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Pipeline, Project, Scope, each_template, narrowed};
use crate::template::{Date, Expr, Template};
use crate::text::{FileId, Span};

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    for (pipeline, schedule) in project.pipelines.iter().zip(&project.links.schedules) {
        if schedule.is_some() {
            by_data(scope, pipeline, diagnostics);
            if scope.airflow.major > 2 {
                of_operators(pipeline, diagnostics);
            }
        }
    }
}

/// Tells the names in what operators are given that Airflow 3 does not fill in where data has started the run.
fn of_operators(pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        task.kind.check_started_by_data(diagnostics);
    }
}

/// Says where a pipeline that data starts first writes a date of its own start.
fn by_data(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    let sources = scope.files.sources();
    let mut first: Option<(Expr, Span)> = None;
    let mut look = |template: &Template, span: Span| {
        template.visit(&mut |expr| {
            let is_own = matches!(expr, Expr::Date { date: Date::Logical, .. });
            if is_own && first.as_ref().is_none_or(|(_, first)| span.start < first.start) {
                first = Some((expr.clone(), span));
            }
        });
    };
    for path in pipeline.spec.sources().iter().filter_map(|(_, source)| source.path.as_ref()) {
        look(&path.value.0, path.span);
    }
    for task in &pipeline.tasks {
        each_template(task, sources, &mut look);
    }
    let Some((expr, span)) = first else { return };
    let Expr::Date { zone, form, .. } = expr.clone() else { return };
    let meant = Expr::Date { date: Date::IntervalStart, zone, form };
    let message = format!(
        "`{expr}` is when this run starts, and not the time of its data: `{}` is started by data",
        pipeline.spec.pipeline.value.0
    );
    let diagnostic = Diagnostic::new(Code::DataDay, narrowed(sources, span, &expr.to_string()), message)
        .note("`data_interval_start` is that of the run that made the data")
        .help(format!("write `{{{{ {meant} }}}}`"));
    diagnostics.push(match pipeline.spec.schedule.as_ref() {
        Some(schedule) => diagnostic.also(schedule.span, "this starts it"),
        None => diagnostic,
    });
}
