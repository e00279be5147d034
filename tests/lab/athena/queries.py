"""Queries and their states, each run by a thread of its own.

QUEUED -> RUNNING -> SUCCEEDED, FAILED or CANCELLED. What a query has read is known before it
ends, and what it writes takes effect at its end.
"""

from __future__ import annotations

import csv
import io
import re
import threading
import time
import traceback
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from lab.athena.engine import Engine, kind_of
from lab.athena.errors import Cancelled, QueryError
from lab.athena.result import Result
from lab.athena.tables import Lake, split
from lab.athena.types import result_text, result_type

if TYPE_CHECKING:
    from lab.lab import Lab

_PREPARE = re.compile(r"(?is)\s*prepare\s+(\w+)\s+from\s+(.*)")
_EXECUTE = re.compile(r"(?is)\s*execute\s+(\w+)(?:\s+using\s+(.*?))?[\s;]*")
_DEALLOCATE = re.compile(r"(?is)\s*deallocate\s+prepare\s+(\w+)[\s;]*")

TERMINAL = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass
class Query:
    """What StartQueryExecution made."""

    request: dict[str, Any]
    workgroup: str
    #: The folder of the result.
    output: str
    #: The most bytes that the workgroup lets it scan.
    cutoff: int | None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    submitted: datetime = field(default_factory=lambda: datetime.now(UTC))
    listed: datetime = datetime.min.replace(tzinfo=UTC)
    completed: datetime | None = None
    state: str = "QUEUED"
    reason: str | None = None
    error: dict[str, Any] | None = None
    kind: str = "DML"
    place: str | None = None
    scanned: int = 0
    data: pa.Table | None = None
    updated: int | None = None
    reused: bool = False
    hold: float = 0.0
    script: dict[str, Any] | None = None
    stopped: str | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    def stop(self, why: str) -> None:
        """Asks for its end."""
        with self.changed:
            if self.state not in TERMINAL:
                self.stopped = self.stopped or why
            self.changed.notify_all()

    def pause(self, seconds: float) -> None:
        """Waits, unless it is stopped; then it ends here."""
        with self.changed:
            self.changed.wait_for(lambda: self.stopped, seconds)
            if self.stopped:
                raise Cancelled(self.stopped)

    def end(
        self, state: str, reason: str | None = None, error: QueryError | None = None
    ) -> None:
        with self.changed:
            self.state, self.reason = state, reason
            self.completed = datetime.now(UTC)
            if error is not None:
                self.error = {
                    "ErrorCategory": error.category,
                    "ErrorType": error.type,
                    "Retryable": error.retryable,
                    "ErrorMessage": str(error),
                }
            self.changed.notify_all()


class Prepared:
    """The statements that workgroups keep."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], str] = {}

    def plan(self, query: Query, engine: Engine, guard: Any) -> Any:
        """What a statement does; what is prepared runs with its values in place of `?`."""
        sql = query.request["QueryString"]
        if match := _PREPARE.fullmatch(sql):
            key = (query.workgroup, match[1].lower())
            guard(
                f"athena:{'Update' if key in self._kept else 'Create'}PreparedStatement"
            )
            self._kept[key] = match[2]
            return lambda: Result("DDL")
        if match := _DEALLOCATE.fullmatch(sql):
            guard("athena:DeletePreparedStatement")
            self._known(query, match[1])
            self._kept.pop((query.workgroup, match[1].lower()))
            return lambda: Result("DDL")
        if match := _EXECUTE.fullmatch(sql):
            guard("athena:GetPreparedStatement")
            kept = self._known(query, match[1])
            values = re.findall(r"'(?:[^']|'')*'|[^,\s][^,]*", match[2] or "")
            if kept.count("?") != len(values):
                raise QueryError(
                    f"SYNTAX_ERROR: line 1:1: Incorrect number of parameters: expected {kept.count('?')} but found {len(values)}"
                )
            given = iter(values)
            sql = re.sub(r"\?", lambda _: next(given), kept)
            query.kind = kind_of(sql)
        return engine.plan(sql)

    def _known(self, query: Query, name: str) -> str:
        try:
            return self._kept[query.workgroup, name.lower()]
        except KeyError:
            raise QueryError(
                f"PREPARED_STATEMENT_NOT_FOUND: PreparedStatement {name} was not found in workGroup {query.workgroup}"
            ) from None


def run(
    query: Query, lab: Lab, region: str, guard: Any, key: str, prepared: Prepared
) -> None:
    """Runs a query to its end; for a thread."""
    try:
        if query.script is not None:
            _act(query, query.script)
        else:
            _run(query, lab, region, guard, key, prepared)
    except Cancelled as why:
        query.end("CANCELLED", str(why))
    except QueryError as error:
        query.end("FAILED", str(error), error)
    except Exception as error:
        traceback.print_exc()
        lab.journal.enter("athena", "run", query.request["QueryString"])["bug"] = repr(
            error
        )
        wrong = QueryError(
            f"GENERIC_INTERNAL_ERROR: a bug of the lab: {error!r}", category=1
        )
        query.end("FAILED", str(wrong), wrong)


def _act(query: Query, script: dict[str, Any]) -> None:
    """Plays the outcome that a fault rule wrote, without running any SQL."""
    query.scanned = int(script.get("scanned", 0))
    query.pause(0.02)
    query.state = "RUNNING"
    query.pause(float(script.get("after", 0)) + query.hold)
    state = script.get("state", "FAILED")
    reason = script.get("reason")
    query.end(state, reason)
    if state == "FAILED":
        query.error = {"ErrorCategory": 2, "ErrorType": 1006, **script.get("error", {})}


def _run(
    query: Query, lab: Lab, region: str, guard: Any, key: str, prepared: Prepared
) -> None:
    query.kind = kind_of(query.request["QueryString"])
    query.pause(lab.unkind.values.waiting)
    query.state = "RUNNING"
    began = time.monotonic()
    lake = Lake(lab, region, guard)
    context = query.request.get("QueryExecutionContext", {})
    engine = Engine(
        lake, key, context.get("Database", "default"), query.id, query.output
    )
    try:
        arn = f"arn:aws:athena:{region}:123456789012:workgroup/{query.workgroup}"
        work = prepared.plan(query, engine, lambda action: guard(action, arn))
        query.scanned = lake.scanned
        query.pause(query.hold)
        if query.cutoff is not None and query.scanned > query.cutoff:
            raise Cancelled("Bytes scanned limit was exceeded")
        result = work()
        query.scanned = lake.scanned
        query.data, query.updated = result.data, result.updated
        query.place = _write(query, lake)
    finally:
        engine.close()
    query.pause(max(0.0, 0.05 - (time.monotonic() - began)))
    query.end("SUCCEEDED")


def _write(query: Query, lake: Lake) -> str:
    """Puts the result where it belongs."""
    rows, text = query.data, io.StringIO()
    if rows is not None and query.kind == "DML":
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(rows.column_names)
        writer.writerows(
            [[result_text(v) for v in row.values()] for row in rows.to_pylist()]
        )
        suffix = ".csv"
    else:
        text.writelines(
            f"{result_text(v)}\n"
            for row in (rows.to_pylist() if rows is not None else [])
            for v in row.values()
        )
        suffix = ".txt" if query.updated is None else ""
    place = f"{query.output.rstrip('/')}/{query.id}{suffix}"
    lake.put(*split(place), text.getvalue().encode())
    return place


def cells(query: Query) -> tuple[list[list[str | None]], list[dict[str, Any]]]:
    """The rows of a result as GetQueryResults has them, and its columns."""
    rows = query.data
    if rows is None:
        return [], []
    columns = [
        {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": f.name,
            "Label": f.name,
            "Type": result_type(f.type),
            "Precision": 0,
            "Scale": 0,
            "Nullable": "UNKNOWN",
            "CaseSensitive": False,
        }
        for f in rows.schema
    ]
    values = [[result_text(v) for v in row.values()] for row in rows.to_pylist()]
    return (
        [list(rows.column_names), *values] if query.kind == "DML" else values
    ), columns
