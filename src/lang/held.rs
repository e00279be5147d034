//! What a record holds that is looked at by more than its own kind: `record!` shows it, so that nobody keeps a list
//! of the keys in which it stands.

use super::sql::SqlSpec;
use crate::template::Template;
use crate::text::Span;
use crate::yaml::Node;

/// Something that a record holds, by what it is.
#[derive(Clone, Copy, Debug)]
pub enum Held<'h> {
    /// A text with `{{ ... }}`, and where it stands.
    Template(&'h Template, Span),
    /// An argument that is handed on as it is; filters of dagc's may stand in its `{{ ... }}`.
    Raw(&'h Node),
    /// SQL, or the path of a file with it.
    Sql(&'h SqlSpec),
    /// The path of a file of the user's, and where it stands.
    File(&'h str, Span),
    /// An ARN, or several joined by commas, and where it stands.
    Arn(&'h str, Span),
}

/// What is called with each of them.
pub type Show<'s, 'h> = dyn FnMut(Held<'h>) + 's;
