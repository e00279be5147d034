"""Kills and clears in a whole Airflow of both lines, with a scripted binary.

    python3 tests/airflow/test_services.py [Airflow2 | Airflow3]

What `dag.test()` cannot show: the scheduler's own retries, a task's process that dies,
a person at the UI, and tasks that are rescheduled. One Airflow a line goes through all
of it at the same time.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import unittest
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parent))

import project
from rest import Client, wait_until
from services import Services

DAG_FILE = """
from datetime import timedelta
from pathlib import Path
from unittest import mock

import pendulum

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG, Asset, Param
    from airflow.sdk.exceptions import AirflowRescheduleException

    INTERVAL = "data_interval(dag_run, triggering_asset_events)"
except ImportError:
    from airflow import DAG
    from airflow.datasets import Dataset as Asset
    from airflow.exceptions import AirflowRescheduleException
    from airflow.models.param import Param
    from airflow.operators.bash import BashOperator

    INTERVAL = "{'start': data_interval_start}"
from airflow.timetables.interval import CronDataIntervalTimetable

from acme import dagc_airflow_v1
from acme.dagc_airflow_v1 import (
    DagcOperator,
    DagcReschedulingOperator,
    PipelineOperator,
    data_interval,
    tell_interval,
)

with DAG(
    "example",
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    default_args={"retries": 2, "retry_delay": timedelta(seconds=1)},
):
    for name in NAMES:
        DagcOperator(task_id=name, plan=PLAN)
    for name in RESCHEDULING:
        DagcReschedulingOperator(task_id=name, plan=PLAN)
    slot = {"plan": PLAN, "pool": "one-slot"}
    DagcReschedulingOperator(task_id="gives_slot_back", priority_weight=99, **slot)
    DagcOperator(task_id="takes_slot", **slot)

with DAG("alone", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
    DagcOperator(task_id="alone", plan=PLAN, retries=1)

# A day's data is made by the clock, handed on by a command, and read.
made, handed_on = Asset("s3://acme/made"), Asset("s3://acme/handed-on")
START = {"start_date": pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"), "catchup": False}
DAILY = CronDataIntervalTimetable("0 0 * * *", timezone="Asia/Tokyo")
with DAG("makes", schedule=DAILY, **START):
    DagcOperator(task_id="makes", plan=PLAN, outlets=[made])
macros = {"data_interval": data_interval}
with DAG("hands_on", schedule=[made], user_defined_macros=macros, **START):
    BashOperator(
        task_id="hands_on",
        bash_command=f"echo {{{{ ({INTERVAL}).start | ts }}}}",
        outlets=[handed_on],
        post_execute=tell_interval,
    )
with DAG("reads", schedule=[handed_on], **START):
    DagcOperator(task_id="reads", plan=PLAN)


class Dies(PipelineOperator):
    def execute(self, context):
        try:
            return super().execute(context)
        except AirflowRescheduleException:
            if context["ti"].try_number == 1:
                raise RuntimeError("died when the run was made") from None
            raise


class Loses(PipelineOperator):
    def execute(self, context):
        def lost(*arguments):
            start(*arguments)
            raise OSError("the answer was lost")

        start = dagc_airflow_v1._start_run
        with mock.patch.object(dagc_airflow_v1, "_start_run", lost):
            return super().execute(context)


# Runs of other DAGs, each started by the task of its name.
MANUAL = {"schedule": None, "start_date": pendulum.datetime(2026, 1, 1, tz="UTC")}
HAS = {"n": Param(1, type="integer"), "day": Param("", type="string")}
for name in STARTED:
    with DAG(f"started_{name}", params=HAS, is_paused_upon_creation=False, **MANUAL):
        end = "exit 1" if name == "fails" else "true"
        BashOperator(task_id="says", bash_command=end)
DAY = "{{ (dag_run.logical_date or dag_run.run_after) | ds }}"
RETRIED = {"retries": 1, "retry_delay": timedelta(seconds=1)}
with DAG("starts", params={"n": 3}, default_args=RETRIED, **MANUAL):
    conf = {"conf": {"n": "{{ params.n | tojson }}", "day": DAY}, "as_json": ["n"]}
    waits = PipelineOperator(
        task_id="waits", pipeline="started_waits", every=10, **conf
    )
    told = "echo started {{ ti.xcom_pull(task_ids='waits')['run_id'] }}"
    waits >> BashOperator(task_id="told", bash_command=told)
    PipelineOperator(task_id="fails", pipeline="started_fails", every=10)
    Dies(task_id="dies", pipeline="started_dies", every=10)
    Loses(task_id="loses", pipeline="started_loses", every=10)
    dated = {"pipeline": "started_dated", "logical_date": "2026-02-03", "wait": False}
    first = PipelineOperator(task_id="dated", **dated)
    first >> PipelineOperator(task_id="dated_again", **dated)
"""
# Names of the DAGs of which runs are started.
STARTED = ("waits", "fails", "dies", "loses", "dated")
DAG_ID = "example"
# Runs until something happens to it; the next attempt is done at once.
LONG = [{"log": ["working"], "sleep": 300}, {"log": ["again"], "output": {"rows": 3}}]
AGAIN = [{"output": 1}, {"exit": 75}, {"output": 2}]
DONE = {"output": {"rows": 3}}


def _goes_on(seconds: int) -> dict[str, Any]:
    """A look that ends while the job goes on.

    Airflow 3.3 takes the news that a look's process has ended for the end of the next
    look when that is queued by then, so looks must not follow each other at once.
    """
    return {"exit": 98, "output": {"handle": "jr_1", "next_look": seconds}}


TASKS = {
    "again": AGAIN,
    "done": [{"log": ["hello"], "output": {"rows": 3}}],
    "marked": LONG,
    "binary_dies": LONG,
    "worker_dies": LONG,
    "cleared": LONG,
    "gives_slot_back": [_goes_on(10), _goes_on(10), DONE],
    "takes_slot": [DONE],
}
ALONE = {"alone": [DONE]}
BY_DATA = {"makes": [{}], "reads": [{}]}
RESCHEDULING = {
    "looks_again": [_goes_on(10), {"exit": 75}, _goes_on(10), DONE],
    "cleared_between": [_goes_on(3600), DONE],
    "marked_between": [_goes_on(3600)],
}


class ServicesCases:
    """The tests; the two classes below run them in one line of Airflow each."""

    airflow: ClassVar[str]
    project: ClassVar[project.Project]
    ends: ClassVar[dict[str, dict[str, Any]]]
    logs: ClassVar[dict[str, str]]
    orphan: ClassVar[int]
    handed_on: ClassVar[str]
    starting: ClassVar[dict[str, dict[str, Any]]]
    started: ClassVar[dict[str, list[dict[str, Any]]]]
    started_again: ClassVar[list[dict[str, Any]]]
    start_logs: ClassVar[dict[str, str]]
    generation_after_clearing_a_running_task: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="dagc-services-")
        cls.addClassCleanup(folder.cleanup)
        root = Path(folder.name)
        names = [name for name in TASKS if "slot" not in name]
        dag_file = DAG_FILE.replace("NAMES", repr(names))
        dag_file = dag_file.replace("RESCHEDULING", repr(list(RESCHEDULING)))
        dag_file = dag_file.replace("STARTED", repr(STARTED))
        cls.project = project.write(
            root, dag_file, {**TASKS, **RESCHEDULING, **ALONE, **BY_DATA}
        )
        environment = {"AIRFLOW__CORE__PARALLELISM": "6", **cls.project.environment}
        with Services(
            cls.airflow, cls.project.dags, environment=environment
        ) as services:
            cls._go_through(services.client)
            cls._lower_retries_and_make_again(services.client)

    @classmethod
    def _lower_retries_and_make_again(cls, client: Client) -> None:
        client.unpause("alone")
        run_id = client.trigger("alone")
        client.wait_for_run("alone", run_id)
        deployed = cls.project.namespace / "example.py"
        text = deployed.read_text().replace("retries=1", "retries=0")
        deployed.write_text(text)
        wait_until(lambda: client.retries("alone", "alone") == 0, "fewer retries", 120)
        client.clear("alone", run_id, ["alone"])
        cls._event("start", "alone", 2)
        client.wait_for_run("alone", run_id)
        client.delete_run("alone", run_id)
        client.trigger("alone", run_id=run_id)
        cls._event("start", "alone", 3)
        client.wait_for_run("alone", run_id)

    @classmethod
    def _go_through(cls, client: Client) -> None:
        client.wait_for_dag(DAG_ID)
        client.make_pool("one-slot", 1)
        for dag_id in ("reads", "hands_on", "makes"):
            client.wait_for_dag(dag_id)
            client.unpause(dag_id)
        client.unpause(DAG_ID)
        run_id = client.trigger(DAG_ID)
        pids = {name: cls._started(name)["pid"] for name in TASKS}
        # A task of Airflow 2 is asked for its state at the first heartbeat after it is
        # known to run; a change before that would not be seen.
        for name in TASKS:
            client.wait_for_task(DAG_ID, run_id, name, ("running", "success"))

        os.kill(pids["binary_dies"], signal.SIGKILL)
        cls.orphan = pids["worker_dies"]
        os.kill(_parent(cls.orphan), signal.SIGKILL)
        client.mark(DAG_ID, run_id, "marked", "failed")
        client.clear(DAG_ID, run_id, ["cleared"])
        for name in ("marked", "cleared"):
            cls._event("sigterm", name, 1)
        for name in ("binary_dies", "worker_dies", "cleared"):
            cls._event("start", name, 2)
        between = ("up_for_reschedule",)
        for name in ("cleared_between", "marked_between"):
            client.wait_for_task(DAG_ID, run_id, name, between)
        client.clear(DAG_ID, run_id, ["cleared_between"])
        client.mark(DAG_ID, run_id, "marked_between", "failed")
        client.wait_for_run(DAG_ID, run_id)

        client.clear(DAG_ID, run_id, ["done", "marked", "again"])
        for name in ("done", "marked"):
            cls._event("start", name, 2)
        cls._event("start", "again", 3)
        client.wait_for_run(DAG_ID, run_id)
        cls.ends = client.tasks(DAG_ID, run_id)
        cls._go_through_started(client)
        cls._event("start", "reads", 1)
        [handed_on] = client.runs("hands_on")
        cls.handed_on = client.log("hands_on", handed_on["dag_run_id"], "hands_on", 1)
        cls.logs = {
            name: client.log(DAG_ID, run_id, name, 1) for name in ("done", "marked")
        }
        with suppress(ProcessLookupError):
            os.kill(cls.orphan, signal.SIGKILL)

    @classmethod
    def _go_through_started(cls, client: Client) -> None:
        client.wait_for_dag("starts")
        client.unpause("starts")
        run_id = client.trigger("starts")
        client.wait_for_run("starts", run_id, 300)
        cls.starting = client.tasks("starts", run_id)
        cls.started = {name: client.runs(f"started_{name}") for name in STARTED}
        cls.start_logs = {
            name: client.log("starts", run_id, name, 1)
            for name in ("fails", "dated_again", "told")
        }
        client.clear("starts", run_id, ["waits"])
        client.wait_for_run("starts", run_id, 300)
        cls.started_again = client.runs("started_waits")

    @classmethod
    def _started(cls, name: str) -> dict[str, Any]:
        return cls._event("start", name, 1)

    @classmethod
    def _event(cls, event: str, name: str, count: int) -> dict[str, Any]:
        """Waits for the binary to have written the event for the `count`th time."""

        def there() -> dict[str, Any] | None:
            found = cls.project.events(event, name)
            return found[count - 1] if len(found) >= count else None

        return wait_until(there, f"{event} {count} of {name}", 180, every=0.1)

    def tries(self, name: str) -> list[tuple[str, str]]:
        starts = self.project.events("start", name)
        names = ("DAGC_TRY_NUMBER", "DAGC_GENERATION")
        return [(start["env"][names[0]], start["env"][names[1]]) for start in starts]

    def test_binary_that_dies_is_tried_again_as_the_same_generation(self) -> None:
        self.assertEqual(self.tries("binary_dies"), [("1", "0"), ("2", "0")])
        self.assertEqual(self.ends["binary_dies"]["state"], "success")

    def test_task_process_that_dies_is_tried_again_as_the_same_generation(self) -> None:
        self.assertEqual(self.tries("worker_dies"), [("1", "0"), ("2", "0")])
        self.assertEqual(self.ends["worker_dies"]["state"], "success")

    def test_task_marked_as_failed_is_cancelled(self) -> None:
        first = self.project.events("start", "marked")[0]
        [cancelled] = self.project.events("sigterm", "marked")
        self.assertEqual(cancelled["pid"], first["pid"])
        self.assertIn("cancelled", self.logs["marked"])

    def test_task_cleared_while_it_runs_is_cancelled_and_run_again(self) -> None:
        first = self.project.events("start", "cleared")[0]
        [cancelled] = self.project.events("sigterm", "cleared")
        self.assertEqual(cancelled["pid"], first["pid"])
        # Airflow 2 takes this for a retry, Airflow 3 (since 3.3) for a new beginning.
        generation = self.generation_after_clearing_a_running_task
        self.assertEqual(self.tries("cleared"), [("1", "0"), ("2", generation)])
        self.assertEqual(self.ends["cleared"]["state"], "success")

    def test_task_cleared_after_its_end_is_of_another_generation(self) -> None:
        self.assertEqual(self.tries("done"), [("1", "0"), ("2", "1")])
        self.assertEqual(self.tries("marked")[0], ("1", "0"))
        self.assertEqual(self.tries("marked")[1], ("2", "1"))

    def test_attempts_are_told_when_the_first_since_the_clearing_began(self) -> None:
        starts = self.project.events("start", "again")
        self.assertEqual(self.tries("again"), [("1", "0"), ("2", "1"), ("3", "1")])
        told = [start["env"]["DAGC_GENERATION_STARTED"] for start in starts]
        self.assertEqual(told[1], told[2])
        self.assertLessEqual(
            datetime.fromisoformat(told[0]).timestamp(), starts[0]["at"]
        )
        marks = [start["env"]["DAGC_MARK"] for start in starts]
        self.assertEqual(marks[1], marks[2])
        self.assertNotEqual(marks[0], marks[1])
        began = datetime.fromisoformat(told[1]).timestamp()
        self.assertLess(starts[0]["at"], began)
        self.assertLess(began, starts[1]["at"])

    def test_task_cleared_with_fewer_retries_has_the_mark_of_before(self) -> None:
        first, cleared, _ = self.project.events("start", "alone")
        self.assertEqual(self.tries("alone")[:2], [("1", "0"), ("2", "1")])
        self.assertEqual(first["env"]["DAGC_MARK"], cleared["env"]["DAGC_MARK"])
        # Which attempts were behind, and the beginnings, tell it from what was before.
        for name in ("DAGC_GENERATION_STARTED", "DAGC_RUN_STARTED"):
            began = datetime.fromisoformat(cleared["env"][name]).timestamp()
            self.assertLess(first["at"], began)

    def test_run_that_is_deleted_and_made_again_begins_its_numbers_anew(self) -> None:
        first, cleared, again = self.project.events("start", "alone")
        self.assertEqual(first["run"], again["run"])
        self.assertEqual(self.tries("alone")[2], ("1", "0"))
        began = datetime.fromisoformat(again["env"]["DAGC_RUN_STARTED"]).timestamp()
        self.assertLess(cleared["at"], began)

    def looks(self, name: str) -> list[tuple[str, bool]]:
        """The attempts of a task's looks, and which of them are later ones."""
        starts = self.project.events("start", name)
        return [
            (start["env"]["DAGC_TRY_NUMBER"], bool(start["env"]["DAGC_WAITING_SINCE"]))
            for start in starts
        ]

    def test_rescheduled_task_gives_its_slot_to_another(self) -> None:
        starts = self.project.events("start")
        names = [start["task"] for start in starts if "slot" in start["task"]]
        self.assertEqual(
            names, ["gives_slot_back", "takes_slot", *["gives_slot_back"] * 2]
        )
        looks = [("1", False), ("1", True), ("1", True)]
        self.assertEqual(self.looks("gives_slot_back"), looks)
        first, second, third = self.project.events("start", "gives_slot_back")
        self.assertGreaterEqual(second["at"] - first["at"], 10)
        since = [look["env"]["DAGC_WAITING_SINCE"] for look in (second, third)]
        self.assertEqual(since[0], since[1])
        ended = datetime.fromisoformat(since[0]).timestamp()
        self.assertTrue(first["at"] <= ended <= second["at"] - 9, (first, second))
        task = self.ends["gives_slot_back"]
        self.assertEqual((task["state"], task["try_number"]), ("success", 1))

    def test_rescheduled_task_is_tried_again(self) -> None:
        looks = [("1", False), ("1", True), ("2", False), ("2", True)]
        self.assertEqual(self.looks("looks_again"), looks)
        generations = {generation for _, generation in self.tries("looks_again")}
        self.assertEqual(generations, {"0"})
        self.assertEqual(self.ends["looks_again"]["state"], "success")

    def test_task_cleared_between_looks_is_of_another_generation(self) -> None:
        self.assertEqual(self.tries("cleared_between"), [("1", "0"), ("2", "1")])
        self.assertEqual(self.looks("cleared_between")[1], ("2", False))
        self.assertEqual(self.ends["cleared_between"]["state"], "success")

    def test_task_marked_between_looks_has_no_more_looks(self) -> None:
        self.assertEqual(self.looks("marked_between"), [("1", False)])
        self.assertEqual(self.ends["marked_between"]["state"], "failed")

    def test_interval_of_data_is_handed_on_to_those_whom_it_starts(self) -> None:
        names = ("DAGC_DATA_INTERVAL_START", "DAGC_DATA_INTERVAL_END")
        made, read = (
            [self.project.events("start", task)[0]["env"][name] for name in names]
            for task in ("makes", "reads")
        )
        self.assertIn("T15:00:00+00:00", made[0])
        self.assertEqual(read, made)
        self.assertIn(f"echo {made[0]}", self.handed_on)

    def test_each_task_starts_one_run_of_another_pipeline(self) -> None:
        counts = {name: len(runs) for name, runs in self.started.items()}
        self.assertEqual(counts, dict.fromkeys(STARTED, 1))
        ends = {
            name: (task["state"], task["try_number"])
            for name, task in self.starting.items()
        }
        self.assertEqual(
            ends,
            {
                "waits": ("success", 1),
                "told": ("success", 1),
                "dies": ("success", 2),
                "loses": ("success", 1),
                "dated": ("success", 1),
                # For good: another attempt would find the same.
                "fails": ("failed", 1),
                "dated_again": ("failed", 1),
            },
        )
        # What is raised stands beside the lines of Airflow 3's log.
        self.assertIn("of started_fails is failed", self.start_logs["fails"])
        self.assertNotIn("Starting run", self.start_logs["dated_again"])

    def test_started_pipeline_is_given_its_params_and_its_date(self) -> None:
        [waited] = self.started["waits"]
        self.assertIn(f"started {waited['dag_run_id']}", self.start_logs["told"])
        self.assertEqual(waited["conf"]["n"], 3)
        self.assertRegex(waited["conf"]["day"], r"^20\d\d-\d\d-\d\d$")
        [dated] = self.started["dated"]
        date = datetime.fromisoformat(dated["logical_date"])
        self.assertEqual(date, datetime(2026, 2, 3, tzinfo=UTC))
        self.assertEqual(datetime.fromisoformat(dated["data_interval_start"]), date)

    def test_clearing_starts_another_run(self) -> None:
        ids = {run["dag_run_id"] for run in self.started_again}
        self.assertEqual(len(ids), 2)
        self.assertIn(self.started["waits"][0]["dag_run_id"], ids)

    def test_command_is_shown_as_it_runs(self) -> None:
        shown = self.ends["done"]["rendered_fields"]["command"]
        self.assertIn("DAGC_GENERATION=1 ", shown)
        self.assertIn(f"--plan {self.project.plan} --task done", shown)

    def test_lines_of_the_binary_are_in_the_task_log(self) -> None:
        self.assertIn("hello", self.logs["done"])
        self.assertIn('{"rows": 3}', self.logs["done"])


class Airflow2(ServicesCases, unittest.TestCase):
    airflow = "airflow-2.11"
    generation_after_clearing_a_running_task = "0"


class Airflow3(ServicesCases, unittest.TestCase):
    airflow = "airflow-3.3"
    generation_after_clearing_a_running_task = "1"


def _parent(pid: int) -> int:
    """Returns the process that started `pid`: the one that runs the task."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


if __name__ == "__main__":
    unittest.main()
