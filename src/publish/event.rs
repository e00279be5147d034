//! What publishing tells while it works; `ui` renders it.

use super::diff::Stage;

/// Hears of everything that happens.
pub type Observer<'a> = &'a dyn Fn(&Event);

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something to know that stops nothing.
    Warning(String),
    /// We are the one who publishes now.
    Started {
        /// Files to be sent, Glue's files among them.
        files: usize,
        /// Their bytes.
        bytes: u64,
    },
    /// A file of a Glue job was sent.
    SentAsset {
        /// Where it is.
        uri: String,
        /// Its bytes.
        bytes: u64,
    },
    /// A Glue job or a crawler was made or changed.
    Resource {
        /// Such as `glue-job/clean`.
        name: String,
        /// `created` or `updated`.
        done: &'static str,
    },
    /// A running crawler is waited for, as it cannot be changed.
    WaitingForCrawler(String),
    /// A file was sent.
    Sent {
        /// Its path relative to the DAG folder.
        path: String,
        /// Its part in the order.
        stage: Stage,
        /// Its bytes.
        bytes: u64,
    },
    /// A file was removed.
    Removed(String),
    /// What was sent is there.
    Verified(usize),
}
