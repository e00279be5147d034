//! `unload-again`: an UNLOAD to the same place in every run, which fails where it finds the files of the one before.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Pipeline, Scope};
use crate::sql::{Access, SqlStatement, Target};

pub(super) fn check(scope: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        let Some(script) = task.sql() else { continue };
        for statement in script.script.statements.iter().filter(|statement| fails_again(statement)) {
            let mut written = statement.uses.iter().filter(|item| item.access == Access::Writes);
            let Some(written) = written.find(|item| is_constant(&item.target)) else { continue };
            let message = format!(
                "the UNLOAD of step `{}` fails in the next run: its files are there already",
                task.name
            );
            diagnostics.push(
                Diagnostic::new(
                    Code::UnloadAgain,
                    script.locate(scope.files.sources(), written.range.clone()),
                    message,
                )
                .help("write `CLEANPATH` behind it, or the day of the run into the path"),
            );
        }
    }
}

fn is_constant(target: &Target) -> bool {
    matches!(target, Target::Prefix(path) if !path.contains("{{"))
}

/// UNLOAD fails where it would overwrite, unless it is told otherwise.
fn fails_again(statement: &SqlStatement) -> bool {
    let mut words = statement.text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let is = |word: &str, expected: &str| word.eq_ignore_ascii_case(expected);
    words.next().is_some_and(|word| is(word, "unload"))
        && !words.any(|word| is(word, "cleanpath") || is(word, "allowoverwrite"))
}
