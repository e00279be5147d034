"""Iceberg tables of the Data Catalog, by pyiceberg: the lab's Glue and S3 are its catalog and its store."""

from __future__ import annotations

import functools
import re
import warnings
from datetime import datetime
from time import time as now
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import parse_transform
from pyiceberg.types import NestedField, PrimitiveType

from lab.athena.errors import QueryError

if TYPE_CHECKING:
    from lab.lab import Lab

_TYPES = {
    "string": "string",
    "varchar": "string",
    "int": "int",
    "integer": "int",
    "bigint": "long",
    "float": "float",
    "double": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "binary": "binary",
}


def catalog(lab: Lab, region: str, key: str) -> GlueCatalog:
    """The catalog of a region; its calls are the lab's own."""
    return _catalog(lab.endpoint, region, key)


@functools.cache
def _catalog(endpoint: str, region: str, key: str) -> GlueCatalog:
    # One takes half a second to make.
    return GlueCatalog(
        "lab",
        **{
            "glue.endpoint": endpoint,
            "glue.region": region,
            "glue.access-key-id": key,
            "glue.secret-access-key": "internal",
            "s3.endpoint": endpoint,
            "s3.region": region,
            "s3.access-key-id": key,
            "s3.secret-access-key": "internal",
        },
    )


def is_iceberg(table: dict[str, Any]) -> bool:
    """Says whether a table of the catalog is Iceberg's."""
    return table.get("Parameters", {}).get("table_type", "").upper() == "ICEBERG"


def create(
    tables: GlueCatalog,
    name: tuple[str, str],
    columns: list[tuple[str, str]],
    partitions: list[str],
    location: str,
) -> None:
    """Makes an empty table of columns with their types as Athena writes them."""
    fields = []
    for number, (column, type_) in enumerate(columns, 1):
        known = _TYPES.get(re.sub(r"\(.*", "", type_.lower()), type_.lower())
        fields.append(NestedField(number, column, PrimitiveType.model_validate(known)))
    schema = Schema(*fields)
    spec = []
    for number, text in enumerate(partitions, 1000):
        transform, column = "identity", text.strip()
        if match := re.fullmatch(r"(\w+)\((?:(\d+), *)?(\w+)\)", column):
            size = f"[{match[2]}]" if match[2] else ""
            transform, column = f"{match[1].lower()}{size}", match[3]
        suffix = "" if transform == "identity" else f"_{transform.partition('[')[0]}"
        spec.append(
            PartitionField(
                schema.find_field(column).field_id,
                number,
                parse_transform(transform),
                column + suffix,
            )
        )
    tables.create_table(
        name, schema, location=location.rstrip("/"), partition_spec=PartitionSpec(*spec)
    )


def rows(table: Table, version: int | datetime | None) -> tuple[pa.Table, int]:
    """The rows, now or as of a snapshot or a time, and the bytes of their files."""
    snapshot = None
    if isinstance(version, datetime):
        found = table.snapshot_as_of_timestamp(int(version.timestamp() * 1000))
        if found is None:
            raise QueryError(
                f"INVALID_ARGUMENTS: No version history table at or before {version}"
            )
        snapshot = found.snapshot_id
    elif version is not None:
        snapshot = version
        if table.snapshot_by_id(version) is None:
            raise QueryError(
                f"INVALID_ARGUMENTS: Iceberg snapshot ID does not exists: {version}"
            )
    scan = table.scan(snapshot_id=snapshot)
    size = sum(task.file.file_size_in_bytes for task in scan.plan_files())
    return scan.to_arrow(), size


def _fitting(table: Table, data: pa.Table) -> pa.Table:
    schema = table.schema().as_arrow()
    return data.select(schema.names).cast(schema)


def append(table: Table, data: pa.Table) -> None:
    """Adds rows."""
    _committed(lambda: table.append(_fitting(table, data)))


def replace(table: Table, data: pa.Table) -> None:
    """Puts these rows in place of all; the rows of before stay in their snapshot."""
    with warnings.catch_warnings():
        # There may be nothing to delete.
        warnings.simplefilter("ignore")
        _committed(lambda: table.overwrite(_fitting(table, data)))


#: What Athena lets a table be told (Athena User Guide, "Table properties"), and the least of it.
_PROPERTIES = {
    "optimize_rewrite_data_file_threshold": 1,
    "optimize_rewrite_delete_file_threshold": 1,
    "vacuum_max_snapshot_age_seconds": 60,
    "vacuum_min_snapshots_to_keep": 1,
    "vacuum_max_metadata_files_to_keep": 1,
}


def tell(table: Table, properties: dict[str, str]) -> None:
    """Writes properties of a table that Athena knows."""
    for name, value in properties.items():
        least = _PROPERTIES.get(name)
        if least is None or int(value) < least:
            raise QueryError(
                f"FAILED: Unsupported table property or value: {name}={value}"
            )
    with table.transaction() as transaction:
        transaction.set_properties(properties)


def expire(table: Table) -> None:
    """Forgets snapshots that are older than the table says, but for the newest ones."""
    age = int(table.properties.get("vacuum_max_snapshot_age_seconds", 432000))
    least = int(table.properties.get("vacuum_min_snapshots_to_keep", 1))
    newest = sorted(table.snapshots(), key=lambda s: s.timestamp_ms, reverse=True)
    until = (now() - age) * 1000
    old = [s.snapshot_id for s in newest[least:] if s.timestamp_ms < until]
    if old:
        table.maintenance.expire_snapshots().by_ids(old).commit()


def _committed(commit: Any) -> None:
    try:
        commit()
    except CommitFailedException as error:
        raise QueryError(
            f"ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table: {error}",
            category=2,
        ) from error
