//! JSON with holes: what is handed to code of the user's.

use super::{Expr, MissingValue, Part, RunValues, Template, TemplateError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// JSON in whose texts there may be holes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub enum Json {
    /// A text.
    Text(Template),
    /// Null, a truth value, a number.
    Plain(Value),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Members(Vec<(String, Json)>),
}

impl Default for Json {
    fn default() -> Self {
        Self::Members(Vec::new())
    }
}

impl Json {
    /// Calls `f` with every text in it.
    pub fn each_text(&self, f: &mut impl FnMut(&Template)) {
        match self {
            Self::Text(template) => f(template),
            Self::Plain(_) => {}
            Self::List(items) => items.iter().for_each(|item| item.each_text(f)),
            Self::Members(members) => members.iter().for_each(|(_, item)| item.each_text(f)),
        }
    }

    /// Fills the holes. A text that is one param or one output and nothing else becomes the value itself: a number stays
    /// one.
    pub fn render(&self, values: &RunValues) -> Result<Value, MissingValue> {
        Ok(match self {
            Self::Text(template) => match alone(template, values) {
                Some(value) => value.clone(),
                None => Value::String(template.render(values)?),
            },
            Self::Plain(value) => value.clone(),
            Self::List(items) => {
                Value::Array(items.iter().map(|item| item.render(values)).collect::<Result<_, _>>()?)
            }
            Self::Members(members) => {
                let filled = members.iter().map(|(name, item)| Ok((name.clone(), item.render(values)?)));
                Value::Object(filled.collect::<Result<_, _>>()?)
            }
        })
    }
}

/// The value of a template that is nothing else, where the run has one.
fn alone<'v>(template: &Template, values: &'v RunValues) -> Option<&'v Value> {
    let [Part::Expr(expr)] = template.parts() else { return None };
    match expr {
        Expr::Param(name) => values.params.get(name),
        Expr::Output { step, field } => values.outputs.get(step)?.get(field).filter(|value| !value.is_null()),
        Expr::Date { .. }
        | Expr::RunId
        | Expr::DagId
        | Expr::TaskId
        | Expr::DsAdd { .. }
        | Expr::DsFormat { .. } => None,
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        match json {
            Json::Text(template) => Self::String(template.to_string()),
            Json::Plain(value) => value,
            Json::List(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Json::Members(members) => {
                let members = members.into_iter().map(|(name, item)| (name, Self::from(item)));
                Self::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}

impl TryFrom<Value> for Json {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let invalid = |errors: Vec<TemplateError>| format!("invalid template: {errors:?}");
        Ok(match value {
            Value::String(text) => Self::Text(Template::parse(&text).map_err(invalid)?),
            Value::Array(items) => {
                Self::List(items.into_iter().map(Self::try_from).collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, item)| Ok((name, Self::try_from(item)?)));
                Self::Members(members.collect::<Result<_, String>>()?)
            }
            plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => Self::Plain(plain),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_stands_alone_keeps_its_type() {
        let values = RunValues {
            logical_date: Some("2026-01-31T03:15:00Z".parse().unwrap()),
            params: json!({"n": 3, "who": "a\"b"}).as_object().unwrap().clone(),
            outputs: json!({"load": {"rows": 7, "none": null, "list": [1]}}).as_object().unwrap().clone(),
            ..RunValues::default()
        };
        let json: Json = serde_json::from_value(json!({
            "day": "{{ ds }}", "n": "{{ params.n }}", "text": "{{ params.n }} of {{ params.who }}", "who": "{{ params.who }}",
            "rows": ["{{ outputs.load.rows }}", "{{ outputs.load.list }}", null, 1.5, true, "{{ '{{x}}' }}"],
        }))
        .unwrap();
        let expected = json!({
            "day": "2026-01-31", "n": 3, "text": "3 of a\"b", "who": "a\"b", "rows": [7, [1], null, 1.5, true, "{{x}}"],
        });
        assert_eq!(json.render(&values), Ok(expected));
        assert_eq!(serde_json::from_value::<Json>(serde_json::to_value(&json).unwrap()).unwrap(), json);
        let missing: Json = serde_json::from_value(json!({"a": "{{ outputs.load.none }}"})).unwrap();
        assert!(missing.render(&values).unwrap_err().to_string().contains("outputs.load.none"));
        assert!(serde_json::from_value::<Json>(json!("{{ nothing }}")).is_err());
    }
}
