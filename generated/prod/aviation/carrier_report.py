"""carrier_report: Delays by carrier and day; runs when flights_daily has given new
departures.

Made by dagc from specs/carrier_report.yaml. Change the spec, not this file.
"""

# Airflow 2's own names, which these rules would replace by those of Airflow 3.
# ruff: noqa: AIR301, AIR302, AIR311, AIR312, RUF100

from datetime import timedelta
from functools import partial
from pathlib import Path

import pendulum
from airflow.datasets import Dataset
from airflow.models.dag import DAG
from airflow.operators.bash import BashOperator

from aviation.dagc_airflow_v1 import DagcOperator

PLANS = Path(__file__).parent / ".dagc/plans"
Step = partial(DagcOperator, plan=PLANS / "carrier_report-86283014f8c5.json")

with DAG(
    dag_id="carrier_report",
    description=(
        "Delays by carrier and day; runs when flights_daily has given new departures."
    ),
    schedule=[Dataset("dagc://aviation/prod/flights_daily/departures")],
    start_date=pendulum.datetime(2013, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "data-platform",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(hours=2),
    },
    is_paused_upon_creation=True,
    tags=["aviation", "report"],
) as dag:
    tables = Step(task_id="tables", kind="redshift_sql")
    carrier_days = Step(task_id="carrier_days", kind="redshift_sql")
    carriers = Step(
        task_id="carriers",
        kind="materialized_view",
        doc_md="The rows of all days together, kept by the warehouse.",
    )
    told = BashOperator(
        task_id="told",
        bash_command=(
            'echo carrier report: {{ ti.xcom_pull(task_ids="carrier_days")["rows"] }} '
            "rows"
        ),
    )

    tables >> carrier_days >> [carriers, told]

dag.doc_md = """\
Delays by carrier and day; runs when flights_daily has given new departures.

Written in `specs/carrier_report.yaml`; runs after `dagc://aviation/prod/flights_daily/departures`; owner `data-platform`.

| Task | Step | Kind | Line |
| --- | --- | --- | --- |
| `tables` | `tables` | redshift_sql | 8 |
| `carrier_days` | `carrier_days` | redshift_sql | 20 |
| `carriers` | `carriers` | materialized_view | 30 |
| `told` | `told` | bash | 39 |
"""  # noqa: E501, RUF100
