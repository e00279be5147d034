"""A whole Airflow: database, scheduler, web server and the rest, as separate processes.

    services.py --airflow airflow-3.3 --dags DAGS [--port 8080] [--environment FILE]

runs one until SIGINT or SIGTERM, and prints a line of JSON when it is ready: `url`,
`home`, `pid`. Anyone who reaches the address is its admin. As a module, `Services` is a
context manager with a `client` (see `rest.py`). Every process is started in a session
of its own and ended by its id; nothing is left when the manager is.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from home import (
    SHARED_SECRET,
    VERSIONS,
    HarnessError,
    Started,
    clean_environment,
    die_with_parent,
    python_of,
    settings,
)
from postgres import Postgres, free_port
from rest import Client, wait_until

START_SECONDS = 240
STOP_SECONDS = 20

# Airflow looks for work, changes and lost tasks every few seconds or minutes. These
# intervals only shorten the wait; what it does when the time has come stays the same.
FAST_2 = {
    "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__LOCAL_TASK_JOB_HEARTBEAT_SEC": "60",
    "AIRFLOW__WEBSERVER__WORKERS": "1",
}
FAST_3 = {
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
}
# Airflow 2 asks for no login where the public role is Admin, and takes its forms from
# `rest.py` only without a token.
WEBSERVER_CONFIG = 'AUTH_ROLE_PUBLIC = "Admin"\nWTF_CSRF_ENABLED = False\n'


class Services(Started):
    """A running Airflow that reads `dags`; `environment` is given to its tasks too."""

    client: Client

    def __init__(
        self,
        airflow: str,
        dags: Path,
        *,
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
        triggerer: bool = False,
    ) -> None:
        super().__init__()
        self.airflow = airflow
        self.dags = dags
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.is_airflow_3 = airflow.startswith("airflow-3")
        self._given = dict(environment or {})
        self._triggerer = triggerer
        self._environment: dict[str, str] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.home = Path()

    def _start(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="dagc-airflow-"))
        self._stack.callback(shutil.rmtree, self.home, ignore_errors=True)
        (self.home / "webserver_config.py").write_text(WEBSERVER_CONFIG)
        database = self._stack.enter_context(Postgres())
        variables = settings(self.home, self.dags, database=database.address)
        variables |= (
            self._settings_of_3() if self.is_airflow_3 else self._settings_of_2()
        )
        self._environment = clean_environment({**variables, **self._given})
        self._run("db", "migrate")
        self._stack.callback(self._stop)
        for name, *arguments in self._commands():
            self._spawn(name, *arguments)
        self.client = Client(self.url, is_airflow_3=self.is_airflow_3)
        wait_until(self._is_healthy, "Airflow to be healthy", START_SECONDS)

    def _settings_of_2(self) -> dict[str, str]:
        return {
            **FAST_2,
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__API__AUTH_BACKENDS": "airflow.api.auth.backend.default",
            "AIRFLOW__WEBSERVER__BASE_URL": self.url,
            "AIRFLOW__WEBSERVER__SECRET_KEY": SHARED_SECRET,
        }

    def _settings_of_3(self) -> dict[str, str]:
        return {
            **FAST_3,
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__SECRET_KEY": SHARED_SECRET,
            "AIRFLOW__API_AUTH__JWT_SECRET": SHARED_SECRET,
        }

    def _commands(self) -> list[list[str]]:
        port = ["--port", str(self.port)]
        if self.is_airflow_3:
            web = ["api-server", "--host", "127.0.0.1", *port, "--workers", "1"]
            commands = [web, ["scheduler", "--skip-serve-logs"], ["dag-processor"]]
        else:
            web = ["webserver", "--hostname", "127.0.0.1", *port]
            commands = [web, ["scheduler", "--skip-serve-logs"]]
        if self._triggerer:
            commands.append(["triggerer", "--skip-serve-logs"])
        return commands

    def _argv(self, *arguments: str) -> list[str]:
        return [str(python_of(self.airflow)), "-m", "airflow", *arguments]

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            self._argv(*arguments),
            env=self._environment,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise HarnessError(f"airflow {arguments}: {done.stdout}{done.stderr}")

    def _spawn(self, *arguments: str) -> None:
        with (self.home / f"{arguments[0]}.log").open("wb") as log:
            self._processes[arguments[0]] = subprocess.Popen(
                self._argv(*arguments),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def _is_healthy(self) -> bool:
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise HarnessError(f"{name} ended:\n{self.log_of(name)}")
        parts = self.client.health()
        needed = {"metadatabase", "scheduler"}
        if self.is_airflow_3:
            needed.add("dag_processor")
        if self._triggerer:
            needed.add("triggerer")
        return all(parts.get(name) == "healthy" for name in needed)

    def log_of(self, name: str) -> str:
        """Returns the end of what a service wrote."""
        log = (self.home / f"{name}.log").read_text(errors="replace")
        return log[-8000:]

    def _stop(self) -> None:
        """Ends the services, then whatever of theirs is left."""
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.terminate()
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
        # Workers and tasks have sessions of their own. The home is this object's alone.
        for pid in _processes_with(f"AIRFLOW_HOME={self.home}"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self._processes.values():
            process.wait()


def _processes_with(variable: str) -> list[int]:
    """Returns the processes of this machine whose environment holds `variable`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if variable.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs a whole Airflow.")
    parser.add_argument("--airflow", required=True, choices=VERSIONS)
    parser.add_argument("--dags", required=True, type=Path)
    parser.add_argument("--port", type=int, help="default: any free one")
    parser.add_argument(
        "--environment", type=Path, help="JSON object of variables for the tasks"
    )
    args = parser.parse_args()
    given = json.loads(args.environment.read_text()) if args.environment else {}
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    try:
        with Services(
            args.airflow, args.dags, environment=given, port=args.port
        ) as services:
            ready = {
                "url": services.url,
                "home": str(services.home),
                "pid": os.getpid(),
            }
            print(json.dumps(ready), flush=True)
            done.wait()
    except HarnessError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
