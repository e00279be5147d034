"""EMR: steps of clusters, their ends, and what is known of them."""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import ClientError

from lab_tests.harness import LabTest, client, control, lab

SAY = "import sys\nsys.exit(int(sys.argv[1]))\n"
SLEEP = "import time\ntime.sleep(60)\n"


class StepsTest(LabTest):
    def setUp(self) -> None:
        super().setUp()
        control("PUT", "unkind", {"lag": 0, "throttle": 0})
        self.api = client("emr")
        s3 = lab().client("s3")
        s3.create_bucket(Bucket="code")
        for name, code in (("say", SAY), ("sleep", SLEEP)):
            s3.put_object(Bucket="code", Key=f"{name}.py", Body=code.encode())
        self.id = control("PUT", "emr_cluster", {"name": "etl"})["id"]

    def add(self, name: str, *words: str) -> str:
        jar = {
            "Jar": "command-runner.jar",
            "Args": ["spark-submit", *(words or ("s3://code/say.py", "0"))],
        }
        step = {"Name": name, "ActionOnFailure": "CONTINUE", "HadoopJarStep": jar}
        answer = self.api.add_job_flow_steps(JobFlowId=self.id, Steps=[step])
        return answer["StepIds"][0]

    def look(self, step: str) -> dict[str, Any]:
        return self.api.describe_step(ClusterId=self.id, StepId=step)["Step"]

    def ended(self, step: str) -> dict[str, Any]:
        for _ in range(300):
            told = self.look(step)["Status"]
            if told["State"] in ("COMPLETED", "FAILED", "CANCELLED"):
                return told
            time.sleep(0.05)
        self.fail("the step has not ended")

    def test_a_step_runs_what_it_is_given(self) -> None:
        self.assertEqual(self.ended(self.add("a"))["State"], "COMPLETED")
        told = self.ended(self.add("b", "s3://code/say.py", "3"))
        self.assertEqual(told["State"], "FAILED")
        self.assertIn("exit code 3", told["FailureDetails"]["Message"])
        told = self.ended(self.add("c", "s3://code/none.py"))
        self.assertIn("NoSuchKey", told["FailureDetails"]["Message"])

    def test_a_second_start_adds_a_second_step(self) -> None:
        steps = [self.add("a"), self.add("a")]
        listed = self.api.list_steps(ClusterId=self.id)["Steps"]
        self.assertEqual([step["Id"] for step in listed], steps[::-1])

    def test_steps_run_one_after_the_other(self) -> None:
        first, second = self.add("a", "s3://code/sleep.py"), self.add("b")
        time.sleep(0.3)
        states = [self.look(step)["Status"]["State"] for step in (first, second)]
        self.assertEqual(states, ["RUNNING", "PENDING"])
        for step in (second, first):
            answer = self.api.cancel_steps(ClusterId=self.id, StepIds=[step])
            self.assertEqual(answer["CancelStepsInfoList"][0]["Status"], "SUBMITTED")
            self.assertEqual(self.ended(step)["State"], "CANCELLED")
        answer = self.api.cancel_steps(ClusterId=self.id, StepIds=[first])
        self.assertEqual(answer["CancelStepsInfoList"][0]["Status"], "FAILED")

    def test_a_step_is_not_known_at_first(self) -> None:
        control("PUT", "unkind", {"lag": 0.5})
        step = self.add("a")
        with self.assertRaises(ClientError) as refused:
            self.look(step)
        code = refused.exception.response["Error"]["Code"]
        self.assertEqual(code, "InvalidRequestException")
        self.assertEqual(self.api.list_steps(ClusterId=self.id)["Steps"], [])

    def test_a_cluster_may_take_no_steps(self) -> None:
        control("PUT", "emr_room", {"id": self.id, "room": 0})
        with self.assertRaises(ClientError) as refused:
            self.add("a")
        told = refused.exception.response["Error"]
        self.assertEqual(told["Code"], "ValidationException")
        self.assertIn("Maximum number of active steps", told["Message"])
        gone = {"name": "gone", "state": "TERMINATED"}
        self.id = control("PUT", "emr_cluster", gone)["id"]
        with self.assertRaises(ClientError) as refused:
            self.add("a")
        self.assertIn("shutting down", refused.exception.response["Error"]["Message"])
        listed = self.api.list_clusters(ClusterStates=["WAITING"])["Clusters"]
        self.assertEqual([cluster["Name"] for cluster in listed], ["etl"])
