//! What Glue's jobs and crawlers have in common.

use super::arn::Condition;
use std::time::Duration;

/// A role is handed to Glue.
pub const TO_GLUE: Condition = Condition { key: "iam:PassedToService", value: "glue.amazonaws.com" };

/// How long Glue's listings may lag, when the project says nothing. AWS gives no number.
const LISTING_LAG: Duration = Duration::from_mins(3);

/// Returns how long a run or a crawl that was started may be missing in Glue's listings.
pub fn listing_lag(said: Option<u64>) -> Duration {
    said.map_or(LISTING_LAG, Duration::from_secs)
}
