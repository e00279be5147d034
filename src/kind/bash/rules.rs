//! `bash`: one of command and script, a command that Linux starts, a script that says what runs it, variables that a
//! shell can name.

use super::BashStep;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::kind::contract::Checking;
use crate::kind::shared::keys::{chosen, identifier};
use crate::scope::UserFile;
use crate::template::Template;

pub(super) fn check(step: &BashStep, cx: &Checking<'_, '_>, diagnostics: &mut Diagnostics) {
    chosen(&step.given(), BashStep::CHOICES, cx, diagnostics);
    for (variable, _) in step.env.iter().flat_map(|env| &env.0) {
        identifier(variable, "a variable", "so that a shell can name it", diagnostics);
    }
    match step.script.as_ref().and_then(|script| cx.task.file(script.span)) {
        Some(file) => {
            not_utf8(step, file, diagnostics);
            bash_script(step, file, diagnostics);
        }
        None => bash_command(step, diagnostics),
    }
}

fn not_utf8(step: &BashStep, script: &UserFile, diagnostics: &mut Diagnostics) {
    let span = step.script.as_ref().map_or(step.span, |script| script.span);
    if let Err(error) = std::str::from_utf8(&script.content) {
        let message = format!("the script `{}` is not UTF-8", script.path);
        diagnostics.push(
            Diagnostic::new(Code::NotUtf8, span, message)
                .note(format!("the first wrong byte is byte {}", error.valid_up_to() + 1)),
        );
    }
}

/// How many bytes a command has at most: Linux hands on no longer word (`MAX_ARG_STRLEN`, with the byte that ends it).
const COMMAND: usize = 128 * 1024 - 1;

fn bash_command(step: &BashStep, diagnostics: &mut Diagnostics) {
    let Some(command) = &step.command else { return };
    let length = command.value.to_string().len();
    if length > COMMAND {
        let message = format!("the command has {length} bytes; Linux starts none of more than {COMMAND}");
        diagnostics.push(
            Diagnostic::new(Code::InvalidNumber, command.span, message)
                .help("write it into a script: `bash: {script: ...}`"),
        );
    }
}

/// A script without `#!` is run by `bash`, whatever it is called.
fn bash_script(step: &BashStep, file: &UserFile, diagnostics: &mut Diagnostics) {
    let Some(script) = &step.script else { return };
    if let Some((line, hole)) = unfilled(&file.content) {
        let message = format!(
            "`{hole}` in line {line} of `{}` is not filled in: the script is run as it is",
            file.path
        );
        diagnostics.push(
            Diagnostic::new(Code::UnfilledTemplate, script.span, message).help(format!(
                "hand the value to it: `env: {{X: \"{hole}\"}}`, and write `$X` in the script"
            )),
        );
    }
    if file.content.starts_with(b"#!") || matches!(ending(&script.value.0), "sh" | "bash" | "") {
        return;
    }
    diagnostics.push(
        Diagnostic::new(
            Code::ScriptLanguage,
            script.span,
            format!("`{}` does not say what runs it, so that `bash` would", script.value.0),
        )
        .help("let its first line name its interpreter, such as `#!/usr/bin/env python3`"),
    );
}

/// Finds the first `{{ ... }}` of a script that a spec would fill in, and its line.
fn unfilled(script: &[u8]) -> Option<(usize, String)> {
    let text = std::str::from_utf8(script).ok()?;
    text.lines().enumerate().find_map(|(n, line)| {
        let open = line.find("{{")?;
        let end = open + line[open..].find("}}")? + 2;
        let hole = &line[open..end];
        let is_known = Template::parse(hole).is_ok_and(|template| template.as_text().is_none());
        is_known.then(|| (n + 1, hole.to_owned()))
    })
}

fn ending(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{SourceMap, Span, Spanned};

    #[test]
    fn commands_have_room_for_what_linux_takes() {
        let found = |length: usize| {
            let mut sources = SourceMap::default();
            let file = sources.add("a.yaml", "");
            let command = Spanned::new(Template::parse(&"x".repeat(length)).unwrap(), Span::file_start(file));
            let (env, outputs, reads, writes) = (None, None, None, None);
            let span = command.span;
            let step = BashStep { span, command: Some(command), script: None, env, outputs, reads, writes };
            let mut diagnostics = Diagnostics::default();
            bash_command(&step, &mut diagnostics);
            diagnostics.error_count()
        };
        assert_eq!([131_071, 131_072].map(found), [0, 1]);
    }
}
