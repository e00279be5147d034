"""Athena: queries and their states, tokens, listings, SQL over files and Iceberg tables."""

from __future__ import annotations

import io
import itertools
import time
import unittest
from typing import Any, ClassVar
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as parquet
from botocore.exceptions import ClientError
from lab.athena import iceberg
from lab.front import INTERNAL_KEY

from lab_tests.harness import LabTest, client, control, lab

_TOKENS = itertools.count(1)


class AthenaTest(LabTest):
    """A workgroup with a bucket, and a database."""

    def setUp(self) -> None:
        super().setUp()
        self.api, self.s3, self.glue = client("athena"), client("s3"), client("glue")
        self.s3.create_bucket(Bucket="lake")
        self.glue.create_database(DatabaseInput={"Name": "lake"})
        control("PUT", "workgroup", {"name": "etl", "output": "s3://lake/results/"})

    def start(self, sql: str, **more: Any) -> str:
        request = {
            "QueryString": sql,
            "WorkGroup": "etl",
            "QueryExecutionContext": {"Database": "lake"},
            "ClientRequestToken": f"{next(_TOKENS):032}",
            **more,
        }
        return self.api.start_query_execution(**request)["QueryExecutionId"]

    def ended(self, id_: str) -> dict[str, Any]:
        began = time.monotonic()
        while time.monotonic() - began < 30:
            query = self.api.get_query_execution(QueryExecutionId=id_)["QueryExecution"]
            if query["Status"]["State"] not in ("QUEUED", "RUNNING"):
                return query
            time.sleep(0.02)
        self.fail(f"{id_} does not end")

    def ok(self, sql: str, **more: Any) -> dict[str, Any]:
        query = self.ended(self.start(sql, **more))
        self.assertEqual(query["Status"]["State"], "SUCCEEDED", query["Status"])
        return query

    def fails(self, sql: str, **more: Any) -> dict[str, Any]:
        query = self.ended(self.start(sql, **more))
        self.assertEqual(query["Status"]["State"], "FAILED", query["Status"])
        return query["Status"]

    def rows(self, sql: str, **more: Any) -> list[list[str | None]]:
        query = self.ok(sql, **more)
        result = self.api.get_query_results(QueryExecutionId=query["QueryExecutionId"])
        rows = [
            [cell.get("VarCharValue") for cell in row["Data"]]
            for row in result["ResultSet"]["Rows"]
        ]
        return rows[1:] if query["StatementType"] == "DML" else rows

    def refused(self, call: Any, words: str) -> None:
        with self.assertRaises(ClientError) as caught:
            call()
        self.assertEqual(
            caught.exception.response["Error"]["Code"], "InvalidRequestException"
        )
        self.assertIn(words, str(caught.exception))

    def table(self) -> None:
        """`lake.t (n bigint, s string)` with two rows."""
        target = io.BytesIO()
        parquet.write_table(pa.table({"n": [1, 2], "s": ["a", None]}), target)
        self.s3.put_object(Bucket="lake", Key="t/a.parquet", Body=target.getvalue())
        self.ok(
            "create external table t (n bigint, s string) stored as parquet location 's3://lake/t/'"
        )

    def iceberg(self) -> None:
        """`lake.i (id int, v string)`, Iceberg's, with two rows."""
        self.ok(
            "create table lake.i (id int, v string) location 's3://lake/i/' tblproperties ('table_type' = 'ICEBERG')"
        )
        self.ok("insert into lake.i values (1, 'a'), (2, 'b')")


class Queries(AthenaTest):
    def test_a_query_and_its_result(self) -> None:
        self.table()
        query = self.ok("-- dagc:x\nselect n, s, n > 1 as b from t order by n")
        self.assertTrue(query["Query"].startswith("-- dagc:x\n"))
        self.assertGreater(query["Statistics"]["DataScannedInBytes"], 0)
        result = self.api.get_query_results(QueryExecutionId=query["QueryExecutionId"])
        self.assertEqual(
            result["ResultSet"]["Rows"],
            [
                {
                    "Data": [
                        {"VarCharValue": "n"},
                        {"VarCharValue": "s"},
                        {"VarCharValue": "b"},
                    ]
                },
                {
                    "Data": [
                        {"VarCharValue": "1"},
                        {"VarCharValue": "a"},
                        {"VarCharValue": "false"},
                    ]
                },
                {"Data": [{"VarCharValue": "2"}, {}, {"VarCharValue": "true"}]},
            ],
        )
        place = query["ResultConfiguration"]["OutputLocation"]
        self.assertEqual(place, f"s3://lake/results/{query['QueryExecutionId']}.csv")
        body = self.s3.get_object(Bucket="lake", Key=place.removeprefix("s3://lake/"))[
            "Body"
        ].read()
        self.assertEqual(body, b'"n","s","b"\n"1","a","false"\n"2","","true"\n')

    def test_a_token_is_one_query_also_when_it_has_failed(self) -> None:
        token = {"ClientRequestToken": "x" * 32}
        first = self.start("select * from absent", **token)
        self.ended(first)
        self.assertEqual(self.start("select * from absent", **token), first)
        self.refused(
            lambda: self.start("select 2", **token),
            "Idempotent parameters do not match",
        )

    def test_listings_lag_and_are_of_a_workgroup(self) -> None:
        control("PUT", "unkind", {"lag": 0.5})
        first = self.start("select 1")
        listed = self.api.list_query_executions(WorkGroup="etl")
        self.assertNotIn("QueryExecutionIds", listed)
        time.sleep(0.6)
        second = self.start("select 2")
        time.sleep(0.6)
        listed = self.api.list_query_executions(WorkGroup="etl")
        self.assertEqual(listed["QueryExecutionIds"], [second, first])
        page = self.api.list_query_executions(WorkGroup="etl", MaxResults=1)
        self.assertEqual(page["QueryExecutionIds"], [second])
        self.assertNotIn(
            "QueryExecutionIds", self.api.list_query_executions(WorkGroup="primary")
        )
        found = self.api.batch_get_query_execution(QueryExecutionIds=[first, "absent"])
        self.assertEqual([q["Query"] for q in found["QueryExecutions"]], ["select 1"])
        self.assertEqual(
            found["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"], "absent"
        )

    def test_states_and_stopping(self) -> None:
        self.faults(
            {"service": "athena", "operation": "StartQueryExecution", "hold": 20}
        )
        control("PUT", "unkind", {"waiting": 0.2})
        id_ = self.start("select 1")
        states = set()
        for _ in range(20):
            states.add(
                self.api.get_query_execution(QueryExecutionId=id_)["QueryExecution"][
                    "Status"
                ]["State"]
            )
            time.sleep(0.03)
        self.assertEqual(states, {"QUEUED", "RUNNING"})
        self.refused(
            lambda: self.api.get_query_results(QueryExecutionId=id_),
            "has not yet finished",
        )
        self.api.stop_query_execution(QueryExecutionId=id_)
        status = self.ended(id_)["Status"]
        self.assertEqual(
            (status["State"], status["StateChangeReason"]),
            ("CANCELLED", "Query cancelled by user"),
        )
        self.api.stop_query_execution(QueryExecutionId=id_)

    def test_what_is_wrong_with_a_request(self) -> None:
        self.refused(
            lambda: self.start("select 1", WorkGroup="absent"),
            "WorkGroup absent is not found",
        )
        self.refused(
            lambda: self.start("select 1", WorkGroup="primary"),
            "No output location provided",
        )
        nowhere = {"OutputLocation": "s3://absent/"}
        self.refused(
            lambda: self.start("select 1", ResultConfiguration=nowhere),
            "output bucket absent",
        )
        self.refused(
            lambda: self.api.get_query_execution(QueryExecutionId="q"),
            "QueryExecution q was not found",
        )

    def test_a_workgroup_enforces_its_place_and_its_limit(self) -> None:
        self.table()
        self.s3.put_object(
            Bucket="lake", Key="c/a.csv", Body=(b"x" * 1000 + b"\n") * 10_100
        )
        self.ok("create external table c (s string) location 's3://lake/c/'")
        control(
            "PUT",
            "workgroup",
            {
                "name": "own",
                "output": "s3://lake/own/",
                "enforce": True,
                "cutoff": 10_000_000,
            },
        )
        other = {"OutputLocation": "s3://lake/other/"}
        query = self.ok("select 1", WorkGroup="own", ResultConfiguration=other)
        self.assertTrue(
            query["ResultConfiguration"]["OutputLocation"].startswith("s3://lake/own/")
        )
        query = self.ended(self.start("select count(*) from c", WorkGroup="own"))
        self.assertEqual(
            query["Status"]["StateChangeReason"], "Bytes scanned limit was exceeded"
        )
        configuration = self.api.get_work_group(WorkGroup="own")["WorkGroup"][
            "Configuration"
        ]
        self.assertEqual(configuration["BytesScannedCutoffPerQuery"], 10_000_000)

    def test_a_result_of_before(self) -> None:
        self.table()
        reuse = {
            "ResultReuseConfiguration": {
                "ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}
            }
        }
        first = self.ok("select count(*) from t", **reuse)
        again = self.ok("select count(*) from t", **reuse)
        self.assertFalse(
            first["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
        )
        self.assertTrue(
            again["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
        )
        self.assertEqual(again["Statistics"]["DataScannedInBytes"], 0)

    def test_scripted_outcomes(self) -> None:
        script = {
            "state": "FAILED",
            "reason": "SlowDown",
            "scanned": 7,
            "error": {"ErrorCategory": 1},
        }
        self.faults(
            {"service": "athena", "operation": "StartQueryExecution", "script": script}
        )
        query = self.ended(self.start("select 1"))
        self.assertEqual(query["Status"]["AthenaError"]["ErrorCategory"], 1)
        self.assertEqual(query["Statistics"]["DataScannedInBytes"], 7)


class Sql(AthenaTest):
    def test_failures(self) -> None:
        status = self.fails("select * from absent")
        self.assertIn("TABLE_NOT_FOUND", status["StateChangeReason"])
        self.assertEqual(status["AthenaError"]["ErrorCategory"], 2)
        self.assertIn(
            "SYNTAX_ERROR", self.fails("select from where")["StateChangeReason"]
        )
        self.assertIn(
            "COLUMN_NOT_FOUND",
            self.fails("select x from (select 1 as y)")["StateChangeReason"],
        )
        self.assertIn("Only one", self.fails("select 1; select 2")["StateChangeReason"])

    def test_what_maintains_takes_no_comment(self) -> None:
        self.iceberg()
        for sql in ("vacuum i", "optimize i rewrite data using bin_pack"):
            self.assertIn(
                "mismatched input", self.fails(f"-- dagc:x\n{sql}")["StateChangeReason"]
            )
            self.ok(sql)

    def test_vacuum_forgets_what_the_table_lets_it(self) -> None:
        self.iceberg()
        self.ok("insert into i values (8, 'x')")
        self.ok("insert into i values (9, 'y')")

        def snapshots() -> int:
            tables = iceberg.catalog(lab(), "us-east-1", INTERNAL_KEY)
            return len(tables.load_table(("lake", "i")).snapshots())

        before = snapshots()
        self.assertGreater(before, 2)
        self.ok("vacuum i")
        self.assertEqual(snapshots(), before)
        told = "alter table lake.i set tblproperties ('%s' = '%s')"
        self.fails(told % ("vacuum_max_snapshot_age_seconds", 59))
        self.fails(told % ("write.format.default", "orc"))
        self.ok(told % ("vacuum_min_snapshots_to_keep", 2))
        self.ok(told % ("vacuum_max_snapshot_age_seconds", 60))
        with patch("lab.athena.iceberg.now", lambda: time.time() + 61):
            self.ok("vacuum i")
        self.assertEqual(snapshots(), 2)

    def test_files_of_several_formats(self) -> None:
        self.s3.put_object(Bucket="lake", Key="c/a.csv", Body=b"n;s\n1;x\n2;\n")
        self.s3.put_object(Bucket="lake", Key="c/_ignored", Body=b"junk")
        self.ok(
            "create external table c (n int, s string) row format delimited fields terminated by ';' "
            "location 's3://lake/c/' tblproperties ('skip.header.line.count' = '1')"
        )
        self.assertEqual(
            self.rows("select n + 1, s from c order by 1"), [["2", "x"], ["3", None]]
        )
        self.s3.put_object(
            Bucket="lake", Key="j/a.json", Body=b'{"n": 1}\n{"n": 2, "s": "y"}\n'
        )
        self.ok(
            "create external table j (n int, s string) row format serde 'org.openx.data.jsonserde.JsonSerDe' "
            "location 's3://lake/j/'"
        )
        self.assertEqual(self.rows("select sum(n), max(s) from lake.j"), [["3", "y"]])

    def test_partitions_are_seen_when_the_catalog_has_them(self) -> None:
        for day in ("1", "2"):
            self.s3.put_object(
                Bucket="lake", Key=f"p/d={day}/a.csv", Body=f"{day}0\n".encode()
            )
        self.ok(
            "create external table p (n int) partitioned by (d string) location 's3://lake/p/'"
        )
        self.assertEqual(self.rows("select count(*) from p"), [["0"]])
        self.ok(
            "alter table p add if not exists partition (d = '1') location 's3://lake/p/d=1/'"
        )
        self.assertEqual(self.rows("select d, n from p"), [["1", "10"]])
        self.ok("msck repair table p")
        self.assertEqual(
            self.rows("select d, n from p order by d"), [["1", "10"], ["2", "20"]]
        )
        self.assertEqual(self.rows("show partitions p"), [["d=1"], ["d=2"]])

    def test_ctas_insert_views_and_drop(self) -> None:
        self.table()
        query = self.ok(
            "create table made with (format = 'PARQUET', external_location = 's3://lake/made/', "
            "partitioned_by = array['d']) as select n, cast(n as varchar) as d from t"
        )
        result = self.api.get_query_results(QueryExecutionId=query["QueryExecutionId"])
        self.assertEqual(result["UpdateCount"], 2)
        self.ok("insert into made select 3, '3'")
        self.assertEqual(
            self.rows("select d, n from made order by 1"),
            [["1", "1"], ["2", "2"], ["3", "3"]],
        )
        status = self.fails(
            "create table again with (external_location = 's3://lake/made/') as select 1 a"
        )
        self.assertIn("HIVE_PATH_ALREADY_EXISTS", status["StateChangeReason"])
        self.assertIn(
            "ALREADY_EXISTS",
            self.fails("create table made as select 1 a")["StateChangeReason"],
        )
        self.ok("create table if not exists made as select 1 a")
        self.ok("create or replace view v as select n from made where n > 1")
        self.assertEqual(self.rows("select count(*) from v"), [["2"]])
        self.assertEqual(self.rows("show tables in lake"), [["made"], ["t"], ["v"]])
        self.ok("drop table if exists made")
        self.assertIn(
            "TABLE_NOT_FOUND", self.fails("select * from made")["StateChangeReason"]
        )
        self.assertIn(
            "transactional",
            self.fails("delete from t where n = 1")["StateChangeReason"],
        )

    def test_unload(self) -> None:
        self.table()
        sql = "unload (select * from t) to 's3://lake/out/' with (format = 'PARQUET')"
        self.ok(sql)
        keys = [
            o["Key"]
            for o in self.s3.list_objects_v2(Bucket="lake", Prefix="out/")["Contents"]
        ]
        self.assertEqual(len(keys), 1)
        self.assertIn("already exists", self.fails(sql)["StateChangeReason"])


class Iceberg(AthenaTest):
    unkind: ClassVar[dict[str, float]] = {**LabTest.unkind}

    def test_rows_change(self) -> None:
        self.iceberg()
        self.ok("update i set v = 'c' where id = 2")
        self.ok("delete from lake.i where id = 1")
        self.ok(
            "merge into lake.i t using (select 2 as id, 'd' as v union all select 3, 'e') s on t.id = s.id "
            "when matched then update set v = s.v when not matched then insert (id, v) values (s.id, s.v)"
        )
        self.assertEqual(
            self.rows("select id, v from i order by id"), [["2", "d"], ["3", "e"]]
        )

    def test_time_travel(self) -> None:
        self.iceberg()
        time.sleep(1.1)
        between = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
        time.sleep(1.1)
        self.ok("delete from i where id = 1")
        sql = f"select count(*) from i for timestamp as of timestamp '{between}'"
        self.assertEqual(self.rows(sql), [["2"]])
        self.assertEqual(self.rows("select count(*) from i"), [["1"]])

    def test_partitioned_ctas(self) -> None:
        self.ok(
            "create table lake.k with (table_type = 'ICEBERG', is_external = false, location = 's3://lake/k/') "
            "as select 1 as id, date '2026-01-01' as d"
        )
        self.ok(
            "optimize lake.k rewrite data using bin_pack where d = date '2026-01-01'"
        )
        self.assertEqual(self.rows("select * from lake.k"), [["1", "2026-01-01"]])
        self.ok(
            "create table lake.m (id int, d date) partitioned by (day(d)) location 's3://lake/m/' "
            "tblproperties ('table_type' = 'ICEBERG')"
        )
        self.ok("insert into m select * from k")
        self.assertEqual(self.rows("select id from m"), [["1"]])

    def test_pyiceberg_reads_what_was_written(self) -> None:
        from lab.athena import iceberg
        from lab.front import INTERNAL_KEY

        self.iceberg()
        table = iceberg.catalog(lab(), "us-east-1", INTERNAL_KEY).load_table(
            ("lake", "i")
        )
        self.assertEqual(sorted(table.scan().to_arrow()["id"].to_pylist()), [1, 2])

    def test_prepared_statements(self) -> None:
        self.table()
        self.ok("prepare p from select s from t where n = ? or s = ?")
        self.assertEqual(self.rows("execute p using 2, 'it''s'"), [[None]])
        self.assertIn(
            "Incorrect number", self.fails("execute p using 1")["StateChangeReason"]
        )
        self.ok("deallocate prepare p")
        for sql in ("execute p using 1, 'a'", "deallocate prepare p"):
            self.assertIn("was not found", self.fails(sql)["StateChangeReason"])

    def test_partitions_and_databases_are_dropped(self) -> None:
        self.ok(
            "create external table p (n int) partitioned by (d string) location 's3://lake/p/'"
        )
        self.ok("alter table `lake.p` add partition (d = '1') partition (d = '2')")
        self.ok("alter table p drop if exists partition (d = '1'), partition (d = '3')")
        self.assertEqual(self.rows("show partitions p"), [["d=2"]])
        self.fails("alter table p drop partition (d = '1')")
        self.ok("create database other")
        self.assertIn(["other"], self.rows("show databases"))
        self.fails("drop database lake")
        self.ok("drop schema other")
        self.ok("drop database if exists other cascade")

    def test_functions_of_lambda_are_not_there(self) -> None:
        sql = "using external function f(x int) returns int lambda 'mask' select f(1)"
        self.assertIn("no such function", self.fails(sql)["StateChangeReason"])


class Rights(AthenaTest):
    def test_a_query_reads_and_writes_as_its_caller(self) -> None:
        import boto3

        self.table()
        api = boto3.client(
            "athena",
            endpoint_url=lab().endpoint,
            region_name="us-east-1",
            aws_access_key_id="AKIAREADER",
            aws_secret_access_key="secret",
        )
        glue = "arn:aws:glue:us-east-1:123456789012:"
        allow = {
            "athena:StartQueryExecution": [
                "arn:aws:athena:us-east-1:123456789012:workgroup/etl"
            ],
            "athena:GetQueryExecution": ["*"],
            "glue:GetDatabase": [
                f"{glue}catalog",
                f"{glue}database/default",
                f"{glue}database/lake",
            ],
            "s3:ListBucket": ["arn:aws:s3:::lake"],
            "s3:GetBucketLocation": ["arn:aws:s3:::lake"],
            "glue:GetTable": [
                f"{glue}catalog",
                f"{glue}database/lake",
                f"{glue}table/lake/t",
            ],
            "s3:GetObject": ["arn:aws:s3:::lake/t/*"],
            "s3:PutObject": ["arn:aws:s3:::lake/results/*"],
        }

        def ended() -> str:
            request = {"QueryString": "select * from lake.t", "WorkGroup": "etl"}
            id_ = api.start_query_execution(**request)["QueryExecutionId"]
            status = self.ended(id_)["Status"]
            return status.get("StateChangeReason", status["State"])

        control("PUT", "rights", {"key": "AKIAREADER", "allow": allow})
        self.assertEqual(ended(), "SUCCEEDED")
        of_athena = {"athena:StartQueryExecution", "athena:GetQueryExecution"}
        for action in sorted(set(allow) - of_athena):
            less = {name: arns for name, arns in allow.items() if name != action}
            control("PUT", "rights", {"key": "AKIAREADER", "allow": less})
            self.assertIn(f"not authorized to perform: {action}", ended())
        control("PUT", "rights", {"key": "AKIAREADER", "allow": {}})
        with self.assertRaises(ClientError) as caught:
            ended()
        self.assertIn("AccessDenied", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
