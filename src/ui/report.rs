//! What is told in one run, bounded: so many findings of a kind, so much of what they quote.
//!
//! A project can be wrong in a million places for one reason, and a text that is wrong can be as long as a disk
//! is large. What is left out is counted. `--all` takes the bounds on numbers away.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::text::SourceMap;
use std::collections::{BTreeMap, BTreeSet};

/// How many findings of a kind are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In one file.
    pub in_file: usize,
    /// In all.
    pub in_all: usize,
}

impl Limits {
    /// For people.
    pub const PEOPLE: Self = Self { in_file: 20, in_all: 100 };
    /// For programs.
    pub const PROGRAMS: Self = Self { in_file: 200, in_all: 2000 };
    /// No bound at all.
    pub const NONE: Self = Self { in_file: usize::MAX, in_all: usize::MAX };
}

/// Findings of a kind that are not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Their kind.
    pub code: Code,
    /// How many.
    pub count: usize,
    /// The files that they are in.
    pub files: Vec<String>,
}

impl std::fmt::Display for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "and {} more of `{}` in ", self.count, self.code)?;
        match self.files.as_slice() {
            [one] => write!(f, "{one}"),
            files => write!(f, "{} files", files.len()),
        }
    }
}

/// Why something could not be done, where no place in a file is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What, in one line.
    pub message: String,
    /// The cure.
    pub hint: Option<String>,
}

/// All that is told.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The findings that are told, sorted, with what they quote shortened.
    pub findings: Vec<Diagnostic>,
    /// The others.
    pub left_out: Vec<LeftOut>,
    /// Errors, with those that are left out.
    pub errors: usize,
    /// Warnings, with those that are left out.
    pub warnings: usize,
    /// What could not be done.
    pub failures: Vec<Failure>,
}

impl Report {
    /// Makes the report of sorted findings.
    pub fn new(findings: &[Diagnostic], sources: &SourceMap, limits: Limits) -> Self {
        let mut in_file: BTreeMap<_, usize> = BTreeMap::new();
        let mut in_all: BTreeMap<Code, usize> = BTreeMap::new();
        let mut left_out: BTreeMap<Code, (usize, BTreeSet<&str>)> = BTreeMap::new();
        let mut report = Self::default();
        for finding in findings {
            match finding.code.severity() {
                Severity::Error => report.errors += 1,
                Severity::Warning => report.warnings += 1,
            }
            let file = finding.primary.span.file;
            let here = in_file.entry((finding.code, file)).or_default();
            let all = in_all.entry(finding.code).or_default();
            if *here < limits.in_file && *all < limits.in_all {
                *here += 1;
                *all += 1;
                report.findings.push(shortened(finding));
            } else {
                let (count, files) = left_out.entry(finding.code).or_default();
                *count += 1;
                files.insert(&sources.file(file).path);
            }
        }
        report.left_out = left_out
            .into_iter()
            .map(|(code, (count, files))| LeftOut {
                code,
                count,
                files: files.into_iter().map(str::to_owned).collect(),
            })
            .collect();
        report
    }
}

/// How many second marks a finding shows.
const MARKS: usize = 20;

/// How many notes.
const NOTES: usize = 20;

fn shortened(finding: &Diagnostic) -> Diagnostic {
    let mut finding = finding.clone();
    finding.secondary.truncate(MARKS);
    finding.notes.truncate(NOTES);
    let labels = finding.secondary.iter_mut().chain([&mut finding.primary]).map(|label| &mut label.message);
    let texts = labels.chain([&mut finding.message]).chain(&mut finding.notes).chain(&mut finding.help);
    for text in texts {
        if let Some(shorter) = shorten(text) {
            *text = shorter;
        }
    }
    finding
}

/// How many characters a quotation may have, and how many of its beginning and its end are kept when it has
/// more.
const QUOTATION: (usize, usize, usize) = (200, 120, 40);

/// The same of a message.
const MESSAGE: (usize, usize, usize) = (2000, 1500, 300);

/// Cuts a message and what it quotes between backticks; none when nothing of it is long.
pub(super) fn shorten(text: &str) -> Option<String> {
    if text.len() <= QUOTATION.0 {
        return None;
    }
    let parts: Vec<String> = text.split('`').map(|part| middle(part, QUOTATION)).collect();
    let quoted = parts.join("`");
    let short = middle(&quoted, MESSAGE);
    (short != text).then_some(short)
}

/// Takes the middle out of a long text.
fn middle(text: &str, (most, first, last): (usize, usize, usize)) -> String {
    let count = if text.len() <= most { text.len() } else { text.chars().count() };
    if count <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(first).collect();
    let tail: String = text.chars().skip(count - last).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{FileId, Span};

    #[test]
    fn quotations_are_cut_and_the_rest_stays() {
        let long = "x".repeat(10_000);
        let got = shorten(&format!("`{long}` is no name of a variable, nor is `{long}`")).unwrap();
        let word = format!("`{}…{}`", "x".repeat(120), "x".repeat(40));
        assert_eq!(got, format!("{word} is no name of a variable, nor is {word}"));
        assert_eq!(shorten("`name` is short"), None);
        let words = "words ".repeat(30);
        assert_eq!(shorten(&format!("{words}`{words}`")), None);
        assert!(shorten(&"é`".repeat(10_000)).unwrap().chars().count() < 2000);
    }

    #[test]
    fn a_kind_is_counted_past_some_number() {
        let mut sources = SourceMap::default();
        let files = [sources.add("a.yaml", "x"), sources.add("b.yaml", "x"), sources.add("c.yaml", "x")];
        let at = |file: FileId, n: usize| {
            Diagnostic::new(Code::UnknownKey, Span::file_start(file), format!("message {n}"))
        };
        let mut findings: Vec<_> = files.iter().flat_map(|file| (0..5).map(move |n| at(*file, n))).collect();
        findings.push(Diagnostic::new(Code::LongDagId, Span::file_start(files[2]), "a warning"));
        let told = |in_file, in_all| {
            let report = Report::new(&findings, &sources, Limits { in_file, in_all });
            assert_eq!((report.errors, report.warnings), (15, 1));
            let left: Vec<String> = report.left_out.iter().map(ToString::to_string).collect();
            (report.findings.len(), left.join("; "))
        };
        assert_eq!(told(5, 15), (16, String::new()));
        assert_eq!(told(5, 14), (15, "and 1 more of `unknown-key` in c.yaml".to_owned()));
        assert_eq!(told(4, 15), (13, "and 3 more of `unknown-key` in 3 files".to_owned()));
    }
}
