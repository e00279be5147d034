//! Why one comes after another: within a pipeline, and between pipelines.

use serde::Serialize;

/// A dependency between pipelines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// The pipeline that makes the data.
    pub from_pipeline: String,
    /// Its task.
    pub from_task: String,
    /// The pipeline that reads it.
    pub to_pipeline: String,
    /// Its task, when one reads the data; none when only the schedule names it.
    pub to_task: Option<String>,
    /// Why.
    pub why: Why,
    /// The asset by which the reader is scheduled; none when it runs by the clock.
    pub asset: Option<String>,
}

/// Why one task comes after another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// `from:` or `of:` names it.
    From,
    /// It reads a table that the other one writes.
    Table(String),
    /// It reads a prefix that the other one writes.
    Prefix(String),
    /// It reads files for which the other one waits.
    Wait(String),
    /// `after:` names it.
    After,
    /// Its text uses the other one's outputs.
    Outputs,
    /// Both write it, in this order.
    Rewrite(String),
    /// One drops it, when the other is done with it or before the other makes it.
    Drop(String),
    /// One takes its rows away, when the other is done with them or before the other writes.
    Empty(String),
    /// It reads a table that the other one checks.
    Check(String),
    /// One makes the schema in which the other works, or does something to all that lies in it.
    Schema(String),
    /// It names a procedure or function that the other one makes.
    Routine(String),
    /// It names something else that the other one makes: a policy, a datashare, a prepared statement.
    Made(String),
}

impl Why {
    /// Says whether the user has named the order: what is only seen in the data gives way to it.
    pub fn is_named(&self) -> bool {
        match self {
            Self::From | Self::Wait(_) | Self::After | Self::Outputs => true,
            Self::Table(_)
            | Self::Prefix(_)
            | Self::Rewrite(_)
            | Self::Drop(_)
            | Self::Empty(_)
            | Self::Check(_)
            | Self::Schema(_)
            | Self::Routine(_)
            | Self::Made(_) => false,
        }
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::From => f.write_str("from"),
            Self::Table(name) => write!(f, "table {name}"),
            Self::Prefix(path) => write!(f, "prefix {path}"),
            Self::Wait(source) => write!(f, "waits for {source}"),
            Self::After => f.write_str("after"),
            Self::Outputs => f.write_str("outputs"),
            Self::Rewrite(name) => write!(f, "writes {name} again"),
            Self::Drop(name) => write!(f, "drop of {name}"),
            Self::Empty(name) => write!(f, "emptying of {name}"),
            Self::Check(name) => write!(f, "check of {name}"),
            Self::Schema(name) => write!(f, "schema {name}"),
            Self::Routine(name) => write!(f, "routine {name}"),
            Self::Made(name) => f.write_str(name),
        }
    }
}
