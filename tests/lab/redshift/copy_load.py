"""COPY, done: reads the files, converts, loads, and writes the system tables."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg

from lab.redshift import catalog, copy_columnar, copy_files, copy_paths
from lab.redshift.copy_command import CopyCommand
from lab.redshift.copy_files import LoadFile
from lab.redshift.copy_rows import Record, records
from lab.redshift.copy_types import (
    Column,
    Converter,
    FieldError,
    check_format,
    converter,
)
from lab.redshift.errors import Cancelled, SqlError
from lab.redshift.lexer import identifier
from lab.s3 import Store

_COLUMNS = """
select a.attname, t.typname, a.atttypmod, a.attnotnull, c.oid::bigint,
       a.attidentity::text
from pg_class c join pg_attribute a on a.attrelid = c.oid
     join pg_type t on t.oid = a.atttypid
where c.oid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""


@dataclass
class CopyRun:
    """One COPY under way. `run` does it all."""

    command: CopyCommand
    connection: psycopg.Connection[Any]
    admin: psycopg.Connection[Any]
    store: Store
    #: The cluster's.
    region: str
    query_id: int
    cluster: bool
    is_cancelled: Callable[[], bool]
    files: list[LoadFile] = field(default_factory=list)
    loaded: int = 0
    scanned: int = 0
    errors: int = 0
    table_id: int = 0

    def run(self) -> int:
        """Loads everything; the number of rows. SqlError if it fails."""
        started = datetime.now(UTC).replace(tzinfo=None)
        status = "aborted"
        try:
            self._load(started)
            status = "completed"
            return self.loaded
        finally:
            self._history(started, status)

    def _load(self, started: datetime) -> None:
        command = self.command
        for name in ("DATEFORMAT", "TIMEFORMAT"):
            check_format(command.options.get(name, ""))
        columns = self._columns()
        self.files = copy_files.find(command, self.store, self.region)
        names = ", ".join(identifier(column.name) for column in columns)
        statement = f"copy {command.table} ({names}) from stdin"
        rows = self._rows(columns, started)
        if command.has("NOLOAD"):
            for _ in rows:
                pass
            return
        # psycopg ends the COPY with the exception when one comes out of `rows`.
        with self.connection.cursor().copy(statement) as target:
            for row in rows:
                target.write_row(row)
                self.loaded += 1

    def _rows(self, columns: list[Column], started: datetime) -> Iterator[list[Any]]:
        converters = [converter(column, self.command) for column in columns]
        limit = max(1.0, self.command.number("MAXERROR"))
        if self.command.has("IGNOREALLERRORS"):
            limit = math.inf
        paths = None
        if self.command.paths.startswith("s3://"):
            data = copy_files.read_whole(
                self.command.paths, self.command, self.store, self.region
            )
            paths = copy_paths.parse(data, len(columns))
        elif self.command.paths == "noshred" and [c.type for c in columns] != ["jsonb"]:
            raise SqlError("noshred loads one SUPER column")
        for file in self.files:
            data = copy_files.read(file, self.command, self.store)
            self.scanned += 1
            if self.command.columnar:
                found = copy_columnar.rows(data, file, self.command, columns)
                yield from self._watched(found)
                continue
            for record in self._watched(records(data, self.command, columns, paths)):
                row = _row(record, columns, converters)
                if record.error is None:
                    yield row
                    continue
                self._complain(file, record, columns, started)
                if self.errors >= limit:
                    raise self._failed()
        if 0 < self.errors and self.errors >= limit:
            raise self._failed()

    def _watched(self, rows: Iterator[Any]) -> Iterator[Any]:
        for number, row in enumerate(rows):
            if number % 1000 == 0 and self.is_cancelled():
                raise Cancelled
            yield row

    def _failed(self) -> SqlError:
        table = "stl_load_errors" if self.cluster else "sys_load_error_detail"
        return SqlError(
            f"Load into table '{self.command.table_name}' failed.  "
            f"Check '{table}' system table for details."
        )

    def _columns(self) -> list[Column]:
        found = self.connection.execute(_COLUMNS, [self.command.table]).fetchall()
        if not found:
            name = self.command.table.replace('"', "")
            raise SqlError(f'relation "{name}" does not exist')
        self.table_id = found[0][4] & 0x7FFFFFFF
        columns = {row[0]: _column(*row[:4]) for row in found}
        names = self.command.columns
        if not names:
            explicit = self.command.has("EXPLICIT_IDS")
            names = [row[0] for row in found if explicit or not row[5]]
        self._judge_identity({row[0] for row in found if row[5] == "a"}, names)
        for name in names:
            if name not in columns:
                raise SqlError(
                    f'column "{name}" of relation "{self.command.table_name}" '
                    "does not exist"
                )
        return [columns[name] for name in names]

    def _judge_identity(self, identity: set[str], names: list[str]) -> None:
        """IDENTITY columns are loaded with EXPLICIT_IDS, and only with it."""
        given = identity & set(names)
        if self.command.has("EXPLICIT_IDS"):
            if not given:
                raise SqlError(
                    "EXPLICIT_IDS needs an IDENTITY column among the columns"
                )
        elif given:
            raise SqlError("cannot set an identity column to a value")

    def _complain(
        self, file: LoadFile, record: Record, columns: list[Column], started: datetime
    ) -> None:
        error = record.error
        if error is None:
            return
        self.errors += 1
        column = columns[record.column]
        value = ""
        if record.column < len(record.fields):
            value = record.fields[record.column] or ""
        length = str(column.length) if column.text and column.length else ""
        common = {"line_number": record.line, "position": error.position}
        catalog.add(
            self.admin,
            "sys_load_error_detail",
            {
                "user_id": 100,
                "query_id": self.query_id,
                "transaction_id": self.query_id,
                "session_id": self.connection.info.backend_pid,
                "database_name": self.connection.info.dbname,
                "table_id": self.table_id,
                "start_time": started,
                "file_name": file.url,
                "column_name": column.name,
                "column_type": column.redshift_type,
                "column_length": length,
                "error_code": error.code,
                "error_message": error.reason,
                **common,
            },
        )
        catalog.add(
            self.admin,
            "stl_load_errors",
            {
                "userid": 100,
                "slice": 0,
                "tbl": self.table_id,
                "starttime": started,
                "session": self.connection.info.backend_pid,
                "query": self.query_id,
                "filename": file.url,
                "colname": column.name,
                "type": column.redshift_type,
                "col_length": length,
                "raw_line": record.raw,
                "raw_field_value": value,
                "err_code": error.code,
                "err_reason": error.reason,
                "is_partial": 0,
                "start_offset": 0,
                **common,
            },
        )

    def _history(self, started: datetime, status: str) -> None:
        ended = datetime.now(UTC).replace(tzinfo=None)
        size = sum(file.size for file in self.files)
        scanned = sum(file.size for file in itertools.islice(self.files, self.scanned))
        names = {"TEXT": "txt"}
        catalog.add(
            self.admin,
            "sys_load_history",
            {
                "user_id": 100,
                "query_id": self.query_id,
                "transaction_id": self.query_id,
                "session_id": self.connection.info.backend_pid,
                "database_name": self.connection.info.dbname,
                "status": status,
                "table_name": self.command.table_name,
                "start_time": started,
                "end_time": ended,
                "duration": int((ended - started).total_seconds() * 1_000_000),
                "data_source": self.command.source,
                "file_format": names.get(
                    self.command.format, self.command.format.lower()
                ),
                "loaded_rows": self.loaded if status == "completed" else 0,
                "loaded_bytes": scanned if status == "completed" else 0,
                "source_file_count": len(self.files),
                "source_file_bytes": size,
                "file_count_scanned": self.scanned,
                "file_bytes_scanned": scanned,
                "error_count": self.errors,
                "copy_job_id": -1,
            },
        )


def _row(
    record: Record, columns: list[Column], converters: list[Converter]
) -> list[str | None]:
    """The values of a record; a field that is refused becomes the record's error."""
    row: list[str | None] = []
    if record.error is not None:
        return row
    for index, (text, column) in enumerate(zip(record.fields, columns, strict=True)):
        try:
            value = None
            if text is not None and (text or column.text):
                value = converters[index](text)
            if value is None and column.not_null:
                raise FieldError(1213, "Missing data for not-null field")
        except FieldError as error:
            record.error, record.column = error, index
            return []
        row.append(value)
    return row


def _column(name: str, kind: str, modifier: int, not_null: bool) -> Column:
    length, scale = None, None
    if kind in ("varchar", "bpchar") and modifier > 4:
        length = modifier - 4
    elif kind == "numeric" and modifier > 4:
        length, scale = (modifier - 4) >> 16, (modifier - 4) & 0x7FF
    return Column(name, kind, length, scale, not_null)
