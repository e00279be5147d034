"""Parquet and ORC files -> rows, by position, as strict about types as Redshift."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as parquet

from lab.redshift.copy_command import CopyCommand
from lab.redshift.copy_files import LoadFile
from lab.redshift.copy_types import Column
from lab.redshift.errors import SqlError

_BATCH = 10_000


def rows(
    data: bytes, file: LoadFile, command: CopyCommand, columns: list[Column]
) -> Iterator[list[Any]]:
    """The rows of one file, as Python values; SqlError where the schemas do not fit."""
    try:
        table = _table(data, command)
    except (pa.ArrowInvalid, OSError) as error:
        raise SqlError(
            f"Spectrum Scan Error. File '{_https(file)}' has an invalid "
            f"{command.format} footer: {error}"
        ) from error
    found = len(table.schema)
    if found > len(columns) or (found < len(columns) and not command.has("FILLRECORD")):
        raise SqlError(
            "Spectrum Scan Error. Unmatched number of columns between table and file. "
            f"Table columns: {len(columns)}, Data columns: {found}, "
            f"File name: {_https(file)}"
        )
    for arrow, column in zip(table.schema, columns, strict=False):
        if not _fits(arrow.type, column, command):
            raise SqlError(
                f"Spectrum Scan Error. File '{_https(file)}' has an incompatible "
                f"{command.format.title()} schema for column "
                f"'{file.url}.{arrow.name}'. "
                f"Column type: {column.redshift_type.upper()}, "
                f"{command.format.title()} schema:\noptional {arrow.type} {arrow.name}"
            )
    missing = [None] * (len(columns) - found)
    for batch in table.to_batches(max_chunksize=_BATCH):
        lists = [column.to_pylist() for column in batch.columns]
        for row in zip(*lists, strict=True):
            yield [_value(v, c) for v, c in zip(row, columns, strict=False)] + missing


def _table(data: bytes, command: CopyCommand) -> pa.Table:
    source = pa.BufferReader(data)
    if command.format == "PARQUET":
        # One file as it is: partition values in its path are no columns of it.
        return parquet.ParquetFile(source).read()
    return orc.ORCFile(io.BytesIO(data)).read()


def _fits(arrow: pa.DataType, column: Column, command: CopyCommand) -> bool:
    if pa.types.is_dictionary(arrow):
        arrow = arrow.value_type
    nested = pa.types.is_nested(arrow)
    match column.type:
        case "int2":
            return arrow in (pa.int8(), pa.int16())
        case "int4":
            return arrow == pa.int32()
        case "int8":
            return arrow == pa.int64()
        case "float4":
            return arrow == pa.float32()
        case "float8":
            return arrow == pa.float64()
        case "bool":
            return arrow == pa.bool_()
        case "date":
            return arrow == pa.date32()
        case "timestamp" | "timestamptz":
            return pa.types.is_timestamp(arrow)
        case "numeric":
            return pa.types.is_decimal(arrow) and arrow.scale == column.scale
        case "varchar" | "bpchar" | "text":
            return pa.types.is_string(arrow) or pa.types.is_large_string(arrow)
        case "bytea":
            return pa.types.is_binary(arrow)
        case "jsonb":
            return not nested or command.has("SERIALIZETOJSON")
    return False


def _value(value: Any, column: Column) -> Any:
    if column.type == "jsonb" and value is not None:
        return json.dumps(value, default=str)
    if column.text and column.length is not None and value is not None:
        if len(value) * 4 > column.length and len(value.encode()) > column.length:
            raise SqlError(
                "Spectrum Scan Error. The length of the data column "
                f"{column.name} is longer than the length defined in the table. "
                f"Table: {column.length}, Data: {len(value.encode())}"
            )
    return value


def _https(file: LoadFile) -> str:
    return f"https://s3.us-east-1.amazonaws.com/{file.bucket}/{file.key}"
