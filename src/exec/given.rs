//! What code of the user's gives: JSON, of which members become outputs.

use super::outcome::{Failure, Outputs};
use serde_json::{Value, json};

/// Puts what is given among the outputs: the members that the step names, and `output`, all of it, where that is no
/// longer than so many bytes. `what` has given it.
pub(crate) fn given(
    what: &str,
    text: Option<&str>,
    members: &[String],
    most: usize,
    outputs: &mut Outputs,
) -> Result<(), Failure> {
    outputs.insert("output".to_owned(), json!(text.filter(|text| text.len() <= most)));
    if members.is_empty() {
        return Ok(());
    }
    let parsed = text.map(serde_json::from_str::<Value>);
    let wrong = |why: &str| {
        let names: Vec<String> = members.iter().map(|name| format!("`{name}`")).collect();
        let names = names.join(", ");
        Failure::for_good(format!("{what} has succeeded, and its output has no {names}: {why}"))
    };
    let mut given = match parsed {
        Some(Ok(Value::Object(given))) => given,
        Some(Ok(other)) => return Err(wrong(&format!("it is {}", kind(&other)))),
        Some(Err(error)) => return Err(wrong(&format!("it is no JSON: {error}"))),
        None => return Err(wrong("there is none")),
    };
    if let Some(missing) = members.iter().find(|name| !given.contains_key(*name)) {
        let names: Vec<String> = given.keys().map(|name| format!("`{name}`")).collect();
        let names = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        return Err(Failure::for_good(format!(
            "{what} has succeeded, and its output has no member `{missing}`; it has {names}"
        )));
    }
    outputs.extend(members.iter().filter_map(|name| given.remove_entry(name)));
    Ok(())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_become_outputs_or_their_lack_is_told() {
        let of = |text: Option<&str>, names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let mut outputs = Outputs::new();
            given("it", text, &names, 20, &mut outputs)
                .map(|()| Value::Object(outputs))
                .map_err(|e| e.message)
        };
        let text = r#"{"a":1,"b":[2]}"#;
        assert_eq!(of(Some(text), &["b"]), Ok(json!({"b": [2], "output": text})));
        assert_eq!(of(Some("[1]"), &[]), Ok(json!({"output": "[1]"})));
        assert_eq!(of(Some(&"1".repeat(21)), &[]), Ok(json!({"output": null})));
        assert_eq!(of(None, &[]), Ok(json!({"output": null})));
        for (text, expected) in [
            (Some(text), "no member `c`; it has `a`, `b`"),
            (Some("{}"), "no member `c`; it has nothing"),
            (Some("[1]"), "no `c`: it is a list"),
            (Some("x"), "no `c`: it is no JSON"),
            (None, "no `c`: there is none"),
        ] {
            let why = of(text, &["c"]).unwrap_err();
            assert!(why.contains(expected), "{why}");
        }
    }
}
