"""DataSync: what is transferred, queues, lists without an order, refusals."""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import ClientError

from lab_tests.harness import LabTest, client, control


class TransferTest(LabTest):
    def setUp(self) -> None:
        super().setUp()
        self.api, self.s3 = client("datasync"), client("s3")
        self.s3.create_bucket(Bucket="files")
        for key in ("a/one.csv", "a/two.tmp", "b/three.csv"):
            self.s3.put_object(Bucket="files", Key=f"in/{key}", Body=key.encode())
        place = {"name": "files", "from": "s3://files/in/", "to": "s3://files/out/"}
        self.arn = control("PUT", "transfer", place)["arn"]

    def start(self, **more: Any) -> str:
        return self.api.start_task_execution(TaskArn=self.arn, **more)[
            "TaskExecutionArn"
        ]

    def look(self, arn: str) -> dict[str, Any]:
        return self.api.describe_task_execution(TaskExecutionArn=arn)

    def ended(self, arn: str) -> dict[str, Any]:
        began = time.monotonic()
        while time.monotonic() - began < 30:
            execution = self.look(arn)
            if execution["Status"] in ("SUCCESS", "ERROR"):
                return execution
            time.sleep(0.02)
        self.fail(f"{arn} does not end")

    def refused(self, call: Any, **request: Any) -> str:
        with self.assertRaises(ClientError) as refused:
            call(**request)
        return refused.exception.response["Error"]["Code"]

    def keys(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket="files", Prefix="out/")
        return [item["Key"] for item in listed.get("Contents", [])]

    @staticmethod
    def rules(value: str) -> list[dict[str, str]]:
        return [{"FilterType": "SIMPLE_PATTERN", "Value": value}]

    def test_files_are_copied_and_counted(self) -> None:
        execution = self.ended(self.start(Excludes=self.rules("*.tmp")))
        self.assertEqual(
            (execution["Status"], execution["FilesTransferred"]), ("SUCCESS", 2)
        )
        self.assertEqual(execution["BytesTransferred"], 20)
        self.assertEqual(self.keys(), ["out/a/one.csv", "out/b/three.csv"])
        execution = self.ended(self.start(Includes=self.rules("/a|/c*")))
        self.assertEqual(
            (execution["FilesTransferred"], execution["FilesSkipped"]), (1, 1)
        )
        everything = {"TransferMode": "ALL"}
        execution = self.ended(self.start(OverrideOptions=everything))
        self.assertEqual(execution["FilesTransferred"], 3)

    def test_one_execution_waits_behind_the_other(self) -> None:
        control(
            "POST",
            "faults",
            {"service": "datasync", "operation": "StartTaskExecution", "hold": 0.6},
        )
        first, second = self.start(), self.start()
        time.sleep(0.3)
        self.assertEqual(self.look(second)["Status"], "QUEUED")
        self.assertNotIn("LaunchTime", self.look(second))
        launched = self.ended(second)["LaunchTime"]
        self.assertGreaterEqual(launched, self.look(first)["EndTime"])

    def test_a_cancelled_execution_is_an_error(self) -> None:
        control(
            "POST",
            "faults",
            {"service": "datasync", "operation": "StartTaskExecution", "hold": 20},
        )
        arn = self.start()
        cancel = self.api.cancel_task_execution
        cancel(TaskExecutionArn=arn)
        self.assertEqual(self.ended(arn)["Status"], "ERROR")
        self.assertEqual(
            self.refused(cancel, TaskExecutionArn=arn), "InvalidRequestException"
        )

    def test_tags_are_listed_by_execution(self) -> None:
        tag = {"Key": "dagc", "Value": "mark-0"}
        arns = {self.start(Tags=[tag]), self.start()}
        listed = self.api.list_task_executions(TaskArn=self.arn)["TaskExecutions"]
        self.assertEqual({one["TaskExecutionArn"] for one in listed}, arns)
        tags = [
            self.api.list_tags_for_resource(ResourceArn=arn)["Tags"] for arn in arns
        ]
        self.assertCountEqual(tags, [[tag], []])

    def test_what_datasync_refuses_has_one_code(self) -> None:
        nobody = self.arn[:-1] + ("0" if self.arn[-1] != "0" else "1")
        start = self.api.start_task_execution
        for request in (
            {"TaskArn": nobody},
            {"TaskArn": self.arn, "Includes": self.rules("a/*.csv")},
            {"TaskArn": self.arn, "Excludes": self.rules("a*b*c")},
        ):
            self.assertEqual(self.refused(start, **request), "InvalidRequestException")
