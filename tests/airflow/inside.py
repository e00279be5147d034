"""Answers questions about DAGs from inside a real Airflow; `harness.py` starts it.

Takes on standard input a JSON list of requests and the number of a file descriptor as
its argument; writes to it a JSON list of answers, one a request and in their order. All
of them are answered in one process, because importing Airflow 3 takes longer than most
answers. Standard output and standard error carry Airflow's own logs.

A request is `{"ask": "check" | "run" | "clear" | "call", "dags": FOLDER, ...}`; the
functions of those names say what else they take and what they give.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

import airflow
from airflow.utils.session import create_session

IS_AIRFLOW_3 = airflow.__version__.startswith("3.")


def check(bag: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Says what Airflow made of a DAG folder.

    Gives `airflow` (its version), `import_errors` and `warnings` by file, and `dags`.
    """
    root = Path(request["dags"])
    return {
        "airflow": airflow.__version__,
        "import_errors": _by_relative_file(root, bag.import_errors),
        "warnings": _by_relative_file(root, bag.captured_warnings),
        "dags": {
            name: _describe_dag(root, dag) for name, dag in sorted(bag.dags.items())
        },
    }


def run(bag: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Runs the DAG `dag_id` for each of `logical_dates` with Airflow's `dag.test()`.

    A date at which an interval of the DAG's schedule begins gives the run that the
    scheduler would make for that interval; any other gives a manual run.

    `conf` gives params. `terminate_when` names a file: once it is there, this process
    gets SIGTERM, which Airflow's handler takes for a kill of the running task. Gives
    `runs`, with the state, try number, generation and XCom of every task.
    """
    dag = _dag(bag, request)
    dates = [datetime.fromisoformat(text) for text in request["logical_dates"]]
    with _terminated_when(request.get("terminate_when")):
        return {"runs": [_test(dag, date, request) for date in dates]}


def clear(bag: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Clears tasks of an earlier `run` as a person does in the UI, and runs them again.

    `tasks` names them; without it the whole run is cleared.
    """
    dag = _dag(bag, request)
    runs = []
    for text in request["logical_dates"]:
        date = datetime.fromisoformat(text)
        _clear(dag, date, request.get("tasks"))
        # dag.test() itself begins by deleting the run. Here the run that was cleared
        # goes on instead, with the numbers that Airflow's own clearing left.
        with _continued_runs(), _terminated_when(request.get("terminate_when")):
            runs.append(_test(dag, date, request))
    return {"runs": runs}


def call(bag: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Calls `function` of `module`, beside this file, with the DAGs and `arguments`."""
    function = getattr(importlib.import_module(request["module"]), request["function"])
    return {"result": function(bag.dags, **request.get("arguments", {}))}


ANSWERS: dict[str, Callable[[Any, dict[str, Any]], dict[str, Any]]] = {
    "check": check,
    "run": run,
    "clear": clear,
    "call": call,
}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Answers one request; a failure is an answer with `error`."""
    try:
        with _loaded(request["dags"], request["ask"]) as bag:
            return ANSWERS[request["ask"]](bag, request)
    except Exception:
        return {"error": traceback.format_exc()}


@contextmanager
def _loaded(dags: str, ask: str) -> Iterator[Any]:
    """Imports a DAG folder, and forgets its modules afterwards."""
    before = set(sys.modules)
    sys.path.insert(0, dags)
    try:
        if IS_AIRFLOW_3:
            from airflow.dag_processing.dagbag import DagBag

            yield DagBag(dags, bundle_path=Path(dags), bundle_name="dags-folder")
        else:
            from airflow.models.dagbag import DagBag

            bag = DagBag(dags, include_examples=False)
            if ask != "check":
                bag.sync_to_db()
            yield bag
    finally:
        sys.path.remove(dags)
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(dags + os.sep):
                del sys.modules[name]
        importlib.invalidate_caches()


def _describe_dag(root: Path, dag: Any) -> dict[str, Any]:
    serialized = _serialize(dag)
    schedule = serialized["dag"].get("timetable")
    return {
        "file": os.path.relpath(dag.fileloc, root),
        "description": dag.description,
        "doc_md": dag.doc_md,
        "tags": sorted(dag.tags),
        "schedule": schedule,
        "first_run": _first_run(dag),
        "timezone": str(dag.timezone),
        "start_date": _plain(dag.start_date),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "dagrun_timeout": _plain(dag.dagrun_timeout),
        "params": dag.params.dump(),
        "on_failure": bool(dag.on_failure_callback),
        "tasks": {task.task_id: _describe_task(task) for task in dag.tasks},
        "edges": sorted(
            [task.task_id, after]
            for task in dag.tasks
            for after in task.downstream_task_ids
        ),
        # Without the file's place: what is left must not depend on the machine.
        "serialized": json.dumps(
            {**serialized["dag"], "fileloc": "", "_processor_dags_folder": ""},
            sort_keys=True,
        ),
    }


def _describe_task(task: Any) -> dict[str, Any]:
    group = task.task_group
    return {
        "operator": f"{type(task).__module__}.{type(task).__qualname__}",
        "group": group.group_id if group is not None else None,
        "owner": task.owner,
        "retries": task.retries,
        "retry_delay": _plain(task.retry_delay),
        "execution_timeout": _plain(task.execution_timeout),
        "pool": task.pool,
        "priority_weight": task.priority_weight,
        "trigger_rule": str(getattr(task.trigger_rule, "value", task.trigger_rule)),
        "depends_on_past": task.depends_on_past,
        "inlets": [getattr(item, "uri", str(item)) for item in task.inlets],
        "outlets": [getattr(item, "uri", str(item)) for item in task.outlets],
        "on_failure": bool(task.on_failure_callback),
        "doc_md": task.doc_md,
        "template_fields": {
            name: _plain(getattr(task, name)) for name in sorted(task.template_fields)
        },
    }


def _first_run(dag: Any) -> dict[str, Any] | None:
    """Says which interval the first scheduled run has, and when it starts."""
    info = _next_run(dag, dag.start_date and dag.start_date.in_timezone("UTC"))
    if info is None:
        return None
    interval = info.data_interval
    return {
        "logical_date": _plain(info.logical_date),
        "data_interval": interval and [_plain(interval.start), _plain(interval.end)],
        "run_after": _plain(info.run_after),
    }


def _interval_from(dag: Any, date: datetime) -> Any:
    """Returns the schedule's interval that begins at `date`, if one does."""
    import pendulum

    info = _next_run(dag, pendulum.instance(date))
    interval = info and info.data_interval
    return interval if interval and interval.start == date else None


def _next_run(dag: Any, earliest: Any) -> Any:
    from airflow.timetables.base import TimeRestriction

    return _core_timetable(dag).next_dagrun_info(
        last_automated_data_interval=None,
        restriction=TimeRestriction(earliest=earliest, latest=None, catchup=True),
    )


def _core_timetable(dag: Any) -> Any:
    if not IS_AIRFLOW_3:
        return dag.timetable
    from airflow.serialization.encoders import coerce_to_core_timetable

    return coerce_to_core_timetable(dag.timetable)


@contextmanager
def _interval_of_runs(dag: Any, interval: Any) -> Iterator[None]:
    """Makes dag.test() take `interval`, not the one before the logical date."""
    if interval is None:
        yield
        return
    name = "infer_manual_data_interval"
    timetable = type(_core_timetable(dag))
    with mock.patch.object(timetable, name, lambda *_, **__: interval):
        yield


def _serialize(dag: Any) -> dict[str, Any]:
    if IS_AIRFLOW_3:
        from airflow.serialization.serialized_objects import DagSerialization

        return DagSerialization.to_dict(dag)
    from airflow.serialization.serialized_objects import SerializedDAG

    return SerializedDAG.to_dict(dag)


def _test(dag: Any, date: datetime, request: dict[str, Any]) -> dict[str, Any]:
    interval = _interval_from(dag, date)
    arguments: dict[str, Any] = {"run_conf": request.get("conf")}
    if IS_AIRFLOW_3:
        run_after = interval.end if interval else date
        arguments |= {"logical_date": date, "run_after": run_after}
    else:
        arguments["execution_date"] = date
    with _interval_of_runs(dag, interval), _outlived_tasks():
        dag.test(**arguments)
    return {"logical_date": date.isoformat(), **_describe_run(dag, date)}


@contextmanager
def _outlived_tasks() -> Iterator[None]:
    """Lets Airflow 2's dag.test() go on after a task that was killed or timed out.

    Both raise what is no `Exception`, to end the task's process; here there is none but
    this one. Airflow 3's own code already takes care of it.
    """
    if IS_AIRFLOW_3:
        yield
        return
    from airflow.exceptions import AirflowTaskTerminated, AirflowTaskTimeout
    from airflow.models import dag as module

    run_task = module._run_task

    def outlived(**arguments: Any) -> None:
        try:
            run_task(**arguments)
        except (AirflowTaskTerminated, AirflowTaskTimeout) as stop:
            raise RuntimeError(str(stop)) from stop

    with mock.patch.object(module, "_run_task", outlived):
        yield


def _describe_run(dag: Any, date: datetime) -> dict[str, Any]:
    with create_session() as session:
        dag_run = _find_run(dag, date, session)
        if dag_run is None:
            return {"run_id": None, "state": None, "tasks": {}}
        return {
            "run_id": dag_run.run_id,
            "state": str(getattr(dag_run.state, "value", dag_run.state)),
            "tasks": {
                ti.task_id: {
                    "state": ti.state and str(getattr(ti.state, "value", ti.state)),
                    "try_number": ti.try_number,
                    "generation": ti.max_tries - dag.get_task(ti.task_id).retries,
                    "xcom": _xcom(ti, session),
                    "rendered": _rendered(ti, session),
                    "links": _links(dag, ti, session),
                }
                for ti in sorted(
                    dag_run.get_task_instances(session=session),
                    key=lambda ti: ti.task_id,
                )
            },
        }


def _rendered(ti: Any, session: Any) -> Any:
    """Gives the rendered fields as the web server shows them."""
    from airflow.models.renderedtifields import RenderedTaskInstanceFields

    return RenderedTaskInstanceFields.get_templated_fields(ti, session=session)


def _links(dag: Any, ti: Any, session: Any) -> dict[str, Any]:
    """Gives the links of a task as a web server finds them, which has no DAG file.

    `xcom` is the address that stands among its XComs.
    """
    if IS_AIRFLOW_3:
        from airflow.serialization.serialized_objects import DagSerialization as Format
    else:
        from airflow.serialization.serialized_objects import SerializedDAG as Format

    task = Format.from_dict(_serialize(dag)).get_task(ti.task_id)
    links = {name: task.get_extra_links(ti, name) for name in task.extra_links}
    return {**links, "xcom": _xcom(ti, session, "dagc_console")}


def _xcom(ti: Any, session: Any, key: str = "return_value") -> Any:
    names = {"run_id": ti.run_id, "key": key, "session": session}
    if IS_AIRFLOW_3:
        from airflow.models.xcom import XComModel

        query = XComModel.get_many(
            run_id=ti.run_id, key=key, dag_ids=ti.dag_id, task_ids=ti.task_id
        )
        row = session.scalars(query).first()
        return row and XComModel.deserialize_value(row)
    from airflow.models.xcom import XCom

    return XCom.get_one(dag_id=ti.dag_id, task_id=ti.task_id, **names)


def _clear(dag: Any, date: datetime, tasks: list[str] | None) -> None:
    from airflow.models.taskinstance import clear_task_instances

    with create_session() as session:
        dag_run = _find_run(dag, date, session)
        if dag_run is None:
            raise LookupError(f"{dag.dag_id} has no run for {date.isoformat()}")
        instances = dag_run.get_task_instances(session=session)
        chosen = [ti for ti in instances if tasks is None or ti.task_id in tasks]
        if tasks is not None and len(chosen) != len(set(tasks)):
            raise LookupError(f"{dag.dag_id} does not have all of the tasks {tasks}")
        extra = {} if IS_AIRFLOW_3 else {"dag": dag}
        clear_task_instances(chosen, session, **extra)


@contextmanager
def _continued_runs() -> Iterator[None]:
    """Makes dag.test() go on with an existing run instead of replacing it."""
    if IS_AIRFLOW_3:
        from airflow.models import dagrun as module
        from airflow.serialization.definitions.dag import SerializedDAG

        create = "get_or_create_dagrun"
        clearing = mock.patch.object(SerializedDAG, "clear_dags")
    else:
        from airflow.models import dag as module

        create = "_get_or_create_dagrun"
        clearing = mock.patch.object(module.DAG, "clear")

    def existing(*, dag: Any, session: Any, **others: Any) -> Any:
        date = others.get("logical_date") or others.get("execution_date")
        dag_run = _find_run(dag, date, session)
        dag_run.dag = dag
        dag_run.set_state("running")
        session.commit()
        return dag_run

    with ExitStack() as stack:
        stack.enter_context(clearing)
        stack.enter_context(mock.patch.object(module, create, existing))
        yield


def _find_run(dag: Any, date: datetime, session: Any) -> Any:
    from airflow.models.dagrun import DagRun

    column = DagRun.logical_date if IS_AIRFLOW_3 else DagRun.execution_date
    query = session.query(DagRun).filter(DagRun.dag_id == dag.dag_id, column == date)
    return query.one_or_none()


@contextmanager
def _terminated_when(file: str | None) -> Iterator[None]:
    """Sends SIGTERM to this process when `file` appears, once."""
    if file is None:
        yield
        return
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            if os.path.exists(file):
                os.kill(os.getpid(), signal.SIGTERM)
                return
            time.sleep(0.05)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _dag(bag: Any, request: dict[str, Any]) -> Any:
    if request["dag_id"] not in bag.dags:
        raise LookupError(
            f"no DAG {request['dag_id']!r}; there are {sorted(bag.dags)}; "
            f"import errors: {bag.import_errors}"
        )
    return bag.dags[request["dag_id"]]


def _by_relative_file(root: Path, found: dict[str, Any]) -> dict[str, Any]:
    return {
        os.path.relpath(root / file, root): text for file, text in sorted(found.items())
    }


def _plain(value: Any) -> Any:
    """Turns what JSON does not know into it: dates to text, durations to seconds."""
    if hasattr(value, "total_seconds"):
        return value.total_seconds()
    return value.isoformat() if hasattr(value, "isoformat") else value


def main() -> None:
    requests = json.load(sys.stdin)
    answers = [answer(request) for request in requests]
    with os.fdopen(int(sys.argv[1]), "w") as file:
        json.dump(answers, file, default=str)


if __name__ == "__main__":
    main()
