//! Every kind of the table has its page, an example that compiles, and what these lead to.

use dagc::compile::{Environments, compile};
use dagc::document::page::{index, page};
use dagc::document::schema::{Document, schema};
use dagc::kind::{KINDS, StepKind};
use dagc::load::load;
use dagc::plan::Plan;
use dagc::service::permissions::sections;
use dagc::service::section::Heading;
use std::fs;
use std::path::PathBuf;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Holds a page of the docs to what is made of the code; `UPDATE=1` writes it.
fn hold(name: &str, text: &str) {
    let path = root().join("docs/steps").join(name);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, text).unwrap();
    }
    let is_same = fs::read_to_string(&path).unwrap_or_default() == text;
    assert!(is_same, "docs/steps/{name} is stale: run `UPDATE=1 cargo test kinds`");
}

#[test]
fn pages_are_made_of_the_kinds() {
    hold("README.md", &index());
    for kind in KINDS {
        hold(&format!("{}.md", kind.name), &page(kind));
        assert!(kind.page.starts_with(&format!("# `{}`", kind.name)), "{}: a page has a title", kind.name);
    }
    let listed = fs::read_dir(root().join("docs/steps")).unwrap().count();
    assert_eq!(listed, KINDS.len() + 1, "docs/steps has a page for each kind, and the list of them");
}

#[test]
fn rights_are_those_of_a_service() {
    let headings: Vec<Heading> = sections().iter().map(|section| section.heading).collect();
    for kind in KINDS {
        assert!(kind.rights.is_none_or(|rights| headings.contains(&rights)), "{}: {headings:?}", kind.name);
    }
}

#[test]
fn each_kind_has_a_folder_and_each_folder_a_kind() {
    let folders = fs::read_dir(root().join("src/kind")).unwrap().map(Result::unwrap);
    let mut folders: Vec<String> = folders
        .filter(|entry| entry.path().join("page.md").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    folders.sort_unstable();
    let mut kinds: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    kinds.sort_unstable();
    assert_eq!(folders, kinds);
}

/// Compiles an example in the default project; gives what was found and the kinds of its tasks.
fn compiled(example: &str) -> (String, Vec<&'static str>) {
    let folder = tempfile::tempdir().unwrap();
    let default = root().join("tests/default_project/dagc.yaml");
    fs::copy(default, folder.path().join("dagc.yaml")).unwrap();
    fs::create_dir(folder.path().join("specs")).unwrap();
    fs::write(folder.path().join("specs/example.yaml"), example).unwrap();
    let files = load(folder.path()).unwrap();
    let compiled = compile(&files, &Environments::All);
    let kinds = compiled.plans.iter().flat_map(|plan| &plan.pipelines).flat_map(Plan::tasks);
    let kinds = kinds.map(|task| task.kind).collect();
    let mut found = compiled.diagnostics;
    found.drop_codes(dagc::check::UNUSED);
    (dagc::ui::human::render(&found.into_sorted(), &files.sources, false), kinds)
}

#[test]
fn examples_compile() {
    for kind in KINDS {
        let (report, kinds) = compiled(kind.example);
        assert_eq!(report, "", "the example of {}", kind.name);
        assert!(kinds.contains(&kind.name), "the example of {} has none: {kinds:?}", kind.name);
    }
}

#[test]
fn the_schema_shows_the_examples() {
    let schema = schema(Document::Pipeline);
    let with_examples: Vec<&String> = schema["$defs"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, record)| record["examples"].as_array().is_some_and(|examples| !examples.is_empty()))
        .map(|(name, _)| name)
        .collect();
    assert!(with_examples.len() >= KINDS.len(), "{with_examples:?}");
}

/// A word that two kinds are called by elsewhere would lead to the one or the other by chance.
#[test]
fn words_lead_to_one_kind() {
    let mut words: Vec<&str> = StepKind::ELSEWHERE.iter().flat_map(|words| words.iter().copied()).collect();
    let all = words.len();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), all);
}
