"""The example project from its specs to rows, in both lines of Airflow, on real data.

Each class publishes its environment to the lab, lets real Airflow run three days with `dag.test()`, and
compares the warehouse with an independent reading of the CSV files.
"""

from __future__ import annotations

import json
import sys
import unittest
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parent))

from world import AIRFLOWS, World, database, expected  # noqa: E402

import harness  # noqa: E402  isort: skip

DAYS = ["2013-01-01", "2013-01-02", "2013-01-03"]
BAD_DAY = "2013-01-04"
AT = "T08:15:00+00:00"

# What is compared: a query a table, and how its only row is called in `expected`.
SUMS = {
    "flights": (
        "select count(*), sum(distance), sum(dep_delay), count(*) - count(dep_delay) from mart.flights",
        ["rows", "distance", "dep_delay", "no_dep_delay"],
    ),
    "weather": (
        "select count(*), round(sum(temp)::numeric, 2), count(*) - count(wind_gust) from mart.weather",
        ["rows", "temp", "no_gust"],
    ),
    "departures": (
        "select count(*), count(visib), round(sum(visib)::numeric, 2), count(seats), sum(seats)"
        " from mart.departures",
        ["rows", "with_weather", "visib", "with_plane", "seats"],
    ),
}
EVERYTHING = [
    "mart.flights",
    "mart.weather",
    "mart.departures",
    "mart.airlines",
    "mart.planes",
]


class FlightsCases:
    """The tests; the two classes below run them in one environment each."""

    environment: ClassVar[str]
    world: ClassVar[World]
    answers: ClassVar[dict[str, Any]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.world = cls.enterClassContext(World())
        cls.world.seed([*DAYS, BAD_DAY], (cls.environment,))
        cls._spoil_the_weather()
        cls.world.dagc("publish", "--env", cls.environment)
        dags = cls.world.sync(cls.environment)
        asked = {
            "reference": cls._run("reference", ["2012-12-30T00:00:00+00:00"]),
            "days": cls._run("flights_daily", [day + AT for day in DAYS]),
            "before": cls._fingerprint(),
            # As a person does it in the UI: every job of the day is started anew.
            "again": {**cls._run("flights_daily", [DAYS[1] + AT]), "ask": "clear"},
            "after": cls._fingerprint(),
            "report": cls._run("carrier_report", [DAYS[2] + AT]),
            "spoiled": cls._run("flights_daily", [BAD_DAY + AT]),
        }
        cls.log = cls.world.folder / "airflow.log"
        with cls.log.open("wb") as log:
            answers = harness.ask(
                AIRFLOWS[cls.environment],
                [{"dags": str(dags), **request} for request in asked.values()],
                environment={**cls.world.environment, **cls._fingerprint_environment()},
                log=log,
            )
        cls.answers = dict(zip(asked, answers, strict=True))

    @classmethod
    def _run(cls, dag: str, dates: list[str]) -> dict[str, Any]:
        return {"ask": "run", "dag_id": dag, "logical_dates": dates}

    @classmethod
    def _fingerprint(cls) -> dict[str, Any]:
        """Asks, between two runs, for all rows of all tables."""
        arguments = {"tables": EVERYTHING}
        return {
            "ask": "call",
            "module": "fingerprint",
            "function": "of_tables",
            "arguments": arguments,
        }

    @classmethod
    def _fingerprint_environment(cls) -> dict[str, str]:
        return {
            "PYTHONPATH": str(Path(__file__).resolve().parent),
            "LAB_SQL": f"{cls.world.lab.endpoint}/_lab/sql",
            "LAB_DATABASE": json.dumps(database(cls.environment)),
        }

    @classmethod
    def _spoil_the_weather(cls) -> None:
        """Puts a word where a number belongs: in line 3, in the column `temp`."""
        bucket, key = (
            f"aviation-{cls.environment}-raw",
            f"weather/dt={BAD_DAY}/weather.csv",
        )
        body = cls.world.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        lines = body.splitlines(keepends=True)
        fields = lines[2].split(",")
        fields[5] = "warm"
        lines[2] = ",".join(fields)
        cls.world.put(bucket, key, "".join(lines).encode())

    def test_every_task_is_green(self: Any) -> None:
        for name in ("reference", "days", "again", "report"):
            self.assertNotIn("error", self.answers[name])
            for run in self.answers[name]["runs"]:
                self.assertEqual(run["state"], "success", name)
                states = {task: seen["state"] for task, seen in run["tasks"].items()}
                self.assertEqual(set(states.values()), {"success"}, states)

    def test_the_rows_are_those_of_the_files(self: Any) -> None:
        files = expected(DAYS)
        for table, (sql, names) in SUMS.items():
            only = f" where flight_date < '{BAD_DAY}'" if table != "weather" else ""
            [row] = self.world.rows(self.environment, sql + only)
            wanted = [files[table][name] for name in names]
            self.assertEqual(
                [float(value) for value in row],
                [float(value) for value in wanted],
                table,
            )
        for name, rows in files["reference"].items():
            self.assertEqual(
                self.world.rows(self.environment, f"select count(*) from mart.{name}"),
                [[rows]],
            )

    def test_the_report_counts_carriers(self: Any) -> None:
        sql = "select carrier, sum(flights), sum(late) from report.carrier_days group by carrier"
        rows = self.world.rows(self.environment, sql)
        found = {
            carrier: {"flights": int(n), "late": int(late)} for carrier, n, late in rows
        }
        self.assertEqual(found, expected(DAYS)["carriers"])

    def test_a_day_that_runs_again_changes_nothing(self: Any) -> None:
        before, after = self.answers["before"], self.answers["after"]
        self.assertNotIn("error", before)
        self.assertTrue(all(before["result"].values()), before)
        self.assertEqual(before, after)

    def test_a_corrupted_file_fails_for_good(self: Any) -> None:
        [run] = self.answers["spoiled"]["runs"]
        task = run["tasks"]["load_weather"]
        self.assertEqual(
            (run["state"], task["state"], task["try_number"]), ("failed", "failed", 1)
        )
        log = self._log()
        for said in (f"weather/dt={BAD_DAY}/weather.csv", "line 3", "temp", "warm"):
            self.assertIn(said, log)
        found = self.world.rows(
            self.environment,
            f"select count(*) from mart.weather where time_hour > '{BAD_DAY} 12:00'",
        )
        self.assertEqual(found, [[0]])

    def test_nothing_was_started_twice(self: Any) -> None:
        runs = self.world.calls("glue", "StartJobRun")
        keys = [call["request"]["Arguments"]["--dagc-key"] for call in runs]
        self.assertEqual(len(keys), len(set(keys)))
        self.assertEqual(len(keys), len(DAYS) + 2)

    def test_the_lab_understood_every_call(self: Any) -> None:
        odd = [
            call
            for call in self.world.lab.journal.listing(internal=True)
            if call["not_emulated"] or call.get("bug")
        ]
        self.assertEqual(odd, [])

    def _log(self: Any) -> str:
        return self.log.read_text(errors="replace")

    def _tail(self: Any) -> str:
        return "\n".join(self._log().splitlines()[-80:])


class Airflow2(FlightsCases, unittest.TestCase):
    """The environment `prod`: Airflow 2.11, a provisioned cluster with a secret."""

    environment = "prod"


class Airflow3(FlightsCases, unittest.TestCase):
    """The environment `dev`: Airflow 3.3, a serverless workgroup."""

    environment = "dev"


if __name__ == "__main__":
    unittest.main()
