//! What is shown of SQL in Athena: the statements and the checks, apart from the rest.

use super::job::RunAthena;
use crate::service::check_sql;
use crate::service::shown::Shown;
use crate::sql::{Dialect, write};
use crate::template::{RunValues, Template};
use serde_json::{Map, Value};

impl Shown for RunAthena {
    fn as_sent(&self, request: &mut Map<String, Value>) {
        request.retain(|name, _| name != "statements" && name != "check");
    }

    fn sql(&self, values: &RunValues) -> Vec<String> {
        let complete = |text: &Template| {
            write::render_as(text, values, Dialect::Athena).unwrap_or_else(|_| text.to_string())
        };
        let statements = self.statements.iter().map(complete);
        let checks = self.check.iter().flat_map(|check| check_sql::shown(check, values, Dialect::Athena));
        statements.chain(checks).collect()
    }
}
