"""What `test_operator.py` looks at inside Airflow; called through `inside.py`.

Each function takes the DAGs by name, and arguments that JSON can carry, and gives what
JSON can carry. The tests judge it outside.
"""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock


def rendered_command(
    dags: dict[str, Any], dag_id: str, task_id: str, params: dict[str, Any]
) -> str:
    """Gives what the UI shows of a task once it runs."""
    task = dags[dag_id].get_task(task_id)
    moment = datetime(2026, 1, 5, 8, 15, tzinfo=UTC)
    dag_run = SimpleNamespace(
        logical_date=None,
        run_after=moment,
        data_interval_start=None,
        data_interval_end=None,
        start_date=moment,
    )
    ti = SimpleNamespace(
        dag_id=dag_id,
        task_id=task_id,
        run_id="asset_triggered__2026-01-05T08:15:00+00:00",
        map_index=None,
        try_number=1,
        max_tries=task.retries,
        task=task,
        xcom_pull=lambda task_ids: {"of": task_ids},
    )
    context = {"ti": ti, "dag_run": dag_run, "params": params, "ds": "2026-01-05"}
    task.render_template_fields(context)
    return task.command


def process(
    dags: dict[str, Any],
    script: str,
    stop_after: float | None = None,
    grace: float = 5.0,
) -> dict[str, Any]:
    """Runs a shell script as the operator does; `stop_after` seconds it is stopped."""
    module = sys.modules["acme.dagc_airflow_v1"]
    logger = _Logger()
    running = module._Process(
        ["/bin/sh", "-c", script], {"PATH": "/usr/bin:/bin"}, logger
    )
    running.start()
    if stop_after is not None:
        time.sleep(stop_after)
        running.stop(grace)
    return {
        "status": running.wait(),
        "lines": logger.lines,
        "last_output": running.last_output,
        "last_error": running.last_error,
    }


def notify(dags: dict[str, Any], works: bool) -> dict[str, Any]:
    """Lets the failure callback publish to an SNS client that works or does not."""
    module = sys.modules["acme.dagc_airflow_v1"]
    published: list[Any] = []

    class Client:
        def publish(self, **arguments: Any) -> None:
            if not works:
                raise OSError("no way to the endpoint")
            published.append(arguments)

    def client(service: str, *, region_name: str) -> Client:
        published.append([service, region_name])
        return Client()

    boto3 = ModuleType("boto3")
    boto3.client = client  # type: ignore[attr-defined]
    ti = SimpleNamespace(
        dag_id="example",
        task_id="load",
        run_id="r1",
        map_index=-1,
        try_number=3,
        log_url="http://airflow.example/log",
    )
    callback = module.on_failure(sns="arn:aws:sns:eu-west-1:111122223333:alerts")
    with (
        mock.patch.dict(sys.modules, {"boto3": boto3}),
        mock.patch.object(module.log, "exception") as logged,
    ):
        callback({"ti": ti, "exception": ValueError("no such table")})
    return {"published": published, "logged": logged.call_count}


def links(dags: dict[str, Any]) -> dict[str, int]:
    """Counts Amazon's links by kind, and those of a job when the provider is absent."""
    module = sys.modules["acme.dagc_airflow_v1"]
    counts = {
        kind: len(module.amazon_links(kind)) for kind in ("glue_job", "redshift_sql")
    }
    absent = {"airflow.providers.amazon.aws.links.glue": None}
    with mock.patch.dict(sys.modules, absent):
        return {**counts, "without": len(module.amazon_links("glue_job"))}


class _Logger:
    """Keeps lines with their level and the seconds since the first."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, float]] = []
        self._start = time.monotonic()
        self._lock = threading.Lock()

    def _keep(self, level: str, template: str, *values: Any) -> None:
        with self._lock:
            seconds = time.monotonic() - self._start
            self.lines.append((level, template % values, seconds))

    def info(self, template: str, *values: Any) -> None:
        self._keep("info", template, *values)

    def warning(self, template: str, *values: Any) -> None:
        self._keep("warning", template, *values)

    def error(self, template: str, *values: Any) -> None:
        self._keep("error", template, *values)
