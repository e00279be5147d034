"""reference: Airlines, airports and planes, replaced as a whole.

Made by dagc from specs/reference.yaml. Change the spec, not this file.
"""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pendulum
from airflow.sdk import DAG
from airflow.timetables.interval import CronDataIntervalTimetable

from aviation.dagc_airflow_v1 import DagcOperator

PLANS = Path(__file__).parent / ".dagc/plans"
Step = partial(DagcOperator, plan=PLANS / "reference-9f196b6505c5.json")

with DAG(
    dag_id="reference",
    description="Airlines, airports and planes, replaced as a whole.",
    schedule=CronDataIntervalTimetable("0 0 * * 0", timezone="UTC"),
    start_date=pendulum.datetime(2012, 12, 30, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "data-platform",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(hours=2),
    },
    is_paused_upon_creation=True,
    tags=["aviation", "reference"],
) as dag:
    tables = Step(task_id="tables", kind="redshift_sql")
    load__airlines = Step(task_id="load__airlines", kind="redshift_copy")
    load__airports = Step(task_id="load__airports", kind="redshift_copy")
    load__planes = Step(task_id="load__planes", kind="redshift_copy")
    present__airlines = Step(task_id="present__airlines", kind="sql_check")
    present__airports = Step(task_id="present__airports", kind="sql_check")
    present__planes = Step(task_id="present__planes", kind="sql_check")

    tables >> [load__airlines, load__airports, load__planes]
    load__airlines >> present__airlines
    load__airports >> present__airports
    load__planes >> present__planes

dag.doc_md = """\
Airlines, airports and planes, replaced as a whole.

Written in `specs/reference.yaml`; runs at `0 0 * * 0`, UTC; owner `data-platform`.

| Task | Step | Kind | Line |
| --- | --- | --- | --- |
| `tables` | `tables` | redshift_sql | 13 |
| `load__airlines` | `load[airlines]` | redshift_copy | 15 |
| `load__airports` | `load[airports]` | redshift_copy | 15 |
| `load__planes` | `load[planes]` | redshift_copy | 15 |
| `present__airlines` | `present[airlines]` | sql_check | 18 |
| `present__airports` | `present[airports]` | sql_check | 18 |
| `present__planes` | `present[planes]` | sql_check | 18 |
"""
