//! What a job gives to the steps after it: `{{ outputs.STEP.NAME }}`.

use serde_json::Value;

/// An output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub form: Form,
    /// What it says, in a few words.
    pub what: &'static str,
    /// It may not be known: then it is null.
    pub may_lack: bool,
}

/// What an output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A text.
    Text,
    /// A whole number.
    Count,
    /// A number.
    Number,
    /// True or false.
    Truth,
}

/// What the service calls the job, such as the id of a run.
pub const HANDLE: Output = known("handle", Form::Text, "the service's id of the job");
/// Where the job can be looked at.
pub const URL: Output = known("url", Form::Text, "its page in the console");
/// The mark by which the job is found again.
pub const KEY: Output = known("key", Form::Text, "the mark by which it is found again");
/// How long the task has taken.
pub const SECONDS: Output = known("seconds", Form::Number, "how long the task has taken");
/// Whether the job was running, or done, when the task began.
pub const ADOPTED: Output =
    known("adopted", Form::Truth, "whether an attempt before this one has started it");
/// What code of the user's gives.
pub const OUTPUT: Output = perhaps("output", Form::Text, "what it gives, as JSON, of 32 KiB at most");

/// How many bytes it may have to be handed on whole.
pub const LONGEST_OUTPUT: usize = 32_768;

/// Makes an output that is always known.
pub const fn known(name: &'static str, form: Form, what: &'static str) -> Output {
    Output { name, form, what, may_lack: false }
}

/// Makes an output that may not be known.
pub const fn perhaps(name: &'static str, form: Form, what: &'static str) -> Output {
    Output { name, form, what, may_lack: true }
}

impl Output {
    /// Says whether a value is what this output may be.
    pub fn may_be(&self, value: &Value) -> bool {
        match self.form {
            _ if value.is_null() => self.may_lack,
            Form::Text => value.is_string(),
            Form::Count => value.is_u64() || value.is_i64(),
            Form::Number => value.is_number(),
            Form::Truth => value.is_boolean(),
        }
    }
}

/// What a job gives beside its outputs: members of the JSON that code of the user's gives.
pub trait Members {
    /// Their names.
    fn members(&self) -> &[String] {
        &[]
    }
}

/// Says what is wrong with what a job gives: an output that is missing, of another form, or not declared.
pub fn breach(
    declared: &[Output],
    members: &[String],
    given: &serde_json::Map<String, Value>,
) -> Option<String> {
    let wrong =
        declared.iter().find(|output| given.get(output.name).is_none_or(|value| !output.may_be(value)));
    if let Some(output) = wrong {
        let value = given.get(output.name);
        return Some(format!("`{}` is to be {:?} and is {value:?}", output.name, output.form));
    }
    if let Some(name) = members.iter().find(|name| !given.contains_key(*name)) {
        return Some(format!("the member `{name}` is missing"));
    }
    let is_known =
        |name: &String| members.contains(name) || declared.iter().any(|output| output.name == *name);
    let odd = given.keys().find(|name| !is_known(name));
    odd.map(|name| format!("`{name}` is not declared"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_given_is_what_is_declared() {
        let declared = [known("rows", Form::Count, ""), perhaps("bytes", Form::Count, ""), ADOPTED];
        for (given, expected) in [
            (json!({"rows": 1, "bytes": null, "adopted": false, "m": [1]}), None),
            (json!({"rows": null, "bytes": 1, "adopted": false, "m": 1}), Some("`rows` is to be Count")),
            (json!({"rows": 1, "bytes": 1, "adopted": "no", "m": 1}), Some("`adopted` is to be Truth")),
            (json!({"rows": 1, "adopted": true, "m": 1}), Some("`bytes` is to be Count")),
            (json!({"rows": 1, "bytes": 1, "adopted": true}), Some("the member `m` is missing")),
            (json!({"rows": 1, "bytes": 1, "adopted": true, "m": 1, "x": 1}), Some("`x` is not declared")),
        ] {
            let told = breach(&declared, &["m".to_owned()], given.as_object().unwrap());
            assert_eq!(told.is_some(), expected.is_some(), "{told:?}");
            assert!(told.unwrap_or_default().starts_with(expected.unwrap_or_default()));
        }
    }
}
