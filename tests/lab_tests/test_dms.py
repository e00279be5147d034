"""DMS: what is loaded and counted, one run at a time, answers that are behind, ends and refusals."""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import ClientError

from lab_tests.harness import LabTest, client, control


class ReplicationTest(LabTest):
    def setUp(self) -> None:
        super().setUp()
        control("PUT", "unkind", {"lag": 0, "throttle": 0})
        self.api, self.s3 = client("dms"), client("s3")

    def make(self, **more: Any) -> str:
        return control("PUT", "replication", {"name": "orders", **more})["arn"]

    def look(self, arn: str) -> dict[str, Any]:
        only = [{"Name": "replication-task-arn", "Values": [arn]}]
        return self.api.describe_replication_tasks(Filters=only)["ReplicationTasks"][0]

    def start(self, arn: str, how: str = "start-replication", **more: Any) -> None:
        self.api.start_replication_task(
            ReplicationTaskArn=arn, StartReplicationTaskType=how, **more
        )

    def ended(self, arn: str) -> dict[str, Any]:
        for _ in range(300):
            task = self.look(arn)
            if task["Status"] in ("stopped", "failed"):
                return task
            time.sleep(0.05)
        self.fail(f"{arn} does not end")

    def refused(self, call: Any, **request: Any) -> str:
        with self.assertRaises(ClientError) as refused:
            call(**request)
        return refused.exception.response["Error"]["Code"]

    def test_tables_are_loaded_from_the_warehouse(self) -> None:
        self.s3.create_bucket(Bucket="lake")
        sql = "create table orders (id int, what varchar(9)); insert into orders values (1, 'a,b')"
        control(
            "POST", "sql", {"workgroup": "etl", "database": "analytics", "sql": sql}
        )
        arn = self.make(
            tables=["public.orders", "public.none", "public.nothing"],
            to="s3://lake/in/",
        )
        self.start(arn)
        task = self.ended(arn)
        self.assertEqual(task["StopReason"], "Stop Reason FULL_LOAD_ONLY_FINISHED")
        stats = task["ReplicationTaskStats"]
        self.assertEqual((stats["TablesLoaded"], stats["TablesErrored"]), (1, 2))
        pages = self.api.get_paginator("describe_table_statistics")
        tables = [
            (table["TableState"], table["FullLoadRows"])
            for page in pages.paginate(ReplicationTaskArn=arn)
            for table in page["TableStatistics"]
        ]
        self.assertEqual(
            tables, [("Table completed", 1), ("Table error", 0), ("Table error", 0)]
        )
        key = "in/public/orders/LOAD00000001.csv"
        text = self.s3.get_object(Bucket="lake", Key=key)["Body"].read().decode()
        self.assertEqual(text.split(), ["id,what", '1,"a,b"'])

    def test_one_run_at_a_time(self) -> None:
        arn = self.make(type="cdc")
        stop = self.api.stop_replication_task
        self.assertEqual(
            self.refused(stop, ReplicationTaskArn=arn), "InvalidResourceStateFault"
        )
        self.start(arn)
        again = {
            "ReplicationTaskArn": arn,
            "StartReplicationTaskType": "resume-processing",
        }
        start = self.api.start_replication_task
        self.assertEqual(self.refused(start, **again), "InvalidResourceStateFault")
        stop(ReplicationTaskArn=arn)
        self.assertEqual(self.look(arn)["Status"], "stopping")
        self.assertEqual(self.ended(arn)["StopReason"], "Stop Reason NORMAL")
        first = {**again, "StartReplicationTaskType": "start-replication"}
        self.assertEqual(
            self.refused(start, **first), "InvalidParameterCombinationException"
        )
        stops = "server_time:2020-01-01T00:00:00"
        self.start(arn, "resume-processing", CdcStopPosition=stops)
        self.assertEqual(
            self.ended(arn)["StopReason"], "Stop Reason STOPPED_AT_SERVER_TIME"
        )

    def test_answers_are_behind(self) -> None:
        control("PUT", "unkind", {"lag": 1})
        arn = self.make(type="cdc")
        tag = {"Key": "dagc", "Value": "mark"}
        self.api.add_tags_to_resource(ResourceArn=arn, Tags=[tag])
        tags = self.api.list_tags_for_resource
        self.assertEqual(tags(ResourceArn=arn)["TagList"], [])
        self.start(arn)
        self.assertEqual(self.look(arn)["Status"], "ready")
        time.sleep(1.1)
        self.assertEqual(self.look(arn)["Status"], "running")
        self.assertEqual(tags(ResourceArn=arn)["TagList"], [tag])

    def test_a_serverless_one_has_states_of_its_own(self) -> None:
        arn = self.make(serverless=True, type="full-load")
        only = [{"Name": "replication-config-id", "Values": ["orders"]}]
        seen = set()
        self.api.start_replication(
            ReplicationConfigArn=arn, StartReplicationType="start-replication"
        )
        for _ in range(500):
            [one] = self.api.describe_replications(Filters=only)["Replications"]
            seen.add(one["Status"])
            if one["Status"] == "stopped":
                break
            time.sleep(0.005)
        self.assertIn("fetching metadata", seen)
        self.assertEqual(one["StopReason"], "Stop Reason FULL_LOAD_ONLY_FINISHED")
        others = [{"Name": "replication-task-id", "Values": ["orders"]}]
        refused = self.refused(self.api.describe_replication_tasks, Filters=others)
        self.assertEqual(refused, "ResourceNotFoundFault")
