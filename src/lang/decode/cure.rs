//! Keys that are not known and values of the wrong type: what was probably meant, what to write instead.

use super::{Decoder, Place, first_line};
use crate::diagnostic::{Code, Diagnostic};
use crate::text::Spanned;
use crate::yaml::{Kind, Node};

/// What a key is called elsewhere: in Airflow, in other tools, in AWS.
const ELSEWHERE: &[(&str, &str)] = &[
    ("cron", "schedule"),
    ("dag", "pipeline"),
    ("dag_id", "pipeline"),
    ("default_args", "defaults"),
    ("depends_on", "after"),
    ("dependencies", "after"),
    ("environment", "env"),
    ("execution_timeout", "timeout"),
    ("job_name", "job"),
    ("name", "pipeline"),
    ("needs", "after"),
    ("on_failure_callback", "on_failure"),
    ("path", "to"),
    ("op", "operator"),
    ("priority_weight", "priority"),
    ("query", "sql"),
    ("schedule_interval", "schedule"),
    ("script_location", "script"),
    ("separator", "delimiter"),
    ("seperator", "delimiter"),
    ("source", "from"),
    ("table", "from"),
    ("task_group", "group"),
    ("tasks", "steps"),
    ("upstream", "after"),
    ("worker_type", "workers"),
];

/// Options of Redshift's COPY that are written elsewhere.
const COPY: &[(&str, &str)] = &[
    ("csv", "say it as `format`, where the files come from or beside `options`"),
    ("delimiter", "write it under `format: {csv: {...}}`"),
    ("escape", "write it under `format: {csv: {...}}`"),
    ("format", "write it beside `options`, or where the files come from"),
    ("iam_role", "write `role:` beside `options`, or `copy_role` in the connection"),
    ("ignoreheader", "write `header: true` under `format: {csv: {...}}`"),
    ("json", "say it as `format`, where the files come from or beside `options`"),
    ("manifest", "dagc lists the files itself"),
    ("null", "write `null_as` under `format: {csv: {...}}`"),
    ("parquet", "say it as `format`, where the files come from or beside `options`"),
    ("quote", "write it under `format: {csv: {...}}`"),
];

/// Says whether keys are those of COPY's options.
fn is_copy(keys: &[&str]) -> bool {
    keys.contains(&"acceptinvchars")
}

/// Returns the key that is meant by one that is called otherwise elsewhere.
pub(super) fn meant<'k>(key: &str, keys: &[&'k str]) -> Option<&'k str> {
    let (_, meant) = ELSEWHERE.iter().find(|(elsewhere, meant)| *elsewhere == key && keys.contains(meant))?;
    keys.iter().find(|known| *known == meant).copied()
}

impl Place {
    /// Says where a key is to be written.
    pub fn cure(self, key: &str) -> String {
        match self {
            Self::Beside(other) => format!("write `{key}:` beside `{other}`, and not under it"),
            Self::Under(other) => format!("write `{key}:` under `{other}:`"),
        }
    }
}

impl Decoder<'_> {
    /// Reports a key that is not known.
    pub fn unknown_key(&mut self, key: &Spanned<String>, what: &str, keys: &[&str]) {
        let diagnostic =
            Diagnostic::new(Code::UnknownKey, key.span, format!("{what} has no key `{}`", key.value))
                .label("unknown key");
        if let (Some((_, place)), true) =
            (COPY.iter().find(|(option, _)| *option == key.value), is_copy(keys))
        {
            return self.diagnostics.push(diagnostic.help(*place));
        }
        let misplaced = self.misplaced.filter(|misplaced| misplaced.keys.contains(&key.as_str()));
        if let Some(misplaced) = misplaced {
            return self.diagnostics.push(diagnostic.help(misplaced.place.cure(key)));
        }
        self.diagnostics.push(match meant(key, keys) {
            Some(meant) => diagnostic.help(format!("did you mean `{meant}`?")),
            None if key.starts_with('\u{a0}') => {
                diagnostic.help("the blanks before it are no-break spaces: write plain ones")
            }
            None => diagnostic.suggest(key, keys.iter().copied()),
        });
    }

    /// Reports a value of the wrong type.
    pub fn wrong_type(&mut self, node: &Node, expected: &str) {
        let help = self.cure(node, expected);
        self.wrong_type_with(node, expected, help);
    }

    pub(super) fn wrong_type_with(&mut self, node: &Node, expected: &str, help: Option<String>) {
        let found = node.describe();
        let mark = match node.kind {
            Kind::Scalar(_) => node.span,
            Kind::Sequence(_) | Kind::Mapping(_) => first_line(node, self.sources),
        };
        let mut diagnostic =
            Diagnostic::new(Code::WrongType, mark, format!("expected {expected}, found {found}"))
                .label(format!("this is {found}"));
        diagnostic.help = help;
        self.diagnostics.push(diagnostic);
    }

    /// Says what to write in place of a value of the wrong type, as far as its form tells.
    fn cure(&self, node: &Node, expected: &str) -> Option<String> {
        let wants_mapping = expected.starts_with("a mapping");
        let help = match &node.kind {
            Kind::Scalar(scalar) if scalar.is_null() && self.is_before_comment(node) => {
                "`#` begins a comment: put the value in quotes if it is a part of it"
            }
            Kind::Scalar(scalar) if scalar.is_null() && wants_mapping => {
                "indent what belongs to it further than its key"
            }
            Kind::Scalar(scalar) if scalar.is_null() => "write a value, or take the key away",
            Kind::Scalar(scalar) if expected == "a list" => {
                return Some(format!("write `[{}]`", scalar.text));
            }
            Kind::Mapping(_) if expected == "a list" => "write `- ` before each item, or put it into `[...]`",
            Kind::Sequence(_) if wants_mapping => "write `NAME: ...` for each item, without `-` and `[...]`",
            Kind::Sequence(_) => "write one value, without `[...]` and without `-`",
            Kind::Scalar(_) | Kind::Mapping(_) => return None,
        };
        Some(help.to_owned())
    }

    /// Says whether the rest of the line, where a value is missing, is a comment.
    fn is_before_comment(&self, node: &Node) -> bool {
        let text = &self.sources.file(node.span.file).text;
        let rest = text.get(node.span.end as usize..).unwrap_or_default();
        rest.lines().next().unwrap_or_default().trim_start_matches(':').trim_start().starts_with('#')
    }
}
