"""External schemas: what Redshift refuses of them, and what its tables say of them.

From the Redshift Database Developer Guide: CREATE EXTERNAL SCHEMA,
SVV_EXTERNAL_SCHEMAS. Only those of the Data Catalog are made, and they hold no tables:
the lab reads no files for SQL of Redshift's.
"""

from __future__ import annotations

import json
from typing import Any

import psycopg

from lab.redshift import catalog
from lab.redshift.errors import SqlError
from lab.redshift.lexer import Token, identifier, words

_MISSING = ("IF", "NOT", "EXISTS")
_DEFAULT = "arn:aws:iam::111122223333:role/default"


def is_about(sql: str) -> bool:
    """Whether the statement makes such a schema."""
    head = [token.upper for token in words(sql)[:3]]
    return head == ["CREATE", "EXTERNAL", "SCHEMA"]


def run(connection: psycopg.Connection[Any], sql: str) -> None:
    """Makes one; SqlError where Redshift would refuse it."""
    pieces = _Pieces(words(sql)[3:])
    keeps = pieces.take(*_MISSING)
    name = pieces.value("word", "name").lower()
    pieces.need("FROM", "DATA", "CATALOG", "DATABASE")
    database = pieces.value("string").lower()
    options = {"REGION": pieces.value("string")} if pieces.take("REGION") else {}
    pieces.need("IAM_ROLE")
    options["IAM_ROLE"] = (
        _DEFAULT if pieces.take("DEFAULT") else _roles(pieces.value("string"))
    )
    pieces.take("CREATE", "EXTERNAL", "DATABASE", *_MISSING)
    pieces.end()
    known = "select 1 from pg_catalog.pg_namespace where nspname = %s"
    if keeps and connection.execute(known, [name]).fetchone():
        return
    connection.execute(f"create schema {identifier(name)}")
    connection.execute(
        f"insert into {catalog.SCHEMA}.external_schemas"
        " select oid, 1, %s, %s from pg_catalog.pg_namespace where nspname = %s",
        [database, json.dumps(options, separators=(",", ":")), name],
    )


def _roles(text: str) -> str:
    for role in text.split(","):
        if role != "SESSION" and not role.startswith("arn:aws:iam::"):
            raise SqlError(f"Not authorized to assume the role {role!r}")
    return text


class _Pieces:
    """The words of a statement, taken one after the other."""

    def __init__(self, pieces: list[Token]) -> None:
        self._left = pieces

    def take(self, *names: str) -> bool:
        found = [token.upper for token in self._left[: len(names)]] == list(names)
        if found:
            del self._left[: len(names)]
        return found

    def need(self, *names: str) -> None:
        for name in names:
            if not self.take(name):
                self._refuse()

    def value(self, *kinds: str) -> str:
        if not self._left or self._left[0].kind not in kinds:
            self._refuse()
        return self._left.pop(0).value

    def end(self) -> None:
        if self._left:
            self._refuse()

    def _refuse(self) -> None:
        at = self._left[0].text if self._left else "end of input"
        raise SqlError(f'syntax error at or near "{at}"')
