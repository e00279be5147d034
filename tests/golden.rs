//! `generated/` holds what the compiler makes of this repository's own `specs/`, for every environment.

use dagc::compile::{Environments, compile};
use dagc::emit::artifacts;
use dagc::load::load;
use dagc::write::{Foreign, apply, compare};
use std::path::Path;

const UPDATE: &str = "UPDATE=1 cargo test --test it golden";

#[test]
fn generated_files_are_those_of_the_specs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let compiled = compile(&load(root).unwrap(), &Environments::All);
    let codes: Vec<&str> = compiled.diagnostics.iter().map(|found| found.code.name()).collect();
    assert_eq!(codes, [""; 0]);
    assert_eq!(compiled.plans.len(), 2);
    for plan in &compiled.plans {
        let folder = root.join("generated").join(&plan.environment.name);
        let made = artifacts(plan);
        if std::env::var_os("UPDATE").is_some() {
            apply(&folder, &made, Foreign::Refuse).unwrap();
        }
        let difference = compare(&folder, &made).unwrap();
        assert!(difference.is_none(), "{difference:#?}\nto update: {UPDATE}");
    }
}

/// Nothing of the machine, the hour or the order of threads is in a file.
#[test]
fn compiling_twice_gives_the_same_bytes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = load(root).unwrap();
    let made = || compile(&files, &Environments::All).plans.iter().map(artifacts).collect::<Vec<_>>();
    assert_eq!(made(), made());
}
