//! When a pipeline runs: cron expressions, intervals, and the names that Airflow has for some.

use super::time::{Seconds, parse_duration};
use crate::diagnostic::Code;
use crate::lang::cron;
use crate::lang::decode::{Leaf, LeafError};
use crate::yaml::Scalar;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// When a pipeline runs by the clock, or that it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// Only when a person or the API starts it.
    Manual,
    /// By a cron expression of five fields.
    Cron(String),
    /// Every so many seconds.
    Every(Seconds),
}

impl Leaf for Clock {
    const EXPECTED: &'static str = "a cron expression, `every 6h`, `{after: [...]}` or `none`";

    fn leaf(scalar: &Scalar) -> Result<Self, LeafError> {
        let text = scalar.text.trim();
        if text == "none" {
            return Ok(Self::Manual);
        }
        if let Some(length) = text.strip_prefix("every ") {
            return match parse_duration(length.trim()) {
                Some(seconds) if seconds > 0 => Ok(Self::Every(Seconds(seconds))),
                _ => Err(LeafError::new(Code::InvalidDuration, format!("`{length}` is no duration"))
                    .help("write `every 6h`, `every 30m` or `every 1d`")),
            };
        }
        let expression = match text {
            "hourly" | "daily" | "weekly" | "monthly" | "yearly" => {
                let message = format!("`{text}` is no cron expression");
                return Err(LeafError::new(Code::InvalidCron, message).help(format!("write \"@{text}\"")));
            }
            "None" | "null" => {
                let message = format!("`{text}` is no cron expression");
                return Err(LeafError::new(Code::InvalidCron, message)
                    .help("write `none`, and the pipeline runs when a person or the API starts it"));
            }
            "@continuous" => {
                let message = "a pipeline cannot run without a pause by the clock";
                return Err(LeafError::new(Code::InvalidCron, message)
                    .help("write how often it is to run, such as `every 5m`"));
            }
            "@once" => {
                let message = "a pipeline cannot be run once by the clock";
                return Err(LeafError::new(Code::InvalidCron, message)
                    .help("write `none`, and start it in Airflow when it is wanted"));
            }
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@quarterly" => "0 0 1 */3 *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            other if other.starts_with('@') => {
                let error = LeafError::new(Code::InvalidCron, format!("there is no `{other}`"));
                return Err(match crate::diagnostic::nearest(other, PRESETS.iter().copied()) {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None => error.help(format!("expected one of `{}`, or five fields", PRESETS.join("`, `"))),
                });
            }
            other => other,
        };
        cron::check(expression).map_err(|error| cron_error(scalar, expression, error))?;
        Ok(Self::Cron(expression.to_owned()))
    }

    fn leaf_schema() -> Value {
        json!({ "type": "string", "examples": ["15 3 * * *", "every 6h", "none"] })
    }
}

/// Names of expressions, as Airflow has them.
const PRESETS: &[&str] = &["@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly"];

fn cron_error(scalar: &Scalar, expression: &str, error: cron::CronError) -> LeafError {
    let message = format!("`{expression}` is no cron expression: {}", error.message);
    let found = LeafError::new(Code::InvalidCron, message)
        .help("five fields: minute, hour, day of month, month, day of week, such as `15 3 * * *`");
    match (error.range, scalar.text.find(expression)) {
        (Some(range), Some(start)) => found.at(start + range.start..start + range.end),
        _ => found,
    }
}
