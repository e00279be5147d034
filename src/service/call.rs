//! Calls of AWS, as data: what each does to the world, how often it may be sent, what its caller must be allowed.
//!
//! A service's `job.rs` declares its calls with [`operations!`]. `aws` sends them and knows no others; the page
//! of permissions, and whoever writes policies, reads [`Caller::needs`].

use super::arn::{Condition, Resource};
use super::failure::Codes;
use crate::sql::Deed;
use std::fmt;

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `glue:StartJobRun`
    pub name: &'static str,
    /// What it does to the world.
    pub effect: Effect,
    /// How often it is sent.
    pub retry: Retry,
    /// What its caller must be allowed: for the call itself, and for what AWS asks on the way of it.
    pub rights: &'static [Right],
    /// What codes mean that only its service has.
    pub codes: Codes,
}

impl Operation {
    /// Names the actions without which it is refused in any case.
    pub fn actions(&self) -> String {
        let always = self.rights.iter().filter(|right| right.when == When::Always);
        always.map(|right| right.action).collect::<Vec<_>>().join(" and ")
    }
}

/// What a call does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Sending it twice does no more than sending it once: it reads, or it puts the same thing in place.
    Repeatable,
    /// Sending it twice may start or create two of something, or the second is refused because of the first.
    Starts,
}

/// How often a call is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Again when it has failed in passing.
    Usual,
    /// Again when the service has refused it for too many calls: then nothing was done.
    Throttled,
    /// Once: its caller finds out what came of it, or repeats it in a way of its own.
    Never,
}

/// An action of IAM that a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// `glue:StartJobRun`
    pub action: &'static str,
    /// On what of all that the caller touches.
    pub on: On,
    /// When.
    pub when: When,
    /// What a policy may ask for beside.
    pub condition: Option<Condition>,
}

/// Makes a right that is needed in any case.
pub const fn right(action: &'static str, on: On) -> Right {
    Right { action, on, when: When::Always, condition: None }
}

impl Right {
    /// It is needed then only.
    #[must_use]
    pub const fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    /// A policy may ask for this beside.
    #[must_use]
    pub const fn under(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }
}

/// On what an action is needed: a part that the caller fills with its own names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// All resources: AWS takes no other, or does not say that it does.
    Anything,
    /// What is run, made or asked.
    Itself,
    /// A bucket.
    Bucket,
    /// Objects that are read.
    Read,
    /// Objects that are written or removed.
    Written,
    /// Tables of the Data Catalog that are read.
    Table,
    /// The database of the Data Catalog that every account has.
    DefaultDatabase,
    /// What a statement does so to: tables and databases of the Data Catalog, functions.
    Done(Deed),
    /// Objects of tables whose rows are written.
    MadeData,
    /// Objects of tables that are removed.
    LostData,
    /// A key of KMS.
    Key,
    /// A role that is handed on.
    Role,
    /// A log.
    Log,
    /// A job whose bookmark is made anew.
    Bookmark,
    /// A secret.
    Secret,
    /// A workgroup whose credentials are asked for.
    Workgroup,
    /// A database of a cluster, as whoever calls.
    Database,
    /// A database of a cluster, as one of its users.
    DatabaseUser,
}

/// When a right is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In any case.
    Always,
    /// When the plan is so; where a need is made from a plan, it is.
    Planned(&'static str),
    /// When something is so that no plan tells.
    Perhaps(&'static str),
    /// For something that can be done without; what is lost then.
    Wanted(&'static str),
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => Ok(()),
            Self::Planned(text) | Self::Perhaps(text) | Self::Wanted(text) => f.write_str(text),
        }
    }
}

/// A call that somebody makes.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The call.
    pub operation: Operation,
    /// When it is made.
    pub when: When,
}

/// A call that is made in any case.
pub const fn call(operation: Operation) -> Call {
    Call { operation, when: When::Always }
}

/// A call that can be done without.
pub const fn wanted(operation: Operation, lost: &'static str) -> Call {
    Call { operation, when: When::Wanted(lost) }
}

/// What a caller touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// In words: `the bucket of the files`.
    pub what: &'static str,
    /// The resource.
    pub resource: Resource,
    /// When.
    pub when: When,
}

/// Something that is touched in any case.
pub fn touched(what: &'static str, resource: Resource) -> Vec<Touched> {
    vec![Touched { what, resource, when: When::Always }]
}

/// What must be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The action of IAM.
    pub action: &'static str,
    /// On what, in words.
    pub what: &'static str,
    /// On what.
    pub resource: Resource,
    /// When.
    pub when: When,
    /// What a policy may ask for beside.
    pub condition: Option<Condition>,
}

/// Whoever calls AWS: a job, what publishing makes, publishing itself.
pub trait Caller {
    /// The calls that it makes.
    fn calls(&self) -> &'static [Call];

    /// What it touches, where an action is needed on this; nothing where that is none of its.
    fn touches(&self, on: On) -> Vec<Touched>;

    /// What it must be allowed, with its own names; each once, in any case where one call asks for it in any case.
    fn needs(&self) -> Vec<Need> {
        let mut needs: Vec<Need> = Vec::new();
        let rights =
            self.calls().iter().flat_map(|call| call.operation.rights.iter().map(move |right| (call, right)));
        for (call, right) in rights {
            for touched in self.touches(right.on) {
                let need = Need::of(call, right, touched);
                match needs.iter_mut().find(|other| other.is_on_the_same(&need)) {
                    None => needs.push(need),
                    Some(other) if need.when == When::Always => other.when = When::Always,
                    Some(_) => {}
                }
            }
        }
        needs
    }
}

impl Need {
    fn of(call: &Call, right: &Right, touched: Touched) -> Self {
        let Touched { what, resource, when } = touched;
        let whens = [when, right.when, call.when];
        let when = whens.into_iter().find(|when| *when != When::Always).unwrap_or(When::Always);
        Self { action: right.action, what, resource, when, condition: right.condition }
    }

    fn is_on_the_same(&self, other: &Self) -> bool {
        (self.action, self.what, &self.resource) == (other.action, other.what, &other.resource)
    }
}

/// Declares calls of one service, first what its own error codes mean. A row: a name for the code, AWS's name, what it
/// does, how often it is sent, what it needs.
macro_rules! operations {
    (codes $codes:expr; $($(#[doc = $doc:literal])* $name:ident = $call:literal $effect:ident $retry:ident $rights:expr;)+) => {
        $(
            $(#[doc = $doc])*
            pub const $name: $crate::service::call::Operation = $crate::service::call::Operation {
                name: $call,
                effect: $crate::service::call::Effect::$effect,
                retry: $crate::service::call::Retry::$retry,
                rights: &$rights,
                codes: $codes,
            };
        )+

        /// All of these calls.
        pub const OPERATIONS: &[$crate::service::call::Operation] = &[$($name),+];
    };
}
pub(crate) use operations;
