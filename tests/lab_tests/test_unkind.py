"""What the lab does to everybody, because AWS may."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from lab_tests.harness import LabTest, client, control

ROLE = "arn:aws:iam::123456789012:role/glue"


def eventually(look: Any) -> Any:
    """What `look` gives as soon as it gives something."""
    end = time.time() + 60
    while not (found := look()):
        assert time.time() < end, "nothing came"
        time.sleep(0.02)
    return found


class UnkindTest(LabTest):
    unkind: ClassVar[dict[str, float]] = {"throttle": 0}

    def setUp(self) -> None:
        super().setUp()
        self.glue, self.sql = client("glue"), client("redshift-data")

    def job(self, name: str, script: dict[str, Any], retries: int = 0) -> str:
        command = {"Name": "glueetl", "ScriptLocation": "s3://assets/job.py"}
        self.glue.create_job(Name=name, Role=ROLE, Command=command, MaxRetries=retries)
        rule = {"service": "glue", "operation": "StartJobRun", "script": script}
        self.faults(rule)
        return self.glue.start_job_run(JobName=name)["JobRunId"]

    def state(self, name: str, run: str) -> str:
        return self.glue.get_job_run(JobName=name, RunId=run)["JobRun"]["JobRunState"]

    def test_a_run_is_listed_late(self) -> None:
        run = self.job("late", {"state": "SUCCEEDED"})
        self.assertEqual(self.glue.get_job_runs(JobName="late")["JobRuns"], [])
        self.assertEqual(self.state("late", run), "WAITING")
        listed = eventually(lambda: self.glue.get_job_runs(JobName="late")["JobRuns"])
        self.assertEqual([r["Id"] for r in listed], [run])

    def test_a_run_is_stopping_before_it_has_stopped(self) -> None:
        run = self.job("stopping", {"state": "SUCCEEDED", "after": 60})
        eventually(lambda: self.state("stopping", run) == "RUNNING")
        self.glue.batch_stop_job_run(JobName="stopping", JobRunIds=[run])
        self.assertEqual(self.state("stopping", run), "STOPPING")
        eventually(lambda: self.state("stopping", run) == "STOPPED")

    def test_glue_tries_again_after_a_gap(self) -> None:
        run = self.job("gap", {"state": "FAILED", "gap": 0.5}, retries=1)
        eventually(lambda: self.state("gap", run) == "FAILED")
        again = f"{run}_attempt_1"
        with self.assertRaises(ClientError):
            self.state("gap", again)
        eventually(lambda: len(self.glue.get_job_runs(JobName="gap")["JobRuns"]) == 2)
        self.assertIn(self.state("gap", again), ("WAITING", "STARTING", "FAILED"))

    def test_a_crawl_is_listed_late(self) -> None:
        target = {"S3Targets": [{"Path": "s3://raw/in/"}]}
        self.glue.create_crawler(
            Name="late", Role=ROLE, DatabaseName="raw", Targets=target
        )
        rule = {"service": "glue", "operation": "StartCrawler", "lag": 1}
        script = {**rule, "script": {"state": "SUCCEEDED"}}
        del script["lag"]
        self.faults(rule, script)
        self.glue.start_crawler(Name="late")
        last = eventually(
            lambda: self.glue.get_crawler(Name="late")["Crawler"].get("LastCrawl")
        )
        self.assertEqual(self.glue.list_crawls(CrawlerName="late")["Crawls"], [])
        crawl = eventually(lambda: self.glue.list_crawls(CrawlerName="late")["Crawls"])
        self.assertEqual(crawl[0]["StartTime"], last["StartTime"])

    def test_a_crawler_is_stopping_for_a_while_after_a_crawl(self) -> None:
        target = {"S3Targets": [{"Path": "s3://raw/in/"}]}
        self.glue.create_crawler(
            Name="winding", Role=ROLE, DatabaseName="raw", Targets=target
        )
        rule = {"service": "glue", "operation": "StartCrawler"}
        self.faults({**rule, "script": {"state": "SUCCEEDED", "stopping": 1}})
        self.glue.start_crawler(Name="winding")

        def state() -> str:
            return self.glue.get_crawler(Name="winding")["Crawler"]["State"]

        eventually(lambda: state() != "RUNNING")
        self.assertEqual(state(), "STOPPING")
        eventually(lambda: state() == "READY")

    def test_a_statement_is_listed_late_and_beside_those_of_others(self) -> None:
        ids = [
            self.sql.execute_statement(
                WorkgroupName=name, Database="d", Sql="select 1", StatementName="x"
            )["Id"]
            for name in ("blue", "green")
        ]
        listing = {"StatementName": "x", "Status": "ALL"}
        self.assertEqual(self.sql.list_statements(**listing)["Statements"], [])
        eventually(lambda: len(self.sql.list_statements(**listing)["Statements"]) == 2)
        green = self.sql.list_statements(WorkgroupName="green", Database="d", **listing)
        self.assertEqual([s["Id"] for s in green["Statements"]], ids[1:])

    def test_a_failure_in_a_batch_without_a_transaction_stops_nothing(self) -> None:
        batch = self.sql.batch_execute_statement(
            WorkgroupName="auto",
            Database="d",
            ExecutionMode="AUTO_COMMIT",
            Sqls=[
                "create table t (n int)",
                "select * from none",
                "insert into t values (1)",
            ],
        )

        def ended() -> Any:
            told = self.sql.describe_statement(Id=batch["Id"], WaitTimeSeconds=20)
            return told if told["Status"] in ("FINISHED", "FAILED") else None

        described = eventually(ended)
        self.assertEqual(described["Status"], "FINISHED")
        states = [part["Status"] for part in described["SubStatements"]]
        self.assertEqual(states, ["FINISHED", "FAILED", "FINISHED"])

    def test_calls_that_read_are_throttled_now_and_then(self) -> None:
        control("PUT", "unkind", {"throttle": 3})
        codes = []
        for _ in range(6):
            try:
                self.glue.get_crawlers()
                codes.append("")
            except ClientError as error:
                codes.append(error.response["Error"]["Code"])
        self.assertEqual(codes, ["", "", "ThrottlingException"] * 2)
