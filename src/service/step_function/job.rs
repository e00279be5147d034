//! Running a state machine, as the plan keeps it, its calls, and what they need.

use super::machine::Machine;
use crate::service::arn::Resource;
use crate::service::call::{
    Call, Caller, On, Operation, Touched, When, call, operations, right, touched, wanted,
};
use crate::service::console::base;
use crate::service::cost::{Billed, Measured, Unit};
use crate::service::failure::{Codes, Kind};
use crate::service::output::{ADOPTED, Form, HANDLE, KEY, Members, OUTPUT, Output, SECONDS, URL, perhaps};
use crate::service::role::Lends;
use crate::service::section::{Heading, Section, Who};
use crate::service::shown::Shown;
use crate::template::Json;
use serde::{Deserialize, Serialize};

/// Runs a state machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunStateMachine {
    /// The state machine.
    pub state_machine: Machine,
    /// What it is given.
    #[serde(default)]
    pub input: Json,
    /// It is an express one, of which nobody can find out later what came of an execution.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub express: bool,
    /// The task is done when it is started.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub no_wait: bool,
    /// An express one may be run again when it is not known what came of a start.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub idempotent: bool,
    /// The members of what it gives that are outputs of the task.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub members: Vec<String>,
}

/// How many bytes an input, and what is given, may have (`SensitiveData` in the service's model).
pub const LONGEST_INPUT: usize = 262_144;

/// Codes that only this service has.
const CODES: Codes = &[
    ("ExecutionAlreadyExists", Kind::Conflict),
    ("ExecutionDoesNotExist", Kind::NotFound),
    ("ExecutionLimitExceeded", Kind::Throttled),
    ("KmsThrottlingException", Kind::Throttled),
    ("KmsAccessDeniedException", Kind::Denied),
    ("StateMachineDoesNotExist", Kind::NotFound),
];

const STANDARD: &str = "unless it is an express one";
const EXPRESS: &str = "when it is an express one that is waited for";
const BY_NAME: &str = "when `state_machine` is no ARN";

/// A call that the plan asks for.
const fn planned(operation: Operation, when: &'static str) -> Call {
    Call { operation, when: When::Planned(when) }
}

operations! {
    codes CODES;

    /// Looks at an execution.
    DESCRIBE_EXECUTION = "states:DescribeExecution" Repeatable Usual [right("states:DescribeExecution", On::Read)];
    /// Reads what has happened in an execution.
    GET_EXECUTION_HISTORY = "states:GetExecutionHistory" Repeatable Usual [right("states:GetExecutionHistory", On::Read)];
    /// Lists the executions of a state machine.
    LIST_EXECUTIONS = "states:ListExecutions" Repeatable Usual [right("states:ListExecutions", On::Itself)];
    /// Lists state machines: their ARNs have the account, which nothing else tells.
    LIST_STATE_MACHINES = "states:ListStateMachines" Repeatable Usual [right("states:ListStateMachines", On::Anything)];
    /// Starts an execution; a standard one does nothing when one of this name is running.
    START_EXECUTION = "states:StartExecution" Starts Never [right("states:StartExecution", On::Written)];
    /// Runs an express state machine to its end.
    START_SYNC_EXECUTION = "states:StartSyncExecution" Starts Never [right("states:StartSyncExecution", On::Written)];
    /// Stops an execution; the runner repeats it within the little time that it has.
    STOP_EXECUTION = "states:StopExecution" Repeatable Never [right("states:StopExecution", On::Read)];
}

/// What it gives.
pub const OUTPUTS: &[Output] = &[
    HANDLE,
    URL,
    KEY,
    SECONDS,
    ADOPTED,
    OUTPUT,
    perhaps("gigabyte_seconds", Form::Number, "what memory an express one has had, and for how long"),
];

const OF_STANDARD: Billed = Billed { unit: Unit::Transitions, measured: Measured::Console, least: 0 };
const OF_EXPRESS: Billed = Billed { unit: Unit::ExpressExecutions, measured: Measured::Once, least: 0 };
const OF_MEMORY: Billed =
    Billed { unit: Unit::ExpressGigabyteSeconds, measured: Measured::Output("gigabyte_seconds"), least: 0 };

impl RunStateMachine {
    /// Returns what it gives.
    pub fn outputs(&self) -> &'static [Output] {
        OUTPUTS
    }

    /// Returns what it is billed in.
    pub fn billed(&self) -> &'static [Billed] {
        if self.express { &[OF_EXPRESS, OF_MEMORY] } else { &[OF_STANDARD] }
    }
}

impl Members for RunStateMachine {
    fn members(&self) -> &[String] {
        &self.members
    }
}

impl Shown for RunStateMachine {}

/// A state machine has a role of its own, which is nobody's to lend.
impl Lends for RunStateMachine {}

impl Caller for RunStateMachine {
    fn calls(&self) -> &'static [Call] {
        const STANDARD_CALLS: &[Call] = &[
            call(START_EXECUTION),
            planned(DESCRIBE_EXECUTION, STANDARD),
            planned(LIST_EXECUTIONS, STANDARD),
            planned(STOP_EXECUTION, STANDARD),
            planned(LIST_STATE_MACHINES, BY_NAME),
            wanted(
                GET_EXECUTION_HISTORY,
                "for the state that has failed; without it there is a warning, and it is not told",
            ),
        ];
        const SYNC_CALLS: &[Call] =
            &[planned(START_SYNC_EXECUTION, EXPRESS), planned(LIST_STATE_MACHINES, BY_NAME)];
        const ASYNC_CALLS: &[Call] = &[call(START_EXECUTION), planned(LIST_STATE_MACHINES, BY_NAME)];
        match (self.express, self.no_wait) {
            (false, _) => STANDARD_CALLS,
            (true, false) => SYNC_CALLS,
            (true, true) => ASYNC_CALLS,
        }
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Written => {
                let (what, when) = match self.state_machine.qualifier {
                    None => ("the state machine", When::Always),
                    Some(_) => ("its version or alias", When::Planned("when the step names one")),
                };
                vec![Touched { what, resource: self.state_machine.resource(), when }]
            }
            On::Itself => touched("the state machine", self.state_machine.whole().resource()),
            On::Read => touched("its executions", self.state_machine.executions()),
            On::Anything if self.state_machine.arn().is_none() => {
                touched("all state machines", Resource::Anything)
            }
            _ => Vec::new(),
        }
    }
}

/// Links to an execution in the console.
pub fn link(region: &str, arn: &str) -> String {
    format!("{}/states/home?region={region}#/v2/executions/details/{arn}", base(region))
}

/// Links to a state machine in the console, or to all of them.
pub fn place(region: &str, machine: Option<&str>) -> String {
    let base = format!("{}/states/home?region={region}#/statemachines", base(region));
    machine.map_or_else(|| base.clone(), |arn| format!("{base}/view/{arn}"))
}

/// The heading of what whoever runs a state machine must be allowed.
pub const RIGHTS: Heading = Heading::new("`step_function`");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let machine = Machine::named("MACHINE", None);
    let standard = RunStateMachine { state_machine: machine, ..RunStateMachine::default() };
    let sync = RunStateMachine { express: true, ..standard.clone() };
    let started = RunStateMachine { no_wait: true, ..sync.clone() };
    let versions = [&standard, &sync].map(|of| RunStateMachine {
        state_machine: Machine::named("MACHINE", Some("QUALIFIER")),
        ..of.clone()
    });
    let section =
        Section::new(Who::Worker, RIGHTS).of(&[&standard, &sync, &started, &versions[0], &versions[1]]);
    vec![section.billed(&[OF_STANDARD, OF_EXPRESS, OF_MEMORY])]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(job: &str) -> Vec<String> {
        let job: RunStateMachine = serde_json::from_str(job).unwrap();
        job.needs().iter().map(|need| format!("{} {}", need.action, need.resource)).collect()
    }

    #[test]
    fn what_is_needed_is_of_its_kind() {
        let here = "arn:aws:states:REGION:ACCOUNT";
        let all = "states:ListStateMachines *".to_owned();
        assert_eq!(
            needs(r#"{"state_machine": "orders:live"}"#),
            [
                format!("states:StartExecution {here}:stateMachine:orders:live"),
                format!("states:DescribeExecution {here}:execution:orders:*"),
                format!("states:ListExecutions {here}:stateMachine:orders"),
                format!("states:StopExecution {here}:execution:orders:*"),
                all.clone(),
                format!("states:GetExecutionHistory {here}:execution:orders:*"),
            ]
        );
        let sync = format!("states:StartSyncExecution {here}:stateMachine:orders");
        assert_eq!(needs(r#"{"state_machine": "orders", "express": true}"#), [sync, all]);
        let arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:orders";
        assert_eq!(
            needs(&format!(r#"{{"state_machine": "{arn}", "express": true, "no_wait": true}}"#)),
            [format!("states:StartExecution {arn}")]
        );
    }

    #[test]
    fn links_lead_to_the_console() {
        let base = "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#";
        assert_eq!(link("eu-west-1", "arn:x"), format!("{base}/v2/executions/details/arn:x"));
        assert_eq!(place("eu-west-1", Some("arn:y")), format!("{base}/statemachines/view/arn:y"));
        assert_eq!(place("eu-west-1", None), format!("{base}/statemachines"));
    }
}
