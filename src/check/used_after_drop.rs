//! `used-after-drop`: a table is dropped or emptied, and used afterwards.

use super::schedules::Schedules;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::plan::Place;
use crate::resolve::edges::{At, touch};
use crate::resolve::{Project, Scope};
use crate::sql::Access;
use crate::text::FileId;
use std::collections::HashMap;

pub(super) fn check(_: &Scope<'_>, project: &Project<'_>, _: &[FileId], diagnostics: &mut Diagnostics) {
    for (user, end) in project.graphs.iter().flat_map(|graph| &graph.late) {
        diagnostics.push(in_one_pipeline(project, *user, *end));
    }
    let ends: Vec<At> = project.graphs.iter().flat_map(|graph| graph.dropped.iter().copied()).collect();
    if ends.is_empty() {
        return;
    }
    let users = users(project, &ends);
    let mut schedules = Schedules::new(project);
    for end in ends {
        let dataset = &touch(&project.pipelines, end).dataset;
        for user in users.get(dataset).into_iter().flatten().filter(|user| user.at.pipeline != end.pipeline) {
            let is_after = schedules.reaches(user.at.pipeline, end.pipeline);
            let is_before = schedules.reaches(end.pipeline, user.at.pipeline);
            let is_fine = is_after || (user.makes && is_before);
            // Who starts a pipeline by hand gives it its order.
            let by_hand = schedules.is_manual(user.at.pipeline) || schedules.is_manual(end.pipeline);
            if !is_fine && !by_hand {
                diagnostics.push(across_pipelines(project, user.at, end, is_before));
            }
        }
    }
}

/// A pipeline that uses what another one drops.
struct User {
    /// Where it does so first.
    at: At,
    /// It makes the table itself, so that it may as well come after the drop.
    makes: bool,
}

/// Finds who uses the tables that are dropped: each pipeline once.
fn users<'l>(project: &'l Project<'_>, ends: &[At]) -> HashMap<&'l Place, Vec<User>> {
    let mut users: HashMap<&Place, Vec<User>> =
        ends.iter().map(|end| (&touch(&project.pipelines, *end).dataset, Vec::new())).collect();
    for (pipeline, whole) in project.pipelines.iter().enumerate() {
        for (task, resolved) in whole.tasks.iter().enumerate() {
            for (n, item) in resolved.touches.iter().enumerate() {
                let Some(known) = users.get_mut(&item.dataset) else { continue };
                let makes = item.access == Access::Creates;
                match known.last_mut().filter(|user| user.at.pipeline == pipeline) {
                    Some(user) => user.makes |= makes,
                    None if item.access == Access::Ends => {}
                    None => known.push(User { at: At { pipeline, task, touch: n }, makes }),
                }
            }
        }
        // Through a view.
        for (at, table) in &project.graphs[pipeline].seen {
            let known = users.get_mut(table);
            if let Some(known) =
                known.filter(|known| known.last().is_none_or(|user| user.at.pipeline != pipeline))
            {
                known.push(User { at: *at, makes: false });
            }
        }
    }
    users
}

fn across_pipelines(project: &Project<'_>, user: At, end: At, is_before: bool) -> Diagnostic {
    let pipeline = |at: At| project.pipelines[at.pipeline].spec.pipeline.value.0.as_str();
    let step = |at: At| format!("{}.{}", pipeline(at), project.pipelines[at.pipeline].tasks[at.task].name);
    let (item, ended) = (touch(&project.pipelines, user), touch(&project.pipelines, end));
    let when = if is_before { "which starts after that" } else { "in no order" };
    let diagnostic = Diagnostic::new(
        Code::UsedAfterDrop,
        ended.span,
        format!("`{}` drops {}, which `{}` uses, {when}", step(end), ended.dataset, step(user)),
    )
    .label("dropped here")
    .also(item.span, "used here");
    diagnostic.help(if is_before {
        format!("let pipeline `{}` drop it, when it is done with it", pipeline(user))
    } else {
        format!(
            "let pipeline `{}` drop it, or start `{}` when it is done with it: `schedule: {{after: [{}]}}`",
            pipeline(user),
            pipeline(end),
            step(user)
        )
    })
}

fn in_one_pipeline(project: &Project<'_>, user: At, end: At) -> Diagnostic {
    let step = |at: At| project.pipelines[at.pipeline].tasks[at.task].name;
    let (item, ended) = (touch(&project.pipelines, user), touch(&project.pipelines, end));
    let (did, do_it) = words(ended.access);
    Diagnostic::new(
        Code::UsedAfterDrop,
        item.span,
        format!("step `{}` uses {} after step `{}` has {did} it", step(user), item.dataset, step(end)),
    )
    .label("used here")
    .also(ended.span, format!("{did} here"))
    .help(if only_ends(project, end) {
        format!("take the order away that puts `{}` before `{}`, or make the table anew between them", step(end), step(user))
    } else {
        format!(
            "step `{}` comes after `{}` for another reason: let a step of its own {do_it} it, which then comes last",
            step(user),
            step(end)
        )
    })
}

/// Says whether a step does nothing but drop or empty tables.
fn only_ends(project: &Project<'_>, end: At) -> bool {
    let touches = &project.pipelines[end.pipeline].tasks[end.task].touches;
    touches.iter().all(|touch| matches!(touch.access, Access::Ends | Access::Empties))
}

/// What was done, and what is to be done.
fn words(end: Access) -> (&'static str, &'static str) {
    if end == Access::Empties { ("emptied", "empty") } else { ("dropped", "drop") }
}
