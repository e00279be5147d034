//! The findings of all environments as one list, each told once.
//!
//! Takes what was found in each environment. What is the same in all of them is said once. What differs in the
//! names that variables give is one finding, too, with the words of the others as notes. Warnings about equal
//! lines of several environments in the project file are one, with several places.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, list};
use crate::text::{FileId, Span};
use std::collections::HashMap;

/// How many environments' own words stand as notes of one finding.
const OTHERS: usize = 3;

/// A finding, and in which environments it was made.
struct Found<'e> {
    diagnostic: Diagnostic,
    environments: Vec<&'e str>,
    /// The same in other environments, in their words.
    others: Vec<(Vec<&'e str>, String)>,
}

impl Found<'_> {
    fn is_of(&self, environment: &str) -> bool {
        let mut all = self.environments.iter().chain(self.others.iter().flat_map(|(names, _)| names));
        all.any(|name| *name == environment)
    }

    fn meets(&self, other: &Self) -> bool {
        other.environments.iter().any(|name| self.is_of(name))
    }
}

/// Joins the findings of environments. `project` is the project file.
pub(super) fn environments(found: Vec<(&str, Diagnostics)>, project: FileId, diagnostics: &mut Diagnostics) {
    let count = found.len();
    let mut merged = same(found, diagnostics);
    if count > 1 {
        merged = in_other_words(merged, count);
        merged = in_several_lines(merged, project);
    }
    for found in merged {
        diagnostics.push(told(found, count));
    }
}

/// Joins warnings about equal lines of several environments. The others are handed on as they are.
pub(super) fn lines(found: Diagnostics, project: FileId, diagnostics: &mut Diagnostics) {
    let found = found.into_items().into_iter();
    let found = found.map(|diagnostic| Found { diagnostic, environments: Vec::new(), others: Vec::new() });
    for found in in_several_lines(found.collect(), project) {
        diagnostics.push(found.diagnostic);
    }
}

/// What is the same in several environments is one.
fn same<'e>(found: Vec<(&'e str, Diagnostics)>, diagnostics: &mut Diagnostics) -> Vec<Found<'e>> {
    let mut known: HashMap<(Code, Span, String), usize> = HashMap::new();
    let mut merged: Vec<Found<'e>> = Vec::new();
    for (environment, mut found) in found {
        for bug in found.take_bugs() {
            diagnostics.bug(bug.file, bug.message);
        }
        for diagnostic in found.into_sorted() {
            let key = (diagnostic.code, diagnostic.primary.span, diagnostic.message.clone());
            let index = *known.entry(key).or_insert(merged.len());
            match merged.get_mut(index) {
                Some(known) => known.environments.push(environment),
                None => {
                    merged.push(Found { diagnostic, environments: vec![environment], others: Vec::new() });
                }
            }
        }
    }
    merged
}

/// What one rule says of one place in other words in another environment is one, too.
fn in_other_words(found: Vec<Found<'_>>, count: usize) -> Vec<Found<'_>> {
    let mut known: HashMap<(Code, Span), Vec<usize>> = HashMap::new();
    let mut merged: Vec<Found<'_>> = Vec::with_capacity(found.len());
    for found in found {
        if found.environments.len() == count {
            merged.push(found);
            continue;
        }
        let places = known.entry((found.diagnostic.code, found.diagnostic.primary.span)).or_default();
        if let Some(index) = places.iter().find(|index| !merged[**index].meets(&found)) {
            merged[*index].others.push((found.environments, found.diagnostic.message));
        } else {
            places.push(merged.len());
            merged.push(found);
        }
    }
    merged
}

fn in_several_lines(found: Vec<Found<'_>>, project: FileId) -> Vec<Found<'_>> {
    let mut known: HashMap<(Code, String), usize> = HashMap::new();
    let mut merged: Vec<Found<'_>> = Vec::with_capacity(found.len());
    for found in found {
        let Diagnostic { code, message, primary, .. } = &found.diagnostic;
        if code.severity() != Severity::Warning || primary.span.file != project {
            merged.push(found);
            continue;
        }
        match known.get(&(*code, message.clone())) {
            Some(index) if !merged[*index].meets(&found) => {
                let first = &mut merged[*index];
                first.diagnostic = first.diagnostic.clone().also(primary.span, "and here");
                first.environments.extend(found.environments);
            }
            Some(_) => merged.push(found),
            None => {
                known.insert((*code, message.clone()), merged.len());
                merged.push(found);
            }
        }
    }
    merged
}

/// Says in which environments it is so, unless it is in all.
fn told(found: Found<'_>, count: usize) -> Diagnostic {
    let Found { mut diagnostic, environments, others } = found;
    if environments.len() == count {
        return diagnostic;
    }
    let all = environments.len() + others.iter().map(|(names, _)| names.len()).sum::<usize>();
    let only = if all == count { "" } else { " only" };
    if others.is_empty() {
        return diagnostic.note(format!("in {} only", named(&environments)));
    }
    diagnostic = diagnostic.note(format!("so in {}{only}", named(&environments)));
    for (names, message) in others.iter().take(OTHERS) {
        diagnostic = diagnostic.note(format!("in {}{only}: {message}", named(names)));
    }
    match others.len().checked_sub(OTHERS) {
        None | Some(0) => diagnostic,
        Some(more) => diagnostic.note(format!("and in other words in {more} more")),
    }
}

fn named(environments: &[&str]) -> String {
    let word = if environments.len() == 1 { "environment" } else { "environments" };
    format!("{word} {}", list(environments))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROJECT: FileId = FileId(0);

    fn one(code: Code, file: u32, at: usize, message: &str) -> Diagnostic {
        Diagnostic::new(code, Span::new(FileId(file), at, at + 1), message)
    }

    /// Joins the findings of environments called a, b, ...; each is shown with its notes and other places.
    fn joined(found: &[&[Diagnostic]]) -> Vec<String> {
        let names = ["a", "b", "c", "d", "e", "f"];
        let found = found.iter().zip(names).map(|(found, name)| {
            let mut diagnostics = Diagnostics::default();
            found.iter().for_each(|diagnostic| diagnostics.push(diagnostic.clone()));
            (name, diagnostics)
        });
        let mut all = Diagnostics::default();
        environments(found.collect(), PROJECT, &mut all);
        let shown = all.into_items().into_iter().map(|diagnostic| {
            let places = "+".repeat(diagnostic.secondary.len());
            [vec![format!("{}{places}", diagnostic.message)], diagnostic.notes].concat().join(" | ")
        });
        shown.collect()
    }

    #[test]
    fn a_finding_is_told_once_whatever_number_of_environments() {
        let makes = |at, message: &str| one(Code::NothingMakes, 1, at, message);
        let unused = |at, message: &str| one(Code::UnusedConnection, 0, at, message);
        let name = |at, message: &str| one(Code::InvalidName, 0, at, message);
        for (found, expected) in [
            // The same everywhere, and in one only.
            (
                vec![vec![makes(1, "x"), makes(2, "y")], vec![makes(1, "x")]],
                vec!["x", "y | in environment `a` only"],
            ),
            // In the words of each environment.
            (
                vec![vec![makes(1, "dev.x"), makes(1, "dev.y")], vec![makes(1, "x"), makes(1, "y")]],
                vec![
                    "dev.x | so in environment `a` | in environment `b`: x",
                    "dev.y | so in environment `a` | in environment `b`: y",
                ],
            ),
            (
                vec![vec![makes(1, "dev.x")], vec![makes(1, "x")], vec![makes(1, "x")], vec![]],
                vec!["dev.x | so in environment `a` only | in environments `b`, `c` only: x"],
            ),
            (
                (0..6).map(|n| vec![makes(1, &n.to_string())]).collect(),
                vec![
                    "0 | so in environment `a` | in environment `b`: 1 | in environment `c`: 2 | in environment `d`: 3 \
                     | and in other words in 2 more",
                ],
            ),
            // What is said twice of one place in one environment is two findings.
            (
                vec![vec![makes(1, "x"), makes(1, "y")], vec![makes(1, "z")]],
                vec!["x | so in environment `a` | in environment `b`: z", "y | in environment `a` only"],
            ),
            // Lines of the project file: warnings are one, errors are not.
            (vec![vec![unused(1, "u")], vec![unused(2, "u")]], vec!["u+"]),
            (
                vec![vec![unused(1, "u")], vec![unused(2, "u")], vec![]],
                vec!["u+ | in environments `a`, `b` only"],
            ),
            (vec![vec![unused(1, "u"), unused(2, "u")]], vec!["u", "u"]),
            (
                vec![vec![name(1, "u")], vec![name(2, "u")]],
                vec!["u | in environment `a` only", "u | in environment `b` only"],
            ),
        ] {
            let found: Vec<&[Diagnostic]> = found.iter().map(Vec::as_slice).collect();
            assert_eq!(joined(&found), expected);
        }
    }
}
