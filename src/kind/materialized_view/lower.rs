//! The view as it shall be.

use super::{DistStyle, MaterializedViewStep};
use crate::kind::contract::{Lowered, Lowering, connection, statements};
use crate::plan::{Job, Work};
use crate::service::redshift::job::MaterializedView;
use crate::service::redshift::job::view::Distribution;
use crate::service::redshift::job::{RunSql, SqlBody};

pub(super) fn lower(step: &MaterializedViewStep, cx: &Lowering<'_, '_>) -> Option<Lowered> {
    let view = MaterializedView {
        name: step.view.value.clone(),
        query: statements(cx, cx.task.scripts.first()?)?.into_iter().next()?,
        backup: step.backup.as_ref().is_none_or(|backup| backup.value),
        distribution: distribution(step),
        sort_key: step.sortkey.iter().flatten().map(|column| column.value.clone()).collect(),
        auto_refresh: step.auto_refresh.as_ref().is_some_and(|auto| auto.value),
        drop_with: step.drop_with.iter().flatten().map(|view| view.value.clone()).collect(),
    };
    let body = SqlBody::MaterializedView(view);
    let run = RunSql { connection: connection(cx.task.connection.as_ref()?), body };
    Some(Lowered::work(Work::Job(Job::RunSql(Box::new(run)))))
}

fn distribution(step: &MaterializedViewStep) -> Option<Distribution> {
    let style = step.diststyle.as_ref().map(|style| match style.value {
        DistStyle::Even => Distribution::Even,
        DistStyle::All => Distribution::All,
    });
    step.distkey.as_ref().map(|column| Distribution::Key(column.value.clone())).or(style)
}
