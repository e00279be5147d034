"""flights_daily: Departures and weather of New York's airports, loaded and joined every
day.

Made by dagc from specs/flights_daily.yaml. Change the spec, not this file.
"""

# Airflow 2's own names, which these rules would replace by those of Airflow 3.
# ruff: noqa: AIR301, AIR302, AIR311, AIR312, RUF100

from datetime import timedelta
from functools import partial
from pathlib import Path

import pendulum
from airflow.datasets import Dataset
from airflow.models.dag import DAG
from airflow.timetables.interval import CronDataIntervalTimetable
from airflow.utils.task_group import TaskGroup

from aviation.dagc_airflow_v1 import DagcOperator

PLANS = Path(__file__).parent / ".dagc/plans"
Step = partial(DagcOperator, plan=PLANS / "flights_daily-56c23af90436.json")

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
    departures = Step(
        task_id="departures",
        kind="redshift_sql",
        outlets=[Dataset("redshift://aviation-prod/analytics/mart/departures")],
        doc_md="Joins departures, weather and fleet; replaces the rows of the day.",
    )
    loaded = Step(task_id="loaded", kind="sql_check")
    joined = Step(task_id="joined", kind="sql_check")

    wait_flights >> [crawl_flights, clean]
    wait_weather >> load_weather >> departures >> joined
    tables >> [load_flights, load_weather]
    clean >> load_flights >> [departures, loaded]

dag.doc_md = """\
Departures and weather of New York's airports, loaded and joined every day.

Waits for the two files of the day, cleans the departures in a Glue job, merges both into the
warehouse and joins them with the fleet.

| Task | Step | Kind | Written in |
| --- | --- | --- | --- |
| `wait_flights` | `flights` | wait | `specs/flights_daily.yaml:13` |
| `wait_weather` | `weather` | wait | `specs/flights_daily.yaml:17` |
| `tables` | `tables` | redshift_sql | `specs/flights_daily.yaml:39` |
| `crawl_flights` | `crawl_flights` | glue_crawler | `specs/flights_daily.yaml:43` |
| `clean` | `clean` | glue_job | `specs/flights_daily.yaml:47` |
| `load_flights` | `load_flights` | redshift_copy | `specs/flights_daily.yaml:61` |
| `load_weather` | `load_weather` | redshift_copy | `specs/flights_daily.yaml:69` |
| `departures` | `departures` | redshift_sql | `specs/flights_daily.yaml:77` |
| `loaded` | `loaded` | sql_check | `specs/flights_daily.yaml:81` |
| `joined` | `joined` | sql_check | `specs/flights_daily.yaml:90` |

```yaml
pipeline: flights_daily
description: Departures and weather of New York's airports, loaded and joined every day.
schedule: "15 3 * * *"
timezone: America/New_York
start_date: 2013-01-01
catchup: false
tags: [aviation, mart]
doc: |
  Waits for the two files of the day, cleans the departures in a Glue job, merges both into the
  warehouse and joins them with the fleet.

sources:
  flights:
    path: s3://${vars.raw}/flights/dt={{ ds }}/
    format: {csv: {header: true, null_as: NA}}
    wait: {timeout: 2h, every: 60s, at_least: 1}
  weather:
    path: s3://${vars.raw}/weather/dt={{ ds }}/
    format: {csv: {header: true, null_as: NA}}
    columns:
      origin: varchar(3) not null
      year: int
      month: int
      day: int
      hour: int
      temp: float
      dewp: float
      humid: float
      wind_dir: int
      wind_speed: float
      wind_gust: float
      precip: float
      pressure: float
      visib: float
      time_hour: timestamp not null
    wait: {timeout: 2h, every: 60s}

steps:
  tables:
    description: Makes the tables on the first run.
    redshift_sql: {sql: sql/tables.sql}

  crawl_flights:
    group: land
    glue_crawler: {crawler: aviation-flights, from: flights, database: raw}

  clean:
    group: land
    description: Drops incomplete and repeated rows, writes a folder of Parquet a day.
    timeout: 4h
    glue_job:
      script: glue/clean_flights.py
      from: flights
      write:
        path: s3://${vars.lake}/flights/
        format: parquet
        partition_by: [dt]
      arguments: {ds: "{{ ds }}"}
      workers: {type: G.1X, count: 2, autoscale: true}

  load_flights:
    redshift_copy:
      path: s3://${vars.lake}/flights/dt={{ ds }}/
      format: parquet
      table: mart.flights
      mode: merge
      key: [flight_id]

  load_weather:
    redshift_copy:
      from: weather
      table: mart.weather
      mode: merge
      key: [origin, time_hour]
      options: {timeformat: auto}

  departures:
    description: Joins departures, weather and fleet; replaces the rows of the day.
    redshift_sql: {sql: sql/departures.sql}

  loaded:
    sql_check:
      of: load_flights
      expect:
        - rows: ">= 1"
        - unique: [flight_id]
        - not_null: [carrier, origin, dest]
        - accepted: {origin: [EWR, JFK, LGA]}

  joined:
    sql_check:
      of: departures
      expect:
        - sql: |
            select f.flight_id
            from mart.flights f
            left join mart.departures d on d.flight_id = f.flight_id
            where f.flight_date = '{{ ds }}' and d.flight_id is null
```
"""  # noqa: E501, RUF100
