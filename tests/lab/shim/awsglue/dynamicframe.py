"""`awsglue.dynamicframe`: a DynamicFrame over a Spark DataFrame.

A column has one type here, so that what settles choices between types has nothing to do
but to cast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as f
from pyspark.sql.types import StructType

if TYPE_CHECKING:
    from awsglue.context import GlueContext

#: Glue's names of types that Spark's SQL calls otherwise.
_TYPES = {"long": "bigint", "short": "smallint", "byte": "tinyint"}


def absent(what: str) -> NotImplementedError:
    """The error for whatever this package lacks."""
    return NotImplementedError(f"the lab's awsglue has no {what}")


class DynamicFrame:
    """A frame with AWS's method names."""

    def __init__(self, df: DataFrame, glue_ctx: GlueContext, name: str = "") -> None:
        self._df = df
        self.glue_ctx = glue_ctx
        self.name = name

    @classmethod
    def fromDF(  # noqa: N802
        cls, dataframe: DataFrame, glue_ctx: GlueContext, name: str = ""
    ) -> DynamicFrame:
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options: Any = None) -> DataFrame:  # noqa: N802
        return self._df

    def count(self) -> int:
        return self._df.count()

    def schema(self) -> StructType:
        return self._df.schema

    def printSchema(self) -> None:  # noqa: N802
        self._df.printSchema()

    def show(self, num_rows: int = 20) -> None:
        for line in self._df.limit(num_rows).toJSON().collect():
            print(line)

    def getNumPartitions(self) -> int:  # noqa: N802
        return self._df.rdd.getNumPartitions()

    def errorsCount(self) -> int:  # noqa: N802
        return 0

    def coalesce(self, num_partitions: int, *_: Any, **__: Any) -> DynamicFrame:
        return self._with(self._df.coalesce(num_partitions))

    def repartition(self, num_partitions: int, *_: Any, **__: Any) -> DynamicFrame:
        return self._with(self._df.repartition(num_partitions))

    def apply_mapping(self, mappings: list[Any], *_: Any, **__: Any) -> DynamicFrame:
        columns = []
        for mapping in mappings:
            if len(mapping) == 2:
                source, target = mapping
                kind = None
            else:
                source, _source_type, target, kind = mapping
            # As in AWS's: a field that is not there is left out.
            if source.split(".")[0].strip("`") not in self._df.columns:
                continue
            column = f.col(_quoted(source))
            if kind:
                column = column.cast(_TYPES.get(kind, kind))
            columns.append(column.alias(target.strip("`")))
        return self._with(self._df.select(columns))

    def resolveChoice(  # noqa: N802
        self,
        specs: list[tuple[str, str]] | None = None,
        choice: str = "",
        database: str | None = None,
        table_name: str | None = None,
        *_: Any,
        **__: Any,
    ) -> DynamicFrame:
        df = self._df
        if choice == "match_catalog":
            types = self.glue_ctx.catalog_types(database, table_name)
            specs = [(c, f"cast:{types[c]}") for c in df.columns if c in types]
        elif choice.startswith(("cast:", "project:")):
            specs = [(column, choice) for column in df.columns]
        elif choice and choice not in ("make_cols", "make_struct"):
            raise absent(f"resolveChoice with choice={choice!r}")
        for path, action in specs or []:
            verb, _, kind = action.partition(":")
            if verb in ("cast", "project"):
                kind = _TYPES.get(kind, kind)
                df = df.withColumn(path, f.col(_quoted(path)).cast(kind))
            elif verb not in ("make_cols", "make_struct"):
                raise absent(f"resolveChoice with {action!r}")
        return self._with(df)

    def drop_fields(self, paths: list[str], *_: Any, **__: Any) -> DynamicFrame:
        return self._with(self._df.drop(*paths))

    def select_fields(self, paths: list[str], *_: Any, **__: Any) -> DynamicFrame:
        found = [path for path in paths if path.split(".")[0] in self._df.columns]
        return self._with(self._df.select(found))

    def rename_field(
        self,
        oldName: str,
        newName: str,
        *_: Any,
        **__: Any,  # noqa: N803
    ) -> DynamicFrame:
        return self._with(self._df.withColumnRenamed(oldName.strip("`"), newName))

    def filter(
        self,
        f: Callable[[Row], bool],
        *_: Any,
        **__: Any,  # noqa: A002
    ) -> DynamicFrame:
        kept = self._df.rdd.filter(f)
        session = self.glue_ctx.spark_session
        return self._with(session.createDataFrame(kept, self._df.schema))

    def join(
        self,
        paths1: list[str],
        paths2: list[str],
        frame2: DynamicFrame,
        *_: Any,
        **__: Any,
    ) -> DynamicFrame:
        left, right = self._df.alias("l"), frame2.toDF().alias("r")
        pairs = zip(paths1, paths2, strict=True)
        on = [f.col(f"l.{a}") == f.col(f"r.{b}") for a, b in pairs]
        # As in AWS's: of two columns of one name the right one gets a dot before it.
        columns = [f.col(f"l.`{c}`") for c in left.columns]
        for name in right.columns:
            clash = name in left.columns
            columns.append(f.col(f"r.`{name}`").alias(f".{name}" if clash else name))
        return self._with(left.join(right, on).select(columns))

    def _with(self, df: DataFrame) -> DynamicFrame:
        return DynamicFrame(df, self.glue_ctx, self.name)

    def __getattr__(self, name: str) -> Any:
        raise absent(f"DynamicFrame.{name}")


def _quoted(path: str) -> str:
    if "`" in path:
        return path
    return ".".join(f"`{part}`" for part in path.split("."))
