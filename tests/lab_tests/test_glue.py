"""The lab's Glue without Spark: definitions, scripted runs, crawlers."""

from __future__ import annotations

import gzip
import io
import re
import time
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import ClientError
from lab.glue.crawl import exclusion
from lab.glue.infer import infer
from lab.glue.process import last_exception

from lab_tests.harness import LabTest, client, control, log_lines

ROLE = "arn:aws:iam::123456789012:role/glue"
FLIGHTS = (
    "flight_id,carrier,dep_delay,day,at\n1,UA,2.5,2013-01-01,2013-01-01 05:15:00\n"
)


def script(**told: Any) -> None:
    """The next start of a run or a crawl has this outcome."""
    rules = [
        {"service": "glue", "operation": operation, "script": told, "times": None}
        for operation in ("StartJobRun", "StartCrawler")
    ]
    control("PUT", "faults", rules)


class GlueTest(LabTest):
    """What the tests of Glue share."""

    glue: Any
    logs: Any
    s3: Any

    def setUp(self) -> None:
        super().setUp()
        control("PUT", "logs", {"late": 0})

    @classmethod
    def setUpClass(cls) -> None:
        # Once: a client of Glue takes half a second to make.
        cls.glue, cls.logs, cls.s3 = map(client, ("glue", "logs", "s3"))

    def refused(self, code: str, operation: str, **request: Any) -> str:
        with self.assertRaises(ClientError) as caught:
            getattr(self.glue, operation)(**request)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        return caught.exception.response["Error"]["Message"]

    def messages(self, group: str, stream: str) -> list[str]:
        return log_lines(self.logs, group, stream)


class Jobs(GlueTest):
    def create(self, **more: Any) -> None:
        command = {"Name": "glueetl", "ScriptLocation": "s3://assets/job.py"}
        request = {"Name": "clean", "Role": ROLE, "Command": command, **more}
        self.glue.create_job(**request)

    def run_of(self, run_id: str) -> dict[str, Any]:
        return self.glue.get_job_run(JobName="clean", RunId=run_id)["JobRun"]

    def wait(self, run_id: str, *states: str) -> dict[str, Any]:
        for _ in range(200):
            run = self.run_of(run_id)
            if run["JobRunState"] in states:
                return run
            time.sleep(0.02)
        self.fail(f"the run is {run['JobRunState']}, not {states}")

    def test_a_definition_gets_defaults_and_is_replaced_whole(self) -> None:
        self.create(WorkerType="G.1X", NumberOfWorkers=4, Description="old")
        job = self.glue.get_job(JobName="clean")["Job"]
        self.assertEqual((job["GlueVersion"], job["Timeout"]), ("5.1", 480))
        self.assertEqual(job["MaxCapacity"], 4.0)
        update = {"Role": ROLE, "Command": job["Command"], "GlueVersion": "4.0"}
        self.glue.update_job(JobName="clean", JobUpdate=update)
        changed = self.glue.get_job(JobName="clean")["Job"]
        self.assertNotIn("Description", changed)
        self.assertNotIn("WorkerType", changed)
        self.assertEqual((changed["Timeout"], changed["MaxCapacity"]), (2880, 10.0))
        self.assertEqual(changed["CreatedOn"], job["CreatedOn"])
        listed = self.glue.list_jobs()["JobNames"]
        self.assertEqual(listed, ["clean"])
        self.glue.delete_job(JobName="clean")
        self.refused("EntityNotFoundException", "get_job", JobName="clean")

    def test_creating_again_is_refused_unless_it_is_the_same(self) -> None:
        self.create()
        self.create()
        with self.assertRaises(ClientError) as caught:
            self.create(MaxRetries=1)
        code = caught.exception.response["Error"]["Code"]
        self.assertEqual(code, "IdempotentParameterMismatchException")

    def test_tags_are_kept(self) -> None:
        self.create(Tags={"owner": "dagc"})
        arn = "arn:aws:glue:us-east-1:123456789012:job/clean"
        tags = self.glue.get_tags(ResourceArn=arn)["Tags"]
        self.assertEqual(tags, {"owner": "dagc"})

    def test_impossible_settings_are_refused(self) -> None:
        shell = {"Name": "pythonshell", "ScriptLocation": "s3://assets/job.py"}
        stream = {"Name": "gluestreaming", "ScriptLocation": "s3://assets/job.py"}
        workers = {"WorkerType": "G.1X", "NumberOfWorkers": 2}
        rows: list[dict[str, Any]] = [
            {**workers, "MaxCapacity": 4.0},
            {"WorkerType": "G.1X"},
            {"Command": shell, **workers},
            {"Command": shell, "MaxCapacity": 2.0},
            {"Command": shell, "ExecutionClass": "FLEX"},
            {"Command": stream, "ExecutionClass": "FLEX"},
            {"ExecutionClass": "FLEX", "GlueVersion": "2.0"},
            {"WorkerType": "G.025X", "NumberOfWorkers": 2},
            {"WorkerType": "R.1X", "NumberOfWorkers": 2, "GlueVersion": "3.0"},
            {"WorkerType": "G.1X", "NumberOfWorkers": 1},
            {"Timeout": 10081},
            {"MaxRetries": 11},
            {"DefaultArguments": {"--JOB_NAME": "x"}},
            {"Command": {"Name": "etl", "ScriptLocation": "s3://assets/job.py"}},
            {"Command": {"Name": "glueetl", "ScriptLocation": "/job.py"}},
        ]
        for more in rows:
            with self.subTest(more), self.assertRaises(ClientError) as caught:
                self.create(**more)
            code = caught.exception.response["Error"]["Code"]
            self.assertEqual(code, "InvalidInputException")

    def test_a_scripted_run_passes_through_its_states(self) -> None:
        self.create(DefaultArguments={"--a": "1", "--b": "2"})
        script(state="FAILED", error="ValueError: bad", after=0.3, output=["hello"])
        started = self.glue.start_job_run(
            JobName="clean", Arguments={"--b": "3", "--dagc-key": "k1"}
        )
        run_id = started["JobRunId"]
        self.assertIn(self.run_of(run_id)["JobRunState"], ("STARTING", "RUNNING"))
        self.assertNotIn("CompletedOn", self.wait(run_id, "RUNNING"))
        run = self.wait(run_id, "FAILED")
        self.assertEqual(run["ErrorMessage"], "ValueError: bad")
        self.assertEqual(run["Arguments"], {"--b": "3", "--dagc-key": "k1"})
        self.assertGreaterEqual(run["CompletedOn"], run["StartedOn"])
        group = run["LogGroupName"]
        self.assertEqual(self.messages(f"{group}/output", run_id), ["hello"])
        self.assertEqual(self.messages(f"{group}/error", run_id), ["ValueError: bad"])

    def test_every_terminal_state_can_be_scripted(self) -> None:
        self.create()
        for state in ("SUCCEEDED", "TIMEOUT", "ERROR", "EXPIRED", "STOPPED"):
            script(state=state)
            run = self.wait(self.glue.start_job_run(JobName="clean")["JobRunId"], state)
            self.assertEqual("ErrorMessage" in run, state in ("TIMEOUT", "ERROR"))

    def test_concurrency_is_bounded_and_the_slot_is_freed_late(self) -> None:
        self.create()
        script(state="SUCCEEDED", slot=0.6)
        first = self.glue.start_job_run(JobName="clean")["JobRunId"]
        self.wait(first, "SUCCEEDED")
        exceeded = "ConcurrentRunsExceededException"
        self.refused(exceeded, "start_job_run", JobName="clean")
        time.sleep(0.7)
        self.glue.start_job_run(JobName="clean")

    def test_a_queued_run_waits_for_its_slot(self) -> None:
        self.create(JobRunQueuingEnabled=True)
        script(state="SUCCEEDED", after=0.3)
        first = self.glue.start_job_run(JobName="clean")["JobRunId"]
        second = self.glue.start_job_run(JobName="clean")["JobRunId"]
        self.assertEqual(self.run_of(second)["JobRunState"], "WAITING")
        self.wait(second, "SUCCEEDED")
        self.assertEqual(self.run_of(first)["JobRunState"], "SUCCEEDED")

    def test_runs_come_newest_first_in_pages(self) -> None:
        self.create(ExecutionProperty={"MaxConcurrentRuns": 5})
        script(state="SUCCEEDED")
        started = [
            self.glue.start_job_run(JobName="clean", Arguments={"--n": str(n)})
            for n in range(5)
        ]
        ids = [answer["JobRunId"] for answer in reversed(started)]
        first = self.glue.get_job_runs(JobName="clean", MaxResults=2)
        self.assertEqual([run["Id"] for run in first["JobRuns"]], ids[:2])
        pages = self.glue.get_paginator("get_job_runs").paginate(
            JobName="clean", PaginationConfig={"PageSize": 2}
        )
        self.assertEqual([run["Id"] for p in pages for run in p["JobRuns"]], ids)

    def test_stopping(self) -> None:
        self.create()
        script(state="SUCCEEDED", after=60, stopping=0.3)
        run_id = self.glue.start_job_run(JobName="clean")["JobRunId"]
        answer = self.glue.batch_stop_job_run(
            JobName="clean", JobRunIds=[run_id, "jr_none"]
        )
        self.assertEqual(answer["SuccessfulSubmissions"][0]["JobRunId"], run_id)
        (error,) = answer["Errors"]
        self.assertEqual(error["ErrorDetail"]["ErrorCode"], "EntityNotFoundException")
        self.assertEqual(self.run_of(run_id)["JobRunState"], "STOPPING")
        self.wait(run_id, "STOPPED")
        answer = self.glue.batch_stop_job_run(JobName="clean", JobRunIds=[run_id])
        self.assertEqual(len(answer["Errors"]), 1)

    def test_glue_repeats_a_failed_run_when_the_job_says_so(self) -> None:
        self.create(MaxRetries=1, ExecutionProperty={"MaxConcurrentRuns": 1})
        script(state="FAILED")
        first = self.glue.start_job_run(JobName="clean")["JobRunId"]
        self.wait(first, "FAILED")
        again = self.run_of(f"{first}_attempt_1")
        self.assertEqual((again["Attempt"], again["PreviousRunId"]), (1, first))

    def test_a_lost_answer_leaves_a_run(self) -> None:
        self.create()
        lost = {"service": "glue", "operation": "StartJobRun", "drop": "after"}
        scripted = {"service": "glue", "script": {"state": "SUCCEEDED"}}
        control("PUT", "faults", [lost, {**scripted, "operation": "StartJobRun"}])
        with self.assertRaises(Exception):  # noqa: B017
            self.glue.start_job_run(JobName="clean")
        self.assertEqual(len(self.glue.get_job_runs(JobName="clean")["JobRuns"]), 1)

    def test_what_is_missing_is_refused(self) -> None:
        missing = "EntityNotFoundException"
        self.refused(missing, "start_job_run", JobName="none")
        self.refused(missing, "get_job_runs", JobName="none")
        self.create()
        self.refused(missing, "get_job_run", JobName="clean", RunId="jr_1")
        self.refused(missing, "get_job_bookmark", JobName="clean")
        reserved = {"--endpoint": "x"}
        self.refused(
            "InvalidInputException",
            "start_job_run",
            JobName="clean",
            Arguments=reserved,
        )


class Errors(LabTest):
    def test_the_last_exception_is_the_message(self) -> None:
        head = "Traceback (most recent call last):\n  File x, line 1\n"
        both = "\nDuring handling of the above exception, another occurred:\n\n"
        rows = [
            ("", None),
            ("no traceback: here\n", None),
            (head + "ValueError: a: b\nmore\n", "ValueError: a: b"),
            (head + "a.b.C: x\n" + both + head + "KeyError\n", "KeyError"),
            (
                head + "py4j.x.Py4JJavaError: call of o1.\n: java.X: why\n\tat\n",
                "Py4JJavaError: call of o1. java.X: why",
            ),
        ]
        for text, expected in rows:
            with self.subTest(text):
                self.assertEqual(last_exception(text), expected)


class Crawlers(GlueTest):
    def setUp(self) -> None:
        super().setUp()
        self.s3.create_bucket(Bucket="raw")

    def put(self, key: str, body: str | bytes) -> None:
        self.s3.put_object(Bucket="raw", Key=key, Body=body)

    def create(self, path: str = "s3://raw/flights/", **more: Any) -> None:
        request = {
            "Name": "raw",
            "Role": ROLE,
            "DatabaseName": "lake",
            "Targets": {"S3Targets": [{"Path": path}]},
        }
        self.glue.create_crawler(**{**request, **more})

    def crawler(self) -> dict[str, Any]:
        return self.glue.get_crawler(Name="raw")["Crawler"]

    def crawl(self) -> dict[str, Any]:
        self.glue.start_crawler(Name="raw")
        return self.wait()

    def wait(self) -> dict[str, Any]:
        for _ in range(500):
            crawler = self.crawler()
            if crawler["State"] == "READY":
                return crawler["LastCrawl"]
            time.sleep(0.02)
        self.fail("the crawl does not end")

    def table(self, name: str) -> dict[str, Any]:
        return self.glue.get_table(DatabaseName="lake", Name=name)["Table"]

    def columns(self, name: str) -> dict[str, str]:
        columns = self.table(name)["StorageDescriptor"]["Columns"]
        return {column["Name"]: column["Type"] for column in columns}

    def partitions(self, name: str) -> list[list[str]]:
        answer = self.glue.get_partitions(DatabaseName="lake", TableName=name)
        return sorted(partition["Values"] for partition in answer["Partitions"])

    def metrics(self) -> tuple[int, int, int]:
        """Tables created, updated and deleted in the crawler's whole life."""
        answer = self.glue.get_crawler_metrics(CrawlerNameList=["raw"])
        (found,) = answer["CrawlerMetricsList"]
        return tuple(found[f"Tables{w}"] for w in ("Created", "Updated", "Deleted"))

    def test_partitioned_csv_becomes_a_table_and_grows(self) -> None:
        self.put("flights/dt=2013-01-01/a.csv", FLIGHTS)
        self.put("flights/dt=2013-01-01/_SUCCESS", "")
        self.create(TablePrefix="raw_")
        last = self.crawl()
        self.assertEqual(last["Status"], "SUCCEEDED", last)
        table = self.table("raw_flights")
        expected = {
            "flight_id": "bigint",
            "carrier": "string",
            "dep_delay": "double",
            "day": "date",
            "at": "timestamp",
        }
        self.assertEqual(self.columns("raw_flights"), expected)
        self.assertEqual(table["PartitionKeys"], [{"Name": "dt", "Type": "string"}])
        self.assertEqual(table["Parameters"]["skip.header.line.count"], "1")
        location = table["StorageDescriptor"]["Location"]
        self.assertEqual(location, "s3://raw/flights/")
        self.assertEqual(self.metrics(), (1, 0, 0))
        lines = self.messages(last["LogGroup"], last["LogStream"])
        self.assertTrue(any("Created table raw_flights" in line for line in lines))
        self.assertTrue(all(last["MessagePrefix"] in line for line in lines))

        self.put("flights/dt=2013-01-02/a.csv", FLIGHTS)
        self.crawl()
        days = [["2013-01-01"], ["2013-01-02"]]
        self.assertEqual(self.partitions("raw_flights"), days)
        self.assertEqual(self.metrics(), (1, 0, 0))
        newest, oldest = self.glue.list_crawls(CrawlerName="raw")["Crawls"]
        self.assertIn("PARTITION", newest["Summary"])
        self.assertIn("raw_flights", oldest["Summary"])
        self.assertEqual(newest["State"], "COMPLETED")

    def test_a_changed_schema_follows_the_policy(self) -> None:
        for policy, updated in (("UPDATE_IN_DATABASE", 1), ("LOG", 0)):
            with self.subTest(policy):
                self.reset()
                self.s3.create_bucket(Bucket="raw")
                self.put("flights/a.csv", "a,b\n1,2\n")
                self.create(SchemaChangePolicy={"UpdateBehavior": policy})
                self.crawl()
                self.put("flights/a.csv", "a,b,c\n1,2,3\n")
                self.crawl()
                self.assertEqual(self.metrics(), (1, updated, 0))
                self.assertEqual("c" in self.columns("flights"), updated == 1)

    def test_objects_that_are_gone_follow_the_policy(self) -> None:
        self.put("flights/a.csv", "a,b\n1,2\n")
        self.create(SchemaChangePolicy={"DeleteBehavior": "DELETE_FROM_DATABASE"})
        self.crawl()
        self.s3.delete_object(Bucket="raw", Key="flights/a.csv")
        self.assertEqual(self.crawl()["Status"], "SUCCEEDED")
        self.assertEqual(self.metrics(), (1, 0, 1))
        missing = "EntityNotFoundException"
        self.refused(missing, "get_table", DatabaseName="lake", Name="flights")

    def test_exclusions_stay_in_their_folder_unless_they_say_so(self) -> None:
        for text, key, expected in [
            ("_*", "_SUCCESS", True),
            ("_*", "x/_SUCCESS", False),
            ("**/_*", "x/_SUCCESS", True),
            ("_*", "_tmp/a.csv", False),
            ("_tmp/**", "_tmp/x/a.csv", True),
            ("dt=*/done.txt", "dt=1/done.txt", True),
            ("*_$folder$", "x_$folder$", True),
            ("a[[]?].{csv,txt}", "a[1].txt", True),
            ("[!a].csv", "a.csv", False),
        ]:
            found = bool(re.fullmatch(exclusion(text), key))
            self.assertEqual(found, expected, (text, key))

    def test_new_folders_only(self) -> None:
        log = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}
        recrawl = {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}
        with self.assertRaises(ClientError):
            self.create(RecrawlPolicy=recrawl)
        self.put("flights/dt=1/a.csv", "a,b\n1,2\n")
        self.create(RecrawlPolicy=recrawl, SchemaChangePolicy=log)
        self.crawl()
        self.put("flights/dt=2/a.csv", "a,b,c\n1,2,3\n")
        self.crawl()
        self.assertEqual(self.columns("flights"), {"a": "bigint", "b": "bigint"})
        self.assertEqual(self.partitions("flights"), [["1"], ["2"]])

    def test_folders_that_differ_are_tables_and_those_alike_are_partitions(
        self,
    ) -> None:
        self.put("in/a/x.csv", "a,b\n1,2\n")
        self.put("in/b/x.json", '{"N": 1, "o": {"Deep": [1.5]}}\n{"N": null}\n')
        self.create("s3://raw/in")
        self.crawl()
        self.assertEqual(self.metrics(), (2, 0, 0))
        expected = {"n": "int", "o": "struct<deep:array<double>>"}
        self.assertEqual(self.columns("b"), expected)
        self.put("like/x/1.csv", "a,b\n1,2\n")
        self.put("like/y/1.csv", "a,b\n1,2.5\n")
        targets = {"S3Targets": [{"Path": "s3://raw/like/"}]}
        self.glue.update_crawler(Name="raw", Targets=targets)
        self.crawl()
        self.assertEqual(self.partitions("like"), [["x"], ["y"]])
        self.assertEqual(self.table("like")["PartitionKeys"][0]["Name"], "partition_0")
        self.assertEqual(self.columns("like")["b"], "double")

    def test_a_bucket_that_is_not_there_fails_the_crawl(self) -> None:
        self.create("s3://nowhere/x/")
        last = self.crawl()
        self.assertEqual(last["Status"], "FAILED")
        self.assertIn("nowhere", last["ErrorMessage"])
        self.assertEqual(
            self.glue.list_crawls(CrawlerName="raw")["Crawls"][0]["State"], "FAILED"
        )

    def test_one_crawl_at_a_time(self) -> None:
        self.create()
        script(state="SUCCEEDED", after=60)
        self.refused("CrawlerNotRunningException", "stop_crawler", Name="raw")
        self.glue.start_crawler(Name="raw")
        running = "CrawlerRunningException"
        self.refused(running, "start_crawler", Name="raw")
        self.refused(running, "update_crawler", Name="raw", Description="x")
        self.assertEqual(self.crawler()["State"], "RUNNING")
        self.assertNotIn("LastCrawl", self.crawler())
        self.glue.stop_crawler(Name="raw")
        self.refused("CrawlerStoppingException", "stop_crawler", Name="raw")
        self.assertEqual(self.wait()["Status"], "CANCELLED")

    def test_scripted_failure_and_filters(self) -> None:
        self.create()
        script(state="FAILED", error="no access")
        self.assertEqual(self.crawl()["ErrorMessage"], "no access")
        middle = str(int(time.time() * 1000))
        script(state="SUCCEEDED")
        self.crawl()

        def states(**rule: str) -> list[str]:
            answer = self.glue.list_crawls(CrawlerName="raw", Filters=[rule])
            return [crawl["State"] for crawl in answer["Crawls"]]

        start = {"FieldName": "START_TIME", "FieldValue": middle}
        self.assertEqual(states(FilterOperator="GE", **start), ["COMPLETED"])
        self.assertEqual(states(FilterOperator="LT", **start), ["FAILED"])
        failed = {"FieldName": "STATE", "FieldValue": "FAILED"}
        self.assertEqual(states(FilterOperator="EQ", **failed), ["FAILED"])
        newest = self.glue.list_crawls(CrawlerName="raw")["Crawls"][0]["CrawlId"]
        by_id = {"FieldName": "CRAWL_ID", "FieldValue": newest}
        self.assertEqual(states(FilterOperator="EQ", **by_id), ["COMPLETED"])


class Inference(LabTest):
    def test_csv(self) -> None:
        rows = [
            ("a,b\n1,x\n,y\n", {"a": "bigint", "b": "string"}, True),
            ("A|B\n1|2.5\n", {"a": "bigint", "b": "double"}, True),
            ("x,y\nz,w\n", {"col0": "string", "col1": "string"}, False),
            ("1,2\n3,4.5\n", {"col0": "bigint", "col1": "double"}, False),
            ('a,b\n"1,5",2\n', {"a": "string", "b": "bigint"}, True),
            ("a,b\n1,NA\n2,3\n", {"a": "bigint", "b": "string"}, True),
        ]
        for text, columns, header in rows:
            with self.subTest(text):
                found = infer("x.csv", text.encode())
                self.assertEqual((found.classification, found.header), ("csv", header))
                self.assertEqual(found.columns, columns)

    def test_compressed(self) -> None:
        found = infer("x.csv.gz", gzip.compress(b"a,b\n1,2\n"))
        self.assertEqual((found.classification, found.compression), ("csv", "gzip"))

    def test_parquet(self) -> None:
        schema = pa.schema(
            [
                ("Id", pa.int64()),
                ("small", pa.int32()),
                ("at", pa.timestamp("us")),
                ("amount", pa.decimal128(10, 2)),
                ("tags", pa.list_(pa.struct([("Name", pa.string())]))),
            ]
        )
        sink = io.BytesIO()
        pq.write_table(schema.empty_table(), sink)
        expected = {
            "id": "bigint",
            "small": "int",
            "at": "timestamp",
            "amount": "decimal(10,2)",
            "tags": "array<struct<name:string>>",
        }
        self.assertEqual(infer("x", sink.getvalue()).columns, expected)

    def test_what_is_no_table_is_unknown(self) -> None:
        for content in (b"just a line\n", b"\x00\xff\xfe\x01" * 10, b"{broken\n"):
            self.assertEqual(infer("x", content).classification, "UNKNOWN")
