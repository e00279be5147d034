//! The file of every diagnostic code, `src/diagnostic/codes/CODE.md`: text, test and report at once.
//!
//! What stands under `Wrong` and `Right` are projects: each is compiled, a wrong one must give the code and the
//! report below it, a right one no finding at all. `dagc explain` shows the file as far as `Further cases`, below
//! which each `### Wrong: NAME` and `### Right: NAME` is one more project.
//!
//! A block is the pipeline `specs/taxi.yaml`, or `dagc.yaml` when it says `project:`; a line before it may name
//! another file: `` `specs/daily.sql`: ``. `` Without `dagc.yaml`: `` takes a file away. What a project does not say
//! is that of `tests/default_project`; its pipeline is there only where the project has none. Under `Wrong` and
//! `Right` themselves a project ends with its report, or where one of its files comes again. A block of
//! `` ```yaml escaped `` has `\t`, `\r`, `\u{feff}` and `\xe9` for what an editor would not keep.
//! `` Environment `prod`: `` compiles that one alone. `UPDATE=1` writes the reports anew.

use dagc::check::UNUSED;
use dagc::compile::{Compiled, Environments, Goal, compile, compile_some};
use dagc::diagnostic::{Code, Diagnostics};
use dagc::load::load;
use dagc::text::ProjectFiles;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Where a block without a name is put.
const PIPELINE: &str = "specs/taxi.yaml";
const PROJECT: &str = "dagc.yaml";

/// A project in the file of a code.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) code: Code,
    /// Where it stands, for messages.
    line: usize,
    is_wrong: bool,
    /// `dagc explain` does not show it.
    is_further: bool,
    /// Files by path; none for one of the default project that is not there.
    pub(crate) files: BTreeMap<String, Option<Vec<u8>>>,
    environment: Option<String>,
    /// The lines of its report with their fences; empty, behind the last block, when it has none.
    report: Range<usize>,
}

impl Case {
    fn shown(&self) -> String {
        format!("{}:{}", path(self.code).display(), self.line)
    }
}

fn path(code: Code) -> PathBuf {
    Path::new("src/diagnostic/codes").join(format!("{code}.md"))
}

fn text(code: Code) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join(path(code))).unwrap()
}

/// The name in `` WORD `NAME`: ``.
fn named<'t>(line: &'t str, word: &str) -> Option<&'t str> {
    line.strip_prefix(word)?.strip_prefix('`')?.strip_suffix("`:")
}

/// Reads `\t`, `\r`, `\\`, `\xNN` and `\u{...}`.
fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest[at + 1..];
        let length = match escape.as_bytes()[0] {
            b't' => push(&mut bytes, b"\t", 1),
            b'r' => push(&mut bytes, b"\r", 1),
            b'\\' => push(&mut bytes, b"\\", 1),
            b'x' => push(&mut bytes, &[u8::from_str_radix(&escape[1..3], 16).unwrap()], 3),
            b'u' => {
                let end = escape.find('}').unwrap();
                let code = u32::from_str_radix(&escape[2..end], 16).unwrap();
                push(&mut bytes, char::from_u32(code).unwrap().to_string().as_bytes(), end + 1)
            }
            other => panic!("unknown escape \\{}", char::from(other)),
        };
        rest = &escape[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

fn push(bytes: &mut Vec<u8>, more: &[u8], length: usize) -> usize {
    bytes.extend_from_slice(more);
    length
}

/// Reads the projects of a file line by line.
struct Reader {
    code: Code,
    cases: Vec<Case>,
    /// Wrong or right, where projects stand.
    section: Option<bool>,
    /// The project at hand goes on with the next block.
    is_open: bool,
    /// Each heading is one project.
    is_further: bool,
    label: Option<String>,
    without: Vec<String>,
    environment: Option<String>,
}

impl Reader {
    fn heading(&mut self, line: &str) {
        let title = line.trim_start_matches('#').trim();
        self.is_further |= title == "Further cases";
        self.is_open = false;
        self.section = match title.split(':').next() {
            Some("Wrong") => Some(true),
            Some("Right") => Some(false),
            _ => None,
        };
    }

    fn line(&mut self, line: &str) {
        if line.starts_with('#') {
            self.heading(line);
        } else if let Some(path) = named(line, "") {
            self.label = Some(path.to_owned());
        } else if let Some(path) = named(line, "Without ") {
            self.without.push(path.to_owned());
        } else if let Some(name) = named(line, "Environment ") {
            self.environment = Some(name.to_owned());
        }
    }

    /// Takes a block: its first line, what is in it, and its lines with the fences.
    fn block(&mut self, info: &str, content: &str, lines: Range<usize>) {
        let Some(is_wrong) = self.section else { return };
        let label = self.label.take();
        if label.is_none() && info == "text" && is_wrong && self.is_open {
            self.cases.last_mut().expect("one is open").report = lines;
            self.is_open = self.is_further;
            return;
        }
        let by_content = || {
            let is_project = content.lines().any(|line| line.starts_with("project:"));
            info.starts_with("yaml").then(|| if is_project { PROJECT } else { PIPELINE }.to_owned())
        };
        let Some(path) = label.or_else(by_content) else { return };
        let is_again = self.cases.last().is_some_and(|case| case.files.contains_key(&path));
        if !self.is_open || is_again {
            assert!(!(self.is_open && self.is_further), "{}: `{path}` comes twice", self.code);
            self.cases.push(Case {
                code: self.code,
                line: lines.start + 1,
                is_wrong,
                is_further: self.is_further,
                files: self.without.drain(..).map(|path| (path, None)).collect(),
                environment: self.environment.take(),
                report: 0..0,
            });
            self.is_open = true;
        }
        let bytes = if info.ends_with(" escaped") { unescaped(content) } else { content.as_bytes().to_vec() };
        let case = self.cases.last_mut().expect("one has been pushed");
        case.files.insert(path, Some(bytes));
        case.report = lines.end..lines.end;
    }
}

/// The projects in the file of a code.
pub(crate) fn cases(code: Code) -> Vec<Case> {
    let text = text(code);
    let mut reader = Reader {
        code,
        cases: Vec::new(),
        section: None,
        is_open: false,
        is_further: false,
        label: None,
        without: Vec::new(),
        environment: None,
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let fence: String = line.chars().take_while(|c| *c == '`').collect();
        if fence.len() < 3 {
            reader.line(line.trim_end());
            at += 1;
            continue;
        }
        let length = lines[at + 1..].iter().position(|line| line.trim_end() == fence).expect("a block ends");
        let content = lines[at + 1..at + 1 + length].concat();
        reader.block(line[fence.len()..].trim(), &content, at..at + length + 2);
        at += length + 2;
    }
    reader.cases
}

/// The wrong projects of a code.
pub(crate) fn wrong(code: Code) -> impl Iterator<Item = Case> {
    cases(code).into_iter().filter(|case| case.is_wrong)
}

/// Writes a project into a folder.
fn write(case: &Case, folder: &Path) {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/default_project");
    let mut files = case.files.clone();
    let has_pipeline = files
        .keys()
        .any(|path| path != PROJECT && Path::new(path).extension().is_some_and(|end| end == "yaml"));
    for entry in walkdir::WalkDir::new(&default).into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(&default).unwrap().to_str().unwrap();
        if entry.file_type().is_file() && !(path == PIPELINE && has_pipeline) {
            files.entry(path.to_owned()).or_insert_with(|| Some(fs::read(entry.path()).unwrap()));
        }
    }
    for (path, content) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if let Some(content) = content {
            fs::write(path, content).unwrap();
        }
    }
}

/// Compiles a project.
pub(crate) fn run(case: &Case) -> (ProjectFiles, Compiled) {
    let folder = tempfile::tempdir().unwrap();
    write(case, folder.path());
    let files = load(folder.path()).unwrap_or_else(|error| panic!("{}: {error}", case.shown()));
    let environments = match &case.environment {
        Some(name) => Environments::Named(name.clone()),
        None => Environments::All,
    };
    let mut compiled = compile(&files, &environments);
    // `dagc check` makes no plans, and says all that `dagc build` says.
    let checked = compile_some(&files, &environments, Goal::Findings, &|_| true);
    let all = |found: &Diagnostics| found.clone().into_sorted();
    assert_eq!(all(&checked.diagnostics), all(&compiled.diagnostics), "{}", case.shown());
    assert!(checked.plans.is_empty() && compiled.diagnostics.bugs().is_empty(), "{}", case.shown());
    // The projects are small, and have in common what only some of them use.
    let others: Vec<Code> = UNUSED.iter().copied().filter(|code| *code != case.code).collect();
    compiled.diagnostics.drop_codes(&others);
    (files, compiled)
}

fn report(files: &ProjectFiles, compiled: Compiled) -> String {
    dagc::ui::human::render(&compiled.diagnostics.into_sorted(), &files.sources, false)
}

/// Says what is not as it must be with a wrong project; gives its report.
fn finds(case: &Case, wrong: &mut Vec<String>) -> String {
    let (files, compiled) = run(case);
    if !compiled.diagnostics.iter().any(|finding| finding.code == case.code) {
        wrong.push(format!("{} does not give {}", case.shown(), case.code));
    }
    if !case.is_further && compiled.diagnostics.iter().any(|finding| finding.code != case.code) {
        wrong.push(format!("{} shows more than {}", case.shown(), case.code));
    }
    if compiled.diagnostics.has_errors() == compiled.plans.iter().any(|_| true) {
        wrong.push(format!("{}: a plan stands beside errors", case.shown()));
    }
    report(&files, compiled)
}

/// Puts a report between fences that are longer than any in it.
fn fenced(report: &str) -> String {
    let fence = if report.contains("```") { "````" } else { "```" };
    format!("{fence}text\n{report}{fence}\n")
}

#[test]
fn every_wrong_project_gives_its_report() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    for code in Code::ALL.iter().copied() {
        let text = text(code);
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let cases: Vec<Case> = self::wrong(code).collect();
        if cases.is_empty() {
            wrong.push(format!("{} shows nothing that is wrong", path(code).display()));
        }
        for case in cases.iter().rev() {
            let found = fenced(&finds(case, &mut wrong));
            let known = lines[case.report.clone()].concat();
            let gap = if known.is_empty() { "\n" } else { "" };
            if known != found {
                if !update {
                    wrong.push(format!("{} gives:\n{found}instead of:\n{known}", case.shown()));
                }
                lines.splice(case.report.clone(), [format!("{gap}{found}")]);
            }
        }
        if update {
            fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(path(code)), lines.concat()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}\n`UPDATE=1 cargo test codes` writes the reports anew", wrong.join("\n\n"));
}

#[test]
fn every_right_project_passes() {
    let mut wrong = Vec::new();
    for code in Code::ALL.iter().copied() {
        let cases: Vec<Case> = cases(code).into_iter().filter(|case| !case.is_wrong).collect();
        if cases.is_empty() {
            wrong.push(format!("{} shows nothing that is right", path(code).display()));
        }
        for case in cases {
            let (files, compiled) = run(&case);
            if !compiled.diagnostics.is_empty() {
                wrong.push(format!("{}:\n{}", case.shown(), report(&files, compiled)));
            } else if compiled.plans.is_empty() {
                wrong.push(format!("{} gives no plan", case.shown()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_is_one_of_a_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagnostic/codes");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        let code = name.strip_suffix(".md").and_then(Code::find);
        assert!(code.is_some(), "{name} is the file of no code");
        let explained = code.unwrap().explanation();
        assert!(explained.starts_with(&format!("# {}\n\n", code.unwrap())), "{name}");
        assert!(explained.contains("\n## Wrong\n") && explained.contains("\n## Right\n"), "{name}");
        assert!(!explained.contains("Further cases") && explained.ends_with('\n'), "{name}");
    }
}
