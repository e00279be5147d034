"""What lies in S3, and how Spark reads and writes it for Glue's option names."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

import boto3

from awsglue.dynamicframe import absent

#: Glue's format options -> Spark's, by format; None: of no consequence here.
_READ = {
    "csv": {
        "separator": "sep",
        "quoteChar": "quote",
        "escaper": "escape",
        "withHeader": "header",
        "multiLine": "multiLine",
        "skipFirst": "header",
        "optimizePerformance": None,
        "strictCheckForQuoting": None,
    },
    "json": {"multiLine": "multiLine", "optimizePerformance": None},
    "parquet": {"useGlueParquetWriter": None},
    "orc": {},
    "avro": {},
}
_WRITE = {
    "csv": {"separator": "sep", "quoteChar": "quote", "writeHeader": "header"},
    "json": {},
    "parquet": {
        "compression": "compression",
        "blockSize": None,
        "pageSize": None,
        "useGlueParquetWriter": None,
    },
    "orc": {},
}


def files_below(
    paths: list[str], exclusions: list[str], recurse: bool
) -> dict[str, str]:
    """The data files below `paths`, as url to etag, in order."""
    found: dict[str, str] = {}
    pages = boto3.client("s3").get_paginator("list_objects_v2")
    for path in paths:
        bucket, _, prefix = re.sub(r"^s3[an]?://", "", path).partition("/")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                url = f"s3://{bucket}/{item['Key']}"
                below = item["Key"][len(prefix) :]
                if _is_data(below, item["Size"], recurse) and not any(
                    fnmatch.fnmatch(url, pattern) for pattern in exclusions
                ):
                    found[url] = item["ETag"]
    return found


def _is_data(below: str, size: int, recurse: bool) -> bool:
    *folders, name = below.lstrip("/").split("/")
    hidden = any(part.startswith(("_", ".")) for part in (*folders, name))
    # Folders of the form k=v are partitions, which belong to the data without `recurse`
    # too.
    reached = recurse or all("=" in folder for folder in folders)
    return size > 0 and not hidden and reached and (name != "" or not below)


def read_options(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Spark's options for reading format `name` with Glue's `options`."""
    return _translated("reading", _READ, name, options)


def write_options(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Spark's options for writing format `name` with Glue's `options`."""
    # Glue writes a header unless told otherwise.
    first = {"header": "true"} if name == "csv" else {}
    return first | _translated("writing", _WRITE, name, options)


def _translated(
    doing: str, table: dict[str, dict[str, Any]], name: str, options: dict[str, Any]
) -> dict[str, Any]:
    if name not in table:
        raise absent(f"format {name!r} for {doing}")
    out = {}
    for key, value in options.items():
        if key not in table[name]:
            raise absent(f"format option {key!r} for {doing} {name}")
        if spark := table[name][key]:
            # Glue's quoteChar -1 is: no quotes.
            text = "" if value == -1 else value
            out[spark] = str(text).lower() if isinstance(text, bool) else text
    return out


class Table:
    """A table of the Data Catalog."""

    def __init__(self, database: str, name: str) -> None:
        self._glue = boto3.client("glue")
        self._place = {"DatabaseName": database, "TableName": name}
        self.table = self._glue.get_table(DatabaseName=database, Name=name)["Table"]
        self.storage = self.table["StorageDescriptor"]
        self.location = self.storage["Location"]
        self.columns = [(c["Name"], c["Type"]) for c in self.storage["Columns"]]
        keys = self.table.get("PartitionKeys", [])
        self.partition_keys = [(c["Name"], c["Type"]) for c in keys]

    def locations(self) -> list[str]:
        """Where its files are: in the partitions that the catalog knows, if any."""
        if not self.partition_keys:
            return [self.location]
        pages = self._glue.get_paginator("get_partitions").paginate(**self._place)
        partitions = [item for page in pages for item in page["Partitions"]]
        return [item["StorageDescriptor"]["Location"] for item in partitions]

    def format(self) -> str:
        """The format's name, from its classification or its serialisation library."""
        serde = self.storage.get("SerdeInfo", {})
        told = self.table.get("Parameters", {}).get("classification", "")
        library = serde.get("SerializationLibrary", "").lower()
        for name in ("parquet", "orc", "avro", "json", "csv"):
            if told == name or name in library:
                return name
        if "lazysimple" in library:
            return "csv"
        raise absent(f"format of table {self.table['Name']} ({told or library!r})")

    def read_options(self) -> dict[str, Any]:
        """Spark's options for its files."""
        if self.format() != "csv":
            return {}
        serde = self.storage.get("SerdeInfo", {}).get("Parameters", {})
        both = {**self.table.get("Parameters", {}), **serde}
        separator = both.get("separatorChar") or both.get("field.delim") or ","
        skip = both.get("skip.header.line.count", "0")
        if skip not in ("0", "1"):
            raise absent(f"skip.header.line.count {skip}")
        options = {"sep": separator, "header": "true" if skip == "1" else "false"}
        # Columns are taken by position, as Hive does.
        options["enforceSchema"] = "true"
        if quote := both.get("quoteChar"):
            options["quote"] = quote
        return options

    def schema(self) -> str:
        """All columns as Spark's DDL."""
        both = [*self.columns, *self.partition_keys]
        return ", ".join(f"`{name}` {kind}" for name, kind in both)
