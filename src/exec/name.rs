//! Names of runs in services that know no other mark: what a person reads, and behind it the mark.

use super::RunContext;

/// What stands between the two.
const MARK: &str = " dagc-";

/// How many characters a name may have in the services that are asked so.
const LONGEST: usize = 256;

/// Calls a run after its task, and marks it.
pub(crate) fn marked(context: &RunContext, mark: &str) -> String {
    let task = format!("{}.{}", context.dag_id, context.task_id);
    let left = LONGEST.saturating_sub(MARK.len() + mark.len());
    format!("{}{MARK}{mark}", task.chars().take(left).collect::<String>())
}

/// Returns the mark of a name.
pub(crate) fn mark(name: &str) -> Option<&str> {
    name.rsplit_once(MARK).map(|(_, mark)| mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_its_mark_however_long_it_is() {
        for task in ["clean", &"é".repeat(250), "of dagc-1"] {
            let context = RunContext {
                dag_id: "flights".to_owned(),
                task_id: task.to_owned(),
                ..RunContext::default()
            };
            let name = marked(&context, "abc-1-def");
            assert!(name.starts_with("flights.") && name.chars().count() <= LONGEST, "{name}");
            assert_eq!(mark(&name), Some("abc-1-def"));
        }
        for other in ["", "clean", "dagc-abc"] {
            assert_eq!(mark(other), None, "{other}");
        }
    }
}
