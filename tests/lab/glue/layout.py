"""How the objects below a crawler's target fall into tables and partitions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lab.glue.infer import Schema, merged


@dataclass(frozen=True)
class Item:
    """One object: its key and size."""

    key: str
    size: int


@dataclass
class Found:
    """A table that the objects under `prefix` make up."""

    bucket: str
    prefix: str
    schema: Schema
    items: list[Item]
    #: Names of the partition keys, from the outermost folder to the innermost.
    keys: list[str] = field(default_factory=list)
    #: Partition values -> the prefix of that partition.
    partitions: dict[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def location(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    @property
    def name(self) -> str:
        """As Glue does: the last part of the path, made a valid name."""
        last = self.prefix.rstrip("/").rpartition("/")[2] or self.bucket
        return re.sub(r"[^a-z0-9_]", "_", last.lower())


#: Gives the schema of one object.
Inspect = Callable[[Item], Schema]


def tables(
    bucket: str, prefix: str, items: list[Item], inspect: Inspect
) -> list[Found]:
    """The tables below `prefix`, which ends with a slash or is one object's key.

    Folders of the form `k=v` are partitions. Other folders are tables of their own if
    what lies in them differs; if it is alike, they are partitions with the keys
    `partition_0`, `partition_1`, ...
    """
    items = [item for item in items if _is_data(item.key[len(prefix) :], item.size)]
    if not items:
        return []
    depth = max(item.key[len(prefix) :].count("/") for item in items)
    groups = _groups(prefix, items)
    if len(groups) == 1 and "" in groups:
        return [_table(bucket, prefix, items, merged(map(inspect, items)))]
    below: list[Found] = []
    for folder, members in groups.items():
        if folder == "":
            below.append(_table(bucket, prefix, members, merged(map(inspect, members))))
        else:
            below += tables(bucket, f"{prefix}{folder}/", members, inspect)
    even = all(item.key[len(prefix) :].count("/") == depth for item in items)
    if even and all(below[0].schema.is_like(other.schema) for other in below):
        schema = merged(table.schema for table in below)
        return [_table(bucket, prefix, items, schema)]
    return below


def _is_data(path: str, size: int) -> bool:
    hidden = any(part.startswith(("_", ".")) for part in path.split("/"))
    return size > 0 and not hidden and not path.endswith("/")


def _groups(prefix: str, items: list[Item]) -> dict[str, list[Item]]:
    """Objects by their first folder; "" for those right here or in partitions."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        folders = item.key[len(prefix) :].split("/")[:-1]
        plain = folders and "=" not in folders[0]
        groups.setdefault(folders[0] if plain else "", []).append(item)
    return groups


def _table(bucket: str, prefix: str, items: list[Item], schema: Schema) -> Found:
    table = Found(bucket, prefix, schema, items)
    for item in items:
        folders = item.key[len(prefix) :].split("/")[:-1]
        keys, values = [], []
        for n, folder in enumerate(folders):
            key, equals, value = folder.partition("=")
            keys.append(key.lower() if equals else f"partition_{n}")
            values.append(value if equals else folder)
        if not folders:
            continue
        if not table.keys:
            table.keys = keys
        # Folders that do not fit the table's keys are passed over, as Glue does with a
        # warning.
        if keys == table.keys:
            place = prefix + "".join(f"{folder}/" for folder in folders)
            table.partitions[tuple(values)] = place
    return table
