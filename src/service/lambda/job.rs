//! Invoking a function, as the plan keeps it, its calls, and what they need.

use super::function::Function;
use crate::service::call::{Call, Caller, On, Touched, When, call, operations, right};
use crate::service::console::base;
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::failure::{Codes, Kind};
use crate::service::output::{Form, HANDLE, Members, OUTPUT, Output, SECONDS, URL, perhaps};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use crate::template::Json;
use serde::{Deserialize, Serialize};

/// Invokes a function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InvokeFunction {
    /// The function.
    pub function: Function,
    /// What it is given.
    #[serde(default)]
    pub payload: Json,
    /// The task is done when Lambda has taken the event.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub no_wait: bool,
    /// It may be invoked again when it is not known what came of an invocation.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub idempotent: bool,
    /// The members of what it gives that are outputs of the task.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub members: Vec<String>,
}

/// How many bytes a payload may have whose function is waited for (Lambda quotas).
pub const LONGEST_PAYLOAD: usize = 6 * 1024 * 1024;

/// How many bytes an event may have (Lambda quotas).
pub const LONGEST_EVENT: usize = 1024 * 1024;

/// Codes that only this service has. What says that a function is being prepared has not run it.
const CODES: Codes = &[
    ("EC2AccessDeniedException", Kind::Denied),
    ("ENINotReadyException", Kind::Busy),
    ("InvalidRuntimeException", Kind::Invalid),
    ("InvalidSecurityGroupIDException", Kind::Invalid),
    ("InvalidSubnetIDException", Kind::Invalid),
    ("InvalidZipFileException", Kind::Invalid),
    ("KMSAccessDeniedException", Kind::Denied),
    ("KMSDisabledException", Kind::Invalid),
    ("KMSInvalidStateException", Kind::Invalid),
    ("KMSNotFoundException", Kind::Invalid),
    ("ResourceConflictException", Kind::Busy),
    ("ServiceException", Kind::Unavailable),
    ("ServiceQuotaExceededException", Kind::Invalid),
    ("SnapStartNotReadyException", Kind::Busy),
    ("SubnetIPAddressLimitReachedException", Kind::Busy),
];

operations! {
    codes CODES;

    /// Invokes a function.
    INVOKE = "lambda:Invoke" Starts Never [right("lambda:InvokeFunction", On::Itself)];
}

/// What it gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    SECONDS,
    OUTPUT,
    perhaps("version", Form::Text, "the version that was run"),
    perhaps("gigabyte_seconds", Form::Number, "what memory it has had, and for how long"),
];

impl InvokeFunction {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in.
    pub fn billed(&self) -> &'static [Billed] {
        &[
            Billed { unit: Unit::Invocations, measured: Measured::Once, least: 0 },
            Billed {
                unit: Unit::FunctionGigabyteSeconds,
                measured: Measured::Output("gigabyte_seconds"),
                least: 0,
            },
        ]
    }
}

impl Members for InvokeFunction {
    fn members(&self) -> &[String] {
        &self.members
    }
}

impl Shown for InvokeFunction {}

/// A function has a role of its own, which is nobody's to lend.
impl Lends for InvokeFunction {}

impl Caller for InvokeFunction {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[call(INVOKE)];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Itself => {
                let (what, when) = match self.function.qualifier {
                    None => ("the function", When::Always),
                    Some(_) => ("its version or alias", When::Planned("when the step names one")),
                };
                vec![Touched { what, resource: self.function.resource(), when }]
            }
            _ => Vec::new(),
        }
    }
}

/// Links to a function in the console.
pub fn link(region: &str, name: &str) -> String {
    format!("{}/lambda/home?region={region}#/functions/{name}?tab=monitoring", base(region))
}

/// The heading of what whoever invokes a function must be allowed.
pub const RIGHTS: Heading = Heading::new("`lambda`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let invoke = InvokeFunction { function: Function::named("FUNCTION", None), ..InvokeFunction::default() };
    let version = Function::named("FUNCTION", Some("QUALIFIER"));
    let version = InvokeFunction { function: version, ..InvokeFunction::default() };
    let section = Section::new(Who::Worker, RIGHTS).of(&[&invoke, &version]);
    vec![section.billed(invoke.billed())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_on_its_function() {
        let job: InvokeFunction = serde_json::from_str(r#"{"function": "clean:live"}"#).unwrap();
        let needs: Vec<String> =
            job.needs().iter().map(|need| format!("{} {}", need.action, need.resource)).collect();
        assert_eq!(needs, ["lambda:InvokeFunction arn:aws:lambda:REGION:ACCOUNT:function:clean:live"]);
        assert_eq!(
            link("eu-west-1", "clean"),
            "https://eu-west-1.console.aws.amazon.com/lambda/home?region=eu-west-1#/functions/clean?tab=monitoring"
        );
    }
}
