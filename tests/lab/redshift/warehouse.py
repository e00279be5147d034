"""The databases: one of PostgreSQL's for each (workgroup or cluster, database)."""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from lab.processes import Processes
from lab.redshift import catalog
from lab.redshift.postgres import Postgres
from lab.redshift.session import Session
from lab.s3 import Store

_USER = "awsuser"
_END_SESSIONS = (
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where datname = current_database() and pid <> pg_backend_pid()"
)
_RESERVED = ("postgres", "template0", "template1")


@dataclass(frozen=True)
class Target:
    """A workgroup or a cluster; `kind` says which."""

    region: str
    kind: str
    name: str


class Warehouse:
    """Opens sessions; makes the server and the databases when first needed."""

    def __init__(self, processes: Processes, store: Store) -> None:
        self._processes = processes
        self._store = store
        self._lock = threading.Lock()
        self._server: Postgres | None = None
        #: PostgreSQL's databases by (target, database), since the last reset.
        self._databases: dict[tuple[Target, str], str] = {}
        #: All that were ever made.
        self._made: set[str] = set()

    def session(self, target: Target, database: str) -> Session:
        """A session of a database; COPY reads of the target's region."""
        with self._lock:
            server = self._started()
            name = self._database(server, target, database)
        return Session(
            server.connect(name, _USER),
            server.admin(name),
            self._store,
            region=target.region,
            cluster=target.kind == "cluster",
            database=database,
        )

    def address(self, target: Target, database: str) -> dict[str, Any]:
        """Where a driver reaches a database, and as whom."""
        with self._lock:
            server = self._started()
            name = self._database(server, target, database)
        return {"port": server.port, "database": name, "user": _USER}

    def reset(self) -> None:
        """Empties every database; making them anew would take longer."""
        with self._lock:
            if self._server is None:
                return
            for name in self._made:
                with self._server.admin(name) as admin:
                    admin.execute(_END_SESSIONS)
                    admin.execute(f"drop owned by {_USER} cascade")
                    admin.execute(f"create schema public authorization {_USER}")
                    catalog.clear(admin)
            self._databases.clear()

    def close(self) -> None:
        """Stops the server."""
        with self._lock:
            if self._server is not None:
                self._server.stop()
                self._server = None
            self._databases.clear()
            self._made.clear()

    def _started(self) -> Postgres:
        if self._server is None:
            self._server = Postgres(self._processes)
            with self._server.admin() as admin:
                _make_user(admin)
        return self._server

    def _database(self, server: Postgres, target: Target, database: str) -> str:
        if (target, database) in self._databases:
            return self._databases[target, database]
        # Its own name, so that database.schema.table works, unless it is taken.
        name = database
        if name in self._databases.values() or name in _RESERVED:
            name = re.sub(
                r"\W", "_", f"{target.region}_{target.kind}_{target.name}_{database}"
            )
            if len(name) > 63:
                # PostgreSQL would cut it, and two names might be one then.
                name = f"{name[:50]}_{hashlib.sha256(name.encode()).hexdigest()[:12]}"
        if name not in self._made:
            _make_database(server, name)
            self._made.add(name)
        with server.admin(name) as admin:
            catalog.allow(admin, cluster=target.kind == "cluster")
        self._databases[target, database] = name
        return name


def _make_database(server: Postgres, name: str) -> None:
    owner = sql.Identifier(_USER)
    made = sql.SQL("create database {} owner {}").format(sql.Identifier(name), owner)
    with server.admin() as admin:
        admin.execute(made)
    with server.admin(name) as admin:
        admin.execute(sql.SQL("alter schema public owner to {}").format(owner))
        catalog.install(admin)


def _make_user(admin: psycopg.Connection[Any]) -> None:
    admin.execute(f"create role {_USER} login")
    # Redshift reads backslashes in strings as escapes. Its isolation is SNAPSHOT, unless
    # a database says otherwise: PostgreSQL's REPEATABLE READ is that.
    for setting in (
        "default_transaction_isolation = 'repeatable read'",
        "standard_conforming_strings = off",
        "escape_string_warning = off",
        "backslash_quote = on",
    ):
        admin.execute(f"alter role {_USER} set {setting}")
