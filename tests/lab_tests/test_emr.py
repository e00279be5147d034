"""EMR Serverless: runs by token, their ends, and what is known of them."""

from __future__ import annotations

import gzip
import time
from typing import Any

from botocore.exceptions import ClientError

from lab_tests.harness import LabTest, client, control, lab, log_lines

SAY = "import sys\nprint(sys.argv[1:])\nsys.exit('no' if 'fail' in sys.argv else 0)\n"
SLEEP = "import time\ntime.sleep(60)\n"
ROLE = "arn:aws:iam::123456789012:role/emr"


class ServerlessTest(LabTest):
    def setUp(self) -> None:
        super().setUp()
        control("PUT", "unkind", {"lag": 0, "throttle": 0})
        self.api = client("emr-serverless")
        s3 = lab().client("s3")
        s3.create_bucket(Bucket="code")
        for name, code in (("say", SAY), ("sleep", SLEEP)):
            s3.put_object(Bucket="code", Key=f"{name}.py", Body=code.encode())
        self.id = self.application("etl")

    def application(self, name: str, **more: Any) -> str:
        return control("PUT", "application", {"name": name, **more})["id"]

    def start(self, token: str, *words: str, script: str = "say", **more: Any) -> str:
        spark = {
            "entryPoint": f"s3://code/{script}.py",
            "entryPointArguments": list(words),
        }
        request = {"applicationId": self.id, "executionRoleArn": ROLE, **more}
        driver = {"jobDriver": {"sparkSubmit": spark}, **request}
        return self.api.start_job_run(clientToken=token, **driver)["jobRunId"]

    def ended(self, run: str) -> dict[str, Any]:
        for _ in range(300):
            told = self.api.get_job_run(applicationId=self.id, jobRunId=run)["jobRun"]
            if told["state"] in ("SUCCESS", "FAILED", "CANCELLED"):
                return told
            time.sleep(0.05)
        self.fail("the run has not ended")

    def code(self, refused: Any) -> str:
        return refused.exception.response["Error"]["Code"]

    def test_a_run_runs_what_it_is_given(self) -> None:
        control("PUT", "logs", {"late": 0})
        logs = {
            "cloudWatchLoggingConfiguration": {"enabled": True},
            "s3MonitoringConfiguration": {"logUri": "s3://code/logs/"},
        }
        run = self.start(
            "t", "a", configurationOverrides={"monitoringConfiguration": logs}
        )
        told = self.ended(run)
        self.assertEqual(told["state"], "SUCCESS")
        self.assertAlmostEqual(
            told["billedResourceUtilization"]["vCPUHour"], 4 / 60, places=2
        )
        place = f"applications/{self.id}/jobs/{run}/SPARK_DRIVER/stdout"
        lines = log_lines(client("logs"), "/aws/emr-serverless", f"/{place}")
        self.assertEqual(lines, ["['a']"])
        body = lab().client("s3").get_object(Bucket="code", Key=f"logs/{place}.gz")
        self.assertEqual(gzip.decompress(body["Body"].read()), b"['a']\n")
        failed = self.ended(self.start("u", "fail"))
        self.assertEqual(failed["state"], "FAILED")
        self.assertIn("ExitCode: 1", failed["stateDetails"])
        missing = self.ended(self.start("v", script="none"))
        self.assertIn("NoSuchKey", missing["stateDetails"])

    def test_a_token_gives_its_run_again(self) -> None:
        first = self.start("t")
        self.ended(first)
        self.assertEqual(self.start("t"), first)
        with self.assertRaises(ClientError) as refused:
            self.start("t", "other")
        self.assertEqual(self.code(refused), "ConflictException")
        self.assertNotEqual(self.start("u"), first)

    def test_a_run_is_not_known_at_first(self) -> None:
        control("PUT", "unkind", {"lag": 0.5})
        began = time.time()
        run = self.start("t", name="mark")
        with self.assertRaises(ClientError) as refused:
            self.api.get_job_run(applicationId=self.id, jobRunId=run)
        self.assertEqual(self.code(refused), "ResourceNotFoundException")
        listed = self.api.list_job_runs
        self.assertEqual(listed(applicationId=self.id)["jobRuns"], [])
        time.sleep(0.6)
        [one] = listed(applicationId=self.id, createdAtAfter=began - 5)["jobRuns"]
        self.assertEqual((one["id"], one["name"]), (run, "mark"))
        later = listed(applicationId=self.id, createdAtAfter=time.time() + 5)
        self.assertEqual(later["jobRuns"], [])

    def test_runs_are_listed_page_by_page(self) -> None:
        runs = {self.start(str(n)) for n in range(3)}
        first = self.api.list_job_runs(applicationId=self.id, maxResults=2)
        token = first["nextToken"]
        rest = self.api.list_job_runs(applicationId=self.id, nextToken=token)
        self.assertEqual({r["id"] for r in first["jobRuns"] + rest["jobRuns"]}, runs)

    def test_a_run_is_cancelled_once(self) -> None:
        run = self.start("t", script="sleep")
        self.api.cancel_job_run(applicationId=self.id, jobRunId=run)
        self.assertEqual(self.ended(run)["state"], "CANCELLED")
        with self.assertRaises(ClientError) as refused:
            self.api.cancel_job_run(applicationId=self.id, jobRunId=run)
        self.assertEqual(self.code(refused), "ValidationException")

    def test_an_application_may_have_to_be_started(self) -> None:
        self.id = self.application("idle", state="CREATED", auto_start=False)
        with self.assertRaises(ClientError) as refused:
            self.start("t")
        self.assertEqual(self.code(refused), "ValidationException")
        self.api.start_application(applicationId=self.id)
        look = self.api.get_application
        self.assertEqual(
            look(applicationId=self.id)["application"]["state"], "STARTING"
        )
        time.sleep(0.4)
        self.ended(self.start("t"))
        self.id = self.application("waking", state="STOPPED")
        self.ended(self.start("t"))
        names = {one["name"] for one in self.api.list_applications()["applications"]}
        self.assertEqual(names, {"etl", "idle", "waking"})
