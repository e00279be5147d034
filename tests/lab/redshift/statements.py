"""Statements of the Data API and their states, each run by a thread of its own.

SUBMITTED -> PICKED -> STARTED -> FINISHED, FAILED or ABORTED. A batch is one
transaction and stops at its first failure; with AUTO_COMMIT each of its statements is
one, a failure stops none of the others, and the whole is FINISHED all the same.
"""

from __future__ import annotations

import itertools
import threading
import time
import traceback
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lab.redshift.errors import Cancelled, SqlError
from lab.redshift.lexer import words
from lab.redshift.session import Result, Session
from lab.redshift.warehouse import Target, Warehouse

TERMINAL = ("FINISHED", "FAILED", "ABORTED")

_QUERY_IDS = itertools.count(100_001)


@dataclass
class Part:
    """One SQL statement of a statement of the API."""

    id: str
    sql: str
    run_sql: str
    created: datetime
    updated: datetime
    status: str = "SUBMITTED"
    error: str | None = None
    query_id: int = 0
    duration: int = -1
    result: Result | None = None

    def move(self, status: str) -> None:
        self.status = status
        self.updated = datetime.now(UTC)


@dataclass
class Statement:
    """What ExecuteStatement or BatchExecuteStatement made."""

    request: dict[str, Any]
    target: Target
    batch: bool
    parts: list[Part]
    id: str
    created: datetime
    #: When ListStatements lists it.
    listed: datetime = datetime.min.replace(tzinfo=UTC)
    hold: float = 0.0
    script: dict[str, Any] | None = None
    status: str = "SUBMITTED"
    error: str | None = None
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))
    pid: int = 0
    duration: int = -1
    session: Session | None = None
    cancelled: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def done(self) -> bool:
        return self.status in TERMINAL

    @property
    def database(self) -> str:
        return self.request["Database"]

    def move(self, status: str, error: str | None = None) -> None:
        """Changes the state and wakes those that wait for it."""
        with self.changed:
            self.status, self.error = status, error
            self.updated = datetime.now(UTC)
            self.changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Waits until the statement is done, but not longer than `seconds`."""
        with self.changed:
            self.changed.wait_for(lambda: self.done, seconds)


def new(
    request: dict[str, Any], target: Target, sqls: list[tuple[str, str]]
) -> Statement:
    """A statement of (SQL as written, SQL with its parameters) that has not begun."""
    now = datetime.now(UTC)
    id_ = str(uuid.uuid4())
    batch = "Sqls" in request
    parts = [
        Part(f"{id_}:{n}" if batch else id_, written, run, now, now)
        for n, (written, run) in enumerate(sqls, 1)
    ]
    return Statement(request, target, batch, parts, id_, now)


def run(statement: Statement, warehouse: Warehouse) -> None:
    """Runs the statement to its end; for a thread."""
    began = time.monotonic()
    try:
        if statement.script is not None:
            _act(statement, statement.script)
        else:
            _run(statement, warehouse)
    except Exception as error:
        traceback.print_exc()
        _end(statement, "FAILED", f"ERROR: a bug of the lab: {error!r}", began)
        return
    statement.duration = int((time.monotonic() - began) * 1e9)


def cancel(statement: Statement) -> None:
    """Asks for the end of a statement that is not done, and stops its SQL."""
    with statement.changed:
        statement.cancelled = True
        session = statement.session
        statement.changed.notify_all()
    if session is not None:
        session.cancel()


def _act(statement: Statement, script: dict[str, Any]) -> None:
    """Plays the outcome that a fault rule wrote, without running any SQL."""
    began = time.monotonic()
    statement.move("STARTED")
    with statement.changed:
        after = float(script.get("after", 0)) + statement.hold
        statement.changed.wait_for(lambda: statement.cancelled, after)
    if statement.cancelled:
        return _end(statement, "ABORTED", None, began)
    state = script.get("state", "FAILED")
    error = script.get("error", "ERROR: scripted") if state == "FAILED" else None
    return _end(statement, state, error, began)


def _run(statement: Statement, warehouse: Warehouse) -> None:
    began = time.monotonic()
    statement.move("PICKED")
    session = warehouse.session(statement.target, statement.database)
    with statement.changed:
        statement.session = session
        statement.pid = session.pid
        if statement.cancelled:
            session.cancel()
    statement.move("STARTED")
    status, error = "FINISHED", None
    one = statement.batch and statement.request.get("ExecutionMode") != "AUTO_COMMIT"
    try:
        try:
            # Before the transaction: a query in it would take its snapshot.
            session.hold(statement.hold)
            if one:
                session.begin()
            for part in statement.parts:
                try:
                    _run_part(part, session, statement)
                except SqlError:
                    if one or not statement.batch:
                        raise
            if one:
                session.commit()
        except (SqlError, Cancelled) as failure:
            if one:
                session.rollback()
            cancelled = isinstance(failure, Cancelled)
            status = "ABORTED" if cancelled else "FAILED"
            error = None if cancelled else _failed(statement, f"ERROR: {failure}")
    finally:
        with statement.changed:
            statement.session = None
        session.close()
    _end(statement, status, error, began)


def _run_part(part: Part, session: Session, statement: Statement) -> None:
    part.query_id = next(_QUERY_IDS)
    part.move("STARTED")
    began = time.monotonic()
    started = datetime.now(UTC)
    failure: SqlError | Cancelled | None = None
    try:
        part.result = session.run(part.run_sql, part.query_id)
    except (SqlError, Cancelled) as error:
        failure = error
    part.duration = int((time.monotonic() - began) * 1e9)
    if isinstance(failure, SqlError):
        part.error = f"ERROR: {failure}"
    status = "failed" if failure else "success"
    session.record(
        {
            "user_id": 100,
            "query_id": part.query_id,
            "query_label": "default",
            "transaction_id": part.query_id,
            "session_id": session.pid,
            "database_name": statement.database,
            "query_type": _query_type(part.sql),
            "status": status,
            "result_cache_hit": False,
            "start_time": started.replace(tzinfo=None),
            "end_time": datetime.now(UTC).replace(tzinfo=None),
            "elapsed_time": part.duration // 1000,
            "queue_time": 0,
            "execution_time": part.duration // 1000,
            "error_message": part.error or "",
            "returned_rows": len(part.result.rows) if part.result else 0,
            "returned_bytes": 0,
            "query_text": part.run_sql,
        },
    )
    if failure is not None:
        part.move("ABORTED" if isinstance(failure, Cancelled) else "FAILED")
        raise failure
    part.move("FINISHED")


def _end(statement: Statement, status: str, error: str | None, began: float) -> None:
    for part in statement.parts:
        if part.status not in TERMINAL:
            # What a batch did not come to is aborted with it.
            part.move("ABORTED" if statement.batch and status == "FAILED" else status)
            part.error = None if statement.batch else error
    statement.duration = int((time.monotonic() - began) * 1e9)
    statement.move(status, error)


def _failed(statement: Statement, error: str) -> str:
    """The error of the whole: a batch's says which of its statements failed."""
    for number, part in enumerate(statement.parts, 1):
        if statement.batch and part.status == "FAILED":
            return f"Query #{number} failed with {error}"
    return error


def _query_type(sql: str) -> str:
    head = [token.upper for token in words(sql)[:1]]
    known = {"SELECT", "INSERT", "UPDATE", "DELETE", "COPY", "MERGE"}
    if head and head[0] in known:
        return head[0]
    return "DDL" if head and head[0] in {"CREATE", "ALTER", "DROP"} else "UTILITY"
