"""The scheduler makes the run: a DAG that was published, copied as MWAA does, and unpaused.

Nothing triggers a run here. The DAG is paused when it arrives, as it says itself; it is unpaused by the
request that the web interface sends; what follows is the scheduler's own.
"""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parent))

from scheduled import DAG_ID, ENVIRONMENT, REAL_DAY, Scheduled, day_of  # noqa: E402
from world import expected  # noqa: E402


class ScheduledByTheInterface(unittest.TestCase):
    """Airflow 3.3, one run."""

    scene: ClassVar[Scheduled]
    at_first: ClassVar[dict[str, Any]]
    run_of_day: ClassVar[dict[str, Any]]
    tasks: ClassVar[dict[str, dict[str, Any]]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.scene = cls.enterClassContext(Scheduled())
        client = cls.scene.client
        cls.at_first = {**client.dag(DAG_ID), "runs": client.runs(DAG_ID)}
        # The fleet, which the departures are joined with, comes from another DAG.
        client.unpause("reference")
        cls.reference = cls.scene.first_run("reference")
        client.unpause(DAG_ID)
        cls.run_of_day = cls.scene.first_run(DAG_ID)
        cls.tasks = client.tasks(DAG_ID, cls.run_of_day["dag_run_id"])

    def test_nothing_runs_before_it_is_unpaused(self) -> None:
        self.assertTrue(self.at_first["is_paused"])
        self.assertEqual(self.at_first["runs"], [])

    def test_the_scheduler_makes_the_run_of_the_newest_interval(self) -> None:
        for run in (self.reference, self.run_of_day):
            self.assertEqual(run["run_type"], "scheduled", run)
            self.assertEqual(run["state"], "success", run)
        run = self.run_of_day
        self.assertEqual(run["data_interval_start"], run["logical_date"])
        self.assertEqual(run["run_after"], run["data_interval_end"])
        self.assertLess(run["run_after"], run["start_date"])

    def test_every_task_is_green_at_the_first_try(self) -> None:
        ends = {
            name: (task["state"], task["try_number"])
            for name, task in self.tasks.items()
        }
        self.assertEqual(set(ends.values()), {("success", 1)}, ends)

    def test_the_rows_are_those_of_the_files(self) -> None:
        files, day = expected([REAL_DAY]), day_of(self.run_of_day)
        for table, column in (
            ("flights", "flight_date"),
            ("departures", "flight_date"),
        ):
            sql = f"select count(*), min({column})::text, max({column})::text from mart.{table}"
            rows = files[table]["rows"]
            self.assertEqual(
                self.scene.world.rows(ENVIRONMENT, sql), [[rows, f"{day}", f"{day}"]]
            )
        sql = "select count(visib), count(seats) from mart.departures"
        joined = files["departures"]
        self.assertEqual(
            self.scene.world.rows(ENVIRONMENT, sql),
            [[joined["with_weather"], joined["with_plane"]]],
        )

    def test_one_job_ran(self) -> None:
        self.assertEqual(len(self.scene.world.calls("glue", "StartJobRun")), 1)
        self.assertEqual(len(self.scene.world.calls("glue", "StartCrawler")), 1)


if __name__ == "__main__":
    unittest.main()
