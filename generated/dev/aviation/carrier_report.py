"""carrier_report: Delays by carrier and day; runs when flights_daily has given new
departures.

Made by dagc from specs/carrier_report.yaml. Change the spec, not this file.
"""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset

from aviation.dagc_airflow_v1 import DagcOperator

PLANS = Path(__file__).parent / ".dagc/plans"
Step = partial(DagcOperator, plan=PLANS / "carrier_report-a54f5606cb7c.json")

with DAG(
    dag_id="carrier_report",
    description=(
        "Delays by carrier and day; runs when flights_daily has given new departures."
    ),
    schedule=[Asset("dagc://aviation/dev/flights_daily/departures")],
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

Written in `specs/carrier_report.yaml`; runs after `dagc://aviation/dev/flights_daily/departures`; owner `data-platform`.

| Task | Step | Kind | Line |
| --- | --- | --- | --- |
| `tables` | `tables` | redshift_sql | 8 |
| `carrier_days` | `carrier_days` | redshift_sql | 20 |
| `carriers` | `carriers` | materialized_view | 30 |
| `told` | `told` | bash | 39 |
"""  # noqa: E501, RUF100
