"""Executions and their histories, each run by a thread of its own.

RUNNING -> SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
"""

from __future__ import annotations

import json
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lab.states import language
from lab.states.language import Failed


class Stopped(Exception):
    """The execution was stopped."""


@dataclass
class Machine:
    """What a control request has made."""

    arn: str
    name: str
    express: bool
    definition: dict[str, Any]
    qualifiers: list[str]


@dataclass
class Execution:
    """What StartExecution has made."""

    arn: str
    name: str
    machine: Machine
    #: The version or the alias that was started.
    qualifier: str | None
    input: str
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    #: From when on it is listed, and known by its ARN.
    listed: datetime = datetime.min.replace(tzinfo=UTC)
    known: datetime = datetime.min.replace(tzinfo=UTC)
    stopped: datetime | None = None
    status: str = "RUNNING"
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    hold: float = 0.0
    script: dict[str, Any] | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    stop: tuple[str | None, str | None] | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    def tell(self, kind: str, details: dict[str, Any] | None = None) -> None:
        """Notes an event."""
        with self.changed:
            number = len(self.events) + 1
            self.events.append(
                {
                    "id": number,
                    "previousEventId": number - 1,
                    "timestamp": datetime.now(UTC),
                    "type": kind,
                    **(details or {}),
                }
            )

    def pause(self, seconds: float) -> None:
        """Waits, unless it is stopped; then it ends here."""
        with self.changed:
            self.changed.wait_for(lambda: self.stop, seconds)
            if self.stop:
                raise Stopped

    def ask_for_stop(self, error: str | None, cause: str | None) -> None:
        with self.changed:
            if self.status == "RUNNING" and self.stop is None:
                self.stop = (error, cause)
            self.changed.notify_all()

    def end(
        self,
        status: str,
        output: str | None = None,
        error: str | None = None,
        cause: str | None = None,
    ) -> None:
        words = {"TIMED_OUT": "TimedOut"}.get(status, status.capitalize())
        details: dict[str, Any] = {"output": output}
        if status != "SUCCEEDED":
            details = {"error": error, "cause": cause}
        details = {k: v for k, v in details.items() if v is not None}
        self.tell(f"Execution{words}", {f"execution{words}EventDetails": details})
        with self.changed:
            self.status, self.output = status, output
            self.error, self.cause = error, cause
            self.stopped = datetime.now(UTC)
            self.changed.notify_all()


def run(execution: Execution, task: Callable[[dict[str, Any]], Any]) -> None:
    """Runs an execution to its end; for a thread."""
    began = time.monotonic()
    try:
        execution.tell(
            "ExecutionStarted",
            {"executionStartedEventDetails": {"input": execution.input}},
        )
        if execution.script is not None:
            _act(execution, execution.script)
            return
        value = language.run(
            execution.machine.definition,
            json.loads(execution.input),
            execution.tell,
            execution.pause,
            task,
        )
        execution.pause(max(0.0, execution.hold - (time.monotonic() - began)))
        output = json.dumps(value)
        if len(output) > 262_144:
            raise Failed("States.DataLimitExceeded", "the output is too long")
        execution.end("SUCCEEDED", output)
    except Stopped:
        error, cause = execution.stop or (None, None)
        # It takes a little until it has stopped.
        time.sleep(0.2)
        execution.end("ABORTED", error=error, cause=cause)
    except Failed as failed:
        execution.end("FAILED", error=failed.error, cause=failed.cause)
    except Exception as error:
        traceback.print_exc()
        execution.end("FAILED", error="Lab.Bug", cause=repr(error))


def _act(execution: Execution, script: dict[str, Any]) -> None:
    """Plays the outcome that a fault rule wrote."""
    execution.pause(float(script.get("after", 0)) + execution.hold)
    status = script.get("state", "FAILED")
    execution.end(
        status, script.get("output"), script.get("error"), script.get("cause")
    )
