"""What the DAG files made by dagc import: operators for Airflow 2.9+ and 3.x.

`DagcOperator` runs one task of a plan: it starts the launcher that is published beside
the plan, which hands over to the dagc binary, and translates between Airflow and that
process. It is given the run through environment variables and answers with its exit
status, its log on standard error, and one line of JSON on standard output.
`DagcReschedulingOperator` gives its slot back while the job of its task goes on.
`PipelineOperator` starts a run of another DAG once, and waits for it without a slot.

`on_failure` makes a callback that tells an SNS topic of a failed task.

The number in the module's name is the version of the interface between the two; DAG
files name it, so that they and this file may be published in any order. Parsing it
reads no file and imports nothing but Airflow and the standard library.

dagc made this file; change nothing here.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import re
import selectors
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

try:  # Airflow 3
    from airflow.sdk import BaseOperator, BaseSensorOperator

    IS_AIRFLOW_3 = True
except ImportError:  # Airflow 2
    from airflow.models.baseoperator import BaseOperator
    from airflow.sensors.base import BaseSensorOperator

    IS_AIRFLOW_3 = False

try:  # Airflow 3; the links of Airflow 2 are Amazon's
    from airflow.sdk import BaseOperatorLink
except ImportError:
    BaseOperatorLink = object  # type: ignore[assignment, misc]

try:  # Airflow 3.1 and later
    from airflow.sdk.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowRescheduleException,
        AirflowSkipException,
    )
except ImportError:  # Airflow 2 and 3.0
    from airflow.exceptions import (
        AirflowException,
        AirflowFailException,
        AirflowRescheduleException,
        AirflowSkipException,
    )

EXIT_DONE = 0
EXIT_USAGE = 64
EXIT_BUG = 70
EXIT_RETRYABLE = 75
EXIT_FOR_GOOD = 78
EXIT_GOES_ON = 98
EXIT_SKIPPED = 99
EXIT_CANCELLED = 143

EXIT_MEANINGS = {
    EXIT_USAGE: "this file and the dagc binary do not understand each other",
    EXIT_BUG: "a bug in dagc",
    EXIT_RETRYABLE: "failed; another attempt may succeed",
    EXIT_FOR_GOOD: "failed for good; another attempt would fail the same way",
    EXIT_GOES_ON: "the job goes on",
    EXIT_SKIPPED: "skipped",
    EXIT_CANCELLED: "cancelled",
}
NEVER_RETRIED = {EXIT_USAGE, EXIT_BUG, EXIT_FOR_GOOD}

# Airflow 3 ends a task that does not end by itself 5 seconds after SIGTERM, Airflow 2
# after a minute. Until then on_kill may wait for dagc to cancel what it has started.
KILL_GRACE_SECONDS = 4.0 if IS_AIRFLOW_3 else 30.0

# What an event of an asset says of the interval of the run that made it.
INTERVAL_KEY = "dagc_data_interval"

# A line that is longer than this is logged in pieces.
LONGEST_LINE = 1 << 20

# Linux gives a program no variable of 128 KiB or more. Longer ones are standard input.
LONGEST_VARIABLE = 1 << 16
LONGER_VARIABLES = "DAGC_LONGER_VARIABLES"

# How long it may take to say what a task will send.
RENDER_SECONDS = 30.0

# The XCom with the address of the job in the console of AWS.
CONSOLE_KEY = "dagc_console"

# The links of Amazon's provider that lead to a job, by the kind of its step: where the
# class is, and the address that dagc gives, with the names that the class fills in.
AMAZON_LINKS = {
    "glue_job": (
        "airflow.providers.amazon.aws.links.glue.GlueJobRunDetailsLink",
        r"https://(?P<region_name>[^./]+)\.console\.(?P<aws_domain>[^/]+)"
        r"/gluestudio/home\?[^#]*#/job/(?P<job_name>[^/]+)/run/(?P<job_run_id>[^/]+)",
    ),
}

# A param whose name holds one of these is a secret; the binary has the same list.
SECRET_WORDS = (
    "access_key",
    "api_key",
    "apikey",
    "authorization",
    "credentials",
    "passphrase",
    "passwd",
    "password",
    "private_key",
    "secret",
    "symmetric_key",
    "token",
)

log = logging.getLogger(__name__)


class ConsoleLink(BaseOperatorLink):
    """The job's place in the console of AWS, as a button of the task.

    Airflow 3 keeps a link as an XCom, which its web server reads. For that of Airflow 2
    see `amazon_links`.
    """

    name = "AWS console"
    xcom_key = CONSOLE_KEY

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Returns the address once the job has been started or found."""
        return getattr(operator, "console", "")


def amazon_links(kind: str | None) -> tuple[Any, ...]:
    """Returns the links to a job that the web server of Airflow 2 can show.

    It imports their classes, and takes only those of plugins and of providers, never of
    a DAG folder. MWAA has Amazon's provider; without it there is no link.
    """
    if IS_AIRFLOW_3 or kind not in AMAZON_LINKS:
        return ()
    module, _, name = AMAZON_LINKS[kind][0].rpartition(".")
    try:
        return (getattr(import_module(module), name)(),)
    except (ImportError, AttributeError):
        return ()


def amazon_xcoms(kind: str | None, address: str) -> dict[str, Any]:
    """Returns the XComs from which `amazon_links` make the job's address."""
    return {
        link.key: found.groupdict()
        for link in amazon_links(kind)
        if (found := re.fullmatch(AMAZON_LINKS[kind or ""][1], address))
    }


class DagcOperator(BaseOperator):
    """Runs one task of a plan with dagc, and gives its outputs as the XCom.

    Among its rendered fields `request` and `sql` say what the task sends, filled in for
    its run.

    :param plan: the plan file, which lies in `.dagc/plans/` beside the DAG file. Its
        launcher is `.dagc/bin/launch.sh`.
    :param kind: the kind of the step, which the UI shows as the operator's name.
    :param step: the name of the task in the plan, where it is not the task id.
    :param outputs: ids of the tasks whose XCom this one is given, for its templates; of
        commands and operators with the form in which it is read, see `step_outputs`.
    :param env: more environment variables for the process. The worker's own are always
        passed on: without them the container has no AWS credentials.
    """

    template_fields: Sequence[str] = ("command", "env", "request", "sql")
    template_fields_renderers = {
        "command": "bash",
        "env": "json",
        "request": "json",
        "sql": "sql",
    }
    operator_extra_links = () if BaseOperatorLink is object else (ConsoleLink(),)
    ui_color = "#dbeafe"

    def __init__(
        self,
        *,
        plan: Path | str,
        kind: str | None = None,
        step: str | None = None,
        outputs: list[str] | dict[str, str | None] | None = None,
        env: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if kind is not None:
            self.custom_operator_name = kind
        self.kind = kind
        if links := amazon_links(kind):
            self.operator_extra_links = links
        self.plan = str(plan)
        self.step = step or self.task_id
        self.outputs = _forms(outputs or {})
        self.env = env or {}
        # Airflow stores template fields with the DAG, and a changed value is a new
        # version of the DAG. The DAG folder may lie elsewhere on another machine, so
        # until it is rendered the command says only what follows that folder.
        root = Path(plan).parents[3] if len(Path(plan).parents) > 3 else Path()
        shown = [os.path.relpath(word, root) for word in (self._launcher, self.plan)]
        self.command = shlex.join(_arguments(*shown, self.step))
        self.request: Any = None
        self.sql: str | None = None
        self.console = ""
        self._process: _Process | None = None
        self._is_killed = False

    def render_template_fields(self, context: Any, jinja_env: Any = None) -> None:
        """Renders, and lets the UI show the command and what it will send."""
        super().render_template_fields(context, jinja_env)
        variables = run_variables(context, self.outputs)
        self.request, self.sql = self._ask_what_is_sent(variables)
        variables["DAGC_PARAMS"] = _json(_without_secrets(context.get("params")))
        variables["DAGC_OUTPUTS"] = _shown_outputs(variables["DAGC_OUTPUTS"])
        words = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
        self.command = " ".join([*words, shlex.join(self._argv)])

    def _ask_what_is_sent(self, variables: dict[str, str]) -> tuple[Any, str | None]:
        # Files that have not arrived yet are waited for when the task runs.
        environment = {**os.environ, **self.env, "DAGC_WORKER_WAIT": "0", **variables}
        try:
            environment, longer = _longer_variables(environment)
            with longer:
                done = subprocess.run(
                    [*self._argv, "--render"],
                    env=environment,
                    stdin=longer,
                    capture_output=True,
                    timeout=RENDER_SECONDS,
                    check=True,
                )
            rendered = json.loads(done.stdout.splitlines()[-1])
            return rendered["request"], rendered["sql"] or None
        except Exception:
            # The task itself will say what is wrong.
            self.log.debug("cannot tell yet what will be sent", exc_info=True)
            return None, None

    def execute(self, context: Any) -> Any:
        """Runs the task to its end; returns what it says on its last line."""
        variables = run_variables(context, self.outputs)
        variables["DAGC_GENERATION_STARTED"] = generation_started(context)
        environment = {**os.environ, **self.env, **variables}
        process = _Process(self._argv, environment, self.log)
        self._process = process
        try:
            process.start()
            # A kill that came while the process was starting has not reached it.
            if self._is_killed:
                process.stop(KILL_GRACE_SECONDS)
            status = process.wait(lambda: self._tell_console(process, context))
        finally:
            process.stop(KILL_GRACE_SECONDS)
        if status == EXIT_GOES_ON and is_rescheduling(self):
            raise AirflowRescheduleException(_next_look(process.last_output))
        if status != EXIT_DONE:
            _raise_for(status, process.last_error)
        if self.outlets:
            tell_interval(context)
        return _parse_outputs(process.last_output)

    def _tell_console(self, process: _Process, context: Any) -> None:
        """Keeps the job's address while it runs: a failed task has no other XCom."""
        if process.console and process.console != self.console:
            self.console = process.console
            try:
                context["ti"].xcom_push(key=CONSOLE_KEY, value=self.console)
                for key, value in amazon_xcoms(self.kind, self.console).items():
                    context["ti"].xcom_push(key=key, value=value)
            except Exception:
                self.log.warning("cannot keep the job's address", exc_info=True)

    def on_kill(self) -> None:
        """Forwards the kill; Airflow calls this for SIGTERM and for a timeout."""
        self._is_killed = True
        if self._process is not None:
            self._process.stop(KILL_GRACE_SECONDS)

    @property
    def _launcher(self) -> str:
        return str(Path(self.plan).parents[1] / "bin" / "launch.sh")

    @property
    def _argv(self) -> list[str]:
        return _arguments(self._launcher, self.plan, self.step)


class DagcReschedulingOperator(DagcOperator, BaseSensorOperator):
    """Gives its slot back while the job of its task goes on.

    To Airflow it is a sensor in the mode `reschedule`: the scheduler starts such a task
    again when its time has come, as the same attempt. What a sensor is asked by `poke`
    is asked by the process, which finds the job by its key.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(mode="reschedule", **kwargs)


class PipelineOperator(BaseSensorOperator):
    """Starts one run of another DAG, and gives its slot back until that is over.

    The run's id is made of the task, the run of its DAG, and how often the task was
    cleared. So an attempt finds the run that one before it has started, whatever became
    of that attempt, and starts no second one; whoever clears the task has another one
    started. XCom: `run_id`.

    :param pipeline: the id of the other DAG.
    :param conf: its params, by name.
    :param as_json: names of those params whose texts, once filled in, are JSON: numbers
        and truth values.
    :param logical_date: of the run; the time of its start when absent.
    :param wait: wait for its end. A run that has failed fails the task for good.
    :param every: seconds between two looks.
    """

    template_fields: Sequence[str] = ("conf", "logical_date")
    template_fields_renderers = {"conf": "json"}
    ui_color = "#dbeafe"

    def __init__(
        self,
        *,
        pipeline: str,
        conf: dict[str, Any] | None = None,
        as_json: Sequence[str] = (),
        logical_date: str | None = None,
        wait: bool = True,
        every: float = 60,
        **kwargs: Any,
    ) -> None:
        super().__init__(mode="reschedule", **kwargs)
        self.custom_operator_name = "pipeline"
        self.pipeline = pipeline
        self.conf = conf or {}
        self.as_json = list(as_json)
        self.logical_date = logical_date
        self.wait = wait
        self.every = every

    def execute(self, context: Any) -> Any:
        """Starts the run or finds it; returns its id once it is over."""
        ti, run_id = context["ti"], started_run_id(context)
        state = _run_state(ti, self.pipeline, run_id)
        if state is None:
            self._start(ti, run_id)
            state = "queued"
        else:
            self.log.info("Run %s of %s is %s", run_id, self.pipeline, state)
        if not self.wait or state == "success":
            return {"run_id": run_id}
        if state == "failed":
            raise AirflowFailException(
                f"run {run_id} of {self.pipeline} has failed: clear what failed there, "
                "and mark this task a success when it is done; clearing this task "
                "starts another run"
            )
        self._in_time(context)
        next_look = datetime.now(UTC) + timedelta(seconds=self.every)
        raise AirflowRescheduleException(next_look)

    def _start(self, ti: Any, run_id: str) -> None:
        conf = {**self.conf}
        for name in self.as_json:
            try:
                conf[name] = json.loads(conf[name])
            except ValueError as error:
                told = f"param `{name}` of {self.pipeline}: `{conf[name]}` is no JSON"
                raise AirflowFailException(told) from error
        date = _moment(self.logical_date) if self.logical_date else None
        if date and _has_run_of(ti, self.pipeline, date):
            raise AirflowFailException(
                f"{self.pipeline} has another run of {_iso(date)} already, and starts "
                "no second one: clear that run"
            )
        if _is_paused(ti, self.pipeline):
            self.log.warning(
                "%s is paused: its runs wait until it is not", self.pipeline
            )
        self.log.info("Starting run %s of %s", run_id, self.pipeline)
        try:
            _start_run(ti, self.pipeline, run_id, conf, date)
        except Exception:
            # The answer may be lost, or another attempt has been quicker.
            if _run_state(ti, self.pipeline, run_id) is None:
                raise

    def _in_time(self, context: Any) -> None:
        """Fails when the task has waited for longer than it may."""
        since, limit = _first_look_end(context), self.execution_timeout
        if since and limit and datetime.now(UTC) - since > limit:
            told = f"{self.pipeline} has not ended within {limit}; its run goes on"
            raise AirflowException(told)


def started_run_id(context: Mapping[str, Any]) -> str:
    """Names the run of another DAG that a task starts, the same in each attempt.

    A run that was deleted and made again under its name begins at another time.
    """
    ti = context["ti"]
    began = context["dag_run"].start_date
    map_index = -1 if ti.map_index is None else ti.map_index
    parts = [ti.dag_id, ti.task_id, ti.run_id, map_index, _generation(ti)]
    parts.append(began.timestamp() if began else "")
    digest = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]
    return f"dagc__{ti.dag_id}.{ti.task_id}"[:200] + f"__{digest}"


def _run_state(ti: Any, dag_id: str, run_id: str) -> str | None:
    if IS_AIRFLOW_3:
        is_there = ti.get_dr_count(dag_id=dag_id, run_ids=[run_id]) > 0
        if not is_there:
            return None
        state = ti.get_dagrun_state(dag_id, run_id)
        # A plain enumeration, whose text is not its value.
        return str(getattr(state, "value", state))
    from airflow.models.dagrun import DagRun

    found = DagRun.find(dag_id=dag_id, run_id=run_id)
    return str(found[0].state) if found else None


def _has_run_of(ti: Any, dag_id: str, date: datetime) -> bool:
    """Says whether a DAG has a run of a logical date: Airflow makes no second one."""
    if IS_AIRFLOW_3:
        return bool(ti.get_dr_count(dag_id=dag_id, logical_dates=[date]))
    from airflow.models.dagrun import DagRun

    return bool(DagRun.find(dag_id=dag_id, execution_date=date))


def _is_paused(ti: Any, dag_id: str) -> bool:
    try:
        if IS_AIRFLOW_3:  # 3.2 and later tell it.
            return bool(ti.get_dag(dag_id).is_paused)
        from airflow.models.dag import DagModel

        model = DagModel.get_current(dag_id)
        return bool(model and model.is_paused)
    except Exception:
        log.debug("cannot tell whether %s is paused", dag_id, exc_info=True)
        return False


def _start_run(
    ti: Any, dag_id: str, run_id: str, conf: dict[str, Any], date: datetime | None
) -> None:
    """Makes a run of a DAG; raises when there is one of this id or this date."""
    now = datetime.now(UTC)
    if not IS_AIRFLOW_3:
        from airflow.api.common.trigger_dag import trigger_dag

        trigger_dag(
            dag_id=dag_id,
            run_id=run_id,
            conf=conf,
            execution_date=date or now,
            replace_microseconds=False,
        )
        return
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import ErrorResponse, TriggerDagRun

    fields: dict[str, Any] = {"logical_date": date or now, "conf": conf}
    # Airflow 3 makes the interval of this, as Airflow 2 does of the logical date.
    if date and "run_after" in TriggerDagRun.model_fields:
        fields["run_after"] = min(date, now)
    request = TriggerDagRun(dag_id=dag_id, run_id=run_id, **fields)
    supervisor = task_runner.SUPERVISOR_COMMS
    if hasattr(supervisor, "send"):
        answer = supervisor.send(request)
    else:  # Airflow 3.0
        supervisor.send_request(log=log, msg=request)
        answer = supervisor.get_message()
    if isinstance(answer, ErrorResponse):
        raise AirflowException(f"Airflow starts no run {run_id}: {answer.error}")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise AirflowFailException(f"`{text}` is no logical date") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_rescheduling(task: Any) -> bool:
    """Says whether Airflow keeps the dates at which a task is to be started again."""
    return isinstance(task, DagcReschedulingOperator)


def run_variables(
    context: Mapping[str, Any], outputs: Sequence[str] | Mapping[str, str | None]
) -> dict[str, str]:
    """Says in environment variables which run of which task this is."""
    ti, dag_run = context["ti"], context["dag_run"]
    # Airflow 3 runs made by an asset or through the API may have no logical date.
    logical_date = dag_run.logical_date
    run_after = getattr(dag_run, "run_after", None) or (
        dag_run.data_interval_end or logical_date
    )
    interval = data_interval(dag_run, context.get("triggering_asset_events"))
    map_index = -1 if ti.map_index is None else ti.map_index
    waiting_since = _first_look_end(context) if is_rescheduling(ti.task) else None
    return {
        "DAGC_DAG_ID": ti.dag_id,
        "DAGC_TASK_ID": ti.task_id,
        "DAGC_RUN_ID": ti.run_id,
        "DAGC_MAP_INDEX": str(map_index),
        "DAGC_TRY_NUMBER": str(ti.try_number),
        "DAGC_GENERATION": str(_generation(ti)),
        "DAGC_MARK": str(ti.max_tries),
        "DAGC_LOGICAL_DATE": _iso(logical_date),
        "DAGC_RUN_AFTER": _iso(run_after),
        "DAGC_DATA_INTERVAL_START": _iso(interval.start),
        "DAGC_DATA_INTERVAL_END": _iso(interval.end),
        "DAGC_RUN_STARTED": _iso(dag_run.start_date),
        "DAGC_WAITING_SINCE": _iso(waiting_since),
        "DAGC_GRACE": str(int(KILL_GRACE_SECONDS)),
        "DAGC_PARAMS": _json(_plain_params(context.get("params"))),
        "DAGC_OUTPUTS": _json(
            {
                name: step_outputs(name, ti.xcom_pull(task_ids=name), form)
                for name, form in _forms(outputs).items()
            }
        ),
    }


class Interval(NamedTuple):
    """The interval that a run works on, as far as it is known."""

    start: datetime | None
    end: datetime | None


def data_interval(dag_run: Any, events: Any) -> Interval:
    """Says which interval a run works on.

    A run of Airflow 3 that assets have started has none of its own: then it is that of
    the runs that made the assets, which their events tell (see `tell_interval`), as it
    is in Airflow 2. `events` are the context's `triggering_asset_events`.
    """
    if dag_run.data_interval_start is not None:
        return Interval(dag_run.data_interval_start, dag_run.data_interval_end)
    told = [
        [datetime.fromisoformat(text) for text in event.extra[INTERVAL_KEY]]
        for group in (events.values() if events else [])
        for event in group
        if (event.extra or {}).get(INTERVAL_KEY)
    ]
    if not told:
        return Interval(None, None)
    return Interval(min(start for start, _ in told), max(end for _, end in told))


def tell_interval(context: Any, result: Any = None) -> None:
    """Lets the events of a task's assets say which interval it worked on.

    Airflow 2 hands it on itself.
    """
    if not IS_AIRFLOW_3:
        return
    interval = data_interval(context["dag_run"], context.get("triggering_asset_events"))
    if interval.start is None or interval.end is None:
        return
    for outlet in context["ti"].task.outlets:
        told = [_iso(interval.start), _iso(interval.end)]
        context["outlet_events"][outlet].extra[INTERVAL_KEY] = told


def step_outputs(task_id: str, xcom: Any, form: str | None) -> Any:
    """Gives what templates may name of what a task has given.

    Without a form it is what `dagc` has given: an object. A command or an operator
    gives one value, as it is (`value`), as a `text` or as a `number`; or an object, or
    a text with one in JSON (`members`).
    """
    if form is None or xcom is None:
        return xcom
    if form == "value":
        return {"value": xcom}
    if form == "text":
        return {"value": _text(xcom)}
    found = _decoded(xcom)
    if form == "number":
        is_number = isinstance(found, (int, float)) and not isinstance(found, bool)
        if not is_number or (isinstance(found, float) and not math.isfinite(found)):
            _wrong_output(task_id, xcom, "number")
        return {"value": found}
    if not isinstance(found, dict):
        _wrong_output(task_id, xcom, "JSON object")
    return found


def step_output(ti: Any, task_id: str, name: str, form: str) -> str:
    """Gives one of what a command or an operator has given, as text."""
    found = step_outputs(task_id, ti.xcom_pull(task_ids=task_id), form) or {}
    if found.get(name) is None:
        raise AirflowException(
            f"this run has no value for `outputs.{task_id}.{name}`: "
            "the step did not give it, or was skipped"
        )
    return _text(found[name])


def _forms(
    outputs: Sequence[str] | Mapping[str, str | None],
) -> dict[str, str | None]:
    return dict(outputs) if isinstance(outputs, Mapping) else dict.fromkeys(outputs)


def _decoded(xcom: Any) -> Any:
    try:
        return json.loads(xcom) if isinstance(xcom, str) else xcom
    except ValueError:
        return xcom


def _text(value: Any) -> str:
    # As the binary writes what is no text.
    compact = {"separators": (",", ":"), "ensure_ascii": False}
    return (
        value if isinstance(value, str) else json.dumps(value, default=str, **compact)
    )


def _wrong_output(task_id: str, xcom: Any, wanted: str) -> NoReturn:
    given = _text(xcom)[:200]
    raise AirflowFailException(f"`{task_id}` gave no {wanted}, but `{given}`")


def generation_started(context: Mapping[str, Any]) -> str:
    """Says when the task's first attempt began, or the first since it was cleared.

    The beginning of the run does not tell it: a task may begin hours later, and a run
    that goes on while one of its tasks is cleared does not move its own start. Empty
    when Airflow does not tell: 2.10 and later have a history, 3.3 and later remember
    what a task instance stores.
    """
    ti = context["ti"]
    generation = _generation(ti)
    try:
        if IS_AIRFLOW_3:
            return _remembered_start(context.get("task_state_store"), ti)
        return _recorded_start(ti, generation)
    except Exception:
        log.info("Airflow does not tell when attempt %s began", generation + 1)
        log.debug("cannot tell when an attempt began", exc_info=True)
        return ""


def _generation(ti: Any) -> int:
    # Airflow's own retries leave the difference as it is; a person who clears the task
    # moves it to the number of attempts that are behind. A deploy that changes the
    # retries moves it, too: so it is kept in the bounds of what can be.
    return max(0, min(ti.max_tries - ti.task.retries, ti.try_number - 1))


def _remembered_start(store: Any, ti: Any) -> str:
    if store is None:
        return ""
    known = store.get("dagc_generation")
    if not isinstance(known, dict) or known.get("mark") != ti.max_tries:
        known = {}
    # With fewer retries than before, clearing comes to the same `max_tries`. Between
    # two looks of one attempt nobody clears.
    is_next = known.get("attempt") != ti.try_number
    if not known or (is_next and known.get("first", ti.try_number) <= _generation(ti)):
        # No attempt of this generation has come this far, so none has started a job.
        known = {"mark": ti.max_tries, "first": ti.try_number}
        known["started"] = _iso(ti.start_date)
    if is_next:
        store.set("dagc_generation", {**known, "attempt": ti.try_number})
    return known["started"]


def _recorded_start(ti: Any, generation: int) -> str:
    first = _first_attempt(ti, generation)
    number = first.try_number if first else ti.try_number
    if is_rescheduling(ti.task) and (look := _first_look(ti, number)):
        return _iso(look.start_date)
    return _iso(first.start_date if first else ti.start_date)


def _first_attempt(ti: Any, generation: int) -> Any:
    """Returns the first attempt of a generation, nothing when it is this one.

    Attempts of one generation have the same `max_tries`. Where a deploy has raised the
    retries, the number of those that are behind seems to be less than it is.
    """
    if ti.try_number == generation + 1:
        return None
    from airflow.models.taskinstancehistory import TaskInstanceHistory
    from airflow.utils.session import create_session

    with create_session() as session:
        number = TaskInstanceHistory.try_number
        history = session.query(number, TaskInstanceHistory.start_date)
        history = history.filter_by(**_instance(ti), max_tries=ti.max_tries)
        history = history.filter(number > generation, number < ti.try_number)
        return history.order_by(number).first()


def _first_look_end(context: Mapping[str, Any]) -> datetime | None:
    """Returns when this attempt was first rescheduled; nothing when it was not yet."""
    ti = context["ti"]
    if IS_AIRFLOW_3:
        # Called the start of a look, it is the time at which the first one was over.
        return ti.get_first_reschedule_date(context)
    look = _first_look(ti, ti.try_number)
    return look.end_date if look else None


def _first_look(ti: Any, try_number: int) -> Any:
    """Returns when the first look of an attempt began and ended, from Airflow 2."""
    from airflow.models.taskreschedule import TaskReschedule
    from airflow.utils.session import create_session

    with create_session() as session:
        looks = session.query(TaskReschedule.start_date, TaskReschedule.end_date)
        looks = looks.filter_by(**_instance(ti), try_number=try_number)
        return looks.order_by(TaskReschedule.id).first()


def _instance(ti: Any) -> dict[str, Any]:
    names = ("dag_id", "task_id", "run_id", "map_index")
    return {name: getattr(ti, name) for name in names}


def on_failure(*, sns: str) -> Callable[[Mapping[str, Any]], None]:
    """Makes an `on_failure_callback` that publishes to the topic with the ARN `sns`.

    The message is a JSON object: `dag`, `task`, `run`, `map_index`, `try`, `error`,
    `log_url`. A message that cannot be sent is logged and fails nothing.
    """

    def notify(context: Mapping[str, Any]) -> None:
        try:
            import boto3  # Slow to import, and every MWAA worker has it.

            message = failure_message(context)
            subject = f"Airflow: {message['dag']}.{message['task']} failed"
            boto3.client("sns", region_name=sns.split(":")[3]).publish(
                TopicArn=sns,
                Subject=subject.encode("ascii", "replace").decode()[:100],
                Message=_json(message),
            )
        except Exception:
            log.exception("cannot tell %s of the failure", sns)

    return notify


def failure_message(context: Mapping[str, Any]) -> dict[str, Any]:
    """Says which attempt of which task failed, why, and where its log is."""
    ti = context.get("ti")
    error = context.get("exception") or context.get("reason")
    return {
        "dag": getattr(ti, "dag_id", None) or getattr(context.get("dag"), "dag_id", ""),
        "task": getattr(ti, "task_id", None),
        "run": getattr(ti, "run_id", None) or context.get("run_id"),
        "map_index": getattr(ti, "map_index", None),
        "try": getattr(ti, "try_number", None),
        "error": None if error is None else str(error)[:2000],
        "log_url": getattr(ti, "log_url", None),
    }


def _longer_variables(env: Mapping[str, str]) -> tuple[dict[str, str], IO[bytes]]:
    """Takes dagc's variables that are too long out of an environment.

    They are in the file, which nobody else sees, as a JSON object.
    """
    longer = {
        name: value
        for name, value in env.items()
        if name.startswith("DAGC_") and len(value) > LONGEST_VARIABLE
    }
    if not longer:
        return dict(env), open(os.devnull, "rb")
    file = tempfile.TemporaryFile()
    file.write(json.dumps(longer).encode())
    file.seek(0)
    rest = {name: value for name, value in env.items() if name not in longer}
    return {**rest, LONGER_VARIABLES: "stdin"}, file


class _Process:
    """A process in a group of its own whose lines are logged while it runs.

    A thread reads, because Airflow raises from its signal handler in the main thread:
    the lines that the process writes after SIGTERM would otherwise be lost.
    """

    def __init__(self, argv: Sequence[str], env: dict[str, str], logger: Any) -> None:
        self.argv = argv
        self.env = env
        self.log = logger
        self.last_output = ""
        self.last_error = ""
        self.console = ""
        self._popen: subprocess.Popen[bytes] | None = None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._is_stopped = False
        # A plain attribute, because a signal handler must not wait for a lock that the
        # code it interrupted may hold.
        self._is_finished = False

    def start(self) -> None:
        self.log.info("Running %s", shlex.join(self.argv))
        environment, longer = _longer_variables(self.env)
        with longer:
            self._popen = subprocess.Popen(
                self.argv,
                env=environment,
                stdin=longer,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        self._reader.start()

    def wait(self, look: Callable[[], None] = lambda: None) -> int:
        """Waits for the end; a negative status is the signal that ended it.

        Calls `look` again and again, in this thread, and once at the end.
        """
        while not self._is_finished:
            self._reader.join(1.0)
            look()
        look()
        return self._status()

    def stop(self, grace: float) -> None:
        """Sends SIGTERM once and waits at most `grace` seconds for the end.

        Whatever is still running then is left to finish its cancelling by itself.
        """
        if self._popen is None or self._is_finished or self._is_stopped:
            return
        self._is_stopped = True
        self.log.warning("Sending SIGTERM to process group %s", self._popen.pid)
        try:
            os.killpg(self._popen.pid, signal.SIGTERM)
        except ProcessLookupError:
            return
        end = time.monotonic() + grace
        while not self._is_finished and time.monotonic() < end:
            time.sleep(0.05)
        if not self._is_finished:
            self.log.warning("Process %s is still cancelling", self._popen.pid)

    def _status(self) -> int:
        if self._popen is None or self._popen.returncode is None:
            raise RuntimeError("the process has not ended")
        return self._popen.returncode

    def _read(self) -> None:
        """Logs both streams line by line until they end, then takes the status."""
        popen = self._popen
        if popen is None or popen.stdout is None or popen.stderr is None:
            raise RuntimeError("the process has not started")
        takers = {popen.stdout: self._take_output, popen.stderr: self._take_log}
        rest = {stream: b"" for stream in takers}
        try:
            with selectors.DefaultSelector() as selector:
                for stream in takers:
                    selector.register(stream, selectors.EVENT_READ)
                while selector.get_map():
                    ready = selector.select(timeout=1.0)
                    # A grandchild may hold the pipes open for longer than dagc lives.
                    if not ready and popen.poll() is not None:
                        break
                    for key, _ in ready:
                        stream: Any = key.fileobj
                        chunk = os.read(stream.fileno(), 1 << 16)
                        if not chunk:
                            selector.unregister(stream)
                            continue
                        *lines, last = (rest[stream] + chunk).split(b"\n")
                        if len(last) > LONGEST_LINE:
                            lines, last = [*lines, last], b""
                        rest[stream] = last
                        for line in lines:
                            takers[stream](line)
            for stream, last in rest.items():
                if last:
                    takers[stream](last)
            if self.last_output:
                self.log.info("%s", self.last_output)
        finally:
            popen.wait()
            popen.stdout.close()
            popen.stderr.close()
            self._is_finished = True

    def _take_output(self, line: bytes) -> None:
        """Keeps a line of standard output as the newest, and logs the one before."""
        text = line.decode(errors="replace").rstrip()
        if text:
            if self.last_output:
                self.log.info("%s", self.last_output)
            self.last_output = text

    def _take_log(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        if text.startswith("error"):
            self.last_error = text
            self.log.error("%s", text)
        elif text.startswith("warning"):
            self.log.warning("%s", text)
        else:
            # The address stands alone; what the job itself says begins otherwise.
            if text.startswith("https://"):
                self.console = text
            self.log.info("%s", text)


def _arguments(launcher: str, plan: str, step: str) -> list[str]:
    # MWAA's copy of the DAG folder has no execute bits, so the shell is named.
    return ["/bin/sh", launcher, "exec", "--plan", plan, "--task", step]


def _raise_for(status: int, last_error: str) -> NoReturn:
    if status < 0:
        meaning = f"ended by signal {-status}"
    else:
        meaning = EXIT_MEANINGS.get(status, "ended unexpectedly")
    message = f"dagc: exit status {status}: {meaning}"
    if last_error:
        message += f": {last_error}"
    if status == EXIT_SKIPPED:
        raise AirflowSkipException(message)
    if status in NEVER_RETRIED:
        raise AirflowFailException(message)
    raise AirflowException(message)


def _next_look(line: str) -> datetime:
    outputs = _parse_outputs(line)
    return datetime.now(UTC) + timedelta(seconds=outputs["next_look"])


def _parse_outputs(line: str) -> Any:
    if not line:
        return None
    try:
        return json.loads(line)
    except ValueError as error:
        message = f"dagc: the last line of its output is not JSON: {line[:200]!r}"
        raise AirflowFailException(message) from error


def _plain_params(params: Any) -> dict[str, Any]:
    if params is None:
        return {}
    # In Airflow 2 a mapping of Param objects, in Airflow 3 a plain one.
    return params.dump() if hasattr(params, "dump") else dict(params)


def _without_secrets(params: Any) -> Any:
    return _masked(_plain_params(params))


def _shown_outputs(outputs: str) -> str:
    # What a step is called makes no secret of all that it gives.
    return _json(
        {
            step: _masked(given)
            if isinstance(given, dict)
            else _masked({step: given})[step]
            for step, given in json.loads(outputs).items()
        }
    )


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: "***" if _is_secret(name) else _masked(item)
            for name, item in value.items()
        }
    return [_masked(item) for item in value] if isinstance(value, list) else value


def _is_secret(name: Any) -> bool:
    text = str(name).lower().replace("-", "_")
    return any(word in text for word in SECRET_WORDS)


def _iso(moment: Any) -> str:
    return "" if moment is None else moment.isoformat()


def _json(value: Any) -> str:
    return json.dumps(_portable(value), sort_keys=True, default=str)


def _portable(value: Any) -> Any:
    """Leaves out what Python writes and JSON has not: NaN, numbers without bounds.

    A step may give such a value where nobody names it. A whole number that is too long
    for 64 bits goes as its digits: read as a number it would lose some.
    """
    if isinstance(value, dict):
        return {_portable(name): _portable(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_portable(item) for item in value]
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
