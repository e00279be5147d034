"""A throw-away home for Airflow, with settings, database and logs of its own.

Takes the name of an environment of `tests/env` and a DAG folder; gives the environment
variables under which that Airflow sees this folder and nothing of the machine's own.
The module must not import Airflow: its tests run under any Python 3.11.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "env"))

from ensure import ensure, locked  # noqa: E402

VERSIONS = ("airflow-2.11", "airflow-3.3")

# Only a test's database is encrypted and signed with these.
FERNET_KEY = "ZGFnYyB0ZXN0cyBvbmx5LCBub3QgYSBzZWNyZXQgISE="
SHARED_SECRET = "dagc tests only: thirty-two bytes or more, and not a secret"


PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class HarnessError(Exception):
    """Airflow could not be made to answer; the text says what it wrote last."""


class Started(ABC):
    """What runs while a `with` block does.

    `_start` begins it and puts on `_stack` how each part is ended; what it has begun is
    ended in reverse order, also when it fails half way.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()

    @abstractmethod
    def _start(self) -> None: ...

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def python_of(airflow: str) -> Path:
    """Returns the interpreter of the environment, which is made where it is missing."""
    return ensure(airflow) / "bin" / "python"


def settings(home: Path, dags: Path, *, database: str | None = None) -> dict[str, str]:
    """Says in environment variables what Airflow's configuration file would say.

    Without `database`, a SQLAlchemy address, an SQLite file in `home` is used.
    """
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags.absolute()),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__FERNET_KEY": FERNET_KEY,
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database
        or f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Returns this process's environment without its Airflow, and with `extra`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW", "_AIRFLOW", "PYTHONPATH", "VIRTUAL_ENV"))
    }
    return {**kept, **extra}


def die_with_parent() -> None:
    """Makes a new process end with its parent, whatever ends that; a `preexec_fn`."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def make_database(airflow: str, home: Path) -> None:
    """Puts a migrated SQLite database into `home`.

    A migration takes ten seconds and more, so one is kept beside the environment.
    """
    template = ensure(airflow) / "migrated.db"
    if not template.is_file():
        with locked(template):
            if not template.is_file():
                _migrate(airflow, template)
    shutil.copy(template, home / "airflow.db")


def _migrate(airflow: str, template: Path) -> None:
    scratch = template.with_name("migrating")
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "dags").mkdir(parents=True)
    environment = clean_environment(settings(scratch, scratch / "dags"))
    argv = [python_of(airflow), "-m", "airflow", "db", "migrate"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise HarnessError(f"airflow db migrate failed:\n{done.stdout}{done.stderr}")
    # What the write-ahead log holds is brought into the one file that is copied.
    with sqlite3.connect(scratch / "airflow.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.replace(scratch / "airflow.db", template)
    shutil.rmtree(scratch)
