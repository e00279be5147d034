//! `operator-argument`: what an operator cannot be given, or is given already.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::resolve::{Action, Pipeline, Scope};
use crate::spec::python::is_identifier;

/// What every task is given by dagc, with what the user writes in its place.
const GIVEN: &[(&str, &str)] = &[
    ("task_id", "the name of the step is the id of its task"),
    ("dag", "a step belongs to its pipeline"),
    ("task_group", "write `group:` beside `operator`"),
    ("outlets", "name what it makes under `writes`, beside `operator` and `with`"),
    ("inlets", "name what it takes under `reads`, beside `operator` and `with`"),
    ("owner", "write `owner:` beside `operator`"),
    ("retries", "write `retries:` beside `operator`"),
    ("retry_delay", "write `retry_delay:` beside `operator`, such as `retry_delay: 5m`"),
    ("execution_timeout", "write `timeout:` beside `operator`, such as `timeout: 2h`"),
    ("pool", "write `pool:` beside `operator`"),
    ("priority_weight", "write `priority:` beside `operator`"),
    ("trigger_rule", "write `trigger_rule:` beside `operator`"),
    ("on_failure_callback", "write `on_failure:` beside `operator`"),
    ("doc_md", "write `description:` beside `operator`"),
];

pub(super) fn check(_: &Scope<'_>, pipeline: &Pipeline<'_>, diagnostics: &mut Diagnostics) {
    for task in &pipeline.tasks {
        let Action::Operator(step) = &task.action else { continue };
        for (name, _) in step.with.iter().flat_map(|with| &with.0) {
            let given = GIVEN.iter().find(|(given, _)| *given == name.value);
            if let Some((_, instead)) = given {
                let message = format!("dagc gives every task its `{}`", name.value);
                diagnostics.push(Diagnostic::new(Code::OperatorArgument, name.span, message).help(*instead));
            } else if !is_identifier(name) {
                let message = format!("`{}` is no name of an argument in Python", name.value);
                let diagnostic = Diagnostic::new(Code::OperatorArgument, name.span, message);
                let near: String =
                    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
                diagnostics.push(if is_identifier(&near) {
                    diagnostic.help(format!("did you mean `{near}`?"))
                } else {
                    diagnostic.help("it has letters, digits and `_`, and is none of Python's own words")
                });
            }
        }
    }
}
