"""What a crawler finds out about one file: its format, its columns and their types.

Pure: takes bytes, gives a `Schema`. The rules are those of Glue's built-in classifiers
as its developer guide tells them, for CSV, JSON and Parquet; everything else is
`UNKNOWN`.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_DELIMITERS = (",", "|", "\t", ";", "\x01")
_SAMPLE_ROWS = 1000
_LONGEST_HEADER = 150


@dataclass(frozen=True)
class Schema:
    """Format and columns of a file or, merged, of many."""

    classification: str
    #: Column names, lower case as in the catalog, with Hive types.
    columns: dict[str, str] = field(default_factory=dict)
    compression: str = "none"
    delimiter: str = ","
    header: bool = False
    quoted: bool = False
    #: Names as they are in JSON files.
    paths: tuple[str, ...] = ()

    def is_like(self, other: Schema) -> bool:
        """Says whether both may belong to one table: 70 % of the columns alike."""
        if self.classification != other.classification:
            return False
        both = set(self.columns) & set(other.columns)
        return len(both) >= 0.7 * max(len(self.columns), len(other.columns))


def infer(name: str, content: bytes) -> Schema:
    """The schema of one file."""
    if content[:4] == b"PAR1":
        return Schema("parquet", _of_parquet(content))
    content, compression = _unpacked(name, content)
    try:
        # A sample may end within a character.
        text = content.decode("utf-8-sig", errors="strict")
    except UnicodeDecodeError as error:
        if error.start < len(content) - 4:
            return Schema("UNKNOWN", compression=compression)
        text = content[: error.start].decode("utf-8-sig")
    found = _of_json(text) or _of_csv(text) or Schema("UNKNOWN")
    return replace(found, compression=compression)


def merged(schemas: Iterable[Schema]) -> Schema:
    """One schema for all: columns in order of appearance, types widened."""
    first, *others = schemas
    columns = dict(first.columns)
    for other in others:
        for name, kind in other.columns.items():
            columns[name] = _wider(columns.get(name), kind)
    paths = dict.fromkeys(p for schema in (first, *others) for p in schema.paths)
    return replace(first, columns=columns, paths=tuple(paths))


def _unpacked(name: str, content: bytes) -> tuple[bytes, str]:
    if content[:2] == b"\x1f\x8b":
        return gzip.decompress(content), "gzip"
    if content[:3] == b"BZh":
        return bz2.decompress(content), "bzip2"
    return content, "none"


# CSV.


def _of_csv(text: str) -> Schema | None:
    for delimiter in _DELIMITERS:
        reader = csv.reader(io.StringIO(text), delimiter=delimiter)
        rows = [row for row, _ in zip(reader, range(_SAMPLE_ROWS), strict=False) if row]
        width = len(rows[0]) if rows else 0
        # "At least two columns and two rows of data"; the last row may end with the
        # sample.
        if len(rows) < 2 or width < 2:
            continue
        if any(len(row) != width for row in rows[:-1]):
            continue
        rows = [row for row in rows if len(row) == width]
        header = _is_header(rows)
        names = rows[0] if header else [f"col{n}" for n in range(width)]
        values = zip(*rows[1 if header else 0 :], strict=True)
        kinds = [_column_type(column) for column in values]
        return Schema(
            "csv",
            {_catalog_name(n): k for n, k in zip(names, kinds, strict=True)},
            delimiter=delimiter,
            header=header,
            quoted=f'"{delimiter}' in text or f'{delimiter}"' in text,
        )
    return None


def _is_header(rows: list[list[str]]) -> bool:
    first = rows[0]
    if any(_value_type(cell) != "string" for cell in first):
        return False
    if any(len(cell) >= _LONGEST_HEADER for cell in first[:-1]):
        return False
    if not all(re.fullmatch(r"[\w .\-]+", cell) for cell in first):
        return False
    # "Sufficiently different": some value below parses as something else than a string.
    below = (_value_type(cell) for row in rows[1:] for cell in row if cell)
    return any(kind != "string" for kind in below)


def _column_type(values: Iterable[str]) -> str:
    kind = None
    for value in values:
        if value:
            kind = _wider(kind, _value_type(value))
    return kind or "string"


def _value_type(value: str) -> str:
    value = value.strip()
    if re.fullmatch(r"[+-]?\d{1,18}", value):
        return "bigint"
    if re.fullmatch(r"[+-]?(\d+\.\d*|\.?\d+)([eE][+-]?\d+)?", value):
        return "double"
    if re.match(r"\d{4}-\d{2}-\d{2}", value):
        for kind, parse in (("date", date), ("timestamp", datetime)):
            try:
                parse.fromisoformat(value)
            except ValueError:
                continue
            return kind
    return "string"


# JSON.


def _of_json(text: str) -> Schema | None:
    start = text.lstrip()[:1]
    try:
        if start == "[":
            records = json.loads(text)
        elif start == "{":
            records = _json_lines(text)
        else:
            return None
    except ValueError:
        return None
    if not records:
        return None
    columns: dict[str, str] = {}
    paths: dict[str, None] = {}
    for record in records[:_SAMPLE_ROWS]:
        if not isinstance(record, dict):
            return None
        for name, value in record.items():
            paths[name] = None
            kind = _json_type(value)
            columns[name.lower()] = _wider(columns.get(name.lower()), kind) or "string"
    named = {name: kind or "string" for name, kind in columns.items()}
    return Schema("json", named, paths=tuple(paths))


def _json_lines(text: str) -> list[Any]:
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        # One object over many lines, or a sample that ends within a line.
        try:
            return [json.loads(text)]
        except ValueError:
            lines = text.splitlines()[:-1]
            return [json.loads(line) for line in lines if line.strip()]


def _json_type(value: Any) -> Any:
    match value:
        case None:
            return None
        case bool():
            return "boolean"
        case int():
            return "int" if -(2**31) <= value < 2**31 else "bigint"
        case float():
            return "double"
        case dict():
            inner = ((k.lower(), _json_type(v) or "string") for k, v in value.items())
            return "struct<" + ",".join(f"{k}:{v}" for k, v in inner) + ">"
        case list():
            kind = None
            for item in value:
                kind = _wider(kind, _json_type(item))
            return f"array<{kind or 'string'}>"
    return "string"


# Types.

_NUMBERS = ("int", "bigint", "double")


def _wider(one: str | None, other: str | None) -> Any:
    """The type that takes both; None is: no value seen yet."""
    if one is None or other is None or one == other:
        return one or other
    if one in _NUMBERS and other in _NUMBERS:
        return max(one, other, key=_NUMBERS.index)
    if {one, other} == {"date", "timestamp"}:
        return "timestamp"
    return "string"


def _catalog_name(name: str) -> str:
    return name.strip().lower()


# Parquet.


def _of_parquet(content: bytes) -> dict[str, str]:
    schema = pq.read_schema(io.BytesIO(content))
    return {item.name.lower(): _hive_type(item.type) for item in schema}


def _hive_type(kind: pa.DataType) -> str:
    types = pa.types
    simple = (
        (types.is_boolean, "boolean"),
        (types.is_int8, "tinyint"),
        (types.is_int16, "smallint"),
        (types.is_int32, "int"),
        (types.is_integer, "bigint"),
        (types.is_float32, "float"),
        (types.is_floating, "double"),
        (types.is_string, "string"),
        (types.is_large_string, "string"),
        (types.is_date, "date"),
        (types.is_timestamp, "timestamp"),
        (types.is_binary, "binary"),
    )
    for applies, name in simple:
        if applies(kind):
            return name
    if types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if types.is_dictionary(kind):
        return _hive_type(kind.value_type)
    if types.is_map(kind):
        return f"map<{_hive_type(kind.key_type)},{_hive_type(kind.item_type)}>"
    if types.is_list(kind) or types.is_large_list(kind):
        return f"array<{_hive_type(kind.value_type)}>"
    if types.is_struct(kind):
        fields = (kind.field(n) for n in range(kind.num_fields))
        inner = ",".join(f"{f.name.lower()}:{_hive_type(f.type)}" for f in fields)
        return f"struct<{inner}>"
    return "string"
