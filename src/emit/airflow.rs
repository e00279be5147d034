//! Where each version of Airflow keeps what a DAG file needs.

use crate::lang::value::AirflowVersion;

/// A name by its module: what is imported.
pub(super) type Import = (&'static str, &'static str);

/// The imports of one line of Airflow.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) dag: Import,
    pub(super) task_group: Import,
    pub(super) param: Import,
    pub(super) asset: Import,
    pub(super) bash: Import,
    pub(super) cross: Import,
}

/// The module of the data-interval timetables, in both lines.
pub(super) const TIMETABLES: &str = "airflow.timetables.interval";

const AIRFLOW_2: Names = Names {
    dag: ("airflow.models.dag", "DAG"),
    task_group: ("airflow.utils.task_group", "TaskGroup"),
    param: ("airflow.models.param", "Param"),
    asset: ("airflow.datasets", "Dataset"),
    bash: ("airflow.operators.bash", "BashOperator"),
    cross: ("airflow.models.baseoperator", "cross_downstream"),
};

const AIRFLOW_3: Names = Names {
    dag: ("airflow.sdk", "DAG"),
    task_group: ("airflow.sdk", "TaskGroup"),
    param: ("airflow.sdk", "Param"),
    asset: ("airflow.sdk", "Asset"),
    bash: ("airflow.providers.standard.operators.bash", "BashOperator"),
    cross: ("airflow.sdk", "cross_downstream"),
};

/// Returns the imports for a version of Airflow.
pub(super) fn names(version: AirflowVersion) -> &'static Names {
    if version.major < 3 { &AIRFLOW_2 } else { &AIRFLOW_3 }
}

/// What a DAG file calls its own; a class of the user's with such a name gets another one.
pub(super) const RESERVED: &[&str] = &[
    "Asset",
    "BashOperator",
    "CronDataIntervalTimetable",
    "DAG",
    "DagcOperator",
    "DagcReschedulingOperator",
    "Dataset",
    "DeltaDataIntervalTimetable",
    "PLANS",
    "Param",
    "Path",
    "PipelineOperator",
    "ReschedulingStep",
    "Step",
    "TaskGroup",
    "cross_downstream",
    "dag",
    "data_interval",
    "on_failure",
    "partial",
    "pendulum",
    "step_output",
    "tell_interval",
    "timedelta",
];
