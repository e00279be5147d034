"""Tables of the Data Catalog that are files in S3: read as Athena reads them, and written.

Of a partitioned table the partitions are read that the catalog has. Formats: Parquet, ORC,
CSV and text, JSON lines.
"""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import duckdb
import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as parquet
from botocore.exceptions import ClientError
from pyarrow import csv

from lab.athena.errors import QueryError
from lab.athena.types import duckdb_type, hive_type

if TYPE_CHECKING:
    from lab.lab import Lab

_INPUT = {
    "PARQUET": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "TEXTFILE": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    ),
    "JSON": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.openx.data.jsonserde.JsonSerDe",
    ),
}


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of a place in S3."""
    bucket, _, key = uri.removeprefix("s3://").removeprefix("s3a://").partition("/")
    return bucket, key


def descriptor(
    columns: list[dict[str, str]], location: str, format_: str
) -> dict[str, Any]:
    """The storage of a table or a partition."""
    input_, output, serde = _INPUT[format_]
    parameters = {"field.delim": ","} if format_ == "TEXTFILE" else {}
    return {
        "Columns": columns,
        "Location": location,
        "InputFormat": input_,
        "OutputFormat": output,
        "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters},
    }


@dataclass
class Lake:
    """The lab's S3 and catalog, as whoever runs a query may use them."""

    lab: Lab
    region: str
    #: Raises where the caller may not do an action on a resource.
    guard: Any
    #: Bytes of the files that were read.
    scanned: int = 0
    glue: Any = field(init=False)
    s3: Any = field(init=False)

    def __post_init__(self) -> None:
        self.glue = self.lab.client("glue", self.region)
        self.s3 = self.lab.client("s3", self.region)

    def allowed(self, action: str, database: str, table: str | None = None) -> None:
        """An action on a table asks for the catalog and the database as well; whatever is asked of the catalog asks
        for the default database."""
        for one in ("catalog", "database/default"):
            self._allowed("glue:GetDatabase", one)
        if action != "glue:GetDatabases":
            self._allowed("glue:GetDatabase", f"database/{database}")
        rest = ["catalog", f"database/{database}"]
        rest += [f"table/{database}/{table}"] if table else []
        for one in rest:
            self._allowed(action, one)

    def _allowed(self, action: str, one: str) -> None:
        self.guard(action, f"arn:aws:glue:{self.region}:123456789012:{one}")

    def dropping(self, database: str) -> None:
        """Taking a database away asks for all that is in it."""
        for action in ("glue:DeleteDatabase", "glue:GetTables", "glue:DeleteTable"):
            self.allowed(action, database)
            for kind in ("table", "userDefinedFunction"):
                self._allowed(action, f"{kind}/{database}/any")

    def looked_at(self, uri: str) -> None:
        """Athena asks where the bucket is and lists it before it reads or writes there."""
        for action in ("s3:GetBucketLocation", "s3:ListBucket"):
            self.guard(action, f"arn:aws:s3:::{split(uri)[0]}")

    def iceberg_files(self, table: dict[str, Any], *actions: str) -> None:
        """What the files of an Iceberg table are touched with: pyiceberg reads and writes them as the lab."""
        location = table["StorageDescriptor"]["Location"]
        self.looked_at(location)
        bucket, prefix = split(location.rstrip("/") + "/")
        for action in actions:
            self.guard(action, f"arn:aws:s3:::{bucket}/{prefix}any")

    def table(self, database: str, name: str) -> dict[str, Any]:
        """A table of the catalog; QueryError where there is none."""
        self.allowed("glue:GetTable", database, name)
        try:
            return self.glue.get_table(DatabaseName=database, Name=name)["Table"]
        except ClientError as error:
            raise QueryError(
                f"TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.{database}.{name}' does not exist"
            ) from error

    def is_new(self, database: str, name: str, or_not: bool) -> bool:
        """Says whether there is no such table; QueryError where there must be none."""
        try:
            self.glue.get_table(DatabaseName=database, Name=name)
        except ClientError:
            return True
        if or_not:
            return False
        raise QueryError(
            f"TABLE_ALREADY_EXISTS: line 1:1: Table 'awsdatacatalog.{database}.{name}' already exists"
        )

    def objects(self, uri: str) -> list[tuple[str, str, int]]:
        """Bucket, key and size of all objects in a folder; hidden ones are none."""
        self.looked_at(uri)
        bucket, prefix = split(uri if uri.endswith("/") else uri + "/")
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix
        )
        try:
            found = [
                (bucket, item["Key"], item["Size"])
                for page in pages
                for item in page.get("Contents", [])
            ]
        except ClientError as error:
            raise QueryError(f"HIVE_CANNOT_OPEN_SPLIT: {error}", category=3) from error
        return [
            one
            for one in found
            if not one[1].rpartition("/")[2].startswith(("_", ".")) and one[2]
        ]

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Writes an object as the caller."""
        self.guard("s3:PutObject", f"arn:aws:s3:::{bucket}/{key}")
        try:
            self.s3.put_object(Bucket=bucket, Key=key, Body=body)
        except ClientError as error:
            raise QueryError(
                f"Access denied when writing output to url: s3://{bucket}/{key}: {error}"
            ) from error

    def read(self, table: dict[str, Any]) -> pa.Table:
        """All rows of a table that is files."""
        columns = table["StorageDescriptor"]["Columns"]
        told = table.get("Parameters", {})
        keys = table.get("PartitionKeys", [])
        parts: list[pa.Table] = []
        if keys:
            self.allowed("glue:GetPartitions", table["DatabaseName"], table["Name"])
            pages = self.glue.get_paginator("get_partitions").paginate(
                DatabaseName=table["DatabaseName"], TableName=table["Name"]
            )
            for partition in (p for page in pages for p in page["Partitions"]):
                storage = (
                    partition.get("StorageDescriptor") or table["StorageDescriptor"]
                )
                rows = self._files(storage, columns, told)
                for key, value in zip(keys, partition["Values"], strict=True):
                    rows = rows.append_column(
                        key["Name"], pa.array([value] * len(rows), pa.string())
                    )
                parts.append(rows)
        else:
            parts.append(self._files(table["StorageDescriptor"], columns, told))
        names = [c["Name"] for c in (*columns, *keys)]
        empty = pa.table({name: pa.array([], pa.string()) for name in names})
        typed = [self._typed(part, [*columns, *keys]) for part in parts or [empty]]
        return pa.concat_tables(typed)

    def _typed(self, rows: pa.Table, columns: list[dict[str, str]]) -> pa.Table:
        with duckdb.connect() as connection:
            connection.register("rows", rows)
            cast = ", ".join(
                f'cast("{c["Name"]}" as {duckdb_type(c["Type"])}) as "{c["Name"]}"'
                for c in columns
            )
            try:
                return connection.sql(f"select {cast} from rows").to_arrow_table()
            except duckdb.Error as error:
                raise QueryError(f"HIVE_BAD_DATA: {error}") from error

    def _files(
        self,
        storage: dict[str, Any],
        columns: list[dict[str, str]],
        told: dict[str, str],
    ) -> pa.Table:
        storage = {**storage, "Parameters": {**told, **storage.get("Parameters", {})}}
        names = [c["Name"] for c in columns]
        parts = []
        for bucket, key, size in self.objects(storage["Location"]):
            self.guard("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")
            body = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            self.scanned += size
            parts.append(_rows(body, storage, names))
        empty = pa.table({name: pa.array([], pa.string()) for name in names})
        return pa.concat_tables(parts, promote_options="permissive") if parts else empty

    def write(self, table: dict[str, Any], data: pa.Table, query: str) -> None:
        """Adds rows to a table that is files; new partitions are registered."""
        storage, keys = (
            table["StorageDescriptor"],
            [k["Name"] for k in table.get("PartitionKeys", [])],
        )
        database, name = table["DatabaseName"], table["Name"]
        names = [c["Name"] for c in storage["Columns"]]
        if data.num_columns != len(names) + len(keys):
            raise QueryError("TYPE_MISMATCH: Insert query has mismatched column types")
        data = data.rename_columns([*names, *keys])
        if not keys:
            return self._put_rows(storage, storage["Location"], data, query)
        groups: dict[tuple[str, ...], list[int]] = {}
        for number, values in enumerate(
            zip(*(data[k].to_pylist() for k in keys), strict=True)
        ):
            groups.setdefault(tuple(str(v) for v in values), []).append(number)
        if len(groups) > 100:
            raise QueryError(
                "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions"
            )
        for values, numbers in groups.items():
            folders = "/".join(
                f"{k}={quote(v, safe='')}" for k, v in zip(keys, values, strict=True)
            )
            location = f"{storage['Location'].rstrip('/')}/{folders}/"
            self._put_rows(storage, location, data.take(numbers).select(names), query)
            self.register(database, name, storage, list(values), location)
        return None

    def register(
        self,
        database: str,
        name: str,
        storage: dict[str, Any],
        values: list[str],
        location: str,
    ) -> None:
        """Makes a partition that the catalog has not yet."""
        self.allowed("glue:BatchCreatePartition", database, name)
        partition = {
            "Values": values,
            "StorageDescriptor": {**storage, "Location": location},
        }
        answer = self.glue.batch_create_partition(
            DatabaseName=database, TableName=name, PartitionInputList=[partition]
        )
        wrong = [
            e
            for e in answer.get("Errors", [])
            if e["ErrorDetail"]["ErrorCode"] != "AlreadyExistsException"
        ]
        if wrong:
            raise QueryError(f"HIVE_METASTORE_ERROR: {wrong}", category=3)

    def _put_rows(
        self, storage: dict[str, Any], location: str, data: pa.Table, query: str
    ) -> None:
        bucket, prefix = split(location.rstrip("/") + "/")
        self.put(bucket, f"{prefix}{query}_{uuid.uuid4()}", written(data, storage))

    def create(
        self,
        database: str,
        name: str,
        data: pa.Table,
        location: str,
        format_: str,
        keys: list[str],
    ) -> dict[str, Any]:
        """Makes a table of a query's columns, the last of which are those of its partitions."""
        self.allowed("glue:CreateTable", database, name)
        if format_ not in _INPUT:
            raise QueryError(
                f"NOT_SUPPORTED: the lab writes no files of format {format_}"
            )
        if self.objects(location):
            raise QueryError(
                f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{database}.{name}' already exists: {location}"
            )
        columns = [{"Name": f.name, "Type": hive_type(f.type)} for f in data.schema]
        if keys != [c["Name"] for c in columns[len(columns) - len(keys) :]]:
            raise QueryError(
                "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table"
            )
        plain = columns[: len(columns) - len(keys)]
        made = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE"},
            "PartitionKeys": columns[len(plain) :],
            "StorageDescriptor": descriptor(plain, location, format_),
        }
        self.make(database, made)
        return {**made, "DatabaseName": database}

    def make(self, database: str, table: dict[str, Any]) -> None:
        """Makes a table in the catalog."""
        self.allowed("glue:CreateTable", database, table["Name"])
        try:
            self.glue.create_table(DatabaseName=database, TableInput=table)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            known = {
                "AlreadyExistsException": f"TABLE_ALREADY_EXISTS: Table '{database}.{table['Name']}' already exists",
                "EntityNotFoundException": f"SCHEMA_NOT_FOUND: Schema '{database}' does not exist",
            }
            raise QueryError(
                known.get(code, f"HIVE_METASTORE_ERROR: {error}")
            ) from error

    def repair(self, table: dict[str, Any]) -> None:
        """MSCK REPAIR TABLE: registers partitions by the names of folders."""
        storage, keys = (
            table["StorageDescriptor"],
            [k["Name"] for k in table.get("PartitionKeys", [])],
        )
        root = split(storage["Location"].rstrip("/") + "/")[1]
        seen = set()
        for bucket, key, _ in self.objects(storage["Location"]):
            folders = key.removeprefix(root).split("/")[: len(keys)]
            pairs = [folder.partition("=") for folder in folders]
            if keys and [name for name, _, _ in pairs] == keys:
                values = tuple(unquote(value) for _, _, value in pairs)
                if values not in seen:
                    seen.add(values)
                    location = f"s3://{bucket}/{root}{'/'.join(folders)}/"
                    self.register(
                        table["DatabaseName"],
                        table["Name"],
                        storage,
                        list(values),
                        location,
                    )


def _rows(body: bytes, storage: dict[str, Any], names: list[str]) -> pa.Table:
    """The rows of one file; a column that it has not is null."""
    serde = storage.get("SerdeInfo", {}).get("SerializationLibrary", "").lower()
    parameters = {
        **storage.get("Parameters", {}),
        **storage.get("SerdeInfo", {}).get("Parameters", {}),
    }
    if "parquet" in serde:
        rows = parquet.ParquetFile(io.BytesIO(body)).read()
    elif "orc" in serde:
        rows = orc.ORCFile(io.BytesIO(body)).read()
    elif "json" in serde:
        lines = [
            json.loads(line) for line in body.decode().splitlines() if line.strip()
        ]
        known = {name: None for line in lines for name in line}
        rows = pa.table({name: [line.get(name) for line in lines] for name in known})
    else:
        skip = int(parameters.get("skip.header.line.count", 0))
        delimiter = (
            parameters.get("field.delim") or parameters.get("separatorChar") or ","
        )
        text = b"\n".join(body.splitlines()[skip:]) + b"\n"
        if not text.strip():
            return pa.table({name: pa.array([], pa.string()) for name in names})
        read = csv.ReadOptions(column_names=names)
        as_text = csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            null_values=["\\N", ""],
            strings_can_be_null=True,
        )
        return csv.read_csv(
            io.BytesIO(text), read, csv.ParseOptions(delimiter=delimiter), as_text
        )
    lower = {name.lower(): name for name in rows.column_names}
    return pa.table(
        {
            name: rows[lower[name.lower()]]
            if name.lower() in lower
            else pa.nulls(len(rows))
            for name in names
        }
    )


def written(data: pa.Table, storage: dict[str, Any]) -> bytes:
    """Rows as a file of a table's format."""
    serde = storage["SerdeInfo"]["SerializationLibrary"].lower()
    target = io.BytesIO()
    if "parquet" in serde:
        parquet.write_table(data, target)
    elif "json" in serde:
        lines = [json.dumps(row, default=str) for row in data.to_pylist()]
        target.write(("\n".join(lines) + "\n").encode())
    else:
        delimiter = storage["SerdeInfo"].get("Parameters", {}).get("field.delim", ",")
        options = csv.WriteOptions(
            include_header=False, delimiter=delimiter, quoting_style="needed"
        )
        csv.write_csv(data, target, options)
    return target.getvalue()
