"""Redshift's system tables and functions, in a schema of each database, and their rows.

Rows are written on a connection of their own: as in Redshift they outlive a rollback.
SYS_LOAD_ERROR_DETAIL holds no value of the field that failed, only its message does;
STL_LOAD_ERRORS holds raw_line and raw_field_value, but can be read on clusters only: on
a workgroup it is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

#: The schema that holds everything of this module.
SCHEMA = "redshift_catalog"

#: Names that Redshift finds without a schema, or in pg_catalog.
TABLES = (
    "SYS_LOAD_ERROR_DETAIL",
    "SYS_LOAD_HISTORY",
    "SYS_MV_REFRESH_HISTORY",
    "SYS_QUERY_HISTORY",
    "SYS_UNLOAD_HISTORY",
)
CLUSTER_TABLES = ("STL_LOAD_ERRORS",)
#: Views on what PostgreSQL itself knows: without rows of their own.
VIEWS = ("SVV_EXTERNAL_SCHEMAS", "SVV_MV_DEPENDENCY", "SVV_MV_INFO")
CLUSTER_VIEWS = ("STV_MV_INFO", "SVL_MV_REFRESH_STATUS")
#: Catalog tables of PostgreSQL 8 that later versions have changed.
OLD_TABLES = ("PG_ATTRDEF",)

_DEFINITIONS = Path(__file__).with_name("catalog.sql")


def install(admin: psycopg.Connection[Any]) -> None:
    """Makes the schema in the database that `admin` is connected to."""
    admin.execute(_DEFINITIONS.read_bytes())
    admin.execute("reset search_path")


def allow(admin: psycopg.Connection[Any], cluster: bool) -> None:
    """Lets clients read the tables of clusters, or not."""
    change = (
        "grant select on {} to public" if cluster else "revoke all on {} from public"
    )
    for table in (*CLUSTER_TABLES, *CLUSTER_VIEWS):
        admin.execute(change.format(f"{SCHEMA}.{table}"))


def clear(admin: psycopg.Connection[Any]) -> None:
    """Forgets all rows."""
    for table in (*TABLES, *CLUSTER_TABLES):
        admin.execute(f"delete from {SCHEMA}.{table}")
    admin.execute(f"delete from {SCHEMA}.views")
    admin.execute(f"delete from {SCHEMA}.external_schemas")


def add(admin: psycopg.Connection[Any], table: str, row: dict[str, Any]) -> None:
    """Adds a row; texts are cut to the column's length, as Redshift does."""
    statement = sql.SQL("insert into {}.{} ({}) values ({})").format(
        sql.Identifier(SCHEMA),
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(
            sql.SQL("substr({}, 1, {})").format(sql.Placeholder(), sql.Literal(length))
            if (length := _LENGTHS.get(name))
            and isinstance(value, str)
            and (table, name) not in _WHOLE
            else sql.Placeholder()
            for name, value in row.items()
        ),
    )
    admin.execute(statement, list(row.values()))


#: Columns of which one table keeps texts of any length.
_WHOLE = {("sys_mv_refresh_history", "status")}

_LENGTHS = {
    "database_name": 64,
    "schema_name": 128,
    "mv_name": 128,
    "file_name": 256,
    "filename": 256,
    "column_name": 127,
    "colname": 127,
    "column_type": 10,
    "type": 10,
    "column_length": 10,
    "col_length": 10,
    "error_message": 512,
    "raw_line": 1024,
    "raw_field_value": 1024,
    "err_reason": 100,
    "query_text": 4000,
    "query_label": 320,
    "query_type": 32,
    "status": 10,
}
