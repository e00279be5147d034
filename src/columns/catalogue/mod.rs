//! The functions of Spark's SQL, as `functions.yaml` lists them.

mod signature;

use serde::Deserialize;
pub(super) use signature::{Shape, Signature};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It gives one value a row.
    Scalar,
    /// It gives one value a group, or one a row over a window.
    Aggregate,
    /// It gives one value a row over a window.
    Window,
    /// It gives rows.
    Generator,
}

/// When a function gives `NULL`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NullRule {
    /// When an argument is.
    #[default]
    Any,
    /// When all arguments are.
    All,
    /// When the first argument is.
    First,
    /// When the second argument is.
    Second,
    /// When one behind the first argument is.
    Branches,
    /// At any time.
    Always,
    /// Never.
    Never,
    /// Never without ANSI mode, otherwise when an argument is.
    LegacyNever,
}

/// What of a function is otherwise in ANSI mode.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Ansi {
    /// One of several functions of which the same is to be said.
    Kind(AnsiKind),
    /// What fails, and what to write.
    Told {
        /// What fails.
        when: String,
        /// What to write.
        write: String,
    },
}

/// What is otherwise of several functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AnsiKind {
    /// A number that is too large fails.
    Overflow,
    /// A second argument that is nought fails.
    Zero,
    /// It is a cast.
    Cast,
    /// A text that is no date fails.
    Date,
    /// A text that is no time fails.
    Timestamp,
    /// `NULL` has no size.
    Size,
    /// An array has no such element.
    Element,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function {
    /// Its name.
    pub name: String,
    /// What it is.
    pub class: Class,
    /// What it takes and gives.
    pub signatures: Vec<Signature>,
    /// When it gives `NULL`.
    pub null: NullRule,
    /// It is of Spark 4.
    pub is_of_4: bool,
    /// It may give another value for the same arguments.
    pub varies: bool,
    /// What is otherwise in ANSI mode.
    pub ansi: Option<Ansi>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Row {
    Signature(String),
    Full(Full),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Full {
    call: String,
    #[serde(default)]
    also: Vec<String>,
    /// Not `null`, which YAML takes for no name.
    #[serde(default)]
    nulls: NullRule,
    since: Option<u32>,
    #[serde(default)]
    varies: bool,
    ansi: Option<Ansi>,
}

/// All functions by their names, the other ones among them.
static FUNCTIONS: LazyLock<BTreeMap<String, Function>> = LazyLock::new(|| {
    let sections: BTreeMap<Class, BTreeMap<String, Row>> =
        serde_yaml::from_str(include_str!("../functions.yaml")).unwrap_or_default();
    sections
        .into_iter()
        .flat_map(|(class, rows)| rows.into_iter().map(move |(name, row)| (class, name, row)))
        .flat_map(|(class, name, row)| function(class, &name, row))
        .collect()
});

fn function(class: Class, name: &str, row: Row) -> Vec<(String, Function)> {
    let full = match row {
        Row::Signature(call) => {
            Full { call, also: Vec::new(), nulls: NullRule::Any, since: None, varies: false, ansi: None }
        }
        Row::Full(full) => full,
    };
    let function = Function {
        name: name.to_owned(),
        class,
        signatures: full.call.split(" | ").filter_map(Signature::parse).collect(),
        null: full.nulls,
        is_of_4: full.since == Some(4),
        varies: full.varies,
        ansi: full.ansi,
    };
    std::iter::once(name.to_owned()).chain(full.also).map(|name| (name, function.clone())).collect()
}

/// Finds a function by its name in lower case.
pub(super) fn function_of(name: &str) -> Option<&'static Function> {
    FUNCTIONS.get(name)
}

/// The names of all functions, sorted.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.keys().map(String::as_str)
}

/// What a function is, by its name in lower case; nothing when it is not known.
pub fn class_of(name: &str) -> Option<Class> {
    FUNCTIONS.get(name).map(|function| function.class)
}

/// Says whether a function may give another value for the same arguments.
pub fn varies(name: &str) -> bool {
    FUNCTIONS.get(name).is_some_and(|function| function.varies)
}

#[cfg(test)]
mod tests;
