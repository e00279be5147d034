//! The plan files that this dagc writes, kept for the ones that come after: they must read them.

use dagc::compile::{Environments, compile};
use dagc::emit::planned;
use dagc::load::load;
use dagc::plan::{CONNECTED_PLAN_FILE, PLAN_FILE_VERSION};
use std::path::Path;

const UPDATE: &str = "UPDATE=1 cargo test --test it plan_files";

/// The pipelines of which there are files of each version: those of this repository, and one of all kinds.
#[test]
fn the_plan_files_that_are_kept_are_those_of_today() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for project in [".", "tests/projects/everything"] {
        let compiled = compile(&load(&root.join(project)).unwrap(), &Environments::Default);
        let project = &compiled.plans[0];
        let names = ["all_kinds", "carrier_report", "flights_daily", "reference", "settle"];
        for plan in project.pipelines.iter().filter(|plan| names.contains(&plan.dag.id.as_str())) {
            let file = planned(project, plan);
            // A task of it runs as somebody else, which no worker of before may overlook.
            let version = if plan.dag.id == "settle" { CONNECTED_PLAN_FILE } else { PLAN_FILE_VERSION };
            assert_eq!(file.version, version, "{}", plan.dag.id);
            let folder = root.join(format!("tests/plans/version-{version}"));
            let path = folder.join(format!("{}.json", plan.dag.id));
            let today = serde_json::to_string_pretty(&file).unwrap() + "\n";
            if std::env::var_os("UPDATE").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &today).unwrap();
            }
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(kept == today, "{} is another; to update: {UPDATE}", path.display());
        }
    }
}
