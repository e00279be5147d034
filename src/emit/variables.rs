//! The names of the variables that hold a DAG file's tasks.

use super::imports::unique;
use crate::lang::python::{KEYWORDS, is_identifier};
use std::collections::BTreeSet;

/// A variable that is longer than this is cut, so that its assignment fits on a line.
const LONGEST: usize = 60;

/// Names a variable for each task id: the id itself wherever Python takes it. `taken` are the other names
/// of the file.
pub(super) fn variables<'a>(ids: impl Iterator<Item = &'a str>, taken: &BTreeSet<String>) -> Vec<String> {
    let ids: Vec<(&str, bool)> = ids.map(|id| (id, stays(id) && !taken.contains(id))).collect();
    let usable = || ids.iter().filter(|(_, is_usable)| *is_usable).map(|(id, _)| (*id).to_owned());
    if ids.iter().all(|(_, is_usable)| *is_usable) {
        return usable().collect();
    }
    let mut used: BTreeSet<String> = usable().collect();
    ids.iter()
        .map(|(id, is_usable)| {
            if *is_usable {
                return (*id).to_owned();
            }
            let name = unique(&identifier(id), |name| taken.contains(name) || used.contains(name));
            used.insert(name.clone());
            name
        })
        .collect()
}

/// Says whether a task id is its own [`identifier`].
fn stays(id: &str) -> bool {
    is_identifier(id) && id.len() <= LONGEST && !id.starts_with("__")
}

/// Makes an identifier of a task id.
fn identifier(id: &str) -> String {
    let mut name: String = id
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' })
        .take(LONGEST)
        .collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) || name.starts_with("__") || name.is_empty() {
        name.insert_str(0, "task_");
    }
    if KEYWORDS.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_called_as_they_are_where_python_allows_it() {
        let taken = BTreeSet::from(["DAG".to_owned()]);
        let ids = ["load", "a-b", "a_b", "import", "DAG", "2nd", "a.b", "__file__"];
        assert_eq!(
            variables(ids.into_iter(), &taken),
            ["load", "a_b_2", "a_b", "import_", "DAG_2", "task_2nd", "a_b_3", "task___file__"]
        );
        for id in ids.into_iter().chain(["_a", ""]) {
            assert_eq!(stays(id), identifier(id) == id, "{id}");
        }
        let long = "x".repeat(100);
        assert_eq!(variables([long.as_str()].into_iter(), &taken)[0].len(), LONGEST);
    }
}
