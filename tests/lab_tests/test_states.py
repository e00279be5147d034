"""Step Functions: names of executions, their states and histories, the language."""

from __future__ import annotations

import json
import time
from typing import Any

from botocore.exceptions import ClientError
from lab.states import language
from lab.states.language import Failed

from lab_tests.harness import LabTest, client, control

PASS = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}


class ExecutionTest(LabTest):
    def setUp(self) -> None:
        super().setUp()
        control("PUT", "unkind", {"throttle": 0, "lag": 0})
        self.api = client("stepfunctions")
        self.arn = self.machine("orders")

    def machine(self, name: str, **more: Any) -> str:
        body = {"name": name, "definition": PASS, **more}
        return control("PUT", "machine", body)["arn"]

    def ended(self, arn: str) -> dict[str, Any]:
        began = time.monotonic()
        while time.monotonic() - began < 30:
            execution = self.api.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(0.02)
        self.fail(f"{arn} does not end")

    def start(self, name: str, value: Any, arn: str | None = None) -> str:
        return self.api.start_execution(
            stateMachineArn=arn or self.arn, name=name, input=json.dumps(value)
        )["executionArn"]

    def refused(self, call: Any, **request: Any) -> str:
        with self.assertRaises(ClientError) as refused:
            call(**request)
        return refused.exception.response["Error"]["Code"]

    def test_a_name_is_used_once(self) -> None:
        control(
            "POST",
            "faults",
            {"service": "stepfunctions", "operation": "StartExecution", "hold": 0.5},
        )
        first = self.start("a", {"n": 1})
        self.assertEqual(self.start("a", {"n": 1}), first)
        start = {"stateMachineArn": self.arn, "name": "a"}
        self.assertEqual(
            self.refused(self.api.start_execution, **start, input='{"n": 2}'),
            "ExecutionAlreadyExists",
        )
        self.assertEqual(json.loads(self.ended(first)["output"]), {"n": 1})
        self.assertEqual(
            self.refused(self.api.start_execution, **start, input='{"n": 1}'),
            "ExecutionAlreadyExists",
        )

    def test_an_execution_is_stopped_and_has_a_history(self) -> None:
        control(
            "POST",
            "faults",
            {"service": "stepfunctions", "operation": "StartExecution", "hold": 30},
        )
        arn = self.start("a", {})
        self.api.stop_execution(executionArn=arn, error="E", cause="c")
        ended = self.ended(arn)
        self.assertEqual((ended["status"], ended["error"]), ("ABORTED", "E"))
        events = self.api.get_execution_history(executionArn=arn, reverseOrder=True)
        kinds = [event["type"] for event in events["events"]]
        self.assertEqual(
            (kinds[0], kinds[-1]), ("ExecutionAborted", "ExecutionStarted")
        )

    def test_what_was_started_is_listed_and_known_later(self) -> None:
        control("PUT", "unkind", {"lag": 1})
        arn = self.start("a", {})
        self.assertEqual(
            self.refused(self.api.describe_execution, executionArn=arn),
            "ExecutionDoesNotExist",
        )
        listed = self.api.list_executions(stateMachineArn=self.arn)
        self.assertEqual(listed["executions"], [])
        time.sleep(1.1)
        listed = self.api.list_executions(stateMachineArn=self.arn)["executions"]
        self.assertEqual([e["name"] for e in listed], ["a"])

    def test_a_task_runs_a_function(self) -> None:
        code = "def handler(event, context):\n    return {'n': event['n'] + 1}\n"
        control("PUT", "function", {"name": "add", "code": code})
        state = {
            "Type": "Task",
            "Resource": language.INVOKE,
            "Parameters": {"FunctionName": "add", "Payload.$": "$"},
            "ResultSelector": {"m.$": "$.Payload.n"},
            "ResultPath": "$.added",
            "End": True,
        }
        arn = self.machine(
            "adding", definition={"StartAt": "Add", "States": {"Add": state}}
        )
        ended = self.ended(self.start("a", {"n": 1}, arn))
        self.assertEqual(json.loads(ended["output"]), {"n": 1, "added": {"m": 2}})
        failed = self.ended(self.start("b", {}, arn))
        self.assertEqual((failed["status"], failed["error"]), ("FAILED", "KeyError"))

    def test_express_machines_have_no_list(self) -> None:
        arn = self.machine("fast", express=True, qualifiers=["live"])
        one, two = self.start("a", {}, arn), self.start("a", {}, arn + ":live")
        self.assertNotEqual(one, two)
        self.assertEqual(
            self.refused(self.api.list_executions, stateMachineArn=arn),
            "StateMachineTypeNotSupported",
        )
        self.assertEqual(
            self.refused(self.api.describe_execution, executionArn=one),
            "ExecutionDoesNotExist",
        )
        self.assertEqual(
            self.refused(self.api.start_execution, stateMachineArn=arn + ":dead"),
            "StateMachineDoesNotExist",
        )


class LanguageTest(LabTest):
    def run_it(self, states: dict[str, Any], value: Any, task: Any = None) -> Any:
        definition = {"StartAt": next(iter(states)), "States": states}
        language.check(definition)
        return language.run(
            definition, value, lambda *_: None, lambda _: None, task or (lambda p: p)
        )

    def test_states_do_what_they_say(self) -> None:
        states = {
            "Made": {
                "Type": "Pass",
                "Parameters": {"n.$": "$.in.n", "list": [1]},
                "ResultPath": "$.made",
                "Next": "Which",
            },
            "Which": {
                "Type": "Choice",
                "Choices": [
                    {
                        "And": [
                            {"Variable": "$.made.n", "NumericGreaterThan": 1},
                            {"Variable": "$.x", "IsPresent": False},
                        ],
                        "Next": "Done",
                    }
                ],
                "Default": "Bad",
            },
            "Done": {"Type": "Succeed", "OutputPath": "$.made"},
            "Bad": {"Type": "Fail", "Error": "E", "Cause": "c"},
        }
        self.assertEqual(self.run_it(states, {"in": {"n": 2}}), {"n": 2, "list": [1]})
        with self.assertRaises(Failed) as failed:
            self.run_it(states, {"in": {"n": 1}})
        self.assertEqual((failed.exception.error, failed.exception.cause), ("E", "c"))
        with self.assertRaises(Failed) as failed:
            self.run_it(states, {})
        self.assertEqual(failed.exception.error, "States.Runtime")

    def test_tasks_are_tried_again_and_caught(self) -> None:
        calls: list[Any] = []

        def task(parameters: Any) -> Any:
            calls.append(parameters)
            raise Failed("Lambda.Unknown", "?")

        states: dict[str, Any] = {
            "Do": {
                "Type": "Task",
                "Resource": language.INVOKE,
                "Parameters": {"Payload.$": "$"},
                "Retry": [{"ErrorEquals": ["Lambda.Unknown"], "MaxAttempts": 2}],
                "Catch": [
                    {
                        "ErrorEquals": ["States.ALL"],
                        "ResultPath": "$.error",
                        "Next": "End",
                    }
                ],
                "End": True,
            },
            "End": {"Type": "Pass", "End": True},
        }
        given = self.run_it(states, {"a": 1}, task)
        self.assertEqual(given["error"], {"Error": "Lambda.Unknown", "Cause": "?"})
        self.assertEqual(calls, [{"Payload": {"a": 1}}] * 3)

    def test_what_the_lab_does_not_run_is_refused(self) -> None:
        for state in (
            {"Type": "Map", "End": True},
            {"Type": "Pass", "QueryLanguage": "JSONata", "End": True},
            {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage"},
            {"Type": "Pass", "Next": "Nowhere"},
        ):
            with self.assertRaises(ValueError):
                language.check({"StartAt": "A", "States": {"A": state}})
