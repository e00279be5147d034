//! `view-dependents`: views on a materialized view hold it when its definition has changed; and `sql-dialect`, where
//! Redshift makes no materialized view of a query, whether a step's key or a statement has it ([`query`]).
//!
//! From the Redshift Database Developer Guide: "DROP MATERIALIZED VIEW".

mod query;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::MadeView;
use crate::lang::value::TableName;
use crate::plan::Place;
use crate::resolve::edges::Views;
use crate::resolve::{Project, Scope};
use crate::sql::Access;
use crate::text::{FileId, Span, Spanned};

pub(super) fn check(scope: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    if !project.has_views {
        return;
    }
    let views = Views::new(&project.pipelines);
    query::check(scope, project, &views, diagnostics);
    for task in project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks) {
        let Some(made) = task.kind.makes_view() else { continue };
        let own = task.touches.iter().find(|touch| touch.access == Access::Creates);
        if let Some(own) = own {
            dependents(project, made, &own.dataset, &views, diagnostics);
        }
    }
}

/// Tells what depends on a view and is not named, and what is named and does not.
fn dependents(
    project: &Project<'_>,
    made: MadeView<'_>,
    own: &Place,
    views: &Views<'_>,
    diagnostics: &mut Diagnostics,
) {
    let Place::Table { connection, name } = own else { return };
    let dependents = views.dependents(std::slice::from_ref(own));
    let (itself, drops): (Vec<_>, Vec<_>) = made.drops.iter().partition(|drop| drop.value == *name);
    for drop in itself {
        diagnostics.push(drops_itself(drop));
    }
    for dependent in &dependents {
        let Place::Table { name: dependent_name, .. } = dependent else { continue };
        if !drops.iter().any(|drop| drop.value == *dependent_name) {
            diagnostics.push(held(project, made, name, dependent, dependent_name));
        }
    }
    // Where a pipeline is not understood, it may make what is named.
    if project.pipelines.iter().any(|pipeline| pipeline.incomplete) {
        return;
    }
    for drop in drops {
        let wanted = Place::Table { connection: connection.clone(), name: drop.value.clone() };
        if !dependents.contains(&&wanted) {
            let message = format!("no step makes {} of {name}: once it is dropped, it is gone", drop.value);
            diagnostics.push(
                Diagnostic::new(Code::ViewDependents, drop.span, message)
                    .help("name views that steps make again, or take it away"),
            );
        }
    }
}

fn drops_itself(drop: &Spanned<TableName>) -> Diagnostic {
    let message = format!("`drop_with` names {} itself", drop.value);
    Diagnostic::new(Code::ViewDependents, drop.span, message)
        .note("it is dropped and made again by its own step whenever its definition has changed")
        .help("name the views that read it, or take it away")
}

fn held(
    project: &Project<'_>,
    made: MadeView<'_>,
    name: &TableName,
    dependent: &Place,
    dependent_name: &TableName,
) -> Diagnostic {
    let message = format!("{dependent_name} depends on {name}, whose step fails when its definition changes");
    let diagnostic = Diagnostic::new(Code::ViewDependents, made.name.span, message).note(
        "Redshift refuses to drop a view that others depend on, and dagc drops none that nobody has named",
    );
    let diagnostic = match made_at(project, dependent) {
        Some(span) => diagnostic.also(span, "this view"),
        None => diagnostic,
    };
    diagnostic.help(format!(
        "write `drop_with: [{dependent_name}]`, so that it is dropped, too, and made again by its own step"
    ))
}

/// Where some data is made.
fn made_at(project: &Project<'_>, dataset: &Place) -> Option<Span> {
    let touches =
        project.pipelines.iter().flat_map(|pipeline| &pipeline.tasks).flat_map(|task| &task.touches);
    let mut made = touches.filter(|touch| touch.access == Access::Creates && touch.dataset == *dataset);
    made.next().map(|touch| touch.span)
}
