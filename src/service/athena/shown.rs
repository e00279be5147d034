//! What is shown of SQL in Athena: the statements, apart from the rest.

use super::job::RunAthena;
use crate::service::shown::Shown;
use crate::sql::{Dialect, write};
use crate::template::{RunValues, Template};
use serde_json::{Map, Value};

impl Shown for RunAthena {
    fn as_sent(&self, request: &mut Map<String, Value>) {
        request.retain(|name, _| name != "statements");
    }

    fn sql(&self, values: &RunValues) -> Vec<String> {
        let complete = |text: &Template| {
            write::render_as(text, values, Dialect::Athena).unwrap_or_else(|_| text.to_string())
        };
        self.statements.iter().map(complete).collect()
    }
}
