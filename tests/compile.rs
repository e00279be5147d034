//! Whole projects through the compiler.

use dagc::compile::{Environments, compile};
use dagc::load::load;
use dagc::plan::ProjectPlan;
use std::fmt::Write;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Writes a plan as a person would check it: tasks in order, edges with their reasons, links.
fn outline(plan: &ProjectPlan) -> String {
    let mut text = String::new();
    for pipeline in &plan.pipelines {
        writeln!(text, "{} {:?}", pipeline.dag.id, pipeline.dag.schedule).unwrap();
        for task in pipeline.tasks() {
            writeln!(text, "  {} ({})", task.id, task.kind).unwrap();
            let data = |data: &[dagc::plan::Dataset]| {
                data.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            };
            if !task.reads.is_empty() {
                writeln!(text, "    reads {}", data(&task.reads)).unwrap();
            }
            if !task.writes.is_empty() {
                writeln!(text, "    writes {}", data(&task.writes)).unwrap();
            }
            if !task.outlets.is_empty() {
                writeln!(text, "    announces {}", task.outlets.join(", ")).unwrap();
            }
        }
        let reduced = pipeline.reduced_edges();
        for edge in pipeline.edges() {
            let why: Vec<String> = edge.why.iter().map(ToString::to_string).collect();
            let implied = if reduced.contains(&edge) { "" } else { " (implied)" };
            writeln!(text, "  {} -> {}: {}{implied}", edge.from, edge.to, why.join("; ")).unwrap();
        }
    }
    for link in &plan.links {
        let reader = link.to_task.as_deref().unwrap_or("*");
        let asset = link.asset.as_deref().unwrap_or("no asset");
        writeln!(
            text,
            "{}.{} => {}.{reader}: {} ({asset})",
            link.from_pipeline, link.from_task, link.to_pipeline, link.why
        )
        .unwrap();
    }
    text
}

fn messages(compiled: &dagc::compile::Compiled) -> String {
    let files = load(root()).unwrap();
    let mut text = String::new();
    for item in compiled.diagnostics.clone().into_sorted() {
        writeln!(text, "{} {} {}", files.sources.location(item.primary.span), item.code, item.message)
            .unwrap();
    }
    text
}

#[test]
fn the_example_project_compiles() {
    let files = load(root()).unwrap();
    let compiled = compile(&files, &Environments::All);
    assert_eq!(messages(&compiled), "");
    assert_eq!(compiled.environments, ["dev", "prod"]);
    assert_eq!(compiled.plans.len(), 2);
    insta::assert_snapshot!("example", outline(&compiled.plans[0]));
}
