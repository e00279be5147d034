"""Lambda: functions that run a Python file, what they give and how they fail."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from botocore.exceptions import ClientError

from lab_tests.harness import LabTest, client, control

ADD = "def handler(event, context):\n    print('adding')\n    return {'sum': event['a'] + event['b']}\n"
FAIL = "def handler(event, context):\n    raise ValueError('no rows')\n"


class FunctionTest(LabTest):
    def setUp(self) -> None:
        super().setUp()
        self.api = client("lambda")

    def function(self, code: str, **more: Any) -> None:
        control("PUT", "function", {"name": "add", "code": code, **more})

    def invoke(self, event: Any, **more: Any) -> dict[str, Any]:
        payload = json.dumps(event).encode()
        answer = self.api.invoke(FunctionName="add", Payload=payload, **more)
        return {**answer, "Payload": answer["Payload"].read()}

    def test_a_function_runs(self) -> None:
        self.function(ADD, qualifiers=["live"])
        answer = self.invoke({"a": 1, "b": 2}, LogType="Tail", Qualifier="live")
        self.assertEqual(json.loads(answer["Payload"]), {"sum": 3})
        self.assertEqual((answer["StatusCode"], answer["ExecutedVersion"]), (200, "1"))
        log = base64.b64decode(answer["LogResult"]).decode()
        self.assertIn("adding\nEND ", log)
        self.assertIn("Billed Duration: ", log)
        with self.assertRaises(ClientError) as refused:
            self.invoke({}, Qualifier="dead")
        self.assertEqual(
            refused.exception.response["Error"]["Code"], "ResourceNotFoundException"
        )

    def test_a_failure_is_an_answer(self) -> None:
        self.function(FAIL)
        answer = self.invoke({})
        told = json.loads(answer["Payload"])
        self.assertEqual(
            (answer["StatusCode"], answer["FunctionError"]), (200, "Unhandled")
        )
        self.assertEqual(
            (told["errorType"], told["errorMessage"]), ("ValueError", "no rows")
        )
        self.function(
            "import time\ndef handler(event, context):\n    time.sleep(9)\n",
            timeout=0.5,
        )
        self.assertIn(
            "Task timed out after 0.50 seconds", self.invoke({})["Payload"].decode()
        )
        self.function("import os\ndef handler(event, context):\n    os._exit(3)\n")
        self.assertIn("exit status 3", self.invoke({})["Payload"].decode())

    def test_an_event_is_taken_and_run_up_to_three_times(self) -> None:
        self.function(FAIL)
        answer = self.invoke({"n": 1}, InvocationType="Event")
        self.assertEqual((answer["StatusCode"], answer["Payload"]), (202, b""))
        began = time.monotonic()
        runs: list[Any] = []
        while time.monotonic() - began < 20 and len(runs) < 3:
            runs = control("POST", "function", {"name": "add"})
            time.sleep(0.05)
        self.assertEqual(runs, [{"n": 1}] * 3)

    def test_what_is_too_long_is_refused(self) -> None:
        self.function(ADD)
        with self.assertRaises(ClientError) as refused:
            self.invoke("x" * 1024 * 1024, InvocationType="Event")
        self.assertEqual(
            refused.exception.response["Error"]["Code"], "RequestTooLargeException"
        )
