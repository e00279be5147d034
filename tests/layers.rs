//! Text flows down through the layers of `src/lib.rs`, and nothing flows back up.

use std::path::Path;

/// The modules in the order of `src/lib.rs`: each knows only what stands before it.
const ORDER: &[&str] = &[
    "text",
    "diagnostic",
    "yaml",
    "template",
    "objects",
    "sql",
    "expand",
    "lang",
    "service",
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
    "exec",
    "publish",
    "ui",
    "cli",
];

/// What a module must not know although it stands before it: effects do not know each other.
const STRANGERS: &[(&str, &[&str])] = &[
    ("publish", &["exec", "load", "write", "cache"]),
    ("exec", &["load", "write", "cache"]),
    ("aws", &["load", "write", "cache", "compile", "emit", "lower", "check", "resolve"]),
];

fn place(module: &str) -> Option<usize> {
    ORDER.iter().position(|known| *known == module)
}

/// The modules that a file names behind `crate::`.
fn imports(text: &str) -> Vec<String> {
    let code =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut imports = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let group = &group[..group.find('}').unwrap_or(group.len())];
            imports.extend(group.split(',').map(|item| item.trim().to_owned()));
        } else {
            imports.push(rest.to_owned());
        }
    }
    let name = |text: &String| {
        let end = text.find(|c: char| !(c.is_ascii_lowercase() || c == '_')).unwrap_or(text.len());
        text[..end].to_owned()
    };
    imports.iter().map(name).filter(|name| !name.is_empty()).collect()
}

fn violations(source: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(source).sort_by_file_name().into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(source).unwrap().to_string_lossy().replace('\\', "/");
        let module = path.split(['/', '.']).next().unwrap();
        if entry.path().extension().is_none_or(|extension| extension != "rs")
            || matches!(module, "lib" | "main" | "bin")
        {
            continue;
        }
        let Some(own) = place(module) else {
            found.push(format!("{path}: module `{module}` has no place; add it to src/lib.rs and here"));
            continue;
        };
        for import in imports(&std::fs::read_to_string(entry.path()).unwrap()) {
            let strangers =
                STRANGERS.iter().any(|(name, others)| *name == module && others.contains(&import.as_str()));
            if strangers || place(&import).is_some_and(|other| other > own) {
                found.push(format!("{path}: `{module}` must not know `{import}`"));
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
    std::fs::write(folder.path().join("yaml.rs"), "use crate::{text::Span, cli::Run};\n// crate::emit\n")
        .unwrap();
    std::fs::write(folder.path().join("exec.rs"), "fn f() { crate::publish::run() }").unwrap();
    std::fs::write(folder.path().join("odd.rs"), "").unwrap();
    let found = violations(folder.path());
    assert_eq!(found.len(), 3, "{found:?}");
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
