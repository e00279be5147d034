//! Text flows down through the layers of `src/lib.rs`, and nothing flows back up.

mod paths;

use paths::Modules;
use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The modules in the order of `src/lib.rs`: each knows only what stands before it. Where several rows are of a module,
/// the one that says most of it counts; `*` is any name.
const ORDER: &[&str] = &[
    "text",
    "diagnostic",
    "python",
    "yaml",
    "template",
    "objects",
    "sql",
    "columns",
    "expand",
    "lang",
    "service",
    "service::*::job",
    "service::table",
    "service::permissions",
    "plan",
    "scope",
    "kind",
    "document",
    "resolve",
    "check",
    "lower",
    "emit",
    "compile",
    "load",
    "write",
    "cache",
    "aws",
    "exec::*",
    "service::*::run",
    "exec",
    "simulation",
    "publish::*",
    "service::*::publish",
    "publish",
    "ui",
    "cli",
];

/// What a module must not know although it stands before it: effects do not know each other.
const STRANGERS: &[(&str, &[&str])] = &[
    ("publish", &["exec", "load", "write", "cache"]),
    ("service::*::publish", &["exec", "service::*::run", "load", "write", "cache"]),
    ("exec", &["load", "write", "cache"]),
    ("service::*::run", &["load", "write", "cache"]),
    ("aws", &["load", "write", "cache", "compile", "emit", "lower", "check", "resolve"]),
];

/// Says whether a pattern is of a module or of one that it is in.
fn is_of(pattern: &str, module: &str) -> bool {
    let mut parts = module.split("::");
    pattern.split("::").all(|wanted| parts.next().is_some_and(|part| wanted == "*" || wanted == part))
}

/// The row of a module.
fn place(module: &str) -> Option<usize> {
    let rows = ORDER.iter().enumerate().filter(|(_, pattern)| is_of(pattern, module));
    let says = |pattern: &str| (pattern.split("::").count(), pattern.len());
    rows.max_by_key(|(_, pattern)| says(pattern)).map(|(row, _)| row)
}

/// The room of a module, and for what is of one service that service.
fn room(module: &str) -> &str {
    let ends: Vec<usize> = module.match_indices("::").map(|(at, _)| at).collect();
    ends.get(usize::from(is_of("service::*::*", module))).map_or(module, |end| &module[..*end])
}

fn violations(source: &Path) -> Vec<String> {
    let modules = Modules::read(source);
    let mut found = Vec::new();
    for module in modules.names() {
        let Some(own) = place(module) else {
            found.push(format!("module `{module}` has no place; add it to src/lib.rs and here"));
            continue;
        };
        for import in modules.known_to(module) {
            let is_stranger = STRANGERS.iter().any(|(pattern, others)| {
                is_of(pattern, module) && others.iter().any(|other| is_of(other, &import))
            });
            let is_above = room(&import) != room(module) && place(&import).is_some_and(|other| other > own);
            let of_services = [module, &import].iter().all(|it| is_of("service::*::*", it));
            if is_stranger || is_above || (of_services && room(&import) != room(module)) {
                found.push(format!("`{module}` must not know `{import}`"));
            }
        }
    }
    found
}

#[test]
fn layers_hold() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let found = violations(&source);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Where a kind is named outside of `src/kind`, and why its contract cannot say it: the file, and what it names.
const KNOWN_KINDS: &[(&str, &str)] = &[
    // The settings of a wait that is off: there is no task that could be asked.
    ("check/waiting.rs", "crate::kind::wait"),
];

/// What of a text names one kind: a variant of the closed enums, or the folder of a kind.
fn kinds_in(text: &str) -> Vec<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let word = |rest: &str| rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())].to_owned();
    let mut found = Vec::new();
    for name in ["TaskKind", "StepKind"] {
        let path = format!("{name}::");
        let named = text.split(&path).skip(1).map(word);
        let variants = named.filter(|word| {
            word.starts_with(|c: char| c.is_ascii_uppercase()) && word.chars().any(|c| c.is_ascii_lowercase())
        });
        found.extend(variants.map(|variant| format!("{name}::{variant}")));
    }
    let parts = text.split("crate::kind::").skip(1).map(word);
    found.extend(
        parts
            .filter(|part| !part.is_empty() && place_of_kind(part) == 2)
            .map(|part| format!("crate::kind::{part}")),
    );
    found
}

/// What has to be known of a kind is asked through its contract.
#[test]
fn nothing_else_names_a_kind() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    for entry in walkdir::WalkDir::new(&source).into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(&source).unwrap().to_string_lossy().replace('\\', "/");
        if entry.path().extension().is_none_or(|end| end != "rs") || path.starts_with("kind/") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap();
        found.extend(kinds_in(&text).into_iter().map(|kind| (path.clone(), kind)));
    }
    let found: Vec<(&str, &str)> = found.iter().map(|(path, kind)| (path.as_str(), kind.as_str())).collect();
    assert_eq!(found, KNOWN_KINDS, "ask the kind through its contract, or list it with the reason");
    assert_eq!(
        kinds_in(
            "match kind { TaskKind::Bash(_) => StepKind::NAMES, } use crate::kind::bash::X; crate::kind::KINDS"
        ),
        ["TaskKind::Bash", "crate::kind::bash"]
    );
}

/// The place of a part of `kind`: the contract, what kinds share, the kinds, the table of them.
fn place_of_kind(part: &str) -> usize {
    match part {
        "contract" => 0,
        "shared" => 1,
        "table" | "mod" | "StepKind" | "TaskKind" | "KINDS" | "Described" => 3,
        _ => 2,
    }
}

/// The parts of `kind` that one of them names although they stand above it, or beside it.
fn strange_kinds(own: &str, text: &str) -> Vec<String> {
    let parts = text.split("crate::kind::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if rest.starts_with('{') { "mod".to_owned() } else { rest[..end].to_owned() }
    });
    let is_strange = |part: &String| part != own && place_of_kind(part) >= place_of_kind(own).clamp(1, 2);
    parts.filter(is_strange).collect()
}

/// A kind knows the contract and what kinds share, and neither another kind nor the table.
#[test]
fn kinds_do_not_know_each_other() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kind");
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(&source).into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(&source).unwrap().to_string_lossy().replace('\\', "/");
        let own = path.split(['/', '.']).next().unwrap();
        if entry.path().extension().is_some_and(|end| end == "rs") && place_of_kind(own) < 3 {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            found.extend(
                strange_kinds(own, &text)
                    .iter()
                    .map(|part| format!("{path}: `{own}` must not know `{part}`")),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(
        strange_kinds("bash", "use crate::kind::glue_job::X; use crate::kind::contract::Cx;"),
        ["glue_job"]
    );
    assert_eq!(
        strange_kinds("contract", "use crate::kind::shared::keys; use crate::kind::TaskKind;"),
        ["shared", "TaskKind"]
    );
}

#[test]
fn a_breach_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("text.rs", "");
    write("yaml.rs", "use crate::{text::Span, cli::Run};\n// crate::emit\n");
    write("cli.rs", "");
    write("exec/mod.rs", "fn f() { crate::publish::run() }");
    write("exec/key.rs", "use crate::service::glue::run::X;");
    write("publish.rs", "");
    write("odd.rs", "");
    write("service/glue/job.rs", "use crate::aws::send;\nuse crate::service::s3::job::X;");
    write("service/glue/run.rs", "use super::job::X;\nuse crate::exec::{Exit, key::Key};");
    write("service/s3/job.rs", "");
    write("aws.rs", "");
    let found = violations(folder.path());
    assert_eq!(
        found,
        [
            "`exec` must not know `publish`",
            "`exec::key` must not know `service::glue::run`",
            "module `odd` has no place; add it to src/lib.rs and here",
            "`service::glue::job` must not know `aws`",
            "`service::glue::job` must not know `service::s3::job`",
            "`service::glue::run` must not know `exec`",
            "`yaml` must not know `cli`",
        ]
    );
}

/// The circles among the children of each module: children that know one another, each through whatever it holds.
fn circles(source: &Path) -> Vec<String> {
    let modules = Modules::read(source);
    let mut known = BTreeMap::<String, Known>::new();
    for (folder, own, other) in modules.names().flat_map(|module| modules.siblings_of(module)) {
        known.entry(folder).or_default().insert(own, other);
    }
    let circle = |(folder, graph): (&String, &Known)| -> Vec<String> {
        graph.circles().into_iter().map(|names| format!("in `{folder}`: {}", names.join(", "))).collect()
    };
    known.iter().flat_map(circle).collect()
}

/// Which names lead to which.
#[derive(Default)]
struct Known(BTreeMap<String, BTreeSet<String>>);

impl Known {
    fn insert(&mut self, from: String, to: String) {
        self.0.entry(to.clone()).or_default();
        self.0.entry(from).or_default().insert(to);
    }

    fn circles(&self) -> Vec<Vec<String>> {
        let mut graph = DiGraph::<&String, ()>::new();
        let nodes: BTreeMap<&String, _> = self.0.keys().map(|name| (name, graph.add_node(name))).collect();
        for (from, others) in &self.0 {
            for to in others {
                graph.add_edge(nodes[from], nodes[to], ());
            }
        }
        let parts = tarjan_scc(&graph).into_iter().filter(|part| part.len() > 1);
        let named = parts.map(|part| {
            let mut names: Vec<String> = part.into_iter().map(|node| graph[node].clone()).collect();
            names.sort_unstable();
            names
        });
        named.collect()
    }
}

/// Two modules that know each other are one module in two files: what both need goes into a third.
#[test]
fn siblings_make_no_circle() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let found = circles(&source);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_circle_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("a.rs", "pub use d::D;");
    write("a/b.rs", "use super::c::C;");
    write("a/c/mod.rs", "");
    write("a/c/e.rs", "fn f() { crate::a::D::new() }");
    write("a/d.rs", "use super::{b::B, f};\n#[cfg(test)]\nmod tests { use super::super::g; }");
    write("a/f.rs", "");
    write("a/g.rs", "use super::d;");
    assert_eq!(circles(folder.path()), ["in `a`: b, c, d"]);
}

/// What a file sends past `aws::send`, which knows what each call does to the world.
fn sent_past_the_table(text: &str) -> Vec<&'static str> {
    const WAYS: [&str; 6] =
        [".send()", ".send_with(", ".into_paginator()", ".customize()", ".presigned(", "RetryConfig"];
    let squeezed: String = text.split_whitespace().collect();
    WAYS.into_iter().filter(|way| squeezed.contains(way)).collect()
}

/// Whether a call may be sent twice is the table's to say, at no call.
#[test]
fn calls_of_aws_go_through_their_table() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(&source).into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(&source).unwrap();
        if path.starts_with("aws") || path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap();
        found.extend(sent_past_the_table(&text).iter().map(|way| format!("{}: {way}", path.display())));
    }
    assert!(found.is_empty(), "use `aws::send` or `aws::pages`:\n{}", found.join("\n"));
    assert_eq!(sent_past_the_table("client.get_job()\n    .send()\n    .await"), [".send()"]);
}
