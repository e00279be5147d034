//! Roles that workers take on for tasks which run through a connection.

use super::arn::Resource;
use super::call::{Call, Caller, On, Touched, call, operations, right, touched};
use super::section::{Heading, Section, Who};

operations! {
    codes &[];

    /// Gives credentials of a role.
    ASSUME_ROLE = "sts:AssumeRole" Repeatable Usual [right("sts:AssumeRole", On::Itself)];
}

/// A connection's role.
#[derive(Clone, Copy, Debug)]
pub struct Assumed<'a> {
    /// Its ARN.
    pub role: &'a str,
}

impl Caller for Assumed<'_> {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[call(ASSUME_ROLE)];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        if on == On::Itself {
            touched("the connection's role", Resource::Whole(self.role.to_owned()))
        } else {
            Vec::new()
        }
    }
}

/// Returns what the page of permissions says of it.
pub(super) fn sections() -> Vec<Section> {
    let assumed = Assumed { role: "arn:aws:iam::ACCOUNT:role/ROLE" };
    let section = Section {
        note: "The role itself needs what its steps ask for.",
        ..Section::new(Who::Worker, Heading::new("`connection` with a role"))
    };
    vec![section.of(&[&assumed])]
}
