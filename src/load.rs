//! Reading a project from disk.
//!
//! Takes a folder, gives its texts and its other files as [`ProjectFiles`], sorted by path. Below this,
//! nothing reads files. Hidden files and `__pycache__` are left out. A symbolic link is an error: what it
//! points to may differ between the machines that build. Nothing outside of the project is read, whatever
//! its files say and wherever its folders are linked to.

use crate::diagnostic::Diagnostics;
use crate::text::{FileId, ProjectFiles, SourceMap};
use crate::yaml::{self, Node};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use walkdir::{DirEntry, WalkDir};

/// The name of the project file.
pub const PROJECT_FILE: &str = "dagc.yaml";

/// The folder of the pipelines, unless the project file names another one.
pub const SPECS: &str = "specs";

/// The folder that is written, unless the project file names another one.
pub const GENERATED: &str = "generated";

/// Why a project cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The user's: the folder of the pipelines is not there.
    #[error(
        "there is no folder `{0}` for the pipelines; make it, or name another one as `specs` in dagc.yaml"
    )]
    NoSpecs(String),
    /// The user's: a link that may point elsewhere on another machine.
    #[error("`{0}` is a symbolic link; put the file itself there")]
    Symlink(String),
    /// The user's: a link by which something outside of the project would be read.
    #[error("`{0}` is a symbolic link that leads out of the project; put it itself there")]
    Outside(String),
    /// The world's: a file or folder cannot be read.
    #[error("failed to read `{path}`: {source}")]
    Read {
        /// The file or folder, relative to the project.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// Finds the folder of the project to which a folder belongs: the nearest one upwards with a project file.
pub fn find(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|folder| folder.join(PROJECT_FILE).is_file()).map(Path::to_path_buf)
}

/// Reads the project in a folder. Without a project file the texts are empty, and compiling says so.
pub fn load(root: &Path) -> Result<ProjectFiles, LoadError> {
    let mut files = ProjectFiles::default();
    match read_inside(root, PROJECT_FILE)? {
        Ok(bytes) => files.project = Some(add(&mut files, PROJECT_FILE.to_owned(), bytes.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // A place for the finding that it is missing.
            files.sources.add(PROJECT_FILE, "");
            return Ok(files);
        }
        Err(source) => return Err(LoadError::Read { path: PROJECT_FILE.to_owned(), source }),
    }
    let project = files.project.and_then(|file| project(&files.sources, file));
    let folder = folder_of(project.as_ref(), "specs", SPECS);
    let generated = folder_of(project.as_ref(), "generated", GENERATED);
    let in_the_way = [("specs", &folder), ("generated", &generated)]
        .into_iter()
        .filter_map(|(key, folder)| Some((key, in_the_way(root, folder)?)));
    files.no_folders = in_the_way.collect();
    let is_folder = files.no_folders.iter().all(|(key, _)| *key != "specs");
    // A folder that is none of the project's is a finding, at the place that names it.
    let paths = if is_inside(&folder) && is_folder { paths(root, &folder)? } else { Vec::new() };
    // They are made texts here, too: to check and copy all of them takes as long as to read them.
    let read: Vec<Result<Content, LoadError>> = paths.par_iter().map(|path| read(root, path)).collect();
    for (path, content) in paths.into_iter().zip(read) {
        match content? {
            Content::Pipeline(text) => {
                let file = add(&mut files, path, text);
                files.pipelines.push(file);
            }
            Content::Sql(text) => {
                add(&mut files, path, text);
            }
            Content::Other(bytes) => {
                files.files.insert(path, bytes);
            }
        }
    }
    Ok(files)
}

/// Lists what [`load`] would read, by paths relative to the root; none without a project file.
pub fn inputs(root: &Path) -> Result<Vec<String>, LoadError> {
    let mut files = ProjectFiles::default();
    let Ok(bytes) = read_inside(root, PROJECT_FILE)? else { return Ok(Vec::new()) };
    let file = add(&mut files, PROJECT_FILE.to_owned(), bytes.into());
    let folder = folder_of(project(&files.sources, file).as_ref(), "specs", SPECS);
    let mut found = if is_inside(&folder) { paths(root, &folder)? } else { Vec::new() };
    found.push(PROJECT_FILE.to_owned());
    Ok(found)
}

/// How files end in which places are marked: SQL, and rules of Glue Data Quality.
const TEXTS: &[&str] = &["sql", "dqdl"];

/// What a file holds.
enum Content {
    Pipeline(Text),
    Sql(Text),
    Other(Arc<[u8]>),
}

/// A text, and its first byte that is none: what is no text is kept as U+FFFD.
struct Text(Arc<str>, Option<usize>);

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        match std::str::from_utf8(&bytes) {
            Ok(text) => Self(text.into(), None),
            Err(error) => Self(String::from_utf8_lossy(&bytes).into(), Some(error.valid_up_to())),
        }
    }
}

fn read(root: &Path, path: &str) -> Result<Content, LoadError> {
    let bytes =
        std::fs::read(root.join(path)).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    Ok(match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "yaml" | "yml" => Content::Pipeline(bytes.into()),
        extension if TEXTS.iter().any(|text| extension.eq_ignore_ascii_case(text)) => {
            Content::Sql(bytes.into())
        }
        _ => Content::Other(bytes.into()),
    })
}

/// Adds a text, and notes when not all of it is one.
fn add(files: &mut ProjectFiles, path: String, Text(text, wrong): Text) -> FileId {
    let file = files.sources.add(path, text);
    files.not_utf8.extend(wrong.map(|offset| (file, offset)));
    file
}

/// Finds the file that stands where a folder or one above it should.
fn in_the_way(root: &Path, folder: &str) -> Option<String> {
    if !is_inside(folder) {
        return None;
    }
    let mut path = PathBuf::new();
    for part in Path::new(folder).components() {
        path.push(part);
        if root.join(&path).is_file() {
            return Some(path.to_string_lossy().into_owned());
        }
    }
    None
}

/// Reads the project file; its errors are reported when it is compiled.
fn project(sources: &SourceMap, file: FileId) -> Option<Node> {
    yaml::parse(sources, file, &mut Diagnostics::default())
}

/// The folder that the project file names.
fn folder_of(project: Option<&Node>, key: &str, otherwise: &str) -> String {
    let named = project.and_then(|node| node.get(key)?.as_scalar());
    let named = named.map_or("", |folder| folder.text.trim_end_matches('/'));
    if named.is_empty() { otherwise.to_owned() } else { named.to_owned() }
}

/// Says whether a folder that is named in the project file is one of the project's, as far as its name tells.
pub(crate) fn is_inside(folder: &str) -> bool {
    use std::path::Component;
    let is_own = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    let is_below = Path::new(folder).components().any(|part| matches!(part, Component::Normal(_)));
    is_below && Path::new(folder).components().all(is_own)
}

/// Says whether a path leads to something in the project, or to nothing yet: no link on its way leads out.
pub(crate) fn stays_inside(root: &Path, path: &Path) -> std::io::Result<bool> {
    let root = root.canonicalize()?;
    // What is not there yet will be made in what is.
    let there = path.ancestors().find(|path| path.symlink_metadata().is_ok()).unwrap_or(path);
    match there.canonicalize() {
        Ok(real) => Ok(real.starts_with(root)),
        // A link to nowhere: a file written there would be made where it points.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads a file, unless it is a link that leads out of the project.
fn read_inside(root: &Path, path: &str) -> Result<std::io::Result<Vec<u8>>, LoadError> {
    let file = root.join(path);
    let is_link = file.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    if is_link && !matches!(stays_inside(root, &file), Ok(true)) {
        return Err(LoadError::Outside(path.to_owned()));
    }
    Ok(std::fs::read(file))
}

/// Lists the files under a folder by their paths relative to the root, sorted.
fn paths(root: &Path, folder: &str) -> Result<Vec<String>, LoadError> {
    let top = root.join(folder);
    if !top.is_dir() {
        return Err(LoadError::NoSpecs(folder.to_owned()));
    }
    match stays_inside(root, &top) {
        Ok(true) => {}
        Ok(false) => return Err(LoadError::Outside(folder.to_owned())),
        Err(source) => return Err(LoadError::Read { path: folder.to_owned(), source }),
    }
    let relative = |path: &Path| relative(path.strip_prefix(root).unwrap_or(path));
    let mut paths = Vec::new();
    for entry in WalkDir::new(&top).into_iter().filter_entry(is_input) {
        let entry = entry.map_err(|error| LoadError::Read {
            path: error.path().map_or_else(|| folder.to_owned(), relative),
            source: error.into(),
        })?;
        if entry.path_is_symlink() && entry.depth() > 0 {
            return Err(LoadError::Symlink(relative(entry.path())));
        }
        if entry.file_type().is_file() {
            paths.push(relative(entry.path()));
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

fn relative(path: &Path) -> String {
    let mut relative = String::with_capacity(path.as_os_str().len());
    for part in path.components() {
        if !relative.is_empty() {
            relative.push('/');
        }
        relative.push_str(&part.as_os_str().to_string_lossy());
    }
    relative
}

fn is_input(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    entry.depth() == 0 || !(name.starts_with('.') || name == "__pycache__")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn projects_are_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("flows/sql/__pycache__")).unwrap();
        for (path, content) in [
            ("dagc.yaml", b"project: p\nspecs: flows/\n".as_slice()),
            ("flows/b.yml", b"pipeline: b\n"),
            ("flows/a.yaml", b"pipeline: \xff\n"),
            ("flows/sql/t.sql", b"select 1"),
            ("flows/job.py", b"print(1)"),
            ("flows/.hidden.yaml", b"x"),
            ("flows/sql/__pycache__/x.pyc", b"x"),
        ] {
            fs::write(root.join(path), content).unwrap();
        }
        let files = load(root).unwrap();
        let paths: Vec<&str> = files.sources.iter().map(|(_, file)| file.path.as_str()).collect();
        assert_eq!(paths, ["dagc.yaml", "flows/a.yaml", "flows/b.yml", "flows/sql/t.sql"]);
        assert_eq!(files.pipelines, [FileId(1), FileId(2)]);
        assert_eq!(files.not_utf8, [(FileId(1), 10)]);
        assert_eq!(files.files.keys().collect::<Vec<_>>(), ["flows/job.py"]);
        assert_eq!(find(&root.join("flows/sql")).as_deref(), Some(root));
    }

    #[test]
    fn files_in_the_way_of_folders_are_noted() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("flows")).unwrap();
        fs::write(root.join("taken"), "x").unwrap();
        for (yaml, expected) in [
            ("specs: flows\ngenerated: taken\n", "generated taken"),
            ("specs: flows\ngenerated: ./taken/deeper/still/\n", "generated ./taken"),
            ("specs: taken\n", "specs taken"),
            ("specs: flows\ngenerated: flows/new\n", ""),
        ] {
            fs::write(root.join("dagc.yaml"), format!("project: p\n{yaml}")).unwrap();
            let found = load(root).unwrap().no_folders;
            let found: Vec<String> = found.iter().map(|(key, path)| format!("{key} {path}")).collect();
            assert_eq!(found.join(", "), expected, "{yaml}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert!(load(root).unwrap().project.is_none());
        fs::write(root.join("dagc.yaml"), "project: p\n").unwrap();
        assert!(matches!(load(root), Err(LoadError::NoSpecs(path)) if path == "specs"));
        fs::create_dir(root.join("specs")).unwrap();
        std::os::unix::fs::symlink("/nowhere", root.join("specs/a.yaml")).unwrap();
        assert!(matches!(load(root), Err(LoadError::Symlink(path)) if path == "specs/a.yaml"));
    }

    /// A link in a repository of somebody else's reads nothing of this machine's.
    #[test]
    fn nothing_outside_of_the_project_is_read() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let (root, outside) = (folder.path().join("project"), folder.path().join("outside"));
        for path in [root.join("flows/specs"), outside.join("specs")] {
            fs::create_dir_all(path).unwrap();
        }
        fs::write(outside.join("specs/a.yaml"), "pipeline: theirs\n").unwrap();
        fs::write(outside.join("dagc.yaml"), "project: theirs\n").unwrap();
        symlink(outside.join("specs"), root.join("specs")).unwrap();
        symlink(&outside, root.join("linked")).unwrap();
        symlink("flows/specs", root.join("inside")).unwrap();
        for (specs, expected) in [
            ("specs", "Outside(\"specs\")"),
            ("linked/specs", "Outside(\"linked/specs\")"),
            ("inside", "1 text"),
            ("flows/specs", "1 text"),
            // These are findings when they are compiled.
            ("../outside/specs", "1 text"),
            ("/tmp", "1 text"),
            (".", "1 text"),
            ("flows/../../outside/specs", "1 text"),
        ] {
            fs::write(root.join("dagc.yaml"), format!("project: p\nspecs: {specs}\n")).unwrap();
            let got = match load(&root) {
                Ok(files) => format!("{} text", files.sources.iter().count()),
                Err(error) => format!("{error:?}"),
            };
            assert_eq!(got, expected, "{specs}");
            assert_eq!(inputs(&root).is_ok(), got == "1 text", "{specs}");
        }
        fs::remove_file(root.join("dagc.yaml")).unwrap();
        symlink(outside.join("dagc.yaml"), root.join("dagc.yaml")).unwrap();
        assert!(matches!(load(&root), Err(LoadError::Outside(path)) if path == "dagc.yaml"));
    }
}
