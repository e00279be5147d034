//! Order through steps that start other pipelines of the project.

use super::{Written, compiled};

/// The edges of the first of some pipelines, or the codes of what is wrong.
fn order(pipelines: &[Written<'_>]) -> String {
    let (_, compiled) = compiled(pipelines);
    let found = compiled.diagnostics.clone().into_sorted();
    if !found.is_empty() {
        return found.iter().map(|one| one.code.to_string()).collect::<Vec<_>>().join(" ");
    }
    let edges = compiled.plans[0].pipelines[0].reduced_edges();
    let mut edges: Vec<_> = edges.iter().map(|edge| format!("{}>{}", edge.from, edge.to)).collect();
    edges.sort_unstable();
    edges.join(" ")
}

/// What is started: it reads `m.s`, and writes `m.t` by way of a table of its own.
const STARTED: &str =
    "make: create table m.own as select * from m.s\nfill: insert into m.t select * from m.own";

#[test]
fn a_started_pipeline_stands_between_what_it_reads_and_what_it_writes() {
    let read = "read: insert into o.t select * from m.t";
    let start = "start= {pipeline: {name: q}}";
    for (steps, expected) in [
        (format!("{read}\n{start}"), "give>start start>read"),
        // Nobody waits: it reads nevertheless.
        (format!("{read}\nstart= {{pipeline: {{name: q, wait: false}}}}"), "give>start"),
        // What somebody else's DAG does is said.
        (format!("{read}\nstart= {{pipeline: {{dag: x}}}}"), ""),
        (
            format!("{read}\nstart= {{pipeline: {{dag: x, reads: [m.s], writes: [m.t]}}}}"),
            "give>start start>read",
        ),
        // What is named wins.
        (format!("{read}\nstart= {{after: read, pipeline: {{name: q}}}}"), "give>start read>start"),
        // Through a view, and with a check that holds back the others.
        (
            format!(
                "view: create view m.v as select * from m.t\n{start}\nread: insert into o.t select * from m.v"
            ),
            "give>start start>view view>read",
        ),
        (
            format!("{read}\n{start}\ncheck= {{sql_check: {{of: m.t, expect: [{{rows: \">= 1\"}}]}}}}"),
            "check>read give>start start>check",
        ),
        // What both write has the order that the user gives.
        (format!("more: insert into m.t select * from m.t\n{start}"), "give>start"),
    ] {
        let steps = format!("{steps}\ngive: insert into m.s values (1)");
        assert_eq!(order(&[("p", "\"@daily\"", &steps), ("q", "none", STARTED)]), expected, "{steps}");
    }
}

#[test]
fn what_is_started_may_start_others() {
    let steps = "read: insert into o.t select * from m.t\nstart= {pipeline: {name: r}}\ngive: insert into m.s values (1)";
    for (through, expected) in
        [("{name: q}", "give>start start>read"), ("{name: q, wait: false}", "give>start")]
    {
        let through = format!("on= {{pipeline: {through}}}");
        let pipelines = [("p", "\"@daily\"", steps), ("q", "none", STARTED), ("r", "none", &*through)];
        assert_eq!(order(&pipelines), expected, "{through}");
    }
}

#[test]
fn who_reads_what_it_has_started_has_a_schedule() {
    let steps = "read: insert into o.t select * from m.t\nstart= {pipeline: {name: q}}\ngive: insert into m.s values (1)";
    assert_eq!(order(&[("p", "", steps), ("q", "none", STARTED)]), "pipeline-cycle");
}
