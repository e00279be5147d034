//! The project's files by path.

use super::UserFile;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::text::{FileId, ProjectFiles, SourceMap, Span};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Finds files by their path relative to the project.
#[derive(Debug)]
pub struct FileIndex<'a> {
    files: &'a ProjectFiles,
    texts: HashMap<&'a str, FileId>,
    /// Made when the first file is missed.
    places: OnceLock<Places>,
}

/// The paths of all files by their names, and their names by their folders.
#[derive(Debug, Default)]
struct Places {
    by_name: HashMap<String, Vec<String>>,
    by_folder: HashMap<String, Vec<String>>,
}

impl<'a> FileIndex<'a> {
    /// Makes the index of a project.
    pub fn new(files: &'a ProjectFiles) -> Self {
        let texts = files.sources.iter().map(|(id, file)| (file.path.as_str(), id)).collect();
        Self { files, texts, places: OnceLock::new() }
    }

    /// Says whether a file is not UTF-8, which has been reported: its text is not what was written.
    pub fn is_made_up(&self, file: FileId) -> bool {
        self.files.not_utf8.iter().any(|(other, _)| *other == file)
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
        let diagnostic = Diagnostic::new(Code::MissingFile, span, format!("there is no file `{wanted}`"))
            .label("not found");
        let spec = &self.sources().file(span.file).path;
        match self.near(wanted) {
            Some(near) => diagnostic.help(format!(
                "did you mean `{near}`? Paths are relative to the spec: `{}`",
                relative(spec, &near)
            )),
            None => diagnostic.help(format!("`{written}` is taken relative to the spec's folder")),
        }
    }

    /// Finds a file of the same name in another folder, or of a similar name in the same one.
    fn near(&self, wanted: &str) -> Option<String> {
        let (folder, name) = folder_and_name(wanted);
        let places = self.places.get_or_init(|| {
            let mut places = Places::default();
            for path in self.texts.keys().copied().chain(self.files.files.keys().map(String::as_str)) {
                let (folder, name) = folder_and_name(path);
                places.by_name.entry(name.to_owned()).or_default().push(path.to_owned());
                places.by_folder.entry(folder.to_owned()).or_default().push(name.to_owned());
            }
            places
        });
        if let Some(path) = places.by_name.get(name).and_then(|paths| paths.iter().min()) {
            return Some(path.clone());
        }
        let beside = places.by_folder.get(folder).into_iter().flatten();
        let near = nearest(name, beside.map(String::as_str))?;
        Some(if folder.is_empty() { near.to_owned() } else { format!("{folder}/{near}") })
    }
}

fn folder_and_name(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
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
