//! Texts that people wrote, and places in them.
//!
//! Takes the text of each input file once and gives out [`FileId`]s; everything later points into
//! a file with a [`Span`] of bytes. Lines and columns are computed only when a place is printed.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Identifies a file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// Makes the span of the bytes `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { file, start: clamp(start), end: clamp(end) }
    }

    /// Makes the empty span at the start of `file`, for what concerns the whole file.
    pub const fn file_start(file: FileId) -> Self {
        Self { file, start: 0, end: 0 }
    }

    /// Returns the span as a range of bytes.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and the place where it was written. Equality looks at the value alone.
#[derive(Clone, Copy, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Joins a value and its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// Turns the value into another one that stands at the same place.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: f(self.value), span: self.span }
    }

    /// Borrows the value, keeping the place.
    pub fn as_ref(&self) -> Spanned<&T> {
        Spanned { value: &self.value, span: self.span }
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// One input file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path relative to the project's folder, with `/` between its parts.
    pub path: String,
    /// The whole text. Bytes that are not UTF-8 stand as U+FFFD.
    pub text: Arc<str>,
}

/// A one-based line and column; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl SourceFile {
    /// Computes the line and column of a byte offset.
    pub fn position(&self, offset: u32) -> Position {
        let end = floor_boundary(&self.text, offset as usize);
        let before = &self.text[..end];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// All input files of a run.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file and gives its id.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile { path: path.into(), text: text.into() });
        id
    }

    /// Returns a file.
    ///
    /// # Panics
    /// When the id was given out by another map.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Returns the id of the file with this path.
    pub fn find(&self, path: &str) -> Option<FileId> {
        let index = self.files.iter().position(|file| file.path == path)?;
        Some(FileId(u32::try_from(index).ok()?))
    }

    /// Returns all files in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(n, file)| (FileId(u32::try_from(n).unwrap_or(u32::MAX)), file))
    }

    /// Returns the text that a span covers.
    pub fn text(&self, span: Span) -> &str {
        let text = &self.file(span.file).text;
        let range = span.range();
        &text[floor_boundary(text, range.start)..floor_boundary(text, range.end)]
    }

    /// Returns `path:line:column` of the start of a span.
    pub fn location(&self, span: Span) -> String {
        let file = self.file(span.file);
        let at = file.position(span.start);
        format!("{}:{}:{}", file.path, at.line, at.column)
    }
}

/// The files of a project.
#[derive(Clone, Debug, Default)]
pub struct ProjectFiles {
    /// All texts: `dagc.yaml`, pipelines, SQL.
    pub sources: SourceMap,
    /// `dagc.yaml`.
    pub project: Option<FileId>,
    /// The pipelines, sorted by path.
    pub pipelines: Vec<FileId>,
    /// The bytes of every other file under the folder of specs (scripts, libraries), by path relative to
    /// the project, with `/` between its parts.
    pub files: BTreeMap<String, Arc<[u8]>>,
    /// Files that are not UTF-8, with the offset of the first wrong byte.
    pub not_utf8: Vec<(FileId, usize)>,
    /// Folders of the project file that cannot be folders, by their keys, with the file that is in their way.
    pub no_folders: Vec<(&'static str, String)>,
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    text.floor_char_boundary(offset.min(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let mut map = SourceMap::default();
        let file = map.add("a.yaml", "é: 1\nöb: x\n");
        let offset = map.file(file).text.find('x').unwrap();
        assert_eq!(map.location(Span::new(file, offset, offset + 1)), "a.yaml:2:5");
        assert_eq!(map.text(Span::new(file, 0, 1)), "", "a span inside a character is floored");
    }
}
