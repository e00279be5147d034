//! Every form of a few findings.

use super::report::{Failure, LeftOut, Limits};
use super::*;
use crate::diagnostic::Code;
use crate::text::Span;
use insta::assert_snapshot;

const SPEC: &str = "\
pipeline: taxi
steps:
  clean:
    bash: x
  load:
    redshift_copy: {from: cleen, table: é.trips}

";

fn findings() -> (Vec<Diagnostic>, SourceMap) {
    let mut sources = SourceMap::default();
    let spec = sources.add("specs/taxi, new.yaml", SPEC);
    let sql = sources.add("specs/sql/a.sql", "select\n\tx from t\n");
    let place = |text: &str| {
        let at = SPEC.find(text).unwrap();
        Span::new(spec, at, at + text.len())
    };
    let findings = vec![
        Diagnostic::new(
            Code::UnknownReference,
            place("cleen"),
            "step `load` reads `cleen`, which no source and no step makes",
        )
        .label("not found in pipeline `taxi`")
        .also(place("clean"), "a step with a similar name")
        .note("100% sure")
        .help("write `from: clean`"),
        Diagnostic::new(Code::LongDagId, place("é.trips"), "a warning"),
        Diagnostic::new(Code::SqlSyntax, Span::new(sql, 8, 9), "in another file")
            .also(place("load"), "of this step"),
        Diagnostic::new(Code::EmptyFile, Span::file_start(sql), "at the start"),
        Diagnostic::new(Code::YamlSyntax, Span::new(spec, SPEC.len(), SPEC.len()), "at \u{1b}[31mthe end"),
        Diagnostic::new(Code::WrongType, place("clean:\n    bash: x"), "over two lines"),
    ];
    (findings, sources)
}

fn report(findings: &[Diagnostic], sources: &SourceMap) -> Report {
    Report::new(findings, sources, Limits::NONE)
}

#[test]
fn human_marks_the_line() {
    let (findings, sources) = findings();
    assert_snapshot!(human::render(&findings, &sources, false), @r#"
error[unknown-reference]: step `load` reads `cleen`, which no source and no step makes
 --> specs/taxi, new.yaml:6:27
  |
3 |   clean:
  |   ----- a step with a similar name
...
6 |     redshift_copy: {from: cleen, table: é.trips}
  |                           ^^^^^ not found in pipeline `taxi`
  |
  = note: 100% sure
hint: write `from: clean`

warning[long-dag-id]: a warning
 --> specs/taxi, new.yaml:6:41
  |
6 |     redshift_copy: {from: cleen, table: é.trips}
  |                                         ^^^^^^^

error[sql-syntax]: in another file
 --> specs/sql/a.sql:2:2
  |
2 |     x from t
  |     ^
  |
 ::: specs/taxi, new.yaml:5:3
  |
5 |   load:
  |   ---- of this step

error[empty-file]: at the start
 --> specs/sql/a.sql:1:1
  |
1 | select
  | ^

error[yaml-syntax]: at ␛[31mthe end
 --> specs/taxi, new.yaml:8:1
  |
8 |
  | ^

error[wrong-type]: over two lines
 --> specs/taxi, new.yaml:3:3
  |
3 | /   clean:
4 | |     bash: x
  | |___________^
"#);
    assert_eq!(
        human::summary(&report(&findings, &sources)).unwrap(),
        "5 errors, 1 warning; `dagc explain unknown-reference` says more"
    );
    assert_eq!(human::summary(&Report::default()), None);
}

#[test]
fn colours_change_no_word() {
    let (findings, sources) = findings();
    let styled = human::render(&findings, &sources, true);
    assert!(styled.contains("\u{1b}["));
    assert_eq!(anstream::adapter::strip_str(&styled).to_string(), human::render(&findings, &sources, false));
}

#[test]
fn errors_without_a_place_have_a_hint() {
    let text = plain_text(&human::plain_error("failed to read `x`", Some("run it here")));
    assert_snapshot!(text, @r#"
error: failed to read `x`
hint: run it here
"#);
}

fn plain_text(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn github_escapes() {
    let (findings, sources) = findings();
    assert_snapshot!(github::render(&report(&findings, &sources), &sources), @r#"
::error file=specs/taxi%2C new.yaml,line=6,endLine=6,col=27,endColumn=32,title=unknown-reference::step `load` reads `cleen`, which no source and no step makes: not found in pipeline `taxi`%0Anote: 100%25 sure%0Ahint: write `from: clean`
::warning file=specs/taxi%2C new.yaml,line=6,endLine=6,col=41,endColumn=48,title=long-dag-id::a warning
::error file=specs/sql/a.sql,line=2,endLine=2,col=2,endColumn=3,title=sql-syntax::in another file
::error file=specs/sql/a.sql,line=1,endLine=1,col=1,endColumn=1,title=empty-file::at the start
::error file=specs/taxi%2C new.yaml,line=8,endLine=8,col=1,endColumn=1,title=yaml-syntax::at [31mthe end
::error file=specs/taxi%2C new.yaml,line=3,endLine=4,title=wrong-type::over two lines
"#);
}

#[test]
fn json_keeps_everything() {
    let (findings, sources) = findings();
    assert_snapshot!(json::render(&report(&findings[..1], &sources), &sources), @r#"
{
  "version": 1,
  "errors": 1,
  "warnings": 0,
  "diagnostics": [
    {
      "code": "unknown-reference",
      "severity": "error",
      "message": "step `load` reads `cleen`, which no source and no step makes",
      "path": "specs/taxi, new.yaml",
      "line": 6,
      "column": 27,
      "end_line": 6,
      "end_column": 32,
      "label": "not found in pipeline `taxi`",
      "labels": [
        {
          "path": "specs/taxi, new.yaml",
          "line": 3,
          "column": 3,
          "end_line": 3,
          "end_column": 8,
          "message": "a step with a similar name"
        }
      ],
      "notes": [
        "100% sure"
      ],
      "help": "write `from: clean`"
    }
  ],
  "left_out": [],
  "failures": []
}
"#);
    let empty: serde_json::Value = serde_json::from_str(&json::render(&Report::default(), &sources)).unwrap();
    assert_eq!(empty["diagnostics"], serde_json::json!([]));
}

#[test]
fn sarif_points_and_explains() {
    let (findings, sources) = findings();
    let sarif: serde_json::Value =
        serde_json::from_str(&sarif::render(&report(&findings, &sources), &sources)).unwrap();
    let run = &sarif["runs"][0];
    // The index moves with every new code; that it points to the rule is asserted below.
    let mut first = run["results"][0].clone();
    first["ruleIndex"].take();
    assert_snapshot!(serde_json::to_string_pretty(&first).unwrap(), @r#"
{
  "level": "error",
  "locations": [
    {
      "physicalLocation": {
        "artifactLocation": {
          "uri": "specs/taxi%2C%20new.yaml",
          "uriBaseId": "%SRCROOT%"
        },
        "region": {
          "endColumn": 32,
          "endLine": 6,
          "startColumn": 27,
          "startLine": 6
        }
      }
    }
  ],
  "message": {
    "text": "step `load` reads `cleen`, which no source and no step makes: not found in pipeline `taxi`\nnote: 100% sure\nhint: write `from: clean`"
  },
  "partialFingerprints": {
    "dagc/v1": "121ea05186a50737f1a1c5df9eba4d37"
  },
  "relatedLocations": [
    {
      "message": {
        "text": "a step with a similar name"
      },
      "physicalLocation": {
        "artifactLocation": {
          "uri": "specs/taxi%2C%20new.yaml",
          "uriBaseId": "%SRCROOT%"
        },
        "region": {
          "endColumn": 8,
          "endLine": 3,
          "startColumn": 3,
          "startLine": 3
        }
      }
    }
  ],
  "ruleId": "unknown-reference",
  "ruleIndex": null
}
"#);
    let results = run["results"].as_array().unwrap();
    for (result, finding) in results.iter().zip(&findings) {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        let rule = &run["tool"]["driver"]["rules"][index];
        assert_eq!(rule["id"], finding.code.name());
        assert_eq!(rule["help"]["markdown"], finding.code.explanation());
    }
}

#[test]
fn equal_findings_have_fingerprints_of_their_own_that_survive_a_move() {
    let (findings, sources) = findings();
    let twice = [findings[0].clone(), findings[0].clone()];
    let prints = |findings: &[Diagnostic], sources: &SourceMap| {
        let sarif: serde_json::Value =
            serde_json::from_str(&sarif::render(&report(findings, sources), sources)).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap().clone();
        results.iter().map(|result| result["partialFingerprints"].clone()).collect::<Vec<_>>()
    };
    let both = prints(&twice, &sources);
    assert_ne!(both[0], both[1]);
    let mut moved = SourceMap::default();
    moved.add("specs/taxi, new.yaml", format!("# new line\n{SPEC}"));
    assert_eq!(prints(&findings[..1], &moved)[0], both[0]);
}

#[test]
fn what_is_left_out_or_failed_is_told_in_every_form() {
    let mut sources = SourceMap::default();
    let file = sources.add("specs/a.yaml", "x");
    let one = Diagnostic::new(Code::UnknownKey, Span::file_start(file), "one");
    let mut report = Report::new(&[one], &sources, Limits::PEOPLE);
    report.errors = 38;
    report.left_out =
        vec![LeftOut { code: Code::UnknownKey, count: 37, files: vec!["specs/a.yaml".to_owned()] }];
    report.failures = vec![Failure { message: "failed: 1%".to_owned(), hint: Some("do it".to_owned()) }];
    assert_eq!(
        human::rest(&report),
        "and 37 more of `unknown-key` in specs/a.yaml\n`dagc check --all` shows them\n\n"
    );
    assert_eq!(human::summary(&report).unwrap(), "38 errors; `dagc explain unknown-key` says more");
    let github = github::render(&report, &sources);
    let lines: Vec<&str> = github.lines().skip(1).collect();
    assert_eq!(
        lines,
        [
            "::error title=unknown-key::and 37 more of `unknown-key` in specs/a.yaml",
            "::error title=dagc::failed: 1%25%0Ahint: do it"
        ]
    );
    let json: serde_json::Value = serde_json::from_str(&json::render(&report, &sources)).unwrap();
    assert_eq!(json["left_out"][0]["count"], 37);
    assert_eq!(json["failures"][0]["hint"], "do it");
    let sarif: serde_json::Value = serde_json::from_str(&sarif::render(&report, &sources)).unwrap();
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
    let levels: Vec<_> = notifications.iter().map(|one| one["level"].as_str().unwrap()).collect();
    assert_eq!(levels, ["error", "note"]);
}

/// However long a line is, and however much of it is wrong: what is shown lies around the place.
#[test]
fn long_lines_are_shown_in_part_and_their_columns_are_those_of_the_file() {
    let mut sources = SourceMap::default();
    let text = format!("a: {}HERE{}\nb: there\n", "x".repeat(9_000), "航".repeat(9_000));
    let at = text.find("HERE").unwrap();
    let there = text.find("there").unwrap();
    let file = sources.add("specs/a.yaml", text);
    let finding = Diagnostic::new(Code::UnknownKey, Span::new(file, at, at + 4), "wrong")
        .label("this one")
        .also(Span::new(file, there, there + 5), "and that one");
    assert_snapshot!(human::render(&[finding], &sources, false), @"
error[unknown-key]: wrong
 --> specs/a.yaml:1:9004
  |
1 | …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxHERE航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航航…
  |                                                              ^^^^ this one
2 | b: there
  |    ----- and that one
");
}
