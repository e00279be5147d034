//! `invalid-folder`: folders of the project that are not its own, or not apart.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::lang::ProjectSpec;
use crate::text::Spanned;

pub(super) fn check(project: &ProjectSpec, diagnostics: &mut Diagnostics) {
    for (key, folder) in [("specs", &project.specs), ("generated", &project.generated)] {
        let is_outside = |folder: &&Spanned<String>| {
            folder.starts_with(['/', '~'])
                || folder.split('/').any(|part| part == "..")
                || folder.split('/').all(|part| matches!(part, "" | "."))
        };
        if let Some(diagnostic) = folder.as_ref().and_then(|folder| odd(key, folder)) {
            diagnostics.push(diagnostic);
            continue;
        }
        if let Some(folder) = folder.as_ref().filter(is_outside) {
            let message =
                format!("`{key}` is a folder inside of the project, and `{}` is none", folder.value);
            diagnostics.push(
                Diagnostic::new(Code::InvalidFolder, folder.span, message)
                    .help(format!("write it relative to dagc.yaml, such as `{key}`")),
            );
        }
    }
    let path = |folder: &Option<Spanned<String>>, otherwise: &str| {
        let text = folder.as_ref().map_or(otherwise, |folder| folder.value.as_str());
        text.split('/').filter(|part| !matches!(*part, "" | ".")).map(str::to_owned).collect::<Vec<_>>()
    };
    let (specs, generated) = (path(&project.specs, "specs"), path(&project.generated, "generated"));
    let Some(folder) = project.generated.as_ref().or(project.specs.as_ref()) else { return };
    if specs.is_empty() || generated.is_empty() {
        return;
    }
    if specs.starts_with(&generated) || generated.starts_with(&specs) {
        diagnostics.push(
            Diagnostic::new(
                Code::InvalidFolder,
                folder.span,
                "the folders of the pipelines and of what is generated lie in each other",
            )
            .note("what dagc writes would be read as input, or what you write be taken for its own")
            .help("give each a folder of its own, such as `specs` and `generated`"),
        );
    }
}

/// Folders of tools: what is in them is never committed, and is theirs.
const OF_TOOLS: &[&str] = &[".git", ".dagc"];

/// Says that a folder is another program's, or is written as on no machine that runs pipelines.
fn odd(key: &str, folder: &Spanned<String>) -> Option<Diagnostic> {
    let of_tool =
        folder.split('/').find_map(|part| OF_TOOLS.iter().find(|tool| part.eq_ignore_ascii_case(tool)));
    let message = match of_tool.copied() {
        Some(".dagc") => format!("`{key}` cannot lie in `.dagc`, which is dagc's cache"),
        Some(tool) => format!("`{key}` cannot lie in `{tool}`, which is another program's"),
        None if folder.contains(|c: char| c == '\\' || c.is_control()) => {
            format!(
                "`{}` is no folder: the parts of a path are joined by `/`",
                folder.value.replace(char::is_control, " ")
            )
        }
        None => return None,
    };
    let diagnostic = Diagnostic::new(Code::InvalidFolder, folder.span, message);
    Some(diagnostic.help(format!("write a folder of its own, such as `{key}`")))
}
