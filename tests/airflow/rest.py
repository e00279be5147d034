"""Airflow's REST API as a person at the UI uses it, the same for Airflow 2 and 3.

Takes the web server's address; gives plain dictionaries. Needs no package.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from home import HarnessError

RUN_ENDED = ("success", "failed")
T = TypeVar("T")


class Client:
    """Speaks to one Airflow."""

    def __init__(self, url: str, *, is_airflow_3: bool) -> None:
        self.url = url
        self.is_airflow_3 = is_airflow_3
        self._api = f"{url}/api/v2" if is_airflow_3 else f"{url}/api/v1"
        self._token = ""
        # A proxy in the environment is meant for AWS.
        self._open = build_opener(ProxyHandler({})).open

    def dag(self, dag_id: str) -> dict[str, Any]:
        return self._call("GET", _dag(dag_id))

    def make_pool(self, name: str, slots: int) -> None:
        self._call("POST", "/pools", {"name": name, "slots": slots})

    def unpause(self, dag_id: str) -> None:
        query = "" if self.is_airflow_3 else "?update_mask=is_paused"
        self._call("PATCH", f"{_dag(dag_id)}{query}", {"is_paused": False})

    def trigger(
        self,
        dag_id: str,
        *,
        logical_date: str | None = None,
        conf: dict[str, Any] | None = None,
        run_id: str | None = None,
    ) -> str:
        """Starts a run; returns its id. Airflow 3 makes one without a logical date."""
        body: dict[str, Any] = {"conf": conf or {}}
        if run_id is not None:
            body["dag_run_id"] = run_id
        if self.is_airflow_3 or logical_date is not None:
            body["logical_date"] = logical_date
        answer = self._call("POST", f"{_dag(dag_id)}/dagRuns", body)
        return answer["dag_run_id"]

    def delete_run(self, dag_id: str, run_id: str) -> None:
        """Deletes a run that is over, with all that Airflow knows of its tasks."""
        self._call("DELETE", _run(dag_id, run_id))

    def retries(self, dag_id: str, task_id: str) -> int:
        """Returns how often a task is tried again, as the DAG is deployed."""
        return int(self._call("GET", f"{_dag(dag_id)}/tasks/{task_id}")["retries"])

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        return self._call("GET", _run(dag_id, run_id))

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        return self._call("GET", f"{_dag(dag_id)}/dagRuns?limit=100")["dag_runs"]

    def tasks(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        """Returns the task instances of a run by task id."""
        found = self._call("GET", f"{_run(dag_id, run_id)}/taskInstances?limit=1000")
        return {task["task_id"]: task for task in found["task_instances"]}

    def clear(self, dag_id: str, run_id: str, tasks: Collection[str]) -> None:
        """Clears tasks, so that they run again in the same run."""
        if not self.is_airflow_3:
            for task_id in tasks:
                self._clear_by_form(dag_id, run_id, task_id)
            return
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": list(tasks),
            "only_failed": False,
            "reset_dag_runs": True,
        }
        self._call("POST", f"{_dag(dag_id)}/clearTaskInstances", body)

    def _clear_by_form(self, dag_id: str, run_id: str, task_id: str) -> None:
        """Clears as Airflow 2's UI does.

        Its API answers the same, but leaves a task that runs as it is: 2.11.2 forgets
        to store the new state.
        """
        form = {
            "dag_id": dag_id,
            "task_id": task_id,
            "execution_date": self.run(dag_id, run_id)["logical_date"],
            "confirmed": "true",
        }
        headers = {"Accept": "application/json"}
        data = urlencode(form).encode()
        self._text(Request(f"{self.url}/clear", data, headers, method="POST"))

    def mark(self, dag_id: str, run_id: str, task_id: str, state: str) -> None:
        """Marks a task as failed or succeeded, which kills it where it runs."""
        body = {"new_state": state, "dry_run": False}
        if self.is_airflow_3:
            del body["dry_run"]
        self._call("PATCH", f"{_run(dag_id, run_id)}/taskInstances/{task_id}", body)

    def xcom(self, dag_id: str, run_id: str, task_id: str) -> Any:
        """Returns what the task returned."""
        path = f"taskInstances/{task_id}/xcomEntries/return_value?deserialize=true"
        value = self._call("GET", f"{_run(dag_id, run_id)}/{path}")["value"]
        return value if self.is_airflow_3 else json.loads(value.replace("'", '"'))

    def log(self, dag_id: str, run_id: str, task_id: str, try_number: int) -> str:
        """Returns the log of one attempt as text."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{task_id}/logs/{try_number}"
        if not self.is_airflow_3:
            return self._call("GET", f"{path}?full_content=true", accept="text/plain")
        lines = self._call("GET", f"{path}?full_content=true")["content"]
        return "\n".join(_log_line(line) for line in lines)

    def import_errors(self) -> dict[str, str]:
        """Returns the errors of the DAG files by file."""
        found = self._call("GET", "/importErrors?limit=100")["import_errors"]
        return {error["filename"]: error["stack_trace"] for error in found}

    def dag_ids(self) -> set[str]:
        return {dag["dag_id"] for dag in self._call("GET", "/dags?limit=1000")["dags"]}

    def health(self) -> dict[str, str]:
        """Returns the status of every part, or nothing while there is no answer."""
        path = "/monitor/health" if self.is_airflow_3 else "/health"
        try:
            answer = self._call("GET", path)
        except (HarnessError, URLError, OSError):
            return {}
        return {name: part["status"] for name, part in answer.items()}

    def wait_for_dag(self, dag_id: str, timeout: float = 120) -> None:
        """Waits until a DAG is known; raises at once when a file cannot be imported."""

        def known() -> bool:
            if errors := self.import_errors():
                raise HarnessError(f"DAG files with errors: {errors}")
            return dag_id in self.dag_ids()

        wait_until(known, f"the DAG {dag_id}", timeout)

    def wait_for_run(self, dag_id: str, run_id: str, timeout: float = 120) -> str:
        """Waits for the end of a run; returns its state."""

        def ended() -> str | None:
            state = self.run(dag_id, run_id)["state"]
            return state if state in RUN_ENDED else None

        try:
            return wait_until(ended, f"the end of {run_id}", timeout)
        except HarnessError as error:
            tasks = self.tasks(dag_id, run_id).values()
            states = {task["task_id"]: task["state"] for task in tasks}
            raise HarnessError(f"{error}; its tasks: {states}") from error

    def wait_for_task(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        states: Collection[str],
        timeout: float = 120,
    ) -> dict[str, Any]:
        """Waits for a task to be in one of the states; returns the task instance."""

        def there() -> dict[str, Any] | None:
            task = self.tasks(dag_id, run_id).get(task_id)
            return task if task and task["state"] in states else None

        return wait_until(there, f"{task_id} to be {' or '.join(states)}", timeout)

    def _call(
        self, method: str, path: str, body: Any = None, accept: str = "application/json"
    ) -> Any:
        headers = {"Accept": accept}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.is_airflow_3:
            headers["Authorization"] = f"Bearer {self._admin_token()}"
        data = None if body is None else json.dumps(body).encode()
        text = self._text(Request(f"{self._api}{path}", data, headers, method=method))
        return json.loads(text) if text and accept.endswith("json") else text

    def _text(self, request: Request) -> str:
        try:
            with self._open(request, timeout=60) as answer:
                return answer.read().decode()
        except HTTPError as error:
            told = error.read().decode(errors="replace")[:2000]
            shown = f"{request.method} {request.selector}"
            raise HarnessError(f"{shown}: {error.code}: {told}") from error

    def _admin_token(self) -> str:
        if not self._token:
            with self._open(f"{self.url}/auth/token", timeout=60) as answer:
                self._token = json.load(answer)["access_token"]
        return self._token


def wait_until(
    condition: Callable[[], T | None], what: str, timeout: float, every: float = 0.5
) -> T:
    """Returns the first true answer of `condition`; raises when time is up."""
    end = time.monotonic() + timeout
    while not (answer := condition()):
        if time.monotonic() > end:
            raise HarnessError(f"waited {timeout} seconds for {what}")
        time.sleep(every)
    return answer


def _dag(dag_id: str) -> str:
    return f"/dags/{dag_id}"


def _run(dag_id: str, run_id: str) -> str:
    return f"{_dag(dag_id)}/dagRuns/{quote(run_id, safe='')}"


def _log_line(line: Any) -> str:
    return line if isinstance(line, str) else str(line.get("event", line))
