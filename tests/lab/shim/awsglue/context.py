"""`awsglue.context`: frames out of S3 and the Data Catalog, and back."""

from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any

import boto3
from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from awsglue import bookmarks, databases, redshift, storage
from awsglue.dynamicframe import DynamicFrame, absent

_SOURCE_OPTIONS = {"paths", "path", "recurse", "exclusions", "groupFiles", "groupSize"}
_SOURCE_OPTIONS |= {"compressionType", "useS3ListImplementation", "boundedFiles"}
_SINK_OPTIONS = {"path", "partitionKeys", "compression"}


class GlueContext:
    """The entry point of a script."""

    def __init__(self, sparkContext: SparkContext, **_: Any) -> None:  # noqa: N803
        self.spark_session = SparkSession(sparkContext)
        self.create_dynamic_frame = _FrameReader(self)
        self.create_data_frame = _DataFrameReader(self)
        self.write_dynamic_frame = _FrameWriter(self)
        self.write_data_frame = _DataFrameWriter(self)

    def create_dynamic_frame_from_options(self, *a: Any, **k: Any) -> DynamicFrame:
        return self.create_dynamic_frame.from_options(*a, **k)

    def create_dynamic_frame_from_catalog(self, *a: Any, **k: Any) -> DynamicFrame:
        return self.create_dynamic_frame.from_catalog(*a, **k)

    def write_dynamic_frame_from_options(self, *a: Any, **k: Any) -> DynamicFrame:
        return self.write_dynamic_frame.from_options(*a, **k)

    def write_dynamic_frame_from_catalog(self, *a: Any, **k: Any) -> DynamicFrame:
        return self.write_dynamic_frame.from_catalog(*a, **k)

    def get_logger(self) -> logging.Logger:
        logger = logging.getLogger("GlueLogger")
        if not logger.handlers:
            handler = logging.StreamHandler(sys.stderr)
            form = "%(asctime)s %(levelname)s GlueLogger: %(message)s"
            handler.setFormatter(logging.Formatter(form, "%y/%m/%d %H:%M:%S"))
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)
        # AWS's logger is log4j's, whose `warn` Python's logging is about to lose.
        logger.warn = logger.warning  # type: ignore[method-assign]
        return logger

    def purge_s3_path(
        self, s3_path: str, options: dict[str, Any] | None = None
    ) -> None:
        hours = float((options or {}).get("retentionPeriod", 168))
        bucket, _, prefix = s3_path.removeprefix("s3://").partition("/")
        s3 = boto3.client("s3")
        for page in s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix
        ):
            for item in page.get("Contents", []):
                if time.time() - item["LastModified"].timestamp() >= hours * 3600:
                    s3.delete_object(Bucket=bucket, Key=item["Key"])

    def catalog_types(self, database: str | None, table: str | None) -> dict[str, str]:
        """Column types of a table, for `resolveChoice`."""
        if not database or not table:
            raise ValueError("match_catalog needs database and table_name")
        found = storage.Table(database, table)
        return dict([*found.columns, *found.partition_keys])

    def __getattr__(self, name: str) -> Any:
        raise absent(f"GlueContext.{name}")


class _DataFrameReader:
    """`create_data_frame`: the same reading, with a DataFrame as the result."""

    def __init__(self, context: GlueContext) -> None:
        self._context = context

    def from_options(
        self,
        connection_type: str,
        connection_options: dict[str, Any] | None = None,
        format: str | None = None,
        format_options: dict[str, Any] | None = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **others: Any,
    ) -> DataFrame:
        _refuse(others, "create_dynamic_frame.from_options")
        options = connection_options or {}
        if connection_type in databases.TYPES:
            return databases.read(self._context.spark_session, connection_type, options)
        if connection_type == "redshift":
            return redshift.read(self._context.spark_session, options)
        if connection_type not in ("s3", "parquet", "orc"):
            raise absent(f"connection_type {connection_type!r}")
        if unknown := set(options) - _SOURCE_OPTIONS:
            raise absent(f"connection options {sorted(unknown)}")
        name = format or connection_type
        paths = options.get("paths") or [options["path"]]
        translated = storage.read_options(name, format_options or {})
        files = storage.files_below(
            paths, _listed(options.get("exclusions")), bool(options.get("recurse"))
        )
        base = paths[0] if len(paths) == 1 else ""
        frame = self._load(name, translated, base, files, transformation_ctx)
        if name == "csv" and translated.get("header") != "true":
            # Glue counts columns as col0, col1; Spark as _c0, _c1.
            frame = frame.toDF(*[f"col{n}" for n in range(len(frame.columns))])
        return frame.where(push_down_predicate) if push_down_predicate else frame

    def from_catalog(
        self,
        database: str,
        table_name: str,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: dict[str, Any] | None = None,
        catalog_id: str | None = None,
        **others: Any,
    ) -> DataFrame:
        _refuse(others, "create_dynamic_frame.from_catalog")
        if unknown := set(additional_options or {}) - {"boundedFiles", "groupFiles"}:
            raise absent(f"additional_options {sorted(unknown)}")
        table = storage.Table(database, table_name)
        places = [place.rstrip("/") + "/" for place in table.locations()]
        files = storage.files_below(places, [], not table.partition_keys)
        frame = self._load(
            table.format(),
            table.read_options(),
            table.location,
            files,
            transformation_ctx,
            table.schema(),
        )
        return frame.where(push_down_predicate) if push_down_predicate else frame

    def _load(
        self,
        name: str,
        options: dict[str, Any],
        base: str,
        files: dict[str, str],
        context: str,
        schema: str | None = None,
    ) -> DataFrame:
        session = self._context.spark_session
        unread = bookmarks.unread(files, context)
        if not unread:
            # A frame without rows; without a schema in the catalog also without
            # columns.
            return session.createDataFrame([], schema or StructType([]))
        reader = session.read.format(name).options(**options)
        # With the base Spark knows which folders are partitions.
        if base and base not in files:
            reader = reader.option("basePath", base.rstrip("/") + "/")
        if schema:
            reader = reader.schema(schema)
        return reader.load(sorted(unread))

    def __getattr__(self, name: str) -> Any:
        raise absent(f"create_dynamic_frame.{name}")


class _FrameReader:
    """`create_dynamic_frame`."""

    def __init__(self, context: GlueContext) -> None:
        self._context = context
        self._frames = _DataFrameReader(context)

    def from_options(self, *arguments: Any, **named: Any) -> DynamicFrame:
        frame = self._frames.from_options(*arguments, **named)
        return self._dynamic(frame, named)

    def from_catalog(self, *arguments: Any, **named: Any) -> DynamicFrame:
        if "name_space" in named:
            named["database"] = named.pop("name_space")
        frame = self._frames.from_catalog(*arguments, **named)
        return self._dynamic(frame, named)

    def _dynamic(self, frame: DataFrame, named: dict[str, Any]) -> DynamicFrame:
        name = named.get("transformation_ctx", "")
        return DynamicFrame(frame, self._context, name)

    def __getattr__(self, name: str) -> Any:
        raise absent(f"create_dynamic_frame.{name}")


class _DataFrameWriter:
    """`write_data_frame`: frames into S3."""

    def __init__(self, context: GlueContext) -> None:
        self._context = context

    def from_options(
        self,
        frame: DataFrame,
        connection_type: str,
        connection_options: dict[str, Any] | None = None,
        format: str | None = None,
        format_options: dict[str, Any] | None = None,
        transformation_ctx: str = "",
        **others: Any,
    ) -> DataFrame:
        _refuse(others, "write_dynamic_frame.from_options")
        options = connection_options or {}
        if connection_type == "redshift":
            redshift.write(frame, options)
            return frame
        if connection_type != "s3":
            raise absent(f"connection_type {connection_type!r} for writing")
        if unknown := set(options) - _SINK_OPTIONS:
            raise absent(f"connection options {sorted(unknown)} for writing")
        name = {"glueparquet": "parquet", None: "parquet"}.get(format, format)
        assert name is not None
        # Glue writes no file for a frame without rows, and no _SUCCESS.
        if frame.isEmpty():
            return frame
        writer = frame.write.mode("append").format(name)
        writer = writer.options(**storage.write_options(name, format_options or {}))
        success = "mapreduce.fileoutputcommitter.marksuccessfuljobs"
        writer = writer.option(success, "false")
        if compression := options.get("compression"):
            writer = writer.option("compression", compression)
        if keys := options.get("partitionKeys"):
            writer = writer.partitionBy(*keys)
        writer.save(options["path"])
        return frame

    def from_catalog(
        self,
        frame: DataFrame,
        database: str,
        table_name: str,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: dict[str, Any] | None = None,
        **others: Any,
    ) -> DataFrame:
        _refuse(others, "write_dynamic_frame.from_catalog")
        more = additional_options or {}
        if unknown := set(more) - {"partitionKeys"}:
            raise absent(f"additional_options {sorted(unknown)} for writing")
        table = storage.Table(database, table_name)
        options = {"path": table.location, "partitionKeys": more.get("partitionKeys")}
        return self.from_options(frame, "s3", options, table.format())

    def __getattr__(self, name: str) -> Any:
        raise absent(f"write_dynamic_frame.{name}")


class _FrameWriter:
    """`write_dynamic_frame`."""

    def __init__(self, context: GlueContext) -> None:
        self._frames = _DataFrameWriter(context)

    def from_options(self, frame: DynamicFrame, *a: Any, **named: Any) -> DynamicFrame:
        self._frames.from_options(frame.toDF(), *a, **named)
        return frame

    def from_catalog(self, frame: DynamicFrame, *a: Any, **named: Any) -> DynamicFrame:
        if "name_space" in named:
            named["database"] = named.pop("name_space")
        self._frames.from_catalog(frame.toDF(), *a, **named)
        return frame

    def __getattr__(self, name: str) -> Any:
        raise absent(f"write_dynamic_frame.{name}")


def _refuse(others: dict[str, Any], what: str) -> None:
    if others:
        raise absent(f"arguments {sorted(others)} of {what}")


def _listed(exclusions: Any) -> list[str]:
    """Glue takes exclusions as a JSON list in a string."""
    if not exclusions:
        return []
    found = json.loads(exclusions) if isinstance(exclusions, str) else exclusions
    return [pattern.replace("**", "*") for pattern in found]
