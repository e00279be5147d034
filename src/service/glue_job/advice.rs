//! What a run of a Spark job has used of its machines, and what to make of that. Pure.
//!
//! Metrics are those of the Glue Developer Guide, "Monitoring AWS Glue using Amazon CloudWatch metrics"; what is advised
//! follows its "Debugging OOM exceptions and job abnormalities" and "Monitoring for DPU capacity planning". A worker is one
//! executor, and one of them is the driver.

/// What is read of a run: the output, the metric, its type, and whether its values are added up.
pub struct Measured {
    /// The output that it becomes.
    pub output: &'static str,
    /// What CloudWatch calls it.
    pub metric: &'static str,
    /// Its dimension `Type`: `gauge`, or `count`, of which each value is what was added.
    pub r#type: &'static str,
}

/// What is read of each run.
pub const MEASURED: &[Measured] = &[
    measured("executors", "glue.driver.ExecutorAllocationManager.executors.numberAllExecutors", "gauge"),
    measured(
        "executors_needed",
        "glue.driver.ExecutorAllocationManager.executors.numberMaxNeededExecutors",
        "gauge",
    ),
    measured("driver_heap", "glue.driver.jvm.heap.usage", "gauge"),
    measured("executor_heap", "glue.ALL.jvm.heap.usage", "gauge"),
    measured("disk_mb", "glue.driver.BlockManager.disk.diskSpaceUsed_MB", "gauge"),
    measured("bytes_read", "glue.driver.aggregate.bytesRead", "count"),
    measured("shuffle_bytes", "glue.driver.aggregate.shuffleBytesWritten", "count"),
    measured("failed_tasks", "glue.driver.aggregate.numFailedTasks", "count"),
];

const fn measured(output: &'static str, metric: &'static str, r#type: &'static str) -> Measured {
    Measured { output, metric, r#type }
}

/// The machines of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machines {
    /// Their type: `G.1X`.
    pub worker_type: String,
    /// How many, or how many at most.
    pub workers: u32,
    /// Glue has taken fewer when there was less to do.
    pub autoscales: bool,
}

/// How full a heap may be before more memory is advised.
const FULL: f64 = 0.9;

/// Says what to change, each with its reason; nothing where all is well. `value` gives what was measured, by its output.
pub fn advice(machines: &Machines, value: &dyn Fn(&str) -> Option<f64>) -> Vec<String> {
    let parts = [
        driver(machines, value("driver_heap")),
        executors(machines, value("executor_heap"), value("disk_mb")),
        count(machines, value("executors"), value("executors_needed")),
    ];
    parts.into_iter().flatten().collect()
}

/// What to do where there was not enough memory; of a failure, too, which its message tells.
pub fn is_out_of_memory(message: &str) -> bool {
    const SIGNS: &[&str] =
        &["OutOfMemory", "exit code 137", "Container killed by YARN", "out of memory", "java heap space"];
    let message = message.to_lowercase();
    SIGNS.iter().any(|sign| message.contains(&sign.to_lowercase()))
}

/// What is advised for a run that has had not enough memory.
pub fn for_memory(machines: &Machines) -> String {
    format!("there was not enough memory: {}, or read and join less at a time", more_memory(machines))
}

fn driver(machines: &Machines, heap: Option<f64>) -> Option<String> {
    let heap = heap.filter(|heap| *heap >= FULL)?;
    let percent = percent(heap);
    Some(format!(
        "the driver's memory was {percent} % full: collect and broadcast less, group small files, or {}",
        more_memory(machines)
    ))
}

fn executors(machines: &Machines, heap: Option<f64>, disk: Option<f64>) -> Option<String> {
    let more = more_memory(machines);
    if let Some(heap) = heap.filter(|heap| *heap >= FULL) {
        return Some(format!("the executors' memory was {} % full: {more}", percent(heap)));
    }
    let disk = disk.filter(|disk| *disk >= 1.0)?;
    Some(format!(
        "{disk:.0} MB did not fit into memory and lay on disks: more workers, or {more}, are quicker"
    ))
}

fn count(machines: &Machines, executors: Option<f64>, needed: Option<f64>) -> Option<String> {
    let (executors, needed) = (executors?.round(), needed?.round());
    // The driver is a worker as well; Glue takes two at least.
    let wanted = (needed + 1.0).max(2.0);
    let workers = f64::from(machines.workers);
    if !machines.autoscales && wanted * 2.0 <= workers {
        return Some(format!(
            "of {workers} workers no more than {wanted} had something to do: `count: {wanted}` costs less, or \
             `autoscale: true` takes as many as there is work for"
        ));
    }
    (executors >= 1.0 && needed >= executors * 2.0).then(|| {
        format!(
            "{needed} executors would have had something to do, and there were {executors}: with more workers, \
             {wanted} at most, the run ends sooner"
        )
    })
}

/// Where more memory is to be had: workers of type R have twice as much for each core (AWS Glue worker types).
fn more_memory(machines: &Machines) -> String {
    let larger = match machines.worker_type.as_str() {
        "G.1X" => "R.1X",
        "G.2X" | "R.1X" => "R.2X",
        "G.4X" | "R.2X" => "R.4X",
        "G.8X" | "R.4X" => "R.8X",
        "G.12X" => "G.16X",
        _ => return "take more workers".to_owned(),
    };
    format!("take workers of type {larger}")
}

fn percent(part: f64) -> String {
    format!("{:.0}", (part * 100.0).min(100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(machines: &Machines, values: &[(&str, f64)]) -> String {
        let value = |name: &str| values.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        advice(machines, &value).join("; ")
    }

    #[test]
    fn what_is_advised_has_its_reason() {
        let machines =
            |kind: &str, workers| Machines { worker_type: kind.to_owned(), workers, autoscales: false };
        for (machines, values, expected) in [
            (machines("G.1X", 10), &[][..], ""),
            (machines("G.1X", 10), &[("driver_heap", 0.6), ("executor_heap", 0.89), ("disk_mb", 0.0)], ""),
            (machines("G.1X", 10), &[("driver_heap", 0.97)], "driver's memory was 97 % full"),
            (machines("G.2X", 10), &[("executor_heap", 0.95)], "95 % full: take workers of type R.2X"),
            (machines("R.8X", 10), &[("executor_heap", 1.2)], "100 % full: take more workers"),
            (machines("G.1X", 10), &[("disk_mb", 812.4)], "812 MB did not fit into memory"),
            (
                machines("G.1X", 10),
                &[("executors", 9.0), ("executors_needed", 3.0)],
                "of 10 workers no more than 4 had something to do: `count: 4`",
            ),
            (machines("G.1X", 10), &[("executors", 9.0), ("executors_needed", 5.0)], ""),
            (machines("G.1X", 2), &[("executors", 1.0), ("executors_needed", 0.0)], ""),
            (
                machines("G.1X", 10),
                &[("executors", 9.0), ("executors_needed", 40.0)],
                "40 executors would have had something to do, and there were 9: with more workers, 41 at most",
            ),
        ] {
            let told = told(&machines, values);
            assert!(told.contains(expected) && told.is_empty() == expected.is_empty(), "{told} {values:?}");
        }
        let scaled = Machines { autoscales: true, ..machines("G.1X", 10) };
        assert_eq!(told(&scaled, &[("executors", 3.0), ("executors_needed", 3.0)]), "");
    }

    #[test]
    fn failures_for_want_of_memory_are_known() {
        for (message, expected) in [
            ("An error occurred while calling o97. java.lang.OutOfMemoryError: Java heap space", true),
            ("Command failed with exit code 137", true),
            ("AnalysisException: no such column", false),
        ] {
            assert_eq!(is_out_of_memory(message), expected, "{message}");
        }
    }
}
