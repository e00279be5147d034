//! The imports of a Python file, in isort's order.
//!
//! Takes qualified names, gives the local name of each and the block of import statements.

use crate::python::{INDENT, WIDTH, literal::width};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The imports of one file.
#[derive(Debug, Default)]
pub(super) struct Imports {
    modules: BTreeSet<&'static str>,
    from: BTreeMap<Module, Members>,
    taken: BTreeSet<String>,
}

/// What is imported from a module: names in isort's order, each with its local name when that differs.
type Members = BTreeMap<(Case, String), Option<String>>;

/// A module, in the order in which modules are imported.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Module {
    section: Section,
    folded: String,
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Section {
    Standard,
    Installed,
    Beside,
}

/// isort sorts constants before classes before the rest.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Case {
    Constant,
    Capitalised,
    Other,
}

impl Imports {
    /// Imports a module of an installed package by its name.
    pub(super) fn module(&mut self, name: &'static str) {
        self.modules.insert(name);
    }

    /// Imports a name from a module of the standard library.
    pub(super) fn standard(&mut self, module: &str, name: &str) -> String {
        self.import(Section::Standard, module, name, name.to_owned())
    }

    /// Imports a name from a package that is installed.
    pub(super) fn installed(&mut self, module: &str, name: &str) -> String {
        self.import(Section::Installed, module, name, name.to_owned())
    }

    /// Imports a name from the folder of the DAG file.
    pub(super) fn beside(&mut self, module: &str, name: &str) -> String {
        self.import(Section::Beside, module, name, name.to_owned())
    }

    /// Imports a class of the user's choice, and returns its local name: another one when it is taken or
    /// reserved. `namespace` is the folder of the DAG file.
    pub(super) fn class(&mut self, path: &str, namespace: &str, reserved: &[&str]) -> String {
        let (module, name) = path.rsplit_once('.').unwrap_or(("builtins", path));
        let is_beside = module.split('.').next() == Some(namespace);
        let section = if is_beside { Section::Beside } else { Section::Installed };
        let local = unique(name, |name| self.taken.contains(name) || reserved.contains(&name));
        self.import(section, module, name, local)
    }

    /// Returns the local names of the file.
    pub(super) fn names(&self) -> BTreeSet<String> {
        self.modules.iter().map(|name| (*name).to_owned()).chain(self.taken.iter().cloned()).collect()
    }

    fn import(&mut self, section: Section, module: &str, name: &str, local: String) -> String {
        let key = Module { section, folded: module.to_ascii_lowercase(), name: module.to_owned() };
        let members = self.from.entry(key).or_default();
        let member = (case_of(name), name.to_owned());
        if let Some(alias) = members.get(&member) {
            return alias.clone().unwrap_or_else(|| name.to_owned());
        }
        members.insert(member, (local != name).then(|| local.clone()));
        self.taken.insert(local.clone());
        local
    }

    /// Returns the statements, with an empty line between sections.
    pub(super) fn block(&self) -> String {
        let mut sections = Vec::new();
        for section in [Section::Standard, Section::Installed, Section::Beside] {
            let mut text = String::new();
            if section == Section::Installed {
                for module in &self.modules {
                    let _ = writeln!(text, "import {module}");
                }
            }
            for (module, members) in self.from.iter().filter(|(module, _)| module.section == section) {
                write_from(&mut text, &module.name, members);
            }
            if !text.is_empty() {
                sections.push(text);
            }
        }
        sections.join("\n")
    }
}

/// isort keeps a name with an alias in a statement of its own, in the place of that name.
fn write_from(text: &mut String, module: &str, members: &Members) {
    let plain: Vec<&str> =
        members.iter().filter(|(_, alias)| alias.is_none()).map(|((_, name), _)| name.as_str()).collect();
    if !plain.is_empty() {
        let flat = format!("from {module} import {}", plain.join(", "));
        if width(&flat) <= WIDTH {
            let _ = writeln!(text, "{flat}");
        } else {
            let _ = writeln!(text, "from {module} import (");
            for name in plain {
                let _ = writeln!(text, "{:INDENT$}{name},", "");
            }
            text.push_str(")\n");
        }
    }
    for ((_, name), alias) in members {
        let Some(alias) = alias else { continue };
        let flat = format!("from {module} import {name} as {alias}");
        if width(&flat) <= WIDTH {
            let _ = writeln!(text, "{flat}");
        } else {
            let _ = writeln!(text, "from {module} import (\n{:INDENT$}{name} as {alias},\n)", "");
        }
    }
}

fn case_of(name: &str) -> Case {
    let has_lower = name.contains(|c: char| c.is_lowercase());
    let has_upper = name.contains(|c: char| c.is_uppercase());
    if name.len() > 1 && has_upper && !has_lower {
        Case::Constant
    } else if name.starts_with(|c: char| c.is_uppercase()) {
        Case::Capitalised
    } else {
        Case::Other
    }
}

/// Returns the name, or the first of `name_2`, `name_3`, ... that is not taken.
pub(super) fn unique(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut found = name.to_owned();
    let mut number = 2;
    while is_taken(&found) {
        found = format!("{name}_{number}");
        number += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_stand_in_isorts_order() {
        let mut imports = Imports::default();
        imports.module("pendulum");
        imports.beside("acme.dagc_airflow_v1", "on_failure");
        imports.beside("acme.dagc_airflow_v1", "DagcOperator");
        for name in ["TaskGroup", "Asset", "DAG", "cross_downstream"] {
            imports.installed("airflow.sdk", name);
        }
        imports.standard("datetime", "timedelta");
        for (path, expected) in
            [("a.b.Step", "Step_2"), ("a.c.Step", "Step_3"), ("a.b.Step", "Step_2"), ("acme.x.Y", "Y")]
        {
            assert_eq!(imports.class(path, "acme", &["Step"]), expected);
        }
        assert_eq!(
            imports.block(),
            "from datetime import timedelta\n\nimport pendulum\nfrom a.b import Step as Step_2\n\
             from a.c import Step as Step_3\nfrom airflow.sdk import DAG, Asset, TaskGroup, cross_downstream\n\n\
             from acme.dagc_airflow_v1 import DagcOperator, on_failure\nfrom acme.x import Y\n"
        );
    }
}
