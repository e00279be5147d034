"""UNLOAD: the rows of a query become files, as Redshift writes them.

Rows are dealt to two slices, or to one with PARALLEL OFF; a slice without rows writes no
file. CLEANPATH removes what lies below the path, with PARTITION BY what lies in the
folders that get rows; without it, files that are there are refused.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as parquet

from lab.redshift import catalog
from lab.redshift.errors import Cancelled, SqlError
from lab.redshift.lexer import Token, words
from lab.redshift.rewrite import rewrite
from lab.s3 import Store, split_url
from lab.service import ApiError

_FLAGS = (
    "HEADER GZIP BZIP2 ZSTD CLEANPATH ALLOWOVERWRITE MANIFEST INCLUDE ENCRYPTED".split()
)
_STRINGS = "DELIMITER NULL REGION KMS_KEY_ID".split()
_FORMATS = ("CSV", "JSON", "PARQUET")
_REFUSED = {
    "PARQUET": {"HEADER", "GZIP", "BZIP2", "ZSTD", "DELIMITER", "NULL"},
    "JSON": {"HEADER", "DELIMITER", "NULL"},
}
_ROLE = re.compile(r"arn:aws[\w-]*:iam::(\d{12}|aws):role/[\w+=,.@/-]+")
#: Hive's folder of rows without a value.
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_NOT_EMPTY = (
    "Specified unload destination on S3 is not empty. Consider using a different "
    "bucket / prefix, manually removing the target files in S3, or using the "
    "ALLOWOVERWRITE option."
)


@dataclass
class UnloadCommand:
    """What an UNLOAD says; options are by upper-case name."""

    query: str
    to: str
    format: str = "TEXT"
    partition_by: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)

    def has(self, option: str) -> bool:
        return option in self.options


def is_unload(sql: str) -> bool:
    """Whether the statement is an UNLOAD."""
    return [token.upper for token in words(sql)[:1]] == ["UNLOAD"]


def parse(sql: str) -> UnloadCommand:
    """The UNLOAD of `sql`; SqlError where Redshift would refuse it."""
    return _Parser(words(sql)).unload()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def unload(self) -> UnloadCommand:
        self._expect("UNLOAD")
        self._expect("(")
        query = self._string()
        self._expect(")")
        self._expect("TO")
        command = UnloadCommand(query, self._string())
        while self._at < len(self._tokens):
            self._option(command)
        _judge(command)
        return command

    def _option(self, command: UnloadCommand) -> None:
        word = self._next().upper
        if word == "FORMAT":
            self._take("AS")
            word = self._next().upper
        if word in _FORMATS:
            command.format = word
        elif word in _FLAGS:
            command.options[word] = ""
        elif word in _STRINGS:
            self._take("AS")
            command.options[word] = self._string()
        elif word == "IAM_ROLE":
            command.options[word] = self._role()
        elif word == "PARTITION":
            self._expect("BY")
            self._expect("(")
            command.partition_by.append(self._next().value)
            while self._take(","):
                command.partition_by.append(self._next().value)
            self._expect(")")
        elif word == "PARALLEL":
            command.options[word] = self._next().upper
        elif word == "MAXFILESIZE":
            self._take("AS")
            command.options[word] = self._next().text + self._next().upper
        else:
            raise self._wrong()

    def _role(self) -> str:
        token = self._next()
        if token.upper == "DEFAULT":
            return "default"
        if token.kind != "string" or not _ROLE.fullmatch(token.value):
            raise SqlError(f"Invalid operation: invalid IAM role {token.text}")
        return token.value

    def _next(self) -> Token:
        at, self._at = self._at, self._at + 1
        return self._tokens[at] if at < len(self._tokens) else Token("mark", "")

    def _take(self, word: str) -> bool:
        end = self._at >= len(self._tokens)
        taken = not end and self._tokens[self._at].upper == word
        self._at += taken
        return taken

    def _expect(self, word: str) -> None:
        if self._next().upper != word:
            raise self._wrong()

    def _string(self) -> str:
        token = self._next()
        if token.kind != "string":
            raise self._wrong()
        return token.value

    def _wrong(self) -> SqlError:
        at = self._at - 1
        if at >= len(self._tokens):
            return SqlError("syntax error at end of input")
        return SqlError(f'syntax error at or near "{self._tokens[at].text}"')


def _judge(command: UnloadCommand) -> None:
    if not command.has("IAM_ROLE"):
        raise SqlError("Invalid operation: UNLOAD needs an IAM_ROLE")
    if not command.to.startswith("s3://"):
        raise SqlError("The S3 path must begin with s3://")
    if command.has("CLEANPATH") and command.has("ALLOWOVERWRITE"):
        raise SqlError("CLEANPATH and ALLOWOVERWRITE cannot be specified together")
    if command.has("KMS_KEY_ID") != command.has("ENCRYPTED"):
        raise SqlError("KMS_KEY_ID must be specified with ENCRYPTED")
    refused = _REFUSED.get(command.format, set())
    if bad := sorted(set(command.options) & refused):
        raise SqlError(f"{bad[0]} is not supported for UNLOAD to {command.format}")
    depth = 0
    for word in (token.upper for token in words(command.query)):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "LIMIT" and depth == 0:
            raise SqlError("Limit clause is not supported")


@dataclass
class UnloadRun:
    """One UNLOAD under way. `run` does it all."""

    command: UnloadCommand
    connection: psycopg.Connection[Any]
    admin: psycopg.Connection[Any]
    store: Store
    #: The cluster's.
    region: str
    query_id: int
    is_cancelled: Callable[[], bool]
    files: list[dict[str, Any]] = field(default_factory=list)
    rows: int = 0

    def run(self) -> None:
        """Writes everything; SqlError if it fails."""
        started = datetime.now(UTC).replace(tzinfo=None)
        status = "aborted"
        try:
            self._unload()
            status = "completed"
        finally:
            self._history(started, status)

    def _unload(self) -> None:
        command = self.command
        bucket, prefix = split_url(command.to)
        region = command.options.get("REGION", self.region)
        if (own := self.store.region(bucket)) != region:
            raise SqlError(
                "S3ServiceException:The bucket you are attempting to access must be "
                f"addressed using the specified endpoint ({own})"
            )
        cursor = self.connection.execute(rewrite(command.query).encode())
        if cursor.description is None:
            raise SqlError("UNLOAD takes a query")
        names = [column.name for column in cursor.description]
        if lacking := [name for name in command.partition_by if name not in names]:
            raise SqlError(f"Partition column {lacking[0]} is not in the query")
        rows = cursor.fetchall()
        self.rows = len(rows)
        folders: dict[str, list[tuple[Any, ...]]] = {}
        for row in rows:
            folders.setdefault(self._folder(names, row), []).append(row)
        if self.is_cancelled():
            raise Cancelled
        cleaned = [prefix + folder for folder in folders if command.partition_by]
        self._make_room(bucket, cleaned or [prefix])
        for folder, part in folders.items():
            self._write(bucket, prefix + folder, names, part)
        if command.has("MANIFEST"):
            text = json.dumps({"entries": self.files})
            self._put(bucket, f"{prefix}manifest", text.encode())

    def _put(self, bucket: str, key: str, data: bytes) -> None:
        try:
            self.store.write(bucket, key, data, self.command.options.get("KMS_KEY_ID"))
        except ApiError as error:
            raise SqlError(f"S3ServiceException:{error.message}") from error

    def _folder(self, names: list[str], row: tuple[Any, ...]) -> str:
        at = [names.index(name) for name in self.command.partition_by]
        values = [
            (names[n], _NO_VALUE if row[n] is None else _text(row[n])) for n in at
        ]
        return "".join(f"{name}={value}/" for name, value in values)

    def _make_room(self, bucket: str, prefixes: list[str]) -> None:
        for prefix in prefixes:
            for there in list(self.store.list(bucket, prefix)):
                if self.command.has("CLEANPATH"):
                    self.store.delete(bucket, there.key)
                elif not self.command.has("ALLOWOVERWRITE"):
                    raise SqlError(_NOT_EMPTY)

    def _write(
        self, bucket: str, prefix: str, names: list[str], rows: list[tuple[Any, ...]]
    ) -> None:
        kept = list(range(len(names)))
        if not self.command.has("INCLUDE"):
            left_out = self.command.partition_by
            kept = [n for n in kept if names[n] not in left_out]
        slices = 1 if self.command.options.get("PARALLEL") == "OFF" else 2
        for number in range(slices):
            part = [[row[n] for n in kept] for row in rows[number::slices]]
            if part:
                data, ending = self._file([names[n] for n in kept], part)
                key = f"{prefix}{number:04}_part_00{ending}"
                self._put(bucket, key, data)
                meta = {"content_length": len(data)}
                self.files.append({"url": f"s3://{bucket}/{key}", "meta": meta})

    def _file(self, names: list[str], rows: list[list[Any]]) -> tuple[bytes, str]:
        command = self.command
        if command.format == "PARQUET":
            columns = [pa.array([row[n] for row in rows]) for n in range(len(names))]
            target = io.BytesIO()
            parquet.write_table(pa.table(columns, names=names), target)
            return target.getvalue(), ".parquet"
        if command.format == "JSON":
            lines = [
                json.dumps(dict(zip(names, row, strict=True)), default=_text) + "\n"
                for row in rows
            ]
            data = "".join(lines).encode()
        else:
            data = self._delimited(names, rows)
        for option, ending, pack in _PACKED:
            if command.has(option):
                return pack(data), ending
        return data, ""

    def _delimited(self, names: list[str], rows: list[list[Any]]) -> bytes:
        options = self.command.options
        default = "," if self.command.format == "CSV" else "|"
        target = io.StringIO()
        writer = csv.writer(
            target,
            delimiter=options.get("DELIMITER", default),
            lineterminator="\n",
        )
        if "HEADER" in options:
            writer.writerow(names)
        null = options.get("NULL", "")
        for row in rows:
            writer.writerow([null if cell is None else _text(cell) for cell in row])
        return target.getvalue().encode()

    def _history(self, started: datetime, status: str) -> None:
        ended = datetime.now(UTC).replace(tzinfo=None)
        size = sum(file["meta"]["content_length"] for file in self.files)
        catalog.add(
            self.admin,
            "sys_unload_history",
            {
                "user_id": 100,
                "query_id": self.query_id,
                "transaction_id": self.query_id,
                "session_id": self.connection.info.backend_pid,
                "database_name": self.connection.info.dbname,
                "status": status,
                "start_time": started,
                "end_time": ended,
                "duration": int((ended - started).total_seconds() * 1e6),
                "file_format": self.command.format.lower(),
                "unloaded_location": self.command.to,
                "unloaded_rows": self.rows,
                "unloaded_files_count": len(self.files),
                "unloaded_files_size": size,
            },
        )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)


_PACKED: list[tuple[str, str, Callable[[bytes], bytes]]] = [
    ("GZIP", ".gz", gzip.compress),
    ("BZIP2", ".bz2", bz2.compress),
    ("ZSTD", ".zst", lambda data: pa.compress(data, codec="zstd", asbytes=True)),
]
