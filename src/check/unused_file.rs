//! `unused-file`: SQL that lies among the pipelines and that none of them names.
//!
//! Takes the texts of a project. A file counts as used when its name stands in any of them that is no SQL: in a pipeline,
//! in a script that reads it. Where a name is put together (`sql/${each.table}.sql`), any file may be meant.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::text::{FileId, ProjectFiles, Span};
use std::collections::HashSet;

/// How SQL files end.
const ENDING: &str = ".sql";

/// So many are marked; of the rest their number is told.
const MOST_MARKED: usize = 5;

/// Finds them, and says it once.
pub fn unused_files(files: &ProjectFiles, diagnostics: &mut Diagnostics) {
    let is_sql =
        |path: &str| path.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("sql"));
    let (sql, texts): (Vec<_>, Vec<_>) = files.sources.iter().partition(|(_, file)| is_sql(&file.path));
    if sql.is_empty() {
        return;
    }
    let scripts = files.files.values().filter_map(|content| std::str::from_utf8(content).ok());
    let mut named = HashSet::new();
    for text in texts.iter().map(|(_, file)| &*file.text).chain(scripts) {
        if !names(text, &mut named) {
            return;
        }
    }
    let mut unused: Vec<(FileId, &str)> = sql
        .iter()
        .map(|(id, file)| (*id, file.path.as_str()))
        .filter(|(_, path)| !named.contains(path.rsplit('/').next().unwrap_or(path)))
        .collect();
    unused.sort_unstable_by_key(|(_, path)| *path);
    if let Some(finding) = finding(&unused) {
        diagnostics.push(finding);
    }
}

fn finding(unused: &[(FileId, &str)]) -> Option<Diagnostic> {
    let ((first, path), others) = unused.split_first()?;
    let message = match others.len() {
        0 => format!("no step runs `{path}`"),
        more => format!("no step runs `{path}`, nor {more} more SQL files"),
    };
    let diagnostic = Diagnostic::new(Code::UnusedFile, Span::file_start(*first), message).label("not used");
    let marked = others.iter().take(MOST_MARKED);
    let diagnostic = marked.fold(diagnostic, |all, (file, _)| all.also(Span::file_start(*file), "nor this"));
    Some(diagnostic.help("name it in a step (`sql: ...`), or move it out of the folder of the pipelines"))
}

/// Gathers the names of SQL files that a text has. False when one of them is put together.
fn names<'t>(text: &'t str, names: &mut HashSet<&'t str>) -> bool {
    let ends = |c: char| c.is_whitespace() || "/\\'\"`,:;()[]{}=|<>#".contains(c);
    for (at, _) in text.match_indices(ENDING) {
        let before = &text[..at];
        if before.ends_with(['}', '*', '%', '+', '"', '\'']) {
            return false;
        }
        let start = before
            .rfind(ends)
            .map_or(0, |found| found + before[found..].chars().next().map_or(1, char::len_utf8));
        // `${each.kind}_daily.sql`
        if before[..start].ends_with('}') {
            return false;
        }
        names.insert(&text[start..at + ENDING.len()]);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_found() {
        for (text, expected) in [
            ("sql: sql/a.sql\nb: {sql: ../b-1.sql}\n- 'c.sql'", Some("a.sql b-1.sql c.sql")),
            ("open(\"x/\u{e9}.sql\").read()", Some("\u{e9}.sql")),
            ("sql: sql/${each.table}.sql", None),
            ("sql: sql/${each.table}_daily.sql", None),
            ("open(name + \".sql\")", None),
            ("no files", Some("")),
        ] {
            let mut found = HashSet::new();
            let is_told = names(text, &mut found);
            let mut found: Vec<&str> = found.into_iter().collect();
            found.sort_unstable();
            assert_eq!(is_told.then(|| found.join(" ")).as_deref(), expected, "{text}");
        }
    }
}
