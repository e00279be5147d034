//! The project's files by path.

use super::UserFile;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::source::{FileId, ProjectFiles, SourceMap, Span};
use std::collections::HashMap;

/// Finds files by their path relative to the project.
#[derive(Debug)]
pub struct FileIndex<'a> {
    files: &'a ProjectFiles,
    texts: HashMap<&'a str, FileId>,
}

impl<'a> FileIndex<'a> {
    /// Makes the index of a project.
    pub fn new(files: &'a ProjectFiles) -> Self {
        let texts = files.sources.iter().map(|(id, file)| (file.path.as_str(), id)).collect();
        Self { files, texts }
    }

    /// Returns the texts.
    pub fn sources(&self) -> &'a SourceMap {
        &self.files.sources
    }

    /// Finds an SQL file that a spec names.
    pub fn text(&self, spec: FileId, path: &str, span: Span) -> Result<FileId, Box<Diagnostic>> {
        let wanted = normalise(&self.sources().file(spec).path, path);
        self.texts.get(wanted.as_str()).copied().ok_or_else(|| Box::new(self.missing(&wanted, path, span)))
    }

    /// Finds any file that a spec names.
    pub fn bytes(&self, spec: FileId, path: &str, span: Span) -> Result<UserFile, Box<Diagnostic>> {
        let wanted = normalise(&self.sources().file(spec).path, path);
        if let Some(content) = self.files.files.get(&wanted) {
            return Ok(UserFile { path: wanted, content: content.clone() });
        }
        match self.texts.get(wanted.as_str()) {
            Some(id) => {
                Ok(UserFile { path: wanted, content: self.sources().file(*id).text.as_bytes().into() })
            }
            None => Err(Box::new(self.missing(&wanted, path, span))),
        }
    }

    fn missing(&self, wanted: &str, written: &str, span: Span) -> Diagnostic {
        let known = self.texts.keys().copied().chain(self.files.files.keys().map(String::as_str));
        let diagnostic = Diagnostic::new(Code::MissingFile, span, format!("there is no file `{wanted}`"))
            .label("not found");
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut same_name: Vec<&str> = known.clone().filter(|path| name(path) == name(wanted)).collect();
        same_name.sort_unstable();
        let near = same_name.first().copied().or_else(|| nearest(wanted, known));
        match near {
            Some(near) => diagnostic.help(format!(
                "did you mean `{near}`? Paths are relative to the spec: `{}`",
                relative(&self.sources().file(span.file).path, near)
            )),
            None => diagnostic.help(format!("`{written}` is taken relative to the spec's folder")),
        }
    }
}

/// Joins the folder of a spec and a path in it, and takes `.` and `..` out.
pub fn normalise(spec: &str, path: &str) -> String {
    let mut parts: Vec<&str> = spec.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// Writes a path of the project as it must stand in a spec.
fn relative(spec: &str, path: &str) -> String {
    let folder: Vec<&str> =
        spec.rsplit_once('/').map_or(Vec::new(), |(folder, _)| folder.split('/').collect());
    let parts: Vec<&str> = path.split('/').collect();
    let common = folder.iter().zip(&parts).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", folder.len() - common);
    up.chain(parts[common..].iter().copied()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_spec() {
        for (spec, path, expected) in [
            ("specs/a.yaml", "sql/a.sql", "specs/sql/a.sql"),
            ("specs/b/a.yaml", "../sql/./a.sql", "specs/sql/a.sql"),
            ("a.yaml", "../x.sql", "../x.sql"),
            ("specs/a.yaml", "../../../x.sql", "../../x.sql"),
        ] {
            assert_eq!(normalise(spec, path), expected, "{spec} {path}");
        }
        assert_eq!(relative("specs/b/a.yaml", "specs/sql/a.sql"), "../sql/a.sql");
        assert_eq!(relative("specs/a.yaml", "specs/sql/a.sql"), "sql/a.sql");
    }
}
