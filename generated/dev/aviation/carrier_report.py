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
Step = partial(DagcOperator, plan=PLANS / "carrier_report-8917448dc791.json")

with DAG(
    dag_id="carrier_report",
    description=(
        "Delays by carrier and day; runs when flights_daily has given new departures."
    ),
    schedule=[Asset("redshift://aviation-dev/analytics/mart/departures")],
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
    told = BashOperator(
        task_id="told",
        bash_command=(
            'echo carrier report: {{ ti.xcom_pull(task_ids="carrier_days")["rows"] }} '
            "rows"
        ),
    )

    tables >> carrier_days >> told

dag.doc_md = """\
Delays by carrier and day; runs when flights_daily has given new departures.

| Task | Step | Kind | Written in |
| --- | --- | --- | --- |
| `tables` | `tables` | redshift_sql | `specs/carrier_report.yaml:8` |
| `carrier_days` | `carrier_days` | redshift_sql | `specs/carrier_report.yaml:20` |
| `told` | `told` | bash | `specs/carrier_report.yaml:30` |

```yaml
pipeline: carrier_report
description: Delays by carrier and day; runs when flights_daily has given new departures.
schedule: {after: [flights_daily.departures]}
start_date: 2013-01-01
tags: [aviation, report]

steps:
  tables:
    redshift_sql:
      sql: |
        create schema if not exists report;
        create table if not exists report.carrier_days (
          flight_date date not null,
          carrier     varchar(2) not null,
          name        varchar(64),
          flights     bigint not null,
          late        bigint not null,
          mean_delay  double precision
        )
  carrier_days:
    redshift_sql:
      sql: |
        delete from report.carrier_days;
        insert into report.carrier_days
        select d.flight_date, d.carrier, a.name, count(*),
               sum(case when d.dep_delay > 15 then 1 else 0 end), avg(d.dep_delay)
        from mart.departures d
        left join mart.airlines a on a.carrier = d.carrier
        group by d.flight_date, d.carrier, a.name;
  told:
    bash: {command: "echo carrier report: {{ outputs.carrier_days.rows }} rows"}
```
"""  # noqa: E501, RUF100
