"""What Hive's parser reads, and maintenance of Iceberg tables: statements by their words."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pyarrow as pa
from botocore.exceptions import ClientError

from lab.athena import iceberg
from lab.athena.errors import QueryError
from lab.athena.result import Result
from lab.athena.tables import Lake, descriptor

_NAME = r"([\w`\".$/-]+)"


class Ddl:
    """Does one statement; `of` gives what does it, None where it is none of these."""

    def __init__(self, lake: Lake, key: str, database: str) -> None:
        self._lake = lake
        self._key = key
        self._database = database

    @property
    def _iceberg(self) -> Any:
        return iceberg.catalog(self._lake.lab, self._lake.region, self._key)

    def _named(self, text: str) -> tuple[str, str]:
        # One pair of backticks may be around both parts.
        parts = [part.strip('`"').lower() for part in text.split(".")]
        return (parts[-2] if len(parts) > 1 else self._database, parts[-1])

    def of(self, sql: str, word: str) -> Any:
        """What Hive's parser reads, and maintenance; None where DuckDB does it."""
        for pattern, work in (
            (rf"(?i)optimize {_NAME} rewrite data using bin_pack\b.*", self._optimize),
            (rf"(?i)vacuum {_NAME}", self._vacuum),
            (
                rf"(?i)alter table {_NAME} set tblproperties ?\((.*)\)",
                self._set_properties,
            ),
            (rf"(?i)msck repair table {_NAME}", self._msck),
            (
                rf"(?is)alter table {_NAME} add (if not exists )?partition ?(.*)",
                self._add_partition,
            ),
            (
                rf"(?is)alter table {_NAME} drop (if exists )?partition ?(.*)",
                self._drop_partition,
            ),
            (rf"(?i)drop (table|view) (if exists )?{_NAME}", self._drop),
            (
                rf"(?i)drop (?:database|schema) (if exists )?{_NAME}(?: (cascade|restrict))?",
                self._database_dropped,
            ),
            (
                rf"(?i)(?:create) (?:database|schema) (if not exists )?{_NAME}.*",
                self._database_made,
            ),
            (r"(?i)show (?:databases|schemas)", self._show_databases),
            (rf"(?i)show tables(?: in {_NAME})?.*", self._show_tables),
            (rf"(?i)show partitions {_NAME}", self._show_partitions),
            (
                rf"(?is)create (external )?table (if not exists )?{_NAME} ?\((.*)",
                self._create_table,
            ),
        ):
            match = re.fullmatch(pattern, sql)
            if match and not (
                work == self._create_table
                and re.search(r"(?i)\bas (select|with)\b", sql)
            ):
                return lambda work=work, match=match: work(match)
        if word in ("create",):
            return None
        raise QueryError(
            f"FAILED: ParseException line 1:0 cannot recognize input near '{word}'"
        )

    def _iceberg_of(self, text: str) -> Any:
        database, name = self._named(text)
        table = self._lake.table(database, name)
        if not iceberg.is_iceberg(table):
            raise QueryError(
                "NOT_SUPPORTED: OPTIMIZE and VACUUM are supported for Iceberg tables only"
            )
        self._lake.allowed("glue:UpdateTable", database, name)
        self._lake.iceberg_files(
            table, "s3:GetObject", "s3:PutObject", "s3:DeleteObject"
        )
        return self._iceberg.load_table((database, name))

    def _optimize(self, match: re.Match[str]) -> Result:
        table = self._iceberg_of(match[1])
        rows, size = iceberg.rows(table, None)
        self._lake.scanned += size
        if len(list(table.scan().plan_files())) > 1:
            iceberg.replace(table, rows)
        return Result("DML")

    def _vacuum(self, match: re.Match[str]) -> Result:
        iceberg.expire(self._iceberg_of(match[1]))
        return Result("DML")

    def _set_properties(self, match: re.Match[str]) -> Result:
        database, name = self._named(match[1])
        if not iceberg.is_iceberg(self._lake.table(database, name)):
            raise QueryError("the lab sets no properties of other tables")
        self._lake.allowed("glue:UpdateTable", database, name)
        given = dict(re.findall(r"'([^']*)' ?= ?'([^']*)'", match[2]))
        iceberg.tell(self._iceberg.load_table((database, name)), given)
        return Result("DDL")

    def _msck(self, match: re.Match[str]) -> Result:
        self._lake.repair(self._lake.table(*self._named(match[1])))
        return Result("DDL")

    def _add_partition(self, match: re.Match[str]) -> Result:
        table = self._lake.table(*self._named(match[1]))
        pattern = r"\(([^)]*)\) ?(?:location ?'([^']*)')?"
        for given, location in re.findall(pattern, match[3], re.I):
            values = [
                value for _, value in re.findall(r"`?(\w+)`? ?= ?'([^']*)'", given)
            ]
            folders = "/".join(re.sub(r"[`' ]", "", pair) for pair in given.split(","))
            place = (
                location
                or f"{table['StorageDescriptor']['Location'].rstrip('/')}/{folders}/"
            )
            self._lake.register(
                table["DatabaseName"],
                table["Name"],
                table["StorageDescriptor"],
                values,
                place,
            )
        return Result("DDL")

    def _drop(self, match: re.Match[str]) -> Result:
        database, name = self._named(match[3])
        self._lake.allowed("glue:DeleteTable", database, name)
        with contextlib.suppress(ClientError):
            found = self._lake.glue.get_table(DatabaseName=database, Name=name)["Table"]
            if found.get("PartitionKeys"):
                self._lake.allowed("glue:GetPartitions", database, name)
                self._lake.allowed("glue:DeletePartition", database, name)
            if iceberg.is_iceberg(found):
                self._lake.iceberg_files(found, "s3:GetObject", "s3:DeleteObject")
        try:
            self._lake.glue.delete_table(DatabaseName=database, Name=name)
        except ClientError as error:
            if not match[2]:
                raise QueryError(
                    f"FAILED: SemanticException Table not found {name}"
                ) from error
        return Result("DDL")

    def _drop_partition(self, match: re.Match[str]) -> Result:
        table = self._lake.table(*self._named(match[1]))
        database, name = table["DatabaseName"], table["Name"]
        self._lake.allowed("glue:DeletePartition", database, name)
        for given in re.findall(r"\(([^)]*)\)", match[3]):
            values = [
                value for _, value in re.findall(r"`?(\w+)`? ?= ?'([^']*)'", given)
            ]
            try:
                self._lake.glue.delete_partition(
                    DatabaseName=database, TableName=name, PartitionValues=values
                )
            except ClientError as error:
                if not match[2]:
                    raise QueryError(
                        f"FAILED: SemanticException Partition not found {given}"
                    ) from error
        return Result("DDL")

    def _database_dropped(self, match: re.Match[str]) -> Result:
        name = match[2].strip('`"')
        self._lake.dropping(name)
        try:
            tables = self._lake.glue.get_tables(DatabaseName=name)["TableList"]
            if tables and (match[3] or "").lower() != "cascade":
                raise QueryError(
                    f"FAILED: InvalidOperationException(message:Database {name} is not empty)"
                )
            self._lake.glue.delete_database(Name=name)
        except ClientError as error:
            if not match[1]:
                raise QueryError(
                    f"FAILED: SemanticException Database does not exist: {name}"
                ) from error
        return Result("DDL")

    def _database_made(self, match: re.Match[str]) -> Result:
        name = match[2].strip('`"')
        self._lake.allowed("glue:CreateDatabase", name)
        try:
            self._lake.glue.create_database(DatabaseInput={"Name": name})
        except ClientError as error:
            if not match[1]:
                raise QueryError(f"FAILED: AlreadyExistsException: {error}") from error
        return Result("DDL")

    def _show_databases(self, match: re.Match[str]) -> Result:
        self._lake.allowed("glue:GetDatabases", "any")
        pages = self._lake.glue.get_paginator("get_databases").paginate()
        names = sorted(one["Name"] for page in pages for one in page["DatabaseList"])
        return Result(
            "UTILITY", pa.table({"database_name": pa.array(names, pa.string())})
        )

    def _show_tables(self, match: re.Match[str]) -> Result:
        database = (match[1] or self._database).strip('`"')
        self._lake.allowed("glue:GetTables", database)
        self._lake.allowed("glue:GetTables", database, "any")
        pages = self._lake.glue.get_paginator("get_tables").paginate(
            DatabaseName=database
        )
        names = sorted(table["Name"] for page in pages for table in page["TableList"])
        return Result("UTILITY", pa.table({"tab_name": pa.array(names, pa.string())}))

    def _show_partitions(self, match: re.Match[str]) -> Result:
        table = self._lake.table(*self._named(match[1]))
        keys = [key["Name"] for key in table.get("PartitionKeys", [])]
        self._lake.allowed("glue:GetPartitions", table["DatabaseName"], table["Name"])
        pages = self._lake.glue.get_paginator("get_partitions").paginate(
            DatabaseName=table["DatabaseName"], TableName=table["Name"]
        )
        rows = [
            "/".join(f"{k}={v}" for k, v in zip(keys, partition["Values"], strict=True))
            for page in pages
            for partition in page["Partitions"]
        ]
        return Result(
            "UTILITY", pa.table({"partition": pa.array(sorted(rows), pa.string())})
        )

    def _create_table(self, match: re.Match[str]) -> Result:
        database, name = self._named(match[3])
        columns, rest = _columns(match[4])
        location = re.search(r"(?i)\blocation ?'([^']*)'", rest)
        if location is None:
            raise QueryError("FAILED: SemanticException table location can not be null")
        if not self._lake.is_new(database, name, bool(match[2])):
            return Result("DDL")
        properties = dict(
            re.findall(r"['\"]([\w.]+)['\"] ?= ?['\"]([^'\"]*)['\"]", rest)
        )
        partitioned = re.search(
            r"(?i)partitioned by ?\((.*?)\)(?= ?(?:location|stored|row|tblproperties|$))",
            rest,
        )
        if properties.get("table_type", "").upper() == "ICEBERG":
            self._lake.allowed("glue:CreateTable", database, name)
            keys = re.split(r",(?![^(]*\))", partitioned[1]) if partitioned else []
            self._lake.iceberg_files(
                {"StorageDescriptor": {"Location": location[1]}}, "s3:PutObject"
            )
            iceberg.create(self._iceberg, (database, name), columns, keys, location[1])
            return Result("DDL")
        keys = _columns(partitioned[1] + ")")[0] if partitioned else []
        format_ = (
            "JSON"
            if "json" in rest.lower()
            else "PARQUET"
            if "parquet" in rest.lower()
            else "TEXTFILE"
        )
        storage = descriptor(
            [{"Name": n, "Type": t} for n, t in columns], location[1], format_
        )
        if format_ == "TEXTFILE" and (
            delimiter := re.search(r"(?i)fields terminated by '([^']*)'", rest)
        ):
            storage["SerdeInfo"]["Parameters"]["field.delim"] = delimiter[1]
        made = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE", **properties},
            "PartitionKeys": [{"Name": n, "Type": t} for n, t in keys],
            "StorageDescriptor": storage,
        }
        self._lake.looked_at(location[1])
        self._lake.make(database, made)
        return Result("DDL")


def _columns(text: str) -> tuple[list[tuple[str, str]], str]:
    """The columns of a list that is open, and what stands behind it."""
    depth, end = 1, 0
    while depth and end < len(text):
        depth += {"(": 1, "<": 1, ")": -1, ">": -1}.get(text[end], 0)
        end += 1
    end -= depth == 0
    columns = []
    for one in re.split(r",(?![^(<]*[)>])", text[:end]):
        name, _, type_ = one.strip().partition(" ")
        columns.append(
            (name.strip('`"').lower(), type_.strip().partition(" comment")[0].lower())
        )
    return columns, text[end + 1 :]
