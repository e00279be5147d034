//! A state machine by its name or its ARN, of a version or an alias or of neither, and the ARNs that are made of it.

use crate::service::arn::{Part, Resource};
use crate::service::qualified::{Qualified, Thing};

/// A state machine as the user names it: `orders`, `orders:live`, `orders:3`, or the ARN of any of these.
pub type Machine = Qualified<OfStepFunctions>;

/// State machines of Step Functions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfStepFunctions;

/// How long the name of a state machine, and of an execution, may be (`Name` in the service's model).
const LONGEST_NAME: usize = 80;

/// How long an alias may be (`CharacterRestrictedName` in the service's model).
const LONGEST_ALIAS: usize = 80;

impl Thing for OfStepFunctions {
    const WHAT: &'static str = "a state machine";
    const SERVICE: &'static str = "states";
    const TYPE: &'static str = "stateMachine:";

    /// What AWS's documents advise against, and ARNs cannot hold, is no name.
    fn name(text: &str) -> Result<(), String> {
        let is_one = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.+!@()='".contains(&byte);
        if (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(is_one) {
            return Ok(());
        }
        Err(format!("a name has 1 to {LONGEST_NAME} letters, digits and `-_.+!@()=`"))
    }

    fn is_qualifier(text: &str) -> bool {
        let is_version = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        let is_alias = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        (1..=LONGEST_ALIAS).contains(&text.len())
            && (is_version || is_alias && !text.bytes().all(|b| b.is_ascii_digit()))
    }
}

impl Machine {
    /// Its executions.
    pub fn executions(&self) -> Resource {
        if let Some(arn) = self.before_name() {
            let place = arn.trim_end_matches("stateMachine:");
            return Resource::Whole(format!("{place}execution:{}:*", self.name));
        }
        let name = Part::Name(self.name.clone());
        Resource::regional("states", [Part::Fixed("execution:"), name, Part::Fixed(":"), Part::Any])
    }

    /// Its ARN, where the user says one.
    pub fn arn(&self) -> Option<String> {
        self.before_name().map(|_| self.target())
    }
}

/// The ARN of an execution of the state machine with this ARN.
pub fn execution(machine: &str, name: &str) -> String {
    format!("{}:{name}", machine.replacen(":stateMachine:", ":execution:", 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::arn::Account;

    const HERE: &str = "arn:aws:states:eu-west-1:111122223333";

    #[test]
    fn a_machine_is_named_in_six_ways() {
        let account = Account { partition: "aws", region: "eu-west-1", account: "111122223333" };
        for (text, resource) in [
            ("orders".to_owned(), "stateMachine:orders"),
            ("orders:3".to_owned(), "stateMachine:orders:3"),
            ("orders:live".to_owned(), "stateMachine:orders:live"),
            (format!("{HERE}:stateMachine:orders"), "stateMachine:orders"),
            (format!("{HERE}:stateMachine:orders:3"), "stateMachine:orders:3"),
            (format!("{HERE}:stateMachine:orders:live"), "stateMachine:orders:live"),
        ] {
            let machine = Machine::parse(&text).unwrap();
            assert_eq!(machine.to_string(), text);
            assert_eq!(machine.resource().policy(account), format!("{HERE}:{resource}"));
            assert_eq!(machine.executions().policy(account), format!("{HERE}:execution:orders:*"));
            assert_eq!(machine.whole().resource().policy(account), format!("{HERE}:stateMachine:orders"));
        }
        assert_eq!(
            execution(&format!("{HERE}:stateMachine:orders"), "a"),
            format!("{HERE}:execution:orders:a")
        );
    }

    #[test]
    fn what_is_no_machine_is_told() {
        for text in [
            "",
            "a b",
            "a:",
            ":live",
            "a:b:c",
            "a:0",
            "arn:aws:states:eu-west-1:111122223333:execution:orders:a",
            "arn:aws:states:eu-west-1:1:stateMachine:orders",
            "arn:aws:states::111122223333:stateMachine:orders",
            "arn:aws:lambda:eu-west-1:111122223333:function:orders",
            &"x".repeat(81),
        ] {
            assert!(Machine::parse(text).is_err(), "{text}");
        }
    }
}
