//! The arguments of Airflow's and Amazon's operators, as their classes declare them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Made by `tests/airflow/signatures.py` of real Airflows; its doc says what stands in it.
const TABLE: &str = include_str!("signatures.txt");

/// What an operator takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature(&'static str);

/// An argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Argument {
    pub(super) name: &'static str,
    pub(super) is_required: bool,
    pub(super) takes: Takes,
    pub(super) holds: Holds,
    /// Airflow fills in `{{ ... }}` in it.
    pub(super) is_filled: bool,
    /// How a text ends that Airflow takes for the name of a file, between commas.
    files: &'static str,
}

impl Argument {
    /// Finds the ending by which Airflow takes a text for the name of a file.
    pub(super) fn file_ending(self, text: &str) -> Option<&'static str> {
        self.files.split(',').find(|ending| !ending.is_empty() && text.ends_with(ending))
    }
}

/// What an argument takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// What can be written in YAML, among others.
    Data,
    /// A function of Python's.
    Function,
    /// A length of time.
    Duration,
    /// A point in time.
    Moment,
}

/// What data an argument takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// Any.
    Any,
    /// A truth value.
    Truth,
    /// A number.
    Number,
    /// One of these words, which stand between bars.
    Word(&'static str),
}

impl Signature {
    /// Finds the signature of a class by its import path.
    pub(super) fn of(path: &str) -> Option<Self> {
        lines().get(path).map(|arguments| Self(arguments))
    }

    /// Returns the import paths of all classes.
    pub(super) fn paths() -> impl Iterator<Item = &'static str> {
        lines().keys().copied().filter(|path| path.contains('.'))
    }

    /// Finds what every operator of a line of Airflow takes.
    pub(super) fn of_every(major: u32) -> Self {
        Self::of(if major < 3 { "BaseOperator2" } else { "BaseOperator3" }).unwrap_or(Self(""))
    }

    /// Returns the arguments.
    pub(super) fn arguments(self) -> impl Iterator<Item = Argument> {
        self.0.split_whitespace().map(|word| {
            let (word, files) = word.split_once('@').unwrap_or((word, ""));
            let (word, is_filled) = word.strip_suffix('%').map_or((word, false), |word| (word, true));
            let (word, mark) = word.split_once(':').unwrap_or((word, ""));
            let (takes, holds) = match mark {
                "c" => (Takes::Function, Holds::Any),
                "d" => (Takes::Duration, Holds::Any),
                "t" => (Takes::Moment, Holds::Any),
                "b" => (Takes::Data, Holds::Truth),
                "n" => (Takes::Data, Holds::Number),
                _ => (Takes::Data, mark.strip_prefix('=').map_or(Holds::Any, Holds::Word)),
            };
            let name = word.trim_end_matches('!');
            Argument { name, is_required: name != word, takes, holds, is_filled, files }
        })
    }

    /// Finds an argument.
    pub(super) fn argument(self, name: &str) -> Option<Argument> {
        self.arguments().find(|argument| argument.name == name)
    }
}

/// The lines of the table by what they are of.
fn lines() -> &'static BTreeMap<&'static str, &'static str> {
    static LINES: OnceLock<BTreeMap<&'static str, &'static str>> = OnceLock::new();
    LINES.get_or_init(|| {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.split_once(' ').unwrap_or((line, ""))).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_read() {
        let bash = Signature::of("airflow.operators.bash.BashOperator").unwrap();
        assert!(bash.argument("bash_command").unwrap().is_required);
        assert_eq!(bash.argument("output_processor").unwrap().takes, Takes::Function);
        assert_eq!(bash.argument("append_env").unwrap().takes, Takes::Data);
        assert_eq!(bash.argument("append_env").unwrap().holds, Holds::Truth);
        assert!(bash.argument("bash_command").unwrap().is_filled);
        assert!(!bash.argument("append_env").unwrap().is_filled);
        let table = "airflow.providers.amazon.aws.operators.glue_catalog.GlueCatalogCreateTableOperator";
        let if_exists = Signature::of(table).unwrap().argument("if_exists").unwrap();
        assert_eq!(if_exists.holds, Holds::Word("fail|skip"));
        assert_eq!(Signature::of_every(2).argument("pool_slots").unwrap().holds, Holds::Number);
        assert_eq!(Signature::of_every(2).argument("sla").unwrap().takes, Takes::Duration);
        assert!(Signature::of_every(3).argument("task_concurrency").is_none());
        assert_eq!(bash.argument("bash_command").unwrap().file_ending("run.sh"), Some(".sh"));
        assert_eq!(bash.argument("bash_command").unwrap().file_ending("run.sh "), None);
        assert_eq!(bash.argument("append_env").unwrap().file_ending("run.sh"), None);
        assert!(Signature::of("acme.operators.Tidy").is_none());
    }
}
