//! The environment variables by which a DAG tells `dagc exec` which run of which task this is.
//!
//! Times are ISO 8601 with an offset, or empty when the run has none.

/// The DAG. Required.
pub const DAG_ID: &str = "DAGC_DAG_ID";
/// The task. Required.
pub const TASK_ID: &str = "DAGC_TASK_ID";
/// The run. Required.
pub const RUN_ID: &str = "DAGC_RUN_ID";
/// Which of the mapped instances, from 0; -1 when the task is not mapped, and when absent.
pub const MAP_INDEX: &str = "DAGC_MAP_INDEX";
/// Which attempt, from 1; 1 when absent.
pub const TRY_NUMBER: &str = "DAGC_TRY_NUMBER";
/// How many attempts were behind when a person last cleared the task, `ti.max_tries - task.retries`; 0 when
/// absent. A deploy that changes the task's retries moves it, too.
pub const GENERATION: &str = "DAGC_GENERATION";
/// What tells the generations of a task instance apart, `ti.max_tries`: stays through Airflow's retries and
/// through deploys, moves when a person clears the task; as `DAGC_GENERATION` when absent.
pub const MARK: &str = "DAGC_MARK";
/// The start of the interval that the run works on.
pub const LOGICAL_DATE: &str = "DAGC_LOGICAL_DATE";
/// The time after which the run was allowed to start.
pub const RUN_AFTER: &str = "DAGC_RUN_AFTER";
/// The start of the data interval.
pub const DATA_INTERVAL_START: &str = "DAGC_DATA_INTERVAL_START";
/// The end of the data interval.
pub const DATA_INTERVAL_END: &str = "DAGC_DATA_INTERVAL_END";
/// When the run began.
pub const RUN_STARTED: &str = "DAGC_RUN_STARTED";
/// When the first attempt of this generation began. Empty when that is not known.
pub const GENERATION_STARTED: &str = "DAGC_GENERATION_STARTED";
/// When the first look of this attempt ended; set for a later look of a task that waits with `reschedule`.
pub const WAITING_SINCE: &str = "DAGC_WAITING_SINCE";
/// How many seconds there are between SIGTERM and the end of the process; 4 when absent.
pub const GRACE: &str = "DAGC_GRACE";
/// `stdin` when standard input holds those of these variables that are too long for the environment: a JSON
/// object with a text for each.
pub const LONGER: &str = "DAGC_LONGER_VARIABLES";
/// The run's params: a JSON object.
pub const PARAMS: &str = "DAGC_PARAMS";
/// The outputs of earlier tasks by task id: a JSON object.
pub const OUTPUTS: &str = "DAGC_OUTPUTS";
