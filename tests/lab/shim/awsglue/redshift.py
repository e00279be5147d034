"""Tables of Redshift, read and written as the Spark connector in Glue 4.0 and later does.

As in the connector, a write is one transaction: the table is made where there is none,
then come the preactions, COPY of what was put into the temporary folder, and the
postactions. It puts Avro there, and COPY takes its fields by their names; there is no
writer of Avro here, so that this is CSV with a list of columns, and a column that the
table lacks is refused, where AWS would leave it out.
"""

from __future__ import annotations

import json
import re
import urllib.error
import uuid
from typing import Any

import boto3
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql import types as t

from awsglue.databases import Connection, control
from awsglue.dynamicframe import absent

_OPTIONS = {"redshiftTmpDir", "useConnectionProperties", "connectionName", "dbtable"}
_OPTIONS |= {"aws_iam_role"}
_WRITE_OPTIONS = _OPTIONS | {"preactions", "postactions"}
#: The connector's types of columns, for a table that it makes.
_TYPES = {
    t.IntegerType: "INTEGER",
    t.LongType: "BIGINT",
    t.DoubleType: "DOUBLE PRECISION",
    t.FloatType: "REAL",
    t.ShortType: "INTEGER",
    t.ByteType: "SMALLINT",
    t.BooleanType: "BOOLEAN",
    t.StringType: "VARCHAR(256)",
    t.TimestampType: "TIMESTAMP",
    t.DateType: "DATE",
}
_NULL = "@NULL@"
#: The role that reads the temporary folder where none is said: the job's own, lent.
_LENT = "arn:aws:iam::123456789012:role/lent-by-the-job"


def read(session: SparkSession, options: dict[str, Any]) -> DataFrame:
    """The rows of a table, by UNLOAD into the temporary folder."""
    connection, folder = _opened(options, _OPTIONS)
    query = f"select * from {options['dbtable']}"
    _run(
        connection,
        [
            f"unload ('{query}') to '{folder}' iam_role '{_role(options)}'"
            " format as parquet"
        ],
    )
    return session.read.parquet(folder)


def write(frame: DataFrame, options: dict[str, Any]) -> None:
    """Adds the rows to a table, between what is to be done before and after."""
    connection, folder = _opened(options, _WRITE_OPTIONS)
    frame = frame.toDF(*[name.lower() for name in frame.columns])
    _check_columns(frame)
    for key in ("preactions", "postactions"):
        if "\n" in options.get(key, ""):
            raise RuntimeError(f"{key} can't contain newline characters")
    kinds = ", ".join(f'"{c.name}" {_kind(c.dataType)}' for c in frame.schema)
    table = options["dbtable"]
    statements = [f"create table if not exists {table} ({kinds})"]
    statements += _split(options.get("preactions", ""))
    if manifest := _put(frame, folder):
        columns = ", ".join(f'"{name}"' for name in frame.columns)
        statements.append(
            f"copy {table} ({columns}) from '{manifest}'"
            f" iam_role '{_role(options)}' csv null as '{_NULL}' manifest"
        )
    statements += _split(options.get("postactions", ""))
    _run(connection, ["begin", *statements, "commit"])


def _opened(options: dict[str, Any], known: set[str]) -> tuple[Connection, str]:
    """The connection, and a folder of one's own in the temporary one."""
    if unknown := set(options) - known:
        raise absent(f"connection options {sorted(unknown)}")
    if str(options.get("useConnectionProperties")).lower() != "true":
        raise absent("Redshift without useConnectionProperties")
    connection = Connection(options["connectionName"])
    if connection.kind != "redshift":
        raise RuntimeError(f"No suitable driver: redshift for {connection.kind}")
    folder = options["redshiftTmpDir"].rstrip("/")
    return connection, f"{folder}/{uuid.uuid4()}/"


def _role(options: dict[str, Any]) -> str:
    role = options.get("aws_iam_role", _LENT)
    if not role.startswith("arn:"):
        raise RuntimeError(f"aws_iam_role {role!r} is no ARN")
    return role


def _check_columns(frame: DataFrame) -> None:
    """What the connector refuses before it writes anything."""
    for field in frame.schema:
        if not re.fullmatch(r"[^\W\d]\w*", field.name):
            raise ValueError(
                f"The field name '{field.name}' is not supported when using the Avro"
                " tempformat"
            )
        if isinstance(field.dataType, t.ArrayType | t.MapType | t.StructType):
            raise ValueError(
                f"Cannot write complex type fields {field.name} with tempformat AVRO"
            )
    if len(set(frame.columns)) != len(frame.columns):
        raise ValueError("two or more column names would be identical in lowercase")


def _kind(kind: t.DataType) -> str:
    if isinstance(kind, t.DecimalType):
        return f"DECIMAL({kind.precision},{kind.scale})"
    if type(kind) not in _TYPES:
        raise ValueError(f"Don't know how to save {kind} to Redshift")
    return _TYPES[type(kind)]


def _split(actions: str) -> list[str]:
    return [action.strip() for action in actions.split(";") if action.strip()]


def _put(frame: DataFrame, folder: str) -> str | None:
    """Puts the rows into a folder, with a manifest; none where there are no rows."""
    if frame.isEmpty():
        return None
    texts = [f.col(f"`{name}`").cast("string").alias(name) for name in frame.columns]
    writer = frame.select(*texts).write.format("csv")
    writer.options(escape='"', nullValue=_NULL, emptyValue='""').save(folder)
    bucket, _, prefix = folder.removeprefix("s3://").partition("/")
    s3 = boto3.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    entries = [
        {"url": f"s3://{bucket}/{item['Key']}", "mandatory": True}
        for item in listed
        if "/part-" in item["Key"] and item["Size"]
    ]
    body = json.dumps({"entries": entries}).encode()
    s3.put_object(Bucket=bucket, Key=f"{prefix}manifest.json", Body=body)
    return f"{folder}manifest.json"


def _run(connection: Connection, statements: list[str]) -> None:
    place = {"workgroup": connection.workgroup, "database": connection.database}
    try:
        control("sql", {**place, "sql": ";\n".join(statements)})
    except urllib.error.HTTPError as error:
        told = json.load(error)["error"]
        raise RuntimeError(f"java.sql.SQLException: {told}") from None
