//! Messages of failed tasks: the support module sends them, with boto3.

use super::arn::Resource;
use super::call::{Call, Caller, On, Touched, call, operations, right, touched};
use super::section::{Heading, Section, Who};

operations! {
    codes &[];

    /// Sends a message to a topic.
    PUBLISH = "sns:Publish" Starts Never [right("sns:Publish", On::Itself)];
}

/// Who is told of a failed task.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    /// The topic's ARN.
    pub topic: &'a str,
}

impl Caller for Notice<'_> {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[call(PUBLISH)];
        CALLS
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        if on == On::Itself {
            touched("the topic", Resource::Whole(self.topic.to_owned()))
        } else {
            Vec::new()
        }
    }
}

/// Returns what the page of permissions says of it.
pub(super) fn sections() -> Vec<Section> {
    let notice = Notice { topic: "arn:aws:sns:REGION:ACCOUNT:TOPIC" };
    vec![Section::new(Who::Worker, Heading::new("`on_failure`")).of(&[&notice])]
}
