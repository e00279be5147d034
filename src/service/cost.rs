//! What a job is billed in, as data: who reckons what a pipeline costs needs prices beside, and nothing else.

/// What a job is billed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billed {
    /// The unit.
    pub unit: Unit,
    /// What says how many.
    pub measured: Measured,
    /// The least time that is billed, in seconds.
    pub least: u32,
}

/// A unit of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Hours of Glue's data processing units.
    DpuHours,
    /// Hours of Redshift Serverless's processing units.
    RpuHours,
    /// Requests that list objects.
    ListRequests,
}

/// What says how much was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// The output of this name, in seconds of a unit.
    Output(&'static str),
    /// The time that the service works, by its capacity.
    Time,
    /// The calls that are made.
    Calls,
}
