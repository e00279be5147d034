"""The operator in real Airflow of both lines, with a scripted binary.

    python3 tests/airflow/test_operator.py [Airflow2 | Airflow3]

One process of Airflow a line answers everything; the tests read its answers.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any, ClassVar

sys.path.insert(0, str(Path(__file__).resolve().parent))

import harness
import project

DAG_FILE = '''
from datetime import timedelta
from pathlib import Path

import pendulum

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG
    from airflow.operators.bash import BashOperator

from acme.dagc_airflow_v1 import DagcOperator, on_failure
from airflow.timetables.interval import CronDataIntervalTimetable

SETTINGS = {
    "schedule": CronDataIntervalTimetable("15 3 * * *", timezone="America/New_York"),
    "start_date": pendulum.datetime(2026, 1, 1, tz="America/New_York"),
    "default_args": {
        "retries": 2,
        "retry_delay": timedelta(0),
        "on_failure_callback": on_failure(sns="arn:aws:sns:eu-west-1:1:alerts"),
    },
}

PARAMS = {"carrier": "all", "limit": 3, "deep": [1.5], "api_token": "hunter22"}

LISTS = """echo '{"rows": 3, "ok": true, "mean": NaN, "odd": "a\\\\ud800", "big": [1e999], "id": 123456789012345678901, "token": "fromlogin"}'"""

with DAG("example", params=PARAMS, **SETTINGS):
    done = DagcOperator(task_id="done", kind="glue_job", plan=PLAN, env={"GIVEN": "of {{ ds }}"})
    reads = DagcOperator(task_id="reads", plan=PLAN, outputs=["done", "silent"])
    counts = BashOperator(task_id="counts", bash_command="echo 42")
    lists = BashOperator(task_id="lists", bash_command=LISTS)
    speaks = BashOperator(task_id="speaks", bash_command="echo 007")
    forms = {"done": None, "counts": "number", "lists": "members", "speaks": "text"}
    takes = DagcOperator(task_id="takes", plan=PLAN, outputs=forms)
    mistakes = DagcOperator(task_id="mistakes", plan=PLAN, outputs={"speaks": "number"})
    nothing = BashOperator(task_id="nothing", bash_command="echo NaN")
    infinite = DagcOperator(task_id="infinite", plan=PLAN, outputs={"nothing": "number"})
    nothing >> infinite
    [done, counts, lists, speaks] >> takes
    speaks >> mistakes
    long = BashOperator(task_id="long", bash_command="printf %300000s | tr ' ' x")
    takes_long = DagcOperator(task_id="takes_long", plan=PLAN, outputs={"long": "text"})
    long >> takes_long
    silent = DagcOperator(task_id="silent", plan=PLAN)
    renamed = DagcOperator(task_id="renamed", step="silent", plan=str(PLAN))
    late = DagcOperator(
        task_id="late", plan=PLAN, execution_timeout=timedelta(seconds=2)
    )
    for name in NAMES:
        DagcOperator(task_id=name, kind="glue_job", plan=PLAN)
    [done, silent] >> reads

with DAG("killed", **SETTINGS):
    DagcOperator(task_id="slow", plan=PLAN)
'''

# What the binary says that it will send, and where the job is.
SENT = {
    "request": {"arguments": {"--day": "2026-01-05"}},
    "sql": "delete from t\nwhere day = '2026-01-05';",
}
CONSOLE = (
    "https://eu-west-1.console.aws.amazon.com/gluestudio/home?region=eu-west-1"
    "#/job/clean%20flights/run/jr_1"
)

# A crawl in an environment of which nobody has said in which region it is.
NOWHERE = {
    "version": 3,
    "project": "acme",
    "environment": "dev",
    "region": None,
    "dag_id": "example",
    "tasks": {
        "nowhere": {
            "step": "nowhere",
            "on_kill": "cancel",
            "job": {"type": "crawl", "crawler": "c", "if_running": "wait"},
        }
    },
}
ROOT = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("DAGC_BIN", ROOT / "target" / "release"))

# What the binary does at each start, and what must come of it: the state of the task
# and how often the binary was started with two retries.
CASES: dict[str, tuple[list[dict[str, Any]], str, int]] = {
    "usage": ([{"exit": 64}], "failed", 1),
    "bug": ([{"exit": 70}], "failed", 1),
    "for_good": (
        [{"exit": 78, "log": [CONSOLE, "error: no table `mart.x`"], "render": SENT}],
        "failed",
        1,
    ),
    "not_json": ([{"raw": "rows: 3\n"}], "failed", 1),
    "nowhere": ([{"real": str(BIN / "dagc-worker"), "plan": NOWHERE}], "failed", 1),
    "skipped": ([{"exit": 99}], "skipped", 1),
    "exhausted": ([{"exit": 75}], "failed", 3),
    "cancelled": ([{"exit": 143}, {}], "success", 2),
    "unexpected": ([{"exit": 3}, {}], "success", 2),
    # Twice, because it is cleared after its first success.
    "flaky": (
        [{"exit": 75}, {"signal": int(signal.SIGKILL)}, {"output": [1]}] * 2,
        "success",
        3,
    ),
}
OUTPUT = {"rows": 3, "console": "https://console.example/?a=b#c"}
DATE = "2026-01-05T08:15:00+00:00"


class OperatorCases:
    """The tests; the two classes below run them in one line of Airflow each."""

    airflow: ClassVar[str]
    links: ClassVar[dict[str, str]]
    amazon_links: ClassVar[dict[str, int]]
    project: ClassVar[project.Project]
    answers: ClassVar[dict[str, Any]]
    log: ClassVar[str]

    @classmethod
    def setUpClass(cls) -> None:
        cls._folder = tempfile.TemporaryDirectory(prefix="dagc-operator-")
        folder = Path(cls._folder.name)
        cls.project = _write_project(folder / "one")
        elsewhere = _write_project(folder / "two" / "deeper")
        elsewhere.plan.unlink()
        cls.touched = folder / "one" / "slow-has-started"
        asked: dict[str, dict[str, Any]] = {
            "check": {"ask": "check"},
            "elsewhere": {"ask": "check", "dags": elsewhere.dags},
            "command": _call("rendered_command", **_COMMAND),
            "lines": _call("process", script=_LINES),
            "stopped": _call("process", script=_STOPPED, stop_after=0.5),
            "stubborn": _call("process", script=_STUBBORN, stop_after=0.5, grace=0.3),
            "orphan": _call("process", script="sleep 30 & echo started"),
            "links": _call("links"),
            "notified": _call("notify", works=True),
            "not notified": _call("notify", works=False),
            "run": _run("example", conf={"limit": 7}),
            "clear": {**_run("example"), "ask": "clear", "tasks": ["flaky", "done"]},
            "kill": {**_run("killed"), "terminate_when": str(cls.touched)},
        }
        dags = {"dags": cls.project.dags}
        with (folder / "log").open("w+") as log:
            answers = harness.ask(
                cls.airflow,
                [{**dags, **request} for request in asked.values()],
                environment={**cls.project.environment, "TMPDIR": str(folder)},
                log=log,
            )
            log.seek(0)
            cls.log = log.read()
        cls.answers = dict(zip(asked, answers, strict=True))

    @classmethod
    def tearDownClass(cls) -> None:
        cls._folder.cleanup()

    def answer(self, name: str) -> Any:
        answer = self.answers[name]
        self.assertNotIn("error", answer, answer.get("error"))
        return answer.get("result", answer)

    def tasks(self, name: str) -> Any:
        [run] = self.answer(name)["runs"]
        return run["tasks"]

    def starts(self, task: str, generation: str | None = None) -> list[Any]:
        found = self.project.events("start", task)
        generations = {generation} if generation else {"0"}
        return [item for item in found if item["env"]["DAGC_GENERATION"] in generations]

    def test_dag_file_is_imported_without_errors(self) -> None:
        answer = self.answer("check")
        self.assertEqual(answer["import_errors"], {})
        self.assertEqual(answer["warnings"], {})
        self.assertEqual(sorted(answer["dags"]), ["example", "killed"])

    def test_serialized_dag_is_the_same_wherever_the_folder_is(self) -> None:
        # The other folder has no plan either: parsing does not read it.
        here, there = self.answer("check"), self.answer("elsewhere")
        for name in ("example", "killed"):
            serialized = here["dags"][name]["serialized"]
            self.assertEqual(serialized, there["dags"][name]["serialized"])
            self.assertIn(
                "acme/.dagc/bin/launch.sh exec --plan acme/.dagc/", serialized
            )
            self.assertNotIn(str(self.project.dags), serialized)

    def test_kind_is_shown_as_the_operator(self) -> None:
        serialized = json.loads(self.answer("check")["dags"]["example"]["serialized"])
        tasks = [task["__var"] for task in serialized["tasks"]]
        shown = {task["task_id"]: task.get("_operator_name") for task in tasks}
        self.assertEqual((shown["done"], shown["silent"]), ("glue_job", None))

    def test_exit_status_decides_the_state_and_the_retries(self) -> None:
        tasks = self.tasks("run")
        for name, (_, state, starts) in CASES.items():
            with self.subTest(name):
                self.assertEqual(tasks[name]["state"], state)
                self.assertEqual(len(self.starts(name)), starts)

    def test_failure_carries_the_last_error_line(self) -> None:
        self.assertIn("failed for good", self.log)
        self.assertIn("would fail the same way: error: no table `mart.x`", self.log)

    def test_a_worker_without_a_region_says_what_to_write(self) -> None:
        self.assertIn(
            "error: the AWS region is not known: write `region` into the ", self.log
        )
        self.assertIn("environment `dev` of dagc.yaml, or set AWS_REGION", self.log)

    def test_last_line_becomes_the_xcom(self) -> None:
        tasks = self.tasks("run")
        self.assertEqual(tasks["done"]["xcom"], OUTPUT)
        self.assertEqual(tasks["flaky"]["xcom"], [1])
        self.assertIsNone(tasks["silent"]["xcom"])

    def test_what_is_sent_is_among_the_rendered_fields(self) -> None:
        tasks = self.tasks("run")
        for name in ("done", "for_good"):
            rendered = tasks[name]["rendered"]
            self.assertEqual(rendered["request"], SENT["request"], name)
            self.assertEqual(rendered["sql"], SENT["sql"])
        # A binary that cannot tell stops no task.
        self.assertIsNone(tasks["silent"]["rendered"]["sql"])
        self.assertEqual(tasks["silent"]["state"], "success")

    def test_secrets_among_the_params_are_not_shown(self) -> None:
        command = self.tasks("run")["done"]["rendered"]["command"]
        self.assertIn('"api_token": "***"', command)
        self.assertNotIn("hunter22", command)
        [start, *_] = self.starts("done")
        self.assertEqual(
            json.loads(start["env"]["DAGC_PARAMS"])["api_token"], "hunter22"
        )

    def test_secrets_among_the_outputs_are_not_shown(self) -> None:
        command = self.tasks("run")["takes"]["rendered"]["command"]
        self.assertIn('"token": "***"', command)
        self.assertIn('"rows": 3', command)
        self.assertNotIn("fromlogin", command)

    def test_the_jobs_place_in_the_console_is_a_link(self) -> None:
        tasks = self.tasks("run")
        for task in ("done", "for_good"):
            self.assertEqual(tasks[task]["links"], self.links, task)
        self.assertFalse(any(tasks["silent"]["links"].values()))

    def test_nothing_is_missed_without_amazons_provider(self) -> None:
        self.assertEqual(self.answer("links"), self.amazon_links)

    def test_outputs_of_named_tasks_are_given(self) -> None:
        [start] = self.starts("reads")
        given = json.loads(start["env"]["DAGC_OUTPUTS"])
        self.assertEqual(given, {"done": OUTPUT, "silent": None})

    def test_outputs_of_commands_are_given_by_their_form(self) -> None:
        [start] = self.starts("takes")
        given = json.loads(start["env"]["DAGC_OUTPUTS"])
        expected = {
            "done": OUTPUT,
            "counts": {"value": 42},
            # What JSON has not is left out, and stops no task that names the rest.
            "lists": {
                "rows": 3,
                "ok": True,
                "mean": None,
                "odd": "a?",
                "big": [None],
                # A number that 64 bits do not hold keeps its digits.
                "id": "123456789012345678901",
                "token": "fromlogin",
            },
            "speaks": {"value": "007"},
        }
        self.assertEqual(given, expected)

    def test_outputs_that_no_variable_holds_are_given(self) -> None:
        [start] = self.starts("takes_long")
        given = json.loads(start["env"]["DAGC_OUTPUTS"])
        self.assertEqual(given, {"long": {"value": 300_000 * "x"}})

    def test_output_of_another_form_fails_for_good(self) -> None:
        self.assertEqual(self.tasks("run")["mistakes"]["state"], "failed")
        self.assertEqual(self.starts("mistakes"), [])
        self.assertEqual(self.tasks("run")["infinite"]["state"], "failed")
        self.assertEqual(self.starts("infinite"), [])
        self.assertIn("`nothing` gave no number, but `NaN`", self.log)
        self.assertIn("`speaks` gave no number, but `007`", self.log)

    def test_step_may_differ_from_the_task_id(self) -> None:
        names = {start["env"]["DAGC_TASK_ID"] for start in self.starts("silent")}
        self.assertEqual(names, {"silent", "renamed"})

    def test_run_is_described_in_variables(self) -> None:
        start = self.starts("done")[0]
        shown = start["env"]
        run_id = self.answer("run")["runs"][0]["run_id"]
        expected = {
            "DAGC_DAG_ID": "example",
            "DAGC_TASK_ID": "done",
            "DAGC_RUN_ID": run_id,
            "DAGC_MAP_INDEX": "-1",
            "DAGC_TRY_NUMBER": "1",
            "DAGC_GENERATION": "0",
            "DAGC_LOGICAL_DATE": DATE,
            "DAGC_DATA_INTERVAL_START": DATE,
            "DAGC_DATA_INTERVAL_END": "2026-01-06T08:15:00+00:00",
            "DAGC_RUN_AFTER": "2026-01-06T08:15:00+00:00",
            "DAGC_OUTPUTS": "{}",
        }
        self.assertEqual({name: shown.get(name) for name in expected}, expected)
        self.assertTrue(shown["DAGC_RUN_STARTED"])
        params = json.loads(shown["DAGC_PARAMS"])
        given = {"carrier": "all", "limit": 7, "deep": [1.5], "api_token": "hunter22"}
        self.assertEqual(params, given)
        self.assertEqual(start["GIVEN"], "of 2026-01-05")
        # The worker's own environment is passed on.
        self.assertTrue(start["PATH"])

    def test_generation_stays_through_retries_and_moves_when_cleared(self) -> None:
        tries = [start["env"]["DAGC_TRY_NUMBER"] for start in self.starts("flaky")]
        self.assertEqual(tries, ["1", "2", "3"])
        cleared = self.tasks("clear")
        self.assertEqual(cleared["flaky"]["state"], "success")
        # Three tries were used up, so Airflow counts the new ones from there.
        again = self.starts("flaky", generation="3")
        tries = [start["env"]["DAGC_TRY_NUMBER"] for start in again]
        self.assertEqual(tries, ["4", "5", "6"])
        self.assertEqual(len(self.starts("done", generation="1")), 1)
        self.assertEqual(len(self.project.events("start", "for_good")), 1)

    def test_timeout_reaches_the_binary(self) -> None:
        self.assertEqual(len(self.project.events("sigterm", "late")), 1)
        self.assertEqual(self.tasks("run")["late"]["state"], "success")
        self.assertEqual(len(self.starts("late")), 2)

    def test_kill_reaches_the_binary(self) -> None:
        events = self.project.events("sigterm", "slow")
        self.assertEqual(len(events), 1)
        self.assertEqual(events[0]["pid"], self.starts("slow")[0]["pid"])

    def test_shown_command_can_be_pasted_into_a_shell(self) -> None:
        command = self.answer("command")
        journal = self.project.journal.with_name("pasted.jsonl")
        environment = {
            **self.project.environment,
            project.JOURNAL_VARIABLE: str(journal),
        }
        environment["PATH"] = "/usr/bin:/bin"
        done = subprocess.run(
            ["/bin/sh", "-c", command], env=environment, capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = json.loads(journal.read_text())["env"]
        self.assertEqual(json.loads(shown["DAGC_PARAMS"]), _COMMAND["params"])
        outputs = {name: {"of": name} for name in ("done", "silent")}
        self.assertEqual(json.loads(shown["DAGC_OUTPUTS"]), outputs)
        # A run without a logical date.
        self.assertEqual(shown["DAGC_LOGICAL_DATE"], "")
        self.assertEqual(shown["DAGC_RUN_AFTER"], DATE)
        self.assertEqual(shown["DAGC_GENERATION"], "0")

    def test_lines_are_logged_while_the_process_runs(self) -> None:
        answer = self.answer("lines")
        self.assertEqual(answer["status"], 7)
        self.assertEqual(answer["last_output"], '{"last": 1}')
        self.assertEqual(answer["last_error"], "error: \ufffd is no UTF-8")
        [_, *lines] = [(level, text) for level, text, _ in answer["lines"]]
        self.assertIn(("info", "not the last"), lines)
        self.assertIn(("info", "first"), lines)
        self.assertIn(("warning", "warning: slow"), lines)
        self.assertIn(("error", "error: \ufffd is no UTF-8"), lines)
        self.assertIn(("info", "x" * 200_000), lines)
        self.assertIn(("info", "no line end"), lines)
        self.assertEqual(lines[-1], ("info", '{"last": 1}'))
        seconds = {text: second for _, text, second in answer["lines"]}
        self.assertGreater(seconds["warning: slow"] - seconds["first"], 0.5)

    def test_lines_written_after_sigterm_are_logged(self) -> None:
        answer = self.answer("stopped")
        self.assertEqual(answer["status"], 143)
        texts = [text for _, text, _ in answer["lines"]]
        self.assertIn("stopping the job", texts)
        self.assertIn("stopped", texts)

    def test_kill_waits_a_bounded_time(self) -> None:
        answer = self.answer("stubborn")
        self.assertEqual(answer["status"], 0)
        seconds = [at for _, text, at in answer["lines"] if "still cancelling" in text]
        self.assertEqual(len(seconds), 1)
        self.assertLess(seconds[0], 1.8)

    def test_grandchild_that_holds_the_pipes_is_not_waited_for(self) -> None:
        answer = self.answer("orphan")
        self.assertEqual((answer["status"], answer["last_output"]), (0, "started"))
        self.assertLess(answer["lines"][-1][2], 10)

    def test_failure_is_told_to_the_topic(self) -> None:
        client, message = self.answer("notified")["published"]
        self.assertEqual(client, ["sns", "eu-west-1"])
        self.assertEqual(message["Subject"], "Airflow: example.load failed")
        told = json.loads(message["Message"])
        self.assertEqual(told["task"], "load")
        self.assertEqual(told["try"], 3)
        self.assertEqual(told["error"], "no such table")
        self.assertEqual(told["log_url"], "http://airflow.example/log")

    def test_message_that_cannot_be_sent_fails_nothing(self) -> None:
        self.assertEqual(self.answer("not notified")["logged"], 1)


class Airflow2(OperatorCases, unittest.TestCase):
    airflow = "airflow-2.11"
    # Amazon's own link goes by the name of all consoles, which lead to the region's.
    links: ClassVar = {
        "AWS Glue Job Run Details": CONSOLE.replace("eu-west-1.console", "console"),
        "xcom": CONSOLE,
    }
    amazon_links: ClassVar = {"glue_job": 1, "redshift_sql": 0, "without": 0}


class Airflow3(OperatorCases, unittest.TestCase):
    airflow = "airflow-3.3"
    links: ClassVar = {"AWS console": CONSOLE, "xcom": CONSOLE}
    amazon_links: ClassVar = {"glue_job": 0, "redshift_sql": 0, "without": 0}


_COMMAND = {
    "dag_id": "example",
    "task_id": "reads",
    "params": {"quote": 'it\'s "$HOME"'},
}
_LINES = r"""
echo first >&2
echo not the last
sleep 1
echo 'warning: slow' >&2
printf 'error: \377 is no UTF-8\n' >&2
head -c 200000 /dev/zero | tr '\0' x >&2
echo >&2
echo '{"last": 1}'
printf 'no line end' >&2
exit 7
"""
_STOPPED = r"""
trap 'echo "stopping the job" >&2; sleep 0.2; echo stopped >&2; exit 143' TERM
for i in $(seq 100); do sleep 0.1; done
"""
# What ignores SIGTERM must not hold up Airflow, and is not killed.
_STUBBORN = "trap '' TERM; sleep 2"


def _call(function: str, **arguments: Any) -> dict[str, Any]:
    asked = {"module": "operator_checks", "function": function}
    return {"ask": "call", "arguments": arguments, **asked}


def _run(dag_id: str, **others: Any) -> dict[str, Any]:
    return {"ask": "run", "dag_id": dag_id, "logical_dates": [DATE], **others}


def _write_project(folder: Path) -> project.Project:
    folder.mkdir(parents=True)
    tasks = {name: tries for name, (tries, _, _) in CASES.items()}
    tasks["done"] = [{"log": ["hello", CONSOLE], "output": OUTPUT, "render": SENT}]
    tasks["reads"] = tasks["takes"] = tasks["mistakes"] = tasks["takes_long"] = [{}]
    tasks["infinite"] = [{}]
    tasks["silent"] = [{}]
    tasks["late"] = [{"sleep": 60}, {}]
    tasks["slow"] = [{"touch": str(folder / "slow-has-started"), "sleep": 60}, {}]
    return project.write(folder, DAG_FILE.replace("NAMES", repr(list(CASES))), tasks)


if __name__ == "__main__":
    unittest.main()
