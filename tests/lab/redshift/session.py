"""The SQL of one Data API statement on one connection: what is run, what comes back."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import errors as pg

from lab.redshift import catalog, copy_command, external, merge, unload, views
from lab.redshift.copy_load import CopyRun
from lab.redshift.errors import Cancelled, SqlError
from lab.redshift.lexer import quoted, statements, text, tokens, words
from lab.redshift.rewrite import rewrite
from lab.s3 import Store


@dataclass
class Result:
    """What a statement gave: rows affected, or columns and rows."""

    affected: int = 0
    columns: list[dict[str, Any]] | None = None
    rows: list[tuple[Any, ...]] = field(default_factory=list)


class Session:
    """One connection as a client has it. `cancel` may come from another thread."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        admin: psycopg.Connection[Any],
        store: Store,
        region: str,
        cluster: bool,
        database: str,
    ) -> None:
        # PostgreSQL's database may have another name than Redshift's.
        connection.execute("select set_config('lab.database', %s, false)", [database])
        self._connection = connection
        self._database = database
        self._admin = admin
        self._store = store
        self._region = region
        self._cluster = cluster
        self._cancelled = threading.Event()

    @property
    def pid(self) -> int:
        return self._connection.info.backend_pid

    def cancel(self) -> None:
        """Stops what runs now, and everything after it."""
        self._cancelled.set()
        self._connection.cancel_safe(timeout=5)

    def close(self) -> None:
        self._connection.close()
        self._admin.close()

    def hold(self, seconds: float) -> None:
        """Sleeps in the database, so that a cancel reaches it."""
        if seconds > 0:
            self._guard(lambda: self._connection.execute(f"select pg_sleep({seconds})"))

    def record(self, row: dict[str, Any]) -> None:
        """Adds a row to SYS_QUERY_HISTORY, whatever becomes of the transaction."""
        catalog.add(self._admin, "sys_query_history", row)

    def begin(self) -> None:
        self._guard(lambda: self._connection.execute("begin"))

    def commit(self) -> None:
        self._guard(lambda: self._connection.execute("commit"))

    def rollback(self) -> None:
        self._connection.execute("rollback")

    def run(self, sql: str, query_id: int) -> Result:
        """Runs one statement; SqlError if it fails, Cancelled if it was cancelled."""
        return self._guard(lambda: self._run(sql, query_id))

    def _guard(self, work: Any) -> Any:
        if self._cancelled.is_set():
            raise Cancelled
        try:
            return work()
        except pg.QueryCanceled as error:
            raise Cancelled from error
        except psycopg.Error as error:
            if self._cancelled.is_set():
                raise Cancelled from error
            raise SqlError(_explained(error)) from error

    def _run(self, sql: str, query_id: int) -> Result:
        parts = statements(sql)
        if len(parts) != 1:
            raise SqlError(
                "cannot insert multiple commands into a prepared statement"
                if parts
                else "the statement is empty"
            )
        in_transaction = (
            self._connection.info.transaction_status
            != psycopg.pq.TransactionStatus.IDLE
        )
        head = [token.upper for token in words(sql)[:2]]
        if in_transaction and head[0] in (
            "BEGIN",
            "COMMIT",
            "END",
            "ROLLBACK",
            "ABORT",
        ):
            raise SqlError(f"{head[0]} cannot run inside a transaction block")
        if in_transaction and head[0] == "TRUNCATE":
            # Redshift would commit here, behind the client's back.
            raise SqlError(
                "the lab refuses TRUNCATE inside a transaction: Redshift commits it"
            )
        if head[0] == "VACUUM":
            if in_transaction:
                raise SqlError("VACUUM cannot run inside a transaction block")
            return Result()
        if copy_command.is_copy(sql):
            return self._copy(sql, query_id)
        if unload.is_unload(sql):
            return self._unload(sql, query_id)
        if merge.is_merge(sql):
            return self._merge(sql, in_transaction)
        if external.is_about(sql):
            external.run(self._connection, sql)
            return Result()
        if views.is_about(sql):
            views.Views(self._connection, self._admin, self._database).run(sql)
            return Result()
        return self._execute(rewrite(sql))

    def _execute(self, sql: str) -> Result:
        # No parameters, hence the simple protocol: a percent sign is only itself.
        cursor = self._connection.execute(sql.encode())
        if cursor.description is None:
            return Result(affected=max(cursor.rowcount, 0))
        columns = [_column(c, self._connection) for c in cursor.description]
        return Result(columns=columns, rows=cursor.fetchall())

    def _copy(self, sql: str, query_id: int) -> Result:
        command = copy_command.parse(sql)
        run = CopyRun(
            command,
            self._connection,
            self._admin,
            self._store,
            self._region,
            query_id,
            self._cluster,
            self._cancelled.is_set,
        )
        loaded = run.run()
        self._connection.execute(
            "select set_config('lab.copy_id', %s, false),"
            " set_config('lab.copy_count', %s, false)",
            [str(query_id), str(loaded)],
        )
        return Result()

    def _unload(self, sql: str, query_id: int) -> Result:
        run = unload.UnloadRun(
            unload.parse(sql),
            self._connection,
            self._admin,
            self._store,
            self._region,
            query_id,
            self._cancelled.is_set,
        )
        run.run()
        return Result()

    def _merge(self, sql: str, in_transaction: bool) -> Result:
        parts = merge.translate(sql)
        if len(parts) > 1 and not in_transaction:
            with self._connection.transaction():
                return self._all(parts)
        return self._all(parts)

    def _all(self, parts: list[str]) -> Result:
        total = Result()
        for part in parts:
            total.affected += self._execute(rewrite(part)).affected
        return total


def with_parameters(sql: str, parameters: dict[str, str]) -> tuple[str, set[str]]:
    """`sql` with its `:name`s as literals, and the names that it uses."""
    pieces, used, out = tokens(sql), set(), []
    index = 0
    while index < len(pieces):
        token = pieces[index]
        following = pieces[index + 1] if index + 1 < len(pieces) else None
        if token.text == ":" and following is not None and following.kind == "word":
            used.add(following.text)
            value = parameters.get(following.text)
            out.append(token if value is None else _literal(value))
            if value is None:
                out.append(following)
            index += 2
            continue
        out.append(token)
        index += 1
    return text(out), used


def _literal(value: str) -> Any:
    [token] = tokens(quoted(value))
    return token


def _explained(error: psycopg.Error) -> str:
    told = error.diag.message_primary
    if told is None:
        return str(error).strip() or type(error).__name__
    if isinstance(error, pg.CardinalityViolation) and "MERGE" in told:
        return "Found multiple matches to update the same tuple."
    if (name := error.diag.constraint_name) and name.startswith("lab_"):
        _, kind, length, _ = name.split("_")
        long = {"varchar": "character varying", "bpchar": "character"}[kind]
        return f"value too long for type {long}({length})"
    if isinstance(error, pg.GeneratedAlways):
        return "cannot set an identity column to a value"
    detail = error.diag.message_detail
    return f"{told}\n  Detail: {detail}" if detail else told


def _column(column: Any, connection: psycopg.Connection[Any]) -> dict[str, Any]:
    info = connection.adapters.types.get(column.type_code)
    name = info.name if info else "varchar"
    name = {"text": "varchar", "jsonb": "super", "name": "varchar"}.get(name, name)
    size = column.internal_size or column.display_size
    return {
        "name": column.name,
        "label": column.name,
        "typeName": name,
        "nullable": 1,
        "precision": column.precision or size or 0,
        "scale": column.scale or 0,
        "length": size or 0,
        "isCaseSensitive": name in ("varchar", "bpchar"),
        "isCurrency": False,
        "isSigned": name in ("int2", "int4", "int8", "float4", "float8", "numeric"),
        "schemaName": "",
        "tableName": "",
    }
