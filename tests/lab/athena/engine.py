"""What a statement does: queries and DML by DuckDB over the tables that it names, DDL in the catalog.

Tables are read as a whole, so that DataScannedInBytes are the sizes of their files. A
statement that writes takes effect in one step at its end.
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa
import sqlglot
from botocore.exceptions import ClientError
from sqlglot import exp

from lab.athena import iceberg
from lab.athena.ddl import Ddl
from lab.athena.errors import QueryError
from lab.athena.result import Result
from lab.athena.tables import Lake, descriptor, split, written
from lab.athena.types import hive_type

# What the parser does not know is looked at here.
logging.getLogger("sqlglot").setLevel(logging.ERROR)

#: Statements before which Athena takes no comment.
_NO_COMMENT = (
    "alter",
    "vacuum",
    "optimize",
    "msck",
    "drop",
    "show",
    "describe",
    "desc",
)


def kind_of(sql: str) -> str:
    """What Athena calls such a statement."""
    word = _bare(sql).partition(" ")[0].lower()
    if word in (
        "select",
        "with",
        "insert",
        "merge",
        "update",
        "delete",
        "unload",
        "values",
        "table",
        "using",
        "(select",
    ):
        return "DML"
    if word in ("show", "describe", "desc", "explain"):
        return "UTILITY"
    return (
        "DML"
        if re.match(r"(?is)create\s+table\b.*\bas\s+(select|with|\()", _bare(sql))
        else "DDL"
    )


def _bare(sql: str) -> str:
    """A statement without the comments before it, its blanks made one."""
    text = sql.strip()
    while text.startswith("--") or text.startswith("/*"):
        text = (
            text.partition("\n")[2]
            if text.startswith("--")
            else text.partition("*/")[2]
        ).strip()
    return re.sub(r"\s+", " ", text).rstrip("; ")


class Engine:
    """Runs one statement as whoever may do what `lake` allows."""

    def __init__(
        self, lake: Lake, key: str, database: str, query: str, output: str
    ) -> None:
        self._lake = lake
        self._key = key
        self._database = database
        self._query = query
        self._output = output
        self._duck = duckdb.connect()
        self._duck.execute("set timezone = 'UTC'")
        self._loaded: set[str] = set()

    @property
    def _iceberg(self) -> Any:
        return iceberg.catalog(self._lake.lab, self._lake.region, self._key)

    def close(self) -> None:
        self._duck.close()

    def interrupt(self) -> None:
        """Ends what DuckDB is at."""
        self._duck.interrupt()

    def plan(self, sql: str) -> Any:
        """Reads the statement and the tables that it names; gives what does the rest."""
        bare = _bare(sql)
        word = bare.partition(" ")[0].lower()
        if word in _NO_COMMENT and not sql.strip().lower().startswith(word):
            raise QueryError(
                f"line 1:1: mismatched input '--'. Expecting: '{word.upper()}'"
            )
        if word == "using":
            return self._with_function(bare)
        if word == "unload":
            return self._unload(bare)
        if word in (*_NO_COMMENT, "create") and (
            work := Ddl(self._lake, self._key, self._database).of(bare, word)
        ):
            return work
        try:
            trees = [
                tree for tree in sqlglot.parse(sql, read="athena") if tree is not None
            ]
        except sqlglot.errors.SqlglotError as error:
            raise QueryError(f"SYNTAX_ERROR: {str(error)[:300]}") from error
        if len(trees) != 1:
            raise QueryError("Only one sql statement is allowed. Got: " + sql[:100])
        return self._dml(trees[0])

    def _dml(self, tree: exp.Expression) -> Any:
        target = None
        if isinstance(tree, exp.Create):
            return self._create_as(tree)
        if isinstance(tree, (exp.Insert, exp.Merge, exp.Update, exp.Delete)):
            target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        elif not isinstance(tree, exp.Query):
            raise QueryError(
                f"SYNTAX_ERROR: line 1:1: mismatched input '{tree.sql()[:40]}'"
            )
        self._load(tree)
        if target is None:
            return lambda: Result("DML", self._arrow(tree))
        database, name = target.db, target.name
        table = self._lake.table(database, name)
        self._lake.allowed("glue:UpdateTable", database, name)
        if iceberg.is_iceberg(table):
            self._lake.iceberg_files(table, "s3:GetObject", "s3:PutObject")
        if isinstance(tree, exp.Insert):
            return lambda: self._insert(tree, table)
        if not iceberg.is_iceberg(table):
            raise QueryError(
                "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables"
            )
        return lambda: self._change(tree, database, name)

    def _insert(self, tree: exp.Insert, table: dict[str, Any]) -> Result:
        database, name = table["DatabaseName"], table["Name"]
        self._run(f'create table made as select * from "{database}"."{name}" limit 0')
        given = exp.Insert(this=tree.this.copy(), expression=tree.expression.copy())
        target = given.this.this if isinstance(given.this, exp.Schema) else given.this
        target.replace(exp.to_table("made"))
        self._run(given.sql("duckdb"))
        data = self._all("made")
        if iceberg.is_iceberg(table):
            iceberg.append(self._iceberg.load_table((database, name)), data)
        else:
            self._lake.write(table, data, self._query)
        return Result("DML", updated=len(data))

    def _change(self, tree: exp.Expression, database: str, name: str) -> Result:
        counted = self._run(tree.sql("duckdb")).fetchall()
        changed = int(counted[0][0]) if counted else 0
        if changed:
            data = self._all(f'"{database}"."{name}"')
            iceberg.replace(self._iceberg.load_table((database, name)), data)
        return Result("DML", updated=changed)

    def _create_as(self, tree: exp.Create) -> Any:
        if tree.expression is None:
            raise QueryError("SYNTAX_ERROR: line 1:8: mismatched input")
        target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        database, name = target.db or self._database, target.name
        if tree.kind == "VIEW":
            return lambda: self._view(tree, database, name)
        settings = _settings(tree)
        query = tree.expression
        self._load(query)
        if not self._lake.is_new(database, name, bool(tree.args.get("exists"))):
            return lambda: Result("DML", updated=0)
        return lambda: self._made(database, name, query, settings)

    def _made(
        self, database: str, name: str, query: exp.Expression, settings: dict[str, Any]
    ) -> Result:
        data = self._arrow(query)
        if settings.get("table_type", "").upper() == "ICEBERG":
            if "location" not in settings:
                raise QueryError(
                    "INVALID_TABLE_PROPERTY: location is needed for Iceberg tables"
                )
            self._lake.allowed("glue:CreateTable", database, name)
            self._lake.iceberg_files(
                {"StorageDescriptor": {"Location": settings["location"]}},
                "s3:PutObject",
                "s3:GetObject",
            )
            columns = [(f.name, hive_type(f.type)) for f in data.schema]
            keys = settings.get("partitioning", [])
            iceberg.create(
                self._iceberg, (database, name), columns, keys, settings["location"]
            )
            iceberg.append(self._iceberg.load_table((database, name)), data)
            return Result("DML", updated=len(data))
        location = (
            settings.get("external_location")
            or f"{self._output.rstrip('/')}/tables/{self._query}/"
        )
        keys = settings.get("partitioned_by", [])
        format_ = settings.get("format", "PARQUET").upper()
        made = self._lake.create(
            database, name, data.slice(0, 0), location, format_, keys
        )
        self._lake.write(made, data, self._query)
        return Result("DML", updated=len(data))

    def _view(self, tree: exp.Create, database: str, name: str) -> Result:
        query = tree.expression
        self._load(query)
        data = self._arrow(query)
        columns = [{"Name": f.name, "Type": "string"} for f in data.schema]
        told = {
            "originalSql": tree.expression.sql("athena"),
            "catalog": "awsdatacatalog",
            "schema": self._database,
        }
        text = base64.b64encode(json.dumps(told).encode()).decode()
        view = {
            "Name": name,
            "TableType": "VIRTUAL_VIEW",
            "Parameters": {"presto_view": "true"},
            "StorageDescriptor": {"Columns": columns},
            "ViewOriginalText": f"/* Presto View: {text} */",
        }
        if tree.args.get("replace"):
            self._lake.allowed("glue:UpdateTable", database, name)
            with contextlib.suppress(ClientError):
                self._lake.glue.delete_table(DatabaseName=database, Name=name)
        self._lake.make(database, view)
        return Result("DDL")

    def _load(self, tree: exp.Expression) -> None:
        """Brings the tables that a statement names into DuckDB, under their names."""
        queries = {cte.alias for cte in tree.find_all(exp.CTE)}
        for node in list(tree.find_all(exp.Table)):
            if not isinstance(node.this, exp.Identifier) or (
                not node.db and node.name in queries
            ):
                continue
            if node.catalog and node.catalog.lower() != "awsdatacatalog":
                raise QueryError(
                    f"CATALOG_NOT_FOUND: line 1:1: Catalog '{node.catalog}' does not exist"
                )
            database, name = (node.db or self._database).lower(), node.name.lower()
            version = node.args.get("version")
            if not node.alias and not isinstance(node.parent, (exp.Insert, exp.Schema)):
                node.set("alias", exp.TableAlias(this=exp.to_identifier(name)))
            known = self._loaded_as(database, name, version)
            node.set("version", None)
            node.set("catalog", None)
            node.set("db", exp.to_identifier(database, quoted=True))
            node.set("this", exp.to_identifier(known, quoted=True))

    def _loaded_as(
        self, database: str, name: str, version: exp.Expression | None
    ) -> str:
        moment = self._moment(version) if version is not None else None
        known = name if moment is None else f"{name} as of {moment}"
        if f"{database}.{known}" in self._loaded:
            return known
        self._loaded.add(f"{database}.{known}")
        table = self._lake.table(database, name)
        self._run(f'create schema if not exists "{database}"')
        if table.get("TableType") == "VIRTUAL_VIEW":
            told = json.loads(base64.b64decode(table["ViewOriginalText"].split()[3]))
            inner = sqlglot.parse_one(told["originalSql"], read="athena")
            self._load(inner)
            self._run(f'create view "{database}"."{known}" as {inner.sql("duckdb")}')
            return known
        if iceberg.is_iceberg(table):
            self._lake.iceberg_files(table, "s3:GetObject")
            rows, size = iceberg.rows(
                self._iceberg.load_table((database, name)), moment
            )
            self._lake.scanned += size
        elif moment is not None:
            raise QueryError(
                "NOT_SUPPORTED: This connector does not support versioned tables"
            )
        else:
            rows = self._lake.read(table)
        self._duck.register("incoming", rows)
        self._run(f'create table "{database}"."{known}" as select * from incoming')
        self._duck.unregister("incoming")
        return known

    def _moment(self, version: exp.Expression) -> int | datetime:
        told = version.expression.sql("duckdb")
        if version.name.upper() == "VERSION":
            return int(self._run(f"select {told}").fetchall()[0][0])
        milliseconds = self._run(f"select epoch_ms({told})").fetchall()[0][0]
        return datetime.fromtimestamp(milliseconds / 1000, UTC)

    def _run(self, sql: str) -> Any:
        try:
            return self._duck.execute(sql)
        except duckdb.Error as error:
            raise QueryError(_words(error)) from error

    def _arrow(self, tree: exp.Expression) -> pa.Table:
        return self._query_of(tree.sql("duckdb"))

    def _all(self, table: str) -> pa.Table:
        return self._query_of(f"select * from {table}")

    def _query_of(self, sql: str) -> pa.Table:
        try:
            return self._duck.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise QueryError(_words(error)) from error

    def _with_function(self, sql: str) -> Any:
        """There is no Lambda: who may call the function is told that there is none."""
        for name in re.findall(r"(?i)\blambda '([^']*)'", sql):
            arn = f"arn:aws:lambda:{self._lake.region}:123456789012:function:{name}"
            self._lake.guard("lambda:InvokeFunction", arn)
        raise QueryError(
            "GENERIC_USER_ERROR: Encountered an exception: no such function"
        )

    def _unload(self, sql: str) -> Any:
        match = re.fullmatch(
            r"(?is)unload ?\((.*)\) ?to ?'(s3://[^']*)' ?(?:with ?\((.*)\))?", sql
        )
        if match is None:
            raise QueryError("SYNTAX_ERROR: line 1:1: mismatched input 'UNLOAD'")
        query = sqlglot.parse_one(match[1], read="athena")
        self._load(query)
        settings = dict(re.findall(r"(\w+) ?= ?'([^']*)'", match[3] or ""))
        return lambda: self._unloaded(
            query, match[2], settings.get("format", "PARQUET").upper()
        )

    def _unloaded(self, query: exp.Expression, to: str, format_: str) -> Result:
        if self._lake.objects(to):
            raise QueryError(
                f"HIVE_PATH_ALREADY_EXISTS: Target directory for unload already exists: {to}"
            )
        data = self._arrow(query)
        bucket, prefix = split(to.rstrip("/") + "/")
        key = f"{prefix}{self._query}_0"
        storage = descriptor(
            [],
            to,
            "PARQUET"
            if format_ == "PARQUET"
            else "TEXTFILE"
            if "TEXT" in format_
            else "JSON",
        )
        self._lake.put(bucket, key, written(data, storage))
        return Result("DML", updated=len(data), manifest=[f"s3://{bucket}/{key}"])


def _settings(tree: exp.Create) -> dict[str, Any]:
    """The properties of `WITH (...)`."""
    found: dict[str, Any] = {}
    for item in (tree.args.get("properties") or exp.Properties()).expressions:
        name = {
            "FileFormatProperty": "format",
            "PartitionedByProperty": "partitioned_by",
            "LocationProperty": "location",
        }.get(type(item).__name__, item.name.lower())
        value = (
            item.this
            if not isinstance(item, exp.Property) or type(item) is not exp.Property
            else item.args["value"]
        )
        if isinstance(value, (exp.Array, exp.Schema, exp.Tuple)):
            found[name] = [one.name for one in value.expressions]
        else:
            found[name] = (
                value.name if isinstance(value, exp.Expression) else str(value)
            )
    return found


def _words(error: duckdb.Error) -> str:
    text = str(error).partition("\n")[0]
    if isinstance(error, duckdb.BinderException):
        return f"COLUMN_NOT_FOUND: line 1:1: {text}"
    if isinstance(error, duckdb.ConversionException):
        return f"INVALID_CAST_ARGUMENT: {text}"
    return f"GENERIC_USER_ERROR: {text}"
