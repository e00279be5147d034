//! What a job is billed in, as data: who reckons what a pipeline costs needs prices beside, and nothing else.

use std::fmt;

/// What a job is billed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billed {
    /// The unit.
    pub unit: Unit,
    /// What says how many.
    pub measured: Measured,
    /// The least that is billed: seconds, or bytes.
    pub least: u32,
}

/// A unit of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes that Athena scans.
    BytesScanned,
    /// Hours of Glue's data processing units.
    DpuHours,
    /// Hours of Redshift Serverless's processing units.
    RpuHours,
    /// Requests that list objects.
    ListRequests,
    /// Requests that write objects.
    WriteRequests,
    /// Changes of state of standard state machines.
    Transitions,
    /// Executions of express state machines.
    ExpressExecutions,
    /// Seconds that express state machines have a gigabyte of memory.
    ExpressGigabyteSeconds,
    /// Invocations of functions.
    Invocations,
    /// Seconds that functions have a gigabyte of memory.
    FunctionGigabyteSeconds,
    /// Bytes that DataSync sends over the network.
    BytesTransferred,
    /// Executions of DataSync's tasks in Enhanced mode.
    EnhancedTransfers,
    /// Hours of DMS's capacity units.
    DcuHours,
    /// Seconds that tasks of ECS have a processor.
    TaskCpuSeconds,
    /// Seconds that tasks of ECS have a gigabyte of memory.
    TaskGigabyteSeconds,
    /// Hours that runs of EMR Serverless have a processor.
    ServerlessCpuHours,
    /// Hours that runs of EMR Serverless have a gigabyte of memory.
    ServerlessMemoryHours,
    /// Hours that runs of EMR Serverless have a gigabyte of storage.
    ServerlessStorageHours,
}

/// What says how much was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// The output of this name, in seconds of a unit, or bytes.
    Output(&'static str),
    /// The time that the service works, by its capacity.
    Time,
    /// The calls that are made.
    Calls,
    /// One call.
    Once,
    /// Something that the console alone tells.
    Console,
}

impl Unit {
    /// Says whether it is counted by itself, and not by the seconds of one.
    fn is_counted(self) -> bool {
        match self {
            Self::BytesScanned
            | Self::ListRequests
            | Self::WriteRequests
            | Self::Transitions
            | Self::ExpressExecutions
            | Self::ExpressGigabyteSeconds
            | Self::Invocations
            | Self::FunctionGigabyteSeconds
            | Self::BytesTransferred
            | Self::EnhancedTransfers
            | Self::TaskCpuSeconds
            | Self::TaskGigabyteSeconds
            | Self::ServerlessCpuHours
            | Self::ServerlessMemoryHours
            | Self::ServerlessStorageHours => true,
            Self::DpuHours | Self::RpuHours | Self::DcuHours => false,
        }
    }
}

impl fmt::Display for Billed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.unit {
            Unit::BytesScanned => "bytes that are scanned",
            Unit::DpuHours => "hours of Glue's data processing units",
            Unit::RpuHours => "hours of the processing units of a serverless workgroup",
            Unit::ListRequests => "requests that list objects",
            Unit::WriteRequests => "requests that write objects",
            Unit::Transitions => "changes of state of a standard state machine",
            Unit::ExpressExecutions => "executions of an express state machine",
            Unit::ExpressGigabyteSeconds => "gigabytes of memory, by seconds, of an express state machine",
            Unit::Invocations => "invocations of a function",
            Unit::FunctionGigabyteSeconds => "gigabytes of memory, by seconds, of a function",
            Unit::BytesTransferred => "bytes that DataSync sends over the network",
            Unit::DcuHours => "hours of the capacity units of a serverless replication",
            Unit::EnhancedTransfers => "executions of a task in Enhanced mode",
            Unit::TaskCpuSeconds => "processors, by seconds, of a task on Fargate",
            Unit::TaskGigabyteSeconds => "gigabytes of memory, by seconds, of a task on Fargate",
            Unit::ServerlessCpuHours => "processors, by hours, of a run on EMR Serverless",
            Unit::ServerlessMemoryHours => "gigabytes of memory, by hours, of a run on EMR Serverless",
            Unit::ServerlessStorageHours => "gigabytes of storage, by hours, of a run on EMR Serverless",
        })?;
        match (self.least, self.unit) {
            (0, _) => {}
            (least, Unit::BytesScanned) => write!(f, ", {} MB a query at least", least / 1_000_000)?,
            (least, _) => write!(f, ", for {least} s at least")?,
        }
        match self.measured {
            Measured::Output(name) if self.unit.is_counted() => write!(f, "; `{name}` says how many"),
            Measured::Output(name) => write!(f, "; `{name}` says how many seconds of one"),
            Measured::Time => f.write_str("; by the time that it takes"),
            Measured::Once => f.write_str("; one a run"),
            Measured::Console => f.write_str("; its page in the console says how many"),
            Measured::Calls => f.write_str("; one for each 1,000 objects at each look"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_billed_is_said_in_words() {
        let billed = Billed { unit: Unit::DpuHours, measured: Measured::Output("dpu_seconds"), least: 60 };
        assert_eq!(
            billed.to_string(),
            "hours of Glue's data processing units, for 60 s at least; `dpu_seconds` says how many seconds of one"
        );
    }
}
