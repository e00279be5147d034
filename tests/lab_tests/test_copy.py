"""COPY: formats, manifests, options, and what the system tables say afterwards."""

from __future__ import annotations

import bz2
import datetime
import gzip
import io
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from lab_tests.harness import client
from lab_tests.warehouse import WarehouseTest

ROLE = "iam_role 'arn:aws:iam::111122223333:role/copy'"
ERRORS = (
    "select trim(file_name), line_number, trim(column_name), trim(column_type),"
    " error_code, trim(error_message) from sys_load_error_detail where query_id = {}"
)
HISTORY = (
    "select status, loaded_rows, source_file_count, error_count, table_name,"
    " file_format from sys_load_history where query_id = {}"
)


class CopyTest(WarehouseTest):
    def setUp(self) -> None:
        super().setUp()
        self.s3 = client("s3")
        self.s3.create_bucket(Bucket="lake")
        self.ok("create table t (id int not null, name varchar(5), day date)")

    def put(self, key: str, data: bytes) -> None:
        self.s3.put_object(Bucket="lake", Key=key, Body=data)

    def copy(
        self, options: str, source: str = "in/", table: str = "t"
    ) -> dict[str, Any]:
        return self.run_sql(f"copy {table} from 's3://lake/{source}' {ROLE} {options}")

    def loads(self, options: str, *expected: list[Any]) -> None:
        """The COPY loads exactly `expected` into the empty table."""
        self.ok("truncate t")
        done = self.copy(options)
        self.assertEqual(done["Status"], "FINISHED", done.get("Error"))
        self.assertEqual(self.rows("select * from t order by id"), list(expected))

    def errors(self, done: dict[str, Any]) -> list[list[Any]]:
        return self.rows(ERRORS.format(done["RedshiftQueryId"]))


class Text(CopyTest):
    def test_csv(self) -> None:
        self.put("in/a.csv", b'id,name,day\n1,"a,b",2026-01-02\n2,"q""x",\n')
        self.put("in/b.csv", b"id,name,day\r\n3,,2026-01-03\r\n")
        self.loads(
            "csv ignoreheader 1",
            [1, "a,b", "2026-01-02"],
            [2, 'q"x', None],
            [3, "", "2026-01-03"],
        )
        self.loads(
            "format as csv ignoreheader as 1 emptyasnull",
            [1, "a,b", "2026-01-02"],
            [2, 'q"x', None],
            [3, None, "2026-01-03"],
        )

    def test_nulls_blanks_and_delimiters(self) -> None:
        self.put("in/a", b"1|NA|2026-01-02\n2|  |2026-01-02\n")
        self.loads("null as 'NA'", [1, None, "2026-01-02"], [2, "  ", "2026-01-02"])
        self.loads("blanksasnull", [1, "NA", "2026-01-02"], [2, None, "2026-01-02"])
        self.put("in/a", b"1;'a;b';2026-01-02\n")
        self.loads("csv delimiter ';' quote ''''", [1, "a;b", "2026-01-02"])

    def test_dates(self) -> None:
        self.put("in/a", b"1|a|02/01/2026\n")
        self.assertEqual(self.copy("")["Status"], "FAILED")
        self.loads("dateformat 'DD/MM/YYYY'", [1, "a", "2026-01-02"])
        self.loads("dateformat 'auto'", [1, "a", "2026-02-01"])

    def test_timestamps(self) -> None:
        self.ok("create table m (at timestamp)")
        self.put("in/a", b"2026-01-02 03:04:05.5\n")
        self.assertEqual(self.copy("", table="m")["Status"], "FINISHED")
        self.put("in/a", b"2026-01-02T03:04:05Z\n")
        [[*_, code, reason]] = self.errors(self.copy("", table="m"))
        self.assertEqual(code, 1206)
        self.assertIn("YYYY-MM-DD HH24:MI:SS", reason)
        self.assertEqual(
            self.copy("timeformat 'auto'", table="m")["Status"], "FINISHED"
        )
        self.assertEqual(
            self.rows("select at from m order by 1"),
            [["2026-01-02 03:04:05"], ["2026-01-02 03:04:05.500000"]],
        )

    def test_packed_files(self) -> None:
        line = b"1,a,2026-01-02\n"
        packed = {
            "gzip": gzip.compress(line),
            "bzip2": bz2.compress(line),
            "zstd": pa.compress(line, codec="zstd", asbytes=True),
        }
        for option, data in packed.items():
            with self.subTest(option=option):
                self.put("in/a", data)
                self.loads(f"csv {option}", [1, "a", "2026-01-02"])
        self.put("in/a", line)
        self.assertIn("inflate", self.copy("csv gzip")["Error"])

    def test_json(self) -> None:
        self.put(
            "in/a.json",
            b'{"id": 1, "name": "a", "other": [1]}\n'
            b'{\n "day": "2026-01-02",\n "id": 2}',
        )
        self.loads("json 'auto'", [1, "a", None], [2, None, "2026-01-02"])
        self.put("in/a.json", b'{"ID": 1}\n')
        self.loads("format json 'auto ignorecase'", [1, None, None])

    def test_column_lists(self) -> None:
        self.put("in/a", b"2026-01-02,1\n")
        self.ok(f"copy t (day, id) from 's3://lake/in/' {ROLE} csv")
        self.assertEqual(self.rows("select * from t"), [[1, None, "2026-01-02"]])
        error = self.fails(f"copy t (absent) from 's3://lake/in/' {ROLE} csv")
        self.assertIn('column "absent"', error)


class LoadErrors(CopyTest):
    def test_file_line_column_and_reason_outlive_the_rollback(self) -> None:
        self.put("in/a.csv", b"1,a,2026-01-02\n")
        self.put("in/b.csv", b'2,"b\nb",2026-01-02\nx3,c,2026-01-02\n')
        done = self.run_sql(
            "create temp table s (like t)",
            f"copy s from 's3://lake/in/' {ROLE} csv",
            "insert into t select * from s",
        )
        self.assertEqual(done["Status"], "FAILED")
        self.assertEqual(
            done["Error"],
            "Query #2 failed with ERROR: Load into table 's' failed.  "
            "Check 'sys_load_error_detail' system table for details.",
        )
        copy = done["SubStatements"][1]
        self.assertEqual(
            self.errors(copy),
            [
                [
                    "s3://lake/in/b.csv",
                    3,
                    "id",
                    "int4",
                    1207,
                    "Invalid digit, Value 'x', Pos 0, Type: Integer",
                ]
            ],
        )
        self.assertEqual(
            self.rows(HISTORY.format(copy["RedshiftQueryId"])),
            [["aborted", 0, 2, 1, "s", "csv"]],
        )

    def test_reasons(self) -> None:
        cases = [
            (b",a,2026-01-02", "id", 1213, "Missing data for not-null field"),
            (b"1,abcdef,2026-01-02", "name", 1204, "String length exceeds DDL length"),
            ("1,äöü,2026-01-02".encode(), "name", 1204, "String length exceeds"),
            (b"1,a,2026-13-02", "day", 1205, "Invalid date"),
            (b"1,a,26-1-2", "day", 1205, "length must be 10 or more"),
            (b"1,a,2026-01-02,x", "day", 1202, "Extra column(s) found"),
            (b"1,a", "day", 1214, "Delimiter not found"),
            (b"1,\xff,2026-01-02", "id", 1220, "Bad UTF8 hex sequence: ff"),
            (b"3000000000,a,2026-01-02", "id", 1204, "Overflow"),
            (b'1,"a,2026-01-02', "id", 1216, "missing end quote"),
        ]
        for line, column, code, reason in cases:
            with self.subTest(line=line):
                self.put("in/a", line + b"\n")
                done = self.copy("csv")
                self.assertEqual(done["Status"], "FAILED")
                [[_, number, name, _, found, message]] = self.errors(done)
                self.assertEqual((number, name, found), (1, column, code))
                self.assertIn(reason, message)

    def test_maxerror(self) -> None:
        self.put("in/a", b"1,a,2026-01-02\nx,a,2026-01-02\ny,a,2026-01-02\n")
        done = self.copy("csv maxerror 3")
        self.assertEqual(done["Status"], "FINISHED")
        self.assertEqual(len(self.errors(done)), 2)
        self.assertEqual(
            self.rows(HISTORY.format(done["RedshiftQueryId"])),
            [["completed", 1, 1, 2, "t", "csv"]],
        )
        self.assertEqual(self.copy("csv maxerror 2")["Status"], "FAILED")

    def test_leniency(self) -> None:
        self.put("in/a", b"1,abcdefg,2026-01-02\n\n2,a\n")
        options = "csv truncatecolumns fillrecord ignoreblanklines"
        self.loads(options, [1, "abcde", "2026-01-02"], [2, "a", None])

    def test_broken_json(self) -> None:
        self.put("in/a", b'{"id": 1}\n{"id": \n')
        [[file, line, *_]] = self.errors(self.copy("json 'auto'"))
        self.assertEqual((file, line), ("s3://lake/in/a", 2))

    def test_raw_values_on_clusters_only(self) -> None:
        cluster = {"ClusterIdentifier": "c1"}
        self.ok("create table t (id int)", **cluster)
        self.put("in/a", b"abc\n")
        error = self.fails(f"copy t from 's3://lake/in/' {ROLE}", **cluster)
        self.assertIn("stl_load_errors", error)
        sql = "select trim(raw_line), trim(raw_field_value) from stl_load_errors"
        self.assertEqual(self.rows(sql, **cluster), [["abc", "abc"]])
        self.assertIn("permission denied", self.fails("select * from stl_load_errors"))


class Columnar(CopyTest):
    def parquet(self, **columns: Any) -> bytes:
        sink = io.BytesIO()
        parquet.write_table(pa.table(columns), sink)
        return sink.getvalue()

    def table(self, **more: Any) -> bytes:
        columns = {
            "a": pa.array([1, 2], pa.int32()),
            "b": ["x", None],
            "c": [datetime.date(2026, 1, 2)] * 2,
        }
        return self.parquet(**{**columns, **more})

    def test_columns_go_by_position(self) -> None:
        self.put("in/a.parquet", self.table())
        self.loads("format as parquet", [1, "x", "2026-01-02"], [2, None, "2026-01-02"])

    def test_schemas_must_fit(self) -> None:
        self.put("in/a.parquet", self.table(a=pa.array([1, 2], pa.int64())))
        error = self.copy("format as parquet")["Error"]
        self.assertIn("incompatible Parquet schema for column 's3://lake/in/a", error)
        self.put("in/a.parquet", self.table(d=[1, 2]))
        self.assertIn("Unmatched number of columns", self.copy("parquet")["Error"])
        self.put("in/a.parquet", b"id,name\n")
        self.assertIn("footer", self.copy("parquet")["Error"])

    def test_many_types(self) -> None:
        self.ok(
            "create table m"
            " (a bigint, b numeric(9,2), c timestamp, d float8, e boolean)"
        )
        moment = datetime.datetime(2026, 1, 2, 3, 4, 5)
        data = self.parquet(
            a=[2**40],
            b=pa.array([Decimal("1.50")], pa.decimal128(9, 2)),
            c=pa.array([moment], pa.timestamp("us")),
            d=[0.5],
            e=[True],
        )
        self.put("in/a.parquet", data)
        self.assertEqual(self.copy("parquet", table="m")["Status"], "FINISHED")
        self.assertEqual(
            self.rows("select * from m"),
            [[2**40, "1.50", "2026-01-02 03:04:05", 0.5, True]],
        )

    def test_options_that_columnar_files_do_not_take(self) -> None:
        self.put("in/a.parquet", self.table())
        for option in ("maxerror 5", "gzip", "ignoreheader 1", "region 'us-east-1'"):
            with self.subTest(option=option):
                error = self.copy(f"format as parquet {option}")["Error"]
                self.assertIn("argument is not supported for PARQUET based COPY", error)


class Files(CopyTest):
    def manifest(self, *entries: dict[str, Any]) -> None:
        self.put("load.manifest", json.dumps({"entries": list(entries)}).encode())

    def test_from_is_a_prefix(self) -> None:
        self.put("in/a.txt", b"1|a|2026-01-02\n")
        self.put("in/a.txt.1", b"2|a|2026-01-02\n")
        self.copy("", source="in/a.txt")
        self.assertEqual(self.rows("select count(*) from t"), [[2]])
        error = self.copy("", source="absent/")["Error"]
        self.assertEqual(
            error, "ERROR: The specified S3 prefix 'absent/' does not exist"
        )
        error = self.fails(f"copy t from 's3://absent/x' {ROLE}")
        self.assertIn("NoSuchBucket", error)

    def test_a_manifest_is_exact(self) -> None:
        self.put("in/a.txt", b"1|a|2026-01-02\n")
        self.put("in/a.txt.1", b"2|a|2026-01-02\n")
        one = {"url": "s3://lake/in/a.txt", "mandatory": True}
        self.manifest(one, {"url": "s3://lake/in/absent"})
        self.ok(f"copy t from 's3://lake/load.manifest' {ROLE} manifest")
        self.assertEqual(self.rows("select id from t"), [[1]])
        self.manifest(one, {"url": "s3://lake/in/absent", "mandatory": True})
        error = self.copy("manifest", source="load.manifest")["Error"]
        self.assertIn("s3://lake/in/absent", error)

    def test_lengths_in_a_manifest(self) -> None:
        sink = io.BytesIO()
        columns = {"a": pa.array([1], pa.int32()), "b": ["x"]}
        columns["c"] = pa.array([datetime.date(2026, 1, 2)])
        parquet.write_table(pa.table(columns), sink)
        self.put("in/a", sink.getvalue())
        entry = {"url": "s3://lake/in/a", "mandatory": True}
        size = len(sink.getvalue())
        cases = [
            (None, "content_length"),
            (size + 1, "content_length says"),
            (size, ""),
        ]
        for length, expected in cases:
            meta = {} if length is None else {"meta": {"content_length": length}}
            self.manifest({**entry, **meta})
            done = self.copy("parquet manifest", source="load.manifest")
            with self.subTest(length=length):
                self.assertIn(expected, done.get("Error", ""))
                failed = done["Status"] == "FAILED"
                self.assertEqual(failed, length != size)


class Commands(CopyTest):
    def test_what_redshift_refuses(self) -> None:
        source = "copy t from 's3://lake/in/'"
        cases = [
            (f"{source} csv", "IAM_ROLE"),
            (f"{source} iam_role 'nonsense' csv", "invalid IAM role"),
            (f"{source} {ROLE} csv header", "syntax error"),
            (f"{source} {ROLE} csv escape", "ESCAPE"),
            (f"{source} {ROLE} json 'auto' delimiter ','", "DELIMITER"),
            (f"{source} {ROLE} csv gzip zstd", "conflicting"),
            (f"{source} {ROLE} csv maxerror 1 maxerror 2", "conflicting"),
            (f"{source} {ROLE} csv quote 'ab'", "single ASCII character"),
            (f"copy absent from 's3://lake/in/' {ROLE}", "does not exist"),
            (f"copy t from 'emr://x/y' {ROLE}", "s3://"),
        ]
        for sql, expected in cases:
            with self.subTest(sql=sql):
                self.assertIn(expected, self.fails(sql))
