"""One task: PROVISIONING -> PENDING -> RUNNING -> STOPPED, its containers each a process that runs a Python file."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.logs import Logs
from lab.processes import end

if TYPE_CHECKING:
    from lab.lab import Lab

#: Seconds from SIGTERM to SIGKILL; 30 in ECS.
_GRACE = 1.0


@dataclass
class Container:
    """One container of a task."""

    definition: dict[str, Any]
    command: list[str]
    env: dict[str, str]
    exit_code: int | None = None
    reason: str | None = None
    process: subprocess.Popen[bytes] | None = None


@dataclass
class Task:
    """A task; `lock` guards what changes."""

    arn: str
    cluster: str
    definition: dict[str, Any]
    request: dict[str, Any]
    containers: list[Container]
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    listed: float = 0.0
    known: float = 0.0
    hold: float = 0.0
    script: dict[str, Any] | None = None
    status: str = "PROVISIONING"
    desired: str = "RUNNING"
    stop_code: str | None = None
    stopped_reason: str | None = None
    pulled: datetime | None = None
    stopped: datetime | None = None
    lock: threading.Condition = field(default_factory=threading.Condition)

    @property
    def id(self) -> str:
        """What it is called in its cluster."""
        return self.arn.rpartition("/")[2]

    def ask_for_stop(self, code: str, reason: str | None) -> None:
        """Asks for its end; what has ended stays as it is."""
        with self.lock:
            if self.desired == "STOPPED":
                return
            self.desired, self.stop_code, self.stopped_reason = "STOPPED", code, reason
            self.lock.notify_all()


def run(lab: Lab, region: str, task: Task) -> None:
    """Runs a task to its end."""
    with task.lock:
        task.status, task.pulled = "PENDING", datetime.now(UTC)
    try:
        if task.script is not None:
            _scripted(task)
        else:
            _for_real(lab, region, task)
    finally:
        with task.lock:
            task.status, task.desired = "STOPPED", "STOPPED"
            task.stopped = datetime.now(UTC)


def _scripted(task: Task) -> None:
    """A fault rule has written what comes of it."""
    script = task.script or {}
    with task.lock:
        task.lock.wait_for(lambda: task.desired == "STOPPED", task.hold)
        if task.desired != "STOPPED":
            task.stop_code = script.get("stop_code", "EssentialContainerExited")
            task.stopped_reason = script.get("reason")
    for container in task.containers:
        container.exit_code = script.get("exit_code")
        container.reason = script.get("container_reason")


def _for_real(lab: Lab, region: str, task: Task) -> None:
    with tempfile.TemporaryDirectory(dir=lab.state, prefix="task-") as folder:
        for container in task.containers:
            _start(lab, folder, container)
        with task.lock:
            task.status = "RUNNING"
        _wait(task)
        for container in task.containers:
            process = container.process
            if process is not None:
                end(process, _GRACE)
                # The kernel's number of a signal, as a shell gives it.
                code = process.returncode
                container.exit_code = 128 - code if code < 0 else code
            lines = Path(folder, f"{container.definition['name']}.log").read_text()
            _log(lab, region, task, container, lines.splitlines())


def _start(lab: Lab, folder: str, container: Container) -> None:
    name = container.definition["name"]
    code = Path(folder, f"{name}.py")
    code.write_text(container.definition["code"], encoding="utf-8")
    with Path(folder, f"{name}.log").open("wb") as output:
        container.process = lab.processes.start(
            [sys.executable, "-I", "-u", str(code), *container.command],
            cwd=folder,
            env={"PATH": os.environ["PATH"], **container.env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def _wait(task: Task) -> None:
    """Until an essential container has exited, or somebody stops the task."""
    essential = [c for c in task.containers if c.definition.get("essential", True)]
    least = time.monotonic() + task.hold
    while True:
        with task.lock:
            if task.lock.wait_for(lambda: task.desired == "STOPPED", 0.02):
                return
            exited = [
                c for c in essential if c.process and c.process.poll() is not None
            ]
            if exited and time.monotonic() >= least:
                task.desired = "STOPPED"
                task.stop_code = "EssentialContainerExited"
                task.stopped_reason = "Essential container in task exited"
                return


def _log(
    lab: Lab, region: str, task: Task, container: Container, lines: list[str]
) -> None:
    place = container.definition.get("log")
    if place:
        stream = f"{place['prefix']}/{container.definition['name']}/{task.id}"
        lab.service(Logs, region).append(place["group"], stream, lines)
