"""Files -> records: delimited, CSV, fixed widths, JSON, Avro; each with its line and text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab.redshift import copy_avro, copy_paths
from lab.redshift.copy_command import CopyCommand
from lab.redshift.copy_paths import Path
from lab.redshift.copy_types import Column, FieldError
from lab.redshift.errors import SqlError


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
    data: bytes, command: CopyCommand, columns: list[Column], paths: list[Path] | None
) -> Iterator[Record]:
    """The records of one file. A file that breaks off gives a record with an error.

    `paths` say where JSON and Avro have the columns' values, unless they have their names.
    """
    if command.format == "AVRO":
        yield from _avro(data, command, columns, paths)
        return
    text, broken = _decoded(data, command)
    if command.format == "JSON":
        found = _json(text, command, columns, paths)
    elif command.format == "CSV":
        found = _csv(text, command)
    elif command.has("FIXEDWIDTH"):
        found = _fixed_width(text, command)
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


_CODECS = {
    "UTF16": "utf-16",
    "UTF16LE": "utf-16-le",
    "UTF16BE": "utf-16-be",
    "ISO88591": "latin-1",
}


def _decoded(data: bytes, command: CopyCommand) -> tuple[str, dict[int, FieldError]]:
    """The text, and the lines whose bytes are none of the encoding."""
    encoding = command.options.get("ENCODING", "UTF8")
    if encoding in _CODECS:
        return _of_encoding(data, encoding), {}
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


def _of_encoding(data: bytes, encoding: str) -> str:
    marks = (b"\xff\xfe", b"\xfe\xff")
    if encoding == "UTF16" and data[:2] not in marks:
        raise SqlError("a file in UTF16 must begin with a byte order mark")
    try:
        return data.decode(_CODECS[encoding]).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise SqlError(f"a file is not in the encoding {encoding}: {error}") from error


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
    """Lines of fields; a newline behind the escape is one of the field."""
    delimiter = command.options.get("DELIMITER", "|")
    escapes, quotes = command.has("ESCAPE"), command.has("REMOVEQUOTES")
    at, line = 0, 1
    while at < len(text):
        fields, end, error = _fields_of(text, at, delimiter, escapes, quotes)
        raw = text[at:end].removesuffix("\r")
        yield Record(line, raw, list(fields), error)
        line += text.count("\n", at, end) + 1
        at = end + 1


def _fields_of(
    text: str, at: int, delimiter: str, escapes: bool, quotes: bool
) -> tuple[list[str], int, FieldError | None]:
    """The fields of the line at `at`, the end of the line, what is wrong with it."""
    fields, current, quote, error = [], "", "", None
    begins = True
    while at < len(text):
        character = text[at]
        if escapes and character == "\\" and at + 1 < len(text):
            current += text[at + 1]
            at, begins = at + 2, False
        elif quotes and begins and character in "\"'":
            quote, begins = character, False
            at += 1
        elif quote and character == quote and _ends(text, at + 1, delimiter):
            quote = ""
            at += 1
        elif not quote and text.startswith(delimiter, at):
            fields.append(current)
            current, begins = "", True
            at += len(delimiter)
        elif character == "\n":
            break
        else:
            current += character
            at, begins = at + 1, False
    if quote:
        error = FieldError(1214, "Delimited value missing end quote")
    return [*fields, current.removesuffix("\r")], at, error


def _ends(text: str, at: int, delimiter: str) -> bool:
    """Whether a field may end here."""
    return at >= len(text) or text[at] in "\r\n" or text.startswith(delimiter, at)


def _fixed_width(text: str, command: CopyCommand) -> Iterator[Record]:
    """Lines of columns of so many characters, blanks around the values taken away."""
    widths = [
        int(c.rpartition(":")[2]) for c in command.options["FIXEDWIDTH"].split(",")
    ]
    for number, line in enumerate(text.splitlines(), 1):
        fields, at = [], 0
        for width in widths:
            if at < len(line):
                fields.append(line[at : at + width].strip())
            at += width
        yield Record(number, line, list(fields))


def _count(record: Record, command: CopyCommand, columns: list[Column]) -> None:
    """Too many or too few fields; NULL AS."""
    null = command.options.get("NULL", r"\N")
    fields: list[str | None] = [None if f == null else f for f in record.fields]
    if len(fields) > len(columns):
        record.error = FieldError(1202, "Extra column(s) found")
        record.column = len(columns) - 1
    elif len(fields) < len(columns):
        if command.has("FILLRECORD"):
            # NULL where the type has no empty value; the converter knows EMPTYASNULL.
            missing = columns[len(fields) :]
            fields += ["" if c.type == "varchar" else None for c in missing]
        else:
            record.error = FieldError(1214, "Delimiter not found")
            record.column = len(fields)
    record.fields = fields


def _avro(
    data: bytes, command: CopyCommand, columns: list[Column], paths: list[Path] | None
) -> Iterator[Record]:
    try:
        for number, value in enumerate(copy_avro.objects(data), 1):
            fields = _fields(value, command, columns, paths)
            yield Record(number, json.dumps(value, default=str), fields)
    except copy_avro.Malformed as error:
        raise SqlError(f"a file cannot be read as Avro: {error}") from error


def _json(
    text: str, command: CopyCommand, columns: list[Column], paths: list[Path] | None
) -> Iterator[Record]:
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
        if isinstance(value, dict) or (paths and isinstance(value, list)):
            fields = _fields(value, command, columns, paths)
            yield Record(line, raw, fields)
        else:
            yield Record(line, raw, [], FieldError(1224, "expected a JSON object"))
        at = end


def _fields(
    value: Any, command: CopyCommand, columns: list[Column], paths: list[Path] | None
) -> list[str | None]:
    if paths is not None:
        found = (copy_paths.find(value, path) for path in paths)
        return [_as_text(v, column) for v, column in zip(found, columns, strict=True)]
    if command.paths == "noshred":
        return [json.dumps(value)]
    if command.paths == "auto ignorecase":
        value = {key.lower(): item for key, item in value.items()}
    return [_as_text(value.get(column.name), column) for column in columns]


def _as_text(value: Any, column: Column) -> str | None:
    if value is None:
        return None
    if column.type == "jsonb" or isinstance(value, (dict, list)):
        return json.dumps(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return str(value)
