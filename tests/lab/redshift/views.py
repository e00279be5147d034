"""Materialized views: what Redshift refuses of them, and what its tables say of them.

From the Redshift Database Developer Guide: CREATE, ALTER, DROP and REFRESH MATERIALIZED
VIEW, COMMENT. A comment on a materialized view is one on a VIEW. Only what PostgreSQL
has not is done here; the rest is `rewrite`'s.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg

from lab.redshift import catalog
from lab.redshift.errors import SqlError
from lab.redshift.lexer import Token, words
from lab.redshift.rewrite import rewrite

#: What stands before AS, in this order.
_CLAUSES = ("BACKUP", "DISTSTYLE", "DISTKEY", "SORTKEY", "AUTO")
#: With one of these the whole query is run again by a refresh.
_RECOMPUTED = {"LEFT", "RIGHT", "FULL", "UNION", "INTERSECT", "EXCEPT", "OVER"} | {
    "DISTINCT",
    "AVG",
    "MEDIAN",
    "LISTAGG",
}
_FULLY = "Refresh successfully recomputed MV from scratch"
_BY_ROWS = "Refresh successfully updated MV incrementally"


def is_about(sql: str) -> bool:
    """Whether the statement makes, alters, refreshes or comments on such a view."""
    head = [token.upper for token in words(sql)[:3]]
    return head[1:2] == ["MATERIALIZED"] or head == ["COMMENT", "ON", "VIEW"]


class Views:
    """Runs statements about materialized views on a client's connection."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        admin: psycopg.Connection[Any],
        database: str,
    ) -> None:
        self._connection = connection
        self._admin = admin
        self._database = database

    def run(self, sql: str) -> None:
        """Runs one of them; SqlError where Redshift would refuse it."""
        pieces = words(sql)
        head = pieces[0].upper
        if head == "CREATE":
            self._create(sql, pieces)
        elif head == "ALTER":
            self._alter(pieces)
        elif head == "REFRESH":
            self._refresh(sql, pieces)
        elif head == "COMMENT":
            self._comment(sql, pieces)
        else:
            self._connection.execute(rewrite(sql).encode())

    def _create(self, sql: str, pieces: list[Token]) -> None:
        if pieces[2].upper != "VIEW":
            raise SqlError(f'syntax error at or near "{pieces[2].text}"')
        name, at = _name(pieces, 3)
        if pieces[3].upper == "IF":
            raise SqlError('syntax error at or near "IF"')
        query = next(n for n in range(at, len(pieces)) if pieces[n].upper == "AS") + 1
        automatic = _clauses(pieces[at : query - 1])
        if found := _outer(pieces[query:], {"ORDER", "LIMIT", "OFFSET"}):
            raise SqlError(f"{found} is not supported in a materialized view")
        self._connection.execute(rewrite(sql).encode())
        oid = self._oid(name)
        self._refuse_views(oid)
        state = 0 if {token.upper for token in pieces[query:]} & _RECOMPUTED else 1
        self._connection.execute(
            f"insert into {catalog.SCHEMA}.views values (%s, %s, %s)",
            [oid, "t" if automatic else "f", state],
        )

    def _refuse_views(self, oid: int) -> None:
        row = self._connection.execute(
            "select c.relname from pg_catalog.pg_depend d"
            " join pg_catalog.pg_rewrite r on r.oid = d.objid and r.ev_class = %s"
            " join pg_catalog.pg_class c on c.oid = d.refobjid and c.relkind = 'v'",
            [oid],
        ).fetchone()
        if row is not None:
            if self._connection.info.transaction_status == _IDLE:
                self._connection.execute(
                    f"drop materialized view {self._named(oid)}".encode()
                )
            raise SqlError(
                f"a materialized view cannot be made of the standard view {row[0]}"
            )

    def _alter(self, pieces: list[Token]) -> None:
        name, at = _name(pieces, 3)
        rest = [token.upper for token in pieces[at:]]
        if rest[:2] != ["AUTO", "REFRESH"] or rest[2:] not in (["YES"], ["NO"]):
            raise SqlError("the lab knows AUTO REFRESH of a materialized view only")
        self._connection.execute(
            f"update {catalog.SCHEMA}.views set autorefresh = %s where oid = %s",
            ["t" if rest[2] == "YES" else "f", self._oid(name)],
        )

    def _refresh(self, sql: str, pieces: list[Token]) -> None:
        name, _ = _name(pieces, 3)
        oid, began = self._oid(name), datetime.now(UTC)
        state = self._state(oid)
        if state > 100:
            raise SqlError(
                f"Invalid operation: materialized view {name[-1]} could not be"
                " refreshed as a column of a base table was dropped"
            )
        self._connection.execute(rewrite(sql).encode())
        ended = datetime.now(UTC)
        row = {
            "user_id": 100,
            "session_id": self._connection.info.backend_pid,
            "transaction_id": 0,
            "database_name": self._database,
            "schema_name": self._schema(oid),
            "mv_id": oid,
            "mv_name": name[-1],
            "refresh_type": "Manual",
            "status": _FULLY if state == 0 else _BY_ROWS,
            "start_time": began.replace(tzinfo=None),
            "end_time": ended.replace(tzinfo=None),
            "duration": int((ended - began).total_seconds() * 1e6),
        }
        catalog.add(self._admin, "sys_mv_refresh_history", row)

    def _comment(self, sql: str, pieces: list[Token]) -> None:
        name, _ = _name(pieces, 3)
        row = self._connection.execute(
            "select 1 from pg_catalog.pg_class"
            " where oid = pg_catalog.to_regclass(%s) and relkind = 'm'",
            [_qualified(name)],
        ).fetchone()
        if row is not None:
            at = sql.upper().index("VIEW")
            sql = f"{sql[:at]}MATERIALIZED {sql[at:]}"
        self._connection.execute(rewrite(sql).encode())

    def _oid(self, name: list[str]) -> int:
        row = self._connection.execute(
            "select oid::bigint from pg_catalog.pg_class"
            " where oid = pg_catalog.to_regclass(%s) and relkind = 'm'",
            [_qualified(name)],
        ).fetchone()
        if row is None:
            raise SqlError(f'materialized view "{name[-1]}" does not exist')
        return row[0]

    def _named(self, oid: int) -> str:
        [name] = self._connection.execute(
            "select %s::oid::regclass::text", [oid]
        ).fetchone() or ("",)
        return name

    def _schema(self, oid: int) -> str:
        [name] = self._connection.execute(
            "select relnamespace::regnamespace::text from pg_catalog.pg_class"
            " where oid = %s",
            [oid],
        ).fetchone() or ("",)
        return name

    def _state(self, oid: int) -> int:
        row = self._connection.execute(
            f"select state from {catalog.SCHEMA}.views where oid = %s", [oid]
        ).fetchone()
        return 1 if row is None else row[0]


_IDLE = psycopg.pq.TransactionStatus.IDLE


def _name(pieces: list[Token], at: int) -> tuple[list[str], int]:
    """A name with or without its schema, and the place behind it."""
    parts = [pieces[at].value]
    at += 1
    while at + 1 < len(pieces) and pieces[at].text == ".":
        parts.append(pieces[at + 1].value)
        at += 2
    return parts, at


def _qualified(name: list[str]) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in name[-2:])


def _clauses(pieces: list[Token]) -> bool:
    """Holds what stands before AS to its order; whether the view refreshes itself."""
    last, automatic, by_key, depth = (
        -1,
        False,
        {"DISTSTYLE": False, "DISTKEY": False},
        0,
    )
    for at, token in enumerate(pieces):
        depth += {"(": 1, ")": -1}.get(token.upper, 0)
        if depth > 0 or token.upper not in _CLAUSES:
            continue
        place = _CLAUSES.index(token.upper)
        if place <= last:
            raise SqlError(f'syntax error at or near "{token.text}"')
        last = place
        following = pieces[at + 1].upper if at + 1 < len(pieces) else ""
        if token.upper == "AUTO":
            automatic = pieces[at + 2].upper == "YES"
        elif token.upper in by_key:
            by_key[token.upper] = token.upper == "DISTKEY" or following == "KEY"
    if by_key["DISTSTYLE"] and not by_key["DISTKEY"]:
        raise SqlError("DISTSTYLE KEY needs a DISTKEY")
    return automatic


def _outer(pieces: list[Token], wanted: set[str]) -> str | None:
    depth = 0
    for token in pieces:
        depth += {"(": 1, ")": -1}.get(token.upper, 0)
        if depth == 0 and token.upper in wanted:
            return token.upper
    return None
