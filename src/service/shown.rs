//! What people are shown of a job: in the log of its task, and among Airflow's rendered fields.

use crate::template::RunValues;
use serde_json::{Map, Value};

/// A job that says of itself what of it is shown otherwise than it stands in the plan.
pub trait Shown {
    /// Puts what is sent in the place of what it is made of, and takes out what is shown as SQL.
    fn as_sent(&self, _: &mut Map<String, Value>) {}

    /// Returns the SQL that is known before the task begins, filled in as far as it can be.
    fn sql(&self, _: &RunValues) -> Vec<String> {
        Vec::new()
    }
}
