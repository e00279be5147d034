"""The frame: routing, validation, journal, faults, moto's refusals, the process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
)
from lab import model as models
from lab.services import MOTO, OWN

from lab_tests.harness import LabTest, client, control, lab


class Routing(LabTest):
    def test_moto_serves_json_query_and_xml_services(self) -> None:
        client("s3").create_bucket(Bucket="lake")
        self.assertEqual(client("sts").get_caller_identity()["Account"], "123456789012")
        client("logs").create_log_group(logGroupName="/group")
        groups = client("logs").describe_log_groups()["logGroups"]
        self.assertEqual([g["logGroupName"] for g in groups], ["/group"])
        client("glue").create_database(DatabaseInput={"Name": "raw"})
        self.assertEqual(
            client("glue").get_database(Name="raw")["Database"]["Name"], "raw"
        )
        secret = client("secretsmanager").create_secret(
            Name="warehouse", SecretString="{}"
        )
        self.assertIn(":secret:warehouse", secret["ARN"])
        topic = client("sns").create_topic(Name="alerts")["TopicArn"]
        self.assertIn(
            "MessageId", client("sns").publish(TopicArn=topic, Message="hello")
        )

    def test_refusals_of_moto_have_their_codes(self) -> None:
        with self.assertRaises(ClientError) as caught:
            client("glue").get_database(Name="absent")
        self.assertEqual(
            caught.exception.response["Error"]["Code"], "EntityNotFoundException"
        )
        with self.assertRaises(ClientError) as caught:
            client("s3").get_object(Bucket="absent", Key="k")
        self.assertEqual(caught.exception.response["Error"]["Code"], "NoSuchBucket")


class Oddities(LabTest):
    expected_oddities = True

    def test_what_moto_lacks_is_a_501_in_the_journal(self) -> None:
        with self.assertRaises(ClientError) as caught:
            client("glue").list_ml_transforms()
        self.assertEqual(
            caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 501
        )
        [entry] = control("GET", "journal?service=glue&operation=ListMLTransforms")
        self.assertTrue(entry["not_emulated"])

    def test_an_unknown_service_is_a_501_in_the_journal(self) -> None:
        with self.assertRaises(ClientError) as caught:
            client("dynamodb").list_tables()
        self.assertEqual(
            caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 501
        )
        [entry] = control("GET", "journal")
        self.assertTrue(entry["not_emulated"])


class Validation(LabTest):
    def test_requests_are_held_to_the_model(self) -> None:
        cases = [
            ({}, "Name: missing"),
            ({"Name": 5}, "Name: expected a string"),
            ({"Name": ""}, "Name: 0 characters is below the least, 1"),
            ({"Name": "x" * 256}, "above the most, 255"),
            ({"Name": "a\nb"}, "does not match"),
        ]
        for request, expected in cases:
            with (
                self.subTest(request=request),
                self.assertRaises(ClientError) as caught,
            ):
                client("glue").get_database(**request)
            self.assertIn(expected, str(caught.exception))
            self.assertIn("ValidationException", str(caught.exception))

    def test_unknown_members_and_enums(self) -> None:
        errors: list[str] = []
        shape = models.service_model("glue").operation_model("StartJobRun").input_shape
        models.parse(
            shape, {"JobName": "j", "Colour": 1, "ExecutionClass": "SLOW"}, errors
        )
        self.assertEqual(
            errors,
            [
                "Colour: unknown member",
                "ExecutionClass: 'SLOW' is none of FLEX, STANDARD",
            ],
        )

    def test_answers_are_judged_as_a_strict_sdk_reads_them(self) -> None:
        shape = models.service_model("redshift-data").operation_model(
            "DescribeStatement"
        )
        answer = {
            "Id": "x",
            "CreatedAt": "2026-01-01",
            "ResultRows": "1",
            "Status": "DONE",
        }
        wrong = models.judge(shape.output_shape, answer)
        self.assertEqual(len(wrong), 4, wrong)

    def test_every_pattern_of_our_services_compiles(self) -> None:
        names = {*MOTO, *(service.model_name for service in OWN)}
        for name in names:
            model = models.service_model(name)
            for shape_name in model.shape_names:
                if pattern := model.shape_for(shape_name).metadata.get("pattern"):
                    models.java_pattern(pattern)


class Journal(LabTest):
    def test_s3_calls_show_what_matters(self) -> None:
        s3 = client("s3")
        s3.create_bucket(Bucket="lake")
        s3.put_object(Bucket="lake", Key="a b/c", Body=b"hello", IfNoneMatch="*")
        s3.list_objects_v2(Bucket="lake", Prefix="a")
        operations = [entry["operation"] for entry in self.calls("s3")]
        self.assertEqual(operations, ["CreateBucket", "PutObject", "ListObjectsV2"])
        [put] = self.calls("s3", "PutObject")
        self.assertEqual(
            (put["request"]["bucket"], put["request"]["key"]), ("lake", "a b/c")
        )
        self.assertEqual(put["request"]["headers"]["if-none-match"], "*")
        self.assertEqual(put["status"], 200)

    def test_clearing_and_filtering(self) -> None:
        client("sts").get_caller_identity()
        self.assertEqual(len(control("GET", "journal?service=sts")), 1)
        self.assertEqual(control("GET", "journal?service=glue"), [])
        control("DELETE", "journal")
        self.assertEqual(control("GET", "journal"), [])

    def test_calls_of_the_lab_to_itself_are_hidden(self) -> None:
        lab().client("sts").get_caller_identity()
        self.assertEqual(control("GET", "journal"), [])
        self.assertEqual(len(control("GET", "journal?internal=1")), 1)


class Faults(LabTest):
    def test_errors_come_as_often_as_told(self) -> None:
        error = {"code": "ThrottlingException", "http": 400, "message": "slow down"}
        self.faults(
            {"service": "glue", "operation": "GetDatabases", "times": 2, "error": error}
        )
        codes = []
        for _ in range(3):
            try:
                client("glue").get_databases()
                codes.append("")
            except ClientError as refused:
                codes.append(refused.response["Error"]["Code"])
        self.assertEqual(codes, ["ThrottlingException", "ThrottlingException", ""])
        injected = [entry["injected"] for entry in self.calls("glue")]
        self.assertEqual(injected, [True, True, False])

    def test_errors_of_query_and_xml_services(self) -> None:
        error = {"code": "SlowDown", "http": 503}
        self.faults(
            {"service": "s3", "error": error}, {"service": "sts", "error": error}
        )
        for call in (client("s3").list_buckets, client("sts").get_caller_identity):
            with self.assertRaises(ClientError) as caught:
                call()
            self.assertEqual(caught.exception.response["Error"]["Code"], "SlowDown")
            self.assertEqual(
                caught.exception.response["ResponseMetadata"]["HTTPStatusCode"], 503
            )

    def test_match_picks_calls_by_their_members(self) -> None:
        rule = {
            "service": "glue",
            "match": {"DatabaseInput": {"Name": "bad*"}},
            "times": None,
        }
        self.faults(
            {**rule, "error": {"code": "InternalServiceException", "http": 500}}
        )
        client("glue").create_database(DatabaseInput={"Name": "good"})
        with self.assertRaises(ClientError):
            client("glue").create_database(DatabaseInput={"Name": "bad_one"})

    def test_a_dropped_answer_with_and_without_the_work(self) -> None:
        for when, done in (("before", False), ("after", True)):
            lab().reset()
            rule = {"service": "glue", "operation": "CreateDatabase", "drop": when}
            self.faults(rule)
            with self.subTest(when=when):
                with self.assertRaises(ConnectionClosedError):
                    client("glue").create_database(DatabaseInput={"Name": "d"})
                names = [
                    d["Name"] for d in client("glue").get_databases()["DatabaseList"]
                ]
                self.assertEqual(names, ["d"] if done else [])
                [entry] = self.calls("glue", "CreateDatabase")
                self.assertEqual(entry["dropped"], when)

    def test_a_call_hangs_until_the_client_gives_up(self) -> None:
        impatient = client("glue", read_timeout=1)
        key = "AKIAIOSFODNN7EXAMPLE"
        for when, done in (("before", False), ("after", True)):
            lab().reset()
            rule = {"service": "glue", "operation": "CreateDatabase", "hang": when}
            self.faults({**rule, "access_key": "another"}, {**rule, "access_key": key})
            hanging = f"hanging?access_key={key}&seconds="
            self.assertFalse(control("GET", hanging + "0"))
            with self.subTest(when=when):
                with self.assertRaises(ReadTimeoutError):
                    impatient.create_database(DatabaseInput={"Name": "d"})
                self.assertTrue(control("GET", hanging + "5"))
                names = client("glue").get_databases()["DatabaseList"]
                self.assertEqual([d["Name"] for d in names], ["d"] if done else [])
                calls = control("GET", f"journal?access_key={key}")
                self.assertEqual(
                    [call.get("hanging", False) for call in calls], [True, False]
                )

    def test_an_error_after_the_work_and_after_other_calls(self) -> None:
        error = {"code": "InternalServiceException", "http": 500, "after": True}
        rule = {"service": "glue", "operation": "CreateDatabase", "skip": 1}
        self.faults({**rule, "error": error})
        client("glue").create_database(DatabaseInput={"Name": "one"})
        with self.assertRaises(ClientError):
            client("glue").create_database(DatabaseInput={"Name": "two"})
        client("glue").create_database(DatabaseInput={"Name": "three"})
        names = [d["Name"] for d in client("glue").get_databases()["DatabaseList"]]
        self.assertEqual(sorted(names), ["one", "three", "two"])

    def test_delay(self) -> None:
        self.faults({"service": "sts", "delay": 0.3})
        began = time.monotonic()
        client("sts").get_caller_identity()
        self.assertGreaterEqual(time.monotonic() - began, 0.3)

    def test_a_wrong_rule_is_refused(self) -> None:
        wrong = [
            {"operation": "X", "delay": 1},
            {"service": "s3"},
            {"service": "s3", "delay": 1, "drop": "after"},
            {"service": "s3", "drop": "never"},
            {"service": "s3", "hang": "never"},
            {"service": "s3", "delay": 1, "skip": "two"},
            {"service": "s3", "delay": 1, "time": 2},
        ]
        for rule in wrong:
            with self.subTest(rule=rule), self.assertRaises(HTTPError) as caught:
                control("PUT", "faults", [rule])
            self.assertEqual(caught.exception.code, 400)
            caught.exception.close()


class Process(unittest.TestCase):
    """The lab as a process of its own, with the database that it starts."""

    def setUp(self) -> None:
        state = tempfile.TemporaryDirectory()
        self.addCleanup(state.cleanup)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lab", "--state", state.name, "--until-eof"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.stdin, stdout = self.process.stdin, self.process.stdout
        self.addCleanup(stdout.close)
        self.addCleanup(self.stdin.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.ready = json.loads(stdout.readline())

    def test_it_is_ready_and_ends_when_its_input_ends(self) -> None:
        ready = self.ready
        self.assertEqual(ready["endpoint"], f"http://127.0.0.1:{ready['port']}")
        self.assertEqual(ready["env"]["AWS_ENDPOINT_URL"], ready["endpoint"])
        self.assertEqual(ready["env"]["HTTP_PROXY"], ready["endpoint"])
        self.assertEqual(ready["pid"], self.process.pid)
        self.stdin.close()
        self.assertEqual(self.process.wait(10), 0)

    def test_it_ends_on_sigterm_with_what_it_started(self) -> None:
        self.start_database()
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(10), 0)
        self.gone()
        self.assertEqual(self.folders(), [])

    def test_nothing_survives_its_sudden_death(self) -> None:
        self.start_database()
        self.process.kill()
        self.process.wait(10)
        self.gone()

    def start_database(self) -> None:
        body = {"workgroup": "dev", "database": "d", "sql": "select 1"}
        request = urllib.request.Request(
            f"{self.ready['endpoint']}/_lab/sql", data=json.dumps(body).encode()
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(request).close()
        self.assertEqual(len(self.folders()), 1)
        self.assertNotEqual(self.databases(), [])

    def gone(self) -> None:
        deadline = time.monotonic() + 10
        while self.databases():
            self.assertLess(time.monotonic(), deadline, "PostgreSQL is still there")
            time.sleep(0.05)

    def folders(self) -> list[Path]:
        return list(Path("/tmp").glob(f"lab-pg-{self.process.pid}-*"))

    def databases(self) -> list[str]:
        """The processes of the lab's PostgreSQL."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = entry.read_text()
            except OSError:
                continue
            if f"lab-pg-{self.process.pid}-" in command:
                found.append(command)
        return found
