"""Executions of DataSync: what is transferred, counted and verified.

QUEUED, LAUNCHING, PREPARING, TRANSFERRING, VERIFYING -> SUCCESS or ERROR; CANCELLING -> ERROR.
"""

from __future__ import annotations

import threading
import time
import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError


class Stopped(Exception):
    """The execution was cancelled."""


@dataclass
class Task:
    """What a control request has made."""

    arn: str
    name: str
    #: Bucket and prefix of the source and of the target.
    source: tuple[str, str]
    target: tuple[str, str]
    enhanced: bool
    #: One execution at a time; the others are queued.
    turn: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Execution:
    """What StartTaskExecution has made."""

    arn: str
    task: Task
    tags: dict[str, str]
    include: list[str]
    exclude: list[str]
    everything: bool
    hold: float
    script: dict[str, Any] | None
    #: From when on it is listed, and known by its ARN.
    listed: datetime
    known: datetime
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    launched: datetime | None = None
    ended: datetime | None = None
    status: str = "QUEUED"
    files: int = 0
    bytes: int = 0
    skipped: int = 0
    failed: int = 0
    error: tuple[str, str] | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def over(self) -> bool:
        return self.status in ("SUCCESS", "ERROR")

    def pause(self, seconds: float) -> None:
        """Waits, unless it is cancelled; then it ends here."""
        if self.cancelled.wait(seconds):
            raise Stopped

    def cancel(self) -> None:
        if not self.over:
            self.status = "CANCELLING"
            self.cancelled.set()

    def takes(self, path: str) -> bool:
        """Says whether a file of the source is to be transferred."""
        if self.include and not any(_begins(path, one) for one in self.include):
            return False
        return not any(_matches(path, one) for one in self.exclude)


def _begins(path: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return path.startswith(pattern[:-1])
    folder = pattern.rstrip("/")
    return path == folder or path.startswith(folder + "/")


def _matches(path: str, pattern: str) -> bool:
    inner = pattern.strip("*")
    if pattern.startswith("*") and pattern.endswith("*"):
        return inner in path
    if pattern.startswith("*"):
        return path.endswith(inner)
    return _begins(path, pattern)


def run(execution: Execution, s3: Any) -> None:
    """Runs an execution to its end; for a thread."""
    try:
        _queued(execution)
        try:
            began = time.monotonic()
            execution.launched = datetime.now(UTC)
            _state(execution, "LAUNCHING")
            script = execution.script or {}
            execution.pause(float(script.get("after", 0)))
            if script.get("state") == "ERROR":
                execution.error = (
                    script.get("code", "OpError"),
                    script.get("detail", ""),
                )
                _end(execution, "ERROR")
                return
            _state(execution, "PREPARING")
            found = _listed(execution, s3)
            _state(execution, "TRANSFERRING")
            for key, path, size in found:
                execution.pause(0)
                _transfer(execution, s3, key, path, size)
            execution.pause(
                max(0.0, execution.hold - (time.monotonic() - began)),
            )
            _state(execution, "VERIFYING")
            execution.failed = int(script.get("failed", 0))
            _end(execution, "SUCCESS")
        finally:
            execution.task.turn.release()
    except Stopped:
        # It takes a little until it has stopped; what was transferred stays.
        time.sleep(0.2)
        execution.error = ("TaskExecutionCancelled", "The task execution was cancelled")
        _end(execution, "ERROR")
    except Exception as error:
        # What a reset has taken away is no bug.
        if not execution.cancelled.is_set():
            traceback.print_exc()
        execution.error = ("LabBug", repr(error))
        _end(execution, "ERROR")


def _queued(execution: Execution) -> None:
    """Waits until the executions before have ended."""
    while not execution.task.turn.acquire(timeout=0.05):
        execution.pause(0)


def _state(execution: Execution, status: str) -> None:
    execution.pause(0.02)
    execution.status = status


def _end(execution: Execution, status: str) -> None:
    execution.ended = datetime.now(UTC)
    execution.status = status


def _listed(execution: Execution, s3: Any) -> list[tuple[str, str, int]]:
    """The keys, paths and sizes of what is in the source and is to be transferred."""
    bucket, prefix = execution.task.source
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = []
    for page in pages:
        for item in page.get("Contents", []):
            path = "/" + item["Key"][len(prefix) :]
            if execution.takes(path):
                found.append((item["Key"], path, item["Size"]))
    return found


def _transfer(execution: Execution, s3: Any, key: str, path: str, size: int) -> None:
    of, bucket = execution.task.source[0], execution.task.target[0]
    target = execution.task.target[1] + path[1:]
    if not execution.everything and _same(s3, (of, key), (bucket, target)):
        execution.skipped += 1
        return
    s3.copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": of, "Key": key})
    execution.files += 1
    execution.bytes += size


def _same(s3: Any, source: tuple[str, str], target: tuple[str, str]) -> bool:
    tags = []
    for bucket, key in (source, target):
        try:
            tags.append(s3.head_object(Bucket=bucket, Key=key)["ETag"])
        except ClientError:
            return False
    return tags[0] == tags[1]
