//! Lines and columns of a span, for every form that prints them.

use crate::text::{SourceMap, Span};
use serde::Serialize;

/// Where a span lies; lines and columns count from 1, columns in characters, the end is exclusive.
#[derive(Debug, Serialize)]
pub(super) struct Region {
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

impl Region {
    pub(super) fn of(span: Span, sources: &SourceMap) -> Self {
        let file = sources.file(span.file);
        let start = file.position(span.start);
        let end = file.position(span.end.max(span.start));
        Self {
            path: file.path.clone(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}
