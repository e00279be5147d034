"""ECS: tasks by token, their ends, and what is known of them."""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import ClientError

from lab_tests.harness import LabTest, client, control

SAY = "import os, sys\nprint(sys.argv[1:], os.environ.get('MODE'))\nsys.exit(int(os.environ.get('EXIT', 0)))\n"
SLEEP = "import time\ntime.sleep(60)\n"


class ContainersTest(LabTest):
    def setUp(self) -> None:
        super().setUp()
        control("PUT", "unkind", {"lag": 0, "throttle": 0})
        self.api = client("ecs")

    def define(self, code: str, **more: Any) -> None:
        main = {"name": "main", "code": code, "log": {"group": "g", "prefix": "p"}}
        containers = [main, *more.pop("others", [])]
        control("PUT", "definition", {"family": "clean", "containers": containers})

    def start(self, token: str, **more: Any) -> dict[str, Any]:
        return self.api.run_task(taskDefinition="clean", clientToken=token, **more)

    def ended(self, arn: str) -> dict[str, Any]:
        for _ in range(300):
            [task] = self.api.describe_tasks(tasks=[arn])["tasks"]
            if task["lastStatus"] == "STOPPED":
                return task
            time.sleep(0.05)
        self.fail("the task has not ended")

    def test_a_task_runs_what_it_is_given(self) -> None:
        self.define(SAY)
        env = [{"name": "MODE", "value": "full"}, {"name": "EXIT", "value": "3"}]
        main = {"name": "main", "command": ["a", "b"], "environment": env}
        answer = self.start("t", overrides={"containerOverrides": [main]})
        arn = answer["tasks"][0]["taskArn"]
        task = self.ended(arn)
        self.assertEqual(task["stopCode"], "EssentialContainerExited")
        self.assertEqual(task["containers"][0]["exitCode"], 3)
        stream = f"p/main/{arn.rpartition('/')[2]}"
        control("PUT", "logs", {"late": 0})
        pages = client("logs").filter_log_events
        for _ in range(100):
            page = pages(logGroupName="g", logStreamNames=[stream])
            while not page["events"] and page.get("nextToken"):
                token = page["nextToken"]
                page = pages(logGroupName="g", logStreamNames=[stream], nextToken=token)
            if page["events"]:
                break
            time.sleep(0.1)
        self.assertEqual(page["events"][0]["message"], "['a', 'b'] full")
        with self.assertRaises(ClientError) as refused:
            other = {"containerOverrides": [{"name": "other", "command": ["a"]}]}
            self.start("u", overrides=other)
        code = refused.exception.response["Error"]["Code"]
        self.assertEqual(code, "InvalidParameterException")

    def test_a_token_gives_its_task_again(self) -> None:
        self.define(SAY)
        first = self.start("t", startedBy="me")["tasks"][0]["taskArn"]
        self.ended(first)
        again = self.start("t", startedBy="me")["tasks"][0]
        self.assertEqual((again["taskArn"], again["lastStatus"]), (first, "STOPPED"))
        with self.assertRaises(ClientError) as refused:
            self.start("t", startedBy="you")
        answer = refused.exception.response
        self.assertEqual(answer["Error"]["Code"], "ConflictException")
        self.assertEqual(answer["resourceIds"], [first])
        self.assertNotEqual(self.start("u")["tasks"][0]["taskArn"], first)

    def test_tasks_are_listed_by_who_has_started_them(self) -> None:
        self.define(SLEEP)
        arn = self.start("t", startedBy="me", group="mark")["tasks"][0]["taskArn"]
        self.start("u", startedBy="you")
        listed = self.api.list_tasks
        self.assertEqual(listed(startedBy="me")["taskArns"], [arn])
        self.assertEqual(
            listed(startedBy="me", desiredStatus="STOPPED")["taskArns"], []
        )
        self.api.stop_task(task=arn, reason="enough")
        task = self.ended(arn)
        self.assertEqual(
            (task["stopCode"], task["stoppedReason"], task["group"]),
            ("UserInitiated", "enough", "mark"),
        )
        self.assertEqual(task["containers"][0]["exitCode"], 143)
        self.assertEqual(listed(startedBy="me")["taskArns"], [])
        self.assertEqual(
            listed(startedBy="me", desiredStatus="STOPPED")["taskArns"], [arn]
        )

    def test_a_full_cluster_is_an_answer(self) -> None:
        self.define(SAY)
        control("PUT", "cluster", {"name": "small", "room": 0})
        answer = self.start("t", cluster="small")
        self.assertEqual(answer["tasks"], [])
        self.assertEqual(answer["failures"][0]["reason"], "RESOURCE:CPU")
        control("PUT", "cluster", {"name": "small", "room": 1})
        # The token of what was not started is as good as new.
        self.assertEqual(len(self.start("t", cluster="small")["tasks"]), 1)

    def test_a_task_is_not_known_at_first(self) -> None:
        self.define(SAY)
        control("PUT", "unkind", {"lag": 0.5})
        arn = self.start("t", startedBy="me")["tasks"][0]["taskArn"]
        answer = self.api.describe_tasks(tasks=[arn])
        self.assertEqual(answer["failures"][0]["reason"], "MISSING")
        self.assertEqual(self.api.list_tasks(startedBy="me")["taskArns"], [])

    def test_the_essential_container_ends_the_others(self) -> None:
        self.define(SAY, others=[{"name": "proxy", "code": SLEEP}])
        task = self.ended(self.start("t")["tasks"][0]["taskArn"])
        codes = {one["name"]: one["exitCode"] for one in task["containers"]}
        self.assertEqual(codes, {"main": 0, "proxy": 143})
