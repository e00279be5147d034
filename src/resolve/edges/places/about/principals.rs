//! Users, roles and groups: who makes them, who gives them rights.

use super::{Does, Subject, What, behind};

/// `CREATE`, `ALTER` and `DROP` of users, roles and groups; a group names its users.
pub(super) fn principal(first: &str, words: &[&str]) -> Vec<Subject> {
    let (kind, rest) = (words[0], behind(&words[1..], &["if", "exists"]));
    let Some(name) = rest.first().copied() else { return Vec::new() };
    let name = if kind == "user" { name.to_owned() } else { format!("{kind} {name}") };
    let does = match first {
        "create" => Does::Makes,
        "drop" => Does::Drops,
        _ => Does::Uses,
    };
    let users = rest.iter().position(|word| *word == "user").filter(|_| kind == "group");
    let users = users.map_or(&[][..], |at| &rest[at + 1..]);
    let users = users.iter().map(|user| Subject::new(Does::Uses, What::Principal, *user));
    std::iter::once(Subject::new(does, What::Principal, name)).chain(users).collect()
}

/// The users, roles and groups that get rights or lose them, and the roles that are given.
pub(super) fn principals(first: &str, words: &[&str]) -> Vec<Subject> {
    let word = if first == "grant" { "to" } else { "from" };
    let Some(at) = words.iter().rposition(|other| *other == word) else { return Vec::new() };
    let given = words[..at].strip_prefix(&["role"]).unwrap_or_default();
    let given = given.iter().map(|role| format!("role {role}"));
    let mut found: Vec<String> = given.collect();
    let mut kind = "";
    for word in &words[at + 1..] {
        match *word {
            "with" | "priority" | "cascade" | "restrict" | "account" | "namespace" => break,
            "public" => {}
            "role" | "group" if kind.is_empty() => {
                kind = word;
                continue;
            }
            name if kind.is_empty() => found.push(name.to_owned()),
            name => found.push(format!("{kind} {name}")),
        }
        kind = "";
    }
    found.into_iter().map(|name| Subject::new(Does::Uses, What::Principal, name)).collect()
}
