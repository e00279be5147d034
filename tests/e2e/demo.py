"""`make demo`: one day of real flights, from CSV files in S3 to a table in a warehouse.

Starts the lab, compiles `specs/`, publishes to the lab's bucket, copies the bucket to a DAG folder as
MWAA would, lets a real Airflow 3 run the pipelines for one day, and prints what was loaded.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from world import AIRFLOWS, ROOT, World, expected  # noqa: E402

import harness  # noqa: E402  isort: skip

DAY = "2013-01-01"
# The intervals of the schedules: 03:15 in New York, and a week that begins on Sunday.
RUNS = {
    "reference": "2012-12-30T00:00:00+00:00",
    "flights_daily": f"{DAY}T08:15:00+00:00",
    "carrier_report": f"{DAY}T08:20:00+00:00",
}
TABLES = {
    "mart.airlines": "reference",
    "mart.airports": "reference",
    "mart.planes": "reference",
    "mart.flights": "flights",
    "mart.weather": "weather",
    "mart.departures": "departures",
}
REPORT = """
    select d.flight_date, d.carrier, d.name, d.flights, d.late, d.mean_delay
    from report.carrier_days d join report.carriers c on c.carrier = d.carrier
    order by c.flights desc, d.carrier limit 8
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--bin", type=Path, required=True, help="folder of dagc and dagc-worker"
    )
    parser.add_argument("--environment", choices=AIRFLOWS, default="dev")
    args = parser.parse_args()
    with World(binaries=args.bin.resolve()) as world:
        return demonstrate(world, args.environment)


def demonstrate(world: World, environment: str) -> int:
    """Goes through all steps; returns the exit status."""
    start = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - start:5.1f} s] {text}", flush=True)

    say(f"the lab answers at {world.lab.endpoint}, with the real files of {DAY} in S3")
    world.seed([DAY], (environment,))

    say("dagc check")
    world.dagc("check")
    say(f"dagc build --check --env {environment}")
    world.dagc("build", "--check", "--env", environment)
    say(f"dagc publish --env {environment}")
    world.dagc("publish", "--env", environment)
    dags = world.sync(environment)

    say(f"{AIRFLOWS[environment]} runs {', '.join(RUNS)} for {DAY}")
    log = ROOT / ".dagc" / "demo-airflow.log"
    log.parent.mkdir(exist_ok=True)
    asked = [
        {"ask": "run", "dags": str(dags), "dag_id": name, "logical_dates": [date]}
        for name, date in RUNS.items()
    ]
    with log.open("wb") as file:
        answers = harness.ask(
            AIRFLOWS[environment], asked, environment=world.environment, log=file
        )
    failed = False
    for request, answer in zip(asked, answers, strict=True):
        failed |= harness.has_failed(answer)
        show_run(request["dag_id"], answer)

    say("the warehouse")
    show_tables(world, environment)
    print(
        f"\nThe tasks' logs are in {log.relative_to(ROOT)}; the DAG files in generated/{environment}/."
    )
    return int(failed)


def show_run(name: str, answer: dict[str, Any]) -> None:
    """Prints the tasks of a run and how they ended."""
    if error := answer.get("error"):
        print(error)
        return
    for run in answer["runs"]:
        print(f"  {name}: {run['state']}")
        for task, seen in run["tasks"].items():
            print(f"    {task:<20}{seen['state']}")


def show_tables(world: World, environment: str) -> None:
    """Prints the number of rows of each table beside what the files hold, and the report."""
    files = expected([DAY])
    print(f"\n  {'table':<18}{'rows':>8}{'in the files':>16}")
    for table, key in TABLES.items():
        [[rows]] = world.rows(environment, f"select count(*) from {table}")
        wanted = files[key]
        wanted = wanted.get("rows", wanted.get(table.split(".")[1]))
        print(f"  {table:<18}{rows:>8}{wanted:>16}")
    print(f"\n  {'day':<12}{'carrier':<26}{'flights':>8}{'late':>6}{'mean delay':>12}")
    for day, carrier, name, flights, late, delay in world.rows(environment, REPORT):
        print(
            f"  {day!s:<12}{f'{carrier} {name}':<26}{flights:>8}{late:>6}{float(delay):>12.1f}"
        )


if __name__ == "__main__":
    sys.exit(main())
