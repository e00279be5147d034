//! Texts that Airflow takes for the names of files, by their ends: it would look for them beside the DAG file.

use super::refused;
use super::signature::Argument;
use crate::diagnostic::Diagnostics;
use crate::yaml::{Kind, Node};

/// Tells each text of an argument that Airflow would look for as a file: also those in lists and mappings.
pub(super) fn named(argument: Argument, node: &Node, diagnostics: &mut Diagnostics) {
    match &node.kind {
        Kind::Sequence(items) => {
            for item in items {
                named(argument, item, diagnostics);
            }
        }
        Kind::Mapping(entries) => {
            for entry in entries {
                named(argument, &entry.value, diagnostics);
            }
        }
        Kind::Scalar(scalar) => {
            let Some(ending) = argument.file_ending(&scalar.text) else { return };
            let message = format!(
                "Airflow takes what ends in `{ending}` for the name of a file beside the DAG file, where dagc \
                 publishes none"
            );
            let finding = refused(node.span, message).note("the task would fail with `TemplateNotFound`");
            let is_plain = !scalar.text.contains(['\'', '{', '\n']);
            diagnostics.push(if is_plain {
                finding.help(format!(
                    "write what is in the file in its place, or `\"{{{{ '{}' }}}}\"` if it is no file",
                    scalar.text
                ))
            } else {
                finding.help("write what is in the file in its place")
            });
        }
    }
}
