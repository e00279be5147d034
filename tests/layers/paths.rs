//! Which modules a file of the source names: the paths in its text, without those of its tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The modules of a source, each with its text.
pub(super) struct Modules(BTreeMap<String, String>);

/// A path by its parts.
type Parts = Vec<String>;

impl Modules {
    /// Reads all modules below a folder but the programs'.
    pub(super) fn read(source: &Path) -> Self {
        let mut modules = BTreeMap::new();
        for entry in walkdir::WalkDir::new(source).into_iter().map(Result::unwrap) {
            let path = entry.path().strip_prefix(source).unwrap().to_string_lossy().replace('\\', "/");
            let Some(path) = path.strip_suffix(".rs") else { continue };
            let path = path.strip_suffix("/mod").unwrap_or(path).replace('/', "::");
            let is_test = path.split("::").any(|part| part == "tests");
            if !is_test && !matches!(path.split("::").next(), Some("lib" | "main" | "bin")) {
                modules.insert(path, code(&std::fs::read_to_string(entry.path()).unwrap()));
            }
        }
        Self(modules)
    }

    /// Returns the modules' names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the modules that one of them names: each as far as there are modules.
    pub(super) fn known_to(&self, module: &str) -> BTreeSet<String> {
        self.paths_of(module)
            .into_iter()
            .map(|path| self.module_of(path))
            .filter(|it| !it.is_empty())
            .collect()
    }

    /// Returns which children of one module another child of it names, through whatever its parent gives on.
    pub(super) fn siblings_of(&self, module: &str) -> BTreeSet<(String, String, String)> {
        let own: Vec<&str> = module.split("::").collect();
        let mut found = BTreeSet::new();
        for path in self.paths_of(module) {
            let same = own.iter().zip(&path).take_while(|(own, other)| own == other).count();
            if same == 0 || same == own.len() || same == path.len() {
                continue;
            }
            let folder = own[..same].join("::");
            let other = if self.0.contains_key(&format!("{folder}::{}", path[same])) {
                Some(path[same].clone())
            } else {
                self.given_on(&folder, &path[same])
            };
            if let Some(other) = other.filter(|other| other != own[same]) {
                found.insert((folder, own[same].to_owned(), other));
            }
        }
        found
    }

    /// Returns the child from which a module gives a name on.
    fn given_on(&self, folder: &str, name: &str) -> Option<String> {
        let text = &self.0.get(folder)?;
        text.match_indices("use ").find_map(|(at, word)| {
            let tree = text[at + word.len()..].split(';').next()?;
            let mut paths = Vec::new();
            leaves(tree, &[], &mut paths);
            let is_it = |path: &Parts| path.len() > 1 && path.last().is_some_and(|last| last == name);
            let child = paths.into_iter().find(is_it)?.remove(0);
            self.0.contains_key(&format!("{folder}::{child}")).then_some(child)
        })
    }

    fn module_of(&self, mut path: Parts) -> String {
        while !path.is_empty() && !self.0.contains_key(&path.join("::")) {
            path.pop();
        }
        path.join("::")
    }

    /// Returns the paths in a module's text, from the crate on.
    fn paths_of(&self, module: &str) -> Vec<Parts> {
        let text = &self.0[module];
        let mut found = Vec::new();
        for word in ["crate::", "super::", "self::"] {
            for (at, _) in text.match_indices(word) {
                let is_inner = text[..at].ends_with("::");
                let is_whole = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
                if !is_inner && is_whole {
                    leaves(written(&text[at..]), &[], &mut found);
                }
            }
        }
        found.into_iter().map(|path| absolute(module, path)).collect()
    }
}

/// Returns what a file says but its comments and its tests.
fn code(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let is_test =
        |n: usize| lines[n] == "#[cfg(test)]" && lines.get(n + 1).is_some_and(|it| it.contains("mod "));
    let end = (0..lines.len()).find(|n| is_test(*n)).unwrap_or(lines.len());
    lines[..end].join("\n")
}

/// Returns the path, or the tree of paths, with which a text begins.
fn written(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' if text[..at].ends_with("::") || depth > 0 => depth += 1,
            '}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return &text[..=at];
                }
            }
            _ if depth > 0 || c.is_alphanumeric() || "_:*".contains(c) => {}
            _ => return &text[..at],
        }
    }
    text
}

/// Lists the paths of a tree of them.
fn leaves(tree: &str, before: &[String], found: &mut Vec<Parts>) {
    let tree = tree.trim();
    let parts = |text: &str| -> Vec<String> {
        text.split("::").map(|part| part.split_whitespace().next().unwrap_or_default().to_owned()).collect()
    };
    let of = |text: &str| {
        let own = parts(text).into_iter().filter(|part| !part.is_empty());
        before.iter().cloned().chain(own).collect::<Parts>()
    };
    let Some((head, inside)) = tree.split_once('{') else {
        return found.push(of(tree));
    };
    let before = of(head);
    let inside = inside.strip_suffix('}').unwrap_or(inside);
    let (mut depth, mut from) = (0, 0);
    for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inside[from..at].trim().is_empty() {
                    leaves(&inside[from..at], &before, found);
                }
                from = at + 1;
            }
            _ => {}
        }
    }
}

/// Writes a path that is told from a module as one from the crate.
fn absolute(module: &str, path: Parts) -> Parts {
    let mut base: Parts = module.split("::").map(str::to_owned).collect();
    let mut rest = path.into_iter().peekable();
    if rest.next_if(|part| part == "crate").is_some() {
        return rest.collect();
    }
    rest.next_if(|part| part == "self");
    while rest.next_if(|part| part == "super").is_some() {
        base.pop();
    }
    base.into_iter().chain(rest).collect()
}

#[test]
fn paths_are_read_from_text() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("a/mod.rs", "pub use b::{B, C as D};");
    write("a/b.rs", "use super::c::{self, d::{E, F}};\n// crate::x\nfn f() { crate::g::h(); }");
    write("a/c.rs", "use super::B;\n#[cfg(test)]\nmod tests { use crate::g; }");
    write("g.rs", "");
    let modules = Modules::read(folder.path());
    let known = |module: &str| modules.known_to(module).into_iter().collect::<Vec<_>>();
    assert_eq!(known("a::b"), ["a::c", "g"]);
    assert_eq!(known("a::c"), ["a"]);
    let siblings = |module: &str| modules.siblings_of(module).into_iter().collect::<Vec<_>>();
    let pair = |one: &str, other: &str| ("a".to_owned(), one.to_owned(), other.to_owned());
    assert_eq!(siblings("a::b"), [pair("b", "c")]);
    assert_eq!(siblings("a::c"), [pair("c", "b")]);
}
