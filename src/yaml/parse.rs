//! The parser itself: `saphyr-parser`'s events to nodes.

use super::Node;
use crate::diagnostic::Diagnostics;
use crate::source::{FileId, SourceMap, Span};
use std::ops::Range;

/// Parses a file. What is wrong is pushed; `None` means that there is nothing to go on with.
pub fn parse(_sources: &SourceMap, _file: FileId, _diagnostics: &mut Diagnostics) -> Option<Node> {
    None
}

/// See [`Node::locate`].
pub(super) fn locate(node: &Node, _sources: &SourceMap, _range: Range<usize>) -> Span {
    node.span
}
