"""Started at most once, whatever dies: real schedulers, real kills, the lab's journal as the witness.

For a crawler, a Glue run and a Redshift statement each, in both lines of Airflow:

- `killed`: the worker process is killed with SIGKILL while the start request is on its way, so that it
  never hears the answer; Airflow's next attempt adopts what was started;
- `lost`: the answer of the start request is lost;
- `cleared`: a person clears the task after its success: exactly one new start;
- `marked`: a person marks the running task as failed: what it started is stopped;
- `looks`: the task waits without a slot, and is started again for a second look: one start in one attempt.

And for a crawl, which carries no mark: a person clears the task while its run goes on, and the worker is
killed before it starts anything: the next attempt takes no crawl of before for its own (`cleared_killed`).
"""

from __future__ import annotations

import os
import signal
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parent))

from world import AIRFLOWS, World  # noqa: E402

from rest import Client, wait_until  # noqa: E402  isort: skip
from services import Services  # noqa: E402  isort: skip

DAG_ID = "kills"
KINDS = ("crawl", "job", "sql")
# How long a job of these cases runs by itself, in seconds.
SECONDS = {
    "killed": 12,
    "lost": 3,
    "cleared": 1,
    "marked": 600,
    "cleared_killed": 1,
    "looks": 10,
}
ANSWER_SECONDS = 3


class KillsCases:
    """The tests; the two classes below run them in one line of Airflow each."""

    environment: ClassVar[str]
    world: ClassVar[World]
    ends: ClassVar[dict[str, dict[str, Any]]]
    before_clear: ClassVar[dict[str, int]]
    logs: ClassVar[dict[str, str]]
    looks: ClassVar[dict[str, str]]

    @classmethod
    def setUpClass(cls) -> None:
        cls.world = cls.enterClassContext(
            World(Path(__file__).resolve().parent / "kills")
        )
        for case in SECONDS:
            cls.world.put(
                f"aviation-{cls.environment}-raw", f"crawl/{case}/a.csv", b"a,b\n1,2\n"
            )
        cls.world.dagc(
            "build", "--env", cls.environment, "--output", str(cls.world.folder / "out")
        )
        cls.world.dagc(
            "publish",
            "--env",
            cls.environment,
            "--output",
            str(cls.world.folder / "out"),
        )
        dags = cls.world.sync(cls.environment)
        cls.world.lab.faults.replace(list(_faults()))
        environment = {"AIRFLOW__CORE__PARALLELISM": "12", **cls.world.environment}
        with Services(
            AIRFLOWS[cls.environment], dags, environment=environment
        ) as services:
            cls._go_through(services.client)

    @classmethod
    def _go_through(cls, client: Client) -> None:
        client.wait_for_dag(DAG_ID)
        client.unpause(DAG_ID)
        run_id = client.trigger(DAG_ID)
        for kind in KINDS:
            cls._wait_for_start(kind, "killed")
            os.killpg(_worker(f"{kind}__killed"), signal.SIGKILL)
        cls._clear_and_kill(client, run_id)
        for kind in KINDS:
            cls._wait_for_start(kind, "marked")
            client.wait_for_task(DAG_ID, run_id, f"{kind}__marked", ("running",))
            client.mark(DAG_ID, run_id, f"{kind}__marked", "failed")
        client.wait_for_run(DAG_ID, run_id, 300)
        cls.before_clear = {kind: len(cls.starts(kind, "cleared")) for kind in KINDS}
        client.clear(DAG_ID, run_id, [f"{kind}__cleared" for kind in KINDS])
        for kind in KINDS:
            cls._wait_for_start(kind, "cleared", 2)
        client.wait_for_run(DAG_ID, run_id, 300)
        cls.ends = client.tasks(DAG_ID, run_id)
        cls.logs = {
            kind: client.log(DAG_ID, run_id, f"{kind}__killed", 2) for kind in KINDS
        }
        cls.looks = {
            kind: client.log(DAG_ID, run_id, f"{kind}_looks", 1) for kind in KINDS
        }

    @classmethod
    def _clear_and_kill(cls, client: Client, run_id: str) -> None:
        """Clears a crawl's task in the run that goes on, and kills its worker before it starts anything."""
        task, crawler = "crawl__cleared_killed", "kills-cleared_killed"
        client.wait_for_task(DAG_ID, run_id, task, ("success",))
        rule = {
            "service": "glue",
            "operation": "GetCrawler",
            "match": {"Name": crawler},
        }
        cls.world.lab.faults.add([{**rule, "delay": ANSWER_SECONDS}])

        def looks() -> int:
            calls = cls.world.calls("glue", "GetCrawler")
            return sum(call["request"]["Name"] == crawler for call in calls)

        before = looks()
        client.clear(DAG_ID, run_id, [task])
        wait_until(lambda: looks() > before, f"{task} to look", 180, every=0.05)
        os.killpg(_worker(task), signal.SIGKILL)

    @classmethod
    def _wait_for_start(cls, kind: str, case: str, count: int = 1) -> None:
        def started() -> bool:
            return len(cls.starts(kind, case)) >= count

        wait_until(started, f"start {count} of {kind} {case}", 180, every=0.05)

    @classmethod
    def starts(cls, kind: str, case: str) -> list[dict[str, Any]]:
        """The start requests of a case that reached the service and were not refused."""
        if kind == "crawl":
            calls = cls.world.calls("glue", "StartCrawler")
            mine = [
                call for call in calls if call["request"]["Name"] == f"kills-{case}"
            ]
        elif kind == "job":
            calls = cls.world.calls("glue", "StartJobRun")
            mine = [
                call for call in calls if call["request"]["JobName"] == f"kills-{case}"
            ]
        else:
            calls = cls.world.calls("redshift-data", "BatchExecuteStatement")
            mine = [
                call for call in calls if f"kills_{case}" in call["request"]["Sqls"][0]
            ]
        return [call for call in mine if not call["error"]]

    def test_killed_worker_starts_nothing_twice(self: Any) -> None:
        for kind in KINDS:
            with self.subTest(kind):
                self.assertEqual(len(self.starts(kind, "killed")), 1)
                task = self.ends[f"{kind}__killed"]
                self.assertEqual((task["state"], task["try_number"]), ("success", 2))
                self.assertIn("adopt", self.logs[kind])

    def test_lost_answer_starts_nothing_twice(self: Any) -> None:
        for kind in KINDS:
            with self.subTest(kind):
                self.assertEqual(len(self.starts(kind, "lost")), 1)
                self.assertEqual(self.ends[f"{kind}__lost"]["state"], "success")

    def test_cleared_task_starts_exactly_one_more(self: Any) -> None:
        for kind in KINDS:
            with self.subTest(kind):
                self.assertEqual(self.before_clear[kind], 1)
                self.assertEqual(len(self.starts(kind, "cleared")), 2)
                self.assertEqual(self.ends[f"{kind}__cleared"]["state"], "success")

    def test_cleared_task_whose_worker_is_killed_adopts_no_crawl_of_before(
        self: Any,
    ) -> None:
        self.assertEqual(len(self.starts("crawl", "cleared_killed")), 2)
        task = self.ends["crawl__cleared_killed"]
        self.assertEqual((task["state"], task["try_number"]), ("success", 3))

    def test_rescheduled_task_starts_once_in_one_attempt(self: Any) -> None:
        for kind in KINDS:
            with self.subTest(kind):
                self.assertEqual(len(self.starts(kind, "looks")), 1)
                task = self.ends[f"{kind}_looks"]
                self.assertEqual((task["state"], task["try_number"]), ("success", 1))
                self.assertIn("goes on: the next look is in 30 s", self.looks[kind])
                self.assertIn("going on with it", self.looks[kind])

    def test_marked_task_stops_what_it_started(self: Any) -> None:
        crawls = [
            call["request"]["Name"] for call in self.world.calls("glue", "StopCrawler")
        ]
        self.assertEqual(crawls, ["kills-marked"])
        [stopped] = self.world.calls("glue", "BatchStopJobRun")
        self.assertEqual(stopped["request"]["JobName"], "kills-marked")
        self.assertEqual(len(self.world.calls("redshift-data", "CancelStatement")), 1)
        for kind in KINDS:
            self.assertEqual(len(self.starts(kind, "marked")), 1)
            self.assertEqual(self.ends[f"{kind}__marked"]["state"], "failed")

    def test_rows_were_written_once_a_start(self: Any) -> None:
        for case, rows in {"killed": 1, "lost": 1, "cleared": 2, "looks": 1}.items():
            found = self.world.rows(
                self.environment, f"select count(*) from public.kills_{case}"
            )
            self.assertEqual(found, [[rows]], case)


class Airflow2(KillsCases, unittest.TestCase):
    """Airflow 2.11, a provisioned cluster."""

    environment = "prod"


class Airflow3(KillsCases, unittest.TestCase):
    """Airflow 3.3, a serverless workgroup."""

    environment = "dev"


def _faults() -> Iterator[dict[str, Any]]:
    """How long what is started takes, which answers are late, which are lost."""
    for case, seconds in SECONDS.items():
        outcome = {"state": "SUCCEEDED", "after": seconds}
        matches = {
            ("glue", "StartCrawler"): {"Name": f"kills-{case}"},
            ("glue", "StartJobRun"): {"JobName": f"kills-{case}"},
            ("redshift-data", "BatchExecuteStatement"): {
                "Sqls": [f"*kills_{case}*", "*"]
            },
        }
        for (service, operation), match in matches.items():
            rule = {"service": service, "operation": operation, "match": match}
            if service == "glue":
                yield {**rule, "script": outcome, "times": None}
            else:
                yield {**rule, "hold": seconds, "times": None}
            if case == "killed":
                yield {**rule, "delay": ANSWER_SECONDS}
            if case == "lost":
                yield {**rule, "drop": "after"}


def _worker(task: str) -> int:
    """The process group of the worker that runs a task."""
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().decode().split("\0")
        except (OSError, NotADirectoryError):
            continue
        if words[0].endswith("/dagc-worker") and task in words:
            return os.getpgid(int(folder.name))
    raise AssertionError(f"no worker runs {task}")


if __name__ == "__main__":
    unittest.main()
