//! Licences, banned crates and sources, as `deny.toml` says; what cargo-deny would do, with no network.

use serde::Deserialize;
use serde_json::{Value, json};
use spdx::{Expression, Licensee, ParseMode};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// What the crates of one version of a TLS or HTTP stack are named; two of them would be two stacks.
const ONCE: &[&str] = &["rustls", "ring", "hyper", "hyper-rustls", "tokio", "h2"];

#[derive(Deserialize)]
struct Deny {
    graph: Graph,
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Banned>,
}

#[derive(Deserialize)]
struct Banned {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

fn deny() -> Deny {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).unwrap();
    toml::from_str(&text).unwrap()
}

/// Names what is wrong with the packages of `cargo metadata`.
fn findings(deny: &Deny, packages: &[Value]) -> Vec<String> {
    let allowed: Vec<Licensee> =
        deny.licenses.allow.iter().map(|text| Licensee::parse(text).expect(text)).collect();
    let mut found = Vec::new();
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        versions.entry(name).or_default().push(package["version"].as_str().unwrap());
        // Nothing published this package: it is this one.
        let Some(source) = package["source"].as_str() else { continue };
        if !(source.starts_with("registry+") && source.ends_with("/crates.io-index")) {
            found.push(format!("{name}: comes from {source}"));
        }
        if let Some(banned) = deny.bans.deny.iter().find(|banned| banned.name == name) {
            found.push(format!("{name}: banned: {}", banned.reason));
        }
        let licence = package["license"].as_str().unwrap_or_default();
        // `MIT/Apache-2.0` is how choices were written before SPDX.
        let read = Expression::parse_mode(licence, ParseMode::LAX);
        let fits = |read: &Expression| {
            read.evaluate(|wanted| allowed.iter().any(|licensee| licensee.satisfies(wanted)))
        };
        if !read.as_ref().is_ok_and(fits) {
            found.push(format!("{name}: licence `{licence}`"));
        }
    }
    for name in ONCE {
        if let Some(several) = versions.get(name).filter(|versions| versions.len() > 1) {
            found.push(format!("{name}: in {} versions: {}", several.len(), several.join(", ")));
        }
    }
    found
}

#[test]
fn the_tree_holds_only_what_may_be_in_it() {
    let deny = deny();
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .args(deny.graph.targets.iter().flat_map(|target| ["--filter-platform", target]))
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100);
    let found = findings(&deny, packages);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_may_not_be_in_it_is_found() {
    let package = |name: &str, licence: &str, source: &str| json!({"name": name, "version": "1.0.0", "license": licence, "source": source});
    let index = "registry+https://example.org/crates.io-index";
    for (package, expected) in [
        (package("fine", "MIT OR GPL-3.0-only", index), None),
        (package("old", "MIT/Apache-2.0", index), None),
        (package("both", "(MIT OR Apache-2.0) AND Unicode-3.0", index), None),
        (package("copyleft", "GPL-3.0-only", index), Some("copyleft: licence `GPL-3.0-only`")),
        (package("half", "MIT AND GPL-3.0-only", index), Some("half: licence `MIT AND GPL-3.0-only`")),
        (package("none", "", index), Some("none: licence ``")),
        (package("fork", "MIT", "git+https://example.org/fork"), Some("fork: comes from git+")),
        (package("openssl-sys", "MIT", index), Some("openssl-sys: banned: rustls")),
    ] {
        let found = findings(&deny(), std::slice::from_ref(&package));
        assert_eq!(found.len(), usize::from(expected.is_some()), "{package}: {found:?}");
        assert!(found.iter().all(|text| text.starts_with(expected.unwrap())), "{found:?}");
    }
    let twice = vec![package("rustls", "MIT", index); 2];
    assert_eq!(findings(&deny(), &twice), ["rustls: in 2 versions: 1.0.0, 1.0.0"]);
}
