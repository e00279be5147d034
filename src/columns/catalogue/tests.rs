//! Every row of the catalogue is read.

use super::*;

#[test]
fn all_rows_are_read() {
    let sections: BTreeMap<Class, BTreeMap<String, serde_yaml::Value>> =
        serde_yaml::from_str(include_str!("../functions.yaml")).unwrap();
    let rows: BTreeMap<Class, BTreeMap<String, Row>> =
        serde_yaml::from_str(include_str!("../functions.yaml")).unwrap();
    assert_eq!(rows.len(), 4);
    assert!(sections.values().map(BTreeMap::len).sum::<usize>() > 300);
    let mut names = std::collections::BTreeSet::new();
    for (name, row) in rows.into_values().flatten() {
        let (call, also) = match row {
            Row::Signature(call) => (call, Vec::new()),
            Row::Full(full) => (full.call, full.also),
        };
        for signature in call.split(" | ") {
            assert!(Signature::parse(signature).is_some(), "{name}: {signature}");
        }
        for name in also.into_iter().chain([name]) {
            assert!(names.insert(name.clone()), "{name} stands twice");
        }
    }
    assert_eq!(names.len(), FUNCTIONS.len());
}

#[test]
fn signatures_count_their_arguments() {
    for (text, expected) in [
        ("() -> int", (0, Some(0))),
        ("(string, int?) -> string", (1, Some(2))),
        ("(T, T...) -> T", (1, None)),
        ("(array<T>, fn(T, int): decimal(5,2)) -> array<T>", (2, Some(2))),
    ] {
        assert_eq!(Signature::parse(text).unwrap().counts(), expected);
    }
    for text in ["", "(x) -> int", "(int)", "int -> int", "(array<x>) -> int", "(int) -> in"] {
        assert_eq!(Signature::parse(text), None);
    }
}
