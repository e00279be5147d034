//! Inputs that nobody wrote: no parser falls over any of them, and neither does a whole compilation.
//!
//! Each target runs over its corpus, `tests/fuzz/corpus/TARGET/`, and then over what is made of it and of the
//! projects in `tests/` by cutting, repeating and mixing. A project in the corpus is a folder. What is made depends
//! on `DAGC_FUZZ_SEED` alone; how much of it is tried, on `DAGC_FUZZ_SECONDS`, for each target. An input under which
//! a target falls is in `target/fuzz/TARGET`: cut it down, put it into the corpus, and mend what it found.

use crate::codes::cases;
use dagc::compile::{Environments, compile};
use dagc::diagnostic::{Code, Diagnostics, guarded};
use dagc::load::load;
use dagc::template::Template;
use dagc::text::{FileId, ProjectFiles, SourceMap};
use dagc::ui::report::{Limits, Report};
use dagc::ui::{github, human, json, sarif};
use fastrand::Rng;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long one input may take. A hundred times what the longest here needs, since machines are busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long an input may become.
const LONGEST: usize = 20_000;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Runs a target over its corpus, and then over what is made from `seeds` for as long as is asked for.
fn fuzz<T>(
    target: &str,
    seeds: &[T],
    make: impl Fn(&mut Rng, &[T]) -> T,
    text: impl Fn(&T) -> String,
    run: impl Fn(&T),
) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../fuzz");
    fs::create_dir_all(&folder).unwrap();
    let last = folder.join(target);
    let seed = setting("DAGC_FUZZ_SEED", 1);
    let mut rng = Rng::with_seed(seed);
    let attempt = |number: usize, input: &T| {
        // Written before: a stack that is full ends the process, and nothing could be said afterwards.
        fs::write(&last, text(input)).unwrap();
        let began = Instant::now();
        let mut found = Diagnostics::default();
        guarded(&mut found, FileId(0), |_| run(input));
        let (bugs, took) = (found.take_bugs(), began.elapsed());
        assert!(
            bugs.is_empty(),
            "{target}, seed {seed}, input {number} ({}): {}",
            last.display(),
            bugs[0].message
        );
        assert!(took < PATIENCE, "{target}, seed {seed}, input {number} ({}): {took:?}", last.display());
    };
    for (number, input) in seeds.iter().enumerate() {
        attempt(number, input);
    }
    let until = Instant::now() + Duration::from_secs(setting("DAGC_FUZZ_SECONDS", 2));
    let mut number = seeds.len();
    while Instant::now() < until {
        attempt(number, &make(&mut rng, seeds));
        number += 1;
    }
    println!("{target}: {number} inputs");
}

/// What is put in here and there: marks of all the languages that meet in a spec, and odd characters.
const WORDS: &[&str] = &[
    "${",
    "}",
    "$${",
    "${vars.raw}",
    "${each.t}",
    "${each.t.x}",
    "{{",
    "}}",
    "{{ ds }}",
    "{{ ds | ",
    "{%",
    "%}",
    "{% raw %}",
    "{#",
    "#}",
    "{{ outputs.a.rows }}",
    "{{ params.x }}",
    "$€",
    "$a$",
    "$$",
    "--",
    "/*",
    "*/",
    "'",
    "\"",
    "''",
    "\\",
    "`",
    "€",
    "航",
    "e\u{301}",
    "\u{202e}",
    "\u{feff}",
    "\u{a0}",
    "\u{85}",
    "\u{2028}",
    "\0",
    "\r",
    "\r\n",
    "\n",
    "\t",
    " ",
    "  ",
    "\n  ",
    "\n- ",
    ": ",
    ":",
    ",",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "!x ",
    "? ",
    "| ",
    "|\n",
    ">-\n  ",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "((((((((",
    "[[[[[[[[",
    "{{{{{{{{",
    ")",
    ";",
    ".",
    "..",
    "/",
    "//",
    "s3://",
    "s3://b/",
    "arn:aws:iam::1:role/x",
    "0",
    "-1",
    "1e999",
    "18446744073709551616",
    "0x10",
    "1_000",
    ".5",
    "null",
    "~",
    "true",
    "yes",
    "@daily",
    "* * * * *",
    "*/0",
    "L",
    "1-5/2",
    "select ",
    "from ",
    "insert into ",
    "begin;",
    "commit;",
    "with a as (",
    " union ",
    "drop table ",
    "merge into ",
    "copy a from 's3://b/' ",
    "unload ('",
    "create table a as ",
    "each",
    "each: {t: [a, b]}",
    "after: ",
    "from: ",
    "steps:",
    "sources:",
    "pipeline: ",
    "schedule: ",
    "environments: ",
    "=",
    "\u{1b}[31m",
    "%",
    "%s",
    "#",
];

fn boundary(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

fn place(rng: &mut Rng, text: &str) -> usize {
    boundary(text, rng.usize(0..=text.len()))
}

fn piece<'t>(rng: &mut Rng, text: &'t str) -> &'t str {
    let start = place(rng, text);
    let end = boundary(text, start + rng.usize(0..40));
    &text[start..end.max(start)]
}

/// Changes a text a little, or a lot.
fn mutate(rng: &mut Rng, text: &str, other: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..=rng.usize(0..4) {
        let start = place(rng, &text);
        let length = if rng.u8(..) < 200 { rng.usize(0..12) } else { rng.usize(0..200) };
        let end = boundary(&text, start + length).max(start);
        let new = match rng.u8(0..10) {
            0 | 1 => String::new(),
            2..=4 => rng.choice(WORDS).copied().unwrap_or_default().to_owned(),
            5 => text[start..end].repeat(2),
            6 => piece(rng, other).to_owned(),
            7 => piece(rng, &text).to_owned(),
            8 => rng.choice(WORDS).copied().unwrap_or_default().repeat(1 << rng.u32(0..11)),
            _ => rng.char(..).to_string(),
        };
        let replaced = if rng.bool() { end } else { start };
        text.replace_range(start..replaced, &new);
    }
    text.truncate(boundary(&text, LONGEST));
    text
}

fn mutated(rng: &mut Rng, seeds: &[String]) -> String {
    let (one, other) = (rng.choice(seeds).unwrap(), rng.choice(seeds).unwrap());
    mutate(rng, one, other)
}

/// The files of a target's corpus, and others and those of the codes' projects with one of these endings, as texts.
fn texts(target: &str, folders: &[&str], endings: &[&str]) -> Vec<String> {
    let corpus = root().join("tests/fuzz/corpus").join(target);
    let others = folders.iter().map(|folder| root().join(folder));
    let mut found = Vec::new();
    for (n, folder) in std::iter::once(corpus).chain(others).enumerate() {
        let mut paths: Vec<PathBuf> = walkdir::WalkDir::new(folder)
            .into_iter()
            .map(|entry| entry.unwrap().into_path())
            .filter(|path| path.is_file())
            .filter(|path| {
                n == 0 || path.extension().is_some_and(|end| endings.iter().any(|known| end == *known))
            })
            .collect();
        paths.sort();
        found.extend(paths.iter().map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()));
    }
    let cases = Code::ALL.iter().flat_map(|code| cases(*code));
    let files = cases
        .flat_map(|case| case.files)
        .filter(|(path, _)| endings.iter().any(|ending| path.ends_with(&format!(".{ending}"))));
    found.extend(files.filter_map(|(_, content)| Some(String::from_utf8_lossy(&content?).into_owned())));
    assert!(!found.is_empty(), "{target} has no corpus");
    found
}

fn fuzz_texts(target: &str, seeds: &[String], run: impl Fn(&str)) {
    fuzz(target, seeds, mutated, Clone::clone, |text| run(text));
}

/// The texts of a target's scalars: each line of the files.
fn lines(texts: &[String]) -> Vec<String> {
    texts.iter().flat_map(|text| text.lines()).map(str::to_owned).collect()
}

#[test]
fn yaml() {
    fuzz_texts("yaml", &texts("yaml", &["tests/projects"], &["yaml"]), |text| {
        let mut sources = SourceMap::default();
        let file = sources.add("a.yaml", text);
        let mut found = Diagnostics::default();
        dagc::yaml::parse(&sources, file, &mut found);
        for span in found.iter().flat_map(|finding| finding.spans().collect::<Vec<_>>()) {
            assert!(text.get(span.range()).is_some(), "{span:?} is no place in the text");
        }
    });
}

#[test]
fn templates() {
    let mut seeds = texts("template", &[], &[]);
    seeds.extend(
        lines(&texts("template", &["specs"], &["yaml", "sql"]))
            .into_iter()
            .filter(|line| line.contains("{{")),
    );
    fuzz_texts("template", &seeds, |text| match Template::parse(text) {
        Ok(template) => assert!(template.static_prefix().len() <= text.len()),
        Err(errors) => assert!(!errors.is_empty()),
    });
}

#[test]
fn sql() {
    fuzz_texts("sql", &texts("sql", &["tests/projects", "specs"], &["sql"]), |text| {
        dagc::sql::analyse(text);
    });
}

/// Expressions, one a line of what the tests of columns have.
#[test]
fn expressions() {
    use dagc::columns::{Clause, Column, Schema, Scope, Spark, Type, typed};
    let kinds = [("i", "int"), ("s", "string"), ("dec", "decimal(38,18)"), ("ai", "array<int>")];
    let columns = kinds.map(|(name, kind)| Column::new(name, Type::parse_spark(kind).unwrap()));
    let schemas = [Schema::closed(columns.to_vec()), Schema::open()];
    let seeds = lines(&texts("expression", &["tests/columns"], &["tsv"]));
    let seeds: Vec<String> =
        seeds.iter().filter_map(|line| Some(line.split('\t').next()?.to_owned())).collect();
    fuzz_texts("expression", &seeds, |text| {
        for schema in &schemas {
            for (spark, clause) in [(Spark::V3_5, Clause::Filter), (Spark::V4_1, Clause::Aggregate)] {
                let found = typed(text, &Scope { schema, clause, grouped: &[], spark });
                for finding in &found.findings {
                    assert!(text.get(finding.range.clone()).is_some(), "{finding:?} is no place in the text");
                }
            }
        }
    });
}

#[test]
fn cron() {
    fuzz_texts("cron", &lines(&texts("cron", &[], &[])), |text| {
        let _ = dagc::lang::cron::check(text);
    });
}

#[test]
fn plan_files() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fuzz_texts("plan", &texts("plan", &["generated"], &["json"]), |text| {
        fs::write(file.path(), text).unwrap();
        let _ = dagc::exec::read_plan(file.path(), "load");
    });
}

/// The projects in the tests, and those of the corpus.
fn projects() -> Vec<ProjectFiles> {
    let mut found: Vec<PathBuf> = walkdir::WalkDir::new(root().join("tests"))
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.file_name().is_some_and(|name| name == "dagc.yaml"))
        .collect();
    found.sort();
    found.iter().map(|path| load(path.parent().unwrap()).unwrap()).collect()
}

/// Changes some of a project's texts.
fn other_project(rng: &mut Rng, projects: &[ProjectFiles]) -> ProjectFiles {
    let (one, other) = (rng.choice(projects).unwrap(), rng.choice(projects).unwrap());
    let strange: Vec<&str> = other.sources.iter().map(|(_, file)| &*file.text).collect();
    let count = one.sources.iter().count();
    let changed = rng.usize(0..count);
    let mut sources = SourceMap::default();
    for (n, (_, file)) in one.sources.iter().enumerate() {
        if n == changed || rng.u8(..) < 40 {
            let text = mutate(rng, &file.text, rng.clone().choice(&strange).unwrap());
            sources.add(file.path.clone(), text);
        } else {
            sources.add(file.path.clone(), file.text.clone());
        }
    }
    ProjectFiles { sources, not_utf8: Vec::new(), ..one.clone() }
}

fn shown(files: &ProjectFiles) -> String {
    let files = files.sources.iter().map(|(_, file)| format!("==> {} <==\n{}\n", file.path, file.text));
    files.collect::<Vec<_>>().concat()
}

#[test]
fn whole_projects() {
    fuzz("project", &projects(), other_project, shown, |files| {
        let mut compiled = compile(files, &Environments::All);
        let bugs = compiled.diagnostics.take_bugs();
        assert!(bugs.is_empty(), "{bugs:?}");
        for plan in &compiled.plans {
            dagc::emit::artifacts(plan);
        }
        let found = compiled.diagnostics.into_sorted();
        for span in found.iter().flat_map(dagc::diagnostic::Diagnostic::spans) {
            let text = &files.sources.file(span.file).text;
            assert!(text.get(span.range()).is_some(), "{span:?} is no place in its text");
        }
        let report = Report::new(&found, &files.sources, Limits::PEOPLE);
        let human = human::render(&report.findings, &files.sources, false);
        let github = github::render(&report, &files.sources);
        assert!(human.len() < 1_000_000 && github.len() < 1_000_000, "the report is too long");
        json::render(&report, &files.sources);
        sarif::render(&report, &files.sources);
    });
}
