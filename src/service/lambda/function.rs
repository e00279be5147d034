//! A function by its name or its ARN, of a version or an alias or of neither.

use crate::service::qualified::{Qualified, Thing};

/// A function as the user names it: `clean`, `clean:live`, `clean:3`, or the ARN of any of these.
pub type Function = Qualified<OfLambda>;

/// Functions of Lambda.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfLambda;

/// How long a name may be (Lambda API, `Invoke`).
const LONGEST_NAME: usize = 64;

/// How long a version or an alias may be (`Qualifier` in the service's model).
const LONGEST_QUALIFIER: usize = 128;

impl Thing for OfLambda {
    const WHAT: &'static str = "a function";
    const SERVICE: &'static str = "lambda";
    const TYPE: &'static str = "function:";

    fn name(text: &str) -> Result<(), String> {
        if is_word(text, LONGEST_NAME) {
            return Ok(());
        }
        Err(format!("a name has 1 to {LONGEST_NAME} letters, digits, `-` and `_`"))
    }

    fn is_qualifier(text: &str) -> bool {
        text == "$LATEST" || is_word(text, LONGEST_QUALIFIER)
    }
}

fn is_word(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::arn::Account;

    #[test]
    fn a_function_is_named_by_name_or_arn() {
        let account = Account { partition: "aws", region: "eu-west-1", account: "111122223333" };
        let here = "arn:aws:lambda:eu-west-1:111122223333:function:";
        for (text, target, resource) in [
            ("clean".to_owned(), "clean".to_owned(), "clean"),
            ("clean:live".to_owned(), "clean".to_owned(), "clean:live"),
            ("clean:$LATEST".to_owned(), "clean".to_owned(), "clean:$LATEST"),
            (format!("{here}clean:3"), format!("{here}clean"), "clean:3"),
        ] {
            let function = Function::parse(&text).unwrap();
            assert_eq!((function.to_string(), function.target()), (text, target));
            assert_eq!(function.resource().policy(account).replace("${$}", "$"), format!("{here}{resource}"));
        }
        for text in [
            "",
            "a b",
            "a:",
            "a:b:c",
            "a:b.c",
            "arn:aws:lambda:eu-west-1:1:function:a",
            "arn:aws:lambda:eu-west-1:111122223333:layer:a",
            "arn:aws:states:eu-west-1:111122223333:stateMachine:a",
            &"x".repeat(65),
        ] {
            assert!(Function::parse(text).is_err(), "{text}");
        }
    }
}
