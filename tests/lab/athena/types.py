"""Types of Hive's catalog, of DuckDB and of Athena's results."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa

_PLAIN = {
    "string": "VARCHAR",
    "char": "VARCHAR",
    "varchar": "VARCHAR",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "long": "BIGINT",
    "float": "FLOAT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "binary": "BLOB",
}


def duckdb_type(hive: str) -> str:
    """DuckDB's name of a type of the Data Catalog."""
    text = hive.strip().lower()
    if match := re.fullmatch(r"array<(.*)>", text):
        return f"{duckdb_type(match[1])}[]"
    if match := re.fullmatch(r"decimal\((\d+), *(\d+)\)", text):
        return f"DECIMAL({match[1]}, {match[2]})"
    return _PLAIN.get(re.sub(r"\(.*\)$", "", text), "VARCHAR")


def hive_type(type_: pa.DataType) -> str:
    """The Data Catalog's name of a type of a column that was made."""
    known = (
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_int8, "tinyint"),
        (pa.types.is_int16, "smallint"),
        (pa.types.is_int32, "int"),
        (pa.types.is_integer, "bigint"),
        (pa.types.is_float32, "float"),
        (pa.types.is_floating, "double"),
        (pa.types.is_date, "date"),
        (pa.types.is_timestamp, "timestamp"),
    )
    for fits, name in known:
        if fits(type_):
            return name
    if pa.types.is_decimal(type_):
        return f"decimal({type_.precision},{type_.scale})"
    if pa.types.is_list(type_):
        return f"array<{hive_type(type_.value_type)}>"
    return "string"


def result_type(type_: pa.DataType) -> str:
    """What GetQueryResults calls a type."""
    hive = hive_type(type_)
    names = {"string": "varchar", "int": "integer"}
    return names.get(hive, re.sub(r"[(<].*", "", hive))


def result_text(value: Any) -> str | None:
    """A value as results and CSV files have it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(str(result_text(v)) for v in value) + "]"
    return str(value)
