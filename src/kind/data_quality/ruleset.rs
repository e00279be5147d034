//! Rules in a spec or in a file of their own, with places in either.

use super::dqdl::{Problem, problems};
use crate::diagnostic::{Code, Diagnostic};
use crate::kind::contract::Cx;
use crate::lang::decode::{Decode, Decoder, Definitions};
use crate::lang::held::{Held, Show};
use crate::text::{FileId, SourceMap, Span};
use crate::yaml::Node;
use serde_json::{Value, json};
use std::ops::Range;

/// How files of rules end.
const ENDING: &str = ".dqdl";

/// Rules, or the path of a file with them.
#[derive(Clone, Debug, PartialEq)]
pub struct RulesetSpec {
    /// The scalar.
    node: Node,
    /// Its text.
    text: String,
}

impl RulesetSpec {
    /// Where it stands.
    pub fn span(&self) -> Span {
        self.node.span
    }

    /// Returns the path, if it is one: a single word that ends as files of rules do.
    pub fn path(&self) -> Option<&str> {
        let path = self.text.trim();
        (path.ends_with(ENDING) && !path.contains(char::is_whitespace)).then_some(path)
    }

    /// Returns the rules that stand in the spec.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reports what is wrong with them. That there is no such file has been reported.
    pub(super) fn check(&self, columns: Option<&[String]>, cx: &mut Cx<'_, '_>) {
        let sources = cx.scope.files.sources();
        let file = match self.path() {
            None => None,
            Some(path) => match cx.scope.files.text(self.span().file, path, self.span()) {
                Ok(file) => Some(file),
                Err(_) => return,
            },
        };
        let text: &str = file.map_or(&self.text, |file| &sources.file(file).text);
        let found = match filled(text, file.is_some()) {
            Some(problem) => vec![problem],
            None => problems(text, columns),
        };
        for problem in found {
            let span = self.locate(sources, file, problem.range.clone());
            let finding = finding(problem, span);
            cx.diagnostics.push(match file {
                Some(_) => finding.also(self.span(), format!("step `{}` evaluates it", cx.name)),
                None => finding,
            });
            cx.found.incomplete = true;
        }
    }

    fn locate(&self, sources: &SourceMap, file: Option<FileId>, range: Range<usize>) -> Span {
        match file {
            Some(file) => Span::new(file, range.start, range.end),
            None => self.node.locate(sources, range),
        }
    }
}

/// A ruleset is one for all runs, and a file of rules one for all environments.
fn filled(text: &str, is_file: bool) -> Option<Problem> {
    let problem = |at: usize, message: &str, help: &str| Problem {
        range: at..at + 2,
        message: message.to_owned(),
        help: Some(help.to_owned()),
        unknown: None,
    };
    if let Some(at) = text.find("{{") {
        let help = "choose the rows of a run by `partitions: dt = '{{ ds }}'`";
        return Some(problem(
            at,
            "`{{ ... }}` cannot stand in rules: a ruleset is the same in each run",
            help,
        ));
    }
    let at = text.find("${").filter(|_| is_file)?;
    let help = "write the rules into the spec, where `${vars.NAME}` is filled in";
    Some(problem(at, "`${...}` is not filled in in a file of rules", help))
}

fn finding(problem: Problem, span: Span) -> Diagnostic {
    let finding = Diagnostic::new(Code::DataQualityRules, span, problem.message);
    let finding = match &problem.unknown {
        Some((word, known)) => finding.suggest(word, known.iter().map(String::as_str)),
        None => finding,
    };
    match problem.help {
        Some(help) => finding.help(help),
        None => finding,
    }
}

impl Decode for RulesetSpec {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match node.as_scalar() {
            Some(scalar) if !scalar.is_null() => Some(Self { node: node.clone(), text: scalar.text.clone() }),
            _ => {
                decoder.wrong_type(node, "rules in one text, `rules: |`, or a path that ends in `.dqdl`");
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "title": "rules in DQDL, or a path that ends in `.dqdl`" })
    }

    fn held<'h>(&'h self, show: &mut Show<'_, 'h>) {
        if let Some(path) = self.path() {
            show(Held::File(path, self.node.span));
        }
    }

    fn place(&self) -> Option<Span> {
        Some(self.node.span)
    }
}
