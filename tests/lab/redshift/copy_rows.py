"""Text files -> records: delimited, CSV and JSON, each with its line and raw text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab.redshift.copy_command import CopyCommand
from lab.redshift.copy_types import Column, FieldError


@dataclass
class Record:
    """One record of a file: a field for each column, or why it has none.

    A field that is None is NULL whatever the options say. `json` fields are values.
    """

    line: int
    raw: str
    fields: list[str | None]
    error: FieldError | None = None
    #: Index of the column that `error` is about.
    column: int = 0


def records(
    data: bytes, command: CopyCommand, columns: list[Column]
) -> Iterator[Record]:
    """The records of one file. A file that breaks off gives a record with an error."""
    text, broken = _decoded(data, command)
    if command.format == "JSON":
        found = _json(text, command, columns)
    elif command.format == "CSV":
        found = _csv(text, command)
    else:
        found = _delimited(text, command)
    skipped = command.number("IGNOREHEADER") if command.format != "JSON" else 0
    for record in found:
        if record.line <= skipped:
            continue
        if command.has("IGNOREBLANKLINES") and not record.raw.strip():
            continue
        if record.line in broken:
            record.error = broken[record.line]
        elif record.error is None and command.format != "JSON":
            _count(record, command, columns)
        yield record


def _decoded(data: bytes, command: CopyCommand) -> tuple[str, dict[int, FieldError]]:
    """The text, and the lines whose bytes are no UTF-8."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode(), {}
    except UnicodeDecodeError:
        pass
    if command.has("ACCEPTINVCHARS"):
        sign = command.options["ACCEPTINVCHARS"]
        return data.decode(errors="replace").replace("\ufffd", sign), {}
    broken = {}
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            wrong = line[error.start : error.end].hex(" ")
            broken[number] = FieldError(
                1220,
                "String contains invalid or unsupported UTF8 codepoints. "
                f"Bad UTF8 hex sequence: {wrong} (error 2)",
                error.start,
            )
    return data.decode(errors="replace"), broken


class _Lines:
    """The lines of a text, remembering those of the current record."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="\n")
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken.append(line)
        return line

    def raw(self) -> str:
        out = "".join(self.taken).rstrip("\r\n")
        self.taken = []
        return out


def _csv(text: str, command: CopyCommand) -> Iterator[Record]:
    lines = _Lines(text)
    reader = csv.reader(
        lines,
        delimiter=command.options.get("DELIMITER", ","),
        quotechar=command.options.get("QUOTE", '"'),
        doublequote=True,
        strict=True,
    )
    while True:
        first = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            end = "unexpected end" in str(error)
            reason = (
                "Delimited value missing end quote"
                if end
                else "Invalid quote formatting for CSV"
            )
            yield Record(first, lines.raw(), [], FieldError(1216, reason))
            if end:
                return
            continue
        yield Record(first, lines.raw(), list(fields))


def _delimited(text: str, command: CopyCommand) -> Iterator[Record]:
    delimiter = command.options.get("DELIMITER", "|")
    escapes, quotes = command.has("ESCAPE"), command.has("REMOVEQUOTES")
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if number > 1 and not line and number == text.count("\n") + 1:
            return
        fields = _split(line, delimiter) if escapes else line.split(delimiter)
        if quotes:
            fields = [_unquoted(field) for field in fields]
        yield Record(number, line, list(fields))


def _split(line: str, delimiter: str) -> list[str]:
    fields, current, characters = [], "", iter(line)
    for character in characters:
        if character == "\\":
            current += next(characters, "")
        elif character == delimiter:
            fields.append(current)
            current = ""
        else:
            current += character
    return [*fields, current]


def _unquoted(field: str) -> str:
    if len(field) >= 2 and field[0] == field[-1] and field[0] in "\"'":
        return field[1:-1]
    return field


def _count(record: Record, command: CopyCommand, columns: list[Column]) -> None:
    """Too many or too few fields; NULL AS."""
    null = command.options.get("NULL", r"\N")
    fields: list[str | None] = [None if f == null else f for f in record.fields]
    if len(fields) > len(columns):
        record.error = FieldError(1202, "Extra column(s) found")
        record.column = len(columns) - 1
    elif len(fields) < len(columns):
        if command.has("FILLRECORD"):
            fields += [None] * (len(columns) - len(fields))
        else:
            record.error = FieldError(1214, "Delimiter not found")
            record.column = len(fields)
    record.fields = fields


def _json(text: str, command: CopyCommand, columns: list[Column]) -> Iterator[Record]:
    decoder = json.JSONDecoder(strict=False)
    at, line = 0, 1
    while True:
        start = at
        while at < len(text) and text[at].isspace():
            at += 1
        line += text.count("\n", start, at)
        if at >= len(text):
            return
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raw = text[at:].partition("\n")[0]
            wrong = FieldError(1224, f"Invalid JSON: {error.msg}", error.colno)
            yield Record(line, raw, [], wrong)
            # What follows on the next line may be whole again.
            newline = text.find("\n", at)
            if newline < 0:
                return
            at = newline
            continue
        raw = text[at:end]
        line += raw.count("\n")
        if isinstance(value, dict):
            fields = _fields(value, command, columns)
            yield Record(line, raw, fields)
        else:
            yield Record(line, raw, [], FieldError(1224, "expected a JSON object"))
        at = end


def _fields(
    value: dict[str, Any], command: CopyCommand, columns: list[Column]
) -> list[str | None]:
    if command.json_paths == "noshred":
        return [json.dumps(value)]
    if command.json_paths == "auto ignorecase":
        value = {key.lower(): item for key, item in value.items()}
    return [_as_text(value.get(column.name), column) for column in columns]


def _as_text(value: Any, column: Column) -> str | None:
    if value is None:
        return None
    if column.type == "jsonb" or isinstance(value, (dict, list)):
        return json.dumps(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
