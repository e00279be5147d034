//! What is shown of SQL: the statements and the checks, apart from the rest.

use super::job::{RunSql, SqlBody};
use crate::service::check_sql;
use crate::service::shown::Shown;
use crate::service::statement::Statement;
use crate::sql::{Dialect, write};
use crate::template::RunValues;
use serde_json::{Map, Value};

impl Shown for RunSql {
    fn as_sent(&self, request: &mut Map<String, Value>) {
        let names: &[&str] = match &self.body {
            SqlBody::Script { .. } => &["statements"],
            SqlBody::Check(_) => &["table", "assertions"],
            SqlBody::Unload(_) => &["query"],
            SqlBody::Load(_) | SqlBody::MaterializedView(_) | SqlBody::SpectrumSchema(_) => &[],
        };
        if let Some(body) = request.get_mut("body").and_then(Value::as_object_mut) {
            body.retain(|name, _| !names.contains(&name.as_str()));
        }
    }

    fn sql(&self, values: &RunValues) -> Vec<String> {
        let complete =
            |Statement(text): &Statement| write::render(text, values).unwrap_or_else(|_| text.to_string());
        match &self.body {
            SqlBody::Script { statements, .. } => statements.iter().map(complete).collect(),
            SqlBody::Unload(unload) => vec![complete(&unload.query)],
            SqlBody::Check(check) => check_sql::shown(check, values, Dialect::Redshift),
            // Known when they begin.
            SqlBody::Load(_) | SqlBody::MaterializedView(_) | SqlBody::SpectrumSchema(_) => Vec::new(),
        }
    }
}
