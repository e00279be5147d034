"""Replications of DMS and their runs: what is loaded, counted and called an error.

A task: ready -> starting, running -> stopped or failed; stopping -> stopped. A serverless one has more states before it runs.
"""

from __future__ import annotations

import csv
import io
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

#: What a serverless replication goes through before it runs.
_SERVERLESS = (
    "initializing",
    "preparing metadata resources",
    "testing connection",
    "fetching metadata",
    "calculating capacity",
    "provisioning capacity",
)

ACTIVE_ENDS = ("ready", "created", "stopped", "failed")


class Stopped(Exception):
    """The run was told to stop."""


@dataclass
class Table:
    """A table, and what has become of its rows."""

    schema: str
    name: str
    state: str = "Before load"
    rows: int = 0
    validation: str = "Not enabled"


@dataclass(frozen=True)
class View:
    """A replication as a call tells it."""

    status: str
    started: datetime | None = None
    fresh: datetime | None = None
    stopped: datetime | None = None
    reason: str | None = None
    failure: str | None = None
    percent: int = 0
    until: str | None = None


@dataclass
class Replication:
    """What a control request has made."""

    arn: str
    name: str
    serverless: bool
    migration: str
    settings: str
    #: The tables of the warehouse that are read, and where they are written.
    sources: list[str]
    workgroup: str
    target: tuple[str, str]
    view: View
    tags: dict[str, str] = field(default_factory=dict)
    #: What is told until then, as answers are behind.
    old: View | None = None
    old_until: float = 0.0
    old_tags: dict[str, str] = field(default_factory=dict)
    old_tags_until: float = 0.0
    tables: list[Table] = field(default_factory=list)
    #: The starts, each with the mark that there was.
    runs: list[dict[str, Any]] = field(default_factory=list)
    told_to_stop: threading.Event = field(default_factory=threading.Event)

    @property
    def active(self) -> bool:
        return self.view.status not in ACTIVE_ENDS

    def told(self) -> View:
        """As a call tells it now."""
        if self.old is not None and time.monotonic() < self.old_until:
            return self.old
        return self.view

    def told_tags(self) -> dict[str, str]:
        """The tags as a call tells them now."""
        if time.monotonic() < self.old_tags_until:
            return self.old_tags
        return self.tags

    def change(self, **more: Any) -> None:
        self.view = replace(self.view, **more)

    def pause(self, seconds: float) -> None:
        """Waits, unless it is told to stop; then the run ends here."""
        if self.told_to_stop.wait(seconds):
            raise Stopped


def run(
    replication: Replication,
    rows_of: Callable[[str], tuple[list[str], list[tuple[Any, ...]]]],
    s3: Any,
    hold: float,
    script: dict[str, Any],
) -> None:
    """Runs a replication to its end; for a thread."""
    try:
        _run(replication, rows_of, s3, hold, script)
    except Stopped:
        # It takes a little until it has stopped; what was written stays.
        time.sleep(0.2)
        _end(replication, "Stop Reason NORMAL")
    except Exception as error:
        # What a reset has taken away is no bug.
        if not replication.told_to_stop.is_set():
            traceback.print_exc()
        replication.change(
            status="failed", stopped=datetime.now(UTC), failure=repr(error)
        )


def _run(
    replication: Replication,
    rows_of: Callable[[str], tuple[list[str], list[tuple[Any, ...]]]],
    s3: Any,
    hold: float,
    script: dict[str, Any],
) -> None:
    began = time.monotonic()
    if replication.serverless:
        for status in _SERVERLESS:
            replication.change(status=status)
            replication.pause(0.02)
    replication.pause(float(script.get("after", 0.02)))
    if script.get("state") == "failed":
        message = script.get("message", "")
        replication.change(status="failed", stopped=datetime.now(UTC), failure=message)
        return
    replication.change(status="running")
    errors = set(script.get("errors", []))
    if replication.migration != "cdc":
        for number, table in enumerate(replication.tables):
            replication.pause(0)
            _load(replication, table, rows_of, s3, errors)
            done = 100 * (number + 1) // len(replication.tables)
            replication.change(percent=done)
        replication.change(percent=100)
    replication.pause(max(0.0, hold - (time.monotonic() - began)))
    for table in replication.tables:
        if f"{table.schema}.{table.name}" in script.get("mismatched", []):
            table.validation = "Mismatched records"
    _end(replication, script.get("reason") or _reason(replication))


def _reason(replication: Replication) -> str:
    """Why it stops, when it does: one that has no end of its own waits until it is stopped."""
    if replication.migration == "full-load":
        return "Stop Reason FULL_LOAD_ONLY_FINISHED"
    if '"StopTaskCachedChangesApplied": true' in replication.settings:
        return "Stop Reason STOPPED_AFTER_CACHED_EVENTS"
    kind, _, moment = (replication.view.until or "").partition(":")
    if not kind:
        while True:
            replication.pause(60)
    stop = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    while datetime.now(UTC) < stop:
        replication.pause(0.1)
    at = "SERVER" if kind == "server_time" else "COMMIT"
    return f"Stop Reason STOPPED_AT_{at}_TIME"


def _load(
    replication: Replication,
    table: Table,
    rows_of: Callable[[str], tuple[list[str], list[tuple[Any, ...]]]],
    s3: Any,
    errors: set[str],
) -> None:
    named = f"{table.schema}.{table.name}"
    table.state = "Full load"
    try:
        if named in errors:
            raise ValueError("the script says so")
        columns, rows = rows_of(named)
    except ValueError:
        # One table that cannot be read is suspended, and the others go on.
        table.state = "Table error"
        return
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    bucket, prefix = replication.target
    key = f"{prefix}{table.schema}/{table.name}/LOAD00000001.csv"
    s3.put_object(Bucket=bucket, Key=key, Body=text.getvalue().encode())
    table.state, table.rows = "Table completed", len(rows)


def _end(replication: Replication, reason: str) -> None:
    replication.change(status="stopped", stopped=datetime.now(UTC), reason=reason)
