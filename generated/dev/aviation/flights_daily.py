"""flights_daily: Departures and weather of New York's airports, loaded and joined every
day.

Made by dagc from specs/flights_daily.yaml. Change the spec, not this file.
"""

from datetime import timedelta
from functools import partial
from pathlib import Path

import pendulum
from airflow.sdk import DAG, Asset, TaskGroup
from airflow.timetables.interval import CronDataIntervalTimetable

from aviation.dagc_airflow_v1 import DagcOperator

PLANS = Path(__file__).parent / ".dagc/plans"
Step = partial(DagcOperator, plan=PLANS / "flights_daily-5c69ba60573a.json")

with DAG(
    dag_id="flights_daily",
    description=(
        "Departures and weather of New York's airports, loaded and joined every day."
    ),
    schedule=CronDataIntervalTimetable("15 3 * * *", timezone="America/New_York"),
    start_date=pendulum.datetime(2013, 1, 1, tz="America/New_York"),
    catchup=False,
    max_active_runs=1,
    default_args={
        "owner": "data-platform",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(hours=2),
    },
    is_paused_upon_creation=True,
    tags=["aviation", "mart"],
) as dag:
    wait_flights = Step(
        task_id="wait_flights", kind="wait", execution_timeout=timedelta(minutes=125)
    )
    wait_weather = Step(
        task_id="wait_weather", kind="wait", execution_timeout=timedelta(minutes=125)
    )
    tables = Step(
        task_id="tables",
        kind="redshift_sql",
        doc_md="Makes the tables on the first run.",
    )
    with TaskGroup("land", prefix_group_id=False):
        crawl_flights = Step(task_id="crawl_flights", kind="glue_crawler")
        clean = Step(
            task_id="clean",
            kind="glue_job",
            execution_timeout=timedelta(hours=4),
            doc_md=(
                "Drops incomplete and repeated rows, writes a folder of Parquet a day."
            ),
        )
    load_flights = Step(task_id="load_flights", kind="redshift_copy")
    load_weather = Step(task_id="load_weather", kind="redshift_copy")
    loaded = Step(task_id="loaded", kind="sql_check")
    departures = Step(
        task_id="departures",
        kind="redshift_sql",
        outlets=[Asset("dagc://aviation/dev/flights_daily/departures")],
        doc_md="Joins departures, weather and fleet; replaces the rows of the day.",
    )
    joined = Step(task_id="joined", kind="sql_check")

    wait_flights >> [crawl_flights, clean]
    wait_weather >> load_weather
    tables >> [load_flights, load_weather]
    clean >> load_flights >> loaded
    [load_weather, loaded] >> departures >> joined

dag.doc_md = """\
Departures and weather of New York's airports, loaded and joined every day.

Waits for the two files of the day, cleans the departures in a Glue job, merges both into the
warehouse and joins them with the fleet.

Written in `specs/flights_daily.yaml`; runs at `15 3 * * *`, America/New_York; owner `data-platform`.

| Task | Step | Kind | Line |
| --- | --- | --- | --- |
| `wait_flights` | `flights` | wait | 13 |
| `wait_weather` | `weather` | wait | 17 |
| `tables` | `tables` | redshift_sql | 39 |
| `crawl_flights` | `crawl_flights` | glue_crawler | 43 |
| `clean` | `clean` | glue_job | 47 |
| `load_flights` | `load_flights` | redshift_copy | 61 |
| `load_weather` | `load_weather` | redshift_copy | 69 |
| `loaded` | `loaded` | sql_check | 81 |
| `departures` | `departures` | redshift_sql | 77 |
| `joined` | `joined` | sql_check | 90 |
"""  # noqa: E501, RUF100
