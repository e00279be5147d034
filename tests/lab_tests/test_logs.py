"""The lab's CloudWatch Logs: late lines, empty pages, oldest first."""

from __future__ import annotations

import time

from lab.logs import Logs

from lab_tests.harness import LabTest, client, control, lab, log_lines


class LogsTest(LabTest):
    def setUp(self) -> None:
        super().setUp()
        self.api = client("logs")
        self.logs = lab().service(Logs)

    def test_lines_come_late(self) -> None:
        self.logs.append("/g", "s", ["a"])
        self.assertEqual(log_lines(self.api, "/g", "s"), [])
        control("PUT", "logs", {"late": 0.2})
        self.logs.append("/g", "t", ["a"])
        end = time.monotonic() + 10
        while log_lines(self.api, "/g", "t") != ["a"]:
            self.assertLess(time.monotonic(), end)

    def test_an_empty_page_is_not_the_end(self) -> None:
        self.logs.append("/g", "s", ["a", "b"], late=0)
        place = {"logGroupName": "/g", "logStreamName": "s", "startFromHead": True}
        first = self.api.get_log_events(**place)
        self.assertEqual(first["events"], [])
        token = first["nextForwardToken"]
        second = self.api.get_log_events(**place, nextToken=token, limit=1)
        self.assertEqual([e["message"] for e in second["events"]], ["a"])
        self.assertEqual(log_lines(self.api, "/g", "s"), ["a", "b"])

    def test_a_filter_gives_the_oldest_first_in_pages(self) -> None:
        lines = [f"[x] {n}" for n in range(250)]
        self.logs.append("/g", "s", ["other", *lines], late=0)
        request = {"logGroupName": "/g", "filterPattern": '"[x]"'}
        pages = [self.api.filter_log_events(**request)]
        while token := pages[-1].get("nextToken"):
            pages.append(self.api.filter_log_events(**request, nextToken=token))
        self.assertEqual([len(page["events"]) for page in pages], [0, 100, 100, 50])
        found = [event["message"] for page in pages for event in page["events"]]
        self.assertEqual(found, lines)
