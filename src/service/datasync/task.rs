//! A task of DataSync by its name, its id or its ARN, and the ARNs that are made of it.

use crate::service::arn::{Part, Resource};
use crate::service::qualified::{Qualified, Thing};

/// A task as the user names it: `nightly-orders`, `task-0123456789abcdef0`, or its ARN.
pub type Task = Qualified<OfDataSync>;

/// Tasks of DataSync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfDataSync;

/// How long a name may be (`TagValue` in the service's model).
const LONGEST_NAME: usize = 256;

/// How many hexadecimal digits an id has (`TaskArn` in the service's model).
const DIGITS: usize = 17;

/// Says whether a text is an id.
fn is_id(text: &str) -> bool {
    let digits = text.strip_prefix("task-").unwrap_or_default();
    digits.len() == DIGITS && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl Thing for OfDataSync {
    const WHAT: &'static str = "a task of DataSync";
    const SERVICE: &'static str = "datasync";
    const TYPE: &'static str = "task/";
    const NO_QUALIFIER: &'static str =
        "a name that has a `:` cannot be told from an ARN: say the id or the ARN";

    fn name(text: &str) -> Result<(), String> {
        let is_one = |byte: u8| byte.is_ascii_alphanumeric() || b" +=._@/-".contains(&byte);
        if (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(is_one) {
            return Ok(());
        }
        Err(format!("a name has 1 to {LONGEST_NAME} letters, digits, blanks and `+=._@/-`"))
    }

    fn is_qualifier(_: &str) -> bool {
        false
    }
}

impl Task {
    /// Says whether it is named by what DataSync calls it, so that only the account may be missing.
    pub fn is_id(&self) -> bool {
        is_id(&self.name)
    }

    /// Says why a text names no task.
    pub fn named_by(text: &str) -> Result<Self, String> {
        let task = Self::parse(text)?;
        if task.before_name().is_some() && !task.is_id() {
            return Err(format!("its ARN ends in no id: `task-` and {DIGITS} hexadecimal digits"));
        }
        Ok(task)
    }

    /// Its ARN, where the user says one.
    pub fn arn(&self) -> Option<String> {
        self.before_name().map(|_| self.target())
    }

    /// Says whether this ARN and this name are the task's.
    pub fn is(&self, arn: &str, name: &str) -> bool {
        if self.is_id() { arn.ends_with(&format!(":task/{}", self.name)) } else { name == self.name }
    }

    /// What is allowed on the task.
    pub fn itself(&self) -> Resource {
        if self.before_name().is_some() {
            return self.resource();
        }
        Resource::regional(OfDataSync::SERVICE, [Part::Fixed("task/"), self.part()])
    }

    /// What is allowed on its executions.
    pub fn executions(&self) -> Resource {
        if let Some(arn) = self.arn() {
            return Resource::Whole(format!("{arn}/execution/*"));
        }
        let parts = [Part::Fixed("task/"), self.part(), Part::Fixed("/execution/"), Part::Any];
        Resource::regional(OfDataSync::SERVICE, parts)
    }

    /// ARNs have the id, which a name does not tell.
    fn part(&self) -> Part {
        if self.is_id() { Part::Name(self.name.clone()) } else { Part::Unknown("TASK") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::arn::Account;

    const ID: &str = "task-0123456789abcdef0";

    #[test]
    fn a_task_is_named_in_three_ways() {
        let account = Account { partition: "aws", region: "eu-west-1", account: "111122223333" };
        let arn = format!("arn:aws:datasync:eu-west-1:111122223333:task/{ID}");
        for (text, resource) in [
            (ID, arn.as_str()),
            (&arn, &arn),
            ("nightly orders", "arn:aws:datasync:eu-west-1:111122223333:task/*"),
        ] {
            let task = Task::named_by(text).unwrap();
            assert_eq!(task.to_string(), text);
            assert_eq!(task.itself().policy(account), resource, "what only AWS knows is any");
            assert_eq!(task.executions().policy(account), format!("{resource}/execution/*"));
            assert!(task.is(&arn, "nightly orders"));
            assert!(!task.is(&format!("{arn}0"), "nightly"));
        }
    }

    #[test]
    fn what_is_no_task_is_told() {
        for text in [
            "",
            "a:b",
            "a*b",
            "arn:aws:datasync:eu-west-1:111122223333:task/nightly",
            "arn:aws:datasync:eu-west-1:111122223333:task/task-0123456789abcdef0/execution/exec-0",
            "arn:aws:datasync::111122223333:task/task-0123456789abcdef0",
            "arn:aws:datasync:eu-west-1:111122223333:location/loc-0123456789abcdef0",
            &"x".repeat(257),
        ] {
            assert!(Task::named_by(text).is_err(), "{text}");
        }
    }
}
