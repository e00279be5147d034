"""The databases: one of PostgreSQL's for each (workgroup or cluster, database)."""

from __future__ import annotations

import re
import threading
from typing import Any

import psycopg
from psycopg import sql

from lab.processes import Processes
from lab.redshift import catalog
from lab.redshift.postgres import Postgres
from lab.redshift.session import Session
from lab.s3 import Store

_USER = "awsuser"
_RESERVED = ("postgres", "template0", "template1")


class Warehouse:
    """Opens sessions; makes the server and the databases when first needed."""

    def __init__(self, processes: Processes, store: Store) -> None:
        self._processes = processes
        self._store = store
        self._lock = threading.Lock()
        self._server: Postgres | None = None
        self._databases: dict[tuple[str, str], str] = {}

    def session(self, target: str, database: str) -> Session:
        """A session; `target` is `workgroup/NAME` or `cluster/NAME`."""
        with self._lock:
            server = self._started()
            name = self._database(server, target, database)
        return Session(
            server.connect(name, _USER),
            server.admin(name),
            self._store,
            cluster=target.startswith("cluster/"),
        )

    def record(self, target: str, database: str, row: dict[str, Any]) -> None:
        """Adds a row to SYS_QUERY_HISTORY."""
        with self._lock:
            server = self._server
            name = self._databases.get((target, database))
        if server is not None and name is not None:
            with server.admin(name) as admin:
                catalog.add(admin, "sys_query_history", row)

    def reset(self) -> None:
        """Drops every database."""
        with self._lock:
            if self._server is None:
                return
            with self._server.admin() as admin:
                for name in self._databases.values():
                    admin.execute(
                        sql.SQL("drop database {} with (force)").format(
                            sql.Identifier(name)
                        )
                    )
            self._databases.clear()

    def close(self) -> None:
        """Stops the server."""
        with self._lock:
            if self._server is not None:
                self._server.stop()
                self._server = None
            self._databases.clear()

    def _started(self) -> Postgres:
        if self._server is None:
            self._server = Postgres(self._processes)
            with self._server.admin() as admin:
                _make_user(admin)
        return self._server

    def _database(self, server: Postgres, target: str, database: str) -> str:
        if (target, database) in self._databases:
            return self._databases[target, database]
        # Its own name, so that database.schema.table works, unless it is taken.
        name = database
        if name in self._databases.values() or name in _RESERVED:
            name = re.sub(r"\W", "_", f"{target}_{database}")
        with server.admin() as admin:
            admin.execute(
                sql.SQL("create database {} owner {}").format(
                    sql.Identifier(name), sql.Identifier(_USER)
                )
            )
        with server.admin(name) as admin:
            admin.execute(
                sql.SQL("alter schema public owner to {}").format(sql.Identifier(_USER))
            )
            catalog.install(admin, cluster=target.startswith("cluster/"))
        self._databases[target, database] = name
        return name


def _make_user(admin: psycopg.Connection[Any]) -> None:
    admin.execute(f"create role {_USER} login")
    # Redshift reads backslashes in strings as escapes.
    for setting in (
        "standard_conforming_strings = off",
        "escape_string_warning = off",
        "backslash_quote = on",
    ):
        admin.execute(f"alter role {_USER} set {setting}")
