"""Glue jobs on real Spark: the shim, log streams, bookmarks, failures, stopping."""

from __future__ import annotations

import io
import json
import os
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from lab.metrics import Metrics
from lab.service import Call

from lab_tests.harness import LabTest, client, control, lab, log_lines

#: Reads a crawled table and files, maps, filters, writes; with a bookmark.
CLEAN = """
import sys
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
import names

args = getResolvedOptions(sys.argv, ["JOB_NAME", "out"])
glue = GlueContext(SparkContext.getOrCreate())
job = Job(glue)
job.init(args["JOB_NAME"], args)
flights = glue.create_dynamic_frame.from_catalog(
    database="lake", table_name="flights", transformation_ctx="flights"
)
print("read", flights.count())
if flights.count():
    mapped = ApplyMapping.apply(
        frame=flights,
        mappings=[
            ("flight_id", "long", "flight_id", "int"),
            ("carrier", "string", names.CARRIER, "string"),
            ("dt", "string", "dt", "string"),
        ],
    )
    kept = Filter.apply(frame=mapped, f=lambda row: row["airline"] != "XX")
    glue.write_dynamic_frame.from_options(
        frame=kept,
        connection_type="s3",
        connection_options={"path": args["out"], "partitionKeys": ["dt"]},
        format="glueparquet",
    )
    plain = glue.spark_session.read.option("header", True).csv("s3://raw/flights/")
    plain.groupBy("carrier").count().coalesce(1).write.mode("overwrite").csv(
        args["out"].replace("clean", "counts")
    )
job.commit()
"""

FAILING = """
import sys
from awsglue.context import GlueContext
from pyspark.context import SparkContext
GlueContext(SparkContext.getOrCreate()).spark_session.read.parquet("s3://raw/nothing/")
"""

SLEEPING = """
import time
from pyspark.context import SparkContext
SparkContext.getOrCreate()
print("sleeping")
time.sleep(60)
"""

SHELL = """
import sys
from awsglue.utils import getResolvedOptions
args = getResolvedOptions(sys.argv, ["how"])
print("how", args["how"])
print("to stderr", file=sys.stderr)
if args["how"] == "fail":
    import decimal
    raise decimal.InvalidOperation("no number")
if args["how"] == "exit":
    sys.exit(3)
"""


#: Reads a table of a database in shares.
DATABASE = """
import sys, json
from awsglue.context import GlueContext
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
args = getResolvedOptions(sys.argv, ["kind", "options"])
options = {"useConnectionProperties": "true", "connectionName": "erp", "dbtable": "t"}
frame = GlueContext(SparkContext.getOrCreate()).create_dynamic_frame.from_options(
    connection_type=args["kind"],
    connection_options={**options, **json.loads(args["options"])},
).toDF()
print("read", frame.count(), frame.rdd.getNumPartitions(), frame.dtypes)
"""


class RealRuns(LabTest):
    glue: Any
    logs: Any
    s3: Any

    @classmethod
    def setUpClass(cls) -> None:
        cls.glue, cls.logs, cls.s3 = map(client, ("glue", "logs", "s3"))

    def setUp(self) -> None:
        super().setUp()
        control("PUT", "logs", {"late": 0})
        for bucket in ("raw", "assets"):
            self.s3.create_bucket(Bucket=bucket)

    def connect(self, **properties: str) -> None:
        url = "jdbc:postgresql://erp.internal:5432/shop"
        login = {"USERNAME": "etl", "PASSWORD": "secret"}
        properties = {"JDBC_CONNECTION_URL": url, **login, **properties}
        made = {"Name": "erp", "ConnectionType": "JDBC"}
        made["ConnectionProperties"] = properties
        self.glue.create_connection(ConnectionInput=made)
        rows = "insert into t select n, n % 3, 'x' from generate_series(-1, 20) n"
        where = {"workgroup": "erp", "database": "shop"}
        sql = f"create table t (id int, part int, name text); {rows}"
        control("POST", "sql", {**where, "sql": sql})

    def database(self, kind: str = "postgresql", **options: Any) -> tuple[str, str]:
        run = self.start(kind=kind, options=json.dumps(options))
        ended = self.wait(run, "SUCCEEDED", "FAILED")
        lines = log_lines(self.logs, "/aws-glue/jobs/output", run)
        return "".join(lines).strip(), ended.get("ErrorMessage", "")

    def job(self, script: str, kind: str = "glueetl", **more: Any) -> None:
        self.s3.put_object(Bucket="assets", Key="glue/job.py", Body=script)
        command = {"Name": kind, "ScriptLocation": "s3://assets/glue/job.py"}
        self.glue.create_job(Name="job", Role="glue", Command=command, **more)

    def start(self, **arguments: str) -> str:
        named = {f"--{name}": value for name, value in arguments.items()}
        return self.glue.start_job_run(JobName="job", Arguments=named)["JobRunId"]

    def run_of(self, run_id: str) -> dict[str, Any]:
        return self.glue.get_job_run(JobName="job", RunId=run_id)["JobRun"]

    def wait(self, run_id: str, *states: str) -> dict[str, Any]:
        # Making the environment with Spark takes a minute, if it is not there yet.
        deadline = time.time() + 300
        while time.time() < deadline:
            run = self.run_of(run_id)
            if run["JobRunState"] in states or "CompletedOn" in run:
                break
            time.sleep(0.1)
        told = f"{run.get('ErrorMessage')}\n" + "\n".join(self.log("error", run_id))
        self.assertIn(run["JobRunState"], states, told)
        return run

    def log(self, which: str, run_id: str) -> list[str]:
        try:
            return log_lines(self.logs, f"/aws-glue/jobs/{which}", run_id)
        except self.logs.exceptions.ResourceNotFoundException:
            return []

    def metric(self, run_id: str, name: str) -> float:
        """What CloudWatch has of a run, all together."""
        named = {"JobName": "job", "JobRunId": run_id, "Type": "count"}
        dimensions = [{"Name": key, "Value": value} for key, value in named.items()]
        metric = {
            "Namespace": "Glue",
            "MetricName": f"glue.driver.aggregate.{name}",
            "Dimensions": dimensions,
        }
        stat = {"Metric": metric, "Period": 3600, "Stat": "Sum"}
        call = Call(lab(), "cloudwatch", "GetMetricData", "1")
        until = time.time() + 30
        while time.time() < until:
            request = {
                "MetricDataQueries": [{"Id": "m", "MetricStat": stat}],
                "StartTime": time.time() - 3600,
                "EndTime": time.time() + 60,
            }
            # boto3 would speak a protocol that the lab does not.
            answer = lab().service(Metrics).get_metric_data(request, call)
            if values := answer["MetricDataResults"][0]["Values"]:
                return sum(values)
            time.sleep(0.2)
        raise AssertionError(f"nothing of {name}")

    def keys(self, prefix: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket="raw", Prefix=prefix)
        return [item["Key"] for item in listed.get("Contents", [])]

    def crawl(self) -> None:
        self.glue.start_crawler(Name="raw")
        while self.glue.get_crawler(Name="raw")["Crawler"]["State"] != "READY":
            time.sleep(0.05)

    def test_a_table_of_a_database_is_read_in_shares(self) -> None:
        self.connect()
        self.job(DATABASE, Connections={"Connections": ["erp"]})
        types = "[('id', 'int'), ('part', 'int'), ('name', 'string')]"
        query = "select id, part, name from t where id > 10 and"
        shares = {"enablePartitioningForSampleQuery": "true"}
        for options, rows, partitions in (
            ({}, 22, 1),
            ({"hashfield": "name"}, 22, 7),
            ({"hashfield": "id", "hashpartitions": "3"}, 22, 3),
            # A negative number has no remainder that is asked for.
            ({"hashexpression": "id", "hashpartitions": "5"}, 21, 5),
            ({"sampleQuery": query[:-4]}, 10, 1),
            ({"sampleQuery": query[:-4], "hashfield": "id"}, 10, 1),
            ({"sampleQuery": query, "hashfield": "id", **shares}, 10, 7),
        ):
            with self.subTest(options=options):
                told, error = self.database(**options)
                self.assertEqual(
                    (told, error), (f"read {rows} {partitions} {types}", "")
                )
        _, error = self.database(sampleQuery=query[:-4], hashfield="id", **shares)
        self.assertIn("must end with AND or WHERE", error)
        _, error = self.database(kind="mysql")
        self.assertIn("No suitable driver", error)

    def test_a_job_reaches_the_databases_of_its_own_connections(self) -> None:
        self.connect()
        self.job(DATABASE)
        _, error = self.database()
        self.assertIn("The connection attempt failed", error)

    def test_a_script_reads_a_crawled_table_once_and_writes_parquet(self) -> None:
        head = "flight_id,carrier\n"
        first = head + "1,UA\n2,XX\n3,AA\n"
        self.s3.put_object(Bucket="raw", Key="flights/dt=2013-01-01/a.csv", Body=first)
        targets = {"S3Targets": [{"Path": "s3://raw/flights/"}]}
        self.glue.create_crawler(
            Name="raw", Role="glue", DatabaseName="lake", Targets=targets
        )
        self.crawl()
        self.s3.put_object(
            Bucket="assets", Key="lib/names.py", Body="CARRIER = 'airline'\n"
        )
        self.job(
            CLEAN,
            DefaultArguments={
                "--extra-py-files": "s3://assets/lib/names.py",
                "--job-bookmark-option": "job-bookmark-enable",
                "--enable-metrics": "true",
            },
        )
        run_id = first_run = self.start(out="s3://raw/clean/")
        run = self.wait(run_id, "SUCCEEDED")
        self.assertGreater(run["ExecutionTime"], 0)
        self.assertEqual(self.log("output", run_id), ["read 3"])
        self.assertGreater(self.metric(run_id, "bytesRead"), 0)
        self.assertEqual(self.metric(run_id, "numFailedTasks"), 0)
        (key,) = self.keys("clean/")
        self.assertTrue(key.startswith("clean/dt=2013-01-01/"), key)
        body = self.s3.get_object(Bucket="raw", Key=key)["Body"].read()
        rows = pq.read_table(io.BytesIO(body)).to_pylist()
        expected = [
            {"flight_id": 1, "airline": "UA"},
            {"flight_id": 3, "airline": "AA"},
        ]
        self.assertEqual(rows, expected)
        self.assertEqual(len([k for k in self.keys("counts/") if "part-" in k]), 1)

        second = head + "4,UA\n"
        self.s3.put_object(Bucket="raw", Key="flights/dt=2013-01-02/a.csv", Body=second)
        self.crawl()
        run_id = self.start(out="s3://raw/clean/")
        self.wait(run_id, "SUCCEEDED")
        self.assertEqual(self.log("output", run_id), ["read 1"])
        self.assertEqual(len(self.keys("clean/")), 2)
        entry = self.glue.get_job_bookmark(JobName="job")["JobBookmarkEntry"]
        self.assertEqual(entry["RunId"], run_id)

        # A run whose bookmark pauses reads nothing new, or what the second run has read.
        pauses = {"job-bookmark-option": "job-bookmark-pause"}
        between = {"job-bookmark-from": first_run, "job-bookmark-to": run_id}
        for more, rows in ((pauses, "read 0"), (pauses | between, "read 1")):
            paused = self.start(out="s3://raw/paused/", **more)
            self.wait(paused, "SUCCEEDED")
            self.assertEqual(self.log("output", paused), [rows])
        entry = self.glue.get_job_bookmark(JobName="job")["JobBookmarkEntry"]
        self.assertEqual(entry["RunId"], run_id)
        # What scripts call is not what the client called.
        self.assertEqual(len(self.calls("s3", "PutObject")), 4)

    def test_a_failing_script_tells_its_exception(self) -> None:
        self.job(FAILING)
        run_id = self.start()
        error = self.wait(run_id, "FAILED")["ErrorMessage"]
        self.assertTrue(error.startswith("AnalysisException: [PATH_NOT_FOUND]"), error)
        self.assertIn("s3://raw/nothing", error)
        self.assertTrue(any("Traceback" in line for line in self.log("error", run_id)))

    def test_python_shell(self) -> None:
        self.job(SHELL, "pythonshell")
        run_id = self.start(how="plain")
        self.wait(run_id, "SUCCEEDED")
        self.assertEqual(self.log("output", run_id), ["how plain"])
        self.assertEqual(self.log("error", run_id), ["to stderr"])
        told = self.wait(self.start(how="fail"), "FAILED")["ErrorMessage"]
        self.assertEqual(told, "InvalidOperation: no number")
        told = self.wait(self.start(how="exit"), "FAILED")["ErrorMessage"]
        self.assertEqual(told, "Command failed with exit code 3")

    def test_stopping_kills_the_processes(self) -> None:
        self.job(SLEEPING)
        run_id = self.start()
        self.wait(run_id, "RUNNING")
        while "sleeping" not in self.log("output", run_id):
            self.assertEqual(self.run_of(run_id)["JobRunState"], "RUNNING")
            time.sleep(0.1)
        pids = processes_in(lab().state / "glue" / run_id)
        # Python and the JVM.
        self.assertEqual(len(pids), 2)
        self.glue.batch_stop_job_run(JobName="job", JobRunIds=[run_id])
        self.wait(run_id, "STOPPED")
        self.assertEqual(processes_in(lab().state / "glue" / run_id), [])

    def test_what_the_lab_lacks_fails_by_name(self) -> None:
        self.job(SHELL, "pythonshell")
        more = {"--how": "plain", "--additional-python-modules": "nowhere==1.0"}
        run_id = self.glue.start_job_run(
            JobName="job", Arguments={**more, "--how2": "x"}
        )["JobRunId"]
        error = self.wait(run_id, "FAILED")["ErrorMessage"]
        self.assertIn("nowhere==1.0", error)


def processes_in(folder: Path) -> list[int]:
    """Processes that work in `folder`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.readlink(entry / "cwd") == str(folder):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
